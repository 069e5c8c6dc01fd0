"""Teachers and student of each fold and of all: who learns from whom (`nlp_scoring.bert.recipe`).

Every network but the last student leaves a small file of predictions in ``work/``
(`nlp_scoring.bert.side_by_side`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.bert.recipe import answers_of, train_and_answer, trained
from nlp_scoring.bert.side_by_side import Task
from nlp_scoring.bert.targets import Targets
from nlp_scoring.bert.training import Rows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nlp_scoring.bert.network import SentenceScorer
    from nlp_scoring.bert.recipe import Bench, Material, Recipe

#: Stands for "no fold left out".
ALL = -1


def teachers_of(material: Material, recipe: Recipe, bench: Bench) -> list[Task]:
    """List the teachers of each fold and of all, asked about every sentence, labelled and unlabelled."""
    return [
        Task(
            path=_teacher_file(bench, fold, seed),
            name=f"fold {_name(fold)}: teacher {seed + 1} of {recipe.seeds}",
            mark=bench.mark,
            train=partial(_teach, material, recipe, bench, fold, seed),
        )
        for fold in (*_folds(material), ALL)
        for seed in range(recipe.seeds)
    ]


def students_of(material: Material, recipe: Recipe, bench: Bench) -> list[Task]:
    """List the student of each fold, asked about the labels that it has not seen."""
    return [
        Task(
            path=_student_file(bench, fold),
            name=f"fold {_name(fold)}: student",
            mark=bench.mark,
            train=partial(_study_and_answer, material, recipe, bench, fold),
        )
        for fold in _folds(material)
    ]


def _teach(
    material: Material, recipe: Recipe, bench: Bench, fold: int, seed: int
) -> list[list[NDArray[np.float32]]]:
    rows = material.rows.take(np.flatnonzero(material.fold != fold))
    settings = replace(recipe.teacher, seed=seed)
    return train_and_answer(rows, settings, bench, [material.rows.pieces, material.other])


def _study_and_answer(
    material: Material, recipe: Recipe, bench: Bench, fold: int
) -> list[list[NDArray[np.float32]]]:
    network = study(material, recipe, bench, fold)
    asked = material.rows.pieces.take(np.flatnonzero(material.fold == fold))
    return [answers_of(network, asked, bench, recipe.student)]


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
        with np.load(_teacher_file(bench, fold, seed)) as kept:
            found.append([kept[f"arr_{i}"] for i in range(6)])
    mean = [np.mean(arrays, axis=0).astype(np.float32) for arrays in zip(*found, strict=True)]
    return Targets(*mean[:3]), Targets(*mean[3:])


def out_of_fold(material: Material, bench: Bench) -> NDArray[np.float32]:
    """Chances ``P(y > k)`` of every labelled sentence by the student of its fold, (n, d, k)."""
    shape = (len(material.fold), bench.shape.n_dimensions, bench.shape.n_thresholds)
    exceed = np.zeros(shape, dtype=np.float32)
    for fold in _folds(material):
        with np.load(_student_file(bench, fold)) as kept:
            exceed[material.fold == fold] = kept["arr_0"]
    return exceed


def _teacher_file(bench: Bench, fold: int, seed: int) -> Path:
    return bench.work / f"teacher-{fold}-{seed}.npz"


def _student_file(bench: Bench, fold: int) -> Path:
    return bench.work / f"student-{fold}.npz"


def _folds(material: Material) -> list[int]:
    return [int(fold) for fold in np.unique(material.fold)]


def _name(fold: int) -> str:
    return "none" if fold == ALL else str(fold + 1)
