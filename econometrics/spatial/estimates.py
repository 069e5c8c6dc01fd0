"""One likelihood of one specification, brought to numbers: the work behind ``SpatialPanel.fit``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from econometrics.spatial.covariance import Errors, Scores, covariance
from econometrics.spatial.impacts import ImpactMap, Impacts, impacts
from econometrics.spatial.likelihood import (
    Concentrated,
    Correction,
    counts,
    fit_error,
    fit_lag,
    fit_linear,
)
from econometrics.spatial.logdet import traces
from econometrics.spatial.logdet_chebyshev import Chebyshev, sparse_traces
from econometrics.spatial.panel import Effects, PanelArrays, check_columns, lag, project

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from econometrics.spatial.conley import Conley
    from econometrics.spatial.logdet import Multiplier
    from econometrics.spatial.weights import Weights

Model = Literal["ols", "slx", "sar", "sdm", "sem", "sdem"]
HAS_LAG = frozenset({"sar", "sdm"})
HAS_ERROR = frozenset({"sem", "sdem"})
HAS_DURBIN = frozenset({"slx", "sdm", "sdem"})


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Everything a likelihood needs, prepared once for all models of a panel.

    Attributes
    ----------
    y, Wy : (n_obs,) array
        Projected outcome and lag (lagged first).
    Z, WZ : (n_obs, p) array
        Projected regressors, Durbin terms last, and their lags.
    columns : tuple of str
        Names of Z; lagged ones with the prefix ``W_``.
    """

    arrays: PanelArrays
    weights: Weights
    effects: Effects
    y: NDArray[np.float64]
    Wy: NDArray[np.float64]
    Z: NDArray[np.float64]
    WZ: NDArray[np.float64]
    columns: tuple[str, ...]
    names: tuple[str, ...]
    durbin: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Periods and units."""
        t, n = self.arrays.y.shape
        return t, n

    def impact_map(self) -> ImpactMap:
        """Places of beta and theta of each regressor."""
        place = {c: i for i, c in enumerate(self.columns)}
        return ImpactMap(
            beta=np.array([place[name] for name in self.names]),
            theta=np.array([place.get(f"W_{name}", -1) for name in self.names]),
        )


def design(
    arrays: PanelArrays, weights: Weights, *, effects: Effects, durbin: tuple[str, ...]
) -> Design:
    """Lag, then project, and refuse columns that the fixed effects explain."""
    W = weights.matrix
    lagged = lag(W, arrays.X)[:, :, [arrays.names.index(name) for name in durbin]]
    raw = np.concatenate([arrays.X, lagged], axis=2)
    columns = (*arrays.names, *(f"W_{name}" for name in durbin))
    t, n = arrays.y.shape

    def flat(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return project(values, effects).reshape(t * n, *values.shape[2:])

    Z = flat(raw)
    check_columns(Z, raw.reshape(t * n, -1), columns, effects)
    return Design(
        arrays, weights, effects,
        y=flat(arrays.y), Wy=flat(lag(W, arrays.y)), Z=Z, WZ=flat(lag(W, raw)),
        columns=columns, names=arrays.names, durbin=durbin,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """One model under one likelihood.

    Attributes
    ----------
    cov : (q, q) array
        Covariance of (spatial, coef, sigma2); without the first for OLS and SLX.
    impacts : Impacts or None
        None for models whose impacts are their coefficients only by definition (never: OLS and
        SEM have no indirect impact, which is stated as 0).
    """

    model: Model
    correction: Correction
    errors: Errors
    fit: Concentrated
    cov: NDArray[np.float64]
    n_obs: int
    columns: tuple[str, ...]
    names: tuple[str, ...]
    impacts: Impacts
    mult: Multiplier

    @property
    def has_spatial(self) -> bool:
        """Whether there is a rho or lambda."""
        return self.model in HAS_LAG | HAS_ERROR

    @property
    def coef_cov(self) -> NDArray[np.float64]:
        """Covariance of the coefficients alone."""
        start = int(self.has_spatial)
        end = start + len(self.fit.coef)
        return self.cov[start:end, start:end]

    @property
    def spatial_error(self) -> float:
        """Standard error of rho or lambda."""
        return float(np.sqrt(self.cov[0, 0])) if self.has_spatial else float("nan")


def estimate(
    d: Design,
    model: Model,
    mult: Multiplier,
    *,
    correction: Correction,
    errors: Errors,
    draws: int,
    seed: int,
    conley: Conley | None = None,
    told: list[str] | None = None,
) -> Estimates:
    """Estimate one model."""
    fit = concentrated(d, model, mult, correction)
    scores = scores_of(d, model, fit, mult)
    c = counts(d.shape[1], d.shape[0], d.effects, correction)
    t, n = d.shape
    units, times = np.tile(np.arange(n), t), np.repeat(np.arange(t), n)
    cov = covariance(
        fit, scores, c, errors=errors, units=units, times=times, conley=conley, told=told
    )
    keep = len(fit.coef) + int(model in HAS_LAG)
    start = 0 if model in HAS_LAG | {"ols", "slx"} else 1
    W = d.weights.matrix
    found = impacts(
        fit.spatial if model in HAS_LAG else 0.0,
        fit.coef,
        cov[start : start + keep, start : start + keep],
        d.impact_map(),
        mult,
        mean_w=float(W.sum() / n),
        draws=draws,
        seed=seed,
        has_rho=model in HAS_LAG,
    )
    return Estimates(model, correction, errors, fit, cov, c.n_obs, d.columns, d.names, found, mult)


def concentrated(d: Design, model: Model, mult: Multiplier, correction: Correction) -> Concentrated:
    """Maximise the likelihood of one model."""
    c = counts(d.shape[1], d.shape[0], d.effects, correction)
    if model in HAS_LAG:
        return fit_lag(d.y, d.Wy, d.Z, mult, c)
    if model in HAS_ERROR:
        return fit_error(d.y, d.Wy, d.Z, d.WZ, mult, c)
    return fit_linear(d.y, d.Z, c)


def scores_of(d: Design, model: Model, fit: Concentrated, mult: Multiplier | None = None) -> Scores:
    """Prepare what the scores of a model are made of, at a fit."""
    blank = np.zeros_like(fit.resid)
    if model not in HAS_LAG | HAS_ERROR:
        return Scores("none", blank, blank, None)
    t, n = d.shape
    resid = fit.resid.reshape(t, n)
    if isinstance(mult, Chebyshev):
        tr, multiply = sparse_traces(mult, fit.spatial)
        through = project(multiply(resid.T).T, d.effects).ravel()
    else:
        tr, G = traces(d.weights.matrix, fit.spatial)
        through = project(resid @ G.T, d.effects).ravel()
    if model in HAS_LAG:
        # QG(Z delta) = Q Wy - QG e, fixed effects included.
        return Scores("lag", d.Wy - through, d.Wy, tr)
    return Scores("error", blank, through, tr)
