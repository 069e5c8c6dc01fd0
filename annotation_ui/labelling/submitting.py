"""A label from the page: checked, noted as an event, made the current one, all in one transaction."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling import events
from annotation_ui.labelling.events import LABEL, Noted, append, check_id
from annotation_ui.labelling.problems import ConflictError, NotFoundError
from annotation_ui.labelling.queueing import describe, may_code
from annotation_ui.labelling.records import Coding, coding_of
from annotation_ui.labelling.store import now
from configs.errors import UserError, shown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from annotation_ui.labelling.codebook import Codebook
    from annotation_ui.labelling.store import Store

#: An hour at one sentence is a coffee, not work.
MAX_MILLISECONDS = 3_600_000


def submit(store: Store, codebook: Codebook, who: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Take a label; when this returns it is on disk.

    Parameters
    ----------
    form : mapping
        ``id, sentence, hash, rubric_version, replaces, levels`` and the attributes.

    Raises
    ------
    NotFoundError, ConflictError, UserError
        Unknown sentence; stale form, other content under the id, another person's lease; a level
        that is not on the scale.
    """
    identity = check_id(form["id"])
    coding = _read(form, codebook)
    warnings = codebook.warnings(coding)
    with store.writing() as db:
        number = find_sentence(db, form["sentence"])
        content = dict(form)
        if (
            db.execute("SELECT 1 FROM event WHERE id = ?", (identity,)).fetchone() is None
        ):  # a replay is answered as before, whatever has happened since
            _check_form(db, who, number, form, codebook)
            lease = db.execute(
                "SELECT suggestion FROM lease WHERE sentence = ? AND who = ?", (number, who)
            ).fetchone()
            # What was on the screen is what the server put there, not what a form says.
            seen = json.loads(lease["suggestion"]) if lease and lease["suggestion"] else None
            coding = replace(
                coding, id=identity, who=who, suggestion=seen, at=now(),
                overrode=tuple(sorted({w["rule"] for w in warnings})),
            )  # fmt: skip
            noted = _note(db, who, number, content, coding)
        else:
            noted = append(db, id=identity, kind=LABEL, who=who, content=content, sentence=number)
    return {
        "id": noted.id, "seq": noted.seq, "sentence": number, "replayed": noted.replayed,
        "warnings": warnings,
    }  # fmt: skip


def _read(form: Mapping[str, Any], codebook: Codebook) -> Coding:
    rubric = codebook.rubric
    coding = coding_of(form, rubric, f"sentence {form['sentence']}")
    known = {s["id"] for d in codebook.raw["dimensions"] for s in d["sub_indicators"]}
    for sub in coding.subs:
        if sub not in known:
            raise UserError(
                f"sub-indicator {shown(sub)} is unknown",
                fix=f"use one of {', '.join(sorted(known))}",
            )
    spent = coding.duration_ms
    return replace(
        coding, rubric_version=rubric.version, machine=False, overrode=(),
        duration_ms=None if spent is None or spent > MAX_MILLISECONDS else spent,
        temporality=coding.temporality or codebook.default("temporality"),
        unit_type=coding.unit_type or codebook.default("unit_type"),
        confidence=coding.confidence or codebook.default("confidence"),
    )  # fmt: skip


def _note(
    db: sqlite3.Connection, who: str, number: int, content: Mapping[str, Any], coding: Coding
) -> Noted:
    kept = {"coding": coding.as_dict(), "replaces": content.get("replaces") or ""}
    noted = append(
        db, id=coding.id, kind=LABEL, who=who, content=content, sentence=number, kept=kept,
        at=coding.at,
    )  # fmt: skip
    events.set_label(db, number, coding)
    db.execute("DELETE FROM lease WHERE sentence = ? AND who = ?", (number, who))
    db.execute("DELETE FROM relabel WHERE sentence = ? AND who = ?", (number, who))
    return noted


def find_sentence(db: sqlite3.Connection, number: int) -> int:
    """Check that a sentence exists."""
    row = db.execute("SELECT id FROM sentence WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no sentence {number}", fix="ask /api/next for one")
    return int(row["id"])


def _check_form(
    db: sqlite3.Connection, who: str, number: int, form: Mapping[str, Any], codebook: Codebook
) -> None:
    where, version = f"sentence {number}", codebook.rubric.version
    row = db.execute("SELECT hash, role FROM sentence WHERE id = ?", (number,)).fetchone()
    if form.get("hash") and form["hash"] != row["hash"]:
        raise ConflictError("the form shows another text", where=where, fix="load the page again")
    if form.get("rubric_version") and form["rubric_version"] != version:
        raise ConflictError(
            f"the form is of codebook {form['rubric_version']}, {version} holds now",
            where=where, fix="load the page again",
        )  # fmt: skip
    mine = db.execute(
        "SELECT event FROM label WHERE sentence = ? AND who = ?", (number, who)
    ).fetchone()
    if (mine["event"] if mine else "") != (form.get("replaces") or ""):
        raise ConflictError(
            "you have labelled it since this form was opened" if mine else "the label it replaces is gone",
            where=where, fix="load the page again to see your label",
        )  # fmt: skip
    if row["role"] == "candidate":
        raise ConflictError("was not drawn into a pool", where=where, fix="ask /api/next for one")
    if not may_code(db, who, number):
        raise ConflictError(
            "is leased to another person, or has all its coders", where=where,
            fix="ask /api/next for one",
        )  # fmt: skip


def take_back(store: Store, who: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Undo a label of the coder by a compensating event; answers with the sentence to label anew."""
    with store.writing() as db:
        noted, number = events.undo(
            db, id=check_id(form["id"]), who=who, target=form.get("undoes") or ""
        )
        if not noted.replayed:
            # Whoever takes back wants to label again: the lease makes sure that they may.
            import time

            from annotation_ui.labelling.queueing import LEASE_SECONDS

            db.execute(
                "INSERT INTO lease VALUES (?, ?, ?, '') ON CONFLICT DO UPDATE SET expires = excluded.expires",
                (number, who, time.time() + LEASE_SECONDS),
            )
        (item,) = describe(db, who, [number])
    return {"id": noted.id, "seq": noted.seq, "replayed": noted.replayed, "item": item}
