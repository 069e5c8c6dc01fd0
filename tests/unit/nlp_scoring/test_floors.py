"""The quality gate, and `zhengce evaluate` with each scorer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import typer

from configs.errors import UserError
from configs.paths import BERT_MODEL, LABELS
from corpus.rubric import load_rubric
from nlp_scoring.agreement import Estimate
from nlp_scoring.bert.judged import judge
from nlp_scoring.evaluate_cli import evaluate
from nlp_scoring.evaluation import DimensionQuality
from nlp_scoring.floors import breaches, new_floors, read_floors
from nlp_scoring.labels import read_labels

if TYPE_CHECKING:
    from pathlib import Path

RUBRIC = load_rubric()


def quality(qwk: float, mae: float) -> DimensionQuality:
    values = {"qwk": qwk, "mae": mae, "macro_f1": 0.8, "ece": 0.02}
    metrics = {k: Estimate(v, v, v) for k, v in values.items()}
    return DimensionQuality("d", metrics, {}, np.zeros((4, 4)), 9, 3)


def test_a_floor_is_missed_on_its_own_side() -> None:
    floors = {"d": {"qwk": 0.9, "mae": 0.1}}
    assert breaches([quality(0.9, 0.1)], floors) == []
    assert [b.metric for b in breaches([quality(0.89, 0.1)], floors)] == ["qwk"]
    assert breaches([quality(0.9, 0.11)], floors)[0].line() == "d mae 0.1100 is above 0.1000"
    assert [b.metric for b in breaches([quality(float("nan"), 0.1)], floors)] == ["qwk"]


def test_floors_go_up_by_themselves_and_down_only_when_told() -> None:
    first = new_floors([quality(0.9, 0.1)], {}, may_lower=False)
    assert first["d"]["qwk"] == pytest.approx(0.895)
    assert first["d"]["mae"] == pytest.approx(0.105)
    better = new_floors([quality(0.95, 0.05)], first, may_lower=False)
    assert better["d"]["qwk"] == pytest.approx(0.945)
    # Within the margin nothing moves down.
    assert new_floors([quality(0.946, 0.05)], better, may_lower=False) == better
    with pytest.raises(UserError, match="would lower the floor"):
        new_floors([quality(0.9, 0.05)], better, may_lower=False)
    assert new_floors([quality(0.9, 0.05)], better, may_lower=True)["d"]["qwk"] < 0.945


@pytest.mark.parametrize("text", ["{", "[1]", '{"d": {"qwk": "x"}}', '{"d": {"kappa": 1}}'])
def test_what_is_no_floors_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(UserError, match=r"is no floors file|unknown metric 'kappa'"):
        read_floors(tmp_path / "f.json")


def test_the_shipped_model_holds_its_floors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = BERT_MODEL / "floors.json"
    options = {"labels": LABELS, "scorer": "bert", "model": BERT_MODEL, "folds": 5, "seed": 0,
               "set_floors": False, "lower_floors": False, "report": None, "format": "json"}  # fmt: skip
    evaluate(floors=shipped, **options)
    answer = json.loads(capsys.readouterr().out)
    assert answer["scheme"] == "7530 sentences out of fold over regions"
    row = answer["dimensions"]["sci_tech_talent"]
    assert set(row["qwk"]) == {"estimate", "conf_low", "conf_high"}
    assert {"qwk", "mae", "spearman", "macro_f1", "ece", "n", "document_spearman"} <= set(row)
    high = tmp_path / "high.json"
    high.write_text('{"sci_tech_talent": {"qwk": 0.99}}')
    with pytest.raises(typer.Exit) as stopped:
        evaluate(floors=high, **options)
    assert stopped.value.exit_code == 1


def test_new_sentences_are_scored_and_known_ones_are_not() -> None:
    labels = read_labels(LABELS, RUBRIC).head(4)
    new = labels.assign(text=labels["text"] + "我们要新建5G基站1万个。", sentence_key="x")
    found = judge(pd.concat([labels, new], ignore_index=True), BERT_MODEL, RUBRIC)
    assert (found.n_out_of_fold, found.n_scored) == (4, 4)
    known = judge(labels, BERT_MODEL, RUBRIC).predictions.exceed
    np.testing.assert_array_equal(found.predictions.exceed[:4], known)
    assert (found.predictions.level[4:, 1] >= 2).all()


def test_cue_words_are_measured_too(capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(labels=LABELS, scorer="cues", model=BERT_MODEL, folds=5, seed=0, floors=None,
             set_floors=False, lower_floors=False, report=None, format="json")  # fmt: skip
    found = json.loads(capsys.readouterr().out)["dimensions"]
    assert all(0 < row["qwk"]["estimate"] < 0.75 for row in found.values())
