"""Cross-sectional spatial models through spreg, with the impacts of this project.

spreg 1.9's impacts of a Durbin model leave out theta tr(WS)/n (they call every effect of WX
indirect) and have no errors; here they come from `econometrics.spatial.impacts`.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from econometrics.spatial.cross_section_results import (
    HAS_ERROR,
    HAS_LAG,
    CrossModel,
    CrossSectionResult,
    Estimator,
)
from econometrics.spatial.diagnostics import Test, chi_squared
from econometrics.spatial.impacts import ImpactMap, Impacts, impacts
from econometrics.spatial.likelihood import Counts, fit_error, fit_lag
from econometrics.spatial.logdet import multiplier
from econometrics.spatial.panel import check_columns
from econometrics.spatial.problems import (
    AbsorbedRegressorError,
    BoundaryError,
    MissingValuesError,
    SpecificationError,
)
from econometrics.spatial.weights_places import econ_module
from econometrics.spatial.weights_scale import spectral_radius, to_libpysal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from econometrics.spatial.logdet import Multiplier
    from econometrics.spatial.weights import Weights

#: How far spreg's rho may be from our own maximum before the result says so.
_AGREE = 1e-5
_DURBIN = frozenset({"slx", "sdm", "sdem"})
#: spreg's attributes of OLS with spat_diag, and their degrees of freedom (k: regressors).
_LM = {
    "lm_lag": "1", "rlm_lag": "1", "lm_error": "1", "rlm_error": "1", "lm_sarma": "2",
    "lm_wx": "k", "lm_spdurbin": "k+1", "rlm_wx": "k", "rlm_durlag": "1",
}  # fmt: skip


def fit_cross_section(
    frame: pd.DataFrame,
    *,
    unit: str,
    y: str,
    x: Sequence[str],
    weights: Weights,
    model: CrossModel = "sdm",
    method: Estimator = "ml",
    robust: bool = False,
    row_standardise: bool = False,
    draws: int = 1000,
    seed: int = 0,
) -> CrossSectionResult:
    """Estimate a cross-sectional model with spreg.

    Parameters
    ----------
    frame : DataFrame
        One row a unit, in any order: rows are matched to the weights by key.
    model : {"ols", "slx", "sar", "sdm", "sem", "sdem"}
        OLS comes with Moran and the LM tests; slx, sdm and sdem lag every regressor.
    method : {"ml", "gm"}
        For models with rho or lambda: maximum likelihood, or spatial 2SLS (Kelejian and Prucha
        1998) and GM (1999).
    robust : bool
        White errors, for OLS, SLX and GM lag models.

    Raises
    ------
    SpecificationError
        With what is wrong and what to do.
    """
    _check_request(model, method, robust)
    table, columns = _ordered(frame, unit, y, list(x))
    aligned = weights.align(tuple(table[unit]))
    aligned.refuse_islands()
    if row_standardise:
        aligned = aligned.row_standardise()
    Y, X = columns[:, :1], columns[:, 1:]
    terms = tuple(x)
    raw = X
    if model in _DURBIN:
        raw = np.hstack([X, aligned.matrix @ X])
        terms = (*terms, *(f"W_{name}" for name in x))
    check_columns(raw - raw.mean(axis=0), raw, terms, "none")
    if len(Y) <= raw.shape[1] + 2:
        raise SpecificationError(
            f"{len(Y)} units for {raw.shape[1] + 2} parameters", fix="use fewer regressors"
        )
    mult = multiplier(aligned.matrix, row_standardised=aligned.is_row_standardised)
    own = float("nan")
    if method == "ml" and model in HAS_LAG | HAS_ERROR:
        _check_scale(aligned)
        own = _own_maximum(Y[:, 0], raw, aligned, model, mult)
    reg = _spreg(Y, X, aligned, model, method, robust=robust)
    estimates = np.asarray(reg.betas, dtype=np.float64).ravel()
    told: list[str] = []
    if abs(estimates[-1] - own) > _AGREE:
        told.append(f"spreg stops at {estimates[-1]:.8f}, the likelihood's maximum is at {own:.8f}")
    cov = _covariance(reg, len(estimates), told)
    found = _impacts(estimates, cov, aligned, model, mult, k=len(x), draws=draws, seed=seed)
    if found.n_rejected:
        told.append(
            f"{found.n_rejected} draws of rho fell outside its interval and were drawn again"
        )
    spatial = {**dict.fromkeys(HAS_LAG, ("rho",)), **dict.fromkeys(HAS_ERROR, ("lambda",))}
    return CrossSectionResult(
        model=model, method=method, robust=robust, y=y, names=tuple(x),
        terms=("constant", *terms, *spatial.get(model, ())), estimates=estimates, cov=cov,
        sigma2=float(np.squeeze(reg.sig2)), loglik=float(np.squeeze(getattr(reg, "logll", np.nan))),
        resid=np.asarray(reg.u, dtype=np.float64).ravel(), impacts=found,
        tests=_tests(reg, Y, X, aligned, model, method), n_obs=len(Y), draws=draws, seed=seed,
        warnings=tuple(told), weights_source=aligned.source,
        spreg_version=str(econ_module("spreg").__version__),
    )  # fmt: skip


def _check_request(model: str, method: str, robust: bool) -> None:
    if model not in {"ols", "slx"} | HAS_LAG | HAS_ERROR:
        raise SpecificationError(
            f"no cross-sectional model {model!r}", fix="choose ols, slx, sar, sdm, sem or sdem"
        )
    if method not in ("ml", "gm"):
        raise SpecificationError(f"no estimator {method!r}", fix="choose ml or gm")
    if robust and (model in HAS_ERROR or (model in HAS_LAG and method == "ml")):
        raise SpecificationError(
            f"spreg has no White errors for {model} by {method}", fix="use gm with sar or sdm"
        )


def _check_scale(weights: Weights) -> None:
    """Refuse weights for which spreg's bounds (-1, 1) reach singular I - rho W."""
    largest = spectral_radius(weights.matrix)
    if largest > 1 + 1e-8:
        raise SpecificationError(
            f"the weights' largest eigenvalue is {largest:.4g}, and spreg looks for rho in (-1, 1)",
            where=weights.source,
            fix="row-standardise the weights, or divide them by that eigenvalue",
        )


