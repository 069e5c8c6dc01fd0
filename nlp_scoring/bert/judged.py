"""Predictions of labelled sentences that no model has been trained on, for any labels file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.paths import BERT_MODEL, LABELS
from nlp_scoring.bert.out_of_fold import FILE, read_out_of_fold
from nlp_scoring.bert.rows import label_passages
from nlp_scoring.bert.runtime import load_bert, score_passages
from nlp_scoring.labels import read_labels
from nlp_scoring.ordinal import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from corpus.rubric import Rubric


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Predictions in the order of the labels, and where they come from.

    Attributes
    ----------
    n_out_of_fold, n_scored : int
        Sentences predicted by models that never saw their region; sentences that the model itself
        scored, because its out-of-fold file does not know them.
    """

    predictions: Predictions
    n_out_of_fold: int
    n_scored: int

    @property
    def scheme(self) -> str:
        """One line for people."""
        parts = []
        if self.n_out_of_fold:
            parts.append(f"{self.n_out_of_fold} sentences out of fold over regions")
        if self.n_scored:
            parts.append(f"{self.n_scored} scored by the model itself")
        return ", ".join(parts)


def judge(
    labels: pd.DataFrame,
    folder: Path,
    rubric: Rubric,
    *,
    advance: Callable[[int], object] = lambda _: None,
) -> Judged:
    """Predict labelled sentences as fairly as can be.

    A sentence of the shipped labels takes its out-of-fold prediction: the shipped model has read
    its label. Any other sentence, a held-out set for instance, is scored by the model.
    """
    n = len(labels)
    exceed = np.zeros((n, len(rubric.dimensions), rubric.max_level))
    known = np.full(n, -1)
    if (folder / FILE).is_file() and folder.resolve() == BERT_MODEL.resolve():
        shipped = read_labels(LABELS, rubric)
        place = {text: i for i, text in enumerate(shipped["text"])}
        known = np.array([place.get(text, -1) for text in labels["text"]])
        if (known >= 0).any():
            found = read_out_of_fold(folder, shipped, rubric).tempered.exceed
            exceed[known >= 0] = found[known[known >= 0]]
    rest = np.flatnonzero(known < 0)
    advance(n - len(rest))
    name = f"bert-out-of-fold-{folder.name}"
    if len(rest):
        model = load_bert(folder, rubric)
        passages = label_passages(labels.iloc[rest])
        exceed[rest] = score_passages(model, passages, advance=advance).predictions.exceed
        name = model.model_id
    return Judged(Predictions(exceed, name), n - len(rest), len(rest))
