"""Describe a panel: correlation, variance inflation, missingness, spatial association per year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from econometrics.neighbours import city_neighbours, province_neighbours
from econometrics.output import is_simulated
from econometrics.simulator import SIMULATED
from econometrics.weighting import correlation

if TYPE_CHECKING:
    import pandas as pd

    from econometrics.build import PanelBuild
    from econometrics.grid import Array

Hainan = Literal["guangdong", "island", "drop"]


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """Tables by file name, and what could not be done."""

    tables: dict[str, pd.DataFrame]
    notes: tuple[str, ...]


def describe_tables(
    build: PanelBuild, *, hainan: Hainan = "guangdong", permutations: int = 999, seed: int = 0
) -> Description:
    """Make the tables of `zhengce panel describe`."""
    from econometrics.output import panel_frame
    from econometrics.panel import describe_panel

    names = model_columns(build)
    years = output_slice(build)
    values = np.column_stack([build.grid[n][:, years].ravel() for n in names])
    filled = np.isfinite(values).sum(axis=0)
    # A control of a few places (retail sales: 21 cities of Guangdong) would cut the sample to them.
    scarce = [n for n, f in zip(names, filled, strict=True) if f < 0.5 * filled.max()]
    values = values[:, [n not in scarce for n in names]]
    names = [n for n in names if n not in scarce]
    complete = values[np.isfinite(values).all(axis=1)]
    shown = [f"{SIMULATED}_{n}" for n in names] if is_simulated(build) else names
    tables = {
        "description.csv": describe_panel(panel_frame(build)),
        "correlation.csv": _correlation_frame(complete, shown),
        "vif.csv": _vif_frame(complete, shown),
        "missing.csv": missing_frame(build),
    }
    notes = [
        f"correlation and VIF over {len(complete)} of {len(values)} rows with all of {', '.join(shown)}"
    ]
    notes += [f"{n} is left out of both: fewer than half of the rows have it" for n in scarce]
    spatial, told = _spatial_tables(build, hainan, permutations, seed)
    return Description({**tables, **spatial}, (*notes, *told))


def output_slice(build: PanelBuild) -> slice:
    """Years that the panel writes, as columns of the grid."""
    first, last = build.config.output_years or build.config.years
    return slice(first - build.grid.years[0], last - build.grid.years[0] + 1)


def model_columns(build: PanelBuild) -> list[str]:
    """List index, resilience and controls: what models take."""
    controls = [v.id for v in build.system.controls if v.id in build.grid.columns]
    return ["ser", "nqp", *controls]


def _correlation_frame(values: Array, names: list[str]) -> pd.DataFrame:
    import pandas as pd

    r = correlation(values) if len(values) > 2 else np.full((len(names), len(names)), np.nan)
    return pd.DataFrame(r, columns=names).assign(variable=names)[["variable", *names]]


def variance_inflation(values: Array) -> Array:
    r"""Compute :math:`1 / (1 - R_j^2)` of each column on the others.

    Parameters
    ----------
    values : (n, k) array
        Complete rows.

    Returns
    -------
    (k,) array
        Infinite for a column that the others determine; NaN with fewer rows than columns.
    """
    n, k = values.shape
    if n <= k:
        return np.full(k, np.nan)
    r = correlation(values)
    if np.linalg.matrix_rank(r) < k:
        pseudo = [
            1 / max(1 - _fit(r, j), 0) if 1 - _fit(r, j) > 1e-10 else np.inf for j in range(k)
        ]
        return np.array(pseudo)
    return np.asarray(np.diag(np.linalg.inv(r)))


def _fit(r: Array, j: int) -> float:
    others = np.delete(np.arange(len(r)), j)
    return float(r[j, others] @ np.linalg.pinv(r[np.ix_(others, others)]) @ r[others, j])


def _vif_frame(values: Array, names: list[str]) -> pd.DataFrame:
    import pandas as pd

    # The dependent variable (the first) is no regressor.
    found = variance_inflation(values[:, 1:])
    return pd.DataFrame({"variable": names[1:], "vif": found, "n": len(values)})


def missing_frame(build: PanelBuild) -> pd.DataFrame:
    """Count filled and interpolated cells of every column and year."""
    import pandas as pd

    n = len(build.grid.units)
    rows = []
    for name, values in build.grid.columns.items():
        added = build.filled[name].added if name in build.filled else build.grid.empty()
        for t, year in enumerate(build.grid.years):
            filled = int(np.isfinite(values[:, t]).sum())
            rows.append((name, year, filled, int(np.isfinite(added[:, t]).sum()), n - filled))
    return pd.DataFrame(rows, columns=["column", "year", "n_filled", "n_interpolated", "n_missing"])


def _spatial_tables(
    build: PanelBuild, hainan: Hainan, permutations: int, seed: int
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    if build.config.scale == "enterprise":
        return {}, ["no Moran's I: firms are points without neighbours"]
    try:
        import esda  # noqa: F401
    except ImportError:
        return {}, ["no Moran's I and LISA: install zhengce[econ] (esda, libpysal)"]
    from econometrics.association import association_tables

    links = province_neighbours(hainan) if build.config.scale == "province" else city_neighbours()
    moran, lisa = association_tables(build, links, permutations=permutations, seed=seed)
    return {"moran.csv": moran, "lisa.csv": lisa}, [links.note]
