"""The verb that writes the evaluation report, on SIMULATED predictions: outputs and refused inputs."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import UserError
from corpus.rubric import load_rubric
from nlp_scoring.labels import read_labels
from nlp_scoring.report.cli import evaluate_page
from nlp_scoring.report.label_history import FILE as AUDIT
from nlp_scoring.report.tables import EvaluationTables
from tests.conftest import REGIONS, write_labels

RUBRIC = load_rubric()
DIMENSIONS = RUBRIC.dimension_ids


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Labels over three regions and a model folder with SIMULATED out-of-fold predictions."""
    write_labels(tmp_path / "labels.csv")
    labels = read_labels(tmp_path / "labels.csv", RUBRIC)
    folds = {name: str(i) for i, (_, name) in enumerate(REGIONS)}
    columns = [f"student_{d}_p_gt{k}" for d in DIMENSIONS for k in range(3)]
    rng = np.random.default_rng(1)
    lines = [",".join(["sentence_key", "fold", *columns])]
    for _, row in labels.iterrows():
        chances = [
            0.9 * (row[d] > k) + 0.05 * (1 - k / 3) * rng.random() for d in DIMENSIONS for k in range(3)
        ]  # fmt: skip
        values = [f"{c:.4f}" for c in chances]
        lines.append(",".join([row["sentence_key"], folds[row["region"]], *values]))
    write_predictions(tmp_path / "model", lines)
    return tmp_path


def write_predictions(folder: Path, lines: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(lines) + "\n"
    (folder / "out_of_fold.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def predictions_of(study: Path) -> list[str]:
    path = study / "model" / "out_of_fold.csv.gz"
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def run(study: Path) -> None:
    evaluate_page(labels=study / "labels.csv", out=study / "out", seed=0, model=study / "model")


def test_everything_is_written_twice_the_same(study: Path) -> None:
    write_predictions(study / "model" / "masked", predictions_of(study))
    (study / "model" / "learning_curve.csv").write_text(
        f"n_labels,dimension,qwk,seed\n60,{DIMENSIONS[0]},0.5,0\n"
    )
    (study / AUDIT).write_text(
        f"sentence_key,dimension,old,new,status\n3,{DIMENSIONS[0]},0,0,changed\n"
    )
    run(study)
    page = (study / "out" / "evaluation.html").read_text("utf-8")
    names = {p.stem for p in (study / "out" / "tables").iterdir()}
    assert names == set(EvaluationTables.__dataclass_fields__)
    masked = pd.read_csv(study / "out" / "tables" / "masked.csv")
    assert set(masked["scorer"]) == {"bert_masked", "ngram_masked"}
    assert masked.query("scorer == 'bert_masked'")["difference"].eq(0).all()
    before = pd.read_csv(study / "out" / "tables" / "before_audit.csv")
    assert set(before["against"]) == {"ngram", "cues", "cues_fitted"}
    assert "before the audit" in page
    quality = pd.read_csv(study / "out" / "tables" / "quality.csv")
    assert quality["scorer"].drop_duplicates().tolist() == ["bert", "ngram", "cues", "cues_fitted"]
    run(study)
    assert (study / "out" / "evaluation.html").read_text("utf-8") == page


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda lines: lines[:-1], r"no out-of-fold prediction for the sentence '\d+'"),
        (lambda lines: [lines[0], *(f"x{x}" for x in lines[1:])], "no out-of-fold prediction"),
        (lambda lines: [*lines[:-1], swapped(lines[-1], 2, "1.7")], "number that is no probability"),
        (lambda lines: [*lines[:-1], swapped(lines[-1], 2, "-0.1")], "number that is no probability"),
        (lambda lines: [*lines[:-1], swapped(lines[-1], 2, "high")], "is no file of out-of-fold"),
        (lambda lines: [*lines[:-1], swapped(lines[-1], 2, "")], "number that is no probability"),
        (lambda lines: [*lines[:-1], swapped(lines[-1], 1, "7")], r"the region '\S+' is in the folds"),
        (lambda lines: [lines[0].replace("student", "pupil"), *lines[1:]], "is no file of out-of-fold"),
    ],
)  # fmt: skip
def test_predictions_that_are_refused(study: Path, edit: object, message: str) -> None:
    assert callable(edit)
    write_predictions(study / "model", edit(predictions_of(study)))
    with pytest.raises(UserError, match=message):
        run(study)
    assert not (study / "out").exists()


def swapped(line: str, place: int, value: str) -> str:
    cells = line.split(",")
    cells[place] = value
    return ",".join(cells)


def test_one_region_leaves_nothing_to_learn_from(study: Path) -> None:
    path = study / "labels.csv"
    text = path.read_text("utf-8")
    for _, name in REGIONS:
        text = text.replace(f",{name},", ",广东省,")
    path.write_text(text, "utf-8")
    lines = [swapped(x, 1, "0") for x in predictions_of(study)[1:]]
    write_predictions(study / "model", [predictions_of(study)[0], *lines])
    with pytest.raises(UserError, match="labels are of one region"):
        run(study)


def test_labels_that_are_refused(study: Path) -> None:
    path = study / "labels.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[-1]]) + "\n", "utf-8")
    with pytest.raises(UserError, match=r"line 118: sentence_key '\d+' occurs twice"):
        run(study)
    path.write_text("\n".join(line.partition(",")[2] for line in lines) + "\n", "utf-8")
    with pytest.raises(UserError, match="no out-of-fold prediction for the sentence"):
        run(study)
    bare = [line.partition(",")[2] for line in [*lines, lines[-1]]]
    path.write_text("\n".join(bare) + "\n", "utf-8")
    with pytest.raises(UserError, match=r"line 118: the sentence '.+' occurs twice"):
        run(study)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(UserError, match="the model has no out-of-fold predictions"):
        evaluate_page(labels=path, out=study / "out", seed=0, model=study)
