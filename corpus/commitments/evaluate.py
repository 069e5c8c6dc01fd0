"""Measure the extractor and the matcher on the checked files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from corpus.commitments.extract import extract_commitments
from corpus.commitments.units import normalise

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["Measured", "follow_precision", "measure", "plain_regex", "read_checked"]

# What an item must agree on, besides its kind and an overlapping span.
Item = dict[str, Any]
Extractor = Callable[[dict[str, Any]], list[Item]]
_REGEX_UNITS: Final = "美元|元|%|％|个百分点|亩|吨|千瓦|平方公里|公里|斤|个|家|项|所|处|户|人次|人|件|套|台|条|列|座|名|场|种|倍"
_REGEX: Final = re.compile(rf"(\d+(?:\.\d+)?)([万亿]?)({_REGEX_UNITS})")


@dataclass(frozen=True, slots=True)
class Measured:
    """Agreement of extracted items with checked ones.

    Attributes
    ----------
    right, spurious, missed : int
        Extracted and checked; extracted only; checked only.
    same_direction : int
        Of the right ones, those whose direction agrees as well.
    """

    right: int
    spurious: int
    missed: int
    same_direction: int

    @property
    def precision(self) -> float:
        """Share of the extracted items that are right."""
        return self.right / max(1, self.right + self.spurious)

    @property
    def recall(self) -> float:
        """Share of the checked items that were extracted."""
        return self.right / max(1, self.right + self.missed)

    @property
    def direction(self) -> float:
        """Share of the right items whose direction is right."""
        return self.same_direction / max(1, self.right)


def read_checked(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON-lines file."""
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _ours(row: dict[str, Any]) -> list[Item]:
    found = extract_commitments(
        row["text"],
        section=row["section"],
        heading=row["heading"],
        previous=row["previous"],
        year=int(row["report_id"][-4:]),
    )
    names = ("span_start", "span_end", "kind", "value", "unit", "deadline", "direction")
    return [{name: getattr(item, name) for name in names} for item in found]


def plain_regex(row: dict[str, Any]) -> list[Item]:
    """Return what a number followed by a unit gives, direction by section: the peer."""
    back = row["section"] == "review"
    items: list[Item] = []
    for match in _REGEX.finditer(row["text"]):
        unit = match[3].replace("％", "%")
        # Units are brought to the same normal form, so that only finding is compared.
        factor = {"万": 1e4, "亿": 1e8, "": 1.0}[match[2]]
        value, form = normalise(float(match[1]) * factor, unit)
        items.append(
            {
                "span_start": match.start(),
                "span_end": match.end(),
                "kind": "money" if unit.endswith("元") else "quantity",
                "value": value,
                "unit": form,
                "deadline": "",
                "direction": "back" if back else "ahead",
            }
        )
    return items


def measure(
    rows: Iterable[dict[str, Any]],
    *,
    kinds: frozenset[str] | None = None,
    extractor: Extractor = _ours,
) -> Measured:
    """Compare extracted with checked items.

    An item is right when its kind is, its span overlaps, and value and unit (quantity, money) or
    the due date (deadline) are equal; every checked item is used once.

    Parameters
    ----------
    rows : iterable of dict
        Lines of ``commitments_checked.jsonl``.
    kinds : frozenset of str, optional
        Kinds to look at; all by default.
    extractor : callable
        From a line to items; the package's own by default.
    """
    right = spurious = missed = same = 0
    for row in rows:
        left = [i for i in row["items"] if kinds is None or i["kind"] in kinds]
        for item in extractor(row):
            if kinds is not None and item["kind"] not in kinds:
                continue
            match = next((c for c in left if _agree(c, item)), None)
            if match is None:
                spurious += 1
                continue
            left.remove(match)
            right += 1
            same += match["direction"] == item["direction"]
        missed += len(left)
    return Measured(right, spurious, missed, same)


def _agree(checked: Item, found: Item) -> bool:
    if checked["kind"] != found["kind"]:
        return False
    if not (
        checked["span_start"] < found["span_end"] and found["span_start"] < checked["span_end"]
    ):
        return False
    if checked["kind"] == "deadline":
        return bool(checked["deadline"] == found["deadline"])
    if checked["kind"] in {"quantity", "money"}:
        near = abs(checked["value"] - found["value"]) <= 1e-6 * max(1.0, abs(checked["value"]))
        return near and bool(checked["unit"] == found["unit"])
    return True


def follow_precision(
    pairs: pd.DataFrame, checked: Iterable[dict[str, Any]], *, half: str
) -> tuple[int, int]:
    """Return how many proposed pairs of a half were checked, and how many of them are right.

    Pairs are known by region, year, both texts and both values, so that a change of sentence
    numbers loses none.
    """
    names = ("region_code", "year", "promise", "outcome", "promised", "stated")
    proposed = set(pairs[list(names)].itertuples(index=False, name=None))
    known = [
        row["right"]
        for row in checked
        if row["half"] == half and tuple(row[name] for name in names) in proposed
    ]
    return len(known), sum(known)
