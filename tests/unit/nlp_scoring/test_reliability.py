"""Krippendorff's alpha: the published example, a peer package, degenerate cases."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest

from nlp_scoring.reliability import alpha_interval, coincidences, ordinal_alpha

#: Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section C: four observers.
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
).T  # 0: missing


def test_the_published_example() -> None:
    alpha = float(ordinal_alpha(coincidences(PUBLISHED - 1, 5).sum(0)))
    assert alpha == pytest.approx(0.8153875, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_krippendorff_package(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, size=200)
    noise = rng.integers(-1, 2, size=(200, 3)) * (rng.random((200, 3)) < 0.3)
    ratings = np.clip(truth[:, None] + noise, 0, 3)
    ratings[rng.random((200, 3)) < 0.2] = -1
    theirs = np.where(ratings < 0, np.nan, ratings).T
    expected = krippendorff.alpha(
        reliability_data=theirs, level_of_measurement="ordinal", value_domain=[0, 1, 2, 3]
    )
    assert float(ordinal_alpha(coincidences(ratings, 4).sum(0))) == pytest.approx(
        expected, abs=1e-12
    )


def test_interval_resamples_reports() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 4, size=300)
    ratings = np.column_stack(
        [truth, np.where(rng.random(300) < 0.8, truth, rng.integers(0, 4, 300))]
    )
    reports = [f"r{i % 30}" for i in range(300)]
    found = alpha_interval(ratings, reports, n_levels=4, draws=500, seed=0)
    assert found.conf_low < found.estimate < found.conf_high
    assert found == alpha_interval(ratings, reports, n_levels=4, draws=500, seed=0)


def test_nothing_to_agree_about_is_not_a_number() -> None:
    same = np.zeros((10, 2), dtype=np.int64)
    assert np.isnan(alpha_interval(same, ["r"] * 10, n_levels=4, draws=10).estimate)
    assert np.isnan(alpha_interval(np.empty((0, 2), dtype=np.int64), [], n_levels=4).estimate)
    lonely = np.array([[1, -1], [2, -1]])
    assert np.isnan(alpha_interval(lonely, ["a", "b"], n_levels=4, draws=10).estimate)
