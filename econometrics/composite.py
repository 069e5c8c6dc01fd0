"""The composite index: normalised indicators, their weights, their weighted sum, and rival weightings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.errors import UserError
from econometrics.ranks import rank_agreement
from econometrics.weighting import METHODS, weigh

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from econometrics.grid import Array
    from econometrics.weighting import Method

    Mask = NDArray[np.bool_]

Scope = Literal["pooled", "per_year"]
Direction = Literal["positive", "negative"]


@dataclass(frozen=True, slots=True)
class Conventions:
    """What a composite depends on beside its data; see `configs.panel_settings.IndexSettings`."""

    normalise: Scope = "pooled"
    weights: Scope = "pooled"
    method: Method = "entropy"
    zero_shift: float = 0.0
    rows: Literal["complete", "available"] = "complete"


@dataclass(frozen=True, slots=True, eq=False)
class Normalised:
    """An indicator on [0, 1].

    Attributes
    ----------
    z : (n_units, n_years) array
        1 is best: large for a positive indicator, small for a negative one.
    low, high : (n_years,) array
        The bounds used in each year; equal over years when pooled.
    """

    z: Array
    low: Array
    high: Array


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """A composite index and what it is made of.

    Attributes
    ----------
    ids : tuple of str
        The k indicators in use.
    normalised : tuple of Normalised
        One an indicator.
    directions : tuple of str
    weights, information : dict
        Method to (n_years, k) array; NaN in a year without complete rows.
    n_obs : (n_years,) array
        Observations behind the weights of a year.
    values : dict
        Method to (n_units, n_years) array.
    n_available : (n_units, n_years) array
        Number of indicators present in each cell.
    conventions : Conventions
    """

    ids: tuple[str, ...]
    normalised: tuple[Normalised, ...]
    directions: tuple[Direction, ...]
    weights: dict[Method, Array]
    information: dict[Method, Array]
    n_obs: Array
    values: dict[Method, Array]
    n_available: Array
    conventions: Conventions

    @property
    def z(self) -> Array:
        """(k, n_units, n_years) normalised values."""
        return np.stack([part.z for part in self.normalised])

    @property
    def main(self) -> Array:
        """The index by the chosen method."""
        return self.values[self.conventions.method]

    @property
    def contributions(self) -> Array:
        """(k, n_units, n_years) parts that sum to `main`."""
        return _parts(self.z, self.weights[self.conventions.method], self.conventions.rows)


def normalise(
    values: Array, *, direction: Direction = "positive", scope: Scope = "pooled"
) -> Normalised:
    r"""Min-max: :math:`(x - \min) / (\max - \min)`, or :math:`(\max - x) / (\max - \min)`.

    Parameters
    ----------
    values : (n_units, n_years) array
    direction : {"positive", "negative"}
    scope : {"pooled", "per_year"}
        Bounds over all years, which keeps years comparable, or within each year, which keeps only
        the order of units within a year.

    Notes
    -----
    Where all values are equal there is no range: z is 0 there, and the entropy weight is 0 too.
    """
    if scope == "pooled":
        finite = values[np.isfinite(values)]
        bounds = (finite.min(), finite.max()) if len(finite) else (np.nan, np.nan)
        low, high = (np.full(values.shape[1], b) for b in bounds)
    else:
        there = np.isfinite(values)
        low = np.where(there, values, np.inf).min(axis=0)
        high = np.where(there, values, -np.inf).max(axis=0)
        low, high = (np.where(there.any(axis=0), b, np.nan) for b in (low, high))
    width = np.where(high > low, high - low, 1.0)
    away = values - low if direction == "positive" else high - values
    z = np.where(high > low, np.clip(away / width, 0.0, 1.0), 0.0)
    return Normalised(np.where(np.isfinite(values), z, np.nan), low, high)


def build_composite(
    indicators: Mapping[str, Array],
    directions: Mapping[str, Direction],
    *,
    conventions: Conventions = Conventions(),
) -> Composite:
    """Normalise, weigh and add up.

    Parameters
    ----------
    indicators : dict
        Id to (n_units, n_years) array, gaps already filled as far as the rule allows.
    directions : dict
        Id to direction.

    Notes
    -----
    Weights come from the unit-years in which every indicator is present, pooled or year by year.

    Raises
    ------
    UserError
        No indicator, or fewer than two unit-years in which all are present.
    """
    if not indicators:
        raise UserError(
            "no indicator of the system can be computed from these tables",
            fix="see coverage: `from` names the columns that are needed",
        )
    ids = tuple(indicators)
    ways = tuple(directions[i] for i in ids)
    parts = tuple(
        normalise(indicators[i], direction=d, scope=conventions.normalise)
        for i, d in zip(ids, ways, strict=True)
    )
    z = np.stack([part.z for part in parts])
    complete: Mask = np.asarray(np.isfinite(z).all(axis=0))
    if complete.sum() < 2:
        fewest = min(ids, key=lambda i: int(np.isfinite(indicators[i]).sum()))
        raise UserError(
            "no two rows have all indicators",
            fix=f"exclude the scarcest in [index], e.g. exclude = [{fewest!r}]",
        )
    made = {m: _weights_by_year(z, complete, m, conventions) for m in METHODS}
    weights = {m: w for m, (w, _) in made.items()}
    return Composite(
        ids=ids,
        normalised=parts,
        directions=ways,
        weights=weights,
        information={m: information for m, (_, information) in made.items()},
        n_obs=_n_obs(complete, conventions.weights),
        values={m: _sum_parts(_parts(z, w, conventions.rows)) for m, w in weights.items()},
        n_available=np.isfinite(z).sum(axis=0),
        conventions=conventions,
    )


def _weights_by_year(
    z: Array,
    complete: Mask,
    method: Method,
    how: Conventions,
) -> tuple[Array, Array]:
    k, _, years = z.shape
    weights, information = np.full((years, k), np.nan), np.full((years, k), np.nan)
    if how.weights == "pooled":
        found = weigh(z[:, complete].T, method, zero_shift=how.zero_shift)
        weights[:], information[:] = found.weights, found.information
        return weights, information
    for t in range(years):
        if complete[:, t].sum() >= 2:
            found = weigh(z[:, complete[:, t], t].T, method, zero_shift=how.zero_shift)
            weights[t], information[t] = found.weights, found.information
    return weights, information


def _n_obs(complete: Mask, scope: Scope) -> Array:
    counts = complete.sum(axis=0).astype(np.float64)
    return np.full(len(counts), counts.sum()) if scope == "pooled" else counts


def _parts(z: Array, weights: Array, rows: Literal["complete", "available"]) -> Array:
    w = weights.T[:, None, :]
    there = np.isfinite(z)
    if rows == "complete":
        return np.where(there.all(axis=0), w * z, np.nan)
    total = (w * there).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(there & (total > 0), w * z / total, np.nan)


def _sum_parts(parts: Array) -> Array:
    there = np.isfinite(parts)
    return np.where(there.any(axis=0), np.where(there, parts, 0.0).sum(axis=0), np.nan)


def rank_stability(composite: Composite, years: tuple[int, ...]) -> pd.DataFrame:
    """Compare the order of units under each pair of methods, year by year.

    Returns
    -------
    DataFrame
        ``year, method_a, method_b, spearman, kendall, n``.
    """
    import pandas as pd

    rows = []
    for t, year in enumerate(years):
        for i, a in enumerate(METHODS):
            for b in METHODS[i + 1 :]:
                found = rank_agreement(composite.values[a][:, t], composite.values[b][:, t])
                if found.n >= 3:
                    rows.append((year, a, b, found.spearman, found.kendall, found.n))
    return pd.DataFrame(rows, columns=["year", "method_a", "method_b", "spearman", "kendall", "n"])


def weights_frame(composite: Composite, years: tuple[int, ...]) -> pd.DataFrame:
    """List weights and what they are made of: one row a method, year and indicator.

    Pooled weights are listed once, with an empty year.
    """
    import pandas as pd

    pooled = composite.conventions.weights == "pooled"
    rows = []
    for method in METHODS:
        for t, year in enumerate(years[:1] if pooled else years):
            for j, name in enumerate(composite.ids):
                weight, information = (
                    d[method][t, j] for d in (composite.weights, composite.information)
                )
                rows.append(
                    (method, None if pooled else year, name, composite.directions[j], weight, information,
                     int(composite.n_obs[t]))
                )  # fmt: skip
    columns = ["method", "year", "indicator", "direction", "weight", "information", "n_obs"]
    return pd.DataFrame(rows, columns=columns).astype({"year": "Int64"})
