"""A balanced panel as arrays: periods by units, ordered by key, with its fixed effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from econometrics.spatial.problems import (
    AbsorbedRegressorError,
    MissingValuesError,
    SpecificationError,
    UnbalancedPanelError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

Effects = Literal["two-way", "unit", "time", "none"]
#: Share of a column's variation that must survive the fixed effects and the other columns.
_COLLINEAR = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class PanelArrays:
    """Variables of a balanced panel.

    Attributes
    ----------
    y : (t, n) array
    X : (t, n, k) array
    names : tuple of k str
    units : tuple of n str
    times : tuple of t
    """

    y: NDArray[np.float64]
    X: NDArray[np.float64]
    names: tuple[str, ...]
    units: tuple[str, ...]
    times: tuple[Any, ...]


def panel_arrays(
    frame: pd.DataFrame, *, unit: str, time: str, y: str, x: Sequence[str]
) -> PanelArrays:
    """Lay a long frame out as arrays.

    Raises
    ------
    SpecificationError
        A column that does not exist, a unit-period that occurs twice, fewer than two periods.
    UnbalancedPanelError
        With the missing cells, and the balanced subset that is there.
    MissingValuesError
        With the first empty cell.
    """
    for name in (unit, time, y, *x):
        if name not in frame.columns:
            raise SpecificationError(
                f"there is no column {name!r}",
                fix=f"the columns are {', '.join(map(str, frame.columns[:40]))}",
            )
    if len(set(x)) < len(x) or y in x:
        raise SpecificationError(
            "a variable is named twice", fix="name the outcome once and each regressor once"
        )
    keyed = frame.assign(**{unit: frame[unit].astype(str)}).sort_values([time, unit], kind="stable")
    _check_keys(keyed, unit, time)
    units, times = sorted(set(keyed[unit])), sorted(set(keyed[time]))
    _check_cells(keyed, [y, *x], unit, time)
    shape = (len(times), len(units))
    return PanelArrays(
        y=keyed[y].to_numpy(dtype=np.float64).reshape(shape),
        X=keyed[list(x)].to_numpy(dtype=np.float64).reshape(*shape, len(x)),
        names=tuple(x),
        units=tuple(units),
        times=tuple(times),
    )


def _check_keys(frame: pd.DataFrame, unit: str, time: str) -> None:
    twice = frame[frame.duplicated([unit, time])]
    if len(twice):
        raise SpecificationError(
            f"{twice[unit].iloc[0]} in {twice[time].iloc[0]} occurs twice",
            fix="keep one row a unit and period",
        )
    units, times = sorted(set(frame[unit])), sorted(set(frame[time]))
    if len(times) < 2:
        raise SpecificationError(
            f"the panel has {len(times)} period",
            fix="fixed effects need at least two; use a cross-sectional model",
        )
    if len(frame) == len(units) * len(times):
        return
    present = set(zip(frame[unit], frame[time], strict=True))
    absent = [f"{u} {t}" for u in units for t in times if (u, t) not in present]
    whole = [u for u in units if all((u, t) in present for t in times)]
    told = ", ".join(absent[:6]) + (f" and {len(absent) - 6} more" if len(absent) > 6 else "")
    raise UnbalancedPanelError(
        f"the panel is unbalanced: {told} missing",
        fix=f"fill the cells, or keep the {len(whole)} units with all {len(times)} periods",
    )


def _check_cells(frame: pd.DataFrame, columns: list[str], unit: str, time: str) -> None:
    for column in columns:
        try:
            values = frame[column].to_numpy(dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise MissingValuesError(
                f"column {column!r} holds something else than numbers", fix=str(error)
            ) from error
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            row = frame.iloc[bad[0]]
            raise MissingValuesError(
                f"column {column!r} is empty or infinite for {row[unit]} in {row[time]} ({len(bad)} cells in all)",
                fix="fill them, or leave out the units or periods concerned",
            )
        if np.ptp(values) == 0:
            raise AbsorbedRegressorError(f"column {column!r} is constant", fix="leave it out")


def project(values: NDArray[np.float64], effects: Effects) -> NDArray[np.float64]:
    """Take the fixed effects out of a (t, n) or (t, n, k) array."""
    if effects == "none":
        return values - values.mean(axis=(0, 1), keepdims=True)
    out = values
    if effects in ("two-way", "unit"):
        out = out - out.mean(axis=0, keepdims=True)
    if effects in ("two-way", "time"):
        out = out - out.mean(axis=1, keepdims=True)
    return out


def lag(W: csr_matrix, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spatial lag within each period of a (t, n) or (t, n, k) array."""
    t, n = values.shape[:2]
    by_unit = np.moveaxis(values, 1, 0).reshape(n, -1)
    lagged = np.asarray(W @ by_unit).reshape(n, t, *values.shape[2:])
    return np.moveaxis(lagged, 0, 1)


def check_columns(
    Z: NDArray[np.float64], raw: NDArray[np.float64], names: Sequence[str], effects: Effects
) -> None:
    """Refuse regressors that the fixed effects or the columns before them explain.

    Parameters
    ----------
    Z : (n_obs, k) array
        Projected columns.
    raw : (n_obs, k) array
        The same before projection.

    Raises
    ------
    AbsorbedRegressorError
        Naming the column.
    """
    spread = np.linalg.norm(raw - raw.mean(axis=0), axis=0)
    size = np.linalg.norm(Z, axis=0)
    # What is left of a column of length one after those before it: the diagonal of R.
    left = np.abs(np.diagonal(np.linalg.qr(Z / np.where(size > 0, size, 1.0), mode="r")))
    left = np.append(left, np.zeros(len(size) - len(left)))
    for j, name in enumerate(names):
        if size[j] <= _COLLINEAR * max(spread[j], 1e-300):
            raise AbsorbedRegressorError(
                f"{name!r} does not vary once the {effects} effects are taken out",
                fix="leave it out: its effect is in the fixed effects",
            )
        if left[j] < 1e-8:
            raise AbsorbedRegressorError(
                f"{name!r} is a combination of {', '.join(names[:j])} and the fixed effects",
                fix="leave one of them out",
            )
