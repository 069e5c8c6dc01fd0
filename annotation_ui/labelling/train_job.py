"""The training process: `zhengce train`, chances made right and both models judged on the evaluation pool.

Run as ``python -m annotation_ui.labelling.train_job FOLDER``; see `annotation_ui.labelling.retraining`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling.retraining import set_state
from configs.errors import UserError
from configs.paths import BERT_MODEL, PROJECT_ROOT
from corpus.files import write_text

if TYPE_CHECKING:
    import pandas as pd

    from corpus.rubric import Rubric
    from nlp_scoring.ordinal import Predictions

_EPOCH = re.compile(r"epoch (\d+) of (\d+)")
#: Share of the work that is training; the rest is judging.
TRAINING = 0.8


def run(folder: Path) -> None:
    """Do the job; every end, good or bad, is told in its state."""
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    try:
        _train(folder, card)
        set_state(folder, status="running", step="evaluating", share=TRAINING)
        calibrate(folder, card)
        rows = compare(folder, card)
    except UserError as error:
        set_state(folder, status="failed", step=error.line(), share=0.0)
        return
    except Exception as error:
        set_state(folder, status="failed", step=f"{type(error).__name__}: {error}", share=0.0)
        raise
    write_text(folder / "comparison.json", json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    set_state(folder, status="done", step="finished", share=1.0)


def _train(folder: Path, card: dict[str, Any]) -> None:
    command = [
        sys.executable, str(PROJECT_ROOT / "zhengce.py"), "train", "--labels",
        str(folder / "labels.csv"), "--out", str(folder / "model"), "--scorer", card["scorer"],
        "--epochs", str(card["epochs"]),
    ]  # fmt: skip
    set_state(folder, status="running", step="training", share=0.02)
    last = ""
    with subprocess.Popen(  # noqa: S603 - our own command, no shell
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        for line in process.stderr or ():
            print(line, end="", flush=True)  # noqa: T201 - this is the log
            last = line.strip() or last
            found = _EPOCH.search(line)
            if found:
                share = TRAINING * int(found[1]) / int(found[2])
                set_state(folder, status="running", step=line.strip(), share=round(share, 3))
    if process.returncode:
        raise UserError(f"training ended with code {process.returncode} ({last})")


def calibrate(folder: Path, card: dict[str, Any]) -> None:
    """Make the chances of a new BERT right by the evaluation pool, which was drawn at random.

    `compare` is not flattered by that: it sees each fifth of the pool calibrated by the others.
    """
    if card["scorer"] != "bert":
        return  # the baseline keeps its chances
    from corpus.rubric import load_rubric
    from nlp_scoring.bert.held_out import calibrate_on
    from nlp_scoring.labels import read_labels
    from nlp_scoring.validation import random_rows

    rubric, model = load_rubric(), folder / "model"
    labels = read_labels(folder / "evaluation.csv", rubric)
    if not random_rows(labels).any():
        print("not calibrated: the evaluation pool was not drawn at random", flush=True)  # noqa: T201
        return
    calibrate_on(labels, model, rubric, model)


def compare(folder: Path, card: dict[str, Any]) -> list[dict[str, Any]]:
    """Judge new and old model on the evaluation pool: kappa, their difference and its interval."""
    from corpus.rubric import load_rubric
    from nlp_scoring.comparison import compare_kappa
    from nlp_scoring.labels import read_labels

    rubric = load_rubric()
    labels = read_labels(folder / "evaluation.csv", rubric)
    new = predict(folder / "model", labels, rubric)
    old = predict(_old(folder, card), labels, rubric)
    reports = [r or str(i) for i, r in enumerate(labels["report_id"].tolist())]
    table = compare_kappa(
        labels[list(rubric.dimension_ids)].to_numpy(dtype="int64"), new, old, reports,
        dimensions=rubric.dimension_ids, names=(new.model_id, old.model_id),
    )  # fmt: skip
    return [
        {k: (None if v != v else v) for k, v in row.items()}
        for row in json.loads(table.to_json(orient="records"))
    ]


def _old(folder: Path, card: dict[str, Any]) -> Path:
    """Folder of the model in use: the accepted one, else the shipped one."""
    return folder.parent / card["against"] / "model" if card.get("against") else BERT_MODEL


def predict(model: Path, labels: pd.DataFrame, rubric: Rubric) -> Predictions:
    """Predict labelled sentences with any model; the shipped one by its out-of-fold predictions."""
    from nlp_scoring.score_cli import MODEL_FILE

    if (model / MODEL_FILE).is_file():
        from corpus.structure import unit_type_of
        from nlp_scoring.ngram import load_ngram
        from nlp_scoring.scoring import score_sentences

        units = [unit_type_of(text) for text in labels["text"]]  # not the label's: it would tell
        return score_sentences(
            labels["text"].tolist(), labels["progress"].tolist(), units,
            model=load_ngram(model / MODEL_FILE), rubric=rubric,
        )  # fmt: skip
    from nlp_scoring.bert.judged import judge

    return judge(labels, model, rubric).predictions


if __name__ == "__main__":
    run(Path(sys.argv[1]))
