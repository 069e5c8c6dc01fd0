"""Check a file: how it reads, then every column by itself, against others, and beside known figures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.errors import UserError
from configs.tomlfiles import read_toml
from corpus.regions import regions
from econometrics.checks.reference import aligned, departures, reference
from econometrics.checks.series import interpolated_runs, reversed_years, same_series, unit_breaks
from econometrics.expressions import evaluate, inputs
from econometrics.findings import Finding
from econometrics.grid import grid_of
from econometrics.readers.headers import COLUMNS, known_columns
from econometrics.readers.tables import read_any, statistics_of
from econometrics.vintage import vintage_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from econometrics.findings import Rule
    from econometrics.grid import Array, Grid
    from econometrics.places import Statistics

_GROWTH = ("gdp_growth_pct", "gdp_growth_revised_pct", "gdp_growth_prelim_pct", "gdp_index_pct")
_SIGNED = ("growth", "_c", "degC", "index")


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """A table that was read, on a grid, with a way to tell where a figure stood."""

    statistics: Statistics
    grid: Grid

    def finding(
        self, rule: Rule, message: str, column: str, unit: int = -1, year: int = -1
    ) -> Finding:
        """Make a finding about a cell, a unit's row or a whole column."""
        code = self.grid.units[unit] if unit >= 0 else ""
        when = self.grid.years[year] if year >= 0 else 0
        place = None
        if code:
            years = [when] if when else list(self.grid.years)
            cells = self.statistics.cells
            place = next(
                (cells[code, y, column] for y in years if (code, y, column) in cells), None
            )
        value = f"{self.grid[column][unit, year]:.10g}" if unit >= 0 and year >= 0 else ""
        return Finding(
            rule, message, self.statistics.file, place.sheet if place else "", place.row if place else 0, code, when,
            place.column if place else column, value,
        )  # fmt: skip

    def name(self, unit: int) -> str:
        """Name of a unit in messages."""
        code = self.grid.units[unit]
        return f"{code} {regions()[code].name}" if code in regions() else code


def check_file(
    path: Path, *, sheet: str = "", confirmed: Mapping[str, str] | None = None, with_reference: bool = True,
    firms: bool = False,
) -> list[Finding]:  # fmt: skip
    """Check one table; notes of what was changed in reading come last.

    Parameters
    ----------
    with_reference : bool
        Compare with the shipped panels too, where they have the column, unit and year.
    """
    reading = read_any(path, sheet=sheet, confirmed=confirmed, firms=firms)
    found = [f for f in reading.findings if f.rule != "note"]
    if reading.figures:
        found += check_statistics(statistics_of(reading), with_reference=with_reference)
    return [*found, *(f for f in reading.findings if f.rule == "note")]


def check_statistics(statistics: Statistics, *, with_reference: bool = True) -> list[Finding]:
    """Check figures that were read."""
    frame = statistics.frame
    years = (int(frame["year"].min()), int(frame["year"].max()))
    grid = grid_of(frame, unit="unit", years=years, columns=statistics.columns)
    table = _Table(statistics, grid)
    found: list[Finding] = []
    for column in grid.columns:
        beside = _check_reference(table, column) if with_reference else []
        known_wrong = {f.rule for f in beside}
        found += beside
        found += [f for f in _check_alone(table, column) if f.rule not in known_wrong]
    return [*found, *_check_identities(table), *_check_vintage(table)]


def _check_alone(table: _Table, column: str) -> list[Finding]:
    values = table.grid[column]
    found = []
    if not any(mark in column for mark in _SIGNED):
        for jump in unit_breaks(values):
            size = f"{10 ** abs(jump.power):,} times {'larger' if jump.power > 0 else 'smaller'}"
            message = f"{table.name(jump.unit)} is about {size} than the year before: another unit?"
            found.append(table.finding("unit_break", message, column, jump.unit, jump.year))
    for run in interpolated_runs(values):
        n = run.last - run.first + 1
        span = f"{table.grid.years[run.first]}-{table.grid.years[run.last]}"
        message = (
            f"{table.name(run.unit)} {span}: {n} figure(s) exactly on the line between neighbours"
        )
        found.append(table.finding("interpolated_run", message, column, run.unit, run.first))
    known = known_columns().get(column)
    if known is not None and known.trend == "up":
        for reversal in reversed_years(values):
            who = table.name(reversal.unit) if reversal.unit >= 0 else "the column"
            message = f"{who} falls from year to year and should rise: do its years run backwards?"
            found.append(table.finding("reversed_years", message, column, reversal.unit))
    for a, b in same_series(values):
        message = f"{table.name(b)} has exactly the figures of {table.name(a)}"
        found.append(table.finding("duplicate_series", message, column, b))
    return found


