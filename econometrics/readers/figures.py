"""Records to figures: codes, years, our columns and units; every doubt becomes a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from configs.errors import UserError, shown
from econometrics.findings import Finding
from econometrics.places import Place
from econometrics.readers.cells import BadCell, Cell, read_cell
from econometrics.readers.headers import find_column, read_year
from econometrics.readers.naming import match_all
from econometrics.readers.regions import shown_candidates
from econometrics.readers.units import conversion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from econometrics.findings import Rule
    from econometrics.readers.layouts import Record
    from econometrics.readers.regions import Match
    from econometrics.readers.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that was read: its key, our column, its value in our unit, and its place."""

    unit: str
    year: int
    column: str
    value: float | None
    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class _Column:
    """Our column of a header, the factor to our unit, and whether per cent signs belong there."""

    name: str
    factor: float = 1.0
    takes_percent: bool = True
    is_readable: bool = True


def read_figures(
    sheet: Sheet,
    records: tuple[Record, ...],
    confirmed: Mapping[str, str],
    units: Mapping[str, str],
    *,
    firms: bool,
) -> tuple[list[Figure], list[Finding]]:
    """Turn a sheet's records into figures and findings."""
    findings: list[Finding] = []
    matches = match_all(records, confirmed, firms=firms)
    records = _without_texts(sheet, records, findings)
    columns = _columns(sheet, records, units, findings)
    figures = []
    told: set[tuple[str, str]] = set()
    for record in records:
        if not record.unit_text and not record.text:
            continue
        match, year = matches[record.unit_text], read_year(record.year_text)
        row = sheet.numbers[record.row]
        problem = _problem(record, match, year)
        if problem is not None:
            rule, message, value = problem
            key = (rule, record.unit_text if "region" in rule else str(row))
            if key not in told:
                told.add(key)
                findings.append(
                    Finding(
                        rule, message, sheet.file, sheet.name, row, record.unit_text, value=value
                    )
                )
        if year is None or (problem is not None and problem[0] != "renamed_region"):
            continue
        column = columns[record.header.label, record.header.unit]
        if column.is_readable:
            figure = _figure(sheet, record, match.code, year, column, findings)
            figures += [figure] if figure else []
    return figures, findings


def _figure(
    sheet: Sheet, record: Record, code: str, year: int, column: _Column, findings: list[Finding]
) -> Figure | None:
    row, header = sheet.numbers[record.row], record.header.text or column.name

    def tell(rule: Rule, message: str) -> None:
        findings.append(
            Finding(
                rule,
                f"{shown(record.text)} {message}",
                sheet.file,
                sheet.name,
                row,
                code,
                year,
                header,
                record.text,
            )
        )

    cell = read_cell(record.text)
    if isinstance(cell, BadCell):
        tell("bad_cell", f"is {cell.reason}; {cell.fix}")
        return None
    if cell.is_percent and not column.takes_percent:
        tell("bad_cell", f"has a per cent sign, and {column.name} is no percentage")
        return None
    if cell.change:
        tell("note", f"read without {cell.change}")
    value = cell.value
    if value is not None and column.factor != 1:
        # 12 digits are more than any table prints and hide the binary tail of the factor.
        value = float(f"{value * column.factor:.12g}")
    return Figure(
        code, year, column.name, value, Place(sheet.file, sheet.name, row, header), record.text
    )


def _without_texts(
    sheet: Sheet, records: tuple[Record, ...], findings: list[Finding]
) -> tuple[Record, ...]:
    """Leave out columns that hold words and never a number, and say so."""
    tally: dict[int, list[int]] = {}
    for record in records:
        cell = read_cell(record.text)
        counts = tally.setdefault(record.column, [0, 0])
        counts[0] += isinstance(cell, BadCell) and cell.kind == "text"
        counts[1] += not isinstance(cell, BadCell) and cell.value is not None
    words = {i for i, (texts, numbers) in tally.items() if texts and not numbers}
    dropped = {
        r.column: r.header.text
        for r in records
        if r.column in words and not find_column(r.header.label)
    }
    message = "left out: it holds words, no numbers"
    findings += [
        Finding("note", message, sheet.file, sheet.name, column=name) for name in dropped.values()
    ]
    return tuple(r for r in records if r.column not in dropped)


