"""The HTTP interface for coding: sentences out, labels in; nobody sees what others said."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from annotation_ui.labelling import adjudicating, progress, quizzing, submitting
from annotation_ui.labelling.access import Adjudicator, Annotator, TheDesk, check_forgery
from annotation_ui.labelling.models import (
    Cases,
    Decision,
    Health,
    Items,
    Label,
    LabelNoted,
    Noted,
    Problem,
    QuizAnswers,
    Undo,
    Undone,
)
from annotation_ui.labelling.problems import ForbiddenError
from annotation_ui.labelling.submitting import find_sentence

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 403, 404, 409, 422)
}
router = APIRouter(responses=PROBLEMS)
changing = APIRouter(responses=PROBLEMS, dependencies=[Depends(check_forgery)])
Have = Annotated[
    str, Query(pattern="^[0-9,]*$", max_length=3000, description="sentences you hold already")
]


@router.get("/health", tags=["api"])
def health(desk: TheDesk) -> Health:
    """Answer when ready."""
    with desk.store.reading() as db:
        n = db.execute(
            "SELECT (SELECT count(*) FROM sentence), (SELECT coalesce(max(seq), 0) FROM event), (SELECT count(*) FROM account)"
        ).fetchone()
    return Health(
        status="ok", n_sentences=n[0], n_events=n[1], team=n[2] > 0,
        rubric_version=desk.codebook.rubric.version,
    )  # fmt: skip


@router.get("/api/codebook", tags=["coding"])
def codebook(desk: TheDesk, person: Annotator) -> dict[str, Any]:
    """Give the codebook: levels, anchors, caps, rules, examples."""
    return desk.codebook.as_dict()


@router.get("/api/next", tags=["coding"])
def next_items(
    desk: TheDesk, person: Annotator, count: Annotated[int, Query(ge=1, le=50)] = 1, have: Have = ""
) -> Items:
    """Lease the next sentences; those you hold and have not labelled come again."""
    _check_qualified(desk, person.name)
    held = [int(part) for part in have.split(",") if part and len(part) < 13]
    items = desk.queue.take(person.name, count, held)
    return Items(items=items, left=_left(desk))


def _left(desk: TheDesk) -> int:
    with desk.store.reading() as db:
        row = db.execute(
            "SELECT coalesce(sum(n_required - n_labels), 0) FROM sentence WHERE role <> 'candidate' AND n_labels < n_required"
        ).fetchone()
    return int(row[0])


def _check_qualified(desk: TheDesk, who: str) -> None:
    with desk.store.reading() as db:
        row = db.execute("SELECT value FROM meta WHERE key = 'quiz_required'").fetchone()
        if (
            row
            and row[0] == "on"
            and not quizzing.has_passed(db, who, desk.codebook.rubric.version)
        ):
            raise ForbiddenError("the qualification quiz comes first", fix="pass it at /quiz")


@changing.post("/api/labels", tags=["coding"])
def label(desk: TheDesk, person: Annotator, form: Label) -> LabelNoted:
    """Take a label; the answer means that it is on disk. Safe to send again under the same id."""
    return LabelNoted(
        **submitting.submit(desk.store, desk.codebook, person.name, form.model_dump())
    )


@changing.post("/api/undo", tags=["coding"])
def undo(desk: TheDesk, person: Annotator, form: Undo) -> Undone:
    """Take a label of your own back, as often as you like; what it replaced holds again."""
    found = submitting.take_back(desk.store, person.name, form.model_dump())
    desk.queue.forget(person.name)
    return Undone(**found)


@router.get("/api/sentences/{sentence}", tags=["coding"])
def sentence(desk: TheDesk, person: Annotator, sentence: int) -> dict[str, Any]:
    """Show a sentence with your own label; others' only when it has been decided."""
    from annotation_ui.labelling.queueing import describe

    with desk.store.reading() as db:
        (item,) = describe(db, person.name, [find_sentence(db, sentence)])
        final = db.execute(
            "SELECT decision FROM final WHERE sentence = ? AND source = 'adjudicated'", (sentence,)
        ).fetchone()
    return {**item, "decision": _public(final["decision"]) if final else None}


def _public(decision: str) -> dict[str, Any]:
    return {k: v for k, v in json.loads(decision).items() if k not in ("who", "note")}


