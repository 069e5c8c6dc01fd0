"""The labelling page: install, start, keys, durability, load, round trips, agreement, accessibility.

Peers: Label Studio and doccano as the package index resolves them today (distributions; their sizes
are of the design's note), the krippendorff package for alpha. About eight minutes.
"""

from __future__ import annotations

import http.client
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.annotation_server import (
    ROOT,
    ZHENGCE,
    Client,
    Server,
    annotate,
    noted,
    open_ids,
    serve,
    write_annotations,
    write_sentences,
)
from benchmarks.figure import Figure, at_most
from benchmarks.measured import measured

MANY, ANNOTATIONS = 100_000, 50_000
KILLS, SUBMITS, WRITERS = 20, 1000, 4
CLIENTS, RATE, SECONDS = 10, 2.0, 60.0
OFFLINE_SECONDS = 120.0
PUBLISHED = [[1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3], [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0]]  # fmt: skip


def rows() -> list[Figure]:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = [*_install(folder), *_alpha()]
        with serve(folder / "empty") as server:
            found.append(
                at_most(
                    "annotate: command to first page, empty project",
                    2,
                    server.seconds,
                    "s",
                    "Label Studio 81.5 s (note)",
                )
            )
        write_sentences(folder / "many.csv", MANY)
        annotate("import", str(folder / "many.csv"), "--project", str(folder / "many"))
        found += _page(folder / "many")
        found += _kills(folder / "many")
        found += _load(folder / "many", folder)
        return [*found, *_files(folder)]


