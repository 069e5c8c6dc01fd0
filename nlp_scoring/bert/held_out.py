"""Labels that a model has not learnt from: what it says of them, kept to calibrate it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from shutil import copyfile
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from configs.paths import BERT_MODEL, LABELS
from corpus.files import write_atomically
from nlp_scoring.bert.calibrating import drawn_at_random
from nlp_scoring.bert.out_of_fold import (
    HELD_OUT,
    LEARNT,
    forget_folds,
    read_learnt,
    text_key,
    write_learnt,
    write_out_of_fold,
)
from nlp_scoring.bert.rows import label_passages
from nlp_scoring.bert.runtime import load_bert, score_passages
from nlp_scoring.calibration import Calibration
from nlp_scoring.labels import read_labels
from nlp_scoring.validation import region_folds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric

#: Labels are dealt to so many folds: each is calibrated by the others when the model is judged.
N_FOLDS = 5


def hold_out(
    model: Path,
    labels: pd.DataFrame,
    rubric: Rubric,
    out: Path,
    *,
    advance: Callable[[int], object] = lambda _: None,
) -> pd.DataFrame:
    """Ask a model about labels that it has not learnt from, and keep its answers.

    `nlp_scoring.bert.calibrating.calibrate_folder` learns from them, and whoever judges the model on
    these labels gets each fifth of them calibrated by the others (`nlp_scoring.bert.judged`).

    Parameters
    ----------
    out : Path
        Folder for the model and the answers: another one, or the model's own.

    Returns
    -------
    DataFrame
        The labels that were used: those whose sentence the model has not learnt from.

    Raises
    ------
    UserError
        When no label is left, none is of a sentence drawn at random, or nobody knows what the model
        has learnt from; nothing is written then.
    """
    learnt = _learnt_texts(model, rubric)
    fresh = labels[[text_key(text) not in learnt for text in labels["text"]]]
    if not len(labels):
        raise UserError("there is no label", where="labels", fix="label some sentences first")
    if not len(fresh):
        raise UserError(
            "the model has learnt from every one of these labels",
            where=str(model), fix="give labels that it has not seen, or train with --folds 5",
        )  # fmt: skip
    drawn_at_random(fresh)
    bert = load_bert(model, rubric)
    plain = replace(bert, calibration=Calibration.none(*bert.calibration.slope.shape))
    scores = score_passages(plain, label_passages(fresh), advance=advance)
    if out.resolve() != model.resolve():
        _copy_model(model, rubric, out)
    exceed = scores.predictions.exceed.astype(np.float32)
    write_out_of_fold(out / HELD_OUT, fresh, _deal(fresh), exceed, rubric)
    return fresh


def _learnt_texts(model: Path, rubric: Rubric) -> frozenset[str]:
    """Digests of what a model has learnt from; the shipped one from the shipped labels."""
    if model.resolve() == BERT_MODEL.resolve():
        return frozenset(text_key(text) for text in read_labels(LABELS, rubric)["text"])
    if not (model / LEARNT).is_file():
        raise UserError(
            "is missing, so nobody knows what the model has learnt from",
            where=str(model / LEARNT), fix="train again",
        )  # fmt: skip
    return read_learnt(model)


def _copy_model(model: Path, rubric: Rubric, out: Path) -> None:
    """Copy what scoring needs, the description last; what folds said of other labels stays behind."""
    out.mkdir(parents=True, exist_ok=True)
    forget_folds(out)
    if model.resolve() == BERT_MODEL.resolve():
        write_learnt(out, read_labels(LABELS, rubric)["text"])
    else:
        write_atomically(out / LEARNT, partial(copyfile, model / LEARNT))
    for name in ("tokenizer.json", "model.onnx", "model.json"):
        write_atomically(out / name, partial(copyfile, model / name))


def _deal(labels: pd.DataFrame) -> NDArray[np.int64]:
    """Deal labels to folds: whole regions where there are enough, else reports, else sentences."""
    for name in ("region", "report_id", "text"):
        groups = labels[name].tolist()
        if len(set(groups)) >= N_FOLDS:
            break
    return region_folds(groups, min(N_FOLDS, len(set(groups))), 0)
