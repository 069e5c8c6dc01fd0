"""Properties that hold for any panel, and the likelihood written out with dummies as the oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from econometrics.spatial.covariance import information, observation_scores
from econometrics.spatial.estimates import scores_of
from econometrics.spatial.likelihood import counts
from econometrics.spatial.logdet import Eigen, SparseLU, dense_multiplier
from econometrics.spatial.model import SpatialPanel
from econometrics.spatial.panel import lag, project
from econometrics.spatial.weights import Weights, make_weights


def random_weights(n: int, seed: int, *, symmetric: bool = False) -> Weights:
    rng = np.random.default_rng(seed)
    W = (rng.random((n, n)) < 0.35) * rng.random((n, n))
    np.fill_diagonal(W, 0)
    W[np.arange(n), (np.arange(n) + 1) % n] = 0.5  # a ring: no islands
    if symmetric:
        W = W + W.T
    return make_weights([f"u{i:02d}" for i in range(n)], W).row_standardise()


def ring_weights(n: int) -> Weights:
    """Neighbours on both sides and one across: contiguity-like, symmetric before standardisation."""
    W = np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1)
    W[0, n // 2] = W[n // 2, 0] = 1
    return make_weights([f"u{i:02d}" for i in range(n)], W).row_standardise()


def simulated(weights: Weights, t: int, seed: int, *, rho: float = 0.3) -> pd.DataFrame:
    """SIMULATED two-way panel from the Durbin model."""
    rng = np.random.default_rng(seed)
    n = len(weights.ids)
    x = rng.normal(size=(t, n, 2))
    W = weights.matrix.toarray()
    mean = x @ [1.0, -0.5] + lag(weights.matrix, x) @ [0.4, 0.0]
    mean += rng.normal(size=(1, n)) + rng.normal(size=(t, 1)) + 0.5 * rng.normal(size=(t, n))
    y = np.linalg.solve(np.eye(n) - rho * W, mean.T).T
    return pd.DataFrame(
        {
            "unit": np.tile(weights.ids, t),
            "time": np.repeat(np.arange(t), n),
            "y": y.ravel(),
            "a": x[..., 0].ravel(),
            "b": x[..., 1].ravel(),
        }
    )


def panel_of(weights: Weights, frame: pd.DataFrame) -> SpatialPanel:
    return SpatialPanel.from_frame(
        frame, unit="unit", time="time", y="y", x=["a", "b"], weights=weights
    )


def dummy_loglik(panel: SpatialPanel, model: str, effects: str, rho: float) -> float:
    """The likelihood with every dummy written out, dense, nothing concentrated by projection."""
    t, n = panel.arrays.y.shape
    W = np.kron(np.eye(t), panel.weights.matrix.toarray())
    y, X = panel.arrays.y.ravel(), panel.arrays.X.reshape(t * n, -1)
    if model in ("sdm", "sdem", "slx"):
        X = np.hstack([X, W @ X])
    columns = [X]
    if effects in ("two-way", "unit"):
        columns.append(np.tile(np.eye(n), (t, 1)))
    if effects in ("two-way", "time"):
        columns.append(np.repeat(np.eye(t), n, axis=0))
    if effects == "none":
        columns.append(np.ones((t * n, 1)))
    Z, A = np.hstack(columns), np.eye(t * n) - rho * W
    left, right = (A @ y, A @ Z) if model in ("sem", "sdem") else (A @ y, Z)
    e = left - right @ np.linalg.lstsq(right, left, rcond=None)[0]
    m = t * n
    return float(-m / 2 * (np.log(2 * np.pi * (e @ e) / m) + 1) + np.linalg.slogdet(A)[1])


@pytest.mark.parametrize("effects", ["two-way", "unit", "time", "none"])
@pytest.mark.parametrize("model", ["sar", "sdm", "sem", "sdem", "slx", "ols"])
def test_maximum_equals_the_likelihood_with_dummies(model: Any, effects: Any) -> None:
    weights = random_weights(9, 1)
    panel = panel_of(weights, simulated(weights, 5, 2))
    fit = panel.fit(model=model, effects=effects, draws=2, tests=False).exact.fit
    at = dummy_loglik(panel, model, effects, fit.spatial)
    assert fit.loglik == pytest.approx(at, abs=1e-8)
    if model not in ("slx", "ols"):
        around = [dummy_loglik(panel, model, effects, fit.spatial + d) for d in (-1e-3, 1e-3)]
        assert max(around) < at


def test_lag_of_unstandardised_weights_is_exact_too() -> None:
    rng = np.random.default_rng(4)
    raw = make_weights(
        [f"u{i:02d}" for i in range(9)],
        random_weights(9, 3).matrix.toarray() * rng.uniform(0.4, 1.5, (9, 1)),
    )
    panel = panel_of(raw, simulated(random_weights(9, 3), 5, 5))
    result = panel.fit(model="sdm", draws=2)
    assert result.lee_yu is None
    assert any("row-standardised" in w for w in result.warnings)
    assert result.exact.fit.loglik == pytest.approx(
        dummy_loglik(panel, "sdm", "two-way", result.exact.fit.spatial), abs=1e-8
    )


def transformed_loglik(panel: SpatialPanel, rho: float) -> float:
    """Lee and Yu's transformation carried out: orthonormal F of units and periods, W* = F'WF."""
    t, n = panel.arrays.y.shape
    W = panel.weights.matrix.toarray()
    FN, FT = (
        np.linalg.qr(np.column_stack([np.ones(m), np.eye(m)[:, 1:]]))[0][:, 1:] for m in (n, t)
    )
    star = FN.T @ W @ FN

    def turn(v: np.ndarray) -> np.ndarray:
        return (
            np.einsum("ts,tn...,nm->sm...", FT, v, FN)
            if v.ndim == 2
            else np.stack([turn(v[..., j]) for j in range(v.shape[2])], axis=-1)
        )

    X = np.concatenate([panel.arrays.X, lag(panel.weights.matrix, panel.arrays.X)], axis=2)
    y, Z = turn(panel.arrays.y), turn(X).reshape(-1, X.shape[2])
    e0 = (y - rho * y @ star.T).ravel()
    e = e0 - Z @ np.linalg.lstsq(Z, e0, rcond=None)[0]
    m = (n - 1) * (t - 1)
    return float(
        -m / 2 * (np.log(2 * np.pi * (e @ e) / m) + 1)
        + (t - 1) * np.linalg.slogdet(np.eye(n - 1) - rho * star)[1]
    )


def test_lee_yu_equals_the_transformation_carried_out() -> None:
    weights = random_weights(8, 6)
    panel = panel_of(weights, simulated(weights, 6, 7))
    found = panel.fit(draws=2, tests=False).lee_yu
    assert found is not None
    assert found.fit.loglik == pytest.approx(transformed_loglik(panel, found.fit.spatial), abs=1e-8)
    assert (
        max(transformed_loglik(panel, found.fit.spatial + d) for d in (-1e-3, 1e-3))
        < found.fit.loglik
    )


def test_information_equals_the_curvature_on_average() -> None:
    """Lee-Yu's expected information against second derivatives of the transformed likelihood."""
    weights = ring_weights(12)
    ratios = []
    for seed in range(40):
        panel = panel_of(weights, simulated(weights, 8, 100 + seed))
        e = panel.fit(draws=2, tests=False).lee_yu
        assert e is not None
        step = 1e-3
        values = [transformed_loglik(panel, e.fit.spatial + d) for d in (-step, 0, step)]
        curvature = -(values[0] - 2 * values[1] + values[2]) / step**2
        ratios.append(e.cov[0, 0] * curvature)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.06)


