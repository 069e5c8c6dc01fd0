"""Paired differences against scikit-learn on resamples built row by row."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from nlp_scoring.agreement import resample_weights
from nlp_scoring.comparison import MEAN, compare_kappa
from nlp_scoring.ordinal import Predictions

DIMENSIONS = ("S", "G")


def predictions(levels: np.ndarray) -> Predictions:
    return Predictions((levels[:, :, None] > np.arange(3)).astype(float), "m")


def noisy(truth: np.ndarray, share: float, seed: int) -> Predictions:
    """SIMULATED: the truth with some levels drawn anew."""
    rng = np.random.default_rng(seed)
    other = rng.integers(0, 4, truth.shape)
    return predictions(np.where(rng.random(truth.shape) < share, other, truth))


def simulated(n: int = 240, reports: int = 12) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(7)
    return rng.integers(0, 4, (n, 2)), [f"r{i}" for i in rng.integers(0, reports, n)]


def test_against_brute_force() -> None:
    truth, reports = simulated()
    a, b = noisy(truth, 0.2, 1), noisy(truth, 0.4, 2)
    found = compare_kappa(
        truth, a, b, reports, dimensions=DIMENSIONS, names=("a", "b"), draws=60, seed=3
    )
    names = np.unique(reports)

    def kappas(rows: np.ndarray) -> np.ndarray:
        one = [
            [
                cohen_kappa_score(truth[rows, i], p.level[rows, i], weights="quadratic")
                for i in range(2)
            ]
            for p in (a, b)
        ]
        both = np.array(one)
        return np.column_stack([both, both.mean(axis=1)])

    point = kappas(np.arange(len(truth)))
    members = [np.flatnonzero(np.array(reports) == name) for name in names]
    draws = []
    for weight in resample_weights(len(names), 60, 3):
        rows = np.concatenate([np.tile(m, int(w)) for m, w in zip(members, weight, strict=True)])
        k = kappas(rows.astype(int))
        draws.append(k[0] - k[1])
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    assert found["dimension"].tolist() == ["S", "G", MEAN]
    np.testing.assert_allclose(found["estimate"], point[0])
    np.testing.assert_allclose(found["estimate_against"], point[1])
    np.testing.assert_allclose(found["difference"], point[0] - point[1])
    np.testing.assert_allclose(found["conf_low"], low)
    np.testing.assert_allclose(found["conf_high"], high)
    assert (found["conf_low"] > 0).all()
    assert found[["scorer", "against", "n", "n_reports"]].iloc[0].tolist() == ["a", "b", 240, 12]


def test_a_scorer_equals_itself_and_order_turns_the_sign() -> None:
    truth, reports = simulated()
    a, b = noisy(truth, 0.2, 1), noisy(truth, 0.4, 2)
    options = {"dimensions": DIMENSIONS, "names": ("x", "y"), "draws": 50}
    same = compare_kappa(truth, a, a, reports, **options)
    assert same[["difference", "conf_low", "conf_high"]].eq(0).all(axis=None)
    ab, ba = (compare_kappa(truth, *pair, reports, **options) for pair in ((a, b), (b, a)))
    np.testing.assert_allclose(ab["conf_low"], -ba["conf_high"])


def test_pairing_narrows_the_interval() -> None:
    truth, reports = simulated(1200, 60)
    a = noisy(truth, 0.3, 1)
    b = predictions(np.where(np.arange(1200)[:, None] % 20 == 0, 0, a.level))  # errs with a
    options = {"dimensions": DIMENSIONS, "names": ("a", "b")}
    paired = compare_kappa(truth, a, b, reports, **options).iloc[0]
    unpaired = compare_kappa(truth, a, predictions(np.zeros_like(truth)), reports, **options).iloc[
        0
    ]
    assert paired["conf_high"] - paired["conf_low"] < unpaired["conf_high"] - unpaired["conf_low"]


def test_one_level_only_has_no_kappa() -> None:
    truth, zero = np.zeros((20, 2), dtype=int), predictions(np.zeros((20, 2), dtype=int))
    found = compare_kappa(
        truth, zero, zero, ["a", "b"] * 10, dimensions=DIMENSIONS, names=("x", "y")
    )
    assert found[["difference", "conf_low", "conf_high"]].isna().all(axis=None)


@pytest.mark.parametrize("case", ["reports", "rows", "dimensions", "levels"])
def test_what_does_not_belong_together_is_refused(case: str) -> None:
    truth, reports = simulated(20)
    a = b = noisy(truth, 0.2, 1)
    dimensions = DIMENSIONS
    if case == "reports":
        reports = reports[:-1]
    elif case == "rows":
        b = Predictions(b.exceed[:-1], "m")
    elif case == "dimensions":
        dimensions = (*DIMENSIONS, "T")
    else:
        b = Predictions(b.exceed[:, :, :2], "m")
    with pytest.raises(ValueError, match=r"are needed|numbers of levels"):
        compare_kappa(truth, a, b, reports, dimensions=dimensions, names=("a", "b"))
