"""A sentence, what coders said of it, and what was decided: the same in every file format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from configs.errors import UserError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus.rubric import Rubric

#: Longer sentences are not sentences; reports have none beyond 1,500 characters.
MAX_TEXT = 20_000
ROLES = ("evaluation", "overlap", "training", "candidate")
#: How the pools of ``data/gold/labels.csv`` take part.
SHIPPED_POOLS = {
    "random_blocks": "evaluation",
    "training_random": "training",
    "training_enriched": "training",
    "training_active": "training",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with what a coder may know of it.

    Attributes
    ----------
    position : str
        Place among the report's sentences, as the file had it; empty when unknown.
    pool : str
        Name of the pool; empty until one is given by design (`annotation_ui.labelling.pools`).
    inclusion : float or None
        Probability with which it came into its pool.
    n_required : int
        Coders it needs; 0 until its pool is given.
    extra : dict
        Further columns, kept for the way back.
    """

    text: str
    report_id: str = ""
    position: str = ""
    region: str = ""
    year: str = ""
    section: str = ""
    heading: str = ""
    previous: str = ""
    next: str = ""
    pool: str = ""
    inclusion: float | None = None
    n_required: int = 0
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Identity: same report, place and text."""
        whole = "\0".join((self.report_id, self.position, self.text))
        return hashlib.sha256(whole.encode()).hexdigest()[:32]

    @property
    def role(self) -> str:
        """How the pool takes part; unknown pools are for training."""
        return self.pool if self.pool in ROLES else SHIPPED_POOLS.get(self.pool, "training")


@dataclass(frozen=True, slots=True)
class Coding:
    """One coder's answer to one sentence.

    Attributes
    ----------
    levels : tuple of int
        In the rubric's order of dimensions.
    machine : bool
        A model's pass: it closes no task.
    suggestion : dict or None
        The model and levels that were on the screen while it was coded.
    """

    levels: tuple[int, ...]
    temporality: str = ""
    unit_type: str = ""
    confidence: str = ""
    flags: tuple[str, ...] = ()
    subs: tuple[str, ...] = ()
    overrode: tuple[str, ...] = ()
    defaulted: tuple[str, ...] = ()
    rubric_version: str = ""
    at: str = ""
    duration_ms: int | None = None
    machine: bool = False
    suggestion: dict[str, Any] | None = None
    id: str = ""
    who: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, empty ones left out, in a fixed order."""
        values = {
            "levels": list(self.levels), "temporality": self.temporality,
            "unit_type": self.unit_type, "confidence": self.confidence,
            "flags": list(self.flags), "subs": list(self.subs), "overrode": list(self.overrode),
            "defaulted": list(self.defaulted), "rubric_version": self.rubric_version,
            "at": self.at, "duration_ms": self.duration_ms, "machine": self.machine,
            "suggestion": self.suggestion,
        }  # fmt: skip
        return {k: v for k, v in values.items() if v not in ("", None, False) and v != []}


@dataclass(frozen=True, slots=True)
class Final:
    """What holds in the end: an adjudicator's decision, or a value that came with a file."""

    levels: tuple[int, ...]
    source: str
    temporality: str = ""
    unit_type: str = ""
    confidence: str = ""
    rule: str = ""
    note: str = ""
    at: str = ""
    rubric_version: str = ""
    id: str = ""
    who: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, empty ones left out, in a fixed order."""
        names = ("temporality", "unit_type", "confidence", "rule", "note", "at", "rubric_version")
        rest = {name: getattr(self, name) for name in names}
        return {"levels": list(self.levels), "source": self.source} | {
            k: v for k, v in rest.items() if v
        }


@dataclass(frozen=True, slots=True)
class Record:
    """A sentence with its codings, the earliest first, and its final value."""

    sentence: Sentence
    codings: tuple[Coding, ...] = ()
    final: Final | None = None


def read_levels(values: Any, rubric: Rubric, where: str) -> tuple[int, ...]:
    """Check one level a dimension, in the rubric's order or by name.

    Raises
    ------
    UserError
        When a dimension is missing or a level is not on the scale.
    """
    names = rubric.dimension_ids
    if isinstance(values, dict):
        unknown = sorted(set(values) - set(names))
        if unknown:
            raise UserError(
                f"unknown dimension {shown(unknown[0])}", where=where, fix=f"use {', '.join(names)}"
            )
        values = [values.get(name) for name in names]
    if not isinstance(values, (list, tuple)) or len(values) != len(names):
        raise UserError("one level a dimension is needed", where=where, fix=", ".join(names))
    return tuple(_level(v, n, rubric, where) for v, n in zip(values, names, strict=True))


def _level(value: Any, name: str, rubric: Rubric, where: str) -> int:
    allowed = [level.value for level in rubric.levels]
    text = value.strip() if isinstance(value, str) else value
    for level in allowed:
        if (text == level and not isinstance(text, bool)) or text == str(level):
            return level
    raise UserError(
        f"{name}: level {shown(value)} is not on the scale",
        where=where,
        fix=f"use one of {', '.join(map(str, allowed))}",
    )


def check_choice(value: str, name: str, rubric: Rubric, where: str) -> str:
    """Check an attribute's value; empty is allowed."""
    allowed = rubric.attributes.get(name, ())
    if value and value not in allowed:
        raise UserError(
            f"{name} {shown(value)} is unknown", where=where, fix=f"use one of {', '.join(allowed)}"
        )
    return value


def coding_of(row: Mapping[str, Any], rubric: Rubric, where: str, **more: Any) -> Coding:
    """Read a coding from plain values, checking every one of them."""
    return Coding(
        levels=read_levels(row.get("levels"), rubric, where),
        temporality=check_choice(_text(row, "temporality"), "temporality", rubric, where),
        unit_type=check_choice(_text(row, "unit_type"), "unit_type", rubric, where),
        confidence=check_choice(_text(row, "confidence"), "confidence", rubric, where),
        flags=tuple(check_choice(f, "flags", rubric, where) for f in _texts(row, "flags")),
        subs=_texts(row, "subs"),
        overrode=_texts(row, "overrode"),
        defaulted=_texts(row, "defaulted"),
        rubric_version=_text(row, "rubric_version"),
        at=_text(row, "at"),
        duration_ms=_milliseconds(row.get("duration_ms")),
        machine=row.get("machine") is True,
        suggestion=row["suggestion"] if isinstance(row.get("suggestion"), dict) else None,
        id=_text(row, "id"),
        who=_text(row, "annotator") or _text(row, "who"),
        **more,
    )


def final_of(row: Mapping[str, Any], rubric: Rubric, where: str) -> Final:
    """Read a final value from plain values."""
    names = ("rule", "note", "at", "rubric_version", "id", "who")
    attributes = ("temporality", "unit_type", "confidence")
    return Final(
        levels=read_levels(row.get("levels"), rubric, where),
        source=_text(row, "source") or "imported",
        **{n: check_choice(_text(row, n), n, rubric, where) for n in attributes},
        **{n: _text(row, n) for n in names},
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _milliseconds(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
