"""Temperatures and level sets: on SIMULATED chances whose truth is known, and on the shipped model."""

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
    conditional_logits,
    fit_sets,
    fit_temperature,
    level_chances,
    tempered,
)
from nlp_scoring.labels import read_labels
from nlp_scoring.model_cli import calibrate

if TYPE_CHECKING:
    from pathlib import Path

RUBRIC = load_rubric()


def simulated(n: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """SIMULATED: levels drawn from known chances, which are then reported too sharply."""
    rng = np.random.default_rng(0)
    exceed = np.cumprod(rng.beta(0.8, 0.8, (n, 1, 3)), axis=2)
    chances = level_chances(exceed)[:, 0]
    truth = (rng.random(n)[:, None] > chances.cumsum(axis=1)).sum(axis=1)[:, None]
    return tempered(exceed, np.array([1 / sharpness])), truth


def test_half_the_way_to_the_temperature_that_was_there() -> None:
    exceed, truth = simulated(20_000, sharpness=2.0)
    assert fit_temperature(exceed, truth)[0] == pytest.approx(np.sqrt(2.0), rel=0.03)


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=5),
    st.floats(0.3, 5.0),
)
def test_tempering_keeps_chances_falling_and_turns_back(rows: list[list[float]], t: float) -> None:
    exceed = np.cumprod(np.array(rows)[:, None, :], axis=2)
    soft = tempered(exceed, np.array([t]))
    assert (np.diff(soft, axis=2) <= 1e-12).all()
    back = tempered(soft, np.array([1 / t]))
    inner = np.abs(conditional_logits(exceed)).max(axis=(1, 2)) < 2
    np.testing.assert_allclose(back[inner], exceed[inner], atol=1e-6)


def test_sets_hold_nine_in_ten_of_every_level() -> None:
    exceed, truth = simulated(40_000, sharpness=1.3)
    fitted, later = fit_sets(exceed[:20_000], truth[:20_000]), exceed[20_000:]
    typical = (level_chances(later) >= fitted.threshold)[:, 0]
    for level in range(4):
        rows = truth[20_000:, 0] == level
        assert typical[rows, level].mean() == pytest.approx(0.9, abs=0.035)  # 4 s.e.
    assert (fitted.sets(later)[:, 0] >= typical).all()  # filled holes can only add


def test_sets_have_no_holes() -> None:
    exceed, truth = simulated(2_000, sharpness=1.0)
    inside = fit_sets(exceed, truth).sets(exceed)[:, 0].astype(int)
    turns = np.abs(np.diff(inside, axis=1)).sum(axis=1) + inside[:, 0] + inside[:, -1]
    assert (turns <= 2).all()


def test_the_shipped_model_is_calibrated_on_what_is_shipped(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BERT_MODEL, folder)
    shipped = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(shipped | {"temperature": [9.0] * 3}))
    calibrate(model=folder, labels=LABELS, coverage=0.9)
    assert json.loads((folder / "model.json").read_text()) == shipped


def test_labels_that_the_model_does_not_know_are_refused(tmp_path: Path) -> None:
    labels = read_labels(LABELS, RUBRIC).head(3)
    with pytest.raises(UserError, match="no out-of-fold prediction for the sentence 'new'"):
        read_out_of_fold(BERT_MODEL, labels.assign(sentence_key=["new", "a", "b"]), RUBRIC)
    with pytest.raises(UserError, match="has no out-of-fold predictions"):
        read_out_of_fold(tmp_path, labels, RUBRIC)