def _check_reference(table: _Table, column: str) -> list[Finding]:
    found = []
    known = reference(scale_of(table.grid))
    for d in departures(table.grid[column], aligned(table.grid, known, column, pad=1)):
        who = table.name(d.unit) if d.unit >= 0 else "the column"
        if d.kind == "reversed":
            message = f"{who} has the known figures with the years turned round"
            found.append(table.finding("reversed_years", message, column, d.unit))
        elif d.kind == "shifted":
            message = (
                f"{who} has the known figures one year too {'late' if d.size > 0 else 'early'}"
            )
            found.append(table.finding("shifted_years", message, column, d.unit))
        else:
            message = f"{who} is {10.0**d.size:g} times the known figures: another unit?"
            found.append(table.finding("unit_break", message, column, d.unit, d.year))
    return found


def scale_of(grid: Grid) -> Literal["province", "city"]:
    """Tell which shipped panel a table is compared with: that of most of its units."""
    provinces = sum(u.endswith("0000") for u in grid.units)
    return "province" if provinces > len(grid.units) / 2 else "city"


@cache
def _relations() -> tuple[tuple[tuple[str, str, float], ...], tuple[tuple[str, str], ...]]:
    raw = read_toml(COLUMNS)
    identities = tuple((r["column"], r["equals"], float(r["tolerance"])) for r in raw["identity"])
    return identities, tuple((r["column"], r["of"]) for r in raw["part"])


def _check_identities(table: _Table) -> list[Finding]:
    identities, parts = _relations()
    found = []
    grid = table.grid
    for column, formula, tolerance in identities:
        if column in grid.columns and all(i.column in grid.columns for i in inputs(formula)):
            expected = evaluate(formula, grid)
            found += _off(table, column, expected, tolerance, f"is not {formula}")
    for column, whole in parts:
        if column in grid.columns and whole in grid.columns:
            with np.errstate(invalid="ignore"):
                over = grid[column] > grid[whole] * 1.0001
            message = f"is more than {whole}, of which it is a part"
            found += [
                table.finding("identity", f"{table.name(int(u))} {message}", column, int(u), int(t))
                for u, t in np.argwhere(over)
            ]
    return found


def _off(
    table: _Table, column: str, expected: Array, tolerance: float, message: str
) -> list[Finding]:
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = table.grid[column] / expected - 1
    # Where most rows disagree, the columns are defined otherwise and the identity is not theirs.
    there = np.isfinite(gap)
    if not there.any() or (np.abs(gap[there]) > tolerance).mean() > 0.5:
        return []
    found = []
    for u, t in np.argwhere(there & (np.abs(np.nan_to_num(gap)) > tolerance)):
        text = f"{table.name(int(u))} {message}: off by {100 * gap[u, t]:.1f} %"
        found.append(table.finding("identity", text, column, int(u), int(t)))
    return found


def _check_vintage(table: _Table) -> list[Finding]:
    found = []
    for column in _GROWTH:
        if column in table.grid.columns:
            found += mixed_vintage(table, column)
    return found


def mixed_vintage(table: _Table, column: str) -> list[Finding]:
    """Find cells of one growth column that come from different vintages."""
    known = reference("province")
    growth = table.grid[column] - (100 if "index" in column else 0)
    evidence = vintage_evidence(
        growth,
        aligned(table.grid, known, "gdp_growth_revised_pct"),
        aligned(table.grid, known, "gdp_growth_prelim_pct"),
    )
    if not evidence.is_mixed:
        return []
    fewer, name, other = (
        (evidence.is_first, "first published", "revised")
        if evidence.is_first.sum() <= evidence.is_revised.sum()
        else (evidence.is_revised, "revised", "first published")
    )
    return [
        table.finding(
            "vintage_mix",
            f"{table.name(int(u))} is {name}, most of the column is {other}",
            column,
            int(u),
            int(t),
        )
        for u, t in np.argwhere(fewer)
    ]


def refuse_mixed_vintage(statistics: Statistics, column: str, vintage: str) -> None:
    """Refuse a growth column with cells of another vintage than the one declared.

    Raises
    ------
    UserError
        With the first such cell and how many there are.
    """
    frame = statistics.frame
    years = (int(frame["year"].min()), int(frame["year"].max()))
    grid = grid_of(frame, unit="unit", years=years, columns=[column])
    known = reference("province")
    evidence = vintage_evidence(
        grid[column],
        aligned(grid, known, "gdp_growth_revised_pct"),
        aligned(grid, known, "gdp_growth_prelim_pct"),
    )
    wrong = evidence.is_first if vintage == "revised" else evidence.is_revised
    if not wrong.any():
        return
    u, t = np.argwhere(wrong)[0]
    code, year = grid.units[u], grid.years[t]
    other = "first published" if vintage == "revised" else "revised"
    place = statistics.cells.get((code, year, column))
    row = (
        place.row
        if place
        else statistics.rows[(frame["unit"] == code) & (frame["year"] == year)].iloc[0]
    )
    raise UserError(
        f"{column!r} is declared {vintage}, but {code} in {year} ({grid[column][u, t]:g}) is the {other} figure",
        where=f"{statistics.file} row {row}",
        fix=f"{int(wrong.sum())} cells are {other}; the two vintages are never mixed",
    )
