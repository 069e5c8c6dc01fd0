"""A small project to label: invented sentences, a client, people of a team."""

from __future__ import annotations

import csv
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from annotation_ui.labelling.accounts import add_account
from annotation_ui.labelling.app import labelling_app
from annotation_ui.labelling.importing import import_file
from annotation_ui.labelling.store import Store, open_store
from corpus.rubric import load_rubric

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"
PASSWORD = "correct horse battery"


def write_sentences(path: Path, n: int = 30, pool: str = "training") -> Path:
    """Write a CSV of n sentences of six reports; the first is hostile."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["report_id", "region", "year", "index", "text", "previous", "next", "section", "pool"]
        )
        for i in range(n):
            text = HOSTILE if i == 0 else f"新建实验室{i}家，培育专精特新企业{i * 3}家。"
            writer.writerow(
                [
                    f"r{i % 6}",
                    "某省",
                    2026,
                    i,
                    text,
                    "前一句。",
                    "后一句。",
                    "plan" if i % 2 else "review",
                    pool,
                ]
            )
    return path


@dataclass
class Team:
    """A store with a client for each person."""

    store: Store
    app: Any

    def client(self, name: str = "") -> TestClient:
        """A client, logged in when a name is given; it carries the token of its session."""
        client = TestClient(self.app, base_url="http://127.0.0.1", raise_server_exceptions=True)
        if name:
            answer = client.post(
                "/login", data={"name": name, "password": PASSWORD}, follow_redirects=False
            )
            assert answer.status_code == 303, answer.text
            client.headers["X-CSRF-Token"] = client.get("/api/me").json()["csrf"]
        return client


def make_team(
    folder: Path, people: dict[str, str] | None = None, n: int = 30, pool: str = "training"
) -> Team:
    """Make a project with sentences and accounts (name to role)."""
    store = open_store(folder)
    path = write_sentences(folder / "in.csv", n, pool)
    import_file(store, load_rubric(), path, who="test")
    for name, role in (people or {}).items():
        add_account(store, name, role, PASSWORD, by="test")
    return Team(store, labelling_app(store))


def label_of(item: dict[str, Any], levels: list[int] | None = None, **more: Any) -> dict[str, Any]:
    """A form for a sentence that /api/next gave."""
    mine = item.get("mine")
    return {
        "id": str(uuid.uuid4()),
        "sentence": item["sentence"],
        "hash": item["hash"],
        "replaces": mine["event"] if mine else "",
        "levels": levels or [0, 0, 0],
        **more,
    }


def take(client: TestClient, count: int = 1) -> list[dict[str, Any]]:
    answer = client.get("/api/next", params={"count": count})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def refused(answer: Any, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    line = answer.json()["error"]
    assert "\n" not in line
    for word in words:
        assert word in line
