"""The shapes of statistics tables, brought to one: region, year, label, figure, and where it stood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from configs.errors import UserError
from econometrics.readers.headers import (
    FIRM_WORDS,
    INDICATOR_WORDS,
    REGION_WORDS,
    UNIT_WORDS,
    YEAR_WORDS,
    Header,
    read_header,
    read_year,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from econometrics.readers.sheets import Sheet

_PREAMBLE = re.compile(
    r"^(数据库|指标|时间|单位|地区|表|Unit|Indicator|Database)\s*[:：]\s*(.*)$", re.IGNORECASE
)
_FOOT = re.compile(
    r"^(数据来源|资料来源|来源|注\d*|说明|备注|Sources?|Notes?)\s*[:：.]", re.IGNORECASE
)
_LOOK = 15


@dataclass(frozen=True, slots=True)
class Record:
    """One figure of a table, still as text.

    Attributes
    ----------
    unit_text : str
        Region or firm as the table writes it.
    year_text : str
    header : Header
    text : str
    row, column : int
        Into the sheet's rows.
    also : tuple of str
        What other columns say about the region: its name beside its code.
    """

    unit_text: str
    year_text: str
    header: Header
    text: str
    row: int
    column: int
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preamble:
    """What stands above a table.

    Attributes
    ----------
    label, unit, region : str
    """

    label: str = ""
    unit: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's records, the name of its shape, and cells beyond its header (row, text)."""

    shape: str
    records: tuple[Record, ...]
    notes: tuple[str, ...]
    stray: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Head:
    first: int
    last: int
    cells: tuple[str, ...]


def read_layout(sheet: Sheet) -> Layout:
    """Find a sheet's shape and list its figures.

    Raises
    ------
    UserError
        When no row reads as a header: with the first row, and what is understood.
    """
    rows, notes = _without_foot(sheet)
    head = _find_head(rows)
    if head is None:
        raise UserError(
            f"no header row found; the first row is {list(sheet.rows[0])[:5]}",
            where=f"{sheet.file}" + (f" sheet {sheet.name}" if sheet.name else ""),
            fix="name the columns: region (地区) and year (年份), or years as columns",
        )
    preamble = _read_preamble(rows[: head.first])
    shape, records = _records(rows, head, preamble)
    nameless = [i for i, c in enumerate(head.cells) if not c]
    # A comma that nobody quoted pushes cells out of the header: 129,118.6 would read as 129.
    stray = [
        (r, rows[r][i]) for r in range(head.last + 1, len(rows)) for i in nameless if rows[r][i]
    ]
    return Layout(shape, tuple(records), notes, tuple(stray))


def _without_foot(sheet: Sheet) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    rows = list(sheet.rows)
    notes = []
    while rows and _FOOT.match(rows[-1][0]) and sum(1 for c in set(rows[-1]) if c) == 1:
        notes.append(f"left out below the table: {rows.pop()[0][:60]}")
    return rows, tuple(reversed(notes))


def _find_head(rows: list[tuple[str, ...]]) -> _Head | None:
    for i, row in enumerate(rows[:_LOOK]):
        words = {c.strip().lower() for c in row if c}
        years = sum(1 for c in row[1:] if read_year(c) is not None)
        keyed = words & (REGION_WORDS | FIRM_WORDS | YEAR_WORDS | INDICATOR_WORDS)
        if _PREAMBLE.match(row[0]) or len(words) < 2:
            continue
        below = rows[i + 1] if i + 1 < len(rows) else ()
        two_rows = sum(1 for c in below[1:] if read_year(c) is not None) >= 1 and (
            not below[0] or below[0] == row[0]
        )
        if keyed and two_rows and years == 0:
            return _Head(i, i + 1, _two_rows(row, below))
        if years >= 1 and not keyed and row[0] == "":
            return _Head(i, i, ("地区", *row[1:]))
        if keyed and (years >= 1 or words & YEAR_WORDS or any(read_header(c).year for c in row)):
            return _Head(i, _skip_labels(rows, i), row)
        if (
            row[0].strip().lower() in REGION_WORDS
            and years == 0
            and len(words) > 1
            and _dated(rows, i)
        ):
            return _Head(i, i, row)
    return None


def _dated(rows: list[tuple[str, ...]], i: int) -> bool:
    return any(read_header(c).year is not None for c in rows[i])


def _two_rows(upper: tuple[str, ...], lower: tuple[str, ...]) -> tuple[str, ...]:
    joined, last = [], ""
    for above, below in zip(upper, lower, strict=True):
        last = above or last
        joined.append(f"{last} {below}".strip() if below and below != last else last)
    return tuple(joined)


