"""A study scored by the shipped BERT, from records to page, and what stands on its scores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from configs.paths import LABELS
from corpus.schemas import ReportScoreTable, ScoreTable
from corpus.store import read_table
from tests.conftest import ROOT, TinyStudy, make_study, record

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "zhengce.py"), *arguments],
        cwd=ROOT, capture_output=True, text=True, env=os.environ | {"ZHENGCE_CACHE": str(cache)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    study = make_study(tmp_path_factory.mktemp("bert"))
    text = study.study.read_text("utf-8").replace(str(study.labels), str(LABELS))
    text = text.replace('scorer = "ngram"', 'scorer = "bert"\nsince = 2025').replace(
        "folds = 3", "folds = 2"
    )
    study.study.write_text(text, "utf-8")
    early = json.dumps(record("440000", "广东省", 2024), ensure_ascii=False)
    study.records.write_text(study.records.read_text("utf-8") + early + "\n", "utf-8")
    done = run("run", str(study.study), "--out", str(study.out), cache=study.folder / "cache")
    assert done.returncode == 0, done.stderr
    return study


def test_scores_are_the_berts_and_only_of_the_years_asked_for(scored: TinyStudy) -> None:
    scores = read_table(ScoreTable, scored.out / "store" / "score.parquet")
    assert set(scores["scorer"]) == {"bert"}
    assert set(scores["sentence_id"].str[7:11]) == {"2025", "2026"}
    table = read_table(ReportScoreTable, scored.out / "store" / "report_score.parquet")
    assert set(table["year"]) == {2025, 2026}
    # The invented reports promise laboratories, 5G and firms in numbers: every dimension shows.
    assert (table["intensity"] > 0.1).all()


def test_quality_is_out_of_fold_and_beside_the_baseline(scored: TinyStudy) -> None:
    quality = pd.read_csv(scored.out / "tables" / "quality.csv")
    kappa = quality[(quality["metric"] == "qwk") & (quality["sample"] == "random")]
    means = kappa.groupby("scorer")["estimate"].mean()
    assert means["bert"] > means["ngram"] + 0.05
    page = (scored.out / "report.html").read_text("utf-8")
    assert "a fine-tuned Chinese BERT" in page
    scores = read_table(ScoreTable, scored.out / "store" / "score.parquet")
    n, lowered = scores["sentence_id"].nunique(), scores[scores["capped_by"] != ""]
    n_lowered = lowered["sentence_id"].nunique()
    assert f"lowered the level of {n_lowered} of {n} scored sentences" in page
    assert "n-gram基线" in page


def test_scoring_the_project_again_comes_from_the_cache(scored: TinyStudy) -> None:
    before = (scored.out / "store" / "score.parquet").read_bytes()
    again = run("score", "--project", str(scored.out), cache=scored.folder / "cache")
    assert again.returncode == 0, again.stderr
    # The verb scores every report; those since 2025 were there.
    assert " new, the rest from the cache" in again.stderr
    scores = read_table(ScoreTable, scored.out / "store" / "score.parquet")
    assert set(scores["sentence_id"].str[7:11]) == {"2024", "2025", "2026"}
    (scored.out / "store" / "score.parquet").write_bytes(before)


def test_correction_needs_labels_of_these_reports(scored: TinyStudy, tmp_path: Path) -> None:
    answer = run(
        "correct",
        "--project",
        str(scored.out),
        "--out",
        str(tmp_path),
        cache=scored.folder / "cache",
    )
    assert answer.returncode == 2
    assert len(answer.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_other_labels_are_refused_before_anything_is_written(
    scored: TinyStudy, tmp_path: Path
) -> None:
    study = make_study(tmp_path / "s")
    text = study.study.read_text("utf-8").replace('scorer = "ngram"', 'scorer = "bert"')
    study.study.write_text(text, "utf-8")
    answer = run("run", str(study.study), "--out", str(study.out), cache=scored.folder / "cache")
    assert answer.returncode == 2
    assert "no out-of-fold prediction for the sentence '0'" in answer.stderr


def test_years_shown_must_be_scored(tmp_path: Path) -> None:
    study = make_study(tmp_path / "s")
    text = study.study.read_text("utf-8").replace("folds = 3", "folds = 3\nsince = 2026")
    study.study.write_text(text, "utf-8")
    answer = study.run()
    assert answer.returncode == 2
    assert "scoring.since 2026 is after report.years 2025" in answer.stderr
