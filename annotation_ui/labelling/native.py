"""The native form of a record: one JSON object, everything that is known of a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotation_ui.labelling.records import (
    MAX_TEXT,
    Coding,
    Final,
    Record,
    Sentence,
    coding_of,
    final_of,
)
from configs.errors import UserError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus.rubric import Rubric

#: Field of a sentence -> its name in files; ``position`` is the ``index`` of labels files.
NAMES = {
    "report_id": "report_id", "position": "index", "region": "region", "year": "year",
    "section": "section", "heading": "heading", "previous": "previous", "next": "next",
    "pool": "pool",
}  # fmt: skip
_KNOWN = {*NAMES.values(), "text", "hash", "sentence_hash", "inclusion", "n_required", "extra", "annotations", "final", "rubric_version"}  # fmt: skip
#: Names that other tools and our own tables use for the same thing.
ALIASES = {"heading_path": "heading", "position": "index", "sentence": "text"}
MAX_NAME = 64


def record_dict(record: Record) -> dict[str, Any]:
    """Lay a record out as plain values in a fixed order, empty ones left out."""
    sentence = record.sentence
    values: dict[str, Any] = {"hash": sentence.hash, "text": sentence.text}
    values |= {name: getattr(sentence, key) for key, name in NAMES.items()}
    values |= {"inclusion": sentence.inclusion, "n_required": sentence.n_required or None}
    values |= {"extra": sentence.extra}
    found = {k: v for k, v in values.items() if v not in ("", None) and v != {}}
    return found | said_of(record)


def said_of(record: Record) -> dict[str, Any]:
    """Lay out what was said of a sentence, without the sentence."""
    found: dict[str, Any] = {}
    if record.codings:
        found["annotations"] = [
            {"id": c.id, "annotator": c.who, **c.as_dict()} for c in record.codings
        ]
    if record.final is not None:
        final = record.final
        found["final"] = {"id": final.id, "who": final.who, **final.as_dict()}
    return found


def record_of(row: Mapping[str, Any], rubric: Rubric, where: str) -> Record:
    """Read a record from plain values.

    Raises
    ------
    UserError
        When there is no text, or a coding is not allowed by the rubric.
    """
    row = {ALIASES.get(k, k) if ALIASES.get(k, k) not in row else k: v for k, v in row.items()}
    sentence = _sentence(row, rubric, where)
    codings = tuple(_coding(c, rubric, where) for c in _list(row, "annotations", where))
    final = row.get("final")
    if final is not None and not isinstance(final, dict):
        raise UserError(f"final is {shown(final)}, not an object", where=where)
    return Record(sentence, codings, _named(final_of(final, rubric, where)) if final else None)


def _sentence(row: Mapping[str, Any], rubric: Rubric, where: str) -> Sentence:
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise UserError("has no text", where=where, fix="every sentence needs `text`")
    if len(text) > MAX_TEXT:
        raise UserError(
            f"has {len(text)} characters", where=where, fix=f"at most {MAX_TEXT}; cut it into sentences"
        )  # fmt: skip
    if "\0" in text:
        raise UserError("holds a NUL character", where=where, fix="save the file as plain UTF-8")
    extra = row.get("extra")
    rest = {
        k: _plain(v) for k, v in row.items() if k not in _KNOWN and k not in rubric.dimension_ids
    }
    return Sentence(
        text=text,
        **{key: _plain(row.get(name)) for key, name in NAMES.items()},
        inclusion=_share(row.get("inclusion"), where),
        n_required=_count(row.get("n_required"), where),
        extra=({k: _plain(v) for k, v in extra.items()} if isinstance(extra, dict) else {}) | rest,
    )


def _coding(row: Any, rubric: Rubric, where: str) -> Coding:
    if not isinstance(row, dict):
        raise UserError(f"annotation {shown(row)} is not an object", where=where)
    coding = coding_of(row, rubric, where)
    if not coding.who or len(coding.who) > MAX_NAME:
        raise UserError(
            f"annotator {shown(coding.who)} cannot be used", where=where, fix="give each annotation a name"
        )  # fmt: skip
    return coding


def _named(final: Final) -> Final:
    from dataclasses import replace

    return final if final.who else replace(final, who="file")


def _list(row: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = row.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise UserError(f"{name} is {shown(value)}, not a list", where=where)
    return value


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)


def _share(value: Any, where: str) -> float | None:
    if value in (None, ""):
        return None
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = -1.0
    if not 0 < share <= 1:
        raise UserError(f"inclusion {shown(value)} is no probability", where=where)
    return share


def _count(value: Any, where: str) -> int:
    if value in (None, ""):
        return 0
    if not str(value).isdecimal() or not 0 <= int(value) <= 20:
        raise UserError(f"n_required {shown(value)} is not a number of coders", where=where)
    return int(value)
