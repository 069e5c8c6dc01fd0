r"""Covariance of (rho, beta, sigma2): information, QML sandwich, and clustered scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from econometrics.spatial.conley import Conley
    from econometrics.spatial.likelihood import Concentrated, Counts
    from econometrics.spatial.logdet import Traces

Errors = Literal["information", "sandwich", "cluster", "driscoll-kraay", "conley"]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the score of a model is made of, at the estimate.

    Attributes
    ----------
    kind : {"lag", "error", "none"}
        Which parameter is spatial.
    v : (n_obs,) array
        Derivative of the mean with respect to rho, projected: QG(Z delta); zeros for error models.
    lagged : (n_obs,) array
        What multiplies the residual in the score of the spatial parameter.
    traces : Traces or None
    """

    kind: Literal["lag", "error", "none"]
    v: NDArray[np.float64]
    lagged: NDArray[np.float64]
    traces: Traces | None


def information(fit: Concentrated, scores: Scores, c: Counts) -> NDArray[np.float64]:
    """Give the expected information of (spatial, coef, sigma2), or of (coef, sigma2) without a spatial one.

    With the transformation of Lee and Yu the traces are those of ``W* = F'WF``: for
    row-standardised W the eigenvalue 1 leaves, so tr(G), tr(GG) lose 1/(1-rho) and its square,
    and tr(G'G) loses ||1'G||^2/n.
    """
    k, s2, n = len(fit.coef), fit.sigma2, c.n_obs
    out = np.zeros((k + 2, k + 2))
    out[1 : k + 1, 1 : k + 1] = fit.Z.T @ fit.Z / s2
    out[k + 1, k + 1] = n / (2 * s2**2)
    if scores.kind == "none" or scores.traces is None:
        return out[1:, 1:]
    tr = scores.traces
    one = 1.0 / (1.0 - fit.spatial) if c.drops_constant else 0.0
    g, gg = tr.g - one, tr.gg - one**2
    ggt = tr.ggt - (tr.columns if c.drops_constant else 0.0)
    out[0, 0] = c.n_logdet * (gg + ggt) + float(scores.v @ scores.v) / s2
    out[0, 1 : k + 1] = out[1 : k + 1, 0] = fit.Z.T @ scores.v / s2
    out[0, k + 1] = out[k + 1, 0] = c.n_logdet * g / s2
    return out


def invert(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert a positive definite matrix after scaling it to a unit diagonal.

    Regressors in other units make an information matrix look singular when it is not.
    """
    size = np.sqrt(np.diagonal(matrix))
    return np.asarray(np.linalg.inv(matrix / np.outer(size, size)) / np.outer(size, size))


def covariance(
    fit: Concentrated,
    scores: Scores,
    c: Counts,
    *,
    errors: Errors,
    units: NDArray[np.int64],
    times: NDArray[np.int64],
    conley: Conley | None = None,
    told: list[str] | None = None,
) -> NDArray[np.float64]:
    """Covariance of (spatial, coef, sigma2) of the kind asked for.

    Parameters
    ----------
    errors : {"information", "sandwich", "cluster", "driscoll-kraay"}
        Inverse information; the same corrected for third and fourth moments of i.i.d. errors
        (Lee 2004, Econometrica 72, eq. 3.11); scores summed by unit; scores summed by period with
        Bartlett weights over lags (Driscoll and Kraay 1998).
    units, times : (n_obs,) array
        Unit and period of each observation.
    """
    info = information(fit, scores, c)
    bread = invert(info)
    if errors == "information":
        return bread
    if errors == "sandwich":
        return np.asarray(bread @ (info + moment_part(fit, scores, c)) @ bread)
    s = observation_scores(fit, scores)
    if errors == "cluster":
        summed = _sum_by(s, units)
        g = len(summed)
        meat = summed.T @ summed * g / (g - 1)
    elif errors == "conley":
        if conley is None:
            raise SpecificationError(
                "Conley errors need distances", fix="give coordinates or codes, and a cutoff"
            )
        found = conley.meat(s)
        if told is not None:
            told += [w for w in found.warnings if w not in told]
        meat = found.meat
    else:
        meat = _bartlett(_sum_by(s, times))
    return np.asarray(bread @ meat @ bread)


def moment_part(fit: Concentrated, scores: Scores, c: Counts) -> NDArray[np.float64]:
    """Give what non-normal i.i.d. errors add to the variance of the score (zero under normality)."""
    e, s2, k = fit.resid, fit.sigma2, len(fit.coef)
    scale = np.sqrt(s2 * len(e) / max(float(e @ e), 1e-300))
    e = (
        e * scale
    )  # residuals lost variance to the fixed effects; the moments are those of the errors
    m3, m4 = float((e**3).mean()), float((e**4).mean())
    excess = m4 - 3 * s2**2
    out = np.zeros((k + 2, k + 2))
    n = c.n_obs
    out[1 : k + 1, k + 1] = out[k + 1, 1 : k + 1] = m3 * fit.Z.sum(axis=0) / (2 * s2**3)
    out[k + 1, k + 1] = excess * n / (4 * s2**4)
    if scores.kind == "none" or scores.traces is None:
        return out[1:, 1:]
    d = np.tile(scores.traces.diagonal, len(e) // len(scores.traces.diagonal))
    share = n / len(e)
    out[0, 0] = (excess * float(d @ d) * share + 2 * m3 * float(d @ scores.v)) / s2**2
    out[0, 1 : k + 1] = out[1 : k + 1, 0] = m3 * (fit.Z.T @ d) / s2**2
    out[0, k + 1] = out[k + 1, 0] = (
        excess * float(d.sum()) * share + m3 * float(scores.v.sum())
    ) / (2 * s2**3)
    return out


def observation_scores(fit: Concentrated, scores: Scores) -> NDArray[np.float64]:
    """Score of each observation; they sum to zero at the maximum of the exact likelihood."""
    e, s2 = fit.resid, fit.sigma2
    own = fit.Z * (e / s2)[:, None]
    variance = (e**2 / s2 - float(e @ e) / (s2 * len(e))) / (2 * s2)
    if scores.kind == "none" or scores.traces is None:
        return np.column_stack([own, variance])
    product = scores.lagged * e / s2
    d = np.tile(scores.traces.diagonal, len(e) // len(scores.traces.diagonal))
    centred = (
        product - d * float(product.sum()) / float(d.sum())
        if abs(d.sum()) > 1e-12
        else product - product.mean()
    )
    return np.column_stack([centred, own, variance])


def _sum_by(s: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    out = np.zeros((int(groups.max()) + 1, s.shape[1]))
    np.add.at(out, groups, s)
    return out


def _bartlett(by_time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Long-run variance with Bartlett weights up to floor(4 (T/100)^(2/9)) lags."""
    t = len(by_time)
    lags = min(int(4 * (t / 100) ** (2 / 9)), t - 1)
    meat = by_time.T @ by_time
    for j in range(1, lags + 1):
        cross = by_time[j:].T @ by_time[:-j]
        meat = meat + (1 - j / (lags + 1)) * (cross + cross.T)
    return np.asarray(meat)
