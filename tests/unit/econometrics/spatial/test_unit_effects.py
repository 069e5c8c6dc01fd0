"""Impacts by unit: means are the average impacts, errors agree with finite differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from econometrics.spatial import unit_effects
from econometrics.spatial.problems import SpecificationError
from econometrics.spatial.unit_effects import unit_frame, unit_impacts
from tests.unit.econometrics.spatial.test_random_effects import random_panel

if TYPE_CHECKING:
    from typing import Literal


@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sdm", "sem", "sdem"])
def test_means_over_units_are_the_average_impacts(
    model: Literal["ols", "slx", "sar", "sdm", "sem", "sdem"],
) -> None:
    panel = random_panel(3)
    result = panel.fit(model=model, draws=2, tests=False)
    means = unit_frame(panel, result).groupby(["model", "term", "kind"])["estimate"].mean()
    for label, e in (("exact", result.exact), ("lee-yu", result.lee_yu)):
        assert e is not None
        for k, name in enumerate(e.names):
            found = means[f"{model}-{label}", name]
            assert found["direct"] == pytest.approx(e.impacts.direct[k], rel=1e-9)
            assert found["received"] == pytest.approx(e.impacts.indirect[k], rel=1e-9, abs=1e-12)
            assert found["sent"] == pytest.approx(found["received"], rel=1e-9, abs=1e-12)


def test_errors_agree_with_finite_differences() -> None:
    rng = np.random.default_rng(5)
    W = rng.random((9, 9)) * (rng.random((9, 9)) < 0.4)
    np.fill_diagonal(W, 0.0)
    W /= np.maximum(W.sum(axis=1, keepdims=True), 1e-9)
    at = np.array([0.35, 1.2, -0.4])
    root = rng.normal(size=(3, 3))
    cov = root @ root.T / 100

    def values(p: np.ndarray) -> np.ndarray:
        return unit_impacts(W, p[0], p[1], p[2], np.zeros((3, 3))).estimate

    step = 1e-6 * np.eye(3)
    gradient = np.stack([(values(at + s) - values(at - s)) / 2e-6 for s in step])
    wanted = np.sqrt(np.einsum("aij,ab,bij->ij", gradient, cov, gradient))
    np.testing.assert_allclose(unit_impacts(W, *at, cov).std_error, wanted, rtol=1e-6)


def test_without_neighbours_the_direct_impact_is_the_coefficient() -> None:
    cov = np.diag([0.01, 0.04, 0.09])
    found = unit_impacts(np.zeros((4, 4)), 0.5, 2.0, 3.0, cov)
    np.testing.assert_allclose(found.estimate, [[2.0, 0.0, 0.0]] * 4)
    np.testing.assert_allclose(found.std_error, [[0.2, 0.0, 0.0]] * 4)


def test_an_error_model_has_no_spillovers_and_the_error_of_its_coefficient() -> None:
    panel = random_panel(4)
    result = panel.fit(model="sem", draws=2, tests=False)
    frame = unit_frame(panel, result).set_index(["model", "term", "kind"])
    direct = frame.loc[("sem-exact", "a", "direct")]
    np.testing.assert_allclose(direct["std_error"], np.sqrt(result.exact.coef_cov[0, 0]))
    assert (frame.loc[("sem-exact", "a", "received"), "std_error"] == 0).all()


def test_too_many_units_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = random_panel(3)
    result = panel.fit(model="sdm", draws=2, tests=False)
    monkeypatch.setattr(unit_effects, "LARGEST", 5)
    with pytest.raises(SpecificationError, match="12 units are too many"):
        unit_frame(panel, result)
