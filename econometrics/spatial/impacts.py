r"""Average direct, indirect and total impacts, with simulated and delta errors.

For ``S = (I - rho W)^-1`` the effect of x_k is ``S (beta_k I + theta_k W)`` (LeSage and Pace 2009, ch. 2).
Its averages are scalar functions of rho: with ``a1 = tr(WS)/n`` and ``s = 1'S1/n``,
``tr(S)/n = 1 + rho a1``, ``1'SW1/n = (s - 1)/rho``; so draws cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from econometrics.spatial.logdet import Multiplier


@dataclass(frozen=True, slots=True, eq=False)
class Impacts:
    """Average impacts of k regressors.

    Attributes
    ----------
    direct, indirect, total : (k,) array
        Units of ``y`` per unit of ``x``; ``total = direct + indirect``.
    simulated, delta : dict of str to (k,) array
        Standard errors by kind of impact.
    draws : dict of str to (r, k) array
        Simulated impacts, for percentile intervals.
    n_rejected : int
        Draws of rho outside its interval, drawn again.
    """

    direct: NDArray[np.float64]
    indirect: NDArray[np.float64]
    total: NDArray[np.float64]
    simulated: dict[str, NDArray[np.float64]]
    delta: dict[str, NDArray[np.float64]]
    draws: dict[str, NDArray[np.float64]]
    n_rejected: int


@dataclass(frozen=True, slots=True, eq=False)
class ImpactMap:
    """Which coefficients make the impacts: beta and theta by regressor.

    Attributes
    ----------
    beta, theta : (k,) array of int
        Place in the coefficient vector; -1 where the regressor has no such term.
    """

    beta: NDArray[np.int64]
    theta: NDArray[np.int64]


def average(
    rho: NDArray[np.float64],
    coef: NDArray[np.float64],
    where: ImpactMap,
    mult: Multiplier,
    mean_w: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Direct and total impacts for many parameter vectors.

    Parameters
    ----------
    rho : (r,) array
    coef : (r, p) array
    mean_w : float
        1'W1/n, what ``(s - 1)/rho`` tends to as rho goes to 0.

    Returns
    -------
    direct, total : (r, k) array
    """
    padded = np.column_stack([coef, np.zeros(len(rho))])
    beta, theta = padded[:, where.beta], padded[:, where.theta]
    a1, s = mult.mean_trace(rho), mult.mean_sum(rho)
    small = np.abs(rho) < 1e-8
    sw = np.where(small, mean_w, (s - 1) / np.where(small, 1.0, rho))
    direct = beta * (1 + rho * a1)[:, None] + theta * a1[:, None]
    return direct, beta * s[:, None] + theta * sw[:, None]


def impacts(
    rho: float,
    coef: NDArray[np.float64],
    cov: NDArray[np.float64],
    where: ImpactMap,
    mult: Multiplier,
    *,
    mean_w: float,
    draws: int,
    seed: int,
    has_rho: bool,
) -> Impacts:
    """Impacts at the estimate with simulated (LeSage and Pace) and delta-method errors.

    Parameters
    ----------
    cov : (1 + p, 1 + p) array
        Covariance of (rho, coef), or (p, p) of coef alone without a rho.
    """
    point = np.concatenate([[rho], coef]) if has_rho else coef

    def both(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        r = parameters[:, 0] if has_rho else np.zeros(len(parameters))
        direct, total = average(r, parameters[:, int(has_rho) :], where, mult, mean_w)
        return np.stack([direct, total - direct, total], axis=1)

    at = both(point[None, :])[0]
    sample, rejected = sample_parameters(
        point, cov, draws, seed, mult.interval if has_rho else None
    )
    simulated = both(sample) if draws else np.zeros((0, *at.shape))
    gradient = central_differences(both, point)
    variance = np.einsum("kjp,pq,kjq->kj", gradient, cov, gradient)
    names = ("direct", "indirect", "total")
    return Impacts(
        direct=at[0], indirect=at[1], total=at[2],
        simulated={m: simulated[:, i].std(axis=0, ddof=1) if draws > 1 else np.full(at.shape[1], np.nan) for i, m in enumerate(names)},
        delta={m: np.sqrt(np.maximum(variance[i], 0)) for i, m in enumerate(names)},
        draws={m: simulated[:, i] for i, m in enumerate(names)},
        n_rejected=rejected,
    )  # fmt: skip


def sample_parameters(
    point: NDArray[np.float64],
    cov: NDArray[np.float64],
    draws: int,
    seed: int | np.random.Generator,
    interval: tuple[float, float] | None,
) -> tuple[NDArray[np.float64], int]:
    """Draw from the normal approximation; rho outside its interval is drawn again and counted."""
    rng = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(_scaled(cov))
    size = np.sqrt(np.diagonal(cov))
    root = size[:, None] * vectors * np.sqrt(np.maximum(values, 0))
    sample, rejected = np.zeros((0, len(point))), 0
    while len(sample) < draws:
        more = point + rng.standard_normal((draws - len(sample), len(point))) @ root.T
        if interval is not None:
            inside = (more[:, 0] > interval[0]) & (more[:, 0] < interval[1])
            rejected += int((~inside).sum())
            more = more[inside]
        sample = np.vstack([sample, more])
        if rejected > 100 * max(draws, 1):
            break
    return sample, rejected


def _scaled(cov: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.sqrt(np.diagonal(cov))
    return cov / np.outer(size, size)


def central_differences(function: object, point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Central differences of the impacts in every parameter, (3, k, p)."""
    steps = 1e-6 * np.maximum(np.abs(point), 1e-2)
    up, down = point + np.diag(steps), point - np.diag(steps)
    change = function(up) - function(down)  # type: ignore[operator]
    return np.asarray(np.moveaxis(change / (2 * steps)[:, None, None], 0, 2))
