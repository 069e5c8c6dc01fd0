"""Training on a very small network: losses, resuming after a kill, and the folder it writes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import torch

from configs.errors import UserError
from configs.paths import LABELS
from corpus.rubric import load_rubric
from nlp_scoring.bert.batches import by_length
from nlp_scoring.bert.distilling import distil
from nlp_scoring.bert.learning import label_rows, learn, mark_of, split_by_region
from nlp_scoring.bert.network import corn_loss, exceedance
from nlp_scoring.bert.out_of_fold import read_out_of_fold
from nlp_scoring.bert.passages import Passage, load_tokenizer
from nlp_scoring.bert.recipe import Recipe
from nlp_scoring.bert.rows import label_passages
from nlp_scoring.bert.runtime import load_bert, score_passages
from nlp_scoring.bert.targets import targets_of
from nlp_scoring.bert.training import TrainingSettings
from nlp_scoring.cli import train
from nlp_scoring.labels import read_labels

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RUBRIC = load_rubric()
LABELLED = read_labels(LABELS, RUBRIC).head(96)


def test_corn_loss_is_the_ordinary_one_for_hard_labels() -> None:
    level = torch.tensor([0, 1, 2, 3])
    exceed = (level[:, None] > torch.arange(3)).double()[:, None, :]
    logits = torch.randn(4, 1, 3, dtype=torch.double)
    expected = 0.0
    for i, y in enumerate(level.tolist()):
        for k in range(min(y, 2) + 1):  # asked only of those that passed k - 1
            p = torch.sigmoid(logits[i, 0, k])
            expected -= torch.log(p if y > k else 1 - p)
    torch.testing.assert_close(corn_loss(logits, exceed), expected / 4)


def test_chances_can_only_fall() -> None:
    p = exceedance(torch.randn(50, 3, 3))
    assert (p[..., 1:] <= p[..., :-1]).all()


def test_differing_coders_give_a_mixture() -> None:
    row = LABELLED.head(1).assign(sci_tech_talent=2, sci_tech_talent_a="2", sci_tech_talent_b="1")
    np.testing.assert_allclose(targets_of(row, RUBRIC).exceed[0, 0], [1.0, 0.75, 0.0])


def test_batches_hold_every_row_once_within_the_budget() -> None:
    lengths = np.random.default_rng(0).integers(3, 200, 500)
    batches = list(by_length(lengths, 1024))
    assert sorted(np.concatenate(batches).tolist()) == list(range(500))
    assert all(len(b) * (-(-lengths[b].max() // 8) * 8) <= 1024 for b in batches)


def test_what_labels_lack_is_not_shown_when_scoring(tiny_encoder: Path, tmp_path: Path) -> None:
    lacking = LABELLED.drop(columns=["heading", "section"])
    learn(lacking, RUBRIC, tiny_encoder, tmp_path, TrainingSettings(epochs=1, batch_size=16))
    model = load_bert(tmp_path, RUBRIC)
    assert model.without == {"heading", "section", "previous", "next"}
    both = [
        score_passages(model, label_passages(frame)).predictions.exceed
        for frame in (LABELLED, lacking)
    ]
    np.testing.assert_array_equal(*both)


def test_a_killed_run_ends_where_an_unbroken_one_does(tiny_encoder: Path, tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=3, batch_size=16)
    passages = [Passage(t) for t in LABELLED["text"]]

    def chances(name: str) -> np.ndarray:
        model = load_bert(tmp_path / name, RUBRIC)
        return score_passages(model, passages).predictions.exceed

    def stop_after_first(record: dict[str, float]) -> None:
        if record["epoch"] == 2:
            raise KeyboardInterrupt

    learn(LABELLED, RUBRIC, tiny_encoder, tmp_path / "whole", settings)
    with pytest.raises(KeyboardInterrupt):
        learn(LABELLED, RUBRIC, tiny_encoder, tmp_path / "killed", settings, tell=stop_after_first)
    assert (tmp_path / "killed" / "checkpoint.pt").is_file()
    seen: list[float] = []
    learn(LABELLED, RUBRIC, tiny_encoder, tmp_path / "killed", settings,
          tell=lambda r: seen.append(r["epoch"]))  # fmt: skip
    assert seen == [2.0, 3.0]
    np.testing.assert_allclose(chances("killed"), chances("whole"), atol=1e-3)
    assert not (tmp_path / "killed" / "checkpoint.pt").exists()


def test_another_encoder_or_heading_is_another_run(tiny_encoder: Path, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_encoder / "tokenizer.json")
    rows = label_rows(LABELLED, RUBRIC, tokenizer)
    other = label_rows(LABELLED.assign(heading="一、总体要求"), RUBRIC, tokenizer)
    copy = shutil.copytree(tiny_encoder, tmp_path / "copy")
    assert mark_of(rows, {}, copy) == mark_of(rows, {}, tiny_encoder)
    assert mark_of(other, {}, copy) != mark_of(rows, {}, copy)
    (copy / "model.safetensors").write_bytes(b"other weights")
    assert mark_of(rows, {}, copy) != mark_of(rows, {}, tiny_encoder)


def test_a_missing_encoder_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no encoder here") as caught:
        learn(LABELLED, RUBRIC, "hfl/chinese-roberta-wwm-ext", tmp_path, TrainingSettings())
    assert "hf download hfl/chinese-roberta-wwm-ext" in caught.value.line()


def unlabelled(n: int) -> pd.DataFrame:
    regions = [name for name in LABELLED["region"].unique() for _ in range(n)]
    return pd.DataFrame(
        {
            "text": [f"推进第{i}项改革，新建设施{i}处。" for i in range(len(regions))],
            "region": regions, "report_id": regions, "heading_path": "", "section": "plan",
            "progress": 0.5,
        }
    )  # fmt: skip


def test_distilling_leaves_regions_out_and_goes_on_after_a_kill(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    labels = read_labels(LABELS, RUBRIC).groupby("region").head(6).head(60).reset_index(drop=True)
    small = TrainingSettings(epochs=1, batch_size=16)
    recipe = Recipe(teacher=small, student=small, seeds=2)

    def run(name: str, tell: Callable[[str], object], jobs: int = 1) -> None:
        distil(labels, unlabelled(4), RUBRIC, tiny_encoder, tmp_path / name, recipe, n_folds=2,
               jobs=jobs, tell=tell)  # fmt: skip

    def stop(line: str) -> None:
        if line.startswith("fold 2: teacher 1 of 2"):
            raise KeyboardInterrupt

    done: list[str] = []
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run("whole", done.append)
    finally:
        torch.set_num_threads(before)
    assert len(done) == 3 * (2 + 1)  # two folds and all: two teachers and a student each
    with pytest.raises(KeyboardInterrupt):
        run("killed", stop)
    later: list[str] = []
    run("killed", later.append, jobs=2)
    assert sorted(line.split(": ")[1] for line in later if line.startswith("fold 2")) == [
        "student", "teacher 2 of 2",
    ]  # fmt: skip
    found = [read_out_of_fold(tmp_path / n, labels, RUBRIC) for n in ("whole", "killed")]
    np.testing.assert_allclose(found[0].raw.exceed, found[1].raw.exceed, atol=1e-4)
    regions = [set(labels["region"][found[0].fold == k]) for k in (0, 1)]
    assert not regions[0] & regions[1]
    assert load_bert(tmp_path / "whole", RUBRIC).without == {"previous", "next"}


def test_distilling_refuses_before_it_trains(tiny_encoder: Path, tmp_path: Path) -> None:
    few = LABELLED[LABELLED["region"] == LABELLED["region"].iloc[0]]
    with pytest.raises(UserError, match="5 folds over 1 regions"):
        distil(few, unlabelled(1), RUBRIC, tiny_encoder, tmp_path / "out", Recipe())
    path = tmp_path / "labels.csv"
    pd.concat([LABELLED, LABELLED.tail(1)]).drop(columns="sentence_key").to_csv(path, index=False)
    with pytest.raises(UserError, match="occurs twice"):
        train(labels=path, out=tmp_path / "out", scorer="bert", encoder=tiny_encoder, epochs=None,
              validation=0.0, distil=2, folds=0, size=None, jobs=1, project=None, seed=0)  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_early_stopping_watches_whole_regions(tiny_encoder: Path, tmp_path: Path) -> None:
    labels = read_labels(LABELS, RUBRIC).groupby("region").head(4).head(80).reset_index(drop=True)
    learnt, watched = split_by_region(labels, 0.2, seed=0)
    assert len(learnt) + len(watched) == 80
    assert not set(learnt["region"]) & set(watched["region"])
    settings = TrainingSettings(epochs=6, batch_size=16, patience=1, learning_rate=0.0,
                                head_learning_rate=0.0)  # fmt: skip
    outcome = learn(labels, RUBRIC, tiny_encoder, tmp_path, settings, validation_share=0.2)
    # Nothing is learnt, so the second epoch brings no gain and is the last.
    assert (len(outcome.history), outcome.best_epoch) == (2, 1)
