"""Surfaces of local associations: their values, where they are drawn, what is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.gp.model import fit_gp
from ml.surface_figure import surface_figure
from ml.surfaces import in_china, inside_china, local_surfaces
from tests.unit.ml.test_fits import sample, simulated


@pytest.fixture(scope="module")
def fitted():
    own = sample(simulated(90))
    return own, fit_gp(own, restarts=0, draws=2, max_iterations=25)


def test_surface_recovers_the_local_association(fitted) -> None:
    _, model = fitted
    found = local_surfaces(model, step=300.0)
    assert found.names == ("a", "b", "geo")
    # The association of a rises from west to east through zero at 109 degrees (x about 350 km).
    row = int(np.argmin(np.abs(found.north - 3700)))
    west, east = (int(np.argmin(np.abs(found.east - x))) for x in (-300, 1100))
    assert found.mean[0, row, west] < -0.2
    assert found.mean[0, row, east] > 0.2
    assert np.isnan(found.mean[0, -1, 0])
    # Uncertainty grows away from the data.
    assert found.std[0][found.inside].max() > 1.5 * found.std[0, row, east]


def test_fast_contrast_is_the_contrast(fitted) -> None:
    from ml.gp.kernels import covariance, distances, matern
    from ml.surfaces import _at, _contrast

    _, model = fitted
    h, C = model.states[0].hyper, model.points.C[:5] + 0.1
    near = matern(distances(C, model.points.C) / h.local_scale, model.nu)
    slow = covariance(h, model.nu, _at(C, 2, 1, 0.5), model.points)
    slow = slow - covariance(h, model.nu, _at(C, 2, 1, -0.5), model.points)
    np.testing.assert_allclose(_contrast(model, h, C, 1, near), slow, atol=1e-12)


def test_contrast_agrees_with_predictions_for_every_kernel() -> None:
    own = sample(simulated(60))
    for kernel in ("structured", "matern", "jiao-tao"):
        model = fit_gp(own, kernel=kernel, restarts=0, draws=0, max_iterations=5)
        found = local_surfaces(model, step=600.0)
        q, p = np.argwhere(found.inside)[3]
        place = np.array([[found.east[p], found.north[q]]] * 2)
        X = np.array([model.centre] * 2)
        X[:, 0] += np.array([-0.5, 0.5]) * model.spread[0]
        low, high = model.predict(X, place).mean
        assert found.mean[0, q, p] == pytest.approx(high - low, abs=1e-8)


def test_china_only(fitted) -> None:
    own, _ = fitted
    assert in_china(own)
    assert not in_china(sample(simulated(), crs="plane"))
    assert not in_china(sample(simulated().assign(lon=lambda d: d.lon - 100)))
    assert inside_china(np.array([[900.0, 3900.0], [2200.0, 2000.0]])).tolist() == [True, False]


def test_figure_marks_what_is_not_determined(fitted, tmp_path: Path) -> None:
    own, model = fitted
    found = local_surfaces(model, step=300.0)
    figure = surface_figure(replace(found, std=found.std * 1e6), own.places, "y")
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert sum("sign sure on 0%" in t for t in titles) == 3
