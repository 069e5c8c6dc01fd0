"""Faults that show beside known figures: the shipped panels, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.paths import DATA, PROVINCE_PANEL
from econometrics.grid import Grid, grid_of

if TYPE_CHECKING:
    from econometrics.grid import Array

_CITY = DATA / "statistics" / "city_panel.csv"
_FEW = 3


@dataclass(frozen=True, slots=True)
class Departure:
    """How figures depart from known ones.

    Attributes
    ----------
    kind : {"reversed", "shifted", "unit"}
    unit : int
        -1 for the whole column.
    year : int
        Column in the grid; -1 for all years.
    size : int
        Years of the shift (+1: a figure stands one year late), or power of ten.
    """

    kind: Literal["reversed", "shifted", "unit"]
    unit: int
    year: int
    size: int = 0


@cache
def reference(scale: Literal["province", "city"]) -> Grid:
    """Read the shipped panel of a scale, columns under the names that the readers give."""
    from econometrics.readers.headers import find_column
    from econometrics.tidy import read_tidy

    path = PROVINCE_PANEL if scale == "province" else _CITY
    text = [] if scale == "province" else ["suspect_interpolated"]
    table = read_tidy(path, text_columns=text)
    frame = table.frame.drop(columns=text)
    names = {c: known.name for c in table.columns if (known := find_column(c))}
    frame = frame.rename(columns=names)
    columns = [c for c in frame.columns if c not in ("unit", "name", "year")]
    years = (int(frame["year"].min()), int(frame["year"].max()))
    return grid_of(frame, unit="unit", years=years, columns=columns)


def aligned(grid: Grid, known: Grid, column: str, *, pad: int = 0) -> Array:
    """Put a column of the reference on the units and years of another grid; NaN where unknown.

    Parameters
    ----------
    pad : int
        Years added on both sides, so that a shift by that many years can be seen.
    """
    years = range(grid.years[0] - pad, grid.years[-1] + pad + 1)
    found = np.full((len(grid.units), len(years)), np.nan)
    if column not in known.columns:
        return found
    rows = {u: i for i, u in enumerate(known.units)}
    there = [(i, rows[u]) for i, u in enumerate(grid.units) if u in rows]
    for t, year in enumerate(years):
        if year in known.years and there:
            mine, theirs = zip(*there, strict=True)
            found[list(mine), t] = known.columns[column][list(theirs), known.years.index(year)]
    return found


def departures(values: Array, padded: Array) -> list[Departure]:
    """Compare figures with known ones: reversed, shifted by a year, or off by a power of ten.

    Parameters
    ----------
    values : (n_units, n_years) array
    padded : (n_units, n_years + 2) array
        The reference, one more year on each side.
    """
    known = padded[:, 1:-1]
    whole = _order_fault(values, known, padded)
    if whole is not None:
        return [Departure(whole[0], -1, -1, whole[1])]
    found = []
    for unit in range(len(values)):
        row = _order_fault(values[[unit]], known[[unit]], padded[[unit]])
        if row is not None:
            found.append(Departure(row[0], unit, -1, row[1]))
        else:
            found += [Departure("unit", unit, t, p) for t, p in _powers(values[unit], known[unit])]
    return _merged(found, values)


def _distance(a: Array, b: Array) -> tuple[float, int]:
    """Typical distance on the scale of b's own variation over years, and the number of figures."""
    there = np.isfinite(a) & np.isfinite(b)
    if there.sum() < _FEW:
        return np.inf, int(there.sum())
    scale = np.nanmedian(np.abs(b[there])) or 1.0
    return float(np.median(np.abs(a[there] - b[there])) / scale), int(there.sum())


def _order_fault(
    values: Array, known: Array, padded: Array
) -> tuple[Literal["reversed", "shifted"], int] | None:
    as_is, n = _distance(values, known)
    if n < _FEW or as_is < 1e-3:
        return None
    turned, m = _distance(_turn(values), known)
    if m >= _FEW and turned < 0.35 * as_is and _varies(known):
        return "reversed", 0
    for shift, window in ((1, padded[:, :-2]), (-1, padded[:, 2:])):
        off, m = _distance(values, window)
        if m >= _FEW and off < 0.35 * as_is and _varies(known):
            return "shifted", shift
    return None


def _turn(values: Array) -> Array:
    """Turn each row's years, within the span where it has figures."""
    turned = np.full(values.shape, np.nan)
    for i, row in enumerate(values):
        there = np.flatnonzero(np.isfinite(row))
        if len(there):
            span = slice(there[0], there[-1] + 1)
            turned[i, span] = row[span][::-1]
    return turned


def _varies(known: Array) -> bool:
    spread = [np.ptp(row[np.isfinite(row)]) for row in known if np.isfinite(row).sum() >= 2]
    return bool(spread) and float(np.median(spread)) > 0


def _powers(row: Array, known: Array) -> list[tuple[int, int]]:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log10(np.where(row * known > 0, row / known, np.nan))
    powers = np.round(np.nan_to_num(ratio))
    near = np.abs(np.nan_to_num(ratio) - powers) < 0.12
    return [(int(t), int(powers[t])) for t in np.flatnonzero(near & (powers != 0))]


def _merged(found: list[Departure], values: Array) -> list[Departure]:
    """Tell a power of ten in all cells once for the column, or once for a unit."""
    units = [d for d in found if d.kind == "unit"]
    cells = int(np.isfinite(values).sum())
    sizes = {d.size for d in units}
    if units and len(sizes) == 1 and len(units) > 0.8 * cells:
        return [d for d in found if d.kind != "unit"] + [Departure("unit", -1, -1, units[0].size)]
    merged = [d for d in found if d.kind != "unit"]
    for unit in dict.fromkeys(d.unit for d in units):
        own = [d for d in units if d.unit == unit]
        if len(own) > 0.8 * np.isfinite(values[unit]).sum() and len({d.size for d in own}) == 1:
            merged.append(Departure("unit", unit, -1, own[0].size))
        else:
            merged += own
    return merged
