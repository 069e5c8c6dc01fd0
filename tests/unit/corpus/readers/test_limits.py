"""Reading under limits: memory, time, crashes; the pool goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.reader_pages import page, reports
from corpus.readers.limits import Limits, ReaderPool, read_safely

GOOD = page("T01", reports(2026)[0])


@pytest.fixture(scope="module")
def pool():
    with ReaderPool() as found:
        yield found


def test_same_result_as_in_process(pool: ReaderPool) -> None:
    from corpus.readers.document import read_document

    data = GOOD.html.encode("gbk", "xmlcharrefreplace")
    assert pool.read(data, name="a", declared_charset="gbk") == read_document(
        data, name="a", declared_charset="gbk"
    )


def test_too_large_then_on(pool: ReaderPool) -> None:
    huge = b"<p>" + "各位代表：增长。".encode() * 1_200_000
    assert pool.read(huge).reason == "too_large"
    assert pool.read(GOOD.html.encode()).status == "ok"
    assert pool.read(b"\0" * (64 * 1024 * 1024 + 1)).reason == "too_large"


def test_too_slow_then_on() -> None:
    with ReaderPool(limits=Limits(wall_seconds=0.0)) as hasty:
        assert hasty.read(GOOD.html.encode()).reason == "too_slow"
    with ReaderPool(limits=Limits(cpu_seconds=1)) as hasty:
        assert hasty.read(b"<p>" + "各位代表，".encode() * 1_000_000).reason in (
            "too_slow",
            "too_large",
            "no_text",
            "not_named",
            "no_greeting",
        )


def test_crash_then_on(pool: ReaderPool) -> None:
    assert pool.read(GOOD.html.encode()).status == "ok"
    pool._idle[0].process.kill()
    assert pool.read(GOOD.html.encode()).reason in ("crashed", "too_slow")
    assert pool.read(GOOD.html.encode()).status == "ok"


MEMORY = """
import resource
from corpus.readers.limits import ReaderPool
with ReaderPool() as pool:
    pool.read("短行\\n".encode() * 80_000)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_memory_of_workers_stays_below_512_mb() -> None:
    # From a small parent: Linux counts the parent's size at the fork as the child's peak.
    root = Path(__file__).parents[4]
    answer = subprocess.run(
        [sys.executable, "-c", MEMORY], cwd=root, capture_output=True, text=True, check=True
    )
    assert int(answer.stdout) < 512 * 1024


def test_many_in_order(pool: ReaderPool) -> None:
    items = [(str(i), GOOD.html.encode() if i % 2 else b"") for i in range(6)]
    found = list(pool.read_many(items))
    assert [d.name for d in found] == [str(i) for i in range(6)]
    assert [d.reason for d in found] == ["empty", ""] * 3


def test_read_safely() -> None:
    assert read_safely(GOOD.html.encode(), "x").year == 2026
