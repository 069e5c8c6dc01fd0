"""Calibrate a model on labels that it has not learnt from, itself or a copy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from shutil import copyfile
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from corpus.files import write_atomically
from nlp_scoring.bert.calibrating import drawn_at_random, write_calibration
from nlp_scoring.bert.out_of_fold import (
    FILE,
    HELD_OUT,
    LEARNT,
    forget_folds,
    known_rows,
    read_learnt,
    read_out_of_fold,
    text_key,
    write_out_of_fold,
)
from nlp_scoring.bert.rows import label_passages
from nlp_scoring.bert.runtime import load_bert, score_passages
from nlp_scoring.calibration import Calibration
from nlp_scoring.validation import region_folds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric

#: Labels are dealt to so many folds: each is calibrated by the others when the model is judged.
N_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """A calibration and what it was learnt on.

    Attributes
    ----------
    calibration : Calibration
    n_drawn : int
        Labels that taught it: of sentences drawn at random, and not learnt from.
    n_learnt : int
        Labels left out because the model has learnt from their sentences.
    """

    calibration: Calibration
    n_drawn: int
    n_learnt: int


def calibrate_on(
    labels: pd.DataFrame,
    model: Path,
    rubric: Rubric,
    out: Path,
    *,
    coverage: float = 0.9,
    advance: Callable[[int], object] = lambda _: None,
) -> HeldOut:
    """Calibrate a model on labels, without those whose sentences it has learnt from.

    A sentence that the model's folds have judged counts by what they said. Any other is scored by
    the model; its answers are kept (``held_out.csv.gz``), so that whoever judges the model on these
    labels gets each fifth of them calibrated by the others (`nlp_scoring.bert.judged`).

    Parameters
    ----------
    out : Path
        Folder for the calibrated model: another one, which becomes a copy, or the model's own.

    Raises
    ------
    UserError
        When no label is left, none is of a sentence drawn at random, or nobody knows what the model
        has learnt from; nothing is written then.
    """
    known, fresh = _usable(labels, model)
    used = labels[known | fresh]
    drawn_at_random(used)
    exceed = np.zeros((len(labels), len(rubric.dimensions), rubric.max_level))
    if known.any():
        exceed[known] = read_out_of_fold(model, labels[known], rubric).raw.exceed
        advance(int(known.sum()))
    if fresh.any():
        exceed[fresh] = _raw_chances(labels[fresh], model, rubric, advance)
    if out.resolve() != model.resolve():
        _copy_model(model, out)
    if fresh.any():
        answers, asked = exceed[fresh].astype(np.float32), labels[fresh]
        write_out_of_fold(out / HELD_OUT, asked, _deal(asked), answers, rubric)
    learnt, n = write_calibration(out, used, exceed[known | fresh], rubric, coverage=coverage)
    return HeldOut(learnt, n, len(labels) - len(used))


def _usable(labels: pd.DataFrame, model: Path) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Labels that the model's folds have judged, and those of sentences it has never learnt from."""
    if not len(labels):
        raise UserError("there is no label", where="labels", fix="label some sentences first")
    if not (model / LEARNT).is_file():
        raise UserError(
            "is missing, so nobody knows what the model has learnt from",
            where=str(model / LEARNT), fix="train again",
        )  # fmt: skip
    learnt, known = read_learnt(model), known_rows(model, labels)
    fresh = np.array([text_key(text) not in learnt for text in labels["text"]], dtype=bool)
    if not (known | fresh).any():
        raise UserError(
            "the model has learnt from every one of these labels",
            where=str(model), fix="give labels that it has not seen, or train with --folds 5",
        )  # fmt: skip
    return known, fresh & ~known


def _raw_chances(
    labels: pd.DataFrame, model: Path, rubric: Rubric, advance: Callable[[int], object]
) -> NDArray[np.float64]:
    bert = load_bert(model, rubric)
    plain = replace(bert, calibration=Calibration.none(*bert.calibration.slope.shape))
    return score_passages(plain, label_passages(labels), advance=advance).predictions.exceed


def _copy_model(model: Path, out: Path) -> None:
    """Copy what scoring and judging need, the description last."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.json").unlink(missing_ok=True)  # a copy that is broken off is no model
    forget_folds(out)
    for name in (LEARNT, FILE, "tokenizer.json", "model.onnx", "model.json"):
        if (model / name).is_file():
            write_atomically(out / name, partial(copyfile, model / name))


def _deal(labels: pd.DataFrame) -> NDArray[np.int64]:
    """Deal labels to folds: whole regions where there are enough, else reports, else sentences."""
    for name in ("region", "report_id", "text"):
        groups = labels[name].tolist()
        if len(set(groups)) >= N_FOLDS:
            break
    return region_folds(groups, min(N_FOLDS, len(set(groups))), 0)
