"""Scoring without torch: ONNX Runtime, int8, one sentence at a time in several threads."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from nlp_scoring.bert.batches import Vocabulary, sequences
from nlp_scoring.bert.card import calibration_of, check_card, read_card, sets_of
from nlp_scoring.bert.passages import load_tokenizer, pieces_of
from nlp_scoring.ordinal import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from corpus.rubric import Rubric
    from nlp_scoring.bert.passages import Passage
    from nlp_scoring.calibration import Calibration, LevelSets


#: ONNX Runtime's fused sum and normalisation takes five times as long as the two apart (226 and 41
#: microseconds, version 1.32, AVX-512), which is an eighth of a sentence's time.
SLOW_FUSIONS = ("SkipLayerNormFusion",)
#: Raised when the same weights give other last digits; int8 rounding can make them visible.
ARITHMETIC = 2


@dataclass(frozen=True, slots=True, eq=False)
class BertModel:
    """A model folder, opened.

    Attributes
    ----------
    dimensions, temporality, unit_type : tuple of str
        Names in the order of the heads.
    rubric_version : str
    model_id : str
        ``bert-`` and a hash of the weights, the vocabulary, the calibration and `ARITHMETIC`.
    calibration : Calibration
        Of the chances; `Calibration.none` where `zhengce calibrate` has not been run.
    without : set of str
        Surroundings that the model does not read (`nlp_scoring.bert.passages.FIELDS`).
    sets : LevelSets or None
        Conformal sets, where `zhengce calibrate` has learnt them.
    """

    session: Any
    tokenizer: Any
    vocabulary: Vocabulary
    dimensions: tuple[str, ...]
    temporality: tuple[str, ...]
    unit_type: tuple[str, ...]
    rubric_version: str
    model_id: str
    calibration: Calibration
    without: frozenset[str]
    n_levels: int
    sets: LevelSets | None


@dataclass(frozen=True, slots=True, eq=False)
class BertScores:
    """Scores of n sentences: chances, and the side heads' names."""

    predictions: Predictions
    temporality: list[str]
    unit_type: list[str]


def load_bert(folder: Path, rubric: Rubric) -> BertModel:
    """Open a folder with ``model.onnx``, ``tokenizer.json`` and ``model.json``.

    Raises
    ------
    UserError
        A file is missing or broken, or the model was trained for another rubric, other levels or
        another vocabulary; both sides are named.
    """
    card = read_card(folder)
    tokenizer_file = folder / "tokenizer.json"
    check_card(card, rubric, folder, _hash(tokenizer_file))
    tokenizer = load_tokenizer(tokenizer_file)
    weights = _hash(folder / "model.onnx")
    calibration = calibration_of(card, folder)
    lines = [calibration.slope.tolist(), calibration.shift.tolist()]
    seed = f"{weights} {card['vocabulary_sha256']} {lines} {card['without']} {ARITHMETIC}"
    return BertModel(
        session=_session(folder / "model.onnx"),
        tokenizer=tokenizer,
        vocabulary=Vocabulary.of(tokenizer.token_to_id),
        dimensions=tuple(card["dimensions"]),
        temporality=tuple(card["temporality"]),
        unit_type=tuple(card["unit_type"]),
        rubric_version=card["rubric_version"],
        model_id=f"bert-{hashlib.sha256(seed.encode()).hexdigest()[:12]}",
        calibration=calibration,
        without=frozenset(card["without"]),
        n_levels=card["n_levels"],
        sets=sets_of(card),
    )


def _hash(path: Path) -> str:
    from corpus.files import sha256_file

    try:
        return sha256_file(path)
    except OSError as error:
        raise UserError(
            f"cannot be read ({error.strerror})", where=str(path), fix="give --model a whole folder"
        ) from error


def _session(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(
            "the BERT scorer needs ONNX Runtime",
            fix="pip install 'zhengce[onnx]', or use --scorer ngram",
        ) from error
    try:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"],
            disabled_optimizers=list(SLOW_FUSIONS),
        )  # fmt: skip
    except Exception as error:  # the library's errors share no base class
        raise UserError("is no readable ONNX model", where=str(path)) from error


def score_passages(
    model: BertModel,
    passages: Sequence[Passage],
    *,
    threads: int | None = None,
    advance: Callable[[int], object] = lambda _: None,
) -> BertScores:
    """Score sentences; the order of the result is the order given.

    A sentence longer than the encoder reads has the highest chance of its windows (R2, R10) and
    the tense and unit type of the first.

    Notes
    -----
    int8 activations are scaled by the largest value of what runs together, so a sentence in a
    batch would depend on its batch mates. Each therefore runs alone, several at a time in
    threads: the same figures to the last bit in any order and company, for a sixth of the speed
    of batches, most of which their padding would cost again.
    """
    pieces = pieces_of(passages, model.tokenizer, without=model.without)
    joined, n_text = sequences(pieces, model.vocabulary, range(len(pieces)), without=model.without)
    first = np.zeros(len(pieces), dtype=bool)
    first[np.unique(pieces.owner, return_index=True)[1]] = True
    n, d, k = len(passages), len(model.dimensions), model.n_levels - 1
    logits = np.zeros((len(pieces), d, k))
    marks = np.zeros((2, len(pieces)), dtype=np.int64)

    def run(row: int) -> None:
        ids = joined[row][None]
        feeds = {"ids": ids, "n_text": n_text[row : row + 1], "n_all": np.array([ids.shape[1]])}
        ordinal, temporality, unit_type = model.session.run(None, feeds)
        logits[row] = ordinal[0]
        marks[:, row] = temporality.argmax(), unit_type.argmax()

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for row, _ in enumerate(pool.map(run, range(len(pieces)))):
            if first[row]:
                advance(1)
    exceed = np.zeros((n, d, k))
    np.maximum.at(exceed, pieces.owner, model.calibration.chances(logits))
    marks = marks[:, first]
    return BertScores(
        predictions=Predictions(exceed=exceed, model_id=model.model_id),
        temporality=[model.temporality[i] for i in marks[0]],
        unit_type=[model.unit_type[i] for i in marks[1]],
    )
