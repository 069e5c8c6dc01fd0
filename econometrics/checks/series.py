"""Faults that a series shows by itself: unit breaks, interpolated runs, years that run backwards."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from econometrics.grid import Array

#: A jump counts as a power of ten within a factor of about 1.35.
_NEAR = 0.13
#: Years below which an order of years says nothing.
_FEW = 4


@dataclass(frozen=True, slots=True)
class Break:
    """A jump by a power of ten between two neighbouring figures of a unit.

    Attributes
    ----------
    unit, year : int
        Row and column in the grid, of the figure after the jump.
    power : int
        -3 to 4: the figure is 10**power times what the one before lets expect.
    """

    unit: int
    year: int
    power: int


@dataclass(frozen=True, slots=True)
class Run:
    """A run of figures on a straight line: ``first`` to ``last`` columns of a unit's row."""

    unit: int
    first: int
    last: int


def unit_breaks(values: Array) -> list[Break]:
    """Find jumps of 10, 100, 1,000 or 10,000 times, up or down.

    Parameters
    ----------
    values : (n_units, n_years) array

    Notes
    -----
    Jumps are compared with the column's own restlessness: where ordinary steps (90th percentile of
    the absolute log10 step) are half a power of ten, a power of ten is no evidence and is passed over.
    """
    found = []
    steps = _log_steps(values)
    sizes = np.array([abs(step) for _, _, step in steps])
    if len(sizes) == 0 or np.quantile(sizes, 0.9 if len(sizes) > 20 else 0.3) > 0.4:
        return []
    for unit, year, step in steps:
        power = round(step)
        if power != 0 and abs(power) <= 4 and abs(step - power) < _NEAR + 0.1 * (abs(power) > 1):
            found.append(Break(unit, year, power))
    return found


def _log_steps(values: Array) -> list[tuple[int, int, float]]:
    steps = []
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(np.where(values > 0, values, np.nan))
    for unit, row in enumerate(logs):
        there = np.flatnonzero(np.isfinite(row))
        steps += [(unit, int(b), float(row[b] - row[a])) for a, b in pairwise(there.tolist())]
    return steps


def interpolated_runs(values: Array, *, at_least: int = 2) -> list[Run]:
    """Find interior figures that lie exactly between their neighbours, ``at_least`` in a row.

    Parameters
    ----------
    values : (n_units, n_years) array
    at_least : int
        2: four figures on a line. Rounded series meet lines by chance, so figures of fewer than
        four digits need two more, and a single midpoint is reported only from five digits on.
    """
    runs = []
    for unit, row in enumerate(values):
        middle = (row[:-2] + row[2:]) / 2
        step = np.abs(row[2:] - row[:-2]) / 2
        with np.errstate(invalid="ignore"):
            exact = (np.abs(row[1:-1] - middle) <= 1e-9 + 2e-6 * np.abs(row[1:-1])) & (
                step > 5e-5 * np.abs(middle)
            )
        edges = np.diff(np.concatenate([[0], exact.astype(np.int8), [0]]))
        for first, last in zip(
            np.flatnonzero(edges == 1) + 1, np.flatnonzero(edges == -1), strict=True
        ):
            n, digits = last - first + 1, _digits(float(row[first]))
            if n >= (at_least if digits >= 4 else at_least + 2) or digits >= 5:
                runs.append(Run(unit, int(first), int(last)))
    return runs


def _digits(value: float) -> int:
    return len(f"{abs(value):.8g}".replace(".", "").strip("0"))


@dataclass(frozen=True, slots=True)
class Reversal:
    """Years that run backwards: of the whole column (``unit`` is -1) or of one unit."""

    unit: int


def reversed_years(values: Array) -> list[Reversal]:
    """Find backward years in a column that is known to grow.

    The whole column is backward when most units fall in most years and the sum falls over the
    span; a single unit when it falls steadily and its mirror image follows the other units.
    """
    falls = np.array([_order(row) for row in values])
    known = np.isfinite(falls)
    if not known.any():
        return []
    if np.median(falls[known]) < -0.5 and (falls[known] < 0).mean() > 0.7:
        return [Reversal(-1)]
    if known.sum() < 3 or np.median(falls[known]) < 0.7:
        return []
    return [
        Reversal(int(u)) for u in np.flatnonzero(known & (falls < -0.8)) if _mirrors(values, int(u))
    ]


def _order(row: Array) -> float:
    """Spearman correlation with the year; NaN for too few figures."""
    from econometrics.ranks import rank_agreement

    years = np.arange(len(row), dtype=np.float64)
    return rank_agreement(row, years).spearman if np.isfinite(row).sum() >= _FEW else np.nan


def _mirrors(values: Array, unit: int) -> bool:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(values > 0, values, np.nan))
    row = logs[unit]
    there = np.isfinite(row)
    others = np.delete(logs, unit, axis=0)[:, there]
    others = others[np.isfinite(others).all(axis=1)]
    if there.sum() < _FEW or len(others) == 0:
        return False
    typical = np.median(others - others.mean(axis=1, keepdims=True), axis=0)
    own = row[there] - row[there].mean()
    return bool(np.abs(own[::-1] - typical).mean() < 0.6 * np.abs(own - typical).mean())


def same_series(values: Array) -> list[tuple[int, int]]:
    """Find pairs of units with the same figures in at least four years: a block copied twice."""
    seen: dict[tuple[float, ...], int] = {}
    found = []
    for unit, row in enumerate(values):
        there = row[np.isfinite(row)]
        if (
            len(there) < _FEW
            or len(set(there.tolist())) < _FEW
            or np.median([_digits(x) for x in there]) < 4
        ):
            continue
        key = tuple(np.where(np.isfinite(row), row, -1e99).tolist())
        if key in seen:
            found.append((seen[key], unit))
        seen.setdefault(key, unit)
    return found
