"""The data of a model: outcome, features, places, units; read and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import shown
from ml.coordinates import looks_swapped, project
from ml.problems import (
    ConstantColumnError,
    CoordinatesError,
    DataError,
    DuplicateColumnError,
    MissingValuesError,
    NotNumericError,
    TooFewRowsError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows of a model.

    Attributes
    ----------
    y : (n,) array
    X : (n, k) array
    x : tuple of str
        Names of the k features.
    coords : (n, 2) array or None
        As given (degrees, or units of the CRS).
    places : (n, 2) array or None
        Kilometres on a plane.
    unit : (n,) array of str or None
    time : (n,) array or None
    """

    y: NDArray[np.float64]
    X: NDArray[np.float64]
    x: tuple[str, ...]
    y_name: str = "y"
    coords: NDArray[np.float64] | None = None
    places: NDArray[np.float64] | None = None
    unit: NDArray[np.str_] | None = None
    time: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: NDArray[Any]) -> Sample:
        """Select rows."""

        def pick(a: Any) -> Any:
            return None if a is None else a[rows]

        return Sample(
            self.y[rows], self.X[rows], self.x, self.y_name, pick(self.coords), pick(self.places),
            pick(self.unit), pick(self.time), self.notes,
        )  # fmt: skip


def read_sample(
    path: Path, *, y: str | None, x: Sequence[str], coords: Sequence[str] = (),
    unit: str | None = None, time: str | None = None, crs: str | None = None, fitting: bool = True,
    drop_missing: bool = False,
) -> Sample:  # fmt: skip
    """Read a CSV file into a sample.

    Parameters
    ----------
    drop_missing : bool
        Leave rows out that lack a value, and say how many; without it they are an error.
    fitting : bool
        Check that a model can be fitted (rows, constant and equal columns).

    Raises
    ------
    DataError
        One of `ml.problems`, with file, line, column and remedy.
    """
    from corpus.csvfiles import read_csv

    try:
        frame = read_csv(path)
        return sample_of(
            frame, y=y, x=x, coords=coords, unit=unit, time=time, crs=crs, fitting=fitting,
            drop_missing=drop_missing,
        )  # fmt: skip
    except DataError as error:
        where = f"{path} {error.where}".strip()
        raise type(error)(error.what, where=where, fix=error.fix) from error


def sample_of(
    frame: pd.DataFrame, *, y: str | None, x: Sequence[str], coords: Sequence[str] = (),
    unit: str | None = None, time: str | None = None, crs: str | None = None, fitting: bool = True,
    drop_missing: bool = False,
) -> Sample:  # fmt: skip
    """Take a sample from a frame; see `read_sample`."""
    _check_names(frame, y, x, coords, unit, time)
    wanted = [*([y] if y else []), *x, *coords, *([time] if time else [])]
    table, notes = _numbers(frame, wanted, drop_missing)
    kept = table.index
    X = table[list(x)].to_numpy(np.float64)
    target = table[y].to_numpy(np.float64) if y else np.full(len(table), np.nan)
    degrees = table[list(coords)].to_numpy(np.float64) if coords else None
    if degrees is not None and len(degrees) and crs is None and looks_swapped(degrees):
        raise CoordinatesError(
            f"{coords[0]!r} looks like a latitude and {coords[1]!r} like a longitude",
            fix=f"longitude comes first: --coords {coords[1]},{coords[0]}",
        )
    sample = Sample(
        y=target, X=X, x=tuple(x), y_name=y or "y", coords=degrees,
        places=None if degrees is None or not len(degrees) else project(degrees, crs),
        unit=None if unit is None else frame.loc[kept, unit].astype(str).to_numpy(dtype=np.str_),
        time=None if time is None else table[time].to_numpy(np.float64),
        notes=notes,
    )  # fmt: skip
    if fitting:
        check_fit(sample)
    elif not len(sample):
        raise TooFewRowsError("there is no row")
    return sample


