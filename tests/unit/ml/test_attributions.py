"""Attributions equal those of brute force, geoshapley and shap; intervals equal the algebra."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from ml.coalitions import pair_projector, projector
from ml.geoshapley import explain, explain_gp, explain_trees, pairs_gp
from ml.gp.fit import Fit
from ml.gp.kernels import Layout, Points, covariance
from ml.gp.mixture import mixture_nodes
from ml.gp.model import GeoGP, posterior
from ml.problems import AttributionError, DataError, UnsupportedModelError
from ml.trees import tree_shap

K = 3


def gp(n: int = 40, kernel: str = "structured", seed: int = 0, nu: float = 1.5) -> GeoGP:
    rng = np.random.default_rng(seed)
    layout = Layout(kernel, K, False)
    mean, sd = layout.priors()
    theta = mean + 0.3 * sd * rng.standard_normal(len(mean))
    points = Points(rng.normal(size=(n, K)), rng.normal(size=(n, 2)), np.full(n, -1))
    state = posterior(layout.unpack(theta), nu, points, rng.normal(size=n))
    return GeoGP(
        tuple("abc"), layout, nu, np.zeros(K), np.ones(K), np.zeros(2), 1.0, 0.3, 2.0,
        points, (state,), Fit(theta, np.zeros((1, 1)), 0.0, ()),
    )  # fmt: skip


def rows(model: GeoGP) -> np.ndarray:
    return np.hstack([model.points.X, model.points.C])


@pytest.mark.parametrize("nu", [1.5, np.inf])
@pytest.mark.parametrize("kernel", ["structured", "matern", "jiao-tao"])
def test_gp_equals_all_coalitions(kernel: str, nu: float) -> None:
    model = gp(kernel=kernel, nu=nu)
    X = rows(model)
    ours = explain_gp(model, X[:10], X[:15], location=[3, 4], intervals=False)
    want = explain(lambda Z: model.predict(Z[:, :3], Z[:, 3:]).mean, X[:10], X[:15], [3, 4])
    assert np.abs(ours.values - want.values).max() < 1e-6
    assert ours.base == pytest.approx(want.base, abs=1e-6)


def test_geoshapley_package_agrees() -> None:
    from geoshapley import GeoShapleyExplainer

    model = gp()
    X = rows(model)
    theirs = GeoShapleyExplainer(
        lambda Z: model.predict(Z[:, :3], Z[:, 3:]).mean, X[:12], g=2
    ).explain(pd.DataFrame(X[:6], columns=list("abcuv")), n_jobs=1)
    ours = explain_gp(model, X[:6], X[:12], location=[3, 4])
    peer = np.hstack([theirs.primary, theirs.geo[:, None], theirs.geo_intera])
    assert np.abs(ours.values - peer).max() < 1e-6


@pytest.mark.parametrize("nu", [1.5, np.inf])
@pytest.mark.parametrize("kernel", ["structured", "matern", "jiao-tao"])
def test_posterior_spread_equals_the_quadratic_form(kernel: str, nu: float) -> None:
    model = gp(kernel=kernel, nu=nu)
    X, behind = rows(model)[4], rows(model)[:8]
    owner = np.array([0, 1, 2, 3, 3])
    A, mixed, weights = projector(K), [], []
    for S in range(2 ** (K + 1)):
        for b in behind:
            mixed.append(np.where(S >> owner & 1, X, b))
            weights.append(A[:, S] / len(behind))
    at = model.to_points(np.array(mixed)[:, :3], np.array(mixed)[:, 3:])
    w, state = np.array(weights).T, model.states[0]
    cross = covariance(state.hyper, nu, at, model.points) @ state.root
    want = np.sqrt(np.diag(w @ (covariance(state.hyper, nu, at, at) - cross @ cross.T) @ w.T))
    ours = explain_gp(model, X[None], behind, location=[3, 4])
    exact = kernel == "structured"
    np.testing.assert_allclose(ours.std[0], 2.0 * want, rtol=1e-6 if exact else 0.06)
    assert exact == ("Monte Carlo" not in ours.spec)


@pytest.mark.parametrize("nu", [0.5, 1.5, 2.5, np.inf])
def test_scikit_learn_gp(nu: float) -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 4))
    part = RBF([1, 2, 2, 2]) if np.isinf(nu) else Matern([1.0, 2.0, 2.0, 2.0], nu=nu)
    model = GaussianProcessRegressor(
        ConstantKernel(2.0) * part + WhiteKernel(0.1), optimizer=None, normalize_y=True
    ).fit(X, X[:, 0] * X[:, 2])
    ours = explain_gp(model, X[:8], X[:9], location=[2, 3])
    want = explain(model.predict, X[:8], X[:9], location=[2, 3])
    assert np.abs(ours.values - want.values).max() < 1e-6
    assert mixture_nodes(nu).error < 1e-7


def test_pairs_of_a_gp_equal_brute_force() -> None:
    from itertools import combinations
    from math import factorial

    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern

    rng = np.random.default_rng(2)
    X = rng.normal(size=(30, 5))
    model = GaussianProcessRegressor(Matern(2.0, nu=2.5), alpha=0.1, optimizer=None)
    model.fit(X, X[:, 0] * X[:, 1] + X[:, 2] * X[:, 3])
    ours = pairs_gp(model, X[:3], X[:7], location=[3, 4])
    assert ours.shape == (3, 4, 4)
    owner, m = np.array([0, 1, 2, 3, 3]), 4
    for row in range(3):

        def value(S: tuple[int, ...], row: int = row) -> float:
            return model.predict(np.where(np.isin(owner, S), X[row], X[:7])).mean()

        for i, j in combinations(range(m), 2):
            rest = [p for p in range(m) if p not in (i, j)]
            want = 0.0
            for size in range(m - 1):
                share = factorial(size) * factorial(m - size - 2) / (2 * factorial(m - 1))
                for S in combinations(rest, size):
                    delta = value((*S, i, j)) - value((*S, i)) - value((*S, j)) + value(S)
                    want += share * delta
            assert ours[row, i, j] == ours[row, j, i] == pytest.approx(want, abs=1e-6)
    assert pair_projector(2).tolist() == [[0.5, -0.5, -0.5, 0.5]]


def booster(n: int = 150, depth: int = 4):
    import xgboost

    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 5))
    y = X[:, 0] * X[:, 1] + np.maximum(X[:, 2], 0) + X[:, 3] * X[:, 4] + 0.1 * rng.normal(size=n)
    return xgboost.train({"max_depth": depth, "seed": 1}, xgboost.DMatrix(X, y), 40), X


@pytest.mark.parametrize("depth", [1, 4, 6])
def test_trees_equal_shap(depth: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    model, X = booster(depth=depth)
    peer = shap.TreeExplainer(model).shap_interaction_values(X)
    ours = tree_shap(model, X, interactions=True)
    assert np.abs(ours.pairs - peer).max() < 1e-5
    behind = tree_shap(model, X[:9], background=X[:30], interactions=True)
    assert np.abs(behind.values - shap.TreeExplainer(model, X[:30]).shap_values(X[:9])).max() < 1e-5
    assert depth == 1 or np.abs(behind.pairs[:, 0, 1]).max() > 1e-3  # shap returns zeros here


def test_tree_geoshapley_equals_package_and_brute_force() -> None:
    import xgboost
    from geoshapley import GeoShapleyTreeExplainer

    model, X = booster()
    peer = GeoShapleyTreeExplainer(model, g=2).explain(X[:10])
    ours = explain_trees(model, X[:10], location=[3, 4])
    assert np.abs(ours.interaction - peer.geo_intera).max() < 1e-5
    assert np.abs(ours.geo - peer.geo).max() < 1e-5
    brute = explain(lambda Z: model.predict(xgboost.DMatrix(Z)), X[:10], X[:20], location=[3, 4])
    inside = explain_trees(model, X[:10], location=[3, 4], background=X[:20])
    assert np.abs(inside.values - brute.values).max() < 1e-4


def test_forest_and_location_anywhere() -> None:
    from sklearn.ensemble import RandomForestRegressor

    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 4)), columns=["lon", "a", "lat", "b"])
    model = RandomForestRegressor(10, max_depth=4, random_state=0).fit(X, X["a"] * X["lon"])
    found = explain_trees(model, X, location=["lon", "lat"], background=X)
    assert found.x == ("a", "b")
    np.testing.assert_allclose(found.total, model.predict(X), atol=1e-6)
    assert list(found.to_frame()) == ["base", "geo", "a", "b", "a:geo", "b:geo"]


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda X: explain(lambda Z: Z[:, 0], X, X, [7]), DataError, "location column 7"),
        (lambda X: explain(lambda Z: Z[:1, 0], X, X, [3]), AttributionError, "1 numbers"),
        (lambda X: explain(lambda Z: Z[:, 0] * np.nan, X, X, [3]), AttributionError, "finite"),
        (lambda X: explain(lambda Z: Z[:, 0], X * np.nan, X, [3]), DataError, "missing"),
        (lambda X: explain_trees(object(), X, [3]), UnsupportedModelError, "object"),
        (lambda X: explain_gp(object(), X, X, [3]), UnsupportedModelError, "Gaussian process"),
    ],
)
def test_bad_calls(call, kind, words) -> None:
    with pytest.raises(kind, match=words):
        call(np.random.default_rng(0).normal(size=(12, 4)))
