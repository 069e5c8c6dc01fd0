"""Take a file in: checked whole before anything is written, then in short transactions.

Sentences are known by their hash, codings by their id: the same file twice changes nothing, and an
import that was killed is finished by running it again. What people have labelled here is never
overwritten.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from annotation_ui.labelling import events
from annotation_ui.labelling.events import DECISION, LABEL, append, canonical
from annotation_ui.labelling.pools import assign, coders_needed, priority_of
from annotation_ui.labelling.reading import read_records
from annotation_ui.labelling.store import note
from configs.errors import UserError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from annotation_ui.labelling.records import Coding, Final, Record, Sentence
    from annotation_ui.labelling.store import Store
    from corpus.rubric import Rubric

CHUNK = 250
#: Between two chunks, so that a label that waits gets the write lock.
PAUSE = 0.004


@dataclass(slots=True)
class Imported:
    """What an import has changed; ``kept`` labels were here already, in this or another form."""

    sentences: int = 0
    known: int = 0
    labels: int = 0
    kept: int = 0
    finals: int = 0

    def line(self) -> str:
        """One line for people."""
        return (
            f"{self.sentences} new sentences, {self.known} known; {self.labels} new labels, "
            f"{self.kept} kept as they are here; {self.finals} final values"
        )


def import_file(
    store: Store,
    rubric: Rubric,
    path: Path,
    *,
    who: str,
    name: str = "",
    rubric_version: str = "",
    advance: Callable[[int], object] = lambda _: None,
) -> Imported:
    """Import a file of sentences or labels.

    Raises
    ------
    UserError
        The first mistake in the file; nothing was written.
    """
    name = name or path.name
    count = 0
    for _ in read_records(path, rubric, name=name, rubric_version=rubric_version):
        count += 1
    if count == 0:
        raise UserError("holds no sentence", where=name)
    records = read_records(path, rubric, name=name, rubric_version=rubric_version)
    return take_in(store, records, who=who, name=name, advance=advance)


def take_in(
    store: Store,
    records: Iterable[Record],
    *,
    who: str,
    name: str,
    advance: Callable[[int], object] = lambda _: None,
) -> Imported:
    """Write checked records, and give sentences without a pool one by design."""
    done, stream = Imported(), iter(records)
    while chunk := list(islice(stream, CHUNK)):
        with store.writing() as db:
            for record in chunk:
                _record(db, record, done, name)
        advance(len(chunk))
        time.sleep(PAUSE)
    with store.writing() as db:
        assign(db)
        note(db, who, "import", f"{name}: {done.line()}")
    return done


def _record(db: sqlite3.Connection, record: Record, done: Imported, name: str) -> None:
    number = _sentence(db, record.sentence, done)
    for coding in record.codings:
        _coding(db, number, record.sentence.hash, coding, done, name)
    if record.final is not None:
        _final(db, number, record.sentence.hash, record.final, done, name)


def _sentence(db: sqlite3.Connection, sentence: Sentence, done: Imported) -> int:
    row = db.execute("SELECT id FROM sentence WHERE hash = ?", (sentence.hash,)).fetchone()
    if row is not None:
        done.known += 1
        return int(row["id"])
    role = sentence.role if sentence.pool else "candidate"
    found = db.execute(
        "INSERT INTO sentence (hash, text, report_id, position, region, year, section, heading,"
        " previous, next, pool, role, inclusion, n_required, priority, extra)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            sentence.hash, sentence.text, sentence.report_id, sentence.position, sentence.region,
            sentence.year, sentence.section, sentence.heading, sentence.previous, sentence.next,
            sentence.pool, role, sentence.inclusion, sentence.n_required or coders_needed(role),
            priority_of(sentence.hash), json.dumps(sentence.extra, ensure_ascii=False),
        ),
    )  # fmt: skip
    done.sentences += 1
    return int(found.lastrowid or 0)


def _derived(*parts: object) -> str:
    return hashlib.sha256(canonical(parts).encode()).hexdigest()[:32]


def _coding(
    db: sqlite3.Connection, number: int, sentence: str, coding: Coding, done: Imported, name: str
) -> None:
    identity = coding.id or _derived("label", sentence, coding.who, coding.as_dict())
    known = db.execute(
        "SELECT 1 FROM event WHERE id = ?1 UNION ALL SELECT 1 FROM label WHERE sentence = ?2 AND who = ?3",
        (identity, number, coding.who),
    ).fetchone()
    if known is not None:
        done.kept += 1
        return
    coding = replace(coding, id=identity)
    content = {"coding": coding.as_dict(), "imported": name}
    append(
        db, id=identity, kind=LABEL, who=coding.who, content=content, sentence=number, at=coding.at
    )
    events.set_label(db, number, coding)
    done.labels += 1


def _final(
    db: sqlite3.Connection, number: int, sentence: str, final: Final, done: Imported, name: str
) -> None:
    identity = final.id or _derived("final", sentence, final.as_dict())
    known = db.execute(
        "SELECT 1 FROM event WHERE id = ?1 UNION ALL SELECT 1 FROM final WHERE sentence = ?2",
        (identity, number),
    ).fetchone()
    if known is not None:
        return
    final = replace(final, id=identity)
    content = {"final": final.as_dict(), "imported": name}
    append(
        db, id=identity, kind=DECISION, who=final.who, content=content, sentence=number, at=final.at
    )
    events.set_final(db, number, final)
    done.finals += 1
