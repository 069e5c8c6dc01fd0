"""Deciding between labels that differ: by whom, on what rule, for good in the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling import events
from annotation_ui.labelling.deciding import ADJUDICATED
from annotation_ui.labelling.events import DECISION, append, canonical, check_id
from annotation_ui.labelling.problems import ConflictError
from annotation_ui.labelling.records import Final, final_of
from annotation_ui.labelling.store import now
from annotation_ui.labelling.submitting import find_sentence
from configs.errors import UserError, shown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from annotation_ui.labelling.codebook import Codebook
    from annotation_ui.labelling.store import Store

#: Complete, and either in conflict or marked for discussion; machine passes count where no person has coded.
_WAITING = """
SELECT s.id FROM sentence s WHERE s.id IN (
  SELECT sentence FROM label GROUP BY sentence
  HAVING count(DISTINCT CASE WHEN NOT machine THEN json_extract(coding, '$.levels') END) > 1
  OR max(CASE WHEN NOT machine THEN coding LIKE '%"discuss"%' ELSE 0 END) = 1
  OR (min(machine) = 1 AND count(DISTINCT json_extract(coding, '$.levels')) > 1))
AND (s.n_labels >= s.n_required OR s.n_labels = 0)
AND NOT EXISTS (SELECT 1 FROM final f WHERE f.sentence = s.id
  AND f.source IN ('adjudicated', 'machine-adjudicated'))
ORDER BY s.priority, s.id
"""


def waiting(db: sqlite3.Connection) -> list[int]:
    """Sentences that wait for a decision."""
    return [int(row["id"]) for row in db.execute(_WAITING)]


def case(db: sqlite3.Connection, number: int) -> dict[str, Any]:
    """Lay a case open: the sentence and its codings, the coders as letters."""
    row = db.execute("SELECT * FROM sentence WHERE id = ?", (number,)).fetchone()
    labels = db.execute(
        "SELECT who, machine, coding FROM label WHERE sentence = ? ORDER BY machine, who", (number,)
    ).fetchall()
    people = [r for r in labels if not r["machine"]] or labels
    names = ("text", "report_id", "region", "year", "section", "heading", "previous", "next")
    return {
        "sentence": number,
        "hash": row["hash"],
        **{name: row[name] for name in names},
        "codings": [
            {"coder": chr(ord("A") + i), **_shown(json.loads(r["coding"]))}
            for i, r in enumerate(people)
        ],
    }


def _shown(coding: dict[str, Any]) -> dict[str, Any]:
    names = ("levels", "temporality", "unit_type", "confidence", "flags", "subs", "overrode")
    return {
        name: coding.get(name, [] if name in ("flags", "subs", "overrode") else "")
        for name in names
    }


def decide_case(
    store: Store, codebook: Codebook, who: str, form: Mapping[str, Any]
) -> dict[str, Any]:
    """Take an adjudicator's decision; it cites a rule of the codebook.

    Raises
    ------
    UserError
        A level off the scale, or no rule of the codebook.
    ConflictError
        When the sentence has not all its coders yet, or was decided since the form was opened.
    """
    rule = str(form.get("rule") or "")
    if rule not in codebook.rules:
        raise UserError(
            f"rule {shown(rule)} is not in the codebook", where="rule",
            fix=f"cite one of {', '.join(codebook.rules)}",
        )  # fmt: skip
    read = final_of(form, codebook.rubric, f"sentence {form['sentence']}")
    with store.writing() as db:
        number = find_sentence(db, form["sentence"])
        identity = check_id(form["id"])
        final = Final(
            read.levels, ADJUDICATED, read.temporality, read.unit_type, read.confidence, rule,
            str(form.get("note") or "")[:2000], now(), codebook.rubric.version, identity, who,
        )  # fmt: skip
        if db.execute("SELECT 1 FROM event WHERE id = ?", (identity,)).fetchone() is None:
            _check(db, number, form)
        noted = append(
            db, id=identity, kind=DECISION, who=who, content=dict(form), sentence=number,
            kept={"final": final.as_dict()}, at=final.at,
        )  # fmt: skip
        if not noted.replayed:
            events.set_final(db, number, final)
    return {"id": noted.id, "seq": noted.seq, "sentence": number, "replayed": noted.replayed}


def _check(db: sqlite3.Connection, number: int, form: Mapping[str, Any]) -> None:
    row = db.execute(
        "SELECT hash, n_labels, n_required FROM sentence WHERE id = ?", (number,)
    ).fetchone()
    where = f"sentence {number}"
    if form.get("hash") and form["hash"] != row["hash"]:
        raise ConflictError("the form shows another text", where=where, fix="load the page again")
    if 0 < row["n_labels"] < row["n_required"]:
        raise ConflictError(
            f"has {row['n_labels']} of {row['n_required']} coders", where=where,
            fix="decide when all have coded: they would see what the others said",
        )  # fmt: skip
    before = db.execute("SELECT event FROM final WHERE sentence = ?", (number,)).fetchone()
    if before and form.get("replaces") is not None and form["replaces"] != before["event"]:
        raise ConflictError(
            "was decided since this form was opened", where=where, fix="load the page again"
        )


def rebuild_finals(db: sqlite3.Connection) -> int:
    """Make the table of decisions anew from the log; return how many there are."""
    db.execute("DELETE FROM final")
    rows = db.execute(
        "SELECT id, sentence, who, payload FROM event WHERE kind = 'decision' ORDER BY seq"
    ).fetchall()
    for row in rows:
        values = json.loads(row["payload"])["final"]
        db.execute(
            "REPLACE INTO final VALUES (?, ?, ?, ?)",
            (row["sentence"], row["id"], values["source"], canonical(values | {"who": row["who"]})),
        )
    return int(db.execute("SELECT count(*) FROM final").fetchone()[0])
