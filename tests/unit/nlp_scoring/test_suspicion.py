"""Suspicious labels: against a slow computation, flipped labels, and a list that keeps decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import UserError
from configs.paths import BERT_MODEL, LABELS
from corpus.rubric import load_rubric
from nlp_scoring.evaluate_cli import evaluate
from nlp_scoring.labels import read_labels
from nlp_scoring.ordinal import Predictions
from nlp_scoring.suspicion import OPEN, suspicious, suspicious_frame, write_suspicious

RUBRIC = load_rubric()


@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(1, 4))
@settings(max_examples=60)
def test_equals_the_definition(seed: int, n: int, top: int) -> None:
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.ones(4) / 2, size=n)
    truth = rng.integers(0, top, n)
    expected = {}
    for i in range(n):
        usual = {j: chances[truth == j, j].mean() for j in range(4) if (truth == j).any()}
        reached = [j for j, t in usual.items() if chances[i, j] >= t - 1e-9]
        best = max(reached, key=lambda j: chances[i, j]) if reached else truth[i]
        if best != truth[i]:
            expected[i] = best
    found = suspicious(chances, truth)
    assert dict(zip(found.row.tolist(), found.suggested.tolist(), strict=True)) == expected
    assert (np.diff(found.probability) >= 0).all()


def sure(levels: np.ndarray) -> Predictions:
    """Predictions that give each level 94 to 97 %."""
    noise = np.random.default_rng(0).uniform(0, 0.03, levels.shape)[..., None]
    over = levels[..., None] > np.arange(3)
    return Predictions(np.where(over, 0.97 - noise, 0.03), "simulated")


@pytest.fixture
def labels() -> pd.DataFrame:
    found = read_labels(LABELS, RUBRIC)
    return found[found["pool"] == "random_blocks"].head(300).reset_index(drop=True)


def test_flipped_labels_come_first(labels: pd.DataFrame) -> None:
    predictions = sure(labels[list(RUBRIC.dimension_ids)].to_numpy(dtype=np.int64))
    assert suspicious_frame(labels, predictions, RUBRIC).empty
    name = RUBRIC.dimension_ids[1]
    wrong = labels.index[labels[name] == 0][[3, 50, 90]]
    flipped = labels.copy()
    flipped.loc[wrong, name] = 3
    found = suspicious_frame(flipped, predictions, RUBRIC)
    assert set(found["sentence_key"]) == set(labels["sentence_key"][wrong])
    assert set(found["dimension"]) == {name}
    assert set(found["old"]) == {"3"}
    assert set(found["suggested"]) == {"0"}


def test_decided_rows_stay(labels: pd.DataFrame, tmp_path: Path) -> None:
    predictions = sure(labels[list(RUBRIC.dimension_ids)].to_numpy(dtype=np.int64))
    flipped = labels.copy()
    flipped.loc[[1, 2, 5], RUBRIC.dimension_ids[0]] = (
        3 - flipped.loc[[1, 2, 5], RUBRIC.dimension_ids[0]]
    )
    found = suspicious_frame(flipped, predictions, RUBRIC)
    path = tmp_path / "s.csv"
    assert write_suspicious(path, found) == len(found) >= 1
    first = path.read_bytes()
    assert write_suspicious(path, found) == len(found)
    assert path.read_bytes() == first
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[0, ["status", "ruling", "reason"]] = ["kept", "C3", "旅游"]
    table.loc[0, "reviewer"] = "王"
    table.to_csv(path, index=False)
    assert write_suspicious(path, found) == len(found) - 1
    again = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert again.loc[0, ["status", "ruling", "reason"]].tolist() == ["kept", "C3", "旅游"]
    assert again["reviewer"].tolist() == ["王"] + [""] * (len(found) - 1)
    assert (again["status"] == OPEN).sum() == len(found) - 1
    assert not again.duplicated(["sentence_key", "dimension"]).any()


def options(**given: Any) -> dict[str, Any]:
    return {"labels": LABELS, "scorer": "bert", "model": BERT_MODEL, "folds": 5, "seed": 0, "floors": None,
            "set_floors": False, "lower_floors": False, "report": None, "suspicious": None,
            "format": "json"} | given  # fmt: skip


def test_what_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "mine.csv"
    other.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(UserError, match="no list of suspicious labels"):
        evaluate(**options(suspicious=other))
    assert other.read_text("utf-8") == "a,b\n1,2\n"
    with pytest.raises(UserError, match="cue words doubt no label"):
        evaluate(**options(suspicious=tmp_path / "s.csv", scorer="cues"))
    with pytest.raises(UserError, match="--report and --suspicious at once"):
        evaluate(**options(suspicious=tmp_path / "s.csv", report=tmp_path / "page"))
    assert not (tmp_path / "s.csv").exists()


def test_the_shipped_labels(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    evaluate(**options(suspicious=path))
    found = pd.read_csv(path, dtype=str, keep_default_na=False)
    audit = pd.read_csv(LABELS.parent / "label_audit.csv", dtype=str, keep_default_na=False)
    assert 300 < len(found) < 900
    looked_at = set(zip(audit["sentence_key"], audit["dimension"], strict=True))
    pairs = list(zip(found["sentence_key"], found["dimension"], strict=True))
    assert np.mean([p in looked_at for p in pairs[:200]]) > 0.95  # the audit has seen the worst
