"""Cross-validation of a very small network: who reads what, going on after a kill, side by side."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from configs.errors import UserError
from configs.paths import LABELS
from corpus.rubric import load_rubric
from nlp_scoring.bert import crossing
from nlp_scoring.bert.card import calibration_of, read_card
from nlp_scoring.bert.crossing import cross_validate
from nlp_scoring.bert.judged import judge
from nlp_scoring.bert.learning import learn
from nlp_scoring.bert.out_of_fold import MASKED, PLAIN, read_out_of_fold
from nlp_scoring.bert.recipe import train_and_answer
from nlp_scoring.bert.training import TrainingSettings
from nlp_scoring.cli import train
from nlp_scoring.evaluate_cli import evaluate
from nlp_scoring.labels import read_labels
from nlp_scoring.model_cli import calibrate
from nlp_scoring.ordinal import Predictions
from nlp_scoring.report.cli import masked_pair
from nlp_scoring.report.learning_curve import read_learning_curve
from nlp_scoring.validation import random_rows

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from nlp_scoring.bert.passages import Pieces
    from nlp_scoring.bert.training import Rows

RUBRIC = load_rubric()
SETTINGS = TrainingSettings(epochs=1, batch_size=16)


@pytest.fixture(scope="module")
def labels() -> pd.DataFrame:
    """Sentences that name a place or a year."""
    found = read_labels(LABELS, RUBRIC)
    named = found[found["text"].str.contains("河北|山西|山东|202[0-9]年")].groupby("region").head(4)
    return named.head(60).reset_index(drop=True)


def run(labels: pd.DataFrame, encoder: Path, out: Path, **options: Any) -> list[str]:
    lines: list[str] = []
    cross_validate(
        labels, RUBRIC, encoder, out, SETTINGS, **{"n_folds": 2, "tell": lines.append} | options
    )
    return lines


def texts(pieces: Pieces) -> set[tuple[int, ...]]:
    return {tuple(t.tolist()) for t in pieces.text}


def test_no_network_is_asked_what_it_has_read(
    labels: pd.DataFrame, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Rows, list[Pieces]]] = []

    def watched(rows: Rows, settings: Any, bench: Any, asked: list[Pieces]) -> Any:
        seen.append((rows, asked))
        return train_and_answer(rows, settings, bench, asked)

    monkeypatch.setattr(crossing, "train_and_answer", watched)
    told = run(labels, tiny_encoder, tmp_path, sizes=[10, 1000])
    assert told[0].startswith("1000 labels: no point of the curve")
    assert len(seen) == 4  # two folds, with 10 labels and with all; no fold has 1000
    found = read_out_of_fold(tmp_path, labels, RUBRIC)
    for read, (asked, hidden) in seen:
        assert not texts(asked) & texts(read.pieces)
        assert texts(asked) != texts(hidden)
    # all labels come first; of each pair the network of the first fold
    large, small = (texts(seen[i][0].pieces) for i in (0, 2))
    assert len(small) <= 10
    assert small < large
    assert not set(labels["region"][found.fold == 0]) & set(labels["region"][found.fold == 1])
    curve = read_learning_curve(tmp_path, RUBRIC)
    assert curve is not None
    assert sorted(set(curve["n_labels"])) == [10, round(len(labels) / 2)]


def test_two_at_a_time_give_the_same_and_done_ones_are_kept(
    labels: pd.DataFrame, tiny_encoder: Path, tmp_path: Path
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert len(run(labels, tiny_encoder, tmp_path / "one")) == 2
    finally:
        torch.set_num_threads(before)
    assert len(run(labels, tiny_encoder, tmp_path / "two", jobs=2)) == 2
    one, two = (read_out_of_fold(tmp_path / n, labels, RUBRIC).raw.exceed for n in ("one", "two"))
    np.testing.assert_array_equal(one, two)
    assert run(labels, tiny_encoder, tmp_path / "two", jobs=2) == []
    (tmp_path / "two" / "work" / "fold-all-1.npz").write_bytes(b"half")
    assert len(run(labels, tiny_encoder, tmp_path / "two", jobs=2)) == 1
    other = labels.assign(sci_tech_talent=3)
    assert len(run(other, tiny_encoder, tmp_path / "two")) == 2  # other labels, another run


def test_a_dead_process_is_told_and_what_is_done_is_kept(
    labels: pd.DataFrame, tiny_encoder: Path, tmp_path: Path
) -> None:
    task = tmp_path / "work" / "fold-all-0.npz"
    task.mkdir(parents=True)  # a folder stands where its file is to be
    with pytest.raises(UserError, match="has died") as caught:
        run(labels, tiny_encoder, tmp_path, jobs=2)
    assert "--jobs 1" in caught.value.line()
    assert not (tmp_path / "out_of_fold.csv.gz").exists()


def test_masked_answers_stand_beside_those_of_the_same_networks(
    labels: pd.DataFrame, tiny_encoder: Path, tmp_path: Path
) -> None:
    run(labels, tiny_encoder, tmp_path)
    own = read_out_of_fold(tmp_path, labels, RUBRIC)
    other = Predictions(np.full(own.raw.exceed.shape, 0.25), "another model's")
    pair = masked_pair(tmp_path, labels, RUBRIC, other)
    assert pair is not None
    np.testing.assert_array_equal(pair.plain.exceed, own.calibrated.exceed)
    assert (pair.masked.exceed != pair.plain.exceed).any()
    shutil.rmtree(tmp_path / MASKED / PLAIN)
    pair = masked_pair(tmp_path, labels, RUBRIC, other)
    assert pair is not None
    assert pair.plain is other
    run(labels, tiny_encoder, tmp_path, sizes=[10])
    assert (tmp_path / "learning_curve.csv").is_file()
    run(labels, tiny_encoder, tmp_path)
    assert not (tmp_path / "learning_curve.csv").exists()


def test_more_folds_than_regions_are_refused(
    labels: pd.DataFrame, tiny_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="50 folds over"):
        run(labels, tiny_encoder, tmp_path, n_folds=50)
    assert not list(tmp_path.iterdir())


def test_a_model_is_not_measured_on_what_it_has_learnt(
    labels: pd.DataFrame, tiny_encoder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "labels.csv"
    labels.to_csv(path, index=False)
    model = tmp_path / "model"
    options: dict[str, Any] = {
        "labels": path, "scorer": "bert", "model": model, "folds": 5, "seed": 0, "floors": None,
        "set_floors": False, "lower_floors": False, "report": None, "format": "json",
    }  # fmt: skip
    learn(labels, RUBRIC, tiny_encoder, model, SETTINGS)
    with pytest.raises(UserError, match=f"has learnt from {len(labels)} of these") as caught:
        evaluate(**options)
    assert "--folds 5" in caught.value.line()
    run(labels, tiny_encoder, model)
    judged = judge(labels, model, RUBRIC)
    assert (judged.n_out_of_fold, judged.n_learnt) == (len(labels), 0)
    own = read_out_of_fold(model, labels, RUBRIC).calibrated.exceed
    np.testing.assert_array_equal(judged.predictions.exceed, own)
    evaluate(**options)
    # The same key with another text is another sentence, and read by the model itself.
    other = labels.assign(text=labels["text"].where(labels.index > 0, "新建5G基站1万个。"))
    judged = judge(other, model, RUBRIC)
    assert (judged.n_out_of_fold, judged.n_scored, judged.n_learnt) == (len(labels) - 1, 1, 0)
    with pytest.raises(UserError, match="is another one than in the labels"):
        read_out_of_fold(model, other, RUBRIC)
    # The set phrases of one report may stand in another: they are counted and told.
    few = labels.head(2)
    (model / "out_of_fold.csv.gz").unlink()
    assert judge(few, model, RUBRIC).scheme.endswith("2 of which it has learnt from")


def test_another_model_does_not_inherit_what_folds_said(
    labels: pd.DataFrame, tiny_encoder: Path, tmp_path: Path
) -> None:
    told = ("out_of_fold.csv.gz", "learning_curve.csv", MASKED)
    run(labels, tiny_encoder, tmp_path, sizes=[10])
    learn(labels, RUBRIC, tiny_encoder, tmp_path, SETTINGS, keep_folds=True)
    assert all((tmp_path / name).exists() for name in told)
    learn(labels.head(40), RUBRIC, tiny_encoder, tmp_path, SETTINGS)
    assert not any((tmp_path / name).exists() for name in told)
    assert judge(labels, tmp_path, RUBRIC).n_learnt == 40
    (tmp_path / "learnt.csv.gz").write_bytes(b"broken")
    with pytest.raises(UserError, match="nobody knows what the model has learnt from"):
        judge(labels, tmp_path, RUBRIC)


def test_a_model_with_folds_is_calibrated_by_them(
    labels: pd.DataFrame, tiny_encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "labels.csv", tmp_path / "model"
    labels.to_csv(path, index=False)
    given: dict[str, Any] = {
        "labels": path, "out": out, "scorer": "bert", "encoder": tiny_encoder, "epochs": 1,
        "validation": 0.0, "distil": 0, "folds": 0, "size": None, "jobs": 1, "seed": 0,
    }  # fmt: skip
    train(**given)
    assert "calibration" not in read_card(out)
    train(**(given | {"folds": 2}))
    n = int(random_rows(labels).sum())
    assert f"calibrated on {n} sentences that the folds had not seen" in capsys.readouterr().err
    card = read_card(out)
    assert np.array(card["calibration"]["slope"]).shape == (3, 3)
    found = read_out_of_fold(out, labels, RUBRIC)
    rows = random_rows(labels)
    truth = labels.loc[rows, list(RUBRIC.dimension_ids)].to_numpy(float)
    scores = calibration_of(card, out).apply(found.raw.exceed[rows]).sum(axis=2)
    assert abs((scores - truth).mean()) < abs((found.raw.score[rows] - truth).mean())
    chosen = labels.assign(pool="training_active")
    chosen.to_csv(path, index=False)
    train(**(given | {"folds": 2}))
    assert "not calibrated: no label is of a sentence drawn at random" in capsys.readouterr().err
    with pytest.raises(UserError, match="label a random pool too"):
        calibrate(model=out, labels=path, coverage=0.9)
