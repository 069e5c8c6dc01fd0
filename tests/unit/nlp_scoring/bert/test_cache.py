"""The cache of scores: killed, sharded, damaged, spread over dask workers - always the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from configs.errors import UserError
from configs.paths import BERT_MODEL, LABELS, PROJECT_ROOT
from corpus.rubric import load_rubric
from nlp_scoring.bert import cache
from nlp_scoring.bert.cache import fill_share, passage_key, read_parts, score_with_cache
from nlp_scoring.bert.executors import dask_parts
from nlp_scoring.bert.passages import Passage
from nlp_scoring.bert.runtime import load_bert, score_passages

if TYPE_CHECKING:
    from pathlib import Path

    from nlp_scoring.bert.runtime import BertModel

TEXTS = pd.read_csv(LABELS, usecols=["text"])["text"].drop_duplicates().tolist()


@pytest.fixture(scope="module")
def model() -> BertModel:
    return load_bert(BERT_MODEL, load_rubric())


def passages(n: int) -> list[Passage]:
    return [Passage(t, progress=0.4) for t in TEXTS[:n]]


def test_the_second_time_everything_is_there(model: BertModel, tmp_path: Path) -> None:
    asked = [*passages(20), *passages(5)]
    first = score_with_cache(model, asked, tmp_path)
    again = score_with_cache(model, asked[::-1], tmp_path)
    assert (first.n_new, again.n_new) == (20, 0)
    direct = score_passages(model, asked).predictions.exceed
    np.testing.assert_array_equal(first.scores.predictions.exceed, direct)
    np.testing.assert_array_equal(again.scores.predictions.exceed, direct[::-1])
    assert again.scores.temporality == first.scores.temporality[::-1]


def test_what_the_model_does_not_read_does_not_part_keys() -> None:
    a, b = Passage("推进改革。", previous="一。"), Passage("推进改革。", previous="二。")
    assert passage_key(a, frozenset({"previous"})) == passage_key(b, frozenset({"previous"}))
    assert passage_key(a, frozenset()) != passage_key(b, frozenset())
    assert passage_key(a, frozenset()) != passage_key(
        Passage("推进改革", previous="。一。"), frozenset()
    )


def test_shares_add_up_to_the_whole(
    model: BertModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PART", 8)
    asked = passages(30)
    for i in (1, 2, 3):
        fill_share(model, asked, tmp_path, (i, 3))
    parts = list((tmp_path / model.model_id).glob("part-*.parquet"))
    keys = [k for p in parts for k in pd.read_parquet(p)["key"]]
    assert sorted(keys) == sorted({passage_key(p, model.without) for p in asked})
    whole = score_with_cache(model, asked, tmp_path)
    assert whole.n_new == 0


def test_a_damaged_part_is_scored_again(model: BertModel, tmp_path: Path) -> None:
    score_with_cache(model, passages(6), tmp_path)
    (part,) = (tmp_path / model.model_id).glob("part-*.parquet")
    part.write_bytes(part.read_bytes()[:100])
    again = score_with_cache(model, passages(6), tmp_path)
    assert again.n_new == 6


def test_killed_scoring_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    asked = tmp_path / "in.csv"
    pd.DataFrame({"text": TEXTS[:2600]}).to_csv(asked, index=False)
    store = tmp_path / "cache"
    command = [sys.executable, "zhengce.py", "score", str(asked), "--scorer", "bert", "--out"]
    settings = {"cwd": PROJECT_ROOT, "env": os.environ | {"ZHENGCE_CACHE": str(store)}}

    process = subprocess.Popen([*command, str(tmp_path / "a.csv")], **settings)
    deadline = time.monotonic() + 120
    while not list(store.rglob("part-*.parquet")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "a.csv").exists()
    (place,) = (store / "zhengce" / "scores").iterdir()
    before = read_parts(place)
    assert 0 < len(before) < 2600

    done = subprocess.run(
        [*command, str(tmp_path / "b.csv")], capture_output=True, text=True, **settings
    )
    assert f"{2600 - len(before)} new" in done.stderr
    keys = [k for p in place.glob("part-*.parquet") for k in pd.read_parquet(p)["key"]]
    assert len(keys) == len(set(keys)) == 2600
    assert len(pd.read_csv(tmp_path / "b.csv")) == 2600


def test_dask_workers_give_the_same(
    model: BertModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PART", 8)
    asked = passages(40)
    found = score_with_cache(model, asked, tmp_path, score_parts=dask_parts(BERT_MODEL, None))
    np.testing.assert_array_equal(
        found.scores.predictions.exceed, score_passages(model, asked).predictions.exceed
    )


def test_a_scheduler_that_is_not_there_is_named(model: BertModel, tmp_path: Path) -> None:
    run = dask_parts(BERT_MODEL, "tcp://127.0.0.1:9")
    with pytest.raises(UserError, match="no dask scheduler answers"):
        score_with_cache(model, passages(3), tmp_path, score_parts=run)
