"""Masked-word training: whole words, the shares of masks, and a folder that trains on."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from configs.errors import UserError
from configs.paths import BERT_BASE, BERT_MODEL, LABELS
from corpus.rubric import load_rubric
from nlp_scoring.bert import pretraining
from nlp_scoring.bert.network import load_encoder
from nlp_scoring.bert.out_of_fold import read_out_of_fold
from nlp_scoring.bert.passages import load_tokenizer
from nlp_scoring.bert.pretraining import PretrainingSettings, _Run, pretrain_folder
from nlp_scoring.bert.vocabulary import trim_encoder
from nlp_scoring.bert.word_masks import IGNORED, mask_words, stream_of
from nlp_scoring.comparison import MEAN, compare_kappa
from nlp_scoring.labels import read_labels
from nlp_scoring.model_cli import _texts

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER = load_tokenizer(BERT_MODEL / "tokenizer.json")
TEXT = "推进新型工业化，建设先进制造业集群。加强大气污染防治，新建5G基站1万个。" * 40


def test_words_are_hidden_whole_or_not_at_all() -> None:
    stream = stream_of([TEXT], TOKENIZER, 32)
    ids, starts = stream.ids.astype(np.int64), stream.starts
    masked, answers = mask_words(
        ids, starts, mask=21, n_pieces=6836, first_piece=22, rng=np.random.default_rng(0)
    )
    word = starts.cumsum(axis=1)
    for row in range(len(ids)):
        for k in range(1, word[row].max() + 1):
            inside = (word[row] == k) & (ids[row] >= 22)
            assert len(set((answers[row, inside] != IGNORED).tolist())) <= 1
    np.testing.assert_array_equal(masked[answers == IGNORED], ids[answers == IGNORED])


def test_shares_of_masks() -> None:
    rng = np.random.default_rng(1)
    ids = rng.integers(22, 6836, (400, 128))
    masked, answers = mask_words(
        ids, np.ones_like(ids, dtype=bool), mask=21, n_pieces=6836, first_piece=22, rng=rng
    )
    asked = answers != IGNORED
    assert asked.mean() == pytest.approx(0.15, abs=0.01)
    assert (masked[asked] == 21).mean() == pytest.approx(0.8, abs=0.02)
    assert (masked[asked] == ids[asked]).mean() == pytest.approx(0.1, abs=0.02)


def test_a_pretrained_folder_can_be_fine_tuned(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    source = tmp_path / "tiny"
    BertModel(
        BertConfig(vocab_size=6836, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                   intermediate_size=64)
    ).save_pretrained(source)  # fmt: skip
    shutil.copy(BERT_MODEL / "tokenizer.json", source)
    losses: list[float] = []
    settings = PretrainingSettings(epochs=6, batch_size=8, length=32, learning_rate=3e-3)
    pretrain_folder(source, [TEXT], tmp_path / "out", settings, device="cpu",
                    tell=lambda r: losses.append(r["loss"]))  # fmt: skip
    assert losses[-1] < losses[0]
    assert load_encoder(tmp_path / "out").config.hidden_size == 32
    with pytest.raises(UserError, match="shorter than 32 word pieces"):
        pretrain_folder(source, ["短。"], tmp_path / "o", settings, device="cpu")


def test_a_killed_run_goes_on_to_the_same_weights(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretraining, "KEEP_EVERY", 5)
    settings = PretrainingSettings(epochs=2, batch_size=4, length=32, dropout=0.1)
    steps: list[int] = []
    learn = _Run.learn

    def counted(run: _Run, *given: Any) -> None:
        steps.append(run.step)
        if len(steps) == killed_at:
            raise KeyboardInterrupt
        learn(run, *given)

    monkeypatch.setattr(_Run, "learn", counted)
    killed_at = 0
    pretrain_folder(tiny_encoder, [TEXT], tmp_path / "whole", settings, device="cpu")
    n_steps = len(steps)
    steps, killed_at = [], n_steps - 2
    with pytest.raises(KeyboardInterrupt):
        pretrain_folder(tiny_encoder, [TEXT], tmp_path / "parts", settings, device="cpu")
    assert not (tmp_path / "parts" / "model.safetensors").exists()
    steps, killed_at = [], 0
    history: list[dict[str, float]] = []
    pretrain_folder(tiny_encoder, [TEXT], tmp_path / "parts", settings, device="cpu",
                    tell=history.append)  # fmt: skip
    assert 0 < len(steps) < n_steps
    assert [record["epoch"] for record in history] == [2.0]
    assert not (tmp_path / "parts" / "checkpoint.pt").exists()
    one, other = ((tmp_path / f / "model.safetensors").read_bytes() for f in ("whole", "parts"))
    assert one == other
    assert n_steps > 10  # else nothing was kept


def test_records_of_any_kind_are_read(tmp_path: Path) -> None:
    path = tmp_path / "laws.jsonl"
    path.write_text('{"level": "policy", "text": "第一条"}\n{"text": "第二条"}\n', encoding="utf-8")
    assert _texts(path) == ["第一条", "第二条"]
    path.write_text('{"text": "第一条"}\n{"title": "无"}\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"laws.jsonl line 2: text is None; give every record"):
        _texts(path)


def test_trimming_keeps_the_vectors_of_kept_pieces(tmp_path: Path) -> None:
    n = trim_encoder(BERT_BASE, tmp_path, ["推进新型工业化"])
    small, whole = load_encoder(tmp_path), load_encoder(BERT_BASE)
    there, here = (
        load_tokenizer(BERT_BASE / "tokenizer.json"),
        load_tokenizer(tmp_path / "tokenizer.json"),
    )
    assert n == small.config.vocab_size < whole.config.vocab_size
    for piece in ("[CLS]", "推", "工", "5", "r"):
        np.testing.assert_array_equal(
            small.embeddings.word_embeddings.weight[here.token_to_id(piece)].detach().numpy(),
            whole.embeddings.word_embeddings.weight[there.token_to_id(piece)].detach().numpy(),
        )


def test_the_shipped_encoder_was_trained_on_masked_words_for_a_gain() -> None:
    """The answers in ``pretraining/`` fit the labels, and the gain that PROVENANCE states is there."""
    rubric = load_rubric()
    labels = read_labels(LABELS, rubric)
    masked, plain = (
        read_out_of_fold(BERT_MODEL / "pretraining", labels, rubric, name=f"{name}.csv.gz")
        for name in ("masked", "plain")
    )
    assert (masked.fold == plain.fold).all()
    table = compare_kappa(
        labels[list(rubric.dimension_ids)].to_numpy(dtype=np.int64),
        masked.calibrated, plain.calibrated, labels["report_id"].tolist(),
        dimensions=rubric.dimension_ids, names=("masked", "plain"), draws=500,
    ).set_index("dimension")  # fmt: skip
    assert table.loc[MEAN, "conf_low"] > 0
