"""The recipe of the shipped model: teachers of several seeds, one student, and the same in folds.

A student learns from the labels and from unlabelled sentences that the teachers' mean has scored
(Hinton, Vinyals and Dean 2015); it is as fast as one teacher and nearly as good as all. Everything
is done once for each fold, the fold's regions left out of labels and unlabelled text, which gives
out-of-fold predictions of every label; and once with all, which gives the model.

Every network but the last leaves a small file of predictions in ``work/``
(`nlp_scoring.bert.side_by_side`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nlp_scoring.bert.network import build_network, exceedance, load_encoder
from nlp_scoring.bert.training import TrainingSettings, fit, predict

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nlp_scoring.bert.batches import Vocabulary
    from nlp_scoring.bert.network import HeadShape, SentenceScorer
    from nlp_scoring.bert.passages import Pieces
    from nlp_scoring.bert.training import Rows

#: Settings that the shipped model was made with.
TEACHER = TrainingSettings(epochs=12, batch_size=64, learning_rate=2.5e-4)
STUDENT = TrainingSettings(epochs=5, batch_size=128, learning_rate=4e-4, seed=100)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of teachers and student.

    Attributes
    ----------
    seeds : int
        Teachers.
    label_share : float
        Weight of a label against the teachers' mean in a labelled sentence's target.
    label_copies : int
        How often the labelled sentences enter beside the unlabelled ones.
    """

    teacher: TrainingSettings = TEACHER
    student: TrainingSettings = STUDENT
    seeds: int = 5
    label_share: float = 0.5
    label_copies: int = 2

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "teacher": self.teacher.as_json(), "student": self.student.as_json(),
            "seeds": self.seeds, "label_share": self.label_share,
            "label_copies": self.label_copies,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What networks learn from.

    Attributes
    ----------
    rows : Rows
        Labelled sentences, one row each.
    fold : (n,) array
    region, other_region : (n,), (m,) arrays
        Region of labelled and of unlabelled sentences, as numbers.
    other : Pieces
        Unlabelled sentences, m rows; may be none.
    """

    rows: Rows
    fold: NDArray[np.int64]
    region: NDArray[np.int64]
    other: Pieces
    other_region: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """Where training happens."""

    encoder: Path | str
    shape: HeadShape
    vocabulary: Vocabulary
    device: str
    work: Path
    mark: str


def trained(rows: Rows, settings: TrainingSettings, bench: Bench) -> SentenceScorer:
    """Fine-tune the bench's encoder."""
    encoder = load_encoder(bench.encoder, attention_dropout=settings.attention_dropout)
    network = build_network(encoder, bench.shape, dropout=settings.dropout, seed=settings.seed)
    network.to(bench.device)
    fit(network, rows, bench.vocabulary, settings)
    return network


def train_and_answer(
    rows: Rows, settings: TrainingSettings, bench: Bench, questions: list[Pieces]
) -> list[list[NDArray[np.float32]]]:
    """Train one network; give its chances, tenses and unit types for each set of sentences."""
    network = trained(rows, settings, bench)
    return [answers_of(network, pieces, bench, settings) for pieces in questions]


def answers_of(
    network: SentenceScorer, pieces: Pieces, bench: Bench, settings: TrainingSettings
) -> list[NDArray[np.float32]]:
    """Ask a network: chances (n, d, k), tenses and unit types (n, c) each."""
    if not len(pieces):
        shape = bench.shape
        sizes = ((shape.n_dimensions, shape.n_thresholds), (shape.n_temporality,),
                 (shape.n_unit_type,))  # fmt: skip
        return [np.zeros((0, *size), dtype=np.float32) for size in sizes]
    ordinal, tense, unit = predict(network, pieces, bench.vocabulary, without=settings.without)
    soft = [torch.softmax(torch.from_numpy(x), dim=-1).numpy() for x in (tense, unit)]
    return [exceedance(torch.from_numpy(ordinal)).numpy(), *soft]
