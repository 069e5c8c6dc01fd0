"""Small parts: bodies, raw store, pacing, outcome rules, the frontier, coverage."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from configs.errors import UserError
from corpus.readers.document import read_document
from crawler.bodies import BadBodyError, decoded
from crawler.coverage import STATES, Cell, counts
from crawler.coverage_page import coverage_page
from crawler.database import connect, writer_lock
from crawler.frontier import Frontier
from crawler.items import Exchange, New, Result
from crawler.outcome import judge_status
from crawler.pacing import back_off, retry_after
from crawler.rawstore import RawStore

EXCHANGE = Exchange(
    "http://a.cn/x", "http://a.cn/x", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"
)


@pytest.mark.parametrize(
    ("body", "encoding", "wanted"),
    [
        (b"abc", "", b"abc"), (b"abc", "identity", b"abc"), (gzip.compress(b"abc"), "gzip", b"abc"), (gzip.compress(b"a") + gzip.compress(b"b"), "x-gzip", b"ab"),
        (zlib.compress(b"abc"), "deflate", b"abc"), (zlib.compress(b"abc")[2:-4], "deflate", b"abc"), (gzip.compress(b"abc") + b"\0\0\0", "gzip", b"abc"), (b"", "gzip", b""),
    ],
)  # fmt: skip
def test_encodings_are_undone(body: bytes, encoding: str, wanted: bytes) -> None:
    assert decoded(body, encoding) == wanted


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (gzip.compress(b"0" * (64 << 20)), "gzip", "bomb"), (zlib.compress(b"0" * (64 << 20)), "deflate", "bomb"), (gzip.compress(b"0" * (2 << 20)), "gzip", "bomb"),
        (b"no gzip", "gzip", "bad_encoding"), (gzip.compress(b"abc" * 999)[:-12], "gzip", "truncated_encoding"), (b"x", "gzip, gzip", "nested_encoding"),
        (b"x", "zstd", "bad_encoding:zstd"), (b"x", "compress", "bad_encoding:compress"),
    ],
)  # fmt: skip
def test_bombs_and_lies_are_refused(body: bytes, encoding: str, reason: str) -> None:
    with pytest.raises(BadBodyError, match=f"^{reason}$"):
        decoded(body, encoding)


def test_brotli_is_bounded() -> None:
    brotli = pytest.importorskip("brotli")
    assert decoded(brotli.compress(b"abc" * 9), "br") == b"abc" * 9
    with pytest.raises(BadBodyError, match="bomb"):
        decoded(brotli.compress(b"0" * (64 << 20), quality=1), "br")


def test_raw_store_keeps_bytes_once_and_notices_damage(tmp_path: Path) -> None:
    raw = RawStore(tmp_path / "raw")
    digest = raw.put("各位代表".encode())
    assert raw.put("各位代表".encode()) == digest
    assert list(raw.digests()) == [digest]
    orphan = raw.put(b"never logged")
    (raw.path(digest).parent / ".new.torn").write_bytes(b"x")
    assert raw.sweep({digest}) == 2
    assert list(raw.digests()) == [digest]
    assert not raw.path(orphan).exists()
    for damage in (gzip.compress(b"other"), b"no gzip"):
        raw.path(digest).write_bytes(damage)
        with pytest.raises(UserError):
            raw.get(digest)


def test_retry_after_in_both_forms() -> None:
    assert retry_after("5") == 5.0
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 98 <= (retry_after(when) or 0) <= 100
    assert retry_after("Mon, 01 Jan 2001 00:00:00 GMT") == 0.0
    assert [retry_after(text) for text in ("", "soon", "-5", "5.5")] == [None] * 4
    waits = [back_off(2.0, n) for n in range(1, 12)]
    assert waits[0] == 8.0
    assert waits == sorted(waits)
    assert waits[-1] == 300.0


@pytest.fixture
def frontier(tmp_path: Path) -> Frontier:
    found = Frontier(connect(tmp_path, create=True))
    found.begin(years=(2025, 2026), regions=("440000",), sources="s", settings="{}")
    return found


def test_a_lease_of_a_dead_process_is_taken_back(frontier: Frontier, tmp_path: Path) -> None:
    frontier.add(
        [New("http://a.cn/x", "440000", "list"), New("http://a.cn/y", "440000", "article")]
    )
    item = frontier.peek(["a.cn"])
    assert item is not None
    frontier.lease(item)
    frontier.complete(
        item, EXCHANGE, Result("done", new=[New("http://a.cn/z", "440000", "article")])
    )
    following = frontier.peek(["a.cn"])
    assert following is not None
    frontier.lease(following)
    frontier.db.close()
    again = Frontier(connect(tmp_path))
    assert again.begin(years=(2025, 2026), regions=("440000",), sources="s", settings="{}")
    waiting = again.db.execute(
        "SELECT url FROM item WHERE state = 'queued' ORDER BY url"
    ).fetchall()
    assert [row[0] for row in waiting] == ["http://a.cn/y", "http://a.cn/z"]
    first = again.peek(["a.cn"])
    assert first is not None
    assert first.url == following.url


def test_a_failure_in_a_transaction_changes_nothing(frontier: Frontier) -> None:
    frontier.add([New("http://a.cn/x", "440000", "list")])
    item = frontier.peek(["a.cn"])
    assert item is not None
    broken = replace(EXCHANGE, headers=(("x", object()),))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        frontier.complete(item, broken, Result("done"))
    with pytest.raises(AttributeError):
        frontier.complete(item, EXCHANGE, Result("done", new=[None]))  # type: ignore[list-item]
    assert frontier.peek(["a.cn"]) == item
    assert frontier.db.execute("SELECT COUNT(*) FROM fetch").fetchone()[0] == 0


def test_fallbacks_begin_when_a_cell_is_missing(frontier: Frontier) -> None:
    frontier.add([New("http://a.cn/x", "440000", "article"), New("http://a.cn/", "440000", "home", phase=3),
                  New("http://a.cn/s?q=2025", "440000", "search", phase=4, hint_year=2025)])  # fmt: skip
    assert not frontier.advance("440000")
    item = frontier.peek(["a.cn"])
    assert item is not None
    frontier.complete(
        item,
        EXCHANGE,
        Result(
            "done",
            outcome="new",
            verdict="ok",
            verdict_region="440000",
            verdict_year=2026,
            sha256="a",
        ),
    )
    assert frontier.missing("440000") == {2025}
    assert frontier.advance("440000")
    home = frontier.peek(["a.cn"])
    assert home is not None
    assert home.role == "home"
    frontier.complete(
        home, EXCHANGE, Result("done", outcome="new", verdict="ok", verdict_year=2025, sha256="b")
    )
    assert not frontier.advance("440000")


def test_one_writer(tmp_path: Path) -> None:
    with (
        writer_lock(tmp_path),
        pytest.raises(UserError, match="another crawl"),
        writer_lock(tmp_path),
    ):
        pass


@pytest.mark.parametrize(
    ("change", "attempts", "state", "reason"),
    [
        ({"status": 404}, 0, "gone", "http_404"), ({"status": 410}, 0, "gone", "http_410"), ({"status": 412}, 0, "blocked", "challenge_412"),
        ({"status": 403}, 0, "blocked", "http_403"), ({"status": 401}, 0, "blocked", "login_required"), ({"status": 429}, 0, "queued", "http_429"),
        ({"status": 503}, 2, "queued", "http_503"), ({"status": 503}, 3, "failed", "http_503"), ({"status": 304}, 0, "failed", "unexpected_304"),
        ({"status": 400}, 0, "failed", "http_400"), ({"status": 200}, 0, "failed", "empty"), ({"error": "too_slow"}, 0, "failed", "too_slow"),
        ({"error": "robots_disallowed"}, 0, "blocked", "robots_disallowed"), ({"error": "robots_unreachable:http_500"}, 0, "failed", "robots_unreachable:http_500"),
        ({"error": "redirect_refused:host:x"}, 0, "blocked", "redirect_refused:host:x"), ({"error": "connection_lost"}, 0, "queued", "connection_lost"),
        ({"error": "connection_lost"}, 2, "failed", "connection_lost"), ({"status": 200, "data": b"x", "is_cut": True}, 0, "queued", "cut"),
    ],
)  # fmt: skip
def test_what_an_answer_means(
    frontier: Frontier, change: dict[str, object], attempts: int, state: str, reason: str
) -> None:
    frontier.add([New("http://a.cn/x", "440000", "article")])
    item = frontier.peek(["a.cn"])
    assert item is not None
    result = judge_status(replace(item, attempts=attempts), replace(EXCHANGE, **change))  # type: ignore[arg-type]
    assert result is not None
    assert (result.state, result.reason) == (state, reason)


def test_the_matrix_adds_up_and_the_page_escapes() -> None:
    cells = [
        Cell("440000", 2019 + i, state, "<script>alert(1)</script>", "javascript:alert(1)")
        for i, state in enumerate(STATES)
    ]
    found = counts(cells)
    assert sum(found.values()) == len(cells)
    assert set(found.values()) == {1}
    page = coverage_page(cells, [], [])
    assert "<script" not in page
    assert 'javascript:alert(1)"' not in page.split("Cells without a report")[0]
    assert page.count("<td class=") == len(cells)


def test_an_article_of_several_pages_is_one_document() -> None:
    import numpy as np

    from crawler.replica.articles import parts
    from crawler.replica.texts import report

    text = report("440000", 2026)
    pages = [
        p.replace("@CHARSET@", "utf-8").encode()
        for p in parts(text, np.random.default_rng(0), stem="t1", extension="html")
    ]
    assert read_document(pages[0]).reason == "part_of_article"
    whole = read_document(pages[0], more=pages[1:])
    assert (whole.status, whole.year, whole.paragraphs) == ("ok", 2026, text.body)
    assert whole.raw_text[whole.to_raw(0) :].startswith("各位代表")
