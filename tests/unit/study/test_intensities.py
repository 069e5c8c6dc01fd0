"""One intensity a province: which sentences count, and what a step must know to run again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import UserError
from configs.settings import IntensitySettings, StudySettings
from corpus.rubric import load_rubric
from study.chain import study_steps
from study.folder import Study
from study.intensities import province_intensity, with_mean
from study.manifest import input_hashes
from study.measures import intensity_measures
from study.samples import drawn_intensities
from tests.unit.study.test_measures import tables

RUBRIC = load_rubric()
SGDID = {
    "intensity_year": 2025, "post_from": 2023, "years": (2018, 2023),
    "weights": {"main": "data/weights/province_knn4.csv"},
}  # fmt: skip


def study(folder: Path, scorer: str = "bert", y: str = "ser", **sgdid: object) -> Study:
    return Study(
        StudySettings.model_validate({
            "name": "x", "title": "x", "scoring": {"scorer": scorer}, "sgdid": SGDID | sgdid,
            "scales": {"province": {"panel": "configs/panel_province_2018_2023.toml", "x": ["nqp"], "y": y}},
        }), folder,
    )  # fmt: skip


@pytest.mark.parametrize(
    "how",
    [
        IntensitySettings(),
        IntensitySettings(with_annex=True),
        IntensitySettings(sections=("plan",)),
        IntensitySettings(unit_types=("body", "heading")),
    ],
)
def test_the_treatment_counts_what_the_study_counts(how: IntensitySettings) -> None:
    scores, sentences = tables(3)
    kept = sentences[sentences["unit_type"].isin(how.unit_types)]
    kept = kept if how.with_annex else kept[~kept["is_annex"]]
    kept = kept[kept["section"].isin(how.sections)] if how.sections else kept
    wide = scores.pivot(index="sentence_id", columns="dimension", values="score")
    by_hand = (
        wide.loc[kept["sentence_id"]].mean(axis=1).groupby(kept["region_code"].to_numpy()).mean()
    )
    found = province_intensity(scores, sentences, RUBRIC, measure="mean", year=2025, how=how)
    np.testing.assert_allclose(found.set_index("unit")["value"], by_hand)
    beside = intensity_measures(scores, sentences, RUBRIC, year=2025, how=how)
    beside = beside[beside["measure"] == "mean"].set_index("region_code")
    np.testing.assert_allclose(beside["value"], by_hand)


def test_one_dimension_by_its_short_name_and_an_unknown_one() -> None:
    scores, sentences = tables(4)
    short = RUBRIC.dimensions[1].short
    options = {"year": 2025, "how": IntensitySettings()}
    found = province_intensity(scores, sentences, RUBRIC, measure=short, **options)
    assert found["value"].tolist() == found[f"intensity_{short.lower()}"].tolist()
    with pytest.raises(UserError, match="unknown dimension"):
        province_intensity(scores, sentences, RUBRIC, measure="Z", **options)


def test_only_provinces_and_only_the_year() -> None:
    scores, sentences = tables(5)
    national = sentences.assign(level="national")
    with pytest.raises(UserError, match="no provincial report of 2025"):
        province_intensity(
            scores, national, RUBRIC, measure="mean", year=2025, how=IntensitySettings()
        )


def test_mean_of_draws_is_taken_draw_by_draw() -> None:
    draws = pd.DataFrame({
        "draw": [1, 1, 2, 2], "region_code": "110000", "year": 2025, "dimension": ["a", "b"] * 2,
        "intensity": [0.0, 1.0, 2.0, 4.0],
    })  # fmt: skip
    found = with_mean(draws)
    assert found[found["dimension"] == "mean"]["intensity"].tolist() == [0.5, 3.0]
    assert found.iloc[:4].equals(draws)


@pytest.mark.parametrize(
    ("scorer", "corrected", "drawn"),
    [("bert", True, True), ("bert", False, False), ("ngram", True, False), ("cues", True, False)],
)
def test_draws_of_an_earlier_run_are_not_taken_for_this_ones(
    tmp_path: Path, scorer: str, corrected: bool, drawn: bool
) -> None:
    own = study(tmp_path, scorer, corrected=corrected)
    own.store("intensity_draws.csv").parent.mkdir()
    own.store("intensity_draws.csv").write_text("of another scorer", "utf-8")
    assert (drawn_intensities(own) is not None) == drawn
    steps = {step.name: step for step in study_steps(own)}
    assert ("correct" in steps) == drawn
    assert (own.store("intensity_draws.csv") in steps["sgdid"].inputs) == drawn


def test_the_model_runs_again_when_its_outcome_changes(tmp_path: Path) -> None:
    one, other = (
        {s.name: s.settings for s in study_steps(study(tmp_path, y=y))}
        for y in ("ser", "growth_pct")
    )
    assert one["sgdid"] != other["sgdid"]
    assert one["treatment"] == other["treatment"]
    assert json.loads(one["sgdid"])["scale"]["y"] == "ser"


def test_the_manifest_hashes_every_file_from_outside(tmp_path: Path) -> None:
    own = study(tmp_path)
    found = set(input_hashes(own, study_steps(own)))
    assert found >= {
        "data/corpus/reports.jsonl.gz", "data/gold/labels.csv", "data/weights/province_knn4.csv",
        "data/models/zhengce-bert/model.onnx", "data/statistics/province_panel.csv",
        "configs/panel_province_2018_2023.toml", "configs/indicators/province.toml",
    }  # fmt: skip
    assert not any(str(tmp_path) in name or name.startswith("store") for name in found)
