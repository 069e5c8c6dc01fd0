r"""Random unit effects, and Hausman's test of them against fixed ones.

``y = rho W y + Z delta + alpha_i + e`` with normal alpha. With ``phi^2 = sigma^2 / (T sigma_alpha^2 +
sigma^2)`` every variable becomes ``v - (1 - phi) mean_t v`` and the likelihood is that of the pooled
model plus ``N log phi`` (Elhorst 2014, Spatial Econometrics, eq. 3.28-3.31).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from econometrics.spatial.covariance import Scores, information, invert
from econometrics.spatial.diagnostics import Test, chi_squared
from econometrics.spatial.estimates import design, estimate
from econometrics.spatial.likelihood import Concentrated, Counts, fit_lag, fit_linear
from econometrics.spatial.logdet import traces
from econometrics.spatial.panel import Effects, lag, project
from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from econometrics.spatial.model import SpatialPanel
    from econometrics.spatial.results import SpatialResult

RandomModel = Literal["ols", "slx", "sar", "sdm"]


@dataclass(frozen=True, slots=True, eq=False)
class RandomEffects:
    """A random-effects fit.

    Attributes
    ----------
    phi : float
        1 where the units do not differ, towards 0 where they differ most.
    sigma_alpha2 : float
        Variance of the unit effects.
    loglik : float
    cov : (q, q) array
        Of (rho, coef) at the estimated phi; of coef without a rho.
    """

    model: RandomModel
    phi: float
    sigma_alpha2: float
    loglik: float
    fit: Concentrated
    cov: NDArray[np.float64]
    columns: tuple[str, ...]


def random_effects(
    panel: SpatialPanel, *, model: RandomModel = "sdm", time_effects: bool = True
) -> RandomEffects:
    """Fit random unit effects by maximum likelihood, with or without fixed time effects.

    Raises
    ------
    SpecificationError
        For error models, which are not offered here.
    """
    from scipy.optimize import minimize_scalar

    if model not in ("ols", "slx", "sar", "sdm"):
        raise SpecificationError(f"no random effects for {model!r}", fix="use ols, slx, sar or sdm")
    t, n = panel.arrays.y.shape
    effects: Effects = "time" if time_effects else "none"

    def loglik(phi: float) -> float:
        return _fit(panel, model, phi, effects).loglik + n * np.log(phi)

    found = minimize_scalar(
        lambda phi: -loglik(float(phi)),
        bounds=(1e-4, 1.0),
        method="bounded",
        options={"xatol": 1e-10},
    )
    phi = float(found.x)
    fit = _fit(panel, model, phi, effects)
    sigma_alpha2 = max(fit.sigma2 * (1 / phi**2 - 1) / t, 0.0)
    cov = _covariance(panel, model, phi, effects, fit)
    return RandomEffects(model, phi, sigma_alpha2, loglik(phi), fit, cov, _columns(panel, model))


def _columns(panel: SpatialPanel, model: RandomModel) -> tuple[str, ...]:
    names = panel.arrays.names
    return (*names, *(f"W_{x}" for x in names)) if model in ("slx", "sdm") else names


def _data(
    panel: SpatialPanel, model: RandomModel, phi: float, effects: Effects
) -> list[NDArray[np.float64]]:
    """Outcome, its lag and the regressors, quasi-demeaned and projected."""
    arrays, W = panel.arrays, panel.weights.matrix
    X = (
        np.concatenate([arrays.X, lag(W, arrays.X)], axis=2)
        if model in ("slx", "sdm")
        else arrays.X
    )
    out = []
    for values in (arrays.y, lag(W, arrays.y), X):
        quasi = values - (1 - phi) * values.mean(axis=0, keepdims=True)
        out.append(project(quasi, effects).reshape(arrays.y.size, *values.shape[2:]))
    return out


def _fit(panel: SpatialPanel, model: RandomModel, phi: float, effects: Effects) -> Concentrated:
    y, Wy, Z = _data(panel, model, phi, effects)
    t, n = panel.arrays.y.shape
    c = Counts(n * t, t, drops_constant=False)
    return (
        fit_lag(y, Wy, Z, panel.multiplier, c) if model in ("sar", "sdm") else fit_linear(y, Z, c)
    )


def _covariance(
    panel: SpatialPanel, model: RandomModel, phi: float, effects: Effects, fit: Concentrated
) -> NDArray[np.float64]:
    _, Wy, _ = _data(panel, model, phi, effects)
    t, n = panel.arrays.y.shape
    c = Counts(n * t, t, drops_constant=False)
    blank = np.zeros_like(fit.resid)
    if model not in ("sar", "sdm"):
        return invert(information(fit, Scores("none", blank, blank, None), c))[:-1, :-1]
    tr, G = traces(panel.weights.matrix, fit.spatial)
    through = project(fit.resid.reshape(t, n) @ G.T, effects).ravel()
    return invert(information(fit, Scores("lag", Wy - through, Wy, tr), c))[:-1, :-1]


def hausman(panel: SpatialPanel, *, model: RandomModel = "sdm", time_effects: bool = True) -> Test:
    """Test whether random and fixed unit effects give the same estimates up to chance.

    The fixed-effects side is Lee and Yu's: exact ML underestimates sigma2 and with it its own
    errors, which would turn the difference of the covariances negative. Directions in which fixed
    effects are still not less precise are left out, and the degrees of freedom are those that remain.
    """
    effects: Effects = "two-way" if time_effects else "unit"
    random = random_effects(panel, model=model, time_effects=time_effects)
    durbin = panel.arrays.names if model in ("slx", "sdm") else ()
    d = design(panel.arrays, panel.weights, effects=effects, durbin=durbin)
    fixed = estimate(
        d, model, panel.multiplier, correction="lee-yu", errors="information", draws=0, seed=0
    )
    lagged = model in ("sar", "sdm")
    keep = len(fixed.fit.coef) + int(lagged)
    ours = np.concatenate([[fixed.fit.spatial] * lagged, fixed.fit.coef])
    theirs = np.concatenate([[random.fit.spatial] * lagged, random.fit.coef])
    gap, spread = ours - theirs, fixed.cov[:keep, :keep] - random.cov
    size = np.sqrt(np.diagonal(fixed.cov[:keep, :keep]))
    values, vectors = np.linalg.eigh(spread / np.outer(size, size))
    use = values > 1e-8
    if not use.any():
        raise SpecificationError(
            "fixed effects are nowhere less precise than random ones: no Hausman test"
        )
    rotated = vectors.T @ (gap / size)
    return replace(chi_squared(float((rotated[use] ** 2 / values[use]).sum()), int(use.sum())))


def with_hausman(panel: SpatialPanel, result: SpatialResult) -> SpatialResult:
    """Add Hausman's test to a fixed-effects result, or a warning that says why there is none."""
    model: Any = result.exact.model
    if result.effects not in ("two-way", "unit"):
        told = "Hausman's test needs two-way or unit effects"
        return replace(result, warnings=(*result.warnings, told))
    try:
        test = hausman(panel, model=model, time_effects=result.effects == "two-way")
    except SpecificationError as error:
        return replace(result, warnings=(*result.warnings, error.line()))
    return replace(result, tests={**result.tests, "hausman": test})
