"""Composites: known weights, invariances, and errors of the sentences' own combination."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import UserError
from econometrics import weighting
from nlp_scoring.aggregation import mean_score
from nlp_scoring.intensity.composite import (
    Method,
    composite_rows,
    composite_weights,
    describe,
    entropy_weights,
)
from nlp_scoring.intensity.reports import measure_sentences, report_means
from nlp_scoring.intensity.variants import Variant
from tests.unit.nlp_scoring.intensity.conftest import DIMENSIONS, Tables

if TYPE_CHECKING:
    from numpy.typing import NDArray


def matrix(seed: int, r: int = 12) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return rng.gamma(2.0, 1.0, size=(r, 3)) + rng.random(r)[:, None]


@given(st.integers(0, 10_000), st.integers(2, 40))
def test_entropy_weights_are_those_of_econometrics(seed: int, r: int) -> None:
    x = matrix(seed, r)
    z = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    weights = entropy_weights(x)
    assert weights == pytest.approx(weighting.entropy_weights(z).weights, rel=1e-9)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()


@given(st.integers(0, 10_000), st.floats(0.1, 50), st.floats(0, 10))
def test_entropy_weights_know_neither_unit_nor_origin(seed: int, unit: float, at: float) -> None:
    x = matrix(seed)
    moved = x * np.array([1.0, unit, 1.0]) + np.array([0.0, 0.0, at])
    assert entropy_weights(moved) == pytest.approx(entropy_weights(x), rel=1e-6)
    assert entropy_weights(x[::-1]) == pytest.approx(entropy_weights(x))


def test_entropy_by_hand() -> None:
    """Shares (1, 0, 0) have entropy 0 with 0 ln 0 = 0; (0, 1/2, 1/2) have ln 2 / ln 3."""
    x = np.array([[3.0, 0.0, 1.0], [1.0, 2.0, 1.0], [1.0, 2.0, 1.0]])
    parts = np.array([1.0, 1 - np.log(2) / np.log(3), 0.0])
    assert entropy_weights(x) == pytest.approx(parts / parts.sum())
    assert entropy_weights(np.ones((3, 3))) == pytest.approx(np.full(3, 1 / 3))
    noise = np.full((3, 2), 0.1) + np.array([[0, 0], [0, 1e-17], [1.0, 1.4e-17]])
    assert entropy_weights(noise) == pytest.approx([1, 0])


@given(st.integers(0, 10_000), st.integers(3, 40))
def test_component_is_the_direction_of_greatest_variance(seed: int, r: int) -> None:
    x = matrix(seed, r)
    found = composite_weights(x, "pca")
    index = x @ found.coefficients + found.constant
    z = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    assert index == pytest.approx(z @ found.loadings, abs=1e-9)
    assert index.mean() == pytest.approx(0, abs=1e-9)
    assert index.var(ddof=1) == pytest.approx(found.variance)
    assert found.loadings.sum() > 0 or found.loadings.sum() == pytest.approx(0, abs=1e-8)
    assert (found.loadings**2).sum() == pytest.approx(1)
    values = np.linalg.svd(z, compute_uv=False) ** 2 / (r - 1)
    assert found.variance == pytest.approx(values[0])
    assert found.share == pytest.approx(values[0] / 3)
    others = np.random.default_rng(seed).normal(size=(50, 3))
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert ((z @ others.T).var(axis=0, ddof=1) <= found.variance + 1e-9).all()


@given(st.integers(0, 1000), st.floats(0.1, 50), st.floats(-10, 10))
def test_component_knows_neither_unit_nor_origin(seed: int, unit: float, at: float) -> None:
    x = matrix(seed)
    values, y = np.linalg.eigvalsh(np.corrcoef(x.T)), x * np.array([1.0, unit, 1.0]) + at
    if values[-1] - values[-2] < 0.05:  # two directions of equal variance: neither is the first
        return
    first, second = (m @ w.coefficients + w.constant for m, w in
                     ((x, composite_weights(x, "pca")), (y, composite_weights(y, "pca"))))  # fmt: skip
    assert second == pytest.approx(first, abs=1e-6)


def test_component_where_a_dimension_stands_still_or_two_oppose() -> None:
    x = matrix(3)
    x[:, 1] = 0.7
    found = composite_weights(x, "pca")
    assert found.loadings[1] == found.coefficients[1] == 0
    opposed = np.column_stack([x[:, 0], -x[:, 0]])
    loadings = composite_weights(opposed, "pca").loadings
    assert loadings == pytest.approx([np.sqrt(0.5), -np.sqrt(0.5)])


@pytest.mark.parametrize(
    ("x", "method", "message"),
    [
        (matrix(0, 1), "entropy", "entropy weights need at least 2 region-years, not 1"),
        (matrix(0, 1), "pca", "pca weights need at least 2"),
        (np.ones((4, 3)), "pca", "no dimension varies"),
    ],
)
def test_too_little_to_weigh_by(x: NDArray[np.float64], method: Method, message: str) -> None:
    with pytest.raises(UserError, match=message):
        composite_weights(x, method)


@pytest.mark.parametrize("method", ["mean", "entropy", "pca"])
def test_composite_is_the_mean_of_each_sentences_own(tables: Tables, method: Method) -> None:
    """With weights held fixed the delta method is exact: combine each sentence, then average."""
    measured = measure_sentences(tables.scores, tables.sentences, Variant(), dimensions=DIMENSIONS)
    found = report_means(measured)
    weights = composite_weights(found.means.mean, method)
    rows = composite_rows(found, weights)
    combined = measured.score @ weights.coefficients + weights.constant
    for row in rows.itertuples():
        own = (measured.sentences["report_id"] == row.report_id).to_numpy()
        paragraphs = measured.sentences["paragraph"].to_numpy()[own]
        expected = mean_score(combined[own], paragraphs)
        assert row.dimension == "composite"
        assert row.intensity == pytest.approx(expected.mean)
        assert row.std_error == pytest.approx(expected.std_error)
        assert row.std_error_paragraph == pytest.approx(expected.std_error_paragraph)
    line = describe(weights, DIMENSIONS)
    assert line.startswith(f"composite {method}: ")
    assert f"s {weights.loadings[0]:.4f}" in line
    assert "holds them fixed" in line


def test_mean_composite_of_one_report() -> None:
    weights = composite_weights(np.array([[1.0, 2.0, 6.0]]), "mean")
    assert float(np.array([1.0, 2.0, 6.0]) @ weights.coefficients) == pytest.approx(3)
