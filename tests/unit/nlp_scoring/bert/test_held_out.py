"""Labels that a model never saw calibrate it, and what was learnt on them never judges itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from configs.errors import UserError
from configs.paths import BERT_MODEL, LABELS
from corpus.rubric import load_rubric
from nlp_scoring.bert.card import calibration_of, read_card
from nlp_scoring.bert.held_out import calibrate_on
from nlp_scoring.bert.judged import judge
from nlp_scoring.bert.learning import learn
from nlp_scoring.bert.out_of_fold import HELD_OUT, read_out_of_fold
from nlp_scoring.bert.rows import label_passages
from nlp_scoring.bert.runtime import load_bert, score_passages
from nlp_scoring.bert.training import TrainingSettings
from nlp_scoring.calibration import fit_calibration
from nlp_scoring.labels import read_labels
from nlp_scoring.model_cli import calibrate

if TYPE_CHECKING:
    from pathlib import Path

RUBRIC = load_rubric()
SETTINGS = TrainingSettings(epochs=1, batch_size=16)
DIMENSIONS = list(RUBRIC.dimension_ids)


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """Random sentences of several reports, as the file has them."""
    from nlp_scoring.validation import random_rows

    found = read_labels(LABELS, RUBRIC)
    found = found[random_rows(found)].drop_duplicates("text")
    return found.groupby("region").head(12).head(160).reset_index(drop=True)


@pytest.fixture(scope="module")
def model(
    drawn: pd.DataFrame, tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A network that has read the first hundred."""
    out = tmp_path_factory.mktemp("model")
    learn(drawn.head(100), RUBRIC, tiny_encoder, out, SETTINGS)
    return out


def written(labels: pd.DataFrame, path: Path) -> Path:
    labels.to_csv(path, index=False)
    return path


