"""Pages on which a reader takes the wrong year or region: made from a table of heads and labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.reader_pages import REPORTS

TRAPS = Path(__file__).resolve().parents[1] / "tests" / "data" / "traps.jsonl"


@dataclass(frozen=True, slots=True)
class Trap:
    """A page, and the region, year and reason code that must be read from it."""

    id: str
    why: str
    html: str
    region_code: str
    year: int
    reason: str


def traps() -> Iterator[Trap]:
    """Make all trap pages."""
    with TRAPS.open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            page = _page(row)
            yield Trap(row["id"], row["why"], page, row["region_code"], row["year"], row["reason"])


@cache
def _bodies() -> dict[tuple[str, int], tuple[str, ...]]:
    import gzip

    found: dict[tuple[str, int], tuple[str, ...]] = {}
    with gzip.open(REPORTS, "rt", encoding="utf-8") as file:
        for record in map(json.loads, file):
            lines = [line.strip() for line in record["text"].split("\n") if line.strip()]
            start = next((i for i, line in enumerate(lines) if line.startswith("各位代表")), 0)
            found[record["region"], record["year"]] = tuple(lines[start:])
    return found


def _page(row: dict[str, Any]) -> str:
    body = list(_bodies()[row["body_region"], row["body_year"]])
    if row["opening"]:
        body[1] = row["opening"]
    inside = "".join(f"<p>　　{escape(line)}</p>" for line in [row["title"], *row["head"], *body])
    above = "".join(f"<div>{escape(line)}</div>" for line in row["above"])
    return (
        f'<html><head><meta charset="utf-8"><meta name="ArticleTitle" content="{escape(row["label"])}">'
        f'<meta name="PubDate" content="{row["pub_date"]}"><meta name="Url" content="{row["url"]}">'
        '<meta name="SiteName" content="河南省文化和旅游厅"></head><body><div class="nav">首页 | 江西省人民政府</div>'
        f'{above}<div class="TRS_Editor">{inside}</div>'
        '<div>相关链接：<a href="/1">2024年湖南省政府工作报告</a></div></body></html>'
    )
