"""Dynamic Durbin panel: its likelihood written out, its bias, its long run, its refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.paths import DATA
from corpus.regions import provinces
from econometrics.spatial.dynamic import fit_dynamic
from econometrics.spatial.dynamic_results import dynamic
from econometrics.spatial.model import SpatialPanel
from econometrics.spatial.panel import PanelArrays, lag
from econometrics.spatial.problems import SpecificationError
from econometrics.spatial.weights import Weights, read_weights

CODES = tuple(region.code for region in provinces())
TAU, ETA, RHO = 0.4, 0.1, 0.3


def contiguity() -> Weights:
    path = DATA / "weights" / "province_queen_hainan_linked.csv"
    return read_weights(path).align(CODES).row_standardise()


def simulated(seed: int, periods: int, *, tau: float = TAU, noise: float = 1.0) -> SpatialPanel:
    """SIMULATED 31 provinces with known persistence; 30 periods pass before the first."""
    rng = np.random.default_rng(seed)
    weights = contiguity()
    W, n = weights.matrix.toarray(), len(CODES)
    S, unit = np.linalg.inv(np.eye(n) - RHO * W), rng.normal(size=n)
    y, ys, xs = np.zeros(n), [], []
    for _ in range(periods + 30):
        x = rng.normal(size=n)
        shock = noise * rng.normal(size=n)
        y = S @ (tau * y + ETA * W @ y + 0.5 * x + 0.2 * W @ x + unit + rng.normal() + shock)
        ys.append(y)
        xs.append(x[:, None])
    return SpatialPanel(
        PanelArrays(np.array(ys[30:]), np.array(xs[30:]), ("x",), CODES, tuple(range(periods))),
        weights,
    )


def fitted(panel: SpatialPanel, **options: Any) -> Any:
    given = {"lags": "both", "durbin": ("x",), "effects": "two-way", "errors": "information"}
    return fit_dynamic(panel, **(given | options))


def numbers(fit: Any, of: Any) -> NDArray[np.float64]:
    return np.array([*fit.persistence(of), of.spatial, of.coef[0], of.sigma2])


def test_the_likelihood_is_that_of_the_model_with_every_dummy() -> None:
    panel = simulated(1, 7)
    fit = fitted(panel, effects="unit")
    a, W = panel.arrays, panel.weights.matrix
    t, n = a.y.shape[0] - 1, a.y.shape[1]
    columns = [a.X[1:, :, 0], lag(W, a.X)[1:, :, 0], a.y[:-1], lag(W, a.y)[:-1]]
    Z = np.column_stack([*(c.ravel() for c in columns), np.tile(np.eye(n), (t, 1))])
    filtered = (a.y - fit.raw.spatial * lag(W, a.y))[1:].ravel()
    resid = filtered - Z @ np.linalg.lstsq(Z, filtered, rcond=None)[0]
    s2 = resid @ resid / (n * t)
    logdet = np.linalg.slogdet(np.eye(n) - fit.raw.spatial * W.toarray())[1]
    assert fit.raw.sigma2 == pytest.approx(s2, rel=1e-8)
    assert fit.raw.loglik == pytest.approx(
        -n * t / 2 * (np.log(2 * np.pi * s2) + 1) + t * logdet, rel=1e-10
    )


def test_long_panels_give_the_truth_back() -> None:
    fit = fitted(simulated(2, 200))
    errors = np.sqrt(np.diagonal(fit.cov))
    spread = np.array([errors[1 + fit.tau], errors[1 + fit.eta], errors[0], errors[1], errors[-1]])
    truth = np.array([TAU, ETA, RHO, 0.5, 1.0])
    assert (np.abs(numbers(fit, fit.corrected) - truth) < 4 * spread).all()
    assert fit.corrected.coef[0] == pytest.approx(fit.raw.coef[0], abs=0.02)


def test_the_correction_takes_most_of_the_bias_away() -> None:
    fits = [fitted(simulated(s, 11)) for s in range(40)]
    raw = np.mean([numbers(f, f.raw) for f in fits], axis=0)
    corrected = np.mean([numbers(f, f.corrected) for f in fits], axis=0)
    assert raw[0] < TAU - 0.08
    assert abs(corrected[0] - TAU) < 0.04
    assert abs(corrected[4] - 1) < 0.08 < abs(raw[4] - 1)


def test_the_bias_of_a_panel_without_space_is_nickells() -> None:
    """With W of one far pair of effects nil, (1 + tau)/T is what is added to tau (Nickell 1981)."""
    fit = fitted(simulated(3, 40), lags="time", durbin=())
    added = fit.corrected.coef[fit.tau] - fit.raw.coef[fit.tau]
    tau = fit.raw.coef[fit.tau]
    assert added == pytest.approx((1 + tau) / 39, rel=0.35)


def test_the_long_run_is_the_sum_of_what_follows() -> None:
    """Push x by 1 everywhere for ever: the sum of the responses, period by period, is the total impact."""
    result = dynamic(simulated(4, 60), draws=200, seed=1)
    fit, n = result.fit, len(CODES)
    tau, eta = fit.persistence(fit.corrected)
    rho, (beta, theta) = fit.corrected.spatial, (fit.corrected.coef[0], fit.corrected.coef[3])
    assert fit.d.columns == ("x", "lag_y", "lag_Wy", "W_x")
    W = fit.d.weights.matrix.toarray()
    S = np.linalg.inv(np.eye(n) - rho * W)
    effect = S @ (beta * np.eye(n) + theta * W)
    short, total, reach = effect.copy(), np.zeros((n, n)), effect
    for _ in range(400):
        total, reach = total + reach, S @ (tau * reach + eta * W @ reach)
    for run, matrix in (("short_run", short), ("long_run", total)):
        direct = np.trace(matrix) / n
        assert result.impacts[run][0, 0] == pytest.approx(direct, rel=1e-8)
        assert result.impacts[run][2, 0] == pytest.approx(matrix.sum() / n, rel=1e-8)
    assert (result.impact_errors["long_run"] > 0).all()
    assert "long_run total x" in result.summary()
    assert result.to_dict()["terms"]["lag_y"]["uncorrected"] == pytest.approx(fit.raw.coef[1])
    result.plot()


def test_order_of_units_and_constants_change_nothing() -> None:
    panel = simulated(5, 12)
    a, rng = panel.arrays, np.random.default_rng(0)
    order = rng.permutation(len(CODES))
    moved = PanelArrays(
        a.y[:, order] + rng.normal(size=len(CODES)), a.X[:, order], a.names,
        tuple(CODES[i] for i in order), a.times,
    )  # fmt: skip
    plain, other = fitted(panel), fitted(SpatialPanel(a, panel.weights))
    assert numbers(plain, plain.corrected) == pytest.approx(numbers(other, other.corrected))
    turned = fitted(SpatialPanel(moved, panel.weights.align(moved.units)))
    # A constant of a unit enters y and its lag alike: tau, eta and rho do not see it.
    assert numbers(plain, plain.corrected) == pytest.approx(
        numbers(turned, turned.corrected), rel=1e-5
    )


def test_few_periods_are_told() -> None:
    assert any("are few" in w for w in dynamic(simulated(6, 8), draws=50).warnings)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda a: replace(a, y=a.y[:2], X=a.X[:2], times=(0, 1)), {}, "has 2 periods"),
        (lambda a: replace(a, names=("lag_y",)), {"durbin": ()}, "is called 'lag_y'"),
        (lambda a: replace(a, y=a.y.cumsum(axis=0).cumsum(axis=0)), {}, "are not stable"),
    ],
)
def test_bad_panels(change: Any, options: dict[str, Any], message: str) -> None:
    panel = simulated(7, 12)
    with pytest.raises(SpecificationError, match=message):
        fitted(SpatialPanel(change(panel.arrays), panel.weights), **options)


def test_time_effects_need_row_standardised_weights() -> None:
    panel = simulated(8, 12)
    raw = read_weights(DATA / "weights" / "province_queen_hainan_linked.csv").align(CODES)
    with pytest.raises(SpecificationError, match="row-standardised"):
        fitted(SpatialPanel(panel.arrays, raw))
