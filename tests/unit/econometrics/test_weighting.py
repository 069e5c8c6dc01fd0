"""Weights, normalisation and the composite: against independent computation, and their invariances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.panel import decimal_entropy
from configs.errors import UserError
from econometrics.composite import Conventions, build_composite, normalise, rank_stability
from econometrics.ranks import rank_agreement
from econometrics.weighting import METHODS, entropy_weights, weigh

UNIT = st.floats(0, 1).map(lambda x: round(x, 6))
TABLES = st.integers(1, 5).flatmap(
    lambda k: st.integers(3, 12).flatmap(lambda n: arrays(np.float64, (n, k), elements=UNIT))
)


@given(TABLES)
@settings(max_examples=60)
def test_weights_sum_to_one_and_ignore_row_order(z: np.ndarray) -> None:
    order = np.random.default_rng(0).permutation(len(z))
    for method in METHODS:
        found = weigh(z, method)
        assert found.weights.sum() == pytest.approx(1)
        assert (found.weights >= 0).all()
        assert weigh(z[order], method).weights == pytest.approx(found.weights, abs=1e-7)


@given(arrays(np.float64, (8, 3), elements=st.floats(0.01, 1)))
@settings(max_examples=40)
def test_entropy_equals_decimals(z: np.ndarray) -> None:
    if (np.ptp(z, axis=0) < 0.05).any():
        return
    assert entropy_weights(z).weights == pytest.approx(decimal_entropy(z), abs=1e-10)


def test_entropy_by_hand() -> None:
    # Shares (1/4, 3/4) and (1/2, 1/2): entropies H(1/4)/ln 2 and 1.
    z = np.array([[0.25, 0.5], [0.75, 0.5]])
    e = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75)) / math.log(2)
    found = entropy_weights(z)
    assert found.information == pytest.approx([e, 1.0], abs=1e-15)
    assert found.weights == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("shift", [0.0, 1e-4, 1e-2])
def test_zero_shift_is_a_convention(shift: float) -> None:
    z = np.array([[0.0, 0.2], [0.5, 0.3], [1.0, 0.9]])
    expected = decimal_entropy(z + shift)
    assert entropy_weights(z, zero_shift=shift).weights == pytest.approx(expected, abs=1e-12)


def test_constant_indicators_weigh_nothing() -> None:
    z = np.array([[0.0, 0.1], [0.0, 0.9], [0.0, 0.5]])
    for method in ("entropy", "critic", "pca"):
        assert weigh(z, method).weights == pytest.approx([0, 1])
    assert entropy_weights(np.zeros((4, 3))).weights == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(
    "z", [np.array([[0.1], [1.2]]), np.array([[np.nan], [0.5]]), np.zeros((1, 2))]
)
def test_weights_refuse_what_is_not_normalised(z: np.ndarray) -> None:
    with pytest.raises(UserError, match="weights need"):
        weigh(z, "entropy")


@given(st.floats(0.1, 1000), st.floats(-1000, 1000), st.sampled_from(["pooled", "per_year"]))
@settings(max_examples=40)
def test_affine_rescaling_changes_nothing(scale: float, shift: float, scope: str) -> None:
    rng = np.random.default_rng(5)
    x = {"a": rng.random((6, 4)) * 9, "b": rng.random((6, 4))}
    ways = {"a": "positive", "b": "negative"}
    how = Conventions(normalise=scope, weights=scope)  # type: ignore[arg-type]
    one = build_composite(x, ways, conventions=how)  # type: ignore[arg-type]
    other = build_composite({"a": x["a"] * scale + shift, "b": x["b"]}, ways, conventions=how)  # type: ignore[arg-type]
    for method in METHODS:
        assert other.values[method] == pytest.approx(one.values[method], abs=1e-9)


def test_direction_flips() -> None:
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    up, down = (normalise(x, direction=d).z for d in ("positive", "negative"))
    assert up + down == pytest.approx(np.ones((2, 2)))
    flipped = build_composite({"a": -x, "b": x}, {"a": "negative", "b": "positive"})
    plain = build_composite({"a": x, "b": x}, {"a": "positive", "b": "positive"})
    assert flipped.main == pytest.approx(plain.main)


def test_per_year_normalisation_forgets_levels() -> None:
    x = np.array([[1.0, 101.0], [2.0, 102.0], [3.0, 103.0]])
    per_year = normalise(x, scope="per_year").z
    assert per_year[:, 0] == pytest.approx(per_year[:, 1])
    assert normalise(x).z[:, 0].max() < 0.1


def test_rows_complete_or_available() -> None:
    x = {
        "a": np.array([[0.0], [1.0], [0.5], [0.2]]),
        "b": np.array([[0.0], [1.0], [0.1], [np.nan]]),
    }
    ways = {"a": "positive", "b": "positive"}
    complete = build_composite(x, ways)  # type: ignore[arg-type]
    assert np.isnan(complete.main[3, 0])
    available = build_composite(x, ways, conventions=Conventions(rows="available"))  # type: ignore[arg-type]
    assert available.main[3, 0] == pytest.approx(0.2)
    assert available.main[:3] == pytest.approx(complete.main[:3])
    assert available.n_available[:, 0].tolist() == [2, 2, 2, 1]
    assert np.nansum(complete.contributions, axis=0)[:3] == pytest.approx(complete.main[:3])


def test_no_complete_row_is_refused() -> None:
    x = {"a": np.array([[1.0], [np.nan]]), "b": np.array([[np.nan], [1.0]])}
    with pytest.raises(UserError, match="no two rows have all indicators"):
        build_composite(x, {"a": "positive", "b": "positive"})


def test_ranks_agree_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(2)
    for n in (2, 3, 12, 500):
        a, b = rng.integers(0, 9, n).astype(float), rng.normal(size=n)
        found = rank_agreement(a, b)
        assert found.spearman == pytest.approx(stats.spearmanr(a, b).statistic)
        assert found.kendall == pytest.approx(stats.kendalltau(a, b).statistic)


def test_rank_stability_lists_each_pair_once() -> None:
    rng = np.random.default_rng(1)
    x = {name: rng.random((9, 2)) for name in "abc"}
    found = rank_stability(build_composite(x, dict.fromkeys("abc", "positive")), (2020, 2021))  # type: ignore[arg-type]
    assert len(found) == 2 * 6
    assert found["spearman"].between(-1, 1).all()
