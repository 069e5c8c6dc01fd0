"""The closed gradient of the marginal likelihood is that of autograd, for every kernel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.ml import svc_data
from ml.gp.fit import Fit, Target, fit_hyper, fit_smoothness
from ml.gp.gradient import ClosedTarget
from ml.gp.kernels import Layout, Points, distances, matern
from ml.gp.model import fit_gp
from ml.gp.storage import load_gp, save_gp


def _rows(n: int = 30, k: int = 3) -> tuple[Points, np.ndarray]:
    rng = np.random.default_rng(0)
    unit = np.arange(n) // 3
    places = rng.normal(size=(n // 3, 2))[unit]
    X = rng.normal(size=(n, k))
    return Points(X, places, unit), X[:, 0] * places[:, 0] + 0.3 * rng.normal(size=n)


@pytest.mark.parametrize("nu", [0.5, 1.5, 2.5, np.inf])
@pytest.mark.parametrize("has_unit", [True, False])
@pytest.mark.parametrize("kernel", ["structured", "matern", "jiao-tao"])
def test_closed_gradient_is_that_of_autograd(kernel, has_unit: bool, nu: float) -> None:
    points, y = _rows()
    layout = Layout(kernel, 3, has_unit)
    mean, sd = layout.priors()
    rng = np.random.default_rng(1)
    for _ in range(3):
        theta = mean + 0.7 * sd * rng.standard_normal(len(mean))
        want, slope = Target(layout, nu, points, y).value(theta)
        got, own = ClosedTarget(layout, nu, points, y).value(theta)
        assert got == pytest.approx(want, rel=1e-8)
        np.testing.assert_allclose(own, slope, rtol=1e-5, atol=1e-6)


def test_a_matrix_that_is_not_positive_definite() -> None:
    points, y = _rows()
    layout = Layout("structured", 3, has_unit=False)
    theta = layout.priors()[0].copy()
    theta[-1] = -80.0  # no noise: rows of one place are told apart by features alone
    theta[:-1] += 30.0
    value, slope = ClosedTarget(layout, 1.5, points, y).value(theta)
    assert np.isfinite(value)
    assert np.isfinite(slope).all()


def test_a_fold_goes_on_from_the_whole_to_the_same_optimum() -> None:
    points, y = _rows(60)
    layout = Layout("structured", 3, has_unit=True)
    whole = fit_hyper(layout, 1.5, points, y, restarts=0, max_iterations=200)
    some = np.arange(54)
    cold = fit_hyper(
        layout, 1.5, points.take(some), y[some], restarts=0, laplace=False, max_iterations=300
    )
    warm = fit_hyper(layout, 1.5, points.take(some), y[some], start=whole, max_iterations=40)
    assert isinstance(warm, Fit)
    assert warm.objective >= cold.objective - 1e-2


@pytest.mark.parametrize("nu", [0.5, 1.5, 2.5, np.inf])
def test_the_smoothness_of_a_simulated_field_is_found(nu: float) -> None:
    rng, n = np.random.default_rng(4), 200
    points = Points(rng.normal(size=(n, 1)), rng.normal(size=(n, 2)), np.full(n, -1))
    K = matern(distances(points.C, points.C), nu) + 1e-8 * np.eye(n)
    y = np.linalg.cholesky(K) @ rng.standard_normal(n) + 0.02 * rng.standard_normal(n)
    assert fit_smoothness(Layout("structured", 1, False), points, y, laplace=False)[1] == nu


def test_a_smooth_model_is_kept_and_read_back(tmp_path: Path) -> None:
    own = svc_data(3, side=6)[0]
    model = fit_gp(own, nu=float("inf"), restarts=0, draws=1, max_iterations=10)
    save_gp(model, tmp_path / "m.npz")
    again = load_gp(tmp_path / "m.npz")
    assert np.isinf(again.nu)
    np.testing.assert_allclose(
        again.predict(own.X, own.places).mean, model.predict(own.X, own.places).mean
    )