def _install(folder: Path) -> list[Figure]:
    """Install the extra alone, with what it needs, at the tested versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["optional-dependencies"]["annotate"], "jinja2"]
    target = folder / "extra"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "--target", str(target), "-c", str(ROOT / "constraints.txt"), *wanted], capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode:
        return [
            Figure(
                "annotate: distributions of the extra",
                "<= 25",
                float("nan"),
                "",
                False,
                done.stderr[-120:],
            )
        ]
    size = sum(
        p.stat().st_size for p in target.rglob("*") if p.is_file() and "__pycache__" not in p.parts
    )
    count = len(list(target.glob("*.dist-info")))
    peers = "; ".join(f"{name} {_resolved(name, folder)}" for name in ("label-studio", "doccano"))
    shutil.rmtree(target)
    return [
        at_most("annotate: distributions of the extra", 25, count, "", peers),
        at_most("annotate: size of the extra", 60, size / 1e6, "MB", "Label Studio 995 MB, doccano 706 MB (note)"),
    ]  # fmt: skip


def _resolved(name: str, folder: Path) -> str:
    """How many distributions a peer needs today; nothing is installed."""
    report = folder / f"{name}.json"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", str(report), name]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    except subprocess.TimeoutExpired:
        return "not resolved within 100 s"
    if done.returncode:
        return "does not resolve here"
    return f"{len(json.loads(report.read_text('utf-8'))['install'])} distributions"


def _alpha() -> list[Figure]:
    import krippendorff

    from nlp_scoring.reliability import alpha_interval, coincidences, ordinal_alpha

    published = float(ordinal_alpha(coincidences(np.array(PUBLISHED).T - 1, 5).sum(0)))
    theirs = krippendorff.alpha(reliability_data=np.where(np.array(PUBLISHED) == 0, np.nan, PUBLISHED), level_of_measurement="ordinal")  # fmt: skip
    rng = np.random.default_rng(0)
    ratings = np.clip(rng.integers(0, 4, (10_000, 1)) + rng.integers(-1, 2, (10_000, 3)), 0, 3)
    begin = time.perf_counter()
    alpha_interval(ratings, [str(i) for i in range(10_000)], n_levels=4, draws=1000)
    seconds = time.perf_counter() - begin
    begin = time.perf_counter()
    krippendorff.alpha(reliability_data=ratings.T, level_of_measurement="ordinal")
    once = time.perf_counter() - begin
    return [
        at_most("annotate: |alpha - 0.8153875| on the published example", 1e-6, abs(published - 0.8153875), "", f"krippendorff {theirs:.7f}"),
        at_most("annotate: alpha with 1,000 draws, 10,000 x 3", 3, seconds, "s", f"krippendorff, one alpha: {once:.3f} s, 1,000 of them: {1000 * once:.0f} s"),
    ]  # fmt: skip


def _page(project: Path) -> list[Figure]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play, serve(project) as server:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(base_url=server.address, viewport={"width": 1280, "height": 900})
        outside: list[str] = []
        page.on(
            "request", lambda r: None if r.url.startswith(server.address) else outside.append(r.url)
        )
        page.goto("/")
        page.wait_for_selector("body[data-sentence]")
        presses = _label(page, 100)
        times = page.evaluate(_TIMES)
        before = len(noted(project))
        page.context.set_offline(True)
        end = time.monotonic() + OFFLINE_SECONDS
        kept = 15
        _label(page, kept)
        while time.monotonic() < end:
            page.wait_for_timeout(500)
        page.context.set_offline(False)
        page.wait_for_selector('body[data-pending="0"]', timeout=60_000)
        lost = before + kept - len(noted(project))
        serious = _axe(page)
        browser.close()
    p95 = float(np.percentile(times, 95))
    return [
        at_most(f"annotate: command to first page, {MANY} sentences", 3, server.seconds, "s"),
        at_most("annotate: key presses a sentence, three levels", 3, presses[False], "", "doccano: 3 for one binary label (note)"),
        at_most("annotate: key presses a sentence, all zero", 1, presses[True]),
        at_most(f"annotate: key to saved and next sentence, p95, {MANY} sentences", 100, p95, "ms", f"median {np.median(times):.0f}, slowest {max(times):.0f}, n = {len(times)}"),
        at_most(f"annotate: labels lost or doubled by {OFFLINE_SECONDS:.0f} s offline", 0, abs(lost), "", f"{kept} coded offline"),
        at_most("annotate: serious or critical findings of axe, 2 languages x 2 themes", 0, serious),
        at_most("annotate: requests to elsewhere", 0, len(outside)),
    ]  # fmt: skip


_TIMES = """() => performance.getEntriesByType("mark").filter((m) => m.name.startsWith("key:")).map((key) => {
  const id = key.name.slice(4), at = (kind) => performance.getEntriesByName(`${kind}:${id}`)[0].startTime;
  return Math.max(at("saved"), at("shown")) - key.startTime; })"""


def _label(page: Any, n: int) -> dict[bool, int]:
    """Label sentences by keyboard as a quick person does; the most presses of one, by all zero or not."""
    presses = {False: 0, True: 0}
    for i in range(n):
        first = page.get_attribute("body", "data-sentence")
        keys = ("1", "0", "2") if i % 4 == 0 else ("Space",)
        for key in keys:
            page.keyboard.press(key)
        presses[keys == ("Space",)] = max(presses[keys == ("Space",)], len(keys))
        while page.get_attribute("body", "data-sentence") == first:
            page.wait_for_timeout(2)
        page.wait_for_timeout(40)
    return presses


def _axe(page: Any) -> int:
    from axe_playwright_python.sync_playwright import Axe

    found = 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for lang in ("en", "zh"):
            for path in (
                "/",
                "/adjudicate",
                "/quality",
                "/progress",
                "/quiz",
                "/codebook",
                "/admin",
            ):
                page.goto(f"{path}?lang={lang}")
                violations = Axe().run(page).response["violations"]
                found += sum(v["impact"] in ("serious", "critical") for v in violations)
    return found


def _kills(project: Path) -> list[Figure]:
    """Kill -9 somewhere within a thousand submits; what was not acknowledged is sent again."""
    chance, lost, doubled, acknowledged = random.Random(0), 0, 0, 0
    server = Server(project)
    for turn in range(KILLS):
        forms = [(s, f"kill-{turn:02d}-{s:08d}") for s in open_ids(project, SUBMITS)]
        seen = _until_killed(server, forms, chance.randrange(50, SUBMITS - 50))
        lost += len(seen - set(noted(project)))
        acknowledged += len(seen)
        server = Server(project, server.port)
        client = Client(server.port)
        for sentence, identity in forms:
            if identity not in seen:
                client.label(sentence, identity)
        now = noted(project)
        lost += sum(identity not in now for _, identity in forms)
        doubled += _doubled(project)
    server.stop()
    return [
        at_most(f"annotate: acknowledged labels lost, kill -9 x {KILLS}", 0, lost, "", f"{acknowledged} acknowledged before a kill, {KILLS * SUBMITS} in all"),
        at_most(f"annotate: labels doubled, kill -9 x {KILLS}", 0, doubled),
    ]  # fmt: skip


def _until_killed(server: Server, forms: list[tuple[int, str]], moment: int) -> set[str]:
    """Submit over several connections until the server is gone; returns what it had acknowledged."""
    seen = set[str]()

    def submit(part: list[tuple[int, str]]) -> None:
        client = Client(server.port)
        for sentence, identity in part:
            if len(seen) >= moment:
                server.process.send_signal(signal.SIGKILL)
            try:
                if client.label(sentence, identity)[1] == 200:
                    seen.add(identity)
            except (OSError, http.client.HTTPException):
                return

    threads = [threading.Thread(target=submit, args=(forms[i::WRITERS],)) for i in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.process.wait(30)
    return seen


def _doubled(project: Path) -> int:
    import sqlite3

    with sqlite3.connect(project / "annotation" / "annotation.sqlite") as db:
        row = db.execute("SELECT count(*) FROM (SELECT 1 FROM event WHERE kind = 'label' GROUP BY sentence, who HAVING count(*) > 1)").fetchone()  # fmt: skip
    db.close()
    return int(row[0])


def _load(project: Path, folder: Path) -> list[Figure]:
    """Ten clients while an import and a scoring job run."""
    write_sentences(folder / "more.csv", 30_000, pool="candidate")
    text = (folder / "more.csv").read_text("utf-8").replace("某省", "另一省")
    (folder / "more.csv").write_text(text.replace("\nr", "\nq"), "utf-8")
    times, problems = list[float](), list[str]()
    with serve(project) as server:
        sentences = open_ids(project, int(CLIENTS * RATE * SECONDS) + CLIENTS)
        jobs = [
            subprocess.Popen([*ZHENGCE, "annotate", "import", str(folder / "more.csv"), "--project", str(project)], stderr=subprocess.PIPE, text=True),
            subprocess.Popen([*ZHENGCE, "score", str(folder / "more.csv"), "--out", str(folder / "scored.csv")], stderr=subprocess.DEVNULL, text=True),
        ]  # fmt: skip
        threads = [threading.Thread(target=_person, args=(server.port, sentences[i::CLIENTS], times, problems)) for i in range(CLIENTS)]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        imported = jobs[0].wait(300)
        told = jobs[0].stderr.read() if jobs[0].stderr else ""
        scoring = jobs[1].poll()
        jobs[1].terminate()
        jobs[1].wait(30)
    locked = sum("locked" in line for line in [*problems, told])
    p95 = 1000 * float(np.percentile(times, 95))
    state = "ran throughout" if scoring is None else f"ended ({scoring})"
    return [
        at_most("annotate: 'database is locked', 10 clients, import, scoring", 0, locked + (imported != 0), "", f"{len(times)} labels, {len(problems)} refused"),
        at_most("annotate: submit under that load, p95", 250, p95, "ms", f"median {1000 * np.median(times):.0f}, slowest {1000 * max(times):.0f}; scoring {state}"),
    ]  # fmt: skip


def _person(port: int, sentences: list[int], times: list[float], problems: list[str]) -> None:
    client, begin = Client(port), time.monotonic()
    for i, sentence in enumerate(sentences[: int(RATE * SECONDS)]):
        time.sleep(max(0.0, begin + i / RATE - time.monotonic()))
        _, status, seconds, body = client.label(sentence)
        times.append(seconds)
        if status != 200:
            problems.append(body)


def _files(folder: Path) -> list[Figure]:
    write_annotations(folder / "labels.jsonl", ANNOTATIONS)
    annotate("import", str(folder / "labels.jsonl"), "--project", str(folder / "a"))
    seconds, memory, differ = 0.0, 0.0, 0
    for fmt in ("jsonl", "csv", "labelstudio", "doccano", "argilla"):
        first, second = folder / f"1.{fmt}", folder / f"2.{fmt}"
        took, peak = _export(folder / "a", first, fmt)
        seconds, memory = max(seconds, took), max(memory, peak)
        annotate("import", str(first), "--project", str(folder / f"b-{fmt}"))
        annotate("export", str(second), "--format", fmt, "--project", str(folder / f"b-{fmt}"))
        differ += first.read_bytes() != second.read_bytes()
        shutil.rmtree(folder / f"b-{fmt}")
    return [
        at_most(f"annotate: export of {ANNOTATIONS} annotations, slowest of five formats", 5, seconds, "s", "Label Studio: about 4 minutes (its issue 5873)"),
        at_most("annotate: memory of that export", 200, memory, "MB"),
        at_most("annotate: formats not byte-identical after import and export", 0, differ),
    ]  # fmt: skip


def _export(project: Path, out: Path, fmt: str) -> tuple[float, float]:
    """Seconds and peak memory of the command, interpreter and start included."""
    return measured(
        [*ZHENGCE, "annotate", "export", str(out), "--format", fmt, "--project", str(project)]
    )
