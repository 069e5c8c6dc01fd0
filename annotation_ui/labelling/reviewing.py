"""Take a list of suspicious labels in: its sentences come first, to whoever labels next.

What a model thinks of them is not shown: a second look that knows the answer wanted is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling.importing import take_in
from annotation_ui.labelling.native import record_of
from annotation_ui.labelling.store import note
from configs.errors import UserError, shown
from nlp_scoring.suspicion import CONTEXT, OPEN

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from annotation_ui.labelling.records import Record
    from annotation_ui.labelling.store import Store
    from corpus.rubric import Rubric

NEEDED = ("text", "dimension", "old", "probability", "status")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a list has set in motion: sentences in front of the queue, labels of people asked again."""

    sentences: int
    again: int

    def line(self) -> str:
        """One line for people."""
        return (
            f"{self.sentences} sentences come first, {self.again} labels of people are asked again"
        )


@dataclass(frozen=True, slots=True)
class _Doubt:
    record: Record
    dimension: str
    old: int
    probability: float


def review(store: Store, rubric: Rubric, path: Path, *, who: str) -> Reviewed:
    """Put the open rows of a list (`zhengce evaluate --suspicious`) in front of the queue.

    Sentences that are not here yet are taken in. A person's label that still has the doubted level
    is asked again from that person; a machine's label waits for a person anyway.

    Raises
    ------
    UserError
        The first mistake in the file; nothing was written.
    """
    doubts = list(_doubts(path, rubric))
    if not doubts:
        raise UserError("holds no open row", where=str(path), fix="nothing is left to look at")
    with store.reading() as db:
        new = [d.record for d in doubts if not _numbers(db, d.record)]
    if new:
        take_in(store, new, who=who, name=path.name)
    seen, again = set[int](), 0
    with store.writing() as db:
        for doubt in doubts:
            for number in _numbers(db, doubt.record):
                db.execute(
                    "UPDATE sentence SET priority = min(priority, ?) WHERE id = ?",
                    (doubt.probability - 1, number),
                )
                again += _ask_again(db, rubric, doubt, number)
                seen.add(number)
        done = Reviewed(len(seen), again)
        note(db, who, "review", f"{path.name}: {done.line()}")
    return done


def _numbers(db: sqlite3.Connection, record: Record) -> list[int]:
    """Find a sentence by report, place and text; by its text alone where the list tells no report."""
    sentence = record.sentence
    if sentence.report_id:
        rows = db.execute("SELECT id FROM sentence WHERE hash = ?", (sentence.hash,))
    else:
        rows = db.execute("SELECT id FROM sentence WHERE text = ?", (sentence.text,))
    return [int(row[0]) for row in rows]


def _ask_again(db: sqlite3.Connection, rubric: Rubric, doubt: _Doubt, number: int) -> int:
    place = rubric.dimension_ids.index(doubt.dimension)
    reason = f"look again: {rubric.dimension(doubt.dimension).short}"
    return db.execute(
        "INSERT OR IGNORE INTO relabel SELECT sentence, who, ? FROM label WHERE sentence = ?"
        " AND NOT machine AND json_extract(coding, '$.levels[' || ? || ']') = ?",
        (reason, number, place, doubt.old),
    ).rowcount


def _doubts(path: Path, rubric: Rubric) -> Iterator[_Doubt]:
    from corpus.csvfiles import read_csv

    frame = read_csv(path)
    missing = [c for c in NEEDED if c not in frame.columns]
    if missing:
        raise UserError(
            f"lacks the column {missing[0]!r}", where=str(path),
            fix="write it with `zhengce evaluate --suspicious FILE`",
        )  # fmt: skip
    for line, row in enumerate(frame.to_dict("records"), start=2):
        where = f"{path} line {line}"
        if str(row["status"]).strip() != OPEN:
            continue
        known = {name: row[name] for name in CONTEXT if name in row}
        yield _Doubt(
            record_of(known, rubric, where),
            rubric.dimension(str(row["dimension"]).strip()).id,
            int(_number(row, "old", rubric.max_level, where, whole=True)),
            _number(row, "probability", 1, where),
        )


def _number(
    row: dict[Any, Any], name: str, highest: int, where: str, *, whole: bool = False
) -> float:
    try:
        value = float(row[name])
    except ValueError:
        value = -1.0
    if not 0 <= value <= highest or (whole and value != int(value)):
        raise UserError(
            f"{name} {shown(str(row[name]))} is no number from 0 to {highest}", where=where
        )
    return value
