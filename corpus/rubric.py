"""The rubric as an object: dimensions, levels, caps, rules, rulings and examples.

Nothing of the rubric is typed again elsewhere; a user's own ``rubric.yaml`` changes everybody.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from configs.errors import UserError, shown
from configs.paths import RUBRIC, resolve

#: Names the rubric of verbs that have no study file: train, score, evaluate, annotate and others.
VARIABLE = "ZHENGCE_RUBRIC"
#: What is recorded beside the levels; a rubric may name other values, or leave an attribute out.
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "temporality": {"values": ["future", "past", "mixed", "diagnosis", "timeless"]},
    "unit_type": {"values": ["body", "heading", "ritual", "glossary", "furniture"]},
    "flags": {"values": ["bad_split", "duplicate", "discuss"], "multiple": True},
    "confidence": {"values": ["low", "normal", "high"], "default": "normal"},
}


@dataclass(frozen=True, slots=True)
class Level:
    """One step of the ordinal scale."""

    value: int
    zh: str
    en: str
    definition_zh: str = ""
    definition_en: str = ""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of the rubric, with its short name and the cue words of its sub-indicators."""

    id: str
    short: str
    zh: str
    en: str
    definition_zh: str
    definition_en: str
    cues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cap:
    """A ceiling on the level of sentences with some attribute (rule id kept)."""

    attribute: str
    values: frozenset[str]
    max_level: int
    rule: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A numbered rule (R...) or ruling (C...)."""

    id: str
    title_zh: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Example:
    """A composed example sentence with its label in every dimension."""

    id: str
    text: str
    labels: tuple[int, ...]
    temporality: str
    unit_type: str


@dataclass(frozen=True, slots=True)
class Rubric:
    """A whole rubric; see ``configs/rubric/rubric.yaml`` for the fields."""

    id: str
    version: str
    levels: tuple[Level, ...]
    dimensions: tuple[Dimension, ...]
    caps: tuple[Cap, ...]
    rules: tuple[Rule, ...]
    rulings: tuple[Rule, ...]
    examples: tuple[Example, ...]
    attributes: dict[str, tuple[str, ...]]

    @property
    def dimension_ids(self) -> tuple[str, ...]:
        """Dimension ids in the rubric's order."""
        return tuple(d.id for d in self.dimensions)

    @property
    def max_level(self) -> int:
        """Highest level of the scale."""
        return max(level.value for level in self.levels)

    def dimension(self, name: str) -> Dimension:
        """Find a dimension by id or short name."""
        for dimension in self.dimensions:
            if name in (dimension.id, dimension.short):
                return dimension
        known = ", ".join(f"{d.id} ({d.short})" for d in self.dimensions)
        raise UserError(f"unknown dimension {shown(name)}", fix=f"use one of {known}")

    def ceiling(self, **attributes: str) -> int:
        """Highest level that the caps allow a sentence with these attributes."""
        ceilings = [c.max_level for c in self.caps if attributes.get(c.attribute) in c.values]
        return min([self.max_level, *ceilings])


def rubric_path() -> Path:
    """Where the rubric of this session lies: ``ZHENGCE_RUBRIC``, by default the shipped one."""
    named = os.environ.get(VARIABLE, "").strip()
    return resolve(Path(named)).resolve() if named else RUBRIC


def load_rubric(path: Path | None = None) -> Rubric:
    """Read a rubric file, by default that of the session (`rubric_path`).

    A missing or malformed part is the user's mistake, named.

    Raises
    ------
    UserError
        When the file cannot be read, is not YAML, or lacks a part.
    """
    return _load(path or rubric_path())


@cache
def _load(path: Path) -> Rubric:
    import yaml

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the rubric ({error.strerror})", where=str(path)) from error
    except yaml.YAMLError as error:
        raise UserError("is not YAML", where=str(path), fix=str(error)) from error
    try:
        return _rubric(raw)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"lacks the part {error}", where=str(path), fix="compare it with configs/rubric"
        ) from error


def all_attributes(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Attributes of a rubric file, those it leaves out too; the default is the first value."""
    found = ATTRIBUTES | raw["attributes"]
    return {
        name: row if row.get("multiple") else {"default": row["values"][0]} | row
        for name, row in found.items()
    }


def _rubric(raw: dict[str, Any]) -> Rubric:
    by_id = {d["id"]: d for d in raw["dimensions"]}
    dimensions = tuple(_dimension(by_id[name]) for name in raw["dimension_order"])
    return Rubric(
        id=raw["rubric_id"],
        version=str(raw["version"]),
        levels=tuple(Level(**{k: row[k] for k in row}) for row in raw["levels"]),
        dimensions=dimensions,
        caps=tuple(_cap(row) for row in raw["caps"]),
        rules=tuple(_rule(row) for row in raw["rules"]),
        rulings=tuple(_rule(row) for row in raw.get("rulings", [])),
        examples=tuple(_examples(raw)),
        attributes={k: tuple(v["values"]) for k, v in all_attributes(raw).items()},
    )


def _dimension(row: dict[str, Any]) -> Dimension:
    cues = [cue for sub in row["sub_indicators"] for cue in sub["cues"]]
    keys = ("id", "short", "zh", "en", "definition_zh", "definition_en")
    return Dimension(**{k: row[k] for k in keys}, cues=tuple(dict.fromkeys(cues)))


def _cap(row: dict[str, Any]) -> Cap:
    ((attribute, values),) = row["when"].items()
    return Cap(attribute, frozenset(values), int(row["max_level"]), row["rule"])


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(row["id"], row["title_zh"], row["zh"], row["en"])


def _examples(raw: dict[str, Any]) -> list[Example]:
    rows = [
        example
        for dimension in raw["dimensions"]
        for sub in dimension["sub_indicators"]
        for example in sub["examples"]
    ] + raw["borderline_examples"]
    return [
        Example(r["id"], r["zh"], tuple(r["labels"]), r["temporality"], r["unit_type"])
        for r in rows
    ]
