"""A whole study: time, memory, a second run, equal bytes, resuming after kill -9, its report.

``python -m benchmarks.study [STUDY.toml] [--kills N] [--apart]``, or ``python -m benchmarks study``
with the study in ``ZHENGCE_BENCH_STUDY``. The first run has an empty cache of scores; the others,
those that are killed among them, find the scores of the first. Kills come one after another in one
run folder (``--apart``: a folder each, which takes the time of that many whole runs); after each,
every table that is there must be the unbroken run's to the last byte.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.figure import Figure, at_least, at_most, table

ZHENGCE = str(Path(sys.executable).parent / "zhengce")
STUDY = os.environ.get("ZHENGCE_BENCH_STUDY", "configs/nqp_ser.toml")
CHROMIUM = "/usr/bin/chromium"
SEED = 12
KILLS = 20


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall seconds of a command and peak memory (MB) of it and its children together."""

    seconds: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Place:
    """A working folder of its own: other runs here are not what `latest` then means."""

    root: Path
    study: str

    def start(self, run: str) -> subprocess.Popen[bytes]:
        """Start a run of the study in a session of its own, so that its children die with it."""
        environment = os.environ | {"ZHENGCE_CACHE": str(self.root / "cache")}
        log = (self.root / f"{run}.log").open("ab")
        with log:
            return subprocess.Popen(
                [ZHENGCE, "run", self.study, "--out", str(self.root / run)], cwd=self.root,
                stdout=log, stderr=log, env=environment, start_new_session=True,
            )  # fmt: skip

    def run(self, run: str) -> Cost:
        """Run to the end."""
        begin, peak = time.perf_counter(), 0.0
        process = self.start(run)
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            time.sleep(0.05)
        if process.returncode:
            log = (self.root / f"{run}.log").read_text("utf-8")[-500:]
            raise RuntimeError(f"the run ended with {process.returncode}: {log}")
        return Cost(time.perf_counter() - begin, peak)

    def tables(self, run: str) -> dict[str, bytes]:
        """Bytes of every table."""
        folder = self.root / run / "tables"
        return {p.name: p.read_bytes() for p in sorted(folder.glob("*.csv"))}


def memory_of(pid: int) -> float:
    """Resident memory of a process tree in MB; shared pages count in each process."""
    total = 0
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    except psutil.NoSuchProcess:
        return 0.0
    return total / 2**20


def rows(study: str = STUDY, *, kills: int = KILLS, apart: bool = False) -> list[Figure]:
    """Measure in a temporary folder; the environment is installed already."""
    own = Path(study)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), str(own.resolve()) if own.exists() else study)
        first = place.run("first")
        second = place.run("first")
        twin = place.run("twin")
        whole = place.tables("first")
        equal = whole == place.tables("twin")
        page = place.root / "first" / "report.html"
        size = page.stat().st_size / 1e6
        requests, findings = look_at(page)
        shutil.rmtree(place.root / "twin")
        survived, same = kill_and_resume(place, whole, twin.seconds, kills, apart=apart)
    name = Path(study).stem
    note = f"{kills} kills {'in a folder each' if apart else 'of one run'}, scores cached"
    return [
        at_most(f"{name}: first run, no scores cached", 360, first.seconds, "s"),
        at_most(f"{name}: peak memory, children too", 4096, first.memory_mb, "MB"),
        at_most(f"{name}: second run", 10, second.seconds, "s"),
        at_least(f"{name}: tables equal in two fresh runs", len(whole), len(whole) if equal else 0, "tables"),
        at_most(f"{name}: report.html", 15, size, "MB"),
        at_most(f"{name}: requests of the report to elsewhere", 0, requests, ""),
        at_most(f"{name}: serious or critical axe findings", 0, len(findings), "", ", ".join(findings)),
        at_least(f"{name}: kills that left whole tables", kills, survived, "kills", note),
        at_least(f"{name}: resumed to the unbroken run's tables", same[1], same[0], "runs", note),
    ]  # fmt: skip


def kill_and_resume(
    place: Place, whole: dict[str, bytes], seconds: float, kills: int, *, apart: bool
) -> tuple[int, tuple[int, int]]:
    """Kill at random times; count kills that left no table of other bytes, and equal endings."""
    draw, survived, ended = random.Random(SEED), 0, []
    # In one folder the run goes on where it was, so the time to the next kill is a part of the whole.
    reach = seconds if apart else seconds / 3
    for i in range(kills):
        run = f"killed-{i if apart else 0}"
        process = place.start(run)
        time.sleep(draw.uniform(0.0, reach))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        survived += place.tables(run).items() <= whole.items()
        if apart:
            ended.append(_ends_equal(place, run, whole))
    if not apart:
        ended.append(_ends_equal(place, "killed-0", whole))
    return survived, (sum(ended), len(ended))


def _ends_equal(place: Place, run: str, whole: dict[str, bytes]) -> bool:
    place.run(run)
    equal = place.tables(run) == whole
    shutil.rmtree(place.root / run)
    return equal


def look_at(page: Path) -> tuple[int, list[str]]:
    """Count requests to anywhere else and list serious findings of axe, in Chromium."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(page.as_uri(), timeout=120_000)
        found = Axe().run(tab).response["violations"]
        browser.close()
    bad = [f["id"] for f in found if f["impact"] in ("serious", "critical")]
    outside = [u for u in asked if not u.startswith(("data:", page.as_uri()))]
    return len(outside), bad


def main() -> int:
    """Measure the study named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", default=STUDY)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--apart", action="store_true", help="a run folder for each kill")
    asked = parser.parse_args()
    found = rows(asked.study, kills=asked.kills, apart=asked.apart)
    print(table(found))
    return 0 if all(f.passed is not False for f in found) else 1


if __name__ == "__main__":
    sys.exit(main())
