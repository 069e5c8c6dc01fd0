"""Training sets nest, the last point is the cross-validation, and a bad file is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import UserError
from corpus.rubric import load_rubric
from nlp_scoring.bert.out_of_fold import CURVE
from nlp_scoring.labels import read_labels
from nlp_scoring.report.learning_curve import (
    nested_order,
    ngram_learning_curve,
    read_learning_curve,
)
from nlp_scoring.validation import cross_validate_ngram, quality_on
from tests.conftest import write_labels

RUBRIC = load_rubric()


@pytest.fixture
def labels(tmp_path: Path) -> pd.DataFrame:
    write_labels(tmp_path / "labels.csv")
    return read_labels(tmp_path / "labels.csv", RUBRIC)


@given(st.lists(st.sampled_from("甲乙丙丁"), min_size=1, max_size=40), st.integers(0, 5))
def test_beginnings_are_whole_regions_and_one_part(regions: list[str], seed: int) -> None:
    rows = np.flatnonzero(np.arange(len(regions)) % 3 != 1)
    order = nested_order(regions, rows, seed)
    assert sorted(order) == rows.tolist()
    seen = [regions[i] for i in order]
    assert len([1 for i, r in enumerate(seen) if i == 0 or r != seen[i - 1]]) == len(set(seen))
    assert order.tolist() == nested_order(regions, rows, seed).tolist()


def test_the_last_point_is_the_cross_validation(labels: pd.DataFrame) -> None:
    judged = np.arange(len(labels)) % 2 == 0
    calls: list[int] = []
    curve = ngram_learning_curve(
        labels, RUBRIC, judged, sizes=(30, 60, 5000), n_folds=3, seed=1,
        advance=lambda: calls.append(1),
    )  # fmt: skip
    assert sorted(set(curve["n_labels"])) == [30, 60, round(len(labels) * 2 / 3)]
    assert len(calls) == 9
    whole = cross_validate_ngram(labels, RUBRIC, n_folds=3, seed=1)
    found = curve[curve["n_labels"] == curve["n_labels"].max()].set_index("dimension")["qwk"]
    for quality in quality_on(labels, whole, judged, RUBRIC, 0):
        assert found[quality.dimension] == pytest.approx(quality.metrics["qwk"].estimate)
    again = ngram_learning_curve(
        labels, RUBRIC, judged, sizes=(30, 60), n_folds=3, seed=1, everything=whole
    )
    pd.testing.assert_frame_equal(again, curve)


@pytest.mark.parametrize("size", [0, -5, 2.5])
def test_sizes_must_be_whole_and_positive(labels: pd.DataFrame, size: float) -> None:
    with pytest.raises(ValueError, match="must be positive whole numbers"):
        ngram_learning_curve(labels, RUBRIC, np.ones(len(labels), bool), sizes=(size,))


def write(folder: Path, *lines: str) -> None:
    (folder / CURVE).write_text("\n".join(lines) + "\n", "utf-8")


def test_a_curve_that_came_with_a_model(tmp_path: Path) -> None:
    assert read_learning_curve(tmp_path, RUBRIC) is None
    write(tmp_path, "seed,n_labels,dimension,qwk,note", "0,500,sci_tech_talent,0.71,x")
    found = read_learning_curve(tmp_path, RUBRIC)
    assert found is not None
    assert found.to_dict("records") == [
        {"n_labels": 500, "dimension": "sci_tech_talent", "qwk": 0.71, "seed": 0}
    ]


@pytest.mark.parametrize(
    ("header", "line", "message"),
    [
        ("n_labels,dimension,qwk", "1,sci_tech_talent,1", "lacks the column 'seed'"),
        ("n_labels,dimension,qwk,seed", "5,other,0.5,0", r"row 1: unknown dimension 'other'"),
        ("n_labels,dimension,qwk,seed", "5,sci_tech_talent,1.5,0", r"row 1: qwk '1.5'"),
        ("n_labels,dimension,qwk,seed", "5,sci_tech_talent,nan,0", r"row 1: qwk 'nan'"),
        ("n_labels,dimension,qwk,seed", "0,sci_tech_talent,0.5,0", r"row 1: n_labels '0'"),
        ("n_labels,dimension,qwk,seed", "5,sci_tech_talent,0.5,x", r"row 1: seed 'x'"),
        ("n_labels,dimension,qwk,seed", "5,sci_tech_talent", r"has 2 cells"),
    ],
)
def test_bad_curves(tmp_path: Path, header: str, line: str, message: str) -> None:
    write(tmp_path, header, line)
    with pytest.raises(UserError, match=message):
        read_learning_curve(tmp_path, RUBRIC)
