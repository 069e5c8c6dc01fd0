"""A panel as arrays: units by years, one array a column, so that methods read like formulas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A panel on the full product of its units and its consecutive years.

    Attributes
    ----------
    units : tuple of str
        Sorted codes: GB/T 2260 or firm codes.
    years : tuple of int
        Consecutive.
    columns : dict
        Name to an (n_units, n_years) array; NaN where there is no figure.
    """

    units: tuple[str, ...]
    years: tuple[int, ...]
    columns: Mapping[str, Array]

    @property
    def shape(self) -> tuple[int, int]:
        """Units and years."""
        return len(self.units), len(self.years)

    def __getitem__(self, name: str) -> Array:
        """Give one column.

        Raises
        ------
        UserError
            When no table has it; the columns there are, are named.
        """
        if name not in self.columns:
            known = ", ".join(sorted(self.columns))
            raise UserError(f"no column {name!r}", fix=f"there are {known}")
        return self.columns[name]

    def with_columns(self, columns: Mapping[str, Array]) -> Grid:
        """Add or replace columns."""
        return replace(self, columns={**self.columns, **columns})

    def place(self, unit: str, year: int) -> tuple[int, int]:
        """Row and column of a unit and year; a user's error where there is none."""
        try:
            return self.units.index(unit), self.years.index(year)
        except ValueError:
            first, last = self.years[0], self.years[-1]
            problem = f"no row for {unit} in {year}"
            fix = (
                f"the panel has {len(self.units)} units ({self.units[0]} ...), years {first}-{last}"
            )
            raise UserError(problem, fix=fix) from None

    def empty(self) -> Array:
        """Make a column without figures."""
        return np.full(self.shape, np.nan)


def grid_of(
    frame: pd.DataFrame, *, unit: str, years: tuple[int, int], columns: Sequence[str]
) -> Grid:
    """Put the numeric columns of a frame with unique keys on a grid; other years are left out."""
    span = tuple(range(years[0], years[1] + 1))
    kept = frame[frame["year"].isin(span)]
    codes, units = kept[unit].factorize(sort=True)
    rows, places = codes, kept["year"].to_numpy() - years[0]
    arrays = {}
    for name in columns:
        array = np.full((len(units), len(span)), np.nan)
        array[rows, places] = kept[name].to_numpy(dtype=np.float64)
        arrays[name] = array
    return Grid(units=tuple(str(u) for u in units), years=span, columns=arrays)


def frame_of(grid: Grid, *, unit: str) -> pd.DataFrame:
    """Lay a grid out as one row a unit and year."""
    import pandas as pd

    n, t = grid.shape
    keys = {unit: np.repeat(np.array(grid.units, dtype=object), t), "year": np.tile(grid.years, n)}
    frame = pd.DataFrame({**keys, **{name: a.ravel() for name, a in grid.columns.items()}})
    return frame.astype({unit: "str", "year": "int64"})
