"""The registry of sources: one row a region, column and period, checked on reading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from configs.errors import UserError, shown
from configs.paths import PROJECT_ROOT
from corpus.regions import find_region, regions
from crawler.addresses import RefusedError, normalise, split_host
from crawler.discovery.parsers import PARSERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SOURCES = PROJECT_ROOT / "configs" / "sources.csv"
KINDS = ("list", "article", "pdf", "search", "sitemap", "aggregator")
_NEEDED = ("region_code", "region", "start_url", "kind")
_TIERS = ("1", "2", "3", "4", "5")


@dataclass(frozen=True, slots=True)
class Source:
    """One row of the registry.

    Attributes
    ----------
    hosts : frozenset of str
        Exact host names of the row.
    year : int or None
        Year of delivery of an article's cell.
    valid_from, valid_to : int
        Years of the reports in the column.
    tier : int
        1 official portal to 5.
    """

    region_code: str
    region: str
    url: str
    hosts: frozenset[str]
    kind: str
    charset: str = ""
    year: int | None = None
    tier: int = 1
    valid_from: int = 0
    valid_to: int = 9999
    list_parser: str = "auto"
    is_enabled: bool = True

    def covers(self, years: Iterable[int]) -> bool:
        """Whether the row can hold a report of one of the years."""
        if self.year is not None:
            return self.year in years
        return any(self.valid_from <= year <= self.valid_to for year in years)


def read_registry(path: Path | None = None) -> list[Source]:
    """Read a file of sources; columns that are not needed may be absent.

    Raises
    ------
    UserError
        For the first row that is not right: file, line, value, what is allowed.
    """
    from corpus.csvfiles import read_csv

    path = path or SOURCES
    frame = read_csv(path)
    for name in _NEEDED:
        if name not in frame.columns:
            raise UserError(
                f"lacks the column {name!r}", where=str(path), fix=f"needed: {', '.join(_NEEDED)}"
            )
    rows = [
        _source(row, where=f"{path} line {line}")
        for line, row in enumerate(frame.to_dict("records"), start=2)
    ]
    if not rows:
        raise UserError("holds no source", where=str(path), fix="give one row a column or article")
    return rows


def _source(row: dict[str, str], *, where: str) -> Source:
    row = {key: value.strip() for key, value in row.items()}
    code = row["region_code"]
    if code not in regions():
        raise UserError(
            f"region_code {shown(code)} is unknown",
            where=where,
            fix="use a six-digit GB/T 2260 code",
        )
    name = row["region"]
    is_other = row["kind"] == "aggregator"
    if not is_other and name and name not in (regions()[code].name, regions()[code].short_name):
        raise UserError(
            f"region {shown(name)} does not go with code {code} ({regions()[code].name})",
            where=where,
        )
    kind = _one_of(row, "kind", KINDS, where)
    parser = _one_of(row, "list_parser", (*PARSERS, ""), where) or "auto"
    url = normalise(row["start_url"])
    try:
        host = split_host(url)[0]
    except RefusedError as error:
        raise UserError(
            f"start_url {shown(row['start_url'])} is no address that can be crawled ({error})",
            where=where, fix="use http:// or https:// and a host name",
        ) from error  # fmt: skip
    hosts = {
        h.lower().rstrip(".") for h in re.split(r"[\s;|,]+", row.get("allowed_domain", "")) if h
    }
    return Source(
        region_code=code, region=regions()[code].name, url=url, hosts=frozenset({*hosts, host}),
        kind=kind, charset=row.get("charset", ""), year=_year(row, "year", where),
        tier=int(_one_of(row, "source_tier", (*_TIERS, ""), where) or 1),
        valid_from=_year(row, "valid_from", where) or 0, valid_to=_year(row, "valid_to", where) or 9999,
        list_parser=parser,
        is_enabled=_one_of(row, "is_enabled", ("0", "1", ""), where) != "0" and kind != "aggregator"
        and "login" not in row.get("template", "").lower(),
    )  # fmt: skip


def _one_of(row: dict[str, str], key: str, allowed: tuple[str, ...], where: str) -> str:
    value = row.get(key, "")
    if key == "kind":
        value = value.lower()
    if value not in allowed:
        names = ", ".join(a for a in allowed if a)
        raise UserError(f"{key} {shown(value)} is not allowed", where=where, fix=f"use {names}")
    return value


def _year(row: dict[str, str], key: str, where: str) -> int | None:
    value = row.get(key, "")
    if not value:
        return None
    if not re.fullmatch(r"(?:19|20|21)\d\d", value):
        raise UserError(
            f"{key} {shown(value)} is no year", where=where, fix="use four digits or leave it empty"
        )
    return int(value)


def parse_years(text: str) -> tuple[int, ...]:
    """Read ``2026`` or ``2019-2026``.

    Raises
    ------
    UserError
        When the text is neither, or the years run backwards.
    """
    match = re.fullmatch(r"\s*(\d{4})(?:\s*[-–]\s*(\d{4}))?\s*", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1949 <= first <= last <= 2100:
        raise UserError(
            f"{shown(text)} is no year or range of years",
            where="--year",
            fix="use 2026 or 2019-2026",
        )
    return tuple(range(first, last + 1))


def choose_regions(names: Iterable[str], sources: Iterable[Source]) -> tuple[str, ...]:
    """Codes of the regions to crawl: those named, else all of the registry.

    Raises
    ------
    UserError
        A name that is no region, or one without a source.
    """
    known = {source.region_code for source in sources if source.is_enabled}
    chosen: list[str] = []
    for name in names:
        code = find_region(name).code
        if code not in known:
            raise UserError(
                f"{shown(name)} has no source in the registry", where="--region",
                fix="add a row to the sources file",
            )  # fmt: skip
        chosen.append(code)
    return tuple(sorted(set(chosen or known)))
