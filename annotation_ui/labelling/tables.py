"""CSV: the columns of ``data/gold/labels.csv``, then what they have no place for.

A file written here is read by ``zhengce train --labels`` as it is.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling.deciding import MACHINE_ADJUDICATED, decide
from annotation_ui.labelling.native import record_of, said_of
from annotation_ui.labelling.records import Coding, Final, Record, read_levels
from configs.errors import UserError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corpus.rubric import Rubric

_HEAD = ("sentence_key", "pool", "report_id", "level", "region", "year", "index", "n_sentences", "text", "previous", "next")  # fmt: skip
_ATTRIBUTES = ("temporality", "unit_type", "confidence")
_TAIL = ("section", "heading", "inclusion", "n_required", "rubric_version", "source", "sentence_hash", "extra", "annotations", "final")  # fmt: skip
#: Columns of labels files that are kept as they came.
_EXTRA = ("sentence_key", "level", "n_sentences")
#: Coders of files that have the two passes of labels.csv and do not say who they were.
PASSES = ("pass-a", "pass-b")
FILE = "labels.csv"
#: One encoder for all rows: `json.dumps` with options makes a new one at each call.
_pack = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def header(rubric: Rubric) -> list[str]:
    """Columns of an exported file."""
    return list(_columns(rubric.dimension_ids))


@cache
def _columns(dimensions: tuple[str, ...]) -> tuple[str, ...]:
    levels = [c for d in dimensions for c in (d, f"{d}_a", f"{d}_b")]
    return (*_HEAD, *levels, *_ATTRIBUTES, "adjudicated", *_TAIL)


def row_of(record: Record, rubric: Rubric) -> list[Any]:
    """Lay a record out as one row, in the order of `header`."""
    said, decided, s = said_of(record), decide(record), record.sentence
    extra = s.extra
    rest = {k: v for k, v in extra.items() if k not in _EXTRA} if extra else extra
    key, level, n_sentences = (extra.get(name, "") for name in _EXTRA)
    row: list[Any] = [key, s.pool, s.report_id, level, s.region, s.year, s.position, n_sentences, s.text, s.previous, s.next]  # fmt: skip
    given = [decided.levels if decided else None, *(c.levels for c in record.codings[:2])]
    given += [None] * (3 - len(given))
    row += [levels[i] if levels else "" for i in range(len(rubric.dimensions)) for levels in given]
    attributes = [getattr(decided, name) for name in _ATTRIBUTES] if decided else [""] * 3
    adjudicated = int(decided is not None and decided.source.endswith("adjudicated"))
    inclusion = "" if s.inclusion is None else repr(s.inclusion)
    told = [decided.rubric_version, decided.source] if decided else ["", ""]
    row += [*attributes, adjudicated, s.section, s.heading, inclusion, s.n_required or "", *told]
    return [*row, s.hash, _json(rest), _json(said.get("annotations")), _json(said.get("final"))]


def _json(value: Any) -> str:
    return _pack(value) if value else ""


def record_of_row(
    row: Mapping[str, str], rubric: Rubric, where: str, rubric_version: str = ""
) -> Record:
    """Read a row: one of ours, one of labels.csv, or a bare sentence with or without levels."""
    parts = {name: _parsed(row.get(name, ""), name, where) for name in ("extra", "annotations", "final")}  # fmt: skip
    derived = {*rubric.dimension_ids, *_ATTRIBUTES, "adjudicated", "source", *parts}
    derived |= {f"{d}_{mark}" for d in rubric.dimension_ids for mark in "ab"}
    plain = {k: v for k, v in row.items() if k not in derived and v != ""}
    version = row.get("rubric_version", "") or rubric_version
    record = record_of(plain | {k: v for k, v in parts.items() if v is not None}, rubric, where)
    stated = _final(row, rubric, where, version)
    if "annotations" not in row:
        return Record(record.sentence, _passes(row, rubric, where, version), stated)
    known = decide(record)
    if stated is None or (known is not None and known.levels == stated.levels):
        return record
    return Record(record.sentence, record.codings, stated)  # somebody edited the levels


def _parsed(text: str, name: str, where: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise UserError(f"column {name!r} is not JSON", where=where) from error


def _final(row: Mapping[str, str], rubric: Rubric, where: str, version: str) -> Final | None:
    levels = _levels(row, rubric.dimension_ids, rubric, where)
    if levels is None:
        return None
    from annotation_ui.labelling.records import check_choice

    chosen = {n: check_choice(row.get(n, "").strip(), n, rubric, where) for n in _ATTRIBUTES}
    by_machine = row.get("adjudicated", "").strip() == "1"
    source = MACHINE_ADJUDICATED if by_machine else "imported"
    return Final(levels=levels, source=source, **chosen, rubric_version=version, who=FILE)


def _passes(row: Mapping[str, str], rubric: Rubric, where: str, version: str) -> tuple[Coding, ...]:
    found = []
    for mark, name in zip("ab", PASSES, strict=True):
        columns = [f"{d}_{mark}" for d in rubric.dimension_ids]
        levels = _levels(row, columns, rubric, where)
        if levels is not None:
            found.append(Coding(levels, machine=True, who=name, rubric_version=version))
    return tuple(found)


def _levels(
    row: Mapping[str, str], columns: Sequence[str], rubric: Rubric, where: str
) -> tuple[int, ...] | None:
    values = [row.get(c, "").strip() for c in columns]
    if not any(values):
        return None
    if not all(values):
        missing = columns[values.index("")]
        raise UserError(
            f"column {shown(missing)} is empty while others have a level",
            where=where,
            fix="give a level in every dimension, or in none",
        )
    return read_levels(values, rubric, where)