def _own_maximum(
    y: NDArray[np.float64],
    raw: NDArray[np.float64],
    weights: Weights,
    model: CrossModel,
    mult: Multiplier,
) -> float:
    """Find rho or lambda by our own likelihood: spreg is slow at the edge and cannot pass it."""
    W, n = weights.matrix, len(y)
    Z = np.column_stack([np.ones(n), raw])
    c = Counts(n, 1, drops_constant=False)
    if model in HAS_LAG:
        found = fit_lag(y, W @ y, Z, mult, c).spatial
    else:
        found = fit_error(y, W @ y, Z, W @ Z, mult, c).spatial
    if abs(found) > 1 - 1e-3:
        raise BoundaryError(
            f"the likelihood rises to the edge of spreg's interval (-1, 1): {found:.5f}",
            fix="try other weights or fewer regressors, or a panel model, whose interval is wider",
        )
    return found


def _ordered(
    frame: pd.DataFrame, unit: str, y: str, x: list[str]
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    for name in (unit, y, *x):
        if name not in frame.columns:
            raise SpecificationError(
                f"there is no column {name!r}",
                fix=f"the columns are {', '.join(map(str, frame.columns[:40]))}",
            )
    if not x or len(set(x)) < len(x) or y in x:
        raise SpecificationError(
            "regressors are missing or named twice",
            fix="name the outcome once and each regressor once",
        )
    table = frame.assign(**{unit: frame[unit].astype(str)}).sort_values(unit, kind="stable")
    twice = table[unit][table[unit].duplicated()]
    if len(twice):
        raise SpecificationError(
            f"{twice.iloc[0]} occurs twice", fix="keep one row a unit, or use a panel model"
        )
    columns = np.column_stack([_numbers(table, name, unit) for name in (y, *x)])
    return table, columns


def _numbers(table: pd.DataFrame, name: str, unit: str) -> NDArray[np.float64]:
    try:
        values = table[name].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MissingValuesError(
            f"column {name!r} holds something else than numbers", fix=str(error)
        ) from error
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise MissingValuesError(
            f"column {name!r} is empty or infinite for {table[unit].iloc[bad[0]]} ({len(bad)} cells in all)",
            fix="fill them, or leave out the units concerned",
        )
    if np.ptp(values) == 0:
        raise AbsorbedRegressorError(f"column {name!r} is constant", fix="leave it out")
    return np.asarray(values)


def _spreg(
    Y: NDArray[np.float64],
    X: NDArray[np.float64],
    weights: Weights,
    model: CrossModel,
    method: Estimator,
    *,
    robust: bool,
) -> Any:
    from scipy.sparse import SparseEfficiencyWarning

    # spreg 1.9 calls pandas, numpy and scipy in ways that they warn of; nothing for the user to mend.
    quiet = (DeprecationWarning, FutureWarning, PendingDeprecationWarning, SparseEfficiencyWarning)
    # It also prints the name of its class.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        for kind in quiet:
            warnings.simplefilter("ignore", kind)
        return _call_spreg(Y, X, weights, model, method, robust=robust)


def _call_spreg(
    Y: NDArray[np.float64],
    X: NDArray[np.float64],
    weights: Weights,
    model: CrossModel,
    method: Estimator,
    *,
    robust: bool,
) -> Any:
    spreg = econ_module("spreg")
    w = to_libpysal(weights)
    lags = int(model in _DURBIN)
    white = "white" if robust else None
    if model in ("ols", "slx"):
        diagnostics = {"spat_diag": True, "moran": True} if model == "ols" and not robust else {}
        return spreg.OLS(Y, X, w=w, slx_lags=lags, robust=white, **diagnostics)
    if method == "gm":
        if model in HAS_LAG:
            return spreg.GM_Lag(Y, X, w=w, slx_lags=lags, robust=white, spat_impacts=None)
        return spreg.GM_Error(Y, X, w=w, slx_lags=lags)
    if model in HAS_LAG:
        # "full" multiplies a determinant out and "ord" takes the information of a symmetrised W.
        return spreg.ML_Lag(
            Y, X, w, slx_lags=lags, method="LU", spat_impacts=None, spat_diag=False, epsilon=1e-10
        )
    return spreg.ML_Error(Y, X, w, slx_lags=lags, method="LU", epsilon=1e-10)


def _covariance(reg: Any, size: int, told: list[str]) -> NDArray[np.float64]:
    vm = np.asarray(reg.vm, dtype=np.float64)
    if vm.shape == (size, size):
        return vm
    told.append("GM estimates lambda without a standard error")
    cov = np.full((size, size), np.nan)
    cov[: len(vm), : len(vm)] = vm
    return cov


def _impacts(
    estimates: NDArray[np.float64],
    cov: NDArray[np.float64],
    weights: Weights,
    model: CrossModel,
    mult: Multiplier,
    *,
    k: int,
    draws: int,
    seed: int,
) -> Impacts:
    has_rho = model in HAS_LAG
    theta = 1 + k + np.arange(k) if model in _DURBIN else np.full(k, -1)
    n_coef = 1 + k * (1 + int(model in _DURBIN))
    order = [n_coef, *range(n_coef)] if has_rho else list(range(n_coef))
    rho = float(estimates[-1]) if has_rho else 0.0
    if not mult.interval[0] < rho < mult.interval[1]:
        raise BoundaryError(
            f"rho = {rho:.4f} lies outside its interval ({mult.interval[0]:.3f}, {mult.interval[1]:.3f})",
            fix="try method ml, other weights or fewer regressors",
        )
    return impacts(
        rho, estimates[:n_coef], cov[np.ix_(order, order)],
        ImpactMap(beta=1 + np.arange(k), theta=theta), mult,
        mean_w=float(weights.matrix.sum() / len(weights.ids)), draws=draws, seed=seed,
        has_rho=has_rho,
    )  # fmt: skip


def _tests(
    reg: Any,
    Y: NDArray[np.float64],
    X: NDArray[np.float64],
    weights: Weights,
    model: CrossModel,
    method: Estimator,
) -> dict[str, Test]:
    found: dict[str, Test] = {}
    k = X.shape[1]
    for name, df in _LM.items():
        if hasattr(reg, name):
            value, p = np.ravel(getattr(reg, name))[:2]
            found[name] = Test(float(value), {"1": 1, "2": 2, "k": k, "k+1": k + 1}[df], float(p))
    if hasattr(reg, "moran_res"):
        _, z, p = np.ravel(reg.moran_res)
        found["moran"] = Test(float(z), 0, float(p))
    if hasattr(reg, "ak_test"):
        value, p = (float(np.squeeze(v)) for v in reg.ak_test[:2])
        found["anselin_kelejian"] = Test(value, 1, p)
    if model == "sdm" and method == "ml":
        full = float(np.squeeze(reg.logll))
        nested: tuple[tuple[CrossModel, int], ...] = (("sar", k), ("slx", 1), ("sem", k))
        for other, df_lost in nested:
            smaller = _spreg(Y, X, weights, other, "ml", robust=False)
            found[f"lr_{other}"] = chi_squared(
                2 * (full - float(np.squeeze(smaller.logll))), df_lost
            )
    return found
