"""Which sentence a coder gets next: one order for all, leases so that nobody works in vain.

A sentence is open while it lacks coders. A coder never gets a sentence twice (unless it was put up
for re-labelling), and a sentence is leased to no more coders than it still needs.
"""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from annotation_ui.labelling.store import Store

#: Long enough for two minutes without network and a coffee; a sentence that was coded too late is
#: still accepted from whoever once held its lease.
LEASE_SECONDS = 1800.0
MAX_TAKEN = 50
_OPEN = """
SELECT s.id, s.priority FROM sentence s
WHERE s.role <> 'candidate' AND s.n_labels < s.n_required AND (s.priority, s.id) > (:priority, :id)
  AND NOT EXISTS (SELECT 1 FROM label l WHERE l.sentence = s.id AND l.who = :who)
  AND NOT EXISTS (SELECT 1 FROM lease m WHERE m.sentence = s.id AND m.who = :who AND m.expires > :now)
  AND s.n_labels + (SELECT count(*) FROM lease o
    WHERE o.sentence = s.id AND o.who <> :who AND o.expires > :now) < s.n_required
ORDER BY s.priority, s.id LIMIT :limit
"""
_START = (-1.0, 0)
#: Below 0 stand sentences under suspicion (`annotation_ui.labelling.reviewing`): before all others.
_FIRST = _OPEN.replace("ORDER BY", "AND s.priority < 0 ORDER BY")


class Queue:
    """Hands sentences out.

    It remembers how far down the common order each coder has come, so that a hundred thousand
    sentences cost no more than ten; what was freed above is found when the end is reached.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._place: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def take(self, who: str, count: int, have: Collection[int] = ()) -> list[dict[str, Any]]:
        """Lease up to ``count`` sentences to a coder: re-labelling first, then the queue.

        Parameters
        ----------
        have : collection of int
            Sentences that the coder's browser holds already.
        """
        count, moment, held = min(count, MAX_TAKEN), time.time(), frozenset(have)
        with self._store.reading() as db:  # most calls of a page that is served need no writing
            ids = [i for i in _standing(db, who, moment) if i not in held][:count]
            if len(ids) == count:
                return describe(db, who, ids)
        with self._lock, self._store.writing() as db:
            ids = [i for i in _standing(db, who, moment) if i not in held][:count]
            ids += [i for i in self._next(db, who, count - len(ids), moment) if i not in held]
            db.executemany(
                "REPLACE INTO lease SELECT id, ?, ?, CASE role WHEN 'training' THEN coalesce("
                "(SELECT json_object('model', model, 'levels', json(levels)) FROM suggestion"
                " WHERE sentence = id AND (SELECT value FROM meta WHERE key = 'suggest') IS NOT 'off'), '')"
                " ELSE '' END FROM sentence WHERE id = ?",
                [(who, moment + LEASE_SECONDS, i) for i in ids],
            )
            return describe(db, who, ids)

    def _next(self, db: sqlite3.Connection, who: str, limit: int, moment: float) -> list[int]:
        if limit <= 0:
            return []
        first = _rows(db, _FIRST, _START, who=who, now=moment, limit=limit)
        if first:
            return [int(row["id"]) for row in first]
        start = self._place.get(who, _START)
        rows = _rows(db, _OPEN, start, who=who, now=moment, limit=limit)
        if len(rows) < limit and start != _START:
            known = {row["id"] for row in rows}
            again = _rows(db, _OPEN, _START, who=who, now=moment, limit=limit)
            rows += [row for row in again if row["id"] not in known][: limit - len(rows)]
        if rows:
            self._place[who] = (rows[-1]["priority"], rows[-1]["id"])
        return [int(row["id"]) for row in rows]

    def forget(self, who: str) -> None:
        """Look from the start again, after something was freed."""
        with self._lock:
            self._place.pop(who, None)


def _rows(
    db: sqlite3.Connection, query: str, start: tuple[float, int], **values: Any
) -> list[sqlite3.Row]:
    return db.execute(query, {"priority": start[0], "id": start[1], **values}).fetchall()


def _standing(db: sqlite3.Connection, who: str, moment: float) -> list[int]:
    """Sentences to label again, then those leased to the coder and not done."""
    again = db.execute("SELECT sentence FROM relabel WHERE who = ? ORDER BY sentence", (who,))
    leased = db.execute(
        "SELECT e.sentence FROM lease e JOIN sentence s ON s.id = e.sentence"
        " WHERE e.who = ? AND e.expires > ? AND NOT EXISTS"
        " (SELECT 1 FROM label l WHERE l.sentence = e.sentence AND l.who = e.who)"
        " ORDER BY s.priority, s.id",
        (who, moment),
    )
    return list(dict.fromkeys(int(row[0]) for row in (*again, *leased)))


def describe(db: sqlite3.Connection, who: str, ids: Iterable[int]) -> list[dict[str, Any]]:
    """Tell a coder all they may know of sentences: never what others said."""
    return [_item(db, who, i) for i in ids]


def _item(db: sqlite3.Connection, who: str, number: int) -> dict[str, Any]:
    row = db.execute("SELECT * FROM sentence WHERE id = ?", (number,)).fetchone()
    mine = db.execute(
        "SELECT event, coding FROM label WHERE sentence = ? AND who = ?", (number, who)
    ).fetchone()
    again = db.execute(
        "SELECT reason FROM relabel WHERE sentence = ? AND who = ?", (number, who)
    ).fetchone()
    lease = db.execute(
        "SELECT suggestion FROM lease WHERE sentence = ? AND who = ?", (number, who)
    ).fetchone()
    names = ("text", "report_id", "region", "year", "section", "heading", "previous", "next")
    return {
        "sentence": number,
        "hash": row["hash"],
        **{name: row[name] for name in names},
        "mine": {"event": mine["event"], **json.loads(mine["coding"])} if mine else None,
        "relabel": again["reason"] if again else "",
        "suggestion": json.loads(lease["suggestion"]) if lease and lease["suggestion"] else None,
    }


def may_code(db: sqlite3.Connection, who: str, number: int) -> bool:
    """Tell whether a coder may answer: holds or held its lease, or it still lacks a coder."""
    free = db.execute(
        "SELECT EXISTS (SELECT 1 FROM lease WHERE sentence = ?1 AND who = ?2)"
        " OR EXISTS (SELECT 1 FROM label WHERE sentence = ?1 AND who = ?2)"
        " OR EXISTS (SELECT 1 FROM event WHERE sentence = ?1 AND who = ?2 AND kind = 'label')"
        " OR (SELECT n_labels + (SELECT count(*) FROM lease WHERE sentence = ?1 AND who <> ?2"
        " AND expires > ?3) < n_required FROM sentence WHERE id = ?1)",
        (number, who, time.time()),
    ).fetchone()[0]
    return bool(free)
