"""From a labels file to a model folder that `zhengce score` opens."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp_scoring.bert.batches import Vocabulary
from nlp_scoring.bert.card import FORMAT
from nlp_scoring.bert.device import training_device
from nlp_scoring.bert.export import export_onnx
from nlp_scoring.bert.network import HeadShape, build_network, load_encoder
from nlp_scoring.bert.out_of_fold import forget_folds, write_learnt
from nlp_scoring.bert.passages import Pieces, load_tokenizer, pieces_of
from nlp_scoring.bert.rows import label_passages
from nlp_scoring.bert.targets import targets_of
from nlp_scoring.bert.training import Outcome, Rows, TrainingSettings, fit
from nlp_scoring.validation import region_folds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from tokenizers import Tokenizer

    from corpus.rubric import Rubric
    from nlp_scoring.bert.network import SentenceScorer


def first_windows(pieces: Pieces) -> Pieces:
    """Keep one row a sentence: a label belongs to the whole, the beginning stands for it."""
    return pieces.take(np.unique(pieces.owner, return_index=True)[1])


def learn(
    labels: pd.DataFrame,
    rubric: Rubric,
    encoder: Path | str,
    out: Path,
    settings: TrainingSettings,
    *,
    validation_share: float = 0.0,
    keep_folds: bool = False,
    tell: Callable[[dict[str, float]], object] = lambda _: None,
) -> Outcome:
    """Fine-tune an encoder on labels and write ``model.onnx`` (int8), tokenizer and description.

    A run that was killed goes on from ``checkpoint.pt`` when labels and settings are the same.

    Parameters
    ----------
    validation_share : float
        Share of the labels, in whole regions, that is not learnt from but watched: training stops
        ``settings.patience`` epochs after the best one, whose weights are kept. With 0 all labels
        are learnt from, for all epochs.
    keep_folds : bool
        What folds in ``out`` said was of these labels and settings (`nlp_scoring.bert.crossing`);
        otherwise it was of another model and goes.
    """
    tokenizer_file = find_tokenizer(encoder)
    tokenizer = load_tokenizer(tokenizer_file)
    found = load_encoder(encoder, attention_dropout=settings.attention_dropout)
    shape = head_shape(rubric)
    network = build_network(found, shape, dropout=settings.dropout, seed=settings.seed)
    network.to(training_device())
    learnt, watched = split_by_region(labels, validation_share, settings.seed)
    rows = label_rows(learnt, rubric, tokenizer)
    settings = only_learnt(settings, rows)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    outcome = fit(
        network, rows, Vocabulary.of(tokenizer.token_to_id), settings,
        validation=label_rows(watched, rubric, tokenizer) if len(watched) else None,
        checkpoint=checkpoint, mark=mark_of(rows, settings.as_json(), encoder),
        tell=tell,
    )  # fmt: skip
    extra = {"training": settings.as_json(), "n_labels": len(learnt)}
    if not keep_folds:
        forget_folds(out)
    write_learnt(out, learnt["text"])
    write_model(network, tokenizer_file, rubric, settings.without, out, extra)
    checkpoint.unlink(missing_ok=True)
    return outcome


def head_shape(rubric: Rubric) -> HeadShape:
    """Heads for a rubric."""
    sides = (len(rubric.attributes[a]) for a in ("temporality", "unit_type"))
    return HeadShape(len(rubric.dimensions), rubric.max_level, *sides)


def label_rows(labels: pd.DataFrame, rubric: Rubric, tokenizer: Tokenizer) -> Rows:
    """Give one row and target a labelled sentence."""
    pieces = first_windows(pieces_of(label_passages(labels), tokenizer))
    return Rows(pieces, targets_of(labels, rubric))


def only_learnt(settings: TrainingSettings, rows: Rows) -> TrainingSettings:
    """Leave out the surroundings that the labels do not have.

    A network that has never seen a heading must not be shown one when it scores: marks that it
    has not learnt would move its scores.
    """
    return replace(settings, without=settings.without | rows.pieces.unknown)


def split_by_region(
    labels: pd.DataFrame, share: float, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part labels into those to learn from and those to watch, whole regions each."""
    n_folds = round(1 / share) if share > 0 else 0
    if n_folds < 2 or labels["region"].nunique() < 2:
        return labels, labels.iloc[:0]
    fold = region_folds(labels["region"].tolist(), n_folds, seed)
    return labels[fold != 0], labels[fold == 0]


def write_model(
    network: SentenceScorer,
    tokenizer_file: Path,
    rubric: Rubric,
    without: frozenset[str],
    out: Path,
    extra: dict[str, Any],
) -> None:
    """Write the three files of a model folder, the description last."""
    from corpus.files import write_atomically, write_text

    export_onnx(network, out / "model.onnx")
    data = tokenizer_file.read_bytes()
    write_atomically(out / "tokenizer.json", lambda temporary: temporary.write_bytes(data))
    card = _card(rubric, data, without) | extra
    write_text(out / "model.json", json.dumps(card, ensure_ascii=False, indent=1) + "\n")


def mark_of(rows: Rows, settings: dict[str, Any], encoder: Path | str) -> str:
    """Hash encoder, settings and material, so that only the same run goes on where it was."""
    import hashlib
    from pathlib import Path

    from corpus.files import sha256_file

    weights = [Path(encoder) / name for name in ("model.safetensors", "pytorch_model.bin")]
    source = [sha256_file(path) for path in weights if path.is_file()] or [str(encoder)]
    digest = hashlib.sha256(json.dumps([settings, source], sort_keys=True).encode())
    pieces, targets = rows.pieces, rows.targets
    for target in (targets.exceed, targets.temporality, targets.unit_type):
        digest.update(target.tobytes())
    for part in (pieces.text, pieces.heading, pieces.previous, pieces.next):
        digest.update(np.array([len(p) for p in part]).tobytes() + np.concatenate(part).tobytes())
    digest.update(pieces.place.tobytes() + pieces.section.tobytes())
    return digest.hexdigest()


def _card(rubric: Rubric, tokenizer: bytes, without: frozenset[str]) -> dict[str, Any]:
    import hashlib

    return {
        "format": FORMAT,
        "dimensions": list(rubric.dimension_ids),
        "n_levels": rubric.max_level + 1,
        "temporality": list(rubric.attributes["temporality"]),
        "unit_type": list(rubric.attributes["unit_type"]),
        "rubric_version": rubric.version,
        "vocabulary_sha256": hashlib.sha256(tokenizer).hexdigest(),
        "without": sorted(without),
    }


def find_tokenizer(encoder: Path | str) -> Path:
    """Find the tokenizer of an encoder folder; a hub name gets the command that fetches it."""
    from pathlib import Path

    from configs.errors import UserError

    local = Path(encoder) / "tokenizer.json"
    if local.is_file():
        return local
    raise UserError(
        "no encoder here",
        where=str(encoder),
        fix="give --encoder a folder with config.json, model.safetensors and tokenizer.json; on a "
        f"machine that reaches the hub: hf download {encoder} --local-dir encoder",
    )
