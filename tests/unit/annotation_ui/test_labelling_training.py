"""Training in the loop: compared on the evaluation pool, calibrated by it, used only when accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from annotation_ui.labelling import retraining
from annotation_ui.labelling.importing import import_file
from annotation_ui.labelling.store import open_store
from annotation_ui.labelling.train_job import predict
from configs.errors import UserError
from configs.paths import LABELS
from corpus.rubric import load_rubric
from nlp_scoring.bert.card import calibration_of, read_card
from nlp_scoring.bert.out_of_fold import HELD_OUT, read_out_of_fold
from nlp_scoring.calibration import fit_calibration
from nlp_scoring.labels import read_labels
from tests.conftest import zhengce

if TYPE_CHECKING:
    from pathlib import Path

RUBRIC = load_rubric()


def test_training_in_the_loop(tmp_path: Path) -> None:
    """Train, compare, accept: nothing is used before, everything is recorded."""
    lines = LABELS.read_text("utf-8").splitlines(keepends=True)
    part = tmp_path / "part.csv"
    part.write_text("".join([*lines[:61], *lines[3031:3331]]), "utf-8")
    store = open_store(tmp_path)
    with pytest.raises(UserError, match="label on"):
        retraining.start(store, RUBRIC, scorer="ngram", who="test")
    import_file(store, RUBRIC, part, who="test")
    done = zhengce("annotate", "train", "--scorer", "ngram", "--project", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "in use" in done.stdout
    (job,) = retraining.jobs(store)
    assert job["status"] == "done"
    assert job["n_evaluation"] == 60
    assert len(job["labels_sha256"]) == 64
    assert job["rubric_version"] == RUBRIC.version
    assert [r["dimension"] for r in job["comparison"]] == [*RUBRIC.dimension_ids, "mean"]
    learnt = read_labels(retraining.jobs_folder(store) / job["id"] / "labels.csv", RUBRIC)
    judged = read_labels(retraining.jobs_folder(store) / job["id"] / "evaluation.csv", RUBRIC)
    assert not set(learnt["text"]) & set(judged["text"])
    assert retraining.accepted_model(store) == ""
    retraining.judge_job(store, job["id"], accept=True, who="test")
    assert retraining.accepted_model(store) == job["id"]
    assert (tmp_path / "annotation" / "accepted" / "ngram.npz").is_file()
    with pytest.raises(UserError, match="no training"):
        retraining.judge_job(store, "nothing", accept=True, who="test")
    with store.reading() as db:
        actions = [r[0] for r in db.execute("SELECT action FROM audit")]
    assert actions == ["import", "train", "accepted"]
    store.close()


def test_a_bert_of_the_loop_is_calibrated_by_the_evaluation_pool(tmp_path: Path) -> None:
    lines = LABELS.read_text("utf-8").splitlines(keepends=True)
    part = tmp_path / "part.csv"
    part.write_text("".join([*lines[:61], *lines[3031:3071]]), "utf-8")
    store = open_store(tmp_path)
    import_file(store, RUBRIC, part, who="test")
    project = ("--epochs", "1", "--project", str(tmp_path))
    done = zhengce("annotate", "train", "--scorer", "bert", *project)
    assert done.returncode == 0, done.stderr
    (job,) = retraining.jobs(store)
    model = retraining.jobs_folder(store) / job["id"] / "model"
    judged = read_labels(model.parent / "evaluation.csv", RUBRIC)
    kept = read_out_of_fold(model, judged, RUBRIC, name=HELD_OUT)
    learnt = fit_calibration(kept.raw.exceed, judged[list(RUBRIC.dimension_ids)].to_numpy("int64"))
    found = calibration_of(read_card(model), model)
    np.testing.assert_allclose(found.slope, learnt.slope, atol=1e-3)
    # The page compares answers that the levels of their own fifth have not touched.
    np.testing.assert_array_equal(predict(model, judged, RUBRIC).exceed, kept.calibrated.exceed)
    assert (kept.calibrated.exceed != found.apply(kept.raw.exceed)).any()
    store.close()
