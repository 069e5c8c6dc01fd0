"""The HTTP interface for those who run a project: files, pools, accounts, models."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Query, UploadFile
from fastapi.responses import StreamingResponse

from annotation_ui.labelling import accounts, relabelling, retraining
from annotation_ui.labelling.access import Adjudicator, Admin, TheDesk, check_forgery
from annotation_ui.labelling.api import PROBLEMS
from annotation_ui.labelling.exporting import SUFFIX, Exported, export
from annotation_ui.labelling.importing import import_file
from annotation_ui.labelling.models import Account, DrawForm, Relabel, Training
from annotation_ui.labelling.problems import TooLargeError
from annotation_ui.labelling.reading import Format
from annotation_ui.labelling.store import note

router = APIRouter(responses=PROBLEMS)
changing = APIRouter(responses=PROBLEMS, dependencies=[Depends(check_forgery)])
#: Larger files go through the command line, which needs no memory for them.
MAX_UPLOAD = 64 * 2**20


@changing.post("/api/import", tags=["files"])
def take_file(desk: TheDesk, person: Admin, file: Annotated[UploadFile, File()]) -> dict[str, Any]:
    """Import a CSV, JSONL or JSON file; its name is used for messages only."""
    with tempfile.TemporaryDirectory() as folder:
        path, size = Path(folder) / "upload", 0
        with path.open("wb") as target:
            while part := file.file.read(2**20):
                size += len(part)
                if size > MAX_UPLOAD:
                    raise TooLargeError(
                        f"the file has more than {MAX_UPLOAD // 2**20} MiB",
                        fix="use `zhengce annotate import FILE`",
                    )
                target.write(part)
        name = "".join(c for c in Path(file.filename or "upload").name if c.isprintable())[:80]
        done = import_file(
            desk.store, desk.codebook.rubric, path, who=person.name, name=name or "upload"
        )
    return {
        "sentences": done.sentences, "known": done.known, "labels": done.labels,
        "kept": done.kept, "finals": done.finals,
    }  # fmt: skip


@router.get("/api/export", tags=["files"], response_class=StreamingResponse)
def give_file(
    desk: TheDesk, person: Admin, format: Format = "jsonl",
    everything: Annotated[bool, Query(description="sentences without a label too")] = False,
) -> StreamingResponse:  # fmt: skip
    """Export labels, piece by piece: everybody's, whence for administrators only."""
    with desk.store.writing() as db:
        note(db, person.name, "export", format)
    name = f"labels.{format}.{SUFFIX[format]}"
    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    kind = "text/csv; charset=utf-8" if format == "csv" else "application/json; charset=utf-8"
    lines = _in_one_thread(desk, format, everything)
    return StreamingResponse(lines, media_type=kind, headers=head)


def _in_one_thread(desk: TheDesk, format: Format, everything: bool) -> Any:
    """Write to a file that has no name, then give that: a reader is bound to its thread."""
    spooled = tempfile.SpooledTemporaryFile(max_size=4 * 2**20)  # noqa: SIM115 - closed when sent
    for piece in export(
        desk.store, desk.codebook.rubric, format, everything=everything, done=Exported()
    ):
        spooled.write(piece.encode())
    spooled.seek(0)

    def pieces() -> Any:
        with spooled:
            while part := spooled.read(2**18):
                yield part

    return pieces()


@changing.post("/api/draw", tags=["pools"])
def draw(desk: TheDesk, person: Admin, form: DrawForm) -> dict[str, Any]:
    """Draw sentences of the project's corpus into the pools."""
    from annotation_ui.labelling.drawing import draw_corpus
    from corpus.project import find_store

    tables = find_store(retraining.project_of(desk.store))
    done = draw_corpus(
        desk.store, desk.codebook.rubric, tables, who=person.name, **form.model_dump()
    )
    return {"sentences": done.sentences, "known": done.known}


@changing.post("/api/suggest", tags=["pools"])
def suggest(desk: TheDesk, person: Admin) -> dict[str, int]:
    """Let the accepted model suggest levels for the open sentences of the training pool."""
    from annotation_ui.labelling import drawing

    return {"suggested": drawing.suggest(desk.store, desk.codebook.rubric, who=person.name)}


@router.get("/api/models", tags=["models"])
def models(desk: TheDesk, person: Adjudicator) -> dict[str, Any]:
    """List trainings with their progress, and old and new side by side when they are done."""
    retraining.settle(desk.store)
    return {
        "accepted": retraining.accepted_model(desk.store),
        "models": retraining.jobs(desk.store),
    }


@changing.post("/api/models", tags=["models"])
def train(desk: TheDesk, person: Admin, form: Training) -> dict[str, str]:
    """Train a model on the labels that hold now, in a process of its own."""
    retraining.settle(desk.store)
    return {
        "id": retraining.start(
            desk.store, desk.codebook.rubric, who=person.name, **form.model_dump()
        )
    }


@changing.post("/api/models/{model}/{decision}", tags=["models"])
def judge(desk: TheDesk, person: Admin, model: str, decision: str) -> dict[str, str]:
    """Accept or refuse (``accept``, ``refuse``) a finished model."""
    from configs.errors import UserError, shown

    if decision not in ("accept", "refuse"):
        raise UserError(f"decision {shown(decision)} is unknown", fix="accept or refuse")
    retraining.settle(desk.store)
    retraining.judge_job(desk.store, model, accept=decision == "accept", who=person.name)
    return {"accepted": retraining.accepted_model(desk.store)}


@changing.post("/api/relabel", tags=["pools"])
def relabel(desk: TheDesk, person: Admin, form: Relabel) -> dict[str, int]:
    """Put labels of an older codebook up for labelling again."""
    n = relabelling.put_up(desk.store, desk.codebook.rubric, person.name, **form.model_dump())
    return {"waiting": n}


@router.get("/api/users", tags=["accounts"])
def users(desk: TheDesk, person: Admin) -> list[dict[str, Any]]:
    """List accounts."""
    with desk.store.reading() as db:
        return accounts.accounts(db)


@changing.post("/api/users", tags=["accounts"])
def add_user(desk: TheDesk, person: Admin, form: Account) -> dict[str, str]:
    """Add an account; the first one begins team mode."""
    accounts.add_account(desk.store, form.name, form.role, form.password, by=person.name)
    return {"name": form.name, "role": form.role}


@router.get("/api/audit", tags=["accounts"])
def audit(
    desk: TheDesk, person: Admin, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[dict[str, Any]]:
    """Show the last lines of the audit log."""
    with desk.store.reading() as db:
        rows = db.execute(
            "SELECT at, who, action, detail FROM audit ORDER BY seq DESC LIMIT ?", (limit,)
        )
        return [dict(row) for row in rows]