@router.get("/api/labels", tags=["coding"])
def labels(
    desk: TheDesk, person: Annotator,
    annotator: Annotated[str, Query(max_length=64, description="yourself, if left out")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """List current labels, the latest first: your own; everybody's are for adjudicators."""
    name = annotator or person.name
    if name != person.name and not person.may("adjudicator"):
        raise ForbiddenError(
            "labels of others are not shown before they are decided", where="annotator"
        )
    # An adjudicator who codes is blind too: only sentences that have all their coders.
    done = "" if name == person.name else "AND s.n_labels >= s.n_required"
    with desk.store.reading() as db:
        rows = db.execute(
            "SELECT l.sentence, l.event, s.text, l.coding FROM label l JOIN sentence s ON s.id = l.sentence"  # noqa: S608 - two fixed texts
            f" JOIN event e ON e.id = l.event WHERE l.who = ? {done} ORDER BY e.seq DESC LIMIT ?",
            (name, limit),
        ).fetchall()
    return {
        "annotator": name,
        "labels": [
            {
                "sentence": r["sentence"],
                "event": r["event"],
                "text": r["text"],
                **json.loads(r["coding"]),
            }
            for r in rows
        ],
    }


@router.get("/api/examples", tags=["coding"])
def examples(
    desk: TheDesk, person: Annotator, sentence: int, dimension: Annotated[str, Query(max_length=64)],
    level: Annotated[int | None, Query(ge=0, le=9)] = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Give the adjudicated sentences most like this one, of one level if given."""
    rubric = desk.codebook.rubric
    place = rubric.dimension_ids.index(rubric.dimension(dimension).id)
    with desk.store.reading() as db:
        number = find_sentence(db, sentence)
        text = str(db.execute("SELECT text FROM sentence WHERE id = ?", (number,)).fetchone()[0])
    return desk.nearest.find(text, place, level)


@router.get("/api/progress", tags=["coding"])
def how_far(desk: TheDesk, person: Annotator) -> dict[str, Any]:
    """Tell how far the work is: everybody's for adjudicators, your own for annotators."""
    only = None if person.may("adjudicator") else person.name
    with desk.store.reading() as db:
        return progress.progress(db, desk.codebook.rubric, only=only)


@router.get("/api/quiz", tags=["coding"])
def quiz(
    desk: TheDesk, person: Annotator, seed: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> dict[str, Any]:
    """Give the items of the qualification quiz."""
    return {"seed": seed, "items": quizzing.questions(desk.codebook, seed)}


@changing.post("/api/quiz", tags=["coding"])
def answer_quiz(desk: TheDesk, person: Annotator, form: QuizAnswers) -> dict[str, Any]:
    """Judge a quiz."""
    return quizzing.mark(desk.store, desk.codebook, person.name, form.model_dump())


@router.get("/api/adjudication", tags=["adjudication"])
def cases(
    desk: TheDesk, person: Adjudicator, limit: Annotated[int, Query(ge=1, le=100)] = 1
) -> Cases:
    """Give sentences that wait for a decision, their coders as letters."""
    with desk.store.reading() as db:
        numbers = adjudicating.waiting(db)
        found = [adjudicating.case(db, number) for number in numbers[:limit]]
    return Cases(waiting=len(numbers), cases=found)


@changing.post("/api/adjudication", tags=["adjudication"])
def decide(desk: TheDesk, person: Adjudicator, form: Decision) -> Noted:
    """Decide a case, citing a rule."""
    return Noted(
        **adjudicating.decide_case(desk.store, desk.codebook, person.name, form.model_dump())
    )


@router.get("/api/agreement", tags=["adjudication"])
def agreement(
    desk: TheDesk, person: Adjudicator, draws: Annotated[int, Query(ge=0, le=5000)] = 1000
) -> dict[str, Any]:
    """Agreement of the coders: alpha, kappa, exact, with intervals; leanings by coder."""
    from annotation_ui.labelling import quality

    rubric = desk.codebook.rubric
    with desk.store.reading() as db:
        ratings = quality.read_ratings(db, len(rubric.dimensions))
        found = quality.agreement(ratings, rubric, draws=max(draws, 1))
    return {**found, "disagreements": quality.disagreements(ratings)}
