"""Means and standard errors against formulas written another way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import UserError
from nlp_scoring.aggregation import intensity_by, mean_score, report_intensity


@given(st.lists(st.floats(0, 3), min_size=2, max_size=40))
def test_sentences_of_their_own_paragraph_are_independent(scores: list[float]) -> None:
    values = np.array(scores)
    m = mean_score(values, np.arange(len(values)))
    assert m.mean == pytest.approx(values.mean())
    assert m.std_error == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)))
    assert m.std_error_paragraph == pytest.approx(m.std_error)


def test_equal_sentences_within_paragraphs_count_once() -> None:
    means = np.array([0.0, 1.0, 2.0, 0.5])
    m = mean_score(np.repeat(means, 10), np.repeat(np.arange(4), 10))
    assert m.std_error_paragraph == pytest.approx(means.std(ddof=1) / 2)
    assert m.n == 40
    assert m.n_clusters == 4


def test_clustered_error_equals_a_regression_with_clustered_errors() -> None:
    rng = np.random.default_rng(3)
    clusters = rng.integers(0, 12, size=80)
    scores = rng.normal(size=12)[clusters] + rng.normal(size=80)
    scores = scores - scores.min()
    m = mean_score(scores, clusters)
    # Sandwich of an intercept-only regression, summed by hand.
    meat = sum(((scores - scores.mean())[clusters == c].sum()) ** 2 for c in range(12))
    assert m.std_error_paragraph == pytest.approx(np.sqrt(12 / 11 * meat) / 80)


def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    units = ["body", "body", "heading", "body"]
    sentences = pd.DataFrame(
        {
            "sentence_id": [f"440000-2026-{i:04d}" for i in range(4)],
            "report_id": "440000-2026",
            "region_code": "440000",
            "region": "广东省",
            "year": 2026,
            "level": "province",
            "paragraph": [0, 1, 1, 2],
            "section": ["review", "plan", "plan", "other"],
            "unit_type": units,
            "is_annex": [False, False, False, True],
        }
    )
    scores = pd.DataFrame(
        {
            "sentence_id": sentences["sentence_id"],
            "dimension": "s",
            "scorer": "x",
            "score": [1.0, 2.0, 9.0, 3.0],
            "level": 0,
        }
    )
    return scores, sentences


@pytest.mark.parametrize(
    ("options", "mean", "n"),
    [
        ({}, 1.5, 2),
        ({"with_annex": True}, 2.0, 3),
        ({"sections": ["plan"]}, 2.0, 1),
        ({"unit_types": ["heading"]}, 9.0, 1),
    ],
)
def test_what_counts(options: dict[str, object], mean: float, n: int) -> None:
    scores, sentences = frames()
    row = report_intensity(scores, sentences, dimensions=["s"], **options).iloc[0]  # type: ignore[arg-type]
    assert row["intensity"] == pytest.approx(mean)
    assert row["n_sentences"] == n


def test_grouping() -> None:
    scores, sentences = frames()
    table = report_intensity(scores, sentences, dimensions=["s"])
    both = pd.concat([table, table.assign(year=2025, intensity=0.5)], ignore_index=True)
    by_region = intensity_by(both, ["region"])
    assert by_region["intensity"].tolist() == [1.0]
    assert by_region["std_error"][0] == pytest.approx(table["std_error"][0] * np.sqrt(2) / 2)
    assert len(intensity_by(both, ["region", "year"])) == 2
    with pytest.raises(UserError, match="cannot group by 'moon'"):
        intensity_by(both, ["moon"])
