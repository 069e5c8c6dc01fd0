r"""Concentrated likelihoods of spatial panels with fixed effects.

The variables are lagged first and projected afterwards: two-way demeaning does not commute with W
in the time direction, and demeaning first gives another number that is not the maximum.

Exact likelihood (the dummies are estimated): ``n_obs = N T`` and ``T log|I - rho W|``.
Lee and Yu (2010) transformation: ``(N-1)(T-1)`` observations and the log-determinant of
``W* = F'WF``, which is ``(T-1)(log|I - rho W| - log(1 - rho))`` for row-standardised W; the sum of
squares is the same. Lee, L. and Yu, J. (2010), Journal of Econometrics 154, 165-185.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import numpy as np

from econometrics.spatial.problems import BoundaryError, SpecificationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from econometrics.spatial.logdet import Multiplier
    from econometrics.spatial.panel import Effects

Correction = Literal["none", "lee-yu"]
_EDGE = 1e-6
_GRID_POINTS = 41


@dataclass(frozen=True, slots=True)
class Counts:
    """How the correction counts: observations, log-determinants, and whether log(1-rho) comes off."""

    n_obs: int
    n_logdet: int
    drops_constant: bool


def counts(n: int, t: int, effects: Effects, correction: Correction) -> Counts:
    """Observations and log-determinants of a likelihood."""
    if correction == "none":
        return Counts(n * t, t, drops_constant=False)
    units = effects in ("two-way", "unit")
    times = effects in ("two-way", "time")
    return Counts((n - times) * (t - units), t - units, drops_constant=times)


@dataclass(frozen=True, slots=True, eq=False)
class Concentrated:
    """Estimates at the maximum.

    Attributes
    ----------
    spatial : float
        rho or lambda; 0 for models without one.
    coef : (k,) array
    sigma2, loglik : float
        sigma2 = SSR / n_obs.
    resid : (n_obs,) array
        Projected residuals.
    Z : (n_obs, k) array
        Projected (and, for error models, spatially filtered) regressors.
    """

    spatial: float
    coef: NDArray[np.float64]
    sigma2: float
    loglik: float
    resid: NDArray[np.float64]
    Z: NDArray[np.float64]


def least_squares(
    Z: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients and residuals, columns scaled to length one before the QR."""
    if Z.shape[1] == 0:
        return np.zeros(0), y
    size = np.linalg.norm(Z, axis=0)
    Q, R = np.linalg.qr(Z / size)
    coef = np.linalg.solve(R, Q.T @ y) / size
    return coef, y - Z @ coef


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Points inside the interval of the spatial parameter, with log|I - rho W| at each."""

    points: NDArray[np.float64]
    logdet: NDArray[np.float64]


_grids: WeakKeyDictionary[Multiplier, Grid] = WeakKeyDictionary()


def grid_of(mult: Multiplier) -> Grid:
    """Evaluate the log-determinant over the interval, once for all fits with these weights."""
    if mult not in _grids:
        low, high = mult.interval
        if not np.isfinite(high - low) or high - low >= 1e5:
            low, high = max(low, -10.0), min(high, 10.0)
        edge = _EDGE * (high - low)
        points = np.linspace(low + edge, high - edge, _GRID_POINTS)
        _grids[mult] = Grid(points, np.array([mult.logdet(float(r)) for r in points]))
    return _grids[mult]


def _counted(logdet: Any, r: Any, c: Counts) -> Any:
    """Log-determinant of the likelihood at one value or many."""
    return c.n_logdet * (logdet - (np.log1p(-r) if c.drops_constant else 0.0))


def _loglik(ssr: float, logdet: float, c: Counts) -> float:
    return -0.5 * c.n_obs * (np.log(2 * np.pi * ssr / c.n_obs) + 1.0) + logdet


def fit_linear(y: NDArray[np.float64], Z: NDArray[np.float64], c: Counts) -> Concentrated:
    """Models without a spatial parameter: OLS and SLX."""
    coef, resid = least_squares(Z, y)
    ssr = _positive(float(resid @ resid), y)
    return Concentrated(0.0, coef, ssr / c.n_obs, _loglik(ssr, 0.0, c), resid, Z)


def fit_lag(
    y: NDArray[np.float64],
    Wy: NDArray[np.float64],
    Z: NDArray[np.float64],
    mult: Multiplier,
    c: Counts,
) -> Concentrated:
    """SAR and SDM: after one QR the likelihood is three scalars and a log-determinant in rho."""
    b0, e0 = least_squares(Z, y)
    b1, e1 = least_squares(Z, Wy)
    s00, s01, s11 = float(e0 @ e0), float(e0 @ e1), float(e1 @ e1)
    _positive(s00, y)

    def loglik(rho: float) -> float:
        return _loglik(s00 - 2 * rho * s01 + rho * rho * s11, _counted(mult.logdet(rho), rho, c), c)

    grid = grid_of(mult)
    ssr_on_grid = s00 - 2 * grid.points * s01 + grid.points**2 * s11
    on_grid = _counted(grid.logdet, grid.points, c) - 0.5 * c.n_obs * np.log(ssr_on_grid)
    rho = _maximise(loglik, grid.points, on_grid)
    ssr = s00 - 2 * rho * s01 + rho * rho * s11
    return Concentrated(rho, b0 - rho * b1, ssr / c.n_obs, loglik(rho), e0 - rho * e1, Z)


def fit_error(
    y: NDArray[np.float64],
    Wy: NDArray[np.float64],
    Z: NDArray[np.float64],
    WZ: NDArray[np.float64],
    mult: Multiplier,
    c: Counts,
) -> Concentrated:
    """SEM and SDEM: least squares of filtered variables for each lambda."""

    def at(lam: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return least_squares(Z - lam * WZ, y - lam * Wy)

    _positive(float(at(0.0)[1] @ at(0.0)[1]), y)

    def loglik(lam: float) -> float:
        _, resid = at(lam)
        return _loglik(float(resid @ resid), _counted(mult.logdet(lam), lam, c), c)

    points = grid_of(mult).points
    lam = _maximise(loglik, points, np.array([loglik(float(r)) for r in points]))
    coef, resid = at(lam)
    ssr = float(resid @ resid)
    return Concentrated(lam, coef, ssr / c.n_obs, loglik(lam), resid, Z - lam * WZ)


def _positive(ssr: float, y: NDArray[np.float64]) -> float:
    if ssr <= 1e-20 * max(float(y @ y), 1e-300):
        raise SpecificationError(
            "the regressors and fixed effects explain the outcome perfectly",
            fix="check for a variable that contains the outcome",
        )
    return ssr


def _maximise(
    loglik: Callable[[float], float], points: NDArray[np.float64], values: NDArray[np.float64]
) -> float:
    """Maximise over the whole interval: a grid has found the hill, Brent finds its top."""
    from scipy.optimize import minimize_scalar

    best = int(np.nanargmax(values))
    left, right = points[max(best - 1, 0)], points[min(best + 1, len(points) - 1)]
    found = minimize_scalar(
        lambda r: -loglik(float(r)),
        bounds=(left, right),
        method="bounded",
        options={"xatol": 1e-12},
    )
    top = float(found.x)
    edge = _EDGE * (points[-1] - points[0])
    if min(top - points[0], points[-1] - top) < 9 * edge:
        low, high = points[0] - edge, points[-1] + edge
        raise BoundaryError(
            f"the likelihood rises to the edge of the parameter space ({low:.3f}, {high:.3f})",
            fix="the panel is too short or the weights too dense to tell; try other weights or fewer regressors",
        )
    return top
