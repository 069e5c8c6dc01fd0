"""Write what is known, sentence by sentence, never all of it in memory."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling import foreign, native, tables
from annotation_ui.labelling.deciding import decide
from annotation_ui.labelling.records import Coding, Final, Record, Sentence

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from annotation_ui.labelling.reading import Format
    from annotation_ui.labelling.store import Store
    from corpus.rubric import Rubric

SUFFIX = {"jsonl": "jsonl", "csv": "csv", "labelstudio": "json", "doccano": "jsonl", "argilla": "json"}  # fmt: skip
_BATCH = 500
_encode = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(slots=True)
class Exported:
    """How many records were written, and how many wait for a decision and were left out."""

    written: int = 0
    undecided: int = 0


def records(db: sqlite3.Connection, *, labelled: bool) -> Iterator[Record]:
    """Read sentences in the order they came in, with their labels and final values."""
    sentences = db.execute("SELECT * FROM sentence ORDER BY id")
    labels = _grouped(
        db.execute("SELECT sentence, who, event, coding FROM label ORDER BY sentence")
    )
    finals = _grouped(db.execute("SELECT sentence, event, decision FROM final ORDER BY sentence"))
    found, decided = next(labels, None), next(finals, None)
    for row in sentences:
        codings: tuple[Coding, ...] = ()
        final = None
        if found is not None and found[0] == row["id"]:
            codings = tuple(sorted(map(_coding, found[1]), key=lambda c: (c.at, c.who)))
            found = next(labels, None)
        if decided is not None and decided[0] == row["id"]:
            final = _final(decided[1][0])
            decided = next(finals, None)
        if codings or final or not labelled:
            yield Record(_sentence(row), codings, final)


def _grouped(rows: sqlite3.Cursor) -> Iterator[tuple[int, list[sqlite3.Row]]]:
    from itertools import groupby

    for key, group in groupby(rows, key=lambda row: row["sentence"]):
        yield key, list(group)


def _sentence(row: sqlite3.Row) -> Sentence:
    names = ("text", "report_id", "position", "region", "year", "section", "heading", "previous", "next", "pool", "inclusion", "n_required")  # fmt: skip
    extra = json.loads(row["extra"]) if row["extra"] != "{}" else {}
    return Sentence(**{name: row[name] for name in names}, extra=extra)


def _coding(row: sqlite3.Row) -> Coding:
    values = json.loads(row["coding"])
    for name in ("levels", "flags", "subs", "overrode", "defaulted"):
        if name in values:
            values[name] = tuple(values[name])
    return Coding(**values, id=row["event"], who=row["who"])


def _final(row: sqlite3.Row) -> Final:
    values = json.loads(row["decision"])
    values["levels"] = tuple(values["levels"])
    return Final(**values, id=row["event"])


def export_lines(
    db: sqlite3.Connection, rubric: Rubric, fmt: Format, *, everything: bool, done: Exported
) -> Iterator[str]:
    """Give the file piece by piece.

    Parameters
    ----------
    everything : bool
        Sentences without a label too, and in CSV those that wait for a decision.
    """
    found = records(db, labelled=not everything)
    if fmt == "csv":
        yield from _csv(found, rubric, everything, done)
    elif fmt in ("labelstudio", "argilla"):
        yield from _array(found, rubric, fmt, done)
    else:
        write: Callable[[Record], dict[str, Any]] = (
            native.record_dict if fmt == "jsonl" else lambda r: foreign.to_doccano(r, rubric)
        )
        for record in found:
            done.written += 1
            yield _encode(write(record)) + "\n"


def _array(found: Iterator[Record], rubric: Rubric, fmt: str, done: Exported) -> Iterator[str]:
    write = foreign.to_label_studio if fmt == "labelstudio" else foreign.to_argilla
    yield "["
    for record in found:
        yield (("," if done.written else "") + "\n" + _encode(write(record, rubric)))
        done.written += 1
    yield "\n]\n"


def _csv(
    found: Iterator[Record], rubric: Rubric, everything: bool, done: Exported
) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(tables.header(rubric))
    for record in found:
        if not everything and decide(record) is None:
            done.undecided += 1
            continue
        writer.writerow(tables.row_of(record, rubric))
        done.written += 1
        if done.written % _BATCH == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def export(
    store: Store, rubric: Rubric, fmt: Format, *, everything: bool, done: Exported
) -> Iterator[str]:
    """Export within one consistent view of the store."""
    with store.reading() as db:
        yield from export_lines(db, rubric, fmt, everything=everything, done=done)
