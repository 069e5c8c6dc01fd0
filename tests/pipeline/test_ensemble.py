"""Two models through `zhengce score`, `aggregate` and `intensity`.

The second is the shipped one calibrated otherwise: real scores at no training, though its spread is
no seed's.
"""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.paths import BERT_MODEL, LABELS
from corpus.schemas import NetworkScoreTable, ReportScoreTable, ScoreTable
from corpus.store import read_table
from tests.conftest import make_study, zhengce

SENTENCES = (
    "text\n新建高标准农田300万亩。\n全社会研发经费投入强度达到2.8%以上。\n推进产业转型升级。\n"
)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other")
    for name in ("model.onnx", "tokenizer.json", "model.json"):
        shutil.copy(BERT_MODEL / name, folder)
    card = json.loads((folder / "model.json").read_text("utf-8"))
    card["calibration"]["slope"] = np.ones((3, 3)).tolist()
    (folder / "model.json").write_text(json.dumps(card), "utf-8")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENGCE_CACHE", str(tmp_path_factory.getbasetemp() / "ensemble_cache"))


def scored(tmp_path: Path, *models: Path) -> pd.DataFrame:
    (tmp_path / "in.csv").write_text(SENTENCES, "utf-8")
    given = [word for model in models for word in ("--model", str(model))]
    answer = zhengce("score", "in.csv", "--out", "out.csv", *given, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    return pd.read_csv(tmp_path / "out.csv")


def test_a_csv_gets_the_mean_and_the_spread(tmp_path: Path, other: Path) -> None:
    one, two = scored(tmp_path, BERT_MODEL), scored(tmp_path, other)
    both = scored(tmp_path, BERT_MODEL, other)
    for d in ("sci_tech_talent", "green_infrastructure", "structural_transformation"):
        np.testing.assert_allclose(
            both[f"{d}_score"], (one[f"{d}_score"] + two[f"{d}_score"]) / 2, atol=1e-9
        )
        gap = (one[f"{d}_score"] - two[f"{d}_score"]).abs()
        np.testing.assert_allclose(both[f"{d}_spread"], gap / np.sqrt(2), atol=1e-9)
        assert f"{d}_set" in one
        assert f"{d}_set" not in both
    assert both["green_infrastructure_spread"].max() > 0


def test_a_lowered_level_names_its_rule(tmp_path: Path) -> None:
    # A name in a list that is printed after a report: a project by its words, 0 by R14.
    labels = pd.read_csv(LABELS, dtype=str, keep_default_na=False)
    labels[labels["text"] == "山水林田湖草沙一体化保护和修复工程。"].to_csv(
        tmp_path / "in.csv", index=False
    )
    answer = zhengce("score", "in.csv", "--out", "out.csv", cwd=tmp_path)
    row = pd.read_csv(tmp_path / "out.csv").iloc[0]
    assert row["unit_type"] == "glossary"
    assert row["green_infrastructure_level"] == 0
    assert row["capped_by"] == "R14"
    assert "lowered by the rubric's ceilings in 1 of 1 sentences: R14 1" in answer.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--model", str(BERT_MODEL), "--model", str(BERT_MODEL)), "is given twice"),
        (("--scorer", "ngram", "--model", "a", "--model", "b"), "ngram takes one model"),
        (("--model", str(BERT_MODEL), "--model", "nowhere"), "nowhere"),
    ],
)
def test_wrong_models_are_refused_in_one_line(
    tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    (tmp_path / "in.csv").write_text(SENTENCES, "utf-8")
    answer = zhengce("score", "in.csv", "--out", "out.csv", *options, cwd=tmp_path)
    assert answer.returncode == 2
    assert message in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out.csv").exists()


def test_a_projects_cells_carry_the_spread_between_networks(tmp_path: Path, other: Path) -> None:
    study = make_study(tmp_path / "s")
    done = study.run()
    assert done.returncode == 0, done.stderr
    store, project = study.out / "store", ("--project", str(study.out))
    models = ("--model", str(BERT_MODEL), "--model", str(other))
    share = zhengce("score", *project, *models, "--shard", "1/2")
    assert share.returncode == 0, share.stderr
    assert share.stderr.count("share 1 of 2") == 2
    assert not (store / "network_score.parquet").exists()
    for command in (("score", *project, *models), ("aggregate", *project)):
        answer = zhengce(*command)
        assert answer.returncode == 0, answer.stderr
    assert (read_table(ScoreTable, store / "score.parquet")["spread"] >= 0).all()
    assert read_table(NetworkScoreTable, store / "network_score.parquet")["model_id"].nunique() == 2
    assert (read_table(ReportScoreTable, store / "report_score.parquet")["ensemble_sd"] > 0).any()
    shown = pd.read_csv(io.StringIO(zhengce("intensity", *project).stdout))
    assert shown["ensemble_sd"].notna().all()
    for other_mean in (("--by", "year"), ("--measure", "share", "--at-least", "1")):
        answer = zhengce("intensity", *project, *other_mean)
        assert "ensemble_sd" not in answer.stdout
        assert answer.stderr.count("not of this") == 1

    # One network again: nothing is left of the two.
    for command in (("score", *project), ("aggregate", *project)):
        assert zhengce(*command).returncode == 0
    assert "ensemble_sd" not in zhengce("intensity", *project).stdout
    assert not (store / "network_score.parquet").exists()