def _problem(record: Record, match: Match, year: int | None) -> tuple[Rule, str, str] | None:
    if match.how == "unknown":
        return "unknown_region", f"no region is called {shown(match.text)}", match.text
    if match.how == "ambiguous":
        problem = (
            f"{shown(match.text)} may be {shown_candidates(match)}; write the full name or code"
        )
        return "ambiguous_region", problem, match.text
    if match.how == "guess":
        problem = f"no region is called {shown(match.text)}; it may be {shown_candidates(match)}: confirm it"
        return "guessed_region", problem, match.text
    if year is None:
        return "bad_year", f"{shown(record.year_text)} is no year", record.year_text
    if match.last_year is not None and year >= match.last_year and _says_something(record.text):
        return "abolished_region", f"{match.text} in {year}: {match.note}", match.text
    if match.how == "changed":
        took = f"is taken as {match.code}" if match.text != match.code else "keeps its old code"
        return "renamed_region", f"{match.text} {took}: {match.note}", match.text
    return None


def _says_something(text: str) -> bool:
    cell = read_cell(text)
    return not (isinstance(cell, Cell) and cell.value is None)


def _columns(
    sheet: Sheet, records: tuple[Record, ...], units: Mapping[str, str], findings: list[Finding]
) -> dict[tuple[str, str], _Column]:
    found: dict[tuple[str, str], _Column] = {}
    for header in dict.fromkeys(r.header for r in records):
        if (header.label, header.unit) in found:
            continue
        known = find_column(header.label)
        name = known.name if known else header.label or "value"
        unit = units.get(name) or units.get(header.label) or header.unit
        column = _Column(name)

        def tell(rule: Rule, message: str, value: str = "", text: str = header.text) -> None:
            findings.append(
                Finding(rule, message, sheet.file, sheet.name, column=text, value=value)
            )

        if known is None:
            tell(
                "note",
                f"the column {shown(header.label)} is not known to us: kept as it is, in its own unit",
            )
        else:
            percent = known.unit in ("pct", "ratio")
            column = _Column(name, takes_percent=percent)
            if unit:
                try:
                    factor = conversion(unit, known.unit, where=header.text).factor
                except UserError as error:
                    tell("unit", error.what, unit)
                    factor, column = 1.0, _Column(name, is_readable=False)
                if factor != 1:
                    column = _Column(name, factor, percent)
                    tell("note", f"{unit} to {known.unit}: times {factor:g}")
            elif header.label != known.name and known.unit not in ("pct", "ratio", "degC"):
                tell(
                    "note",
                    f"no unit is given: taken as {known.unit}; --unit {known.name}=... says otherwise",
                )
        found[header.label, header.unit] = column
    return found


def duplicates(figures: list[Figure]) -> list[Finding]:
    """Find keys that occur twice, with equal or with different figures."""
    seen: dict[tuple[str, int, str], Figure] = {}
    found = []
    told: set[tuple[str, int, int]] = set()
    for figure in figures:
        key = (figure.unit, figure.year, figure.column)
        first = seen.setdefault(key, figure)
        if first is figure or (figure.unit, figure.year, figure.place.row) in told:
            continue
        told.add((figure.unit, figure.year, figure.place.row))
        same = first.value == figure.value
        rule: Rule = "duplicate_row" if same else "duplicate_key"
        message = f"{figure.unit} in {figure.year} is there twice, first in row {first.place.row}"
        message += " with the same figure" if same else f": {first.text} and {figure.text}"
        place = figure.place
        found.append(Finding(rule, message, place.file, place.sheet, place.row, figure.unit, figure.year, figure.column, figure.text))  # fmt: skip
    return found
