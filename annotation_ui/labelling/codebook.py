"""The codebook as the page shows it: anchors, rules, caps and examples, all from ``rubric.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus.rubric import Rubric, all_attributes, load_rubric, rubric_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from annotation_ui.labelling.records import Coding


@dataclass(frozen=True, slots=True)
class Codebook:
    """The rubric with what only people need.

    Attributes
    ----------
    raw : dict
        The file as YAML gives it: anchors of the levels, sub-indicators, attribution, reasons.
    """

    rubric: Rubric
    raw: dict[str, Any]

    def warnings(self, coding: Coding) -> list[dict[str, Any]]:
        """Caps that a coding breaks: dimension, level, ceiling and the rule's number."""
        values = {
            "temporality": coding.temporality or self.default("temporality"),
            "unit_type": coding.unit_type or self.default("unit_type"),
        }
        return [
            {"rule": cap.rule, "dimension": d, "level": level, "max_level": cap.max_level}
            for cap in self.rubric.caps
            if values.get(cap.attribute) in cap.values
            for d, level in zip(self.rubric.dimension_ids, coding.levels, strict=True)
            if level > cap.max_level
        ]

    def default(self, attribute: str) -> str:
        """Value of an attribute that nobody has set."""
        return str(all_attributes(self.raw).get(attribute, {}).get("default", ""))

    @property
    def rules(self) -> tuple[str, ...]:
        """Numbers that a decision may cite."""
        return tuple(rule.id for rule in (*self.rubric.rules, *self.rubric.rulings))

    def examples(self) -> list[dict[str, Any]]:
        """Every example with its reason: anchors in the order of the dimensions, then border cases."""
        found = []
        for dimension in self.raw["dimensions"]:
            for sub in dimension["sub_indicators"]:
                place = {"dimension": dimension["id"], "sub_indicator": sub["id"]}
                found += [place | _example(row) for row in sub["examples"]]
        border = {"dimension": "", "sub_indicator": ""}
        return found + [border | _example(row) for row in self.raw["borderline_examples"]]

    def as_dict(self) -> dict[str, Any]:
        """Everything the annotation screen needs, in one answer."""
        raw, by_id = self.raw, {d["id"]: d for d in self.raw["dimensions"]}
        ordered = [by_id[name] for name in self.rubric.dimension_ids]
        return {
            "id": self.rubric.id,
            "version": self.rubric.version,
            "levels": [_pick(row, "value", "zh", "en") for row in raw["levels"]],
            "dimensions": [_dimension(row) for row in ordered],
            "attributes": {
                name: {
                    "values": list(row["values"]),
                    "default": row.get("default", ""),
                    "multiple": bool(row.get("multiple")),
                }
                for name, row in all_attributes(raw).items()
            },
            "caps": [
                {
                    "attribute": cap.attribute,
                    "values": sorted(cap.values),
                    "max_level": cap.max_level,
                    "rule": cap.rule,
                }
                for cap in self.rubric.caps
            ],
            "rules": [
                _pick(row, "id", "title_zh", "zh", "en")
                for row in (*raw["rules"], *raw.get("rulings", []))
            ],
            "attribution": [dict(row) for row in raw.get("attribution", [])],
            "tests": [dict(row) for row in raw.get("decision_tests", [])],
            "examples": self.examples(),
        }


def _pick(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row.get(name, "") for name in names}


def _dimension(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_pick(row, "id", "short", "zh", "en", "definition_zh", "definition_en"),
        "levels": [_pick(level, "value", "zh", "en") for level in row.get("levels", [])],
        "sub_indicators": [
            _pick(sub, "id", "zh", "en", "scope_zh", "scope_en") for sub in row["sub_indicators"]
        ],
    }


def _example(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "labels", "temporality", "unit_type", "zh", "en", "why_zh")
    return _pick(row, *names) | {"labels": list(row["labels"])}


def load_codebook(path: Path | None = None) -> Codebook:
    """Read the rubric's file for people; mistakes in it are those of `corpus.rubric.load_rubric`."""
    import yaml

    path = path or rubric_path()
    rubric = load_rubric(path)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where it exists
    with path.open(encoding="utf-8") as file:
        raw = yaml.load(file, Loader=loader)  # noqa: S506 - a safe loader, in C
    return Codebook(rubric, raw)


def quiz_items(codebook: Codebook, n: int, seed: int) -> list[dict[str, Any]]:
    """Draw examples for the qualification quiz: every level of every dimension, then border cases."""
    import random

    found: list[dict[str, Any]] = []
    chance, seen = random.Random(seed), set[str]()  # noqa: S311 - a quiz, not a secret
    groups: dict[tuple[str, Sequence[int] | int], list[dict[str, Any]]] = {}
    for row in codebook.examples():
        place = codebook.rubric.dimension_ids.index(row["dimension"]) if row["dimension"] else -1
        level = row["labels"][place] if place >= 0 else -1
        groups.setdefault((row["dimension"], level), []).append(row)
    for rows in groups.values():
        chance.shuffle(rows)
    while len(found) < n and any(groups.values()):
        for rows in groups.values():
            if rows and len(found) < n:
                row = rows.pop()
                if row["zh"] not in seen:
                    seen.add(row["zh"])
                    found.append(row)
    chance.shuffle(found)
    return found
