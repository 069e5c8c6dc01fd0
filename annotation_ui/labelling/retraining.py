"""Training in the loop: a process of its own, old and new side by side, nothing used before accepted.

A job is a folder: ``labels.csv`` (what it learns from), ``evaluation.csv`` (what it is judged on),
``model/``, ``state.json`` (where it is), ``log.txt``. The page only reads the state, so a closed
page or a stopped server does not stop the training.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling import exporting, tables
from annotation_ui.labelling.deciding import decide
from annotation_ui.labelling.problems import ConflictError, NotFoundError
from annotation_ui.labelling.store import FOLDER, note, now
from configs.errors import UserError, shown
from configs.paths import PROJECT_ROOT
from corpus.files import write_text

if TYPE_CHECKING:
    from annotation_ui.labelling.store import Store
    from corpus.rubric import Rubric

SCORERS = ("bert", "ngram")
#: Fewer decided sentences say nothing; both sides need some.
MIN_TRAINING, MIN_EVALUATION = 30, 10
ACCEPTED = "accepted"


def jobs_folder(store: Store) -> Path:
    """Where the jobs of a project lie."""
    return store.path.parent / "models"


def start(store: Store, rubric: Rubric, *, scorer: str, who: str, epochs: int = 8) -> str:
    """Write the labels that hold now and start training in another process; returns the job's name.

    Raises
    ------
    UserError
        When there are too few labels.
    ConflictError
        While another training runs.
    """
    if scorer not in SCORERS:
        raise UserError(f"scorer {shown(scorer)} is unknown", fix=f"use {' or '.join(SCORERS)}")
    running = [job for job in jobs(store) if job["status"] == "running"]
    if running:
        raise ConflictError(f"training {running[0]['id']} is still running", fix="wait for its end")
    name = f"{now()[:19].replace(':', '').replace('-', '')}-{scorer}-{secrets.token_hex(3)}"
    folder = jobs_folder(store) / name
    sizes = _write_labels(store, rubric, folder)
    card = {
        "id": name, "scorer": scorer, "epochs": epochs, "by": who, "started_at": now(),
        "rubric_version": rubric.version, **sizes, "against": accepted_model(store),
    }  # fmt: skip
    write_text(folder / "card.json", json.dumps(card, ensure_ascii=False, indent=1) + "\n")
    set_state(folder, status="running", step="waiting", share=0.0)
    with store.writing() as db:
        db.execute("INSERT INTO model VALUES (?, 'running', ?)", (name, json.dumps(card)))
        note(
            db, who, "train", f"{name}: {sizes['n_training']} labels, {sizes['labels_sha256'][:12]}"
        )
    log = (folder / "log.txt").open("wb")
    with log:
        process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [sys.executable, "-m", "annotation_ui.labelling.train_job", str(folder)],
            cwd=PROJECT_ROOT, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    write_text(folder / "pid", f"{process.pid}\n")
    return name


def _write_labels(store: Store, rubric: Rubric, folder: Path) -> dict[str, Any]:
    """Write decided labels: evaluation to be judged on, the others to learn from, no text in both."""
    with store.reading() as db:
        found = [
            (r, d) for r in exporting.records(db, labelled=True) if (d := decide(r)) is not None
        ]
        undecided = sum(decide(r) is None for r in exporting.records(db, labelled=True))
    judged = [r for r, _ in found if r.sentence.role == "evaluation"]
    texts = {r.sentence.text for r in judged}
    learnt = [
        r for r, _ in found if r.sentence.role != "evaluation" and r.sentence.text not in texts
    ]
    if len(learnt) < MIN_TRAINING or len(judged) < MIN_EVALUATION:
        raise UserError(
            f"{len(learnt)} decided sentences to learn from and {len(judged)} of the evaluation pool",
            fix=f"label on: {MIN_TRAINING} and {MIN_EVALUATION} are the least",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("labels.csv", learnt), ("evaluation.csv", judged)):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(tables.header(rubric))
            writer.writerows(tables.row_of(record, rubric) for record in rows)
    shared = {r.sentence.report_id for r in judged} & {r.sentence.report_id for r in learnt} - {""}
    return {
        "n_training": len(learnt), "n_evaluation": len(judged), "n_undecided": undecided,
        "n_reports_shared": len(shared),
        "labels_sha256": hashlib.sha256((folder / "labels.csv").read_bytes()).hexdigest(),
    }  # fmt: skip


def set_state(folder: Path, **values: Any) -> None:
    """Say where a job is."""
    write_text(
        folder / "state.json", json.dumps({"at": now(), **values}, ensure_ascii=False) + "\n"
    )


def _state(folder: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"status": "failed", "step": "its files are gone"}
    if state["status"] == "running" and not _alive(folder):
        state |= {"status": "failed", "step": f"its process ended; see {folder / 'log.txt'}"}
    return state


def _alive(folder: Path) -> bool:
    try:
        number = int((folder / "pid").read_text(encoding="utf-8"))
        os.waitpid(number, os.WNOHANG)
    except ChildProcessError:
        pass  # started by an earlier server
    except (OSError, ValueError):
        return True  # its pid is not written yet
    try:
        os.kill(number, 0)
    except OSError:
        return False
    return True


def jobs(store: Store) -> list[dict[str, Any]]:
    """Trainings with their state, the latest first."""
    with store.reading() as db:
        rows = db.execute("SELECT * FROM model ORDER BY id DESC").fetchall()
    found = []
    for row in rows:
        folder = jobs_folder(store) / row["id"]
        state = _state(folder)
        status = state["status"] if row["status"] == "running" else row["status"]
        known = {**json.loads(row["card"]), **state, "status": status}
        found.append({**known, "comparison": _comparison(folder)})
    return found


def _comparison(folder: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads((folder / "comparison.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return []


def accepted_model(store: Store) -> str:
    """Name of the job whose model is in use; empty for the shipped model."""
    return store.get("accepted_model")


def judge_job(store: Store, name: str, *, accept: bool, who: str) -> None:
    """Accept or refuse a finished model; from here on the accepted one makes the suggestions.

    ``annotation/accepted`` leads to its folder: ``zhengce score --model DIR/annotation/accepted``.
    """
    known = {job["id"]: job for job in jobs(store)}
    if name not in known:
        raise NotFoundError(f"there is no training {shown(name)}", fix="see /api/models")
    status = known[name]["status"]
    if status not in ("done", "accepted", "refused"):
        raise ConflictError(
            f"training {name} is {status}", fix="only a finished model can be judged"
        )
    decision = "accepted" if accept else "refused"
    with store.writing() as db:
        if accept:
            db.execute("UPDATE model SET status = 'done' WHERE status = 'accepted'")
            db.execute("REPLACE INTO meta VALUES ('accepted_model', ?)", (name,))
        elif db.execute("SELECT value FROM meta WHERE key = 'accepted_model'").fetchone() == (
            name,
        ):
            db.execute("DELETE FROM meta WHERE key = 'accepted_model'")
        db.execute("UPDATE model SET status = ? WHERE id = ?", (decision, name))
        note(db, who, decision, name)
    if accept:
        _point(store.path.parent / ACCEPTED, Path("models") / name / "model")


def _point(link: Path, target: Path) -> None:
    temporary = link.with_name(f".{link.name}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def settle(store: Store) -> None:
    """Note in the store what finished jobs have said of themselves."""
    for job in jobs(store):
        folder = jobs_folder(store) / job["id"]
        with store.reading() as db:
            before = db.execute("SELECT status FROM model WHERE id = ?", (job["id"],)).fetchone()[0]
        if before == "running" and job["status"] in ("done", "failed") and folder.is_dir():
            with store.writing() as db:
                db.execute("UPDATE model SET status = ? WHERE id = ?", (job["status"], job["id"]))


def project_of(store: Store) -> Path:
    """Project folder of a store."""
    return store.path.parent.parent if store.path.parent.name == FOLDER else store.path.parent
