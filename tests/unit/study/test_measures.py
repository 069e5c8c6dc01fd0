"""Measures of intensity: each equals a mean done by hand, and together they are one row a region."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import UserError
from configs.settings import IntensitySettings
from corpus.rubric import load_rubric
from nlp_scoring.aggregation import report_intensity
from study.measures import COLUMNS, intensity_measures, other_scorers
from tests.conftest import write_labels

RUBRIC = load_rubric()
HOW = IntensitySettings()
IDS = list(RUBRIC.dimension_ids)


def sentence_table(n: int, rng: np.random.Generator, regions: int = 4) -> pd.DataFrame:
    parts = []
    for r in range(regions):
        code, place = f"{(r + 1) * 110000}", np.arange(n)
        ids = np.array([f"{code}-2025-{i + 1:04d}" for i in place])
        # A piece starts a sentence or belongs to the one before it.
        start = np.maximum.accumulate(np.where(rng.random(n) < 0.7, place, 0))
        parts.append(
            pd.DataFrame(
                {
                    "sentence_id": ids, "report_id": f"{code}-2025", "region_code": code,
                    "region": f"省{r}", "year": 2025, "level": "province", "position": place + 1,
                    "paragraph": place // 3, "text": "建设5G基站和数据中心。", "parent_id": ids[start],
                    "section": np.where(place < n // 3, "review", "plan"),
                    "unit_type": np.where(place % 7 == 6, "heading", "body"),
                    "is_annex": place >= n - 2, "progress": place / n,
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def score_table(sentences: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    n, d = len(sentences), len(IDS)
    score = rng.uniform(0, 3, (n, d))
    tense = rng.choice(["past", "future"], n)
    return pd.DataFrame(
        {
            "sentence_id": np.repeat(sentences["sentence_id"].to_numpy(), d),
            "dimension": np.tile(IDS, n), "scorer": "x", "level": np.rint(score).astype(int).ravel(),
            "score": score.ravel(), "temporality": np.repeat(tense, d), "model_id": "x-1",
        }
    )  # fmt: skip


def tables(seed: int, n: int = 24) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    sentences = sentence_table(n, rng)
    return score_table(sentences, rng), sentences


def by_hand(scores: pd.DataFrame, kept: pd.DataFrame, dimension: str) -> pd.Series:
    own = scores[scores["dimension"] == dimension].merge(kept, on="sentence_id")
    return own.groupby("region_code")["score"].mean()


def values(found: pd.DataFrame, measure: str) -> np.ndarray:
    return found[found["measure"] == measure].sort_values("region_code")["value"].to_numpy()


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_each_measure_is_the_mean_it_says(seed: int) -> None:
    scores, sentences = tables(seed)
    found = intensity_measures(
        scores, sentences, RUBRIC, year=2025, how=HOW, others={"cues": scores}
    )
    body = sentences[sentences["unit_type"] == "body"]
    report = body[~body["is_annex"]]
    past = scores.drop_duplicates("sentence_id").set_index("sentence_id")["temporality"]
    kept = {
        "": report, "_with_annex": body, "_plan": report[report["section"] == "plan"],
        "_without_past": report[report["sentence_id"].map(past) != "past"], "_cues": report,
    }  # fmt: skip
    for d in RUBRIC.dimensions:
        for way, part in kept.items():
            expected = by_hand(scores, part, d.id).to_numpy()
            assert values(found, d.short + way) == pytest.approx(expected)
    three = np.mean([values(found, d.short) for d in RUBRIC.dimensions], axis=0)
    assert values(found, "mean") == pytest.approx(three)
    for d in RUBRIC.dimensions:
        shares = [values(found, f"{d.short}_share_{k}") for k in (1, 2, 3)]
        assert (np.diff(shares, axis=0) <= 1e-12).all()


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_table_is_whole_and_keyed(seed: int) -> None:
    scores, sentences = tables(seed)
    found = intensity_measures(scores, sentences, RUBRIC, year=2025, how=HOW)
    assert tuple(found.columns) == COLUMNS
    assert not found.duplicated(["region_code", "measure"]).any()
    assert not found.isna().any().any()
    assert (found.groupby("measure").size() == 4).all()
    names = found.drop_duplicates("measure")
    assert names["label"].is_unique
    assert names["label_zh"].is_unique
    k = len(IDS)
    assert names["family"].value_counts().to_dict() == {
        "level": RUBRIC.max_level * (k + 1), "past": 2 * (k + 1), "parent": k + 1, "annex": k + 1,
        "dimension": k, "composite": 3,
    }  # fmt: skip
    whole, own = (found[found["measure"] == m]["n_sentences"] for m in ("S_whole_sentence", "S"))
    assert (whole.to_numpy() <= own.to_numpy()).all()
    shuffled = intensity_measures(
        scores.sample(frac=1, random_state=seed), sentences.sample(frac=1, random_state=seed),
        RUBRIC, year=2025, how=HOW,
    )  # fmt: skip
    pd.testing.assert_frame_equal(found, shuffled)


def test_dimensions_are_those_of_aggregate_with_their_errors() -> None:
    scores, sentences = tables(3)
    expected = report_intensity(scores, sentences, dimensions=IDS)
    found = intensity_measures(scores, sentences, RUBRIC, year=2025, how=HOW)
    for d in RUBRIC.dimensions:
        mine = found[found["measure"] == d.short].sort_values("region_code")
        theirs = expected[expected["dimension"] == d.id].sort_values("region_code")
        assert mine["value"].to_numpy() == pytest.approx(theirs["intensity"].to_numpy())
        assert mine["std_error"].to_numpy() == pytest.approx(theirs["std_error"].to_numpy())


def test_whole_sentence_has_its_highest_piece_by_hand() -> None:
    rng = np.random.default_rng(0)
    sentences = sentence_table(6, rng, regions=1).assign(unit_type="body", is_annex=False)
    ids = sentences["sentence_id"]
    sentences["parent_id"] = [ids[0], ids[0], ids[2], ids[2], ids[2], ids[5]]
    scores = score_table(sentences, rng)
    scores.loc[scores["dimension"] == IDS[0], "score"] = [0.0, 2.0, 1.0, 0.5, 3.0, 1.0]
    found = intensity_measures(scores, sentences, RUBRIC, year=2025, how=HOW)
    row = found[found["measure"] == f"{RUBRIC.dimensions[0].short}_whole_sentence"].iloc[0]
    assert row["value"] == pytest.approx((2.0 + 3.0 + 1.0) / 3)
    assert row["n_sentences"] == 3
    assert "pca" not in set(found["measure"])  # one region has no component


def test_annex_counted_by_the_study_is_left_out_by_the_measure() -> None:
    scores, sentences = tables(1)
    found = intensity_measures(
        scores, sentences, RUBRIC, year=2025, how=IntensitySettings(with_annex=True)
    )
    plain = intensity_measures(scores, sentences, RUBRIC, year=2025, how=HOW)
    assert values(found, "S_without_annex") == pytest.approx(values(plain, "S"))
    assert values(found, "S") == pytest.approx(values(plain, "S_with_annex"))


def test_national_report_and_other_years_do_not_count() -> None:
    scores, sentences = tables(2)
    sentences.loc[sentences["region_code"] == "110000", "level"] = "national"
    found = intensity_measures(scores, sentences, RUBRIC, year=2025, how=HOW)
    assert "110000" not in set(found["region_code"])
    with pytest.raises(UserError, match="no provincial report of 2023"):
        intensity_measures(scores, sentences, RUBRIC, year=2023, how=HOW)


def test_other_scorers_score_every_sentence(tmp_path: Path) -> None:
    write_labels(tmp_path / "labels.csv")
    _, sentences = tables(4)
    found = other_scorers(sentences, tmp_path / "labels.csv", RUBRIC)
    assert set(found) == {"ngram", "cues"}
    for name, table in found.items():
        assert set(table["scorer"]) == {name}
        assert len(table) == len(sentences) * len(IDS)
        headings = sentences.loc[sentences["unit_type"] == "heading", "sentence_id"]
        capped = table[table["sentence_id"].isin(headings)]["level"].max()
        assert capped <= RUBRIC.ceiling(unit_type="heading", temporality="")
    rows = intensity_measures(found["ngram"], sentences, RUBRIC, year=2025, how=HOW, others=found)
    assert values(rows, "S_ngram") == pytest.approx(values(rows, "S"))
