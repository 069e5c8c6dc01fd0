"""From a labels file to a model folder that `zhengce score` opens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nlp_scoring.bert.batches import Vocabulary
from nlp_scoring.bert.export import export_onnx
from nlp_scoring.bert.network import HeadShape, build_network, load_encoder
from nlp_scoring.bert.passages import Pieces, load_tokenizer, pieces_of
from nlp_scoring.bert.rows import label_passages
from nlp_scoring.bert.runtime import FORMAT
from nlp_scoring.bert.targets import targets_of
from nlp_scoring.bert.training import Outcome, Rows, TrainingSettings, fit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from corpus.rubric import Rubric


def first_windows(pieces: Pieces) -> Pieces:
    """Keep one row a sentence: a label belongs to the whole, the beginning stands for it."""
    rows = np.unique(pieces.owner, return_index=True)[1]
    return Pieces(
        text=[pieces.text[i] for i in rows],
        heading=[pieces.heading[i] for i in rows],
        previous=[pieces.previous[i] for i in rows],
        next=[pieces.next[i] for i in rows],
        place=pieces.place[rows],
        section=pieces.section[rows],
        owner=np.arange(len(rows)),
    )


def learn(
    labels: pd.DataFrame,
    rubric: Rubric,
    encoder: Path | str,
    out: Path,
    settings: TrainingSettings,
    *,
    tell: Callable[[dict[str, float]], object] = lambda _: None,
) -> Outcome:
    """Fine-tune an encoder on labels and write ``model.onnx`` (int8), tokenizer and description.

    A run that was killed goes on from ``checkpoint.pt`` when labels and settings are the same.
    """
    from corpus.files import write_atomically, write_text

    tokenizer_file = _tokenizer_file(encoder)
    tokenizer = load_tokenizer(tokenizer_file)
    shape = HeadShape(
        len(rubric.dimensions), rubric.max_level,
        *(len(rubric.attributes[a]) for a in ("temporality", "unit_type")),
    )  # fmt: skip
    network = build_network(
        load_encoder(encoder), shape, dropout=settings.dropout, seed=settings.seed
    ).to("cuda" if torch.cuda.is_available() else "cpu")
    rows = Rows(
        first_windows(pieces_of(label_passages(labels), tokenizer)), targets_of(labels, rubric)
    )
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    outcome = fit(
        network, rows, Vocabulary.of(tokenizer.token_to_id), settings,
        checkpoint=checkpoint, mark=_mark(rows, settings), tell=tell,
    )  # fmt: skip
    export_onnx(network, out / "model.onnx")
    data = tokenizer_file.read_bytes()
    write_atomically(out / "tokenizer.json", lambda temporary: temporary.write_bytes(data))
    card = _card(rubric, data, settings.without) | {
        "training": settings.as_json(),
        "n_labels": len(labels),
    }
    write_text(out / "model.json", json.dumps(card, ensure_ascii=False, indent=1) + "\n")
    checkpoint.unlink(missing_ok=True)
    return outcome


def _mark(rows: Rows, settings: TrainingSettings) -> str:
    import hashlib

    digest = hashlib.sha256(json.dumps(settings.as_json(), sort_keys=True).encode())
    digest.update(rows.targets.exceed.tobytes())
    digest.update(np.concatenate(rows.pieces.text).tobytes())
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
        "temperature": [1.0] * len(rubric.dimensions),
        "without": sorted(without),
    }


def _tokenizer_file(encoder: Path | str) -> Path:
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