def _check_names(
    frame: pd.DataFrame, y: str | None, x: Sequence[str], coords: Sequence[str],
    unit: str | None, time: str | None,
) -> None:  # fmt: skip
    if not x:
        raise DataError("no feature is named", fix="give --x A,B,...")
    if coords and len(coords) != 2:
        raise CoordinatesError("two coordinates are needed", fix="--coords LON,LAT")
    for name in [*([y] if y else []), *x, *coords, *[n for n in (unit, time) if n]]:
        if name not in frame.columns:
            there = ", ".join(map(str, frame.columns[:12]))
            raise DataError(f"there is no column {name!r}", fix=f"there are {there}")
    twice = sorted({n for n in x if list(x).count(n) > 1})
    if twice:
        raise DuplicateColumnError(f"the feature {twice[0]!r} is named twice")
    if y in x:
        raise DataError(f"the outcome {y!r} is among the features", fix="take it out of --x")
    both = [n for n in x if n in coords]
    if both:
        raise DuplicateColumnError(
            f"{both[0]!r} is a feature and a coordinate", fix="take it out of --x: GEO carries it"
        )
    reserved = [n for n in x if n in ("base", "geo", "intercept") or ":" in n]
    if reserved:
        raise DataError(f"a feature cannot be named {reserved[0]!r}", fix="rename the column")


def _numbers(
    frame: pd.DataFrame, wanted: list[str], drop_missing: bool
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    import pandas as pd

    table = pd.DataFrame(index=frame.index)
    for name in wanted:
        text = frame[name].astype("str").str.strip()
        values = pd.to_numeric(text.replace({"": None, "nan": None}), errors="coerce")
        empty = frame[name].isna() | text.str.lower().isin(["", "nan", "none", "na", "<na>"])
        _refuse(values.isna() & ~empty, text, name, NotNumericError, "is not a number",
                "code categories as numbers (dummies) or leave the column out")  # fmt: skip
        table[name] = values.astype("float64")
        _refuse(np.isinf(table[name]), text, name, MissingValuesError, "is infinite",
                "mend the cell or leave it empty and add --drop-missing")  # fmt: skip
    lacking = table.isna().any(axis=1)
    if lacking.any() and not drop_missing:
        row = int(lacking.to_numpy().argmax())
        column = table.columns[int(table.iloc[row].isna().to_numpy().argmax())]
        raise MissingValuesError(
            f"column {column!r} is empty ({int(lacking.sum())} of {len(table)} rows lack a value)",
            where=f"line {row + 2}",
            fix="fill it, leave the column out, or add --drop-missing",
        )
    note = f"{int(lacking.sum())} of {len(table)} rows lack a value and are left out"
    return table[~lacking], (note,) if lacking.any() else ()


def _refuse(
    wrong: Any, text: pd.Series[str], name: str, kind: type[DataError], what: str, fix: str
) -> None:
    if wrong.any():
        row = int(np.asarray(wrong).argmax())
        raise kind(
            f"column {name!r}: {shown(text.iloc[row])} {what}", where=f"line {row + 2}", fix=fix
        )


def check_fit(sample: Sample) -> None:
    """Refuse a sample that no model can be fitted to.

    Raises
    ------
    TooFewRowsError, ConstantColumnError, DuplicateColumnError, MissingValuesError
    """
    n, k = sample.X.shape
    if n < max(k + 2, 10):
        raise TooFewRowsError(
            f"{n} rows for {k} features", fix=f"at least {max(k + 2, 10)} rows are needed"
        )
    if not (np.isfinite(sample.X).all() and np.isfinite(sample.y).all()):
        raise MissingValuesError("a value is missing or infinite", fix="leave such rows out")
    spread = sample.X.std(axis=0)
    for j in np.flatnonzero(spread <= 1e-12 * (1 + np.abs(sample.X).max(axis=0))):
        raise ConstantColumnError(f"the feature {sample.x[j]!r} is constant", fix="leave it out")
    if sample.y.std() <= 1e-12 * (1 + np.abs(sample.y).max()):
        raise ConstantColumnError(f"the outcome {sample.y_name!r} is constant")
    Z = (sample.X - sample.X.mean(axis=0)) / spread
    like = np.abs(Z.T @ Z / n) - np.eye(k)
    if k > 1 and like.max() > 1 - 1e-12:
        i, j = np.unravel_index(int(like.argmax()), like.shape)
        raise DuplicateColumnError(
            f"{sample.x[i]!r} and {sample.x[j]!r} say the same", fix="leave one of the two out"
        )
    if sample.places is not None and np.ptp(sample.places, axis=0).max() <= 0:
        raise CoordinatesError("all rows lie at one place", fix="GEO needs at least two places")