def _skip_labels(rows: list[tuple[str, ...]], i: int) -> int:
    """Vendors repeat the header in Chinese and add a row of units: rows without a figure."""
    last = i
    key = [c for c, text in enumerate(rows[i]) if text.strip().lower() in YEAR_WORDS]
    while key and last + 1 < len(rows) and read_year(rows[last + 1][key[0]]) is None:
        following = rows[last + 1]
        if any(re.search(r"\d", c) for c in following) or not (
            following[key[0]].lower() in YEAR_WORDS or "单位" in following[key[0]]
        ):
            break
        last += 1
    return last


def _read_preamble(rows: list[tuple[str, ...]]) -> Preamble:
    label = unit = region = ""
    for row in rows:
        for cell in dict.fromkeys(row):
            found = _PREAMBLE.match(cell)
            if found and found[1].lower() in ("指标", "indicator"):
                label = found[2]
            elif found and found[1].lower() in ("单位", "unit"):
                unit = found[2]
            elif found and found[1] == "地区":
                region = found[2]
            elif cell and not found and not label:
                label = re.sub(r"^(表|Table)\s*[\d\-.]+\s*", "", cell)
    return Preamble(label, unit, region)


def _records(
    rows: list[tuple[str, ...]], head: _Head, preamble: Preamble
) -> tuple[str, Iterator[Record]]:
    names = [c.strip().lower() for c in head.cells]
    regions = [i for i, n in enumerate(names) if n in REGION_WORDS or n in FIRM_WORDS]
    years = [i for i, n in enumerate(names) if n in YEAR_WORDS]
    labels = [i for i, n in enumerate(names) if n in INDICATOR_WORDS]
    units = [i for i, n in enumerate(names) if n in UNIT_WORDS]
    body = range(head.last + 1, len(rows))
    dated = [i for i, c in enumerate(head.cells) if read_header(c).year is not None]
    key = _key_column(names, regions)
    if years and regions and not labels:
        return "long", _long(rows, body, head, key, years[0], (regions, units, years), preamble)
    if labels and dated and (regions or preamble.region):
        return "indicator rows", _labelled(rows, body, head, key, labels[0], units, dated, preamble)
    if dated and regions:
        return "wide", _wide(rows, body, head, key, dated, preamble)
    if years and not regions:
        return "regions as columns", _transposed(rows, body, head, years[0], preamble)
    raise UserError(
        "neither years nor regions are found in the header", fix="name them 地区 and 年份"
    )


def _key_column(names: list[str], regions: list[int]) -> int:
    """Choose the column that says most: a code before a name, a city before its province."""
    if not regions:
        return -1
    order = ("code", "代码", "adcode", "stkcd", "symbol", "city", "城市", "地区", "region")
    return min(
        regions, key=lambda i: next((k for k, w in enumerate(order) if w in names[i]), len(order))
    )


def _unit(header: Header, preamble: Preamble) -> Header:
    label = header.label
    if not label and preamble.label:
        above = read_header(preamble.label)
        return Header(
            header.text, above.label, header.unit or above.unit or preamble.unit, header.year
        )
    return Header(header.text, label, header.unit or preamble.unit, header.year)


def _long(
    rows: list[tuple[str, ...]], body: range, head: _Head, key: int, year: int,
    keyed: tuple[list[int], list[int], list[int]], preamble: Preamble,
) -> Iterator[Record]:  # fmt: skip
    skip = {i for columns in keyed for i in columns}
    headers = {
        i: _unit(read_header(c), preamble) for i, c in enumerate(head.cells) if i not in skip and c
    }
    others = [i for i in keyed[0] if i != key]
    for r in body:
        also = tuple(rows[r][i] for i in others)
        for i, header in headers.items():
            yield Record(rows[r][key], rows[r][year], header, rows[r][i], r, i, also)


def _wide(
    rows: list[tuple[str, ...]],
    body: range,
    head: _Head,
    key: int,
    dated: list[int],
    preamble: Preamble,
) -> Iterator[Record]:
    headers = {i: _unit(read_header(head.cells[i]), preamble) for i in dated}
    for r in body:
        for i, header in headers.items():
            yield Record(rows[r][key], str(header.year), header, rows[r][i], r, i)


def _labelled(
    rows: list[tuple[str, ...]], body: range, head: _Head, key: int, label: int, units: list[int],
    dated: list[int], preamble: Preamble,
) -> Iterator[Record]:  # fmt: skip
    for r in body:
        found = read_header(rows[r][label])
        unit = rows[r][units[0]] if units else found.unit
        for i in dated:
            header = Header(
                head.cells[i], found.label, unit or preamble.unit, read_year(head.cells[i])
            )
            yield Record(
                rows[r][key] if key >= 0 else preamble.region,
                str(header.year),
                header,
                rows[r][i],
                r,
                i,
            )


def _transposed(
    rows: list[tuple[str, ...]], body: range, head: _Head, year: int, preamble: Preamble
) -> Iterator[Record]:
    above = read_header(preamble.label)
    for r in body:
        for i, region in enumerate(head.cells):
            if i != year and region:
                header = Header(region, above.label, above.unit or preamble.unit)
                yield Record(region, rows[r][year], header, rows[r][i], r, i)
