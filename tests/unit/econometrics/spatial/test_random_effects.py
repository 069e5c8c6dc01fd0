"""Random effects against the dense likelihood, and Hausman where it should and should not reject."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from econometrics.spatial.model import SpatialPanel
from econometrics.spatial.panel import lag
from econometrics.spatial.problems import SpecificationError
from econometrics.spatial.random_effects import RandomEffects, hausman, random_effects
from econometrics.spatial.selection import model_selection
from tests.unit.econometrics.spatial.test_likelihood import panel_of, ring_weights, simulated


def random_panel(
    seed: int, n: int = 12, t: int = 6, *, link: float = 0.0, spread: float = 0.7
) -> SpatialPanel:
    """SIMULATED panel whose unit effects are random, or go with the regressor (`link`)."""
    rng = np.random.default_rng(seed)
    weights = ring_weights(n)
    alpha = spread * rng.normal(size=n)
    x = rng.normal(size=(t, n, 2))
    x[..., 0] += link * alpha
    mean = (
        x @ [1.0, -0.5]
        + 0.3 * lag(weights.matrix, x)[..., 0]
        + alpha
        + rng.normal(size=(t, 1))
        + 0.4 * rng.normal(size=(t, n))
    )
    y = np.linalg.solve(np.eye(n) - 0.3 * weights.matrix.toarray(), mean.T).T
    frame = pd.DataFrame(
        {
            "unit": np.tile(weights.ids, t),
            "time": np.repeat(np.arange(t), n),
            "y": y.ravel(),
            "a": x[..., 0].ravel(),
            "b": x[..., 1].ravel(),
        }
    )
    return panel_of(weights, frame)


def dense_loglik(panel: SpatialPanel, r: RandomEffects, *, time_effects: bool) -> float:
    """The normal likelihood with the covariance of the errors written out."""
    t, n = panel.arrays.y.shape
    W = np.kron(np.eye(t), panel.weights.matrix.toarray())
    X = panel.arrays.X.reshape(t * n, -1)
    X = np.hstack([X, W @ X]) if r.model in ("slx", "sdm") else X
    dummies = np.repeat(np.eye(t), n, axis=0) if time_effects else np.ones((t * n, 1))
    omega = r.fit.sigma2 * np.eye(t * n) + r.sigma_alpha2 * np.kron(np.ones((t, t)), np.eye(n))
    inverse = np.linalg.inv(omega)
    A = np.eye(t * n) - r.fit.spatial * W
    left, Z = A @ panel.arrays.y.ravel(), np.hstack([X, dummies])
    e = left - Z @ np.linalg.solve(Z.T @ inverse @ Z, Z.T @ inverse @ left)
    return float(
        -0.5 * (t * n * np.log(2 * np.pi) + np.linalg.slogdet(omega)[1] + e @ inverse @ e)
        + np.linalg.slogdet(A)[1]
    )


@pytest.mark.parametrize("time_effects", [True, False])
@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sdm"])
def test_likelihood_is_the_dense_one(model: Any, time_effects: bool) -> None:
    panel = random_panel(1)
    found = random_effects(panel, model=model, time_effects=time_effects)
    assert found.loglik == pytest.approx(
        dense_loglik(panel, found, time_effects=time_effects), abs=1e-7
    )
    assert 0 < found.phi < 1


def test_without_unit_effects_phi_is_one() -> None:
    found = random_effects(random_panel(2, spread=0.0), model="sar")
    assert found.phi > 0.7
    assert found.sigma_alpha2 < 0.05


def test_variance_of_the_effects_is_recovered() -> None:
    found = [random_effects(random_panel(s, n=40, t=5)) for s in range(10)]
    assert np.mean([f.sigma_alpha2 for f in found]) == pytest.approx(0.49, rel=0.2)
    assert np.mean([f.fit.spatial for f in found]) == pytest.approx(0.3, abs=0.05)


def test_hausman() -> None:
    independent = [hausman(random_panel(s, n=20)).p_value for s in range(12)]
    linked = [hausman(random_panel(s, n=20, link=1.5, spread=1.0)).p_value for s in range(6)]
    assert np.mean([p < 0.05 for p in independent]) < 0.35
    assert max(linked) < 0.05


def test_error_models_are_refused() -> None:
    with pytest.raises(SpecificationError, match="no random effects for 'sem'"):
        random_effects(random_panel(1), model="sem")  # type: ignore[arg-type]


def test_model_selection() -> None:
    weights = ring_weights(12)
    table = model_selection(panel_of(weights, simulated(weights, 8, 3))).set_index("model")
    assert list(table.index) == ["ols", "slx", "sar", "sem", "sdm", "sdem"]
    assert (
        table.loc["sdm", "loglik"] >= table.loc[["ols", "slx", "sar", "sem"], "loglik"].max() - 1e-8
    )
    assert table.loc["sar", "lr_sdm"] == pytest.approx(
        2 * (table.loc["sdm", "loglik"] - table.loc["sar", "loglik"])
    )
    assert table.loc["ols", "n_parameters"] == 3
    assert table["aic"].notna().all()
