"""Counts of cue words by hand, and frequencies learnt without looking at the region scored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import UserError
from configs.paths import LABELS
from corpus.rubric import Rubric, load_rubric
from nlp_scoring.cues import (
    cross_validate_cues,
    cue_hits,
    cues_id,
    fit_cues,
    hit_classes,
    predict_cues,
    predict_fitted_cues,
)
from nlp_scoring.labels import read_labels

RUBRIC = load_rubric()


def with_cues(*cues: str) -> Rubric:
    """The rubric with one list of cue words for its first dimension."""
    first, *rest = RUBRIC.dimensions
    return replace(RUBRIC, dimensions=(replace(first, cues=cues), *rest))


@pytest.mark.parametrize(
    ("text", "cues", "hits"),
    [
        ("", ["铁路"], 0),
        ("铁路铁路铁路", ["铁路"], 3),
        ("高速铁路和铁路", ["铁路", "高速铁路"], 2),  # the longest counts once
        ("技术改造", ["技改", "技术改造"], 1),
        ("新能源汽车产业链链长", ["产业链", "链长", "新能源汽车"], 3),
        ("哈哈哈", ["哈哈"], 1),  # no overlap
        ("“人工智能＋”行动、５Ｇ基站、pm2.5", ["人工智能+", "5G", "PM2.5"], 3),
        ("PM255", ["PM2.5"], 0),  # a dot is a dot
        ("\x00\u202e" + "研发" * 5000, ["研发投入"], 0),
    ],
)
def test_hits(text: str, cues: list[str], hits: int) -> None:
    assert cue_hits([text], cues).tolist() == [hits]


@given(st.text(max_size=60))
def test_predictions_are_levels_for_any_text(text: str) -> None:
    found = predict_cues([text], RUBRIC)
    assert set(np.unique(found.exceed)) <= {0.0, 1.0}
    assert (np.diff(found.exceed, axis=2) <= 0).all()
    assert (found.level == found.score).all()


def test_levels_are_counts_up_to_three() -> None:
    texts = ["科技创新" * n for n in range(6)]
    assert predict_cues(texts, RUBRIC).level[:, 0].tolist() == [0, 1, 2, 3, 3, 3]
    assert predict_cues([], RUBRIC).exceed.shape == (0, 3, 3)


def test_the_name_follows_the_cue_lists() -> None:
    assert predict_cues(["研发"], RUBRIC).model_id == cues_id(RUBRIC)
    assert cues_id(with_cues("研发")) != cues_id(RUBRIC)
    assert cues_id(with_cues("甲", "乙")) == cues_id(with_cues("乙", "甲"))


@pytest.mark.parametrize("cues", [(), ("研发", " ")])
def test_a_dimension_without_cue_words_is_refused(cues: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match=r"dimension sci_tech_talent has no cue words"):
        predict_cues(["研发"], with_cues(*cues))


def test_frequencies_against_counting() -> None:
    rng = np.random.default_rng(0)
    texts = ["科技创新" * int(n) for n in rng.integers(0, 3, 200)]
    levels = rng.integers(0, 4, (200, 3))
    model = fit_cues(texts, levels, RUBRIC)
    hits = hit_classes(texts, RUBRIC)[:, 0]
    for h in range(4):
        for k in range(3):
            above = levels[:, 0] > k
            here = above[hits == h]
            expected = (here.sum() + above.mean()) / (len(here) + 1)
            assert model.exceed[0, h, k] == pytest.approx(expected)
    assert (np.diff(model.exceed, axis=2) <= 0).all()
    # Three hits were never seen: the overall frequencies.
    assert model.exceed[0, 3].tolist() == [(levels[:, 0] > k).mean() for k in range(3)]
    found = predict_fitted_cues(model, texts, RUBRIC)
    np.testing.assert_array_equal(found.exceed[:, 0], model.exceed[0, hits])


def test_frequencies_of_other_cue_lists_are_refused() -> None:
    model = fit_cues(["研发"], np.zeros((1, 3), dtype=np.int64), with_cues("研发"))
    with pytest.raises(UserError, match=r"belong to cues-\w+, the rubric's cue lists are cues-\w+"):
        predict_fitted_cues(model, ["研发"], RUBRIC)


def test_no_region_is_scored_by_its_own_labels() -> None:
    labels = read_labels(LABELS, RUBRIC).iloc[::5]
    before = cross_validate_cues(labels, RUBRIC, n_folds=5, seed=0)
    own = labels["region"] == "河北省"
    changed = labels.assign(**{d: labels[d].where(~own, 3) for d in RUBRIC.dimension_ids})
    after = cross_validate_cues(changed, RUBRIC, n_folds=5, seed=0)
    np.testing.assert_array_equal(before.exceed[own], after.exceed[own])
    assert (before.exceed[~own] != after.exceed[~own]).any()


def test_enriched_pools_do_not_teach() -> None:
    labels = read_labels(LABELS, RUBRIC).iloc[::5]
    enriched = labels["pool"] == "training_enriched"
    changed = labels.assign(**{d: labels[d].where(~enriched, 3) for d in RUBRIC.dimension_ids})
    before, after = (cross_validate_cues(x, RUBRIC, n_folds=5, seed=0) for x in (labels, changed))
    np.testing.assert_array_equal(before.exceed, after.exceed)
    # Without any random sentence the others teach after all.
    only = cross_validate_cues(changed[enriched], RUBRIC, n_folds=3, seed=0)
    assert (only.exceed > 0.9).all()