def test_a_copy_is_calibrated_on_what_the_model_never_saw(
    model: Path, drawn: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {p.name: p.read_bytes() for p in model.iterdir()}
    path, copy = written(drawn, tmp_path / "labels.csv"), tmp_path / "copy"
    calibrate(model=model, labels=path, coverage=0.8, out=copy)
    said = capsys.readouterr().err
    assert "100 labels left out: the model has learnt from their sentences" in said
    assert "calibrated on 60 sentences" in said
    assert {p.name: p.read_bytes() for p in model.iterdir()} == before
    fresh = drawn.iloc[100:].reset_index(drop=True)
    plain = score_passages(load_bert(model, RUBRIC), label_passages(fresh)).predictions.exceed
    card = read_card(copy)
    expected = fit_calibration(plain, fresh[DIMENSIONS].to_numpy("int64"))
    assert card["set_coverage"] == 0.8
    np.testing.assert_allclose(calibration_of(card, copy).slope, expected.slope, rtol=2e-3)
    np.testing.assert_allclose(calibration_of(card, copy).shift, expected.shift, atol=2e-3)
    assert load_bert(copy, RUBRIC).model_id != load_bert(model, RUBRIC).model_id
    found = judge(drawn, copy, RUBRIC)
    assert (found.n_out_of_fold, found.n_scored, found.n_learnt) == (0, 160, 100)


def test_what_calibrated_a_model_is_judged_by_the_other_folds(
    model: Path, drawn: pd.DataFrame, tmp_path: Path
) -> None:
    fresh = drawn.iloc[100:].reset_index(drop=True)
    path, copy = written(fresh, tmp_path / "labels.csv"), tmp_path / "copy"
    calibrate(model=model, labels=path, out=copy)
    kept = read_out_of_fold(copy, fresh, RUBRIC, name=HELD_OUT)
    assert len(set(zip(fresh["region"], kept.fold, strict=True))) == fresh["region"].nunique()
    assert len(set(kept.fold)) == 5
    np.testing.assert_array_equal(
        judge(fresh, copy, RUBRIC).predictions.exceed, kept.calibrated.exceed
    )
    # A label that says the opposite must not move the chances of its own fold.
    other = fresh.copy()
    other.loc[kept.fold == 1, DIMENSIONS] = 3 - other.loc[kept.fold == 1, DIMENSIONS]
    again = read_out_of_fold(copy, other, RUBRIC, name=HELD_OUT).calibrated.exceed
    np.testing.assert_array_equal(again[kept.fold == 1], kept.calibrated.exceed[kept.fold == 1])
    assert (again[kept.fold == 0] != kept.calibrated.exceed[kept.fold == 0]).any()
    # The same sentences with another one: only that one is the model's own word.
    mixed = pd.concat([fresh.head(5), drawn.tail(1).assign(text="新建5G基站1万个。")])
    found = judge(mixed.reset_index(drop=True), copy, RUBRIC).predictions.exceed
    own = score_passages(load_bert(copy, RUBRIC), label_passages(mixed.tail(1)))
    np.testing.assert_array_equal(found[5], own.predictions.exceed[0])


def test_a_model_of_its_own_is_calibrated_in_place_and_again(
    model: Path, drawn: pd.DataFrame, tiny_encoder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    learn(drawn.head(100), RUBRIC, tiny_encoder, own, SETTINGS)
    few = written(drawn.iloc[100:130], tmp_path / "few.csv")
    calibrate(model=own, labels=few)
    first = read_card(own)["calibration"]
    calibrate(model=own, labels=written(drawn.iloc[100:], tmp_path / "more.csv"))
    assert read_card(own)["calibration"] != first
    # The answers that are kept are the network's, not those of the lines before.
    calibrate(model=own, labels=few)
    assert read_card(own)["calibration"] == first
    learn(drawn.head(90), RUBRIC, tiny_encoder, own, SETTINGS)
    assert not (own / HELD_OUT).exists()
    assert "calibration" not in read_card(own)


def test_labels_of_few_regions_are_dealt_by_report_or_sentence(
    model: Path, drawn: pd.DataFrame, tmp_path: Path
) -> None:
    fresh = drawn.iloc[100:].assign(region="河北省")
    reports = [f"r{i % 7}" for i in range(60)]
    calibrate_on(fresh.assign(report_id=reports), model, RUBRIC, tmp_path / "a")
    fold = pd.read_csv(tmp_path / "a" / HELD_OUT)["fold"]
    assert fold.nunique() == 5
    assert len(set(zip(reports, fold, strict=True))) == 7
    calibrate_on(fresh.assign(report_id="r"), model, RUBRIC, tmp_path / "b")
    assert pd.read_csv(tmp_path / "b" / HELD_OUT)["fold"].nunique() == 5


def test_the_shipped_model_learns_what_your_labels_say(drawn: pd.DataFrame, tmp_path: Path) -> None:
    mine = drawn.head(40).assign(text=[f"{t}（试标）" for t in drawn["text"].head(40)])
    path, copy = written(pd.concat([mine, drawn.tail(5)]), tmp_path / "mine.csv"), tmp_path / "copy"
    shipped = (BERT_MODEL / "model.json").read_bytes()
    calibrate(labels=path, out=copy)
    assert (BERT_MODEL / "model.json").read_bytes() == shipped
    assert judge(mine, copy, RUBRIC).n_learnt == 0
    assert judge(drawn, copy, RUBRIC).n_out_of_fold == len(drawn)
    assert judge(drawn.assign(sentence_key=""), copy, RUBRIC).n_out_of_fold == len(drawn)
    (copy / "out_of_fold.csv.gz").unlink()
    assert judge(drawn, copy, RUBRIC).n_learnt == len(drawn)
    lines = [calibration_of(json.loads(shipped), copy), calibration_of(read_card(copy), copy)]
    assert (lines[0].slope != lines[1].slope).any()


def test_your_own_levels_of_shipped_sentences_teach_what_the_folds_said_of_them(
    tmp_path: Path,
) -> None:
    calibrate(out=tmp_path / "same")
    shipped, same = read_card(BERT_MODEL), read_card(tmp_path / "same")
    assert same["calibration"] == shipped["calibration"]
    assert not (tmp_path / "same" / HELD_OUT).exists()
    labels = read_labels(LABELS, RUBRIC)
    np.testing.assert_array_equal(
        judge(labels, tmp_path / "same", RUBRIC).predictions.exceed,
        judge(labels, BERT_MODEL, RUBRIC).predictions.exceed,
    )
    milder = labels.assign(**{d: np.maximum(labels[d] - 1, 0) for d in DIMENSIONS})
    calibrate(labels=written(milder, tmp_path / "mine.csv"), out=tmp_path / "milder")
    lines = calibration_of(read_card(tmp_path / "milder"), tmp_path)
    assert (lines.shift[:, 0] < calibration_of(shipped, tmp_path).shift[:, 0]).all()


def test_a_few_labels_do_not_recalibrate_the_shipped_model() -> None:
    labels = read_labels(LABELS, RUBRIC)
    whole = judge(labels, BERT_MODEL, RUBRIC).predictions.exceed
    np.testing.assert_array_equal(
        whole, read_out_of_fold(BERT_MODEL, labels, RUBRIC).calibrated.exceed
    )
    few = labels.iloc[100:160].reset_index(drop=True)
    for part in (few, few.assign(**dict.fromkeys(DIMENSIONS, 3))):
        found = judge(part, BERT_MODEL, RUBRIC).predictions.exceed
        np.testing.assert_array_equal(found, whole[100:160])


def test_a_known_key_with_another_text_is_another_sentence(tmp_path: Path) -> None:
    changed = read_labels(LABELS, RUBRIC).head(3)
    changed = changed.assign(text=[*changed["text"][:2], "新建5G基站1万个。"])
    with pytest.raises(UserError, match="is another one than in the labels"):
        read_out_of_fold(BERT_MODEL, changed, RUBRIC)


def test_mistakes_cost_nothing(model: Path, drawn: pd.DataFrame, tmp_path: Path) -> None:
    before = {p.name: p.read_bytes() for p in model.iterdir()}
    out, seen = tmp_path / "out", written(drawn.head(50), tmp_path / "seen.csv")
    with pytest.raises(UserError, match="has learnt from every one of these labels"):
        calibrate(model=model, labels=seen)
    with pytest.raises(UserError, match="has learnt from every one of these labels"):
        calibrate(model=model, labels=seen, out=out)
    fresh = drawn.iloc[100:]
    chosen = written(fresh.assign(pool="training_active"), tmp_path / "chosen.csv")
    with pytest.raises(UserError, match="label a random pool too"):
        calibrate(model=model, labels=chosen, out=out)
    good = written(fresh, tmp_path / "good.csv")
    with pytest.raises(UserError, match="the shipped model stays as it is"):
        calibrate(model=model, labels=good, out=BERT_MODEL)
    with pytest.raises(UserError, match="the shipped model stays as it is"):
        calibrate(labels=good)
    twice = written(pd.concat([fresh, fresh.tail(1).assign(text="别的。")]), tmp_path / "twice.csv")
    with pytest.raises(UserError, match=r"line 62: .* occurs twice"):
        calibrate(model=model, labels=twice, out=out)
    empty = written(fresh.head(0), tmp_path / "empty.csv")
    with pytest.raises(UserError, match="there is no label"):
        calibrate(model=model, labels=empty, out=out)
    assert not out.exists()
    assert {p.name: p.read_bytes() for p in model.iterdir()} == before
    lost = tmp_path / "lost"
    calibrate(model=model, labels=good, out=lost)
    (lost / "learnt.csv.gz").unlink()
    with pytest.raises(UserError, match="nobody knows what the model has learnt from"):
        calibrate(model=lost, labels=good)
