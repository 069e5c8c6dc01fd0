"""Records as Label Studio, doccano and Argilla write them, and back.

What a tool has a place for stands in its place; all the rest travels in one field of its own
(``zhengce``). On the way back the tool's own answers win: who corrected a level there finds it here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling.deciding import decide
from annotation_ui.labelling.native import record_dict, record_of
from annotation_ui.labelling.records import Coding, Record, read_levels
from configs.errors import UserError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corpus.rubric import Rubric

_pack = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
#: Who answered, and with which levels, as a foreign file says it.
Answers = list[tuple[str, tuple[int, ...]]]


def _rest(record: Record) -> dict[str, Any]:
    return {k: v for k, v in record_dict(record).items() if k != "text"}


def to_label_studio(record: Record, rubric: Rubric) -> dict[str, Any]:
    """Write a task: a choice a dimension (stars cannot say 0)."""
    return {
        "data": {"text": record.sentence.text, "zhengce": _rest(record)},
        "annotations": [
            {
                "completed_by": {"email": coding.who},
                "unique_id": coding.id,
                "lead_time": None if coding.duration_ms is None else coding.duration_ms / 1000,
                "result": [_choice(d, v) for d, v in zip(rubric.dimension_ids, coding.levels, strict=True)],
            }
            for coding in record.codings
        ],
    }  # fmt: skip


def _choice(dimension: str, level: int) -> dict[str, Any]:
    value = {"choices": [str(level)]}
    return {"from_name": dimension, "to_name": "text", "type": "choices", "value": value}


def from_label_studio(row: Mapping[str, Any], rubric: Rubric, where: str) -> Record:
    """Read a task; ratings are understood as well as choices."""
    data = row.get("data")
    if not isinstance(data, dict):
        raise UserError("has no data", where=where, fix="export tasks as JSON from Label Studio")
    answers: Answers = []
    for annotation in row.get("annotations") or []:
        if isinstance(annotation, dict) and not annotation.get("was_cancelled"):
            chosen = dict(_chosen(annotation, rubric))
            if chosen:
                answers.append((_person(annotation), read_levels(chosen, rubric, where)))
    return _reconciled(_base(data.get("text"), data.get("zhengce"), data, rubric, where), answers)


def _chosen(annotation: Mapping[str, Any], rubric: Rubric) -> list[tuple[str, Any]]:
    found = []
    for result in annotation.get("result") or []:
        name, value = result.get("from_name"), result.get("value") or {}
        if name in rubric.dimension_ids:
            choices = value.get("choices") or [value.get("rating", value.get("number"))]
            found.append((name, choices[0]))
    return found


def _person(annotation: Mapping[str, Any]) -> str:
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        return str(by.get("email") or by.get("id") or "label-studio")
    return f"label-studio-{by}" if by else "label-studio"


def to_doccano(record: Record, rubric: Rubric) -> dict[str, Any]:
    """Write a document with categories ``dimension=level``: what holds, else what the first said."""
    levels = _shown(record)
    names = [f"{d}={v}" for d, v in zip(rubric.dimension_ids, levels or (), strict=False)]
    return {"text": record.sentence.text, "label": names, "zhengce": _rest(record)}


def _shown(record: Record) -> tuple[int, ...] | None:
    decided = decide(record)
    if decided is not None:
        return decided.levels
    return record.codings[0].levels if record.codings else None


def from_doccano(row: Mapping[str, Any], rubric: Rubric, where: str) -> Record:
    """Read a document; categories are ``dimension=level`` or ``S=2``."""
    labels = row.get("label", row.get("labels")) or []
    if not isinstance(labels, list) or not all(isinstance(text, str) for text in labels):
        raise UserError(
            f"label is {shown(labels)}", where=where, fix="categories as dimension=level"
        )
    chosen: dict[str, str] = {}
    for text in labels:
        name, mark, level = text.replace(":", "=").partition("=")
        if mark:
            chosen[rubric.dimension(name.strip()).id] = level
    record = _base(row.get("text"), row.get("zhengce"), row, rubric, where)
    if not chosen:
        return record
    levels = read_levels(chosen, rubric, where)
    return record if levels == _shown(record) else _reconciled(record, [("doccano", levels)])


def to_argilla(record: Record, rubric: Rubric) -> dict[str, Any]:
    """Write a record with one rating question a dimension."""
    sentence = record.sentence
    responses = {
        d: [{"value": c.levels[i], "user_id": c.who} for c in record.codings]
        for i, d in enumerate(rubric.dimension_ids)
    }
    plain = {"report_id": sentence.report_id, "region": sentence.region, "year": sentence.year}
    packed = _pack(_rest(record))
    return {
        "id": sentence.hash,
        "status": "completed" if record.codings else "pending",
        "fields": {"text": sentence.text},
        "metadata": {k: v for k, v in plain.items() if v} | {"zhengce": packed},
        "responses": responses if record.codings else {},
    }


def from_argilla(row: Mapping[str, Any], rubric: Rubric, where: str) -> Record:
    """Read a record of ``dataset.records.to_json()`` (Argilla 2)."""
    fields, metadata = row.get("fields"), row.get("metadata") or {}
    if not isinstance(fields, dict):
        raise UserError("has no fields", where=where, fix="export records as JSON from Argilla 2")
    packed = metadata.get("zhengce")
    try:
        rest = json.loads(packed) if isinstance(packed, str) else packed
    except ValueError as error:
        raise UserError("metadata.zhengce is not JSON", where=where) from error
    by_person: dict[str, dict[str, Any]] = {}
    for d, given in (row.get("responses") or {}).items():
        for answer in given if d in rubric.dimension_ids else []:
            by_person.setdefault(str(answer.get("user_id") or "argilla"), {})[d] = answer.get(
                "value"
            )
    answers = [(who, read_levels(levels, rubric, where)) for who, levels in by_person.items()]
    return _reconciled(_base(fields.get("text"), rest, metadata, rubric, where), answers)


def _base(text: Any, rest: Any, otherwise: Mapping[str, Any], rubric: Rubric, where: str) -> Record:
    """Take what travelled with the sentence, or for a stranger's file its plain fields."""
    if isinstance(rest, dict):
        return record_of({**rest, "text": text}, rubric, where)
    plain = {k: v for k, v in otherwise.items() if isinstance(v, str) and k not in ("text", "label", "final", "annotations", "extra")}  # fmt: skip
    return record_of({**plain, "text": text}, rubric, where)


def _reconciled(record: Record, answers: Sequence[tuple[str, tuple[int, ...]]]) -> Record:
    """Let a tool's answers win over what travelled with them."""
    codings = list(record.codings)
    for who, levels in answers:
        known = next((i for i, c in enumerate(codings) if c.who == who), None)
        if known is None:
            codings.append(Coding(levels, who=who))
        elif codings[known].levels != levels:
            codings[known] = replace(codings[known], levels=levels, id="", at="", suggestion=None)
    return Record(record.sentence, tuple(codings), record.final)
