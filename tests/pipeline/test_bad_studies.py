"""A study that cannot go on says so in one line, leaves what was done, and goes on when mended."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import TinyStudy, zhengce

PANEL = """
[scales.province]
panel = "configs/panel_province_2018_2023.toml"
x = ["nqp", "Fin"]
"""
SGDID = """
[sgdid]
intensity_year = {year}
post_from = 2023
years = [2018, {last}]
[sgdid.weights]
main = "data/weights/province_knn4.csv"
"""
SHAP = '[shap]\nscales = ["province"]\n'


def tables(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((folder / "tables").glob("*.csv"))}


def said(answer: subprocess.CompletedProcess[str]) -> str:
    """The one line of a refusal, after the lines of the steps that were done."""
    assert answer.returncode == 2, answer.stderr
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    *steps, last = answer.stderr.strip().splitlines()
    assert all(" done " in line or " reused " in line for line in steps), answer.stderr
    return last


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('scorer = "ngram"', 'scorer = "bert"\nmodel = "nowhere"', "nowhere/"),
        ('reports = "', 'reports = "nowhere/', "records.jsonl: no such file"),
        ("", "[report]\nyears = [1990, 1991]\n", "no text of 1990 for"),
        ("", PANEL + SGDID.format(year=2026, last=2030), "sgdid.years: the panel has no row of"),
        ("", PANEL + SGDID.format(year=2023, last=2023), "no text of 2023 for"),
        ("", PANEL + "years = [1990, 1995]\n" + SHAP, "scales.province.years"),
        ("", PANEL.replace("panel_province_2018_2023", "none"), "configs/none.toml: cannot be read"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_and_nothing_is_lost(
    tiny: TinyStudy, old: str, new: str, says: str
) -> None:
    good = tiny.study.read_text("utf-8")
    tiny.study.write_text(good.replace(old, new) if old else good + new, "utf-8")
    answer = tiny.run()
    assert says in said(answer)
    assert not list(tiny.folder.rglob("*.tmp"))
    assert not (tiny.out / "report.html").exists()
    done = [line.split()[0] for line in answer.stderr.splitlines() if " done " in line]
    tiny.study.write_text(good, "utf-8")
    mended = tiny.run("--dry-run")
    assert mended.returncode == 0, mended.stderr
    kept = {line.split()[0] for line in mended.stderr.splitlines() if " would reuse " in line}
    # The scorer's own steps may go, nothing else that was done is done again.
    steps = {"parse", "train", "validate", "score", "aggregate", "panel"}
    assert set(done) & steps <= kept


def test_a_second_run_keeps_out_of_the_folder(tiny: TinyStudy) -> None:
    fcntl = pytest.importorskip("fcntl")
    tiny.out.mkdir()
    with (tiny.out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another run is at work here; wait for it" in said(tiny.run())
        assert [p.name for p in tiny.out.iterdir()] == [".lock"]
    # The lock went with its holder, the file does not matter.
    assert tiny.run("--only", "parse").returncode == 0
    assert (tiny.out / "store" / "sentence.parquet").is_file()


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    """Mount a real file system that is soon full."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize(
    "size", ["120k", *(pytest.param(s, marks=pytest.mark.slow) for s in ("16k", "500k"))]
)
def test_a_full_disk_stops_a_study_and_room_lets_it_go_on(
    tiny: TinyStudy, finished: TinyStudy, size: str
) -> None:
    disk = tiny.folder / "disk"
    with small_disk(disk, size):
        command = ("run", str(tiny.study), "--out", str(disk / "run"))
        line = said(zhengce(*command, cwd=tiny.folder))
        assert "cannot write (No space left on device)" in line
        assert "free some space and run again" in line
        assert not list(disk.rglob("*.tmp"))
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        assert zhengce(*command, cwd=tiny.folder).returncode == 0
        assert tables(disk / "run") == tables(finished.out)
