"""Moran's I and its local form, year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from econometrics.build import PanelBuild
    from econometrics.grid import Array
    from econometrics.neighbours import Neighbours

_QUADRANTS = {1: "high-high", 2: "low-high", 3: "low-low", 4: "high-low"}
#: Fewer places than this say nothing about their pattern.
_FEW = 10


def association_tables(
    build: PanelBuild, links: Neighbours, *, permutations: int = 999, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute Moran's I and LISA of index and resilience for every year.

    Returns
    -------
    moran : DataFrame
        ``variable, year, moran_i, expected, z, p_value, p_permutation, n``; p under randomisation.
    lisa : DataFrame
        ``region_code, region, variable, year, local_i, quadrant, p_permutation``. With 31 places and
        several years, some p below 0.05 are due to chance: nothing is corrected here.
    """
    import pandas as pd

    grid, names = build.grid, build.loaded.names
    from econometrics.describe import output_slice

    years = range(*output_slice(build).indices(len(grid.years)))
    moran, lisa = [], []
    for variable in ("nqp", "ser", *build.intensity_columns):
        for t in years:
            there = [
                i
                for i, u in enumerate(grid.units)
                if np.isfinite(grid[variable][i, t]) and u in links.of
            ]
            y = grid[variable][there, t]
            units = [grid.units[i] for i in there]
            if len(units) < _FEW or np.ptp(y) == 0:
                continue
            weights = _weights(links.among(units))
            moran.append((variable, grid.years[t], *_global(y, weights, permutations, seed)))
            lisa += [
                (u, names[u], variable, grid.years[t], *row)
                for u, row in zip(units, _local(y, weights, permutations, seed), strict=True)
            ]
    columns = ["variable", "year", "moran_i", "expected", "z", "p_value", "p_permutation", "n"]
    local = ["region_code", "region", "variable", "year", "local_i", "quadrant", "p_permutation"]
    return pd.DataFrame(moran, columns=columns), pd.DataFrame(lisa, columns=local)


def _weights(neighbours: dict[str, list[str]]) -> Any:
    from libpysal.weights import W

    weights = W(neighbours, id_order=list(neighbours), silence_warnings=True)
    weights.transform = "r"
    return weights


def _global(y: Array, weights: Any, permutations: int, seed: int) -> tuple[float, ...]:
    from esda.moran import Moran

    found = Moran(y, weights, permutations=0)
    # esda draws its permutations from numpy's global state; ours come from a seed of their own.
    matrix = weights.sparse
    z = y - y.mean()
    rng = np.random.default_rng(seed)
    draws = np.array([rng.permutation(z) for _ in range(permutations)])
    simulated = (draws * (matrix @ draws.T).T).sum(axis=1) / (z @ z) * len(y) / matrix.sum()
    p = two_sided(simulated[:, None], np.array([found.I]))[0]
    return (
        float(found.I),
        float(found.EI),
        float(found.z_rand),
        float(found.p_rand),
        float(p),
        len(y),
    )


def two_sided(simulated: Array, observed: Array) -> Array:
    """Compute p values of observations among permutations, twice the smaller tail.

    Parameters
    ----------
    simulated : (permutations, n) array
    observed : (n,) array
    """
    n = len(simulated)
    larger = (simulated >= observed).sum(axis=0)
    smaller = (simulated <= observed).sum(axis=0)
    return np.minimum(1.0, 2 * (np.minimum(larger, smaller) + 1) / (n + 1))


def _local(y: Array, weights: Any, permutations: int, seed: int) -> list[tuple[float, str, float]]:
    from esda.moran import Moran_Local

    # esda compiles its permutations for half a minute and reports one tail; these take a moment.
    found = Moran_Local(y, weights, permutations=0)
    z = y - y.mean()
    most = max(weights.cardinalities.values())
    draws = np.random.default_rng(seed).random((permutations, len(y) - 1))
    picks = np.argsort(draws, axis=1)[:, :most]
    scale = (len(y) - 1) / (z @ z)
    p_values, lonely = [], {weights.id2i[i] for i in weights.islands}
    for i, unit in enumerate(weights.id_order):
        k = weights.cardinalities[unit]
        if k == 0:
            p_values.append(np.nan)
            continue
        others = np.delete(z, i)
        simulated = scale * z[i] * others[picks[:, :k]].mean(axis=1)
        p_values.append(two_sided(simulated[:, None], np.array([found.Is[i]]))[0])
    # An island has no lag: it belongs to no quadrant.
    return [
        (float(i), "no neighbours" if j in lonely else _QUADRANTS[int(q)], float(p))
        for j, (i, q, p) in enumerate(zip(found.Is, found.q, p_values, strict=True))
    ]
