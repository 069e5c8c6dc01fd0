"""Teachers and student of each fold and of all: who learns from whom (`nlp_scoring.bert.recipe`).

Every network but the last student leaves a small file of predictions in ``work/``
(`nlp_scoring.bert.side_by_side`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.bert.recipe import answers_of, train_and_answer, trained
from nlp_scoring.bert.side_by_side import keep
from nlp_scoring.bert.targets import Targets
from nlp_scoring.bert.training import Rows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nlp_scoring.bert.network import SentenceScorer
    from nlp_scoring.bert.recipe import Bench, Material, Recipe

#: Stands for "no fold left out".
ALL = -1


@dataclass(frozen=True, slots=True, eq=False)
class Teacher:
    """A teacher of a fold to train, and to ask about every sentence."""

    material: Material
    recipe: Recipe
    bench: Bench
    fold: int
    seed: int

    @property
    def path(self) -> Path:
        """File of its answers on labelled and on unlabelled sentences."""
        return self.bench.work / f"teacher-{self.fold}-{self.seed}.npz"

    @property
    def name(self) -> str:
        """For people."""
        return f"fold {_name(self.fold)}: teacher {self.seed + 1} of {self.recipe.seeds}"

    @property
    def mark(self) -> str:
        """Of the run."""
        return self.bench.mark

    def run(self) -> None:
        """Train, ask, and keep the answers."""
        learn = np.flatnonzero(self.material.fold != self.fold)
        settings = replace(self.recipe.teacher, seed=self.seed)
        asked = [self.material.rows.pieces, self.material.other]
        rows = self.material.rows.take(learn)
        keep(self.path, self.mark, *train_and_answer(rows, settings, self.bench, asked))


@dataclass(frozen=True, slots=True, eq=False)
class Student:
    """The student of a fold to train, and to ask about the labels it has not seen."""

    material: Material
    recipe: Recipe
    bench: Bench
    fold: int

    @property
    def path(self) -> Path:
        """File of its answers on the fold's labelled sentences."""
        return self.bench.work / f"student-{self.fold}.npz"

    @property
    def name(self) -> str:
        """For people."""
        return f"fold {_name(self.fold)}: student"

    @property
    def mark(self) -> str:
        """Of the run."""
        return self.bench.mark

    def run(self) -> None:
        """Train, ask, and keep the answers."""
        network = study(self.material, self.recipe, self.bench, self.fold)
        asked = np.flatnonzero(self.material.fold == self.fold)
        pieces = self.material.rows.pieces.take(asked)
        keep(self.path, self.mark, answers_of(network, pieces, self.bench, self.recipe.student))


def networks_of(
    material: Material, recipe: Recipe, bench: Bench
) -> tuple[list[Teacher], list[Student]]:
    """Every network that leaves predictions: teachers of each fold and of all, a student a fold."""
    folds = [int(fold) for fold in np.unique(material.fold)]
    teachers = [
        Teacher(material, recipe, bench, fold, seed)
        for fold in (*folds, ALL)
        for seed in range(recipe.seeds)
    ]
    return teachers, [Student(material, recipe, bench, fold) for fold in folds]


def study(material: Material, recipe: Recipe, bench: Bench, fold: int) -> SentenceScorer:
    """Train the student of a fold, or of all (`ALL`), whose teachers are done."""
    given, other = _taught(material, recipe, bench, fold)
    learn = np.flatnonzero(material.fold != fold)
    left_out = np.unique(material.region[material.fold == fold])
    chosen = np.flatnonzero(~np.isin(material.other_region, left_out))
    label, mean = material.rows.targets.take(learn), given.take(learn)
    share = recipe.label_share
    mixed = Targets(
        *(
            share * getattr(label, f) + (1 - share) * getattr(mean, f)
            for f in ("exceed", "temporality", "unit_type")
        )
    )
    targets, rows = other.take(chosen), np.tile(learn, recipe.label_copies)
    for _ in range(recipe.label_copies):
        targets = mixed.joined(targets)
    pieces = material.rows.pieces.take(rows).joined(material.other.take(chosen))
    return trained(Rows(pieces, targets), recipe.student, bench)


def _taught(material: Material, recipe: Recipe, bench: Bench, fold: int) -> tuple[Targets, Targets]:
    """Give the mean of a fold's teachers on labelled and on unlabelled sentences."""
    found = []
    for seed in range(recipe.seeds):
        with np.load(Teacher(material, recipe, bench, fold, seed).path) as kept:
            found.append([kept[f"arr_{i}"] for i in range(6)])
    mean = [np.mean(arrays, axis=0).astype(np.float32) for arrays in zip(*found, strict=True)]
    return Targets(*mean[:3]), Targets(*mean[3:])


def out_of_fold(students: list[Student]) -> NDArray[np.float32]:
    """Chances ``P(y > k)`` of every labelled sentence by the student of its fold, (n, d, k)."""
    material, shape = students[0].material, students[0].bench.shape
    n = len(material.fold)
    exceed = np.zeros((n, shape.n_dimensions, shape.n_thresholds), dtype=np.float32)
    for student in students:
        with np.load(student.path) as kept:
            exceed[material.fold == student.fold] = kept["arr_0"]
    return exceed


def _name(fold: int) -> str:
    return "none" if fold == ALL else str(fold + 1)
