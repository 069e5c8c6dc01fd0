"""The explorer on the shipped corpus, in Chromium: first view, click to evidence, click to report.

The project is run anew in a temporary folder with the n-gram scorer.
Times are the browser's own: from the click (or the navigation) until the page has been painted
and has loaded, script included. Every value is the 95th percentile of as many views.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import Figure, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
START = "import sys; from pathlib import Path; from annotation_ui.explorer.cli import explore; explore(Path(sys.argv[1]), 0, True)"
#: Steps that the explorer needs; cross-validation and the report take minutes more.
STEPS = ("parse", "train", "score", "aggregate")
N_VIEWS = 30
SHOWN = """() => {
  const [load] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return { since: performance.timeOrigin, loaded: load.loadEventEnd, painted: paint ? paint.startTime : 0 };
}"""
NOTE_CLICKS = """() => document.addEventListener("click", (event) => {
  sessionStorage.clicked = performance.timeOrigin + event.timeStamp;
}, true)"""


def rows() -> list[Figure]:
    """Measure; about two minutes, half of them the run."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        project = make_project(Path(folder))
        chromium = shutil.which("chromium")
        with serve(project) as address:
            browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            first = [_first_view(browser, address) for _ in range(N_VIEWS)]
            clicks = _clicks(browser.new_page(), address)
            browser.close()
    cells, reports = ([pair[i] for pair in clicks] for i in range(2))
    told = f"slowest {max(first):.3f} s, the first after the start {first[0]:.3f} s"
    return [
        at_most("explorer: first view, no cache, p95", 1, _p95(first), "s", told),
        at_most("explorer: click on a region to its sentences, p95", 300, 1000 * _p95(cells), "ms", f"slowest {1000 * max(cells):.0f} ms"),
        at_most("explorer: click on a sentence to its report, p95", 300, 1000 * _p95(reports), "ms", f"slowest {1000 * max(reports):.0f} ms"),
    ]  # fmt: skip


def make_project(folder: Path) -> Path:
    """Run the first study with the n-gram scorer and index it; a folder of its own keeps it apart."""
    from corpus.index import build_index

    study = folder / "ngram.toml"
    text = (ROOT / "configs" / "first.toml").read_text("utf-8")
    study.write_text(re.sub(r'(?m)^scorer = "\w+"', 'scorer = "ngram"', text), "utf-8")
    command = [sys.executable, str(ROOT / "zhengce.py"), "run", str(study), "--out", "run"]
    for step in STEPS:
        done = subprocess.run(
            [*command, "--only", step], cwd=folder, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{step}: {done.stderr.splitlines()[-1]}")
    build_index(folder / "run" / "store")
    return folder / "run"


@contextmanager
def serve(project: Path) -> Iterator[str]:
    """Run the explorer on a free port until the block ends."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", START, str(project)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        try:
            if found is None:
                raise RuntimeError("the explorer did not start")
            yield found[0]
        finally:
            server.terminate()


def _p95(times: list[float]) -> float:
    return float(np.percentile(times, 95))


def _first_view(browser: Browser, address: str) -> float:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    seconds = _seconds(page, None)
    context.close()
    return seconds


def _seconds(page: Page, since: float | None) -> float:
    """Seconds from a click, or from the navigation, until the page was painted and had loaded."""
    shown: dict[str, Any] = page.evaluate(SHOWN)
    while not (shown["loaded"] and shown["painted"]):  # the policy forbids wait_for_function
        page.wait_for_timeout(5)
        shown = page.evaluate(SHOWN)
    begin = shown["since"] if since is None else since
    return float(shown["since"] + max(shown["loaded"], shown["painted"]) - begin) / 1000


def _clicks(page: Page, address: str) -> list[tuple[float, float]]:
    """For each region of the ranking beside the map: to its sentences, then to the strongest's report."""
    times = []
    for i in range(N_VIEWS):
        page.goto(address)
        cell = _click(page, page.locator(".bars a").nth(i), "**/cell/**")
        report = _click(page, page.locator(".sentences a.text").first, "**/report/**")
        if page.locator(".report .focus").count() != 1:
            raise RuntimeError(f"no sentence is highlighted at {page.url}")
        times.append((cell, report))
    return times


def _click(page: Page, link: Any, there: str) -> float:
    page.evaluate(NOTE_CLICKS)
    link.click()
    page.wait_for_url(there)
    return _seconds(page, float(page.evaluate("sessionStorage.clicked")))
