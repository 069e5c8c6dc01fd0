"""From labels and unlabelled sentences to a distilled model with out-of-fold predictions."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.bert.batches import Vocabulary
from nlp_scoring.bert.device import training_device
from nlp_scoring.bert.learning import (
    find_tokenizer,
    first_windows,
    head_shape,
    label_rows,
    mark_of,
    only_learnt,
    write_model,
)
from nlp_scoring.bert.network import load_encoder
from nlp_scoring.bert.out_of_fold import FILE, forget_folds, write_learnt, write_out_of_fold
from nlp_scoring.bert.passages import load_tokenizer, pieces_of
from nlp_scoring.bert.recipe import Bench, Material, Recipe
from nlp_scoring.bert.rows import sentence_passages
from nlp_scoring.bert.side_by_side import work_off
from nlp_scoring.bert.teaching import ALL, out_of_fold, students_of, study, teachers_of
from nlp_scoring.validation import label_folds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from corpus.rubric import Rubric


def distil(
    labels: pd.DataFrame,
    sentences: pd.DataFrame,
    rubric: Rubric,
    encoder: Path | str,
    out: Path,
    recipe: Recipe,
    *,
    n_folds: int = 5,
    fold_seed: int = 0,
    jobs: int = 1,
    tell: Callable[[str], object] = lambda _: None,
) -> None:
    """Run the recipe and write model, out-of-fold predictions and description to ``out``.

    Parameters
    ----------
    labels : DataFrame
        As `nlp_scoring.labels.read_labels` gives it, with ``sentence_key``.
    sentences : DataFrame
        A sentence table to take unlabelled sentences from; those that are labelled are left out.
    jobs : int
        Networks trained side by side, one thread each; the last student has all threads.

    Raises
    ------
    UserError
        When there are fewer regions than folds, the encoder cannot be read, or a process died.
    """
    fold = label_folds(labels, n_folds, fold_seed)
    tokenizer_file = find_tokenizer(encoder)
    tokenizer = load_tokenizer(tokenizer_file)
    rows = label_rows(labels, rubric, tokenizer)
    recipe = replace(
        recipe,
        teacher=only_learnt(recipe.teacher, rows), student=only_learnt(recipe.student, rows),
    )  # fmt: skip
    regions = labels["region"].tolist()
    other = sentences[~sentences["text"].isin(set(labels["text"]))].drop_duplicates("text")
    names = {r: i for i, r in enumerate(sorted({*regions, *other["region"]}))}
    material = Material(
        rows=rows,
        fold=fold,
        region=labels["region"].map(names).to_numpy(dtype=np.int64),
        other=first_windows(pieces_of(sentence_passages(other), tokenizer)),
        other_region=other["region"].map(names).to_numpy(dtype=np.int64),
    )
    texts = hashlib.sha256("\0".join(other["text"]).encode()).hexdigest()
    made_of = {"folds": [n_folds, fold_seed], "of": regions, "texts": texts}
    mark = mark_of(rows, recipe.as_json() | made_of, encoder)
    bench = Bench(
        encoder, head_shape(rubric), Vocabulary.of(tokenizer.token_to_id), training_device(),
        out / "work", mark,
    )  # fmt: skip
    load_encoder(encoder)  # a bad one is refused here, not in a process beside
    work_off(teachers_of(material, recipe, bench), jobs, tell)
    work_off(students_of(material, recipe, bench), jobs, tell)
    exceed = out_of_fold(material, bench)
    tell("fold none: student")
    network = study(material, recipe, bench, ALL)
    extra = {"recipe": recipe.as_json(), "n_labels": len(labels), "n_unlabelled": len(other)}
    forget_folds(out)
    write_learnt(out, labels["text"])
    write_model(network, tokenizer_file, rubric, recipe.student.without, out, extra)
    write_out_of_fold(out / FILE, labels, material.fold, exceed, rubric)
