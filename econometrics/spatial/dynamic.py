r"""Dynamic spatial Durbin panel: yesterday's outcome, own and neighbours', beside today's.

.. math:: y_t = \tau y_{t-1} + \eta W y_{t-1} + \rho W y_t + X_t\beta + W X_t\theta + \mu + \xi_t + e_t

Quasi-maximum likelihood given the first period. Demeaning over few periods biases it (Nickell
1981): Yu, de Jong and Lee (2008, Journal of Econometrics 146, 118-134, theorem 3) give the bias of
order 1/T in closed form, Lee and Yu (2010, Econometric Theory 26, 564-597) with time effects. With
:math:`M = ((1-\tau)I - (\rho+\eta)W)^{-1}` and :math:`G = W(I-\rho W)^{-1}` it needs four traces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from econometrics.spatial.covariance import Errors, covariance, information, invert
from econometrics.spatial.estimates import Design, design, scores_of
from econometrics.spatial.likelihood import Concentrated, Counts, fit_lag
from econometrics.spatial.logdet import dense_multiplier
from econometrics.spatial.panel import lag
from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from econometrics.spatial.model import SpatialPanel

Lags = Literal["time", "space", "both"]
DynamicEffects = Literal["two-way", "unit"]
LAG_Y, LAG_WY = "lag_y", "lag_Wy"
LAGGED: dict[Lags, tuple[str, ...]] = {
    "time": (LAG_Y,),
    "space": (LAG_WY,),
    "both": (LAG_Y, LAG_WY),
}


@dataclass(frozen=True, slots=True, eq=False)
class DynamicFit:
    """Estimates of a dynamic panel.

    Attributes
    ----------
    raw, corrected : Concentrated
        Quasi-maximum likelihood; the same with the bias of order 1/T taken out.
    cov : (q, q) array
        Covariance of (rho, coef, sigma2), at the corrected estimate.
    d : Design
        Projected variables; the lagged outcomes are the last of ``d.names``.
    tau, eta : int
        Places of their coefficients; -1 where the model has none.
    """

    raw: Concentrated
    corrected: Concentrated
    cov: NDArray[np.float64]
    d: Design
    tau: int
    eta: int
    n_obs: int

    def persistence(self, fit: Concentrated) -> tuple[float, float]:
        """(tau, eta) of a fit; 0 where the model has none."""
        return _persistence(fit, self.tau, self.eta)


def _persistence(fit: Concentrated, tau: int, eta: int) -> tuple[float, float]:
    own, near = (float(fit.coef[i]) if i >= 0 else 0.0 for i in (tau, eta))
    return own, near


def fit_dynamic(
    panel: SpatialPanel,
    *,
    lags: Lags,
    durbin: Sequence[str],
    effects: DynamicEffects,
    errors: Errors,
) -> DynamicFit:
    """Estimate by conditional QML and correct its bias.

    Raises
    ------
    SpecificationError
        Fewer than three periods, time effects without row-standardised weights, or estimates
        outside the stable region, where the correction (and any long run) means nothing.
    """
    t, n = panel.arrays.y.shape
    if t < 3:
        raise SpecificationError(
            f"the panel has {t} periods", fix="a dynamic model needs three: the first is given"
        )
    two_way = effects == "two-way"
    if two_way and not panel.weights.is_row_standardised:
        raise SpecificationError(
            "a dynamic model with time effects needs row-standardised weights",
            fix="add --row-standardise, or use unit effects",
        )
    d = _design(panel, lags, tuple(durbin), effects)
    c = Counts((n - two_way) * (t - 1), t - 1, drops_constant=two_way)
    raw = fit_lag(d.y, d.Wy, d.Z, panel.multiplier, c)
    place = {name: i for i, name in enumerate(d.columns)}
    tau, eta = place.get(LAG_Y, -1), place.get(LAG_WY, -1)
    corrected = _corrected(raw, d, c, tau, eta)
    units, times = np.tile(np.arange(n), t - 1), np.repeat(np.arange(t - 1), n)
    cov = covariance(
        corrected, scores_of(d, "sdm", corrected), c, errors=errors, units=units, times=times
    )
    return DynamicFit(raw, corrected, cov, d, tau, eta, c.n_obs)


def _design(
    panel: SpatialPanel, lags: Lags, durbin: tuple[str, ...], effects: DynamicEffects
) -> Design:
    a = panel.arrays
    clash = {LAG_Y, LAG_WY} & set(a.names)
    if clash:
        raise SpecificationError(f"a regressor is called {clash.pop()!r}", fix="rename it")
    before = {LAG_Y: a.y[:-1], LAG_WY: lag(panel.weights.matrix, a.y)[:-1]}
    names = LAGGED[lags]
    X = np.concatenate([a.X[1:], np.stack([before[name] for name in names], axis=2)], axis=2)
    later = replace(a, y=a.y[1:], X=X, names=(*a.names, *names), times=a.times[1:])
    return design(later, panel.weights, effects=effects, durbin=durbin)


def largest_root(W: NDArray[np.float64], tau: float, eta: float, rho: float) -> float:
    """Largest modulus of the eigenvalues of ``(I - rho W)^-1 (tau I + eta W)``; below 1 is stable."""
    values = np.linalg.eigvals(W)
    return float(np.abs((tau + eta * values) / (1 - rho * values)).max())


def _corrected(raw: Concentrated, d: Design, c: Counts, tau: int, eta: int) -> Concentrated:
    """Add ``information^-1 x bias of the score``, both at the raw estimate.

    Going on to a fixed point was tried on SIMULATED panels: half of them left the stable region.
    """
    W = np.asarray(d.weights.matrix.toarray())
    persistence = _persistence(raw, tau, eta)
    root = largest_root(W, *persistence, raw.spatial)
    if root >= 1:
        raise SpecificationError(
            f"the estimates are not stable: the largest root is {root:.3f} "
            f"(tau {persistence[0]:.3f}, eta {persistence[1]:.3f}, rho {raw.spatial:.3f})",
            fix="difference the outcome, or take one of the lags out",
        )
    info = information(raw, scores_of(d, "sdm", raw), c)
    step = invert(info) @ _score_bias(raw, d, c, tau, eta, W, *persistence)
    rho, coef = raw.spatial + step[0], raw.coef + step[1:-1]
    resid = d.y - rho * d.Wy - d.Z @ coef
    return replace(
        raw, spatial=float(rho), coef=coef, sigma2=float(raw.sigma2 + step[-1]), resid=resid
    )


def _score_bias(
    raw: Concentrated, d: Design, c: Counts, i_tau: int, i_eta: int,
    W: NDArray[np.float64], tau: float, eta: float,
) -> NDArray[np.float64]:  # fmt: skip
    """Minus the expected score at the truth, for (rho, coef, sigma2), summed over observations."""
    n, rho = len(W), raw.spatial
    M = np.linalg.inv((1 - tau) * np.eye(n) - (rho + eta) * W)
    G = dense_multiplier(d.weights.matrix, rho)
    one, g = (1 / (1 - tau - rho - eta), 1 / (1 - rho)) if c.drops_constant else (0.0, 0.0)
    of_tau, of_eta = np.trace(M) - one, np.einsum("ij,ji->", W, M) - one
    of_rho = tau * (np.einsum("ij,ji->", G, M) - g * one)
    of_rho += eta * (np.einsum("ij,ji->", G @ W, M) - g * one) + np.trace(G) - g
    out = np.zeros(len(raw.coef) + 2)
    out[0] = of_rho
    for place, value in ((i_tau, of_tau), (i_eta, of_eta)):
        if place >= 0:
            out[1 + place] = value
    out[-1] = (n - int(c.drops_constant)) / (2 * raw.sigma2)
    return out
