"""Missing years: short interior gaps are interpolated and listed, longer ones stay empty and are listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from econometrics.grid import Array


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of missing years of one unit.

    Attributes
    ----------
    unit : int
        Row in the grid.
    first, last : int
        Columns in the grid, both missing.
    treatment : {"interpolated", "too_long", "edge"}
        ``edge``: before the first or after the last figure, where nothing is extrapolated.
    """

    unit: int
    first: int
    last: int
    treatment: Literal["interpolated", "too_long", "edge"]


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """A column after interpolation.

    Attributes
    ----------
    values : (n_units, n_years) array
    added : (n_units, n_years) array
        The interpolated figures alone, NaN elsewhere.
    gaps : tuple of Gap
        Every run of missing years, with what was done; a unit without any figure is one edge gap.
    """

    values: Array
    added: Array
    gaps: tuple[Gap, ...]


def interpolate_gaps(values: Array, *, below: int = 2) -> Filled:
    """Interpolate linearly where fewer than ``below`` consecutive years are missing.

    Parameters
    ----------
    values : (n_units, n_years) array
        NaN marks a missing figure.
    below : int
        2 is the article's rule (single years); 0 or 1 interpolates nothing.

    References
    ----------
    Chen, Zhong, Wang and Gao (2026), section 3.1: "missing values are imputed by linear
    interpolation where fewer than two consecutive years are missing, and larger gaps are excluded".

    Examples
    --------
    >>> interpolate_gaps(np.array([[1.0, np.nan, 3.0]])).values
    array([[1., 2., 3.]])
    """
    filled, added = values.copy(), np.full(values.shape, np.nan)
    gaps = []
    for unit in np.flatnonzero(np.isnan(values).any(axis=1)):
        for first, last in _runs(np.isnan(values[unit])):
            treatment = _treatment(first, last, values.shape[1], below)
            gaps.append(Gap(int(unit), first, last, treatment))
            if treatment == "interpolated":
                ends = values[unit, [first - 1, last + 1]]
                inner = np.linspace(ends[0], ends[1], last - first + 3)[1:-1]
                filled[unit, first : last + 1] = added[unit, first : last + 1] = inner
    return Filled(values=filled, added=added, gaps=tuple(gaps))


def _treatment(
    first: int, last: int, n: int, below: int
) -> Literal["interpolated", "too_long", "edge"]:
    if first == 0 or last == n - 1:
        return "edge"
    return "interpolated" if last - first + 1 < below else "too_long"


def _runs(missing: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    edges = np.diff(np.concatenate([[0], missing.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]
