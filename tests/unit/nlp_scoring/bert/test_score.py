"""The shipped BERT through `zhengce score`: order, rules, hostile text, wrong folders."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from configs.errors import UserError
from configs.paths import BERT_MODEL
from corpus.rubric import load_rubric
from nlp_scoring.bert.card import calibration_of, read_card
from nlp_scoring.bert.passages import Passage, load_tokenizer, pieces_of, windows
from nlp_scoring.bert.rows import passages_of
from nlp_scoring.bert.runtime import load_bert, score_passages

if TYPE_CHECKING:
    from pathlib import Path

    from nlp_scoring.bert.runtime import BertModel

RUBRIC = load_rubric()


@pytest.fixture(scope="module")
def model() -> BertModel:
    return load_bert(BERT_MODEL, RUBRIC)


def levels(model: BertModel, *passages: Passage) -> list[list[int]]:
    return score_passages(model, passages).predictions.level.tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今年全社会研发（R&D）经费投入强度达到2.8%以上。", [3, 0, 0]),
        ("全年一般公共预算收入增长5%左右，居民收入增长与经济增长基本同步。", [0, 0, 0]),
        ("新建高标准农田300万亩。", [0, 3, 0]),
        ("做好退役军人服务保障和双拥工作。", [0, 0, 0]),
    ],
)
def test_plain_cases_of_the_codebook(model: BertModel, text: str, expected: list[int]) -> None:
    assert levels(model, Passage(text, section="plan", progress=0.5)) == [expected]


def test_a_score_does_not_depend_on_its_batch(model: BertModel) -> None:
    texts = ["推进产业转型升级。", "新建5G基站1万个。" * 8, "加强大气污染防治。", "谢谢大家！"]
    together = score_passages(model, [Passage(t) for t in texts]).predictions.exceed
    alone = [score_passages(model, [Passage(t)]).predictions.exceed[0] for t in texts]
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "推进" * 5000,
        "no Chinese at all, R&D",
        "\x00\x07\x1b[31m红\u202e",
        "[CLS][SEP]" * 9,
    ],
)
def test_hostile_text_gets_finite_chances(model: BertModel, text: str) -> None:
    p = score_passages(model, [Passage(text)]).predictions.probabilities
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=2), 1.0)


def test_capitals_and_special_marks_are_text(model: BertModel) -> None:
    tokenizer = load_tokenizer(BERT_MODEL / "tokenizer.json")
    unknown, separator = (tokenizer.token_to_id(t) for t in ("[UNK]", "[SEP]"))
    for text in ("R&D", "AI", "PM2.5", "５Ｇ", "“双碳”", "[SEP]"):
        pieces = pieces_of([Passage(text)], tokenizer).text[0].tolist()
        assert unknown not in pieces, text
        assert separator not in pieces, text


def test_windows_keep_every_character() -> None:
    text = "推进新型工业化，建设先进制造业集群；" * 60
    assert "".join(windows(text)) == text
    assert max(map(len, windows(text))) <= 150


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("rubric_version", "0.9", "rubric version: the model has 0.9, here is"),
        ("vocabulary_sha256", "0" * 64, "vocabulary: the model has 000000000000"),
        ("n_levels", 5, "levels: the model has 5, here is 4"),
        ("dimensions", ["a", "b", "c"], "dimensions: the model has a, b, c"),
    ],
)
def test_another_rubric_or_vocabulary_is_refused(
    tmp_path: Path, key: str, value: object, message: str
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("tokenizer.json", "model.json"):
        shutil.copy(BERT_MODEL / name, folder)
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(card | {key: value}))
    with pytest.raises(UserError, match=message):
        load_bert(folder, RUBRIC)


def card_of(tmp_path: Path, **changed: object) -> dict[str, object]:
    card = json.loads((BERT_MODEL / "model.json").read_text()) | changed
    (tmp_path / "model.json").write_text(json.dumps(card))
    return read_card(tmp_path)


@pytest.mark.parametrize(
    "given",
    [
        {"slope": [[1.0, 1.0, 1.0]] * 3, "shift": [[0.0, 0.0, 0.0]] * 2},
        {"slope": [[0.0, 1.0, 1.0]] * 3},
        {"shift": [["a", 0.0, 0.0]] * 3},
        {"slope": [[float("nan"), 1.0, 1.0]] * 3},
        [1.0],
    ],
)
def test_a_broken_calibration_is_refused(tmp_path: Path, given: object) -> None:
    with pytest.raises(UserError, match="calibration is no 3 x 3 slopes above 0 and shifts"):
        calibration_of(card_of(tmp_path, calibration=given), tmp_path)


def test_older_cards_have_a_temperature_a_dimension(tmp_path: Path) -> None:
    found = calibration_of(card_of(tmp_path, calibration={}, temperature=[2.0, 1.0, 4.0]), tmp_path)
    assert found.slope[:, 0].tolist() == [0.5, 1.0, 0.25]
    assert not found.shift.any()
    with pytest.raises(UserError, match="calibration"):
        calibration_of(card_of(tmp_path, calibration={}, temperature=[0.0, 1.0, 4.0]), tmp_path)


def test_a_model_without_calibration_gives_its_chances_as_they_are(tmp_path: Path) -> None:
    card = card_of(tmp_path)
    del card["calibration"]
    exceed = np.array([[[0.9, 0.5, 0.1]] * 3])
    np.testing.assert_allclose(calibration_of(card, tmp_path).apply(exceed), exceed, atol=1e-9)


def test_a_missing_or_broken_part_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no model description"):
        load_bert(tmp_path, RUBRIC)
    shutil.copytree(BERT_MODEL, tmp_path / "m")
    (tmp_path / "m" / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(UserError, match="is no readable ONNX model"):
        load_bert(tmp_path / "m", RUBRIC)


def test_an_unknown_section_is_named() -> None:
    frame = pd.DataFrame({"text": ["甲", "乙"], "section": ["plan", "附录"]})
    with pytest.raises(UserError, match="附录"):
        passages_of(frame, "in.csv")


def test_columns_of_labels_and_sentence_tables_are_understood() -> None:
    frame = pd.DataFrame(
        {"text": ["甲", "乙", "丙"], "index": ["0", "9", "x"], "n_sentences": ["10", "10", "10"],
         "heading_path": ["一 / （一）", "", ""]}
    )  # fmt: skip
    found = passages_of(frame, "in.csv")
    assert [p.progress for p in found[:2]] == pytest.approx([0.05, 0.95])
    assert np.isnan(found[2].progress)
    assert found[0].heading == "一 / （一）"
