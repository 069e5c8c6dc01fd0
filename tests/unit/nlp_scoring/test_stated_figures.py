"""What the READMEs and the model card say of the shipped scorer is what its out-of-fold answers give."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.paths import BERT_MODEL, LABELS, PROJECT_ROOT
from corpus.rubric import load_rubric
from nlp_scoring.bert.out_of_fold import read_out_of_fold
from nlp_scoring.comparison import compare_kappa
from nlp_scoring.labels import read_labels
from nlp_scoring.ordinal import Predictions
from nlp_scoring.validation import cross_validate_ngram, random_rows

RUBRIC = load_rubric()
STATED = re.compile(r"\.(\d{3}) / \.(\d{3}) / \.(\d{3})")


def test_the_five_seeds_are_those_whose_mean_was_judged() -> None:
    labels = read_labels(LABELS, RUBRIC)
    place = BERT_MODEL / "pretraining"
    names = ("one", "seed_1", "seed_2", "seed_3", "seed_4")
    seeds = [read_out_of_fold(place, labels, RUBRIC, name=f"{n}.csv.gz").raw.exceed for n in names]
    mean = read_out_of_fold(place, labels, RUBRIC, name="masked.csv.gz").raw.exceed
    np.testing.assert_allclose(np.mean(seeds, axis=0), mean, atol=2e-5)


@pytest.fixture(scope="module")
def measured() -> NDArray[np.float64]:
    """Kappas on the random sentences: the BERT's, then the baseline's."""
    labels = read_labels(LABELS, RUBRIC)
    rows = random_rows(labels)
    part = labels[rows]
    bert, ngram = (
        Predictions(p.exceed[rows], p.model_id)
        for p in (
            read_out_of_fold(BERT_MODEL, labels, RUBRIC).calibrated,
            cross_validate_ngram(labels, RUBRIC, n_folds=5, seed=0),
        )
    )
    table = compare_kappa(
        part[list(RUBRIC.dimension_ids)].to_numpy(dtype=np.int64), bert, ngram,
        part["report_id"].tolist(), dimensions=RUBRIC.dimension_ids, names=("bert", "ngram"),
    ).set_index("dimension").loc[list(RUBRIC.dimension_ids)]  # fmt: skip
    return table[["estimate", "estimate_against"]].to_numpy(dtype=np.float64).T


@pytest.mark.parametrize(
    "page",
    [PROJECT_ROOT / "README.md", PROJECT_ROOT / "README.zh-CN.md", BERT_MODEL / "MODEL_CARD.md"],
)
def test_stated_kappas_are_those_measured(page: Path, measured: NDArray[np.float64]) -> None:
    text = re.sub(r" \[[^\]]*\]", "", page.read_text("utf-8")).replace(" | ", " / ")
    stated = STATED.findall(text)[:2]
    # The baseline is trained here: a solver's last digits may differ between processors.
    np.testing.assert_allclose(np.array(stated, dtype=float) / 1000, measured, atol=0.0015)
