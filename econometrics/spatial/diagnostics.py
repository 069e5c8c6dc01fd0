r"""Tests: LM and robust LM on projected residuals, Moran, LR and Wald of the Durbin model.

LM: Anselin (1988), robust forms Anselin, Bera, Florax and Yoon (1996), for panels with fixed effects
Elhorst (2014, Spatial Econometrics, sec. 3.3.1): W becomes I_T (x) W and residuals are projected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from econometrics.spatial.estimates import Design, Estimates, Model, concentrated
from econometrics.spatial.likelihood import least_squares
from econometrics.spatial.panel import lag, project

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from econometrics.spatial.likelihood import Concentrated
    from econometrics.spatial.logdet import Multiplier


@dataclass(frozen=True, slots=True)
class Test:
    """A test statistic with its degrees of freedom and p-value."""

    statistic: float
    df: int
    p_value: float


def chi_squared(statistic: float, df: int) -> Test:
    """Wrap a statistic that is chi-squared under the null."""
    from scipy.stats import chi2

    statistic = max(float(statistic), 0.0)
    return Test(statistic, df, float(chi2.sf(statistic, df)))


def lm_tests(d: Design, without_durbin: Design) -> dict[str, Test]:
    """LM tests of a spatial lag and a spatial error against the non-spatial fixed-effects model."""
    base = without_durbin
    coef, e = least_squares(base.Z, base.y)
    t, n = base.shape
    s2 = float(e @ e) / len(e)
    W = base.weights.matrix
    trace = t * float((W.multiply(W)).sum() + (W.multiply(W.T)).sum())
    We = project(lag(W, e.reshape(t, n)), base.effects).ravel()
    lag_score, error_score = float(e @ base.Wy) / s2, float(e @ We) / s2
    mean = base.WZ @ coef + _lagged_effects(base, coef, e)
    _, out = least_squares(base.Z, mean)
    spread = (float(out @ out) + trace * s2) / s2
    gap = spread - trace
    return {
        "lm_lag": chi_squared(lag_score**2 / spread, 1),
        "lm_error": chi_squared(error_score**2 / trace, 1),
        "rlm_lag": chi_squared((lag_score - error_score) ** 2 / gap, 1)
        if gap > 0
        else Test(float("nan"), 1, float("nan")),
        "rlm_error": chi_squared(
            (error_score - trace / spread * lag_score) ** 2 / (trace * (1 - trace / spread)), 1
        ),
    }


def _lagged_effects(
    d: Design, coef: NDArray[np.float64], e: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Q W of the fitted fixed effects, which two-way projection removes only if W1 is constant."""
    fitted_lag = d.Wy - project(lag(d.weights.matrix, e.reshape(d.shape)), d.effects).ravel()
    return np.asarray(fitted_lag - d.WZ @ coef)


def moran(d: Design, resid: NDArray[np.float64]) -> Test:
    """Moran's I of projected residuals, standardised by its exact moments (Cliff and Ord 1981).

    The fixed effects alone pull I below zero; the moments are those of residuals of the model, so
    the statistic is a standard normal under the null (df 0).
    """
    from scipy.stats import norm

    t, n = d.shape
    W = d.weights.matrix.toarray()
    units = d.effects in ("two-way", "unit")
    times = d.effects in ("two-way", "time")
    J = np.eye(n) - (1.0 / n if times else 0.0)
    periods = t - units
    A = J @ W @ J
    S = (A + A.T) / 2
    U, _ = (
        np.linalg.qr(d.Z / np.linalg.norm(d.Z, axis=0))
        if d.Z.shape[1]
        else (np.zeros((t * n, 0)), None)
    )
    k = U.shape[1]
    SU = np.stack([(U[:, j].reshape(t, n) @ S.T).ravel() for j in range(k)], axis=1) if k else U
    B = U.T @ SU
    trace = periods * float(np.trace(S)) - float(np.trace(B))
    square = periods * float((S * S).sum()) - 2 * float((SU * SU).sum()) + float((B * B.T).sum())
    df = periods * (n - times) - k
    mean = trace / df
    variance = (2 * square + trace**2) / (df * (df + 2)) - mean**2
    value = float(
        resid @ project(lag(d.weights.matrix, resid.reshape(t, n)), d.effects).ravel()
    ) / float(resid @ resid)
    z = (value - mean) / np.sqrt(max(variance, 1e-300))
    return Test(float(z), 0, float(2 * norm.sf(abs(z))))


def nested_tests(
    d: Design, without_durbin: Design, sdm: Estimates, mult: Multiplier
) -> dict[str, Test]:
    """LR and Wald tests of the Durbin model against the models nested in it."""
    full = sdm.fit.loglik
    k = len(d.durbin)

    def loglik(of: Design, model: Model) -> float:
        return concentrated(of, model, mult, sdm.correction).loglik

    found = {
        "lr_sar": chi_squared(2 * (full - loglik(without_durbin, "sar")), k),
        "lr_slx": chi_squared(2 * (full - loglik(d, "slx")), 1),
        "wald_sar": _wald(sdm.fit, sdm.cov, _durbin_part(d)),
    }
    if set(d.durbin) == set(d.names):
        found["lr_sem"] = chi_squared(2 * (full - loglik(without_durbin, "sem")), k)
        found["wald_sem"] = _wald(sdm.fit, sdm.cov, _common_factor(d, sdm.fit))
    return found


Restriction = tuple["NDArray[np.float64]", "NDArray[np.float64]"]


def _durbin_part(d: Design) -> Restriction:
    """Restrict theta = 0: values and gradient in (rho, coef)."""
    k, p = len(d.names), len(d.columns)
    gradient = np.zeros((p - k, 1 + p))
    gradient[:, 1 + k :] = np.eye(p - k)
    return np.zeros(0), gradient


def _common_factor(d: Design, fit: Concentrated) -> Restriction:
    """Restrict theta + rho beta = 0, which makes the Durbin model an error model."""
    k = len(d.names)
    order = [d.names.index(name) for name in d.durbin]
    beta, theta = fit.coef[order], fit.coef[k:]
    gradient = np.zeros((len(order), 1 + len(fit.coef)))
    gradient[:, 0] = beta
    for row, place in enumerate(order):
        gradient[row, 1 + place] = fit.spatial
        gradient[row, 1 + k + row] = 1.0
    return theta + fit.spatial * beta, gradient


def _wald(fit: Concentrated, cov: NDArray[np.float64], restriction: Restriction) -> Test:
    values, gradient = restriction
    if len(values) == 0:
        values = gradient @ np.concatenate([[fit.spatial], fit.coef])
    size = 1 + len(fit.coef)
    middle = gradient @ cov[:size, :size] @ gradient.T
    return chi_squared(float(values @ np.linalg.solve(middle, values)), len(values))


def information_criteria(fit: Concentrated, n_parameters: int, n_obs: int) -> dict[str, float]:
    """AIC and BIC of a likelihood."""
    return {
        "aic": 2 * n_parameters - 2 * fit.loglik,
        "bic": float(np.log(n_obs)) * n_parameters - 2 * fit.loglik,
    }
