"""Helpers of the annotation benchmark: projects of any size, a served project, clients that submit."""

from __future__ import annotations

import csv
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from configs.paths import LABELS

ROOT = Path(__file__).resolve().parents[1]
ZHENGCE = [sys.executable, str(ROOT / "zhengce.py")]


def texts() -> list[str]:
    """Shipped sentences, as material of realistic length."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def write_sentences(path: Path, n: int, pool: str = "training") -> Path:
    """Write n sentences of 400 reports."""
    known = texts()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["report_id", "region", "year", "index", "text", "previous", "next", "pool"]
        )
        for i in range(n):
            text, before, after = (known[(i + k) % len(known)] for k in (0, -1, 1))
            writer.writerow([f"r{i % 400}", "某省", 2026, i, text, before, after, pool])
    return path


def write_annotations(path: Path, n: int) -> Path:
    """Write n annotated sentences."""
    known = texts()
    with path.open("w", encoding="utf-8") as file:
        for i in range(n):
            coding = {"id": f"label-{i:08d}", "annotator": "anna", "levels": [i % 4, 0, 1], "temporality": "future", "unit_type": "body", "confidence": "normal", "rubric_version": "1.1.0", "at": "2026-01-01T00:00:00.000Z", "duration_ms": 4000}  # fmt: skip
            row = {"text": known[i % len(known)], "report_id": f"r{i % 400}", "index": str(i), "pool": "training", "annotations": [coding]}  # fmt: skip
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def annotate(*arguments: str) -> None:
    """Run a verb."""
    subprocess.run([*ZHENGCE, "annotate", *arguments], check=True, capture_output=True)


class Server:
    """A served project."""

    def __init__(self, project: Path, port: int = 0) -> None:
        begin = time.perf_counter()
        command = [
            *ZHENGCE,
            "annotate",
            "--project",
            str(project),
            "--port",
            str(port),
            "--no-browser",
        ]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )
        assert self.process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.process.stdout.readline())
        if found is None:
            raise RuntimeError("the server did not start")
        self.port, self.address = int(found[1]), found[0]
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        client.request("GET", "/")
        client.getresponse().read()
        self.seconds = time.perf_counter() - begin  # from the command to the whole first page
        client.close()

    def stop(self, sign: int = signal.SIGINT) -> None:
        """End it."""
        self.process.send_signal(sign)
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def serve(project: Path) -> Iterator[Server]:
    """Serve a project until the block ends."""
    server = Server(project)
    try:
        yield server
    finally:
        server.stop()


class Client:
    """Sends labels one after the other over one connection, as a browser does."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def label(self, sentence: int, identity: str = "") -> tuple[str, int, float, str]:
        """Send a label; returns its id, the status, the seconds and the answer."""
        identity = identity or str(uuid.uuid4())
        form = {"id": identity, "sentence": sentence, "levels": [sentence % 4, 0, 0]}
        begin = time.perf_counter()
        self.connection.request("POST", "/api/labels", json.dumps(form), {"Content-Type": "application/json"})  # fmt: skip
        answer = self.connection.getresponse()
        body = answer.read().decode()
        return identity, answer.status, time.perf_counter() - begin, body


def open_ids(project: Path, n: int) -> list[int]:
    """Sentences without a label, from the end of the queue's ids, so that the page is not disturbed."""
    with sqlite3.connect(project / "annotation" / "annotation.sqlite") as db:
        rows = db.execute("SELECT id FROM sentence WHERE n_labels = 0 ORDER BY id DESC LIMIT ?", (n,)).fetchall()  # fmt: skip
    db.close()
    return [int(row[0]) for row in rows]


def noted(project: Path) -> dict[str, int]:
    """Ids of label events, each with how often it is there."""
    with sqlite3.connect(project / "annotation" / "annotation.sqlite") as db:
        rows: list[Any] = db.execute("SELECT id, count(*) FROM event WHERE kind = 'label' GROUP BY id").fetchall()  # fmt: skip
    db.close()
    return dict(rows)
