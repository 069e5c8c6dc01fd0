"""The registry: complete, checked, and readable in the form in which sources are handed around."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.errors import UserError
from corpus.regions import provinces
from crawler.hosts import read_hosts
from crawler.overrides import read_overrides
from crawler.registry import choose_regions, parse_years, read_registry

HEAD = "region_code,region,level,start_url,allowed_domain,kind,charset,template,year,evidence,confidence,source_tier,seen,note\n"
ROW = "440000,广东省,province,http://www.gd.gov.cn/zwgk/,www.gd.gov.cn,list,utf-8,T10,,x,high,1,seen,\n"


def test_shipped_registry_is_whole() -> None:
    rows = read_registry()
    lists = {r.region_code for r in rows if r.kind == "list" and r.is_enabled}
    assert {p.code for p in provinces()} | {"000000"} <= lists
    cells = {(r.region_code, r.year) for r in rows if r.kind in ("article", "pdf")}
    assert {(p.code, year) for p in provinces() for year in range(2019, 2026)} <= cells
    twice = {
        p.code
        for p in provinces()
        if len({h for r in rows if r.region_code == p.code for h in r.hosts}) >= 2
    }
    assert len(twice) >= 23


def test_rows_as_handed_around_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sources.csv"
    path.write_text(
        HEAD + ROW + ROW.replace("www.gd.gov.cn,list", "www.gd.gov.cn; gd.gov.cn,list"), "utf-8"
    )
    one, two = read_registry(path)
    assert one.hosts == {"www.gd.gov.cn"}
    assert two.hosts == {"www.gd.gov.cn", "gd.gov.cn"}
    assert (one.tier, one.year, one.is_enabled) == (1, None, True)


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("440000", "44", "region_code '44' is unknown"), ("广东省", "广西", "does not go with code 440000"), (",list,", ",lists,", "kind 'lists'"),
        ("http://www.gd", "ftp://www.gd", "start_url"), ("http://www.gd", "file:///www.gd", "start_url"), ("http://www.gd.gov.cn/", "http://127.0.0.1/", "start_url"),
        (",high,1,", ",high,9,", "source_tier '9'"), (",T10,,", ",T10,26,", "year '26'"), ("start_url", "url", "lacks the column 'start_url'"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_with_line_and_value(
    tmp_path: Path, old: str, new: str, part: str
) -> None:
    path = tmp_path / "sources.csv"
    path.write_text((HEAD + ROW).replace(old, new), "utf-8")
    with pytest.raises(UserError) as caught:
        read_registry(path)
    assert part in caught.value.line()
    assert "sources.csv" in caught.value.line()


@pytest.mark.parametrize("text", ["", "26", "2026-2019", "2019-", "1900", "二〇二六", "2019-2200"])
def test_years(text: str) -> None:
    assert parse_years("2019-2021") == (2019, 2020, 2021)
    with pytest.raises(UserError):
        parse_years(text)


def test_regions_must_have_a_source() -> None:
    rows = [r for r in read_registry() if r.region_code in ("440000", "330000")]
    assert choose_regions([], rows) == ("330000", "440000")
    assert choose_regions(["广东"], rows) == ("440000",)
    with pytest.raises(UserError):
        choose_regions(["河北省"], rows)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("host,address,port\na.cn,8.8.8.8,80\n", "not of this machine"), ("host,address,port\na.cn,127.0.0.1,0\n", "port '0'"),
        ("host,address\na.cn,127.0.0.1\n", "lacks the column 'port'"), ("host,address,port\n", "names no host"),
        ("host,address,port\na.cn,localhost,80\n", "not of this machine"),
    ],
)  # fmt: skip
def test_hosts_file_is_for_this_machine_only(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "hosts.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError, match="allow-loopback"):
        read_hosts(path, allowed=False)
    with pytest.raises(UserError) as caught:
        read_hosts(path, allowed=True)
    assert part in caught.value.line()


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("500000,2015,gap,,,2026-11-01,no report", "who is empty"), ("500000,2015,hole,,li,2026-11-01,x", "kind 'hole'"),
        ("500000,2015,address,,li,2026-11-01,x", "url ''"), ("500000,15,gap,,li,2026-11-01,x", "year '15'"), ("500000,2015,gap,,li,yesterday,x", "when 'yesterday'"),
    ],
)  # fmt: skip
def test_overrides_say_who_when_and_why(tmp_path: Path, row: str, part: str) -> None:
    path = tmp_path / "overrides.csv"
    path.write_text("region_code,year,kind,url,who,when,why\n" + row + "\n", "utf-8")
    with pytest.raises(UserError) as caught:
        read_overrides(path)
    assert part in caught.value.line()