@settings(max_examples=25)
@given(st.integers(8, 12), st.integers(4, 7), st.integers(0, 10_000))
def test_relabelling_and_effects_change_nothing(n: int, t: int, seed: int) -> None:
    weights = ring_weights(n)
    frame = simulated(weights, t, seed)
    base = panel_of(weights, frame).fit(draws=2, tests=False)
    rng = np.random.default_rng(seed)
    new = {u: f"z{i:02d}" for u, i in zip(weights.ids, rng.permutation(n), strict=True)}
    renamed = frame.assign(unit=frame["unit"].map(new)).sample(frac=1, random_state=seed)
    other = panel_of(make_weights([new[u] for u in weights.ids], weights.matrix), renamed).fit(
        draws=2, tests=False
    )
    unit_shift = frame["unit"].map(dict(zip(weights.ids, rng.normal(size=n) * 5, strict=True)))
    time_shift = frame["time"].map(dict(enumerate(rng.normal(size=t) * 5)))
    shifted = panel_of(weights, frame.assign(y=frame["y"] + unit_shift + time_shift)).fit(
        draws=2, tests=False
    )
    for found in (other, shifted):
        assert found.exact.fit.spatial == pytest.approx(base.exact.fit.spatial, abs=1e-6)
        assert found.exact.fit.coef == pytest.approx(base.exact.fit.coef, abs=1e-6)
        assert found.lee_yu is not None
        assert base.lee_yu is not None
        assert found.lee_yu.fit.spatial == pytest.approx(base.lee_yu.fit.spatial, abs=1e-6)


