"""Weighted means against the old ones, leaving out by hand, and draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_scoring.aggregation import mean_score
from nlp_scoring.intensity.means import ratio_means, standard_errors

if TYPE_CHECKING:
    from numpy.typing import NDArray


def sample(
    n: int, n_clusters: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    clusters = np.concatenate([np.arange(n_clusters), rng.integers(0, n_clusters, n - n_clusters)])
    values = rng.normal(size=(n_clusters, 2))[clusters] + rng.normal(size=(n, 2))
    return values, rng.integers(1, 40, n).astype(float), clusters


def leave_one_out(
    values: NDArray[np.float64], weights: NDArray[np.float64], clusters: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Weighted means without each cluster in turn, from scratch."""
    keep = [clusters != c for c in np.unique(clusters)]
    return np.array([np.average(values[k], axis=0, weights=weights[k]) for k in keep])


@given(st.integers(0, 10_000), st.integers(2, 40))
def test_equal_weights_give_the_old_means_and_errors(seed: int, n: int) -> None:
    values, _, clusters = sample(n, max(1, n // 3), seed)
    found = ratio_means(values, np.ones(n), np.zeros(n, dtype=np.int64), clusters)
    for d in range(2):
        old = mean_score(values[:, d], clusters)
        got = (
            found.mean[0, d], np.sqrt(found.vcov[0, d, d]), np.sqrt(found.vcov_clustered[0, d, d])
        )  # fmt: skip
        assert got == pytest.approx(
            (old.mean, old.std_error, old.std_error_paragraph), nan_ok=True, rel=1e-9
        )
        assert (found.n[0], found.n_clusters[0]) == (old.n, old.n_clusters)


@given(st.integers(0, 10_000), st.integers(2, 20), st.booleans())
def test_linearised_variance_is_the_jackknife_corrected_for_weight(
    seed: int, n_clusters: int, plain: bool
) -> None:
    """R - R(-c) is residual(c) / (W - W(c)): exact, so any slip in the formula shows."""
    values, weights, clusters = sample(3 * n_clusters, n_clusters, seed)
    found = ratio_means(values, weights, np.zeros(len(values), dtype=np.int64), clusters)
    units = np.arange(len(values)) if plain else clusters
    apart = leave_one_out(values, weights, units) - found.mean[0]
    g = len(apart)
    left = 1 - np.bincount(units, weights=weights) / weights.sum()
    expected = g / (g - 1) * (apart * left[:, None]).T @ (apart * left[:, None])
    got = found.vcov[0] if plain else found.vcov_clustered[0]
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_plain_jackknife_agrees_with_many_clusters() -> None:
    values, weights, clusters = sample(1200, 400, 1)
    found = ratio_means(values, weights, np.zeros(1200, dtype=np.int64), clusters)
    left_out = leave_one_out(values, weights, clusters)
    spread = left_out - left_out.mean(axis=0)
    jackknife = 399 / 400 * (spread**2).sum(axis=0)
    # They differ by terms of order 1/g (Cochran 1977, 6.17).
    assert np.diag(found.vcov_clustered[0]) == pytest.approx(jackknife, rel=0.02)


def test_errors_are_those_of_repeated_draws() -> None:
    """2,000 reports of 60 paragraphs: the mean of the variances is the variance of the means."""
    rng = np.random.default_rng(4)
    r, g, m = 2000, 60, 3
    groups = np.repeat(np.arange(r), g * m)
    clusters = np.tile(np.repeat(np.arange(g), m), r)
    topic = np.repeat(rng.normal(size=r * g), m)
    values = (topic + rng.normal(size=len(topic)))[:, None]
    weights = rng.integers(5, 40, len(topic)).astype(float)
    found = ratio_means(values, weights, groups, clusters)
    truth = found.mean[:, 0].var(ddof=1)
    # The variance of 2,000 draws is known to 3.2 %; the plain error ignores the common topic.
    assert found.vcov_clustered[:, 0, 0].mean() == pytest.approx(truth, rel=0.08)
    assert found.vcov[:, 0, 0].mean() < 0.7 * truth


@given(st.integers(0, 1000))
def test_groups_do_not_touch_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = np.concatenate([np.arange(4), rng.integers(0, 4, 40)])
    values, weights, clusters = sample(44, 5, seed)
    whole = ratio_means(values, weights, groups, clusters)
    for r in range(4):
        own = groups == r
        alone = ratio_means(
            values[own], weights[own], np.zeros(own.sum(), dtype=np.int64), clusters[own]
        )
        for name in ("mean", "vcov", "vcov_clustered"):
            got, expected = getattr(whole, name)[r], getattr(alone, name)[0]
            assert got == pytest.approx(expected, nan_ok=True, rel=1e-9, abs=1e-14)


def test_a_single_sentence_has_no_error() -> None:
    found = ratio_means(np.ones((1, 1)), np.ones(1), np.zeros(1, dtype=np.int64), np.zeros(1, int))
    assert found.mean.item() == 1
    assert np.isnan(found.vcov).all()
    assert np.isnan(found.vcov_clustered).all()


@given(st.integers(0, 1000), st.floats(-3, 3), st.floats(-3, 3))
def test_error_of_a_combination_is_that_of_combined_values(seed: int, a: float, b: float) -> None:
    values, weights, clusters = sample(30, 9, seed)
    zero = np.zeros(30, dtype=np.int64)
    coefficients = np.array([a, b])
    apart = ratio_means(values, weights, zero, clusters)
    joined = ratio_means((values @ coefficients)[:, None], weights, zero, clusters)
    for name in ("vcov", "vcov_clustered"):
        got = standard_errors(getattr(apart, name), coefficients)[0]
        assert got == pytest.approx(np.sqrt(getattr(joined, name)[0, 0, 0]), rel=1e-6, abs=1e-7)
