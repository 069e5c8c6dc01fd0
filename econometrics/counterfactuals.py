"""What growth would have been: the nation's, the place's own trend, its industries', the others'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from econometrics.expressions import lagged

if TYPE_CHECKING:
    from econometrics.grid import Array

Counterfactual = Literal["national", "own_trend", "bartik", "leave_one_out"]
COUNTERFACTUALS: tuple[Counterfactual, ...] = ("national", "own_trend", "bartik", "leave_one_out")


@dataclass(frozen=True, slots=True, eq=False)
class Nation:
    """National series by year.

    Attributes
    ----------
    growth_pct : (n_years,) array
        Real growth in the vintage of the panel.
    gdp : (n_years,) array
        Current prices.
    sectors : (n_sectors, n_years) array
        Value added at current prices, in the order of the places' sectors.
    """

    growth_pct: Array
    gdp: Array
    sectors: Array


def national_growth(growth_pct: Array, nation: Nation) -> Array:
    """Expect the nation's growth of every place: the article's counterfactual."""
    return np.broadcast_to(nation.growth_pct, growth_pct.shape).copy()


def own_trend(growth_pct: Array, *, years: int = 5) -> Array:
    """Expect the mean growth of the place's own last ``years`` years, all of which are needed.

    References
    ----------
    Martin, R. (2012), Journal of Economic Geography 12(1): resistance against a place's own path.
    """
    return np.asarray(np.mean([lagged(growth_pct, k) for k in range(1, years + 1)], axis=0))


def leave_one_out(growth_pct: Array, gdp: Array | None = None) -> Array:
    """Expect the mean growth of all other places in the year.

    Parameters
    ----------
    growth_pct : (n_units, n_years) array
    gdp : (n_units, n_years) array, optional
        Current prices; weighs the others by the GDP of the year before. Without it the mean is
        simple.
    """
    weight = np.ones(growth_pct.shape) if gdp is None else lagged(gdp, 1)
    weight = np.where(np.isfinite(growth_pct) & np.isfinite(weight), weight, 0.0)
    part = np.where(weight > 0, weight * np.nan_to_num(growth_pct), 0.0)
    others = weight.sum(axis=0) - weight
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = (part.sum(axis=0) - part) / others
    # A place without growth of its own still has others; without any, nothing is expected.
    return np.where(others > 0, expected, np.nan)


def bartik_growth(sectors: Array, nation: Nation) -> Array:
    r"""Expect what the place's industries would give if each grew as it did in the nation.

    :math:`E_{it} = \sum_s w_{is,t-1} g_{st}`, with the place's sector shares of the year before.

    Parameters
    ----------
    sectors : (n_sectors, n_units, n_years) array
        Value added at current prices.
    nation : Nation

    Notes
    -----
    Real sector growth is not in the open tables. Nominal national growth of each sector is brought
    to real terms with the one deflator that makes the nation's total equal its real growth, so a
    place with the nation's mix is expected to grow exactly as the nation.

    References
    ----------
    Bartik, T. J. (1991), Who Benefits from State and Local Economic Development Policies?
    """
    before = lagged_all(sectors)
    shares = before / before.sum(axis=0)
    national = nation.sectors
    past = np.full(national.shape, np.nan)
    past[:, 1:] = national[:, :-1]
    total = national.sum(axis=0) / past.sum(axis=0)
    deflator = total / (1 + nation.growth_pct / 100)
    real_pct = 100 * (national / past / deflator - 1)
    return np.asarray((shares * real_pct[:, None, :]).sum(axis=0))


def lagged_all(stack: Array) -> Array:
    """Shift every layer of a stack by one year."""
    return np.stack([lagged(layer, 1) for layer in stack])
