"""The recipe of the shipped model: teachers of several seeds, one student, and the same in folds.

A student learns from the labels and from unlabelled sentences that the teachers' mean has scored
(Hinton, Vinyals and Dean 2015); it is as fast as one teacher and nearly as good as all. Everything
is done once for each fold, the fold's regions left out of labels and unlabelled text, which gives
out-of-fold predictions of every label; and once with all, which gives the model.

Every network that was trained leaves a small file of predictions in ``work/``; a run that was
killed goes on behind the last one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nlp_scoring.bert.network import build_network, exceedance, load_encoder
from nlp_scoring.bert.targets import Targets
from nlp_scoring.bert.training import Rows, TrainingSettings, fit, predict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from nlp_scoring.bert.batches import Vocabulary
    from nlp_scoring.bert.network import HeadShape, SentenceScorer
    from nlp_scoring.bert.passages import Pieces

#: Stands for "no fold left out".
ALL = -1
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


def teach(
    material: Material,
    recipe: Recipe,
    bench: Bench,
    fold: int,
    tell: Callable[[str], object],
) -> tuple[Targets, Targets]:
    """Train the teachers of a fold; give their mean on labelled and on unlabelled sentences."""
    learn = np.flatnonzero(material.fold != fold)
    found = []
    for seed in range(recipe.seeds):
        path = bench.work / f"teacher-{fold}-{seed}.npz"
        if not is_done(path, bench.mark):
            tell(f"fold {_name(fold)}: teacher {seed + 1} of {recipe.seeds}")
            settings = replace(recipe.teacher, seed=seed)
            network = _trained(part_of(material.rows, learn), settings, bench)
            given = _answers(network, material.rows.pieces, bench, settings)
            other = _answers(network, material.other, bench, settings)
            keep(path, bench.mark, given, other)
        with np.load(path) as kept:
            found.append([kept[f"arr_{i}"] for i in range(6)])
    mean = [np.mean(arrays, axis=0).astype(np.float32) for arrays in zip(*found, strict=True)]
    return Targets(*mean[:3]), Targets(*mean[3:])


def study(
    material: Material,
    recipe: Recipe,
    bench: Bench,
    fold: int,
    tell: Callable[[str], object],
) -> SentenceScorer:
    """Train the student of a fold, or of all (`ALL`)."""
    given, other = teach(material, recipe, bench, fold, tell)
    tell(f"fold {_name(fold)}: student")
    learn = np.flatnonzero(material.fold != fold)
    left_out = np.unique(material.region[material.fold == fold])
    keep = np.flatnonzero(~np.isin(material.other_region, left_out))
    label, mean = material.rows.targets.take(learn), given.take(learn)
    share = recipe.label_share
    mixed = Targets(
        *(
            share * getattr(label, f) + (1 - share) * getattr(mean, f)
            for f in ("exceed", "temporality", "unit_type")
        )
    )
    targets, rows = other.take(keep), np.tile(learn, recipe.label_copies)
    for _ in range(recipe.label_copies):
        targets = mixed.joined(targets)
    pieces = _joined(_part(material.rows.pieces, rows), _part(material.other, keep))
    return _trained(Rows(pieces, targets), recipe.student, bench)


def out_of_fold(
    material: Material, recipe: Recipe, bench: Bench, tell: Callable[[str], object]
) -> NDArray[np.float32]:
    """Chances ``P(y > k)`` of every labelled sentence by the student of its fold, (n, d, k)."""
    n = len(material.fold)
    exceed = np.zeros((n, bench.shape.n_dimensions, bench.shape.n_thresholds), dtype=np.float32)
    for fold in np.unique(material.fold):
        path = bench.work / f"student-{fold}.npz"
        rows = np.flatnonzero(material.fold == fold)
        if not is_done(path, bench.mark):
            network = study(material, recipe, bench, int(fold), tell)
            pieces = _part(material.rows.pieces, rows)
            answers = _answers(network, pieces, bench, recipe.student)
            keep(path, bench.mark, answers, answers)
        with np.load(path) as kept:
            exceed[rows] = kept["arr_0"]
    return exceed


def _trained(rows: Rows, settings: TrainingSettings, bench: Bench) -> SentenceScorer:
    encoder = load_encoder(bench.encoder, attention_dropout=settings.attention_dropout)
    network = build_network(encoder, bench.shape, dropout=settings.dropout, seed=settings.seed)
    network.to(bench.device)
    fit(network, rows, bench.vocabulary, settings)
    return network


def train_and_answer(
    rows: Rows, settings: TrainingSettings, bench: Bench, questions: list[Pieces]
) -> list[list[NDArray[np.float32]]]:
    """Train one network; give its chances, tenses and unit types for each set of sentences."""
    network = _trained(rows, settings, bench)
    return [_answers(network, pieces, bench, settings) for pieces in questions]


def _answers(
    network: SentenceScorer, pieces: Pieces, bench: Bench, settings: TrainingSettings
) -> list[NDArray[np.float32]]:
    if not len(pieces):
        shape = bench.shape
        sizes = ((shape.n_dimensions, shape.n_thresholds), (shape.n_temporality,),
                 (shape.n_unit_type,))  # fmt: skip
        return [np.zeros((0, *size), dtype=np.float32) for size in sizes]
    ordinal, tense, unit = predict(network, pieces, bench.vocabulary, without=settings.without)
    soft = [torch.softmax(torch.from_numpy(x), dim=-1).numpy() for x in (tense, unit)]
    return [exceedance(torch.from_numpy(ordinal)).numpy(), *soft]


def part_of(rows: Rows, index: NDArray[np.int64]) -> Rows:
    """Take some rows."""
    return Rows(_part(rows.pieces, index), rows.targets.take(index))


def _part(pieces: Pieces, rows: NDArray[np.int64]) -> Pieces:
    lists = {
        f: [getattr(pieces, f)[i] for i in rows] for f in ("text", "heading", "previous", "next")
    }
    return replace(pieces, **lists, place=pieces.place[rows], section=pieces.section[rows],
                   owner=np.arange(len(rows)))  # fmt: skip


def _joined(a: Pieces, b: Pieces) -> Pieces:
    lists = {f: getattr(a, f) + getattr(b, f) for f in ("text", "heading", "previous", "next")}
    return replace(
        a, **lists, place=np.concatenate([a.place, b.place]),
        section=np.concatenate([a.section, b.section]), owner=np.arange(len(a) + len(b)),
    )  # fmt: skip


def _name(fold: int) -> str:
    return "none" if fold == ALL else str(fold + 1)


def is_done(path: Path, mark: str) -> bool:
    """Tell whether a file of predictions is there, whole, and of this very run."""
    try:
        with np.load(path) as kept:
            return bool(kept["mark"].tobytes().decode() == mark)
    except (OSError, ValueError, KeyError):
        return False


def keep(path: Path, mark: str, *groups: list[NDArray[np.float32]]) -> None:
    """Write groups of predictions whole, with the run's mark."""
    from corpus.files import write_atomically

    arrays = [array for group in groups for array in group]
    stamp = np.frombuffer(mark.encode(), dtype=np.uint8)

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, *arrays, mark=stamp)

    write_atomically(path, write)
