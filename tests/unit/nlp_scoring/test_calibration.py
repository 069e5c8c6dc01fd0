"""Lines on logits and level sets: on SIMULATED chances whose truth is known, and on the shipped model."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import UserError
from configs.paths import BERT_MODEL, LABELS
from corpus.rubric import load_rubric
from nlp_scoring.bert.out_of_fold import read_out_of_fold
from nlp_scoring.calibration import (
    Calibration,
    conditional_logits,
    cross_fitted,
    fit_calibration,
    fit_sets,
    level_chances,
)
from nlp_scoring.labels import read_labels
from nlp_scoring.model_cli import calibrate

if TYPE_CHECKING:
    from pathlib import Path

RUBRIC = load_rubric()


def simulated(n: int, slope: float, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """SIMULATED: levels drawn from known chances, which need such a line to be right."""
    rng = np.random.default_rng(0)
    exceed = np.cumprod(rng.beta(0.8, 0.8, (n, 1, 3)), axis=2)
    chances = level_chances(exceed)[:, 0]
    truth = (rng.random(n)[:, None] > chances.cumsum(axis=1)).sum(axis=1)[:, None]
    wrong = Calibration(np.full((1, 3), 1 / slope), np.full((1, 3), -shift / slope))
    return wrong.apply(exceed), truth


def test_the_line_that_was_there_is_found() -> None:
    exceed, truth = simulated(20_000, slope=0.5, shift=-0.4)
    found = fit_calibration(exceed, truth)
    np.testing.assert_allclose(found.slope, 0.5, rtol=0.08)
    np.testing.assert_allclose(found.shift, -0.4, atol=0.08)
    gap = found.apply(exceed).sum(axis=2) - truth
    assert abs(gap.mean()) < 0.01 < abs((exceed.sum(axis=2) - truth).mean())


def test_the_line_is_that_of_logistic_regression() -> None:
    from sklearn.linear_model import LogisticRegression

    exceed, truth = simulated(3_000, slope=0.6, shift=0.3)
    found = fit_calibration(exceed, truth)
    logits = conditional_logits(exceed)
    for k in range(3):
        asked = truth[:, 0] >= k
        plain = LogisticRegression(C=1e6).fit(logits[asked, 0, k][:, None], truth[asked, 0] > k)
        assert found.slope[0, k] == pytest.approx(plain.coef_[0, 0], rel=0.03)
        assert found.shift[0, k] == pytest.approx(plain.intercept_[0], abs=0.03)


def test_a_level_that_nobody_used_leaves_a_line_of_finite_numbers() -> None:
    exceed, truth = simulated(400, slope=0.8)
    found = fit_calibration(exceed, np.minimum(truth, 1))
    np.testing.assert_array_equal(found.slope[0, 2], 1.0)  # no sentence was asked
    assert found.shift[0, 1] < -1.0  # 1 is the highest, so 2 is unlikely
    assert np.isfinite(found.slope).all()


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=5),
    st.floats(0.3, 3.0),
    st.floats(-2.0, 2.0),
)
def test_calibrating_keeps_chances_falling_and_turns_back(
    rows: list[list[float]], slope: float, shift: float
) -> None:
    exceed = np.cumprod(np.array(rows)[:, None, :], axis=2)
    there = Calibration(np.full((1, 3), slope), np.full((1, 3), shift)).apply(exceed)
    assert (np.diff(there, axis=2) <= 1e-12).all()
    back = Calibration(np.full((1, 3), 1 / slope), np.full((1, 3), -shift / slope)).apply(there)
    inner = np.abs(conditional_logits(exceed)).max(axis=(1, 2)) < 2
    np.testing.assert_allclose(back[inner], exceed[inner], atol=1e-5)


def test_each_fold_is_calibrated_by_the_others() -> None:
    exceed, truth = simulated(600, slope=0.5, shift=-1.0)
    fold, rows = np.arange(600) % 3, np.ones(600, dtype=bool)
    found = cross_fitted(exceed, truth, fold, rows)
    other = truth.copy()
    other[fold == 1] = 3  # what a fold says itself must not count for it
    again = cross_fitted(exceed, other, fold, rows)
    np.testing.assert_array_equal(found[fold == 1], again[fold == 1])
    assert (found[fold == 0] != again[fold == 0]).any()


def test_sets_hold_nine_in_ten_of_every_level() -> None:
    exceed, truth = simulated(40_000, slope=0.8)
    fitted, later = fit_sets(exceed[:20_000], truth[:20_000]), exceed[20_000:]
    typical = (level_chances(later) >= fitted.threshold)[:, 0]
    for level in range(4):
        rows = truth[20_000:, 0] == level
        assert typical[rows, level].mean() == pytest.approx(0.9, abs=0.035)  # 4 s.e.
    assert (fitted.sets(later)[:, 0] >= typical).all()  # filled holes can only add


def test_sets_have_no_holes() -> None:
    exceed, truth = simulated(2_000, slope=1.0)
    inside = fit_sets(exceed, truth).sets(exceed)[:, 0].astype(int)
    turns = np.abs(np.diff(inside, axis=1)).sum(axis=1) + inside[:, 0] + inside[:, -1]
    assert (turns <= 2).all()


def test_the_shipped_model_is_calibrated_on_what_is_shipped(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BERT_MODEL, folder)
    shipped = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(
        json.dumps(shipped | {"calibration": {}, "temperature": [9.0] * 3})
    )
    calibrate(model=folder, labels=LABELS, coverage=0.9)
    assert json.loads((folder / "model.json").read_text()) == shipped


def test_labels_that_the_model_does_not_know_are_refused(tmp_path: Path) -> None:
    labels = read_labels(LABELS, RUBRIC).head(3)
    new = labels.assign(sentence_key=["new", "a", "b"], text=labels["text"] + "（新）")
    with pytest.raises(UserError, match="no out-of-fold prediction for the sentence 'new'"):
        read_out_of_fold(BERT_MODEL, new, RUBRIC)
    renamed = read_out_of_fold(BERT_MODEL, labels.assign(sentence_key=["new", "a", "b"]), RUBRIC)
    own = read_out_of_fold(BERT_MODEL, labels, RUBRIC)
    np.testing.assert_array_equal(renamed.raw.exceed, own.raw.exceed)
    with pytest.raises(UserError, match="has no out-of-fold predictions"):
        read_out_of_fold(tmp_path, labels, RUBRIC)
