"""Predictions of labelled sentences that no model has been trained on, for any labels file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.paths import BERT_MODEL, LABELS
from nlp_scoring.bert.out_of_fold import (
    HELD_OUT,
    TEXT_KEY,
    known_rows,
    places_of,
    read_learnt,
    read_out_of_fold,
    text_key,
)
from nlp_scoring.bert.rows import label_passages
from nlp_scoring.bert.runtime import load_bert, score_passages
from nlp_scoring.labels import read_labels
from nlp_scoring.ordinal import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric
    from nlp_scoring.bert.runtime import BertModel


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Predictions in the order of the labels, and where they come from.

    Attributes
    ----------
    n_out_of_fold, n_scored : int
        Sentences predicted by models that never saw their region; sentences that the model itself
        scored, because its out-of-fold file does not know them.
    n_learnt : int
        Of those scored, sentences that the model has learnt from: they flatter it.
    """

    predictions: Predictions
    n_out_of_fold: int
    n_scored: int
    n_learnt: int = 0

    @property
    def scheme(self) -> str:
        """One line for people."""
        parts = []
        if self.n_out_of_fold:
            parts.append(f"{self.n_out_of_fold} sentences out of fold over regions")
        if self.n_scored:
            flattered = f", {self.n_learnt} of which it has learnt from" if self.n_learnt else ""
            parts.append(f"{self.n_scored} scored by the model itself{flattered}")
        return ", ".join(parts)


def judge(
    labels: pd.DataFrame,
    folder: Path,
    rubric: Rubric,
    *,
    advance: Callable[[int], object] = lambda _: None,
) -> Judged:
    """Predict labelled sentences as fairly as can be.

    A sentence that networks without its region have judged takes what they said of it: the model
    itself has read its label. Any other sentence, a held-out set for instance, is scored by the
    model; one that its calibration was learnt on is calibrated by the other folds of those.
    """
    exceed = np.zeros((len(labels), len(rubric.dimensions), rubric.max_level))
    known = known_rows(folder, labels)
    if known.any():
        exceed[known] = _by_folds(labels[known], folder, rubric)
    advance(int(known.sum()))
    name, n_learnt = f"bert-out-of-fold-{folder.name}", 0
    if not known.all():
        model, part = load_bert(folder, rubric), labels[~known]
        exceed[~known] = _scored(part, model, folder, rubric, advance)
        name, learnt = model.model_id, read_learnt(folder)
        n_learnt = sum(text_key(text) in learnt for text in part["text"]) if learnt else 0
    predictions = Predictions(exceed, name)
    return Judged(predictions, int(known.sum()), int((~known).sum()), n_learnt)


def _by_folds(labels: pd.DataFrame, folder: Path, rubric: Rubric) -> NDArray[np.float64]:
    """Chances by the folds, calibrated by each other on the labels given, the shipped ones on all shipped labels.

    A few labels of one's own must not recalibrate the shipped model: it is not scored with that.
    """
    if folder.resolve() != BERT_MODEL.resolve():
        return read_out_of_fold(folder, labels, rubric).calibrated.exceed
    shipped = read_labels(LABELS, rubric)
    texts = [text_key(text) for text in shipped["text"]]
    place = places_of(shipped.assign(**{TEXT_KEY: texts}), labels)
    return read_out_of_fold(folder, shipped, rubric).calibrated.exceed[place]


def _scored(
    labels: pd.DataFrame,
    model: BertModel,
    folder: Path,
    rubric: Rubric,
    advance: Callable[[int], object],
) -> NDArray[np.float64]:
    """Chances by the model itself, of those that have calibrated it by the other folds."""
    held = known_rows(folder, labels, name=HELD_OUT)
    exceed = np.zeros((len(labels), len(rubric.dimensions), rubric.max_level))
    if held.any():
        found = read_out_of_fold(folder, labels[held], rubric, name=HELD_OUT)
        exceed[held] = found.calibrated.exceed
        advance(int(held.sum()))
    if not held.all():
        passages = label_passages(labels[~held])
        exceed[~held] = score_passages(model, passages, advance=advance).predictions.exceed
    return exceed
