"""Labels, undos and decisions as events; the tables of labels are what the events add up to.

An event's id comes from the browser. The same id with the same content is answered as before and
changes nothing; with another content it is refused. So a request may be sent again without fear.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling.problems import ConflictError, NotFoundError
from annotation_ui.labelling.store import now
from configs.errors import UserError, shown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from annotation_ui.labelling.records import Coding, Final
    from annotation_ui.labelling.store import Store

LABEL, UNDO, DECISION, QUIZ = "label", "undo", "decision", "quiz"


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of an event: its place in the log, and whether it was there before."""

    seq: int
    id: str
    replayed: bool


def canonical(value: Any) -> str:
    """JSON that is equal for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def append(
    db: sqlite3.Connection,
    *,
    id: str,
    kind: str,
    who: str,
    content: Mapping[str, Any],
    sentence: int | None = None,
    kept: Mapping[str, Any] | None = None,
    at: str = "",
) -> Noted:
    """Write an event, or find that it is there already.

    Parameters
    ----------
    content : mapping
        What the client sent: with it a replay is told from another event under the same id.
    kept : mapping, optional
        What is stored instead, with what the server adds.
    """
    digest = hashlib.sha256(canonical([kind, who, sentence, content]).encode()).hexdigest()
    row = db.execute("SELECT seq, digest FROM event WHERE id = ?", (id,)).fetchone()
    if row is not None:
        if row["digest"] != digest:
            raise ConflictError(f"the id {shown(id)} belongs to another event", fix="use a new id")
        return Noted(row["seq"], id, True)
    found = db.execute(
        "INSERT INTO event (id, kind, sentence, who, at, digest, payload) VALUES (?,?,?,?,?,?,?)",
        (id, kind, sentence, who, at or now(), digest, canonical(kept or content)),
    )
    return Noted(int(found.lastrowid or 0), id, False)


def set_label(db: sqlite3.Connection, sentence: int, coding: Coding) -> None:
    """Make a coding the current one of its coder."""
    db.execute(
        "REPLACE INTO label VALUES (?, ?, ?, ?, ?)",
        (sentence, coding.who, coding.id, coding.machine, canonical(coding.as_dict())),
    )
    _count(db, sentence)


def set_final(db: sqlite3.Connection, sentence: int, final: Final) -> None:
    """Make a decision the one that holds."""
    values = canonical(final.as_dict() | {"who": final.who})
    db.execute("REPLACE INTO final VALUES (?, ?, ?, ?)", (sentence, final.id, final.source, values))


def _count(db: sqlite3.Connection, sentence: int) -> None:
    db.execute(
        "UPDATE sentence SET n_labels = (SELECT count(*) FROM label WHERE sentence = ?1 AND NOT machine) WHERE id = ?1",
        (sentence,),
    )


def undo(db: sqlite3.Connection, *, id: str, who: str, target: str = "") -> tuple[Noted, int]:
    """Take a label back by a compensating event; what it had replaced holds again.

    Parameters
    ----------
    target : str
        Event to undo; the coder's last standing label if left out.

    Returns
    -------
    (Noted, int)
        The event, and the sentence it was about.
    """
    before = db.execute(
        "SELECT sentence, payload FROM event WHERE id = ? AND kind = ? AND who = ?", (id, UNDO, who)
    ).fetchone()
    undone = json.loads(before["payload"])["undoes"] if before else (target or _last(db, who))
    row = db.execute("SELECT * FROM event WHERE id = ? AND kind = ?", (undone, LABEL)).fetchone()
    if row is None or row["who"] != who:
        raise NotFoundError(f"you have no label {shown(undone)}", fix="nothing was changed")
    content = {"undoes": undone}
    noted = append(db, id=id, kind=UNDO, who=who, content=content, sentence=row["sentence"])
    if not noted.replayed:
        if undone in _undone(db, row["sentence"], who, but=id):
            raise ConflictError("that label was taken back already", fix="nothing was changed")
        restore(db, row["sentence"], who)
    return noted, int(row["sentence"])


def _last(db: sqlite3.Connection, who: str) -> str:
    """Latest label event of a coder that no undo speaks of."""
    row = db.execute(
        "SELECT id FROM event e WHERE who = ?1 AND kind = 'label' AND NOT EXISTS (SELECT 1 FROM event u"
        " WHERE u.sentence = e.sentence AND u.who = ?1 AND u.kind = 'undo'"
        " AND u.payload = '{\"undoes\":\"' || e.id || '\"}') ORDER BY seq DESC LIMIT 1",
        (who,),
    ).fetchone()
    if row is None:
        raise NotFoundError("there is no label of yours to take back", fix="nothing was changed")
    return str(row["id"])


def _undone(db: sqlite3.Connection, sentence: int, who: str, but: str = "") -> set[str]:
    rows = db.execute(
        "SELECT payload FROM event WHERE sentence = ? AND who = ? AND kind = 'undo' AND id <> ?",
        (sentence, who, but),
    )
    return {json.loads(row["payload"])["undoes"] for row in rows}


def restore(db: sqlite3.Connection, sentence: int, who: str) -> None:
    """Make the latest label that stands the current one, from the log alone."""
    undone = _undone(db, sentence, who)
    db.execute("DELETE FROM label WHERE sentence = ? AND who = ?", (sentence, who))
    rows = db.execute(
        "SELECT id, payload FROM event WHERE sentence = ? AND who = ? AND kind = 'label' ORDER BY seq DESC",
        (sentence, who),
    )
    for row in rows:
        if row["id"] not in undone:
            coding = json.loads(row["payload"])["coding"]
            machine = bool(coding.get("machine"))
            db.execute(
                "INSERT INTO label VALUES (?, ?, ?, ?, ?)",
                (sentence, who, row["id"], machine, canonical(coding)),
            )
            break
    _count(db, sentence)


def rebuild(db: sqlite3.Connection) -> int:
    """Make the table of labels anew from the log; returns how many there are.

    For a doubt about the store: the result must equal what was there.
    """
    pairs = db.execute("SELECT DISTINCT sentence, who FROM event WHERE kind = 'label'").fetchall()
    db.execute("DELETE FROM label")
    for row in pairs:
        restore(db, row["sentence"], row["who"])
    return int(db.execute("SELECT count(*) FROM label").fetchone()[0])


def check_id(value: str) -> str:
    """Check an id made by a client: 8 to 64 letters, digits, hyphens or underscores."""
    plain = value.replace("-", "").replace("_", "")
    if not (8 <= len(value) <= 64 and plain.isascii() and plain.isalnum()):
        raise UserError(
            f"id {shown(value)} cannot be used",
            fix="send 8 to 64 letters, digits and hyphens, a new UUID for each event",
        )
    return value


def unlike_log(store: Store) -> list[str]:
    """Compare the tables of labels and decisions with what the log adds up to; nothing is changed.

    Returns
    -------
    list of str
        One line a difference: the sentence, and which table; empty when all is well.
    """
    from annotation_ui.labelling.adjudicating import rebuild_finals

    queries = {
        "label": "SELECT sentence, who, event, machine, coding FROM label",
        "decision": "SELECT sentence, event, source, decision FROM final",
    }
    with store.writing(keep=False) as db:
        before = {name: {tuple(r) for r in db.execute(q)} for name, q in queries.items()}
        rebuild(db)
        rebuild_finals(db)
        after = {name: {tuple(r) for r in db.execute(q)} for name, q in queries.items()}
    return [
        f"sentence {number}: the {name} is not that of the log"
        for name in queries
        for number in sorted({row[0] for row in before[name] ^ after[name]})
    ]