def test_without_weights_it_is_two_way_least_squares() -> None:
    weights = random_weights(8, 9)
    frame = simulated(weights, 5, 10)
    ours = panel_of(weights, frame).fit(model="ols", draws=2, tests=False).exact.fit
    dummies = pd.get_dummies(frame[["unit", "time"]].astype(str), drop_first=True).to_numpy(
        dtype=float
    )
    Z = np.column_stack([frame[["a", "b"]], dummies, np.ones(len(frame))])
    assert ours.coef == pytest.approx(np.linalg.lstsq(Z, frame["y"].to_numpy(), rcond=None)[0][:2])


def test_scores_sum_to_zero_at_the_maximum() -> None:
    weights = ring_weights(8)
    panel = panel_of(weights, simulated(weights, 6, 12))
    for model in ("sar", "sdm", "sem", "sdem", "ols"):
        e = panel.fit(model=model, draws=2, tests=False).exact  # type: ignore[arg-type]
        d = panel.design(
            effects="two-way", durbin=panel.arrays.names if model in ("sdm", "sdem") else ()
        )
        s = observation_scores(e.fit, scores_of(d, e.model, e.fit))
        assert np.abs(s.sum(axis=0)).max() < 1e-4 * np.abs(s).sum(axis=0).max()
        info = information(e.fit, scores_of(d, e.model, e.fit), counts(8, 6, "two-way", "none"))
        assert np.linalg.eigvalsh(info).min() > 0


@pytest.mark.parametrize("symmetric", [True, False])
def test_methods_for_the_log_determinant_agree(symmetric: bool) -> None:
    W = random_weights(40, 13, symmetric=symmetric).matrix
    eigen, lu = Eigen(W, row_standardised=True), SparseLU(W, row_standardised=True)
    assert np.isrealobj(eigen.values) is symmetric
    for rho in (-0.7, 0.0, 0.4, 0.95):
        exact = np.linalg.slogdet(np.eye(40) - rho * W.toarray())[1]
        assert eigen.logdet(rho) == pytest.approx(exact, abs=1e-9)
        assert lu.logdet(rho) == pytest.approx(exact, abs=1e-9)
    grid = np.linspace(0.1, 0.5, 50)
    direct = [np.trace(dense_multiplier(W, r)) / 40 for r in grid]
    assert eigen.mean_trace(grid) == pytest.approx(direct, abs=1e-9)
    assert lu.mean_trace(grid) == pytest.approx(direct, abs=1e-5)
    assert eigen.interval[0] < -1
    assert eigen.interval[1] == pytest.approx(1)
    if symmetric:
        assert lu.interval == pytest.approx(eigen.interval, rel=1e-3)


def test_impacts_equal_the_effects_matrix() -> None:
    weights = random_weights(9, 14)
    e = panel_of(weights, simulated(weights, 40, 15)).fit(draws=4000, tests=False).exact
    W = weights.matrix.toarray()
    S = np.linalg.inv(np.eye(9) - e.fit.spatial * W)
    for j in range(2):
        M = S @ (e.fit.coef[j] * np.eye(9) + e.fit.coef[2 + j] * W)
        assert e.impacts.direct[j] == pytest.approx(np.trace(M) / 9)
        assert e.impacts.total[j] == pytest.approx(M.sum() / 9)
        assert e.impacts.indirect[j] == pytest.approx((M.sum() - np.trace(M)) / 9)
    for kind in ("direct", "indirect", "total"):
        assert e.impacts.simulated[kind] == pytest.approx(e.impacts.delta[kind], rel=0.1)


def test_projection_is_idempotent_and_takes_means_out() -> None:
    values = np.random.default_rng(16).normal(size=(4, 6, 2))
    once = project(values, "two-way")
    assert project(once, "two-way") == pytest.approx(once)
    assert np.abs(once.mean(axis=0)).max() < 1e-12
    assert np.abs(once.mean(axis=1)).max() < 1e-12


def test_sparse_matrix_stays_sparse() -> None:
    assert isinstance(random_weights(6, 17).matrix, csr_matrix)


def test_the_python_interface() -> None:
    import econometrics

    weights = ring_weights(10)
    result = econometrics.SpatialPanel.from_frame(
        simulated(weights, 6, 1), unit="unit", time="time", y="y", x=["a"], weights=weights
    ).fit(model="sdm")
    assert result.to_frame().columns.tolist() == [
        "model", "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"
    ]  # fmt: skip
    assert "Lee-Yu" in result.summary()
    assert result.plot().get_legend() is not None
    assert "seed 0" in result.provenance
    with pytest.raises(AttributeError):
        getattr(econometrics, "nonsense")
    with pytest.raises(AttributeError):
        result.draws = 3  # type: ignore[misc]
