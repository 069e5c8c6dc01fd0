"""The gate: year, region and reason on pages that mislead; real reports pass."""

from __future__ import annotations

import gzip
import json

import pytest

from benchmarks.reader_pages import REPORTS
from benchmarks.reader_traps import traps
from corpus.acceptance import choose_title
from corpus.identity import resolve_place
from corpus.numerals import dates, plain
from corpus.readers.document import read_document

TRAPS = list(traps())


def test_there_are_enough_traps() -> None:
    assert len(TRAPS) >= 60


@pytest.mark.parametrize("trap", TRAPS, ids=lambda t: f"{t.id} {t.why}")
def test_trap(trap) -> None:
    found = read_document(trap.html.encode(), name="2031年火星省政府工作报告.html", second="never")
    assert (found.region_code, found.year, found.reason) == (
        trap.region_code,
        trap.year,
        trap.reason,
    )


def test_real_reports_pass() -> None:
    refused: dict[str, str] = {}
    with gzip.open(REPORTS, "rt", encoding="utf-8") as file:
        for record in map(json.loads, file):
            found = read_document(record["text"].encode(), name="x.txt")
            assert (found.region_code, found.year) == (record["region_code"], record["year"]), (
                record["id"]
            )
            if found.reason:
                refused[record["id"]] = found.reason
    # 1958 was a report on the plan, 1964 is published as an abstract.
    assert refused == {
        "national-000000-1958": "decoy_draft",
        "national-000000-1964": "decoy_summary",
    }


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("山东省", "370000"), ("山东", "370000"), ("广西", "450000"), ("上海市", "310000"), ("河北省保定市", "130600"),
        ("吉林市", "220200"), ("吉林省", "220000"), ("延边朝鲜族自治州", "222400"), ("延边州", "222400"), ("全国", "000000"),
        ("中华人民共和国全国", "000000"), ("省", None), ("自治区", None), ("市", None), ("", None), ("各位代表", None),
    ],
)  # fmt: skip
def test_resolve_place(name: str, code: str | None) -> None:
    place = resolve_place(name)
    assert (place.code if place else None) == code


@pytest.mark.parametrize(
    "name", ["满城区", "保定市满城区", "北京市朝阳区", "准格尔旗", "定州市", "高阳县"]
)
def test_counties_get_no_code(name: str) -> None:
    place = resolve_place(name)
    assert place is not None
    assert (place.code, place.is_county) == ("", True)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("二〇二六年一月二十七日", "2026-01-27"), ("二○○三年一月十日", "2003-01-10"), ("二零二六年十二月三十一日", "2026-12-31"),
        ("２０１０年３月５日", "2010-03-05"), ("1 9 9 8 年3 月5 日", "1998-03-05"), ("2026年1月", ""), ("2026年13月1日", None),
    ],
)  # fmt: skip
def test_dates(text: str, iso: str | None) -> None:
    found = dates(plain(text))
    assert (found[0].iso if found else None) == iso


@pytest.mark.parametrize(
    ("titles", "head", "title"),
    [
        (["2026年政府工作报告_政府工作报告_某某网"], [], "2026年政府工作报告"),
        (
            ["", "某某厅", "2026年湖北省政府工作报告（全文）-湖北省经济和信息化厅"],
            [],
            "2026年湖北省政府工作报告（全文）",
        ),
        (
            ["政府工作报告——2026年1月26日在河北省第十四届人民代表大会第四次会议上"],
            [],
            "政府工作报告——2026年1月26日在河北省第十四届人民代表大会第四次会议上",
        ),
        ([], ["政 府 工 作 报 告"], "政 府 工 作 报 告"),
        ([], [], ""),
    ],
)
def test_choose_title(titles: list[str], head: list[str], title: str) -> None:
    assert choose_title(titles, head, []) == title
