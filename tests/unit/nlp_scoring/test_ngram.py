"""The lexical baseline: reproducible, independent of its batch, safe on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import UserError
from corpus.rubric import load_rubric
from nlp_scoring.labels import read_labels
from nlp_scoring.lexical import mark_features, normalise
from nlp_scoring.ngram import NgramModel, fit_labels, load_ngram, predict_ngram, save_ngram
from nlp_scoring.scoring import score_frame, score_sentences
from tests.conftest import write_labels

RUBRIC = load_rubric()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> NgramModel:
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    write_labels(path)
    return fit_labels(read_labels(path, RUBRIC), RUBRIC)


def test_it_learns_its_own_examples(model: NgramModel) -> None:
    texts = [e.text for e in RUBRIC.examples]
    places = np.array([0.0 if e.temporality == "past" else 0.8 for e in RUBRIC.examples])
    levels = predict_ngram(model, texts, places).level
    truth = np.array([e.labels for e in RUBRIC.examples])
    assert (levels == truth).mean() > 0.9


def test_saved_model_scores_the_same_and_bytes_repeat(model: NgramModel, tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        save_ngram(model, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    loaded = load_ngram(tmp_path / "a.npz")
    assert loaded.model_id == model.model_id
    texts, places = ["新建5G基站3万个。"], np.array([0.7])
    assert np.array_equal(
        predict_ngram(loaded, texts, places).exceed, predict_ngram(model, texts, places).exceed
    )


def test_foreign_files_are_refused(model: NgramModel, tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    path.write_bytes(b"not a model")
    with pytest.raises(UserError, match="is not a readable n-gram model"):
        load_ngram(path)
    np.savez(path, other=np.arange(3))
    with pytest.raises(UserError, match="is no n-gram model of format"):
        load_ngram(path)
    np.savez(path, format=np.array([{"danger": 1}], dtype=object))
    with pytest.raises(UserError, match="is not a readable n-gram model"):
        load_ngram(path)


@settings(max_examples=40)
@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=8), place=st.floats(0, 1))
def test_scores_are_probabilities_and_independent_of_the_batch(
    model: NgramModel, texts: list[str], place: float
) -> None:
    together = predict_ngram(model, texts, np.full(len(texts), place))
    assert np.all((together.exceed >= 0) & (together.exceed <= 1))
    assert np.all(np.diff(together.exceed, axis=2) <= 0)
    assert np.allclose(together.probabilities.sum(axis=2), 1)
    assert np.allclose(together.score, (together.probabilities * np.arange(4)).sum(axis=2))
    alone = [predict_ngram(model, [t], np.array([place])).exceed[0] for t in texts]
    assert np.allclose(together.exceed, alone, atol=1e-12)


def test_caps_hold(model: NgramModel) -> None:
    text = "省财政安排科技专项资金60亿元，实施重大科技攻关项目100项以上。"
    units = ["body", "heading", "ritual"]
    scores = score_sentences([text] * 3, [0.8] * 3, units, model=model, rubric=RUBRIC)
    assert scores.level[0].max() == 3
    assert scores.level[1].max() == 1
    assert scores.score[1].max() <= 1
    assert scores.score[2].max() == 0
    frame = score_frame([f"440000-2026-{i:04d}" for i in range(3)], scores, RUBRIC, scorer="ngram")
    assert len(frame) == 9
    assert frame.loc[frame["sentence_id"] == "440000-2026-0002", "p0"].tolist() == [1.0] * 3


def test_model_of_another_rubric_is_refused(model: NgramModel) -> None:
    import dataclasses

    old = dataclasses.replace(model, rubric_version="0.9")
    with pytest.raises(UserError, match=r"trained for rubric 0\.9 .* here is 1\.1\.0"):
        score_sentences(["x"], [0.5], ["body"], model=old, rubric=RUBRIC)


def test_numbers_and_case_are_levelled() -> None:
    assert normalise("R&D投入2.8%，AI企业1,200家") == "r&d投入0%，ai企业0家"


def test_unknown_place_sets_no_crossing() -> None:
    known = mark_features(["新建实验室3家"], np.array([0.9]))
    unknown = mark_features(["新建实验室3家"], np.array([np.nan]))
    assert known.shape == unknown.shape
    assert unknown[0, 6:].sum() == 0
    assert known[0, 6:].sum() > 0
