"""Statistics against an independent computation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score

from nlp_scoring.agreement import (
    confusion_by_group,
    exact_agreement,
    interval,
    macro_f1,
    ratio,
    weighted_kappa,
)
from nlp_scoring.evaluation import evaluate_dimension
from nlp_scoring.ordinal import Predictions
from nlp_scoring.validation import region_folds


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=60))
def test_kappa_and_f1_equal_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs).T
    groups = [str(i % 3) for i in range(len(a))]
    confusion = confusion_by_group(a, b, groups, 4).sum(0)
    if len(set(a) | set(b)) > 1:
        expected = cohen_kappa_score(a, b, weights="quadratic", labels=[0, 1, 2, 3])
        assert weighted_kappa(confusion) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    labels = sorted(set(a) | set(b))
    assert macro_f1(confusion) == pytest.approx(f1_score(a, b, average="macro", labels=labels))
    assert exact_agreement(confusion) == pytest.approx((a == b).mean())


def test_constant_raters_have_no_kappa() -> None:
    assert np.isnan(
        weighted_kappa(confusion_by_group(np.zeros(5, int), np.zeros(5, int), ["a"] * 5, 4).sum(0))
    )


def test_interval_widens_with_dependence() -> None:
    rng = np.random.default_rng(1)
    effect = np.repeat(rng.normal(size=40), 25)
    values = effect + 0.1 * rng.normal(size=1000)

    def width(groups: np.ndarray) -> float:
        _, index = np.unique(groups, return_inverse=True)
        sums = np.column_stack([np.bincount(index, weights=values), np.bincount(index)])
        e = interval(ratio, sums, draws=500, seed=0)
        return e.conf_high - e.conf_low

    assert width(np.repeat(np.arange(40), 25)) > 3 * width(np.arange(1000))


def test_interval_covers_the_mean_of_reports() -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for seed in range(100):
        sums = np.column_stack([rng.normal(size=50) * 10, np.full(50, 10.0)])
        e = interval(ratio, sums, draws=300, seed=seed)
        hits += e.conf_low <= 0 <= e.conf_high
    assert 88 <= hits <= 99


def test_perfect_predictions() -> None:
    truth = np.tile([0, 1, 2, 3], 20)
    exceed = (truth[:, None] > np.arange(3)[None, :]).astype(float)[:, None, :]
    quality = evaluate_dimension(
        "d", truth, Predictions(exceed, "m"), 0, [str(i // 20) for i in range(80)]
    )
    assert quality.metrics["qwk"].estimate == 1
    assert quality.metrics["mae"].estimate == 0
    assert quality.metrics["ece"].estimate == 0
    assert quality.recall == {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0}


@given(
    st.lists(st.sampled_from("甲乙丙丁戊己庚"), min_size=10, max_size=80),
    st.integers(2, 5),
    st.integers(0, 9),
)
def test_regions_stay_whole(regions: list[str], folds: int, seed: int) -> None:
    fold = region_folds(regions, folds, seed)
    assert {
        r: len({f for f, x in zip(fold, regions, strict=True) if x == r}) for r in regions
    } == dict.fromkeys(regions, 1)
    assert np.array_equal(fold, region_folds(regions, folds, seed))
