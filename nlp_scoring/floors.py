"""The quality gate: floors under each figure, in a JSON file that only goes up by itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nlp_scoring.evaluation import DimensionQuality

#: Figures that are held, and whether more is better.
HELD = {"qwk": True, "macro_f1": True, "mae": False, "ece": False}
#: Room between a measured figure and the floor set by it.
MARGIN = 0.005


@dataclass(frozen=True, slots=True)
class Breach:
    """A figure on the wrong side of its floor."""

    dimension: str
    metric: str
    measured: float
    floor: float

    def line(self) -> str:
        """One line for people."""
        side = "below" if HELD[self.metric] else "above"
        return f"{self.dimension} {self.metric} {self.measured:.4f} is {side} {self.floor:.4f}"


def read_floors(path: Path) -> dict[str, dict[str, float]]:
    """Read a floors file: dimension, metric, number.

    Raises
    ------
    UserError
        When it cannot be read or names an unknown metric.
    """
    try:
        floors = json.loads(path.read_text(encoding="utf-8"))
        found = {d: {m: float(v) for m, v in row.items()} for d, row in floors.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UserError("is no floors file", where=str(path), fix="see data/models") from error
    strange = sorted({m for row in found.values() for m in row} - set(HELD))
    if strange:
        raise UserError(
            f"unknown metric {strange[0]!r}", where=str(path), fix=f"use {', '.join(HELD)}"
        )
    return found


def breaches(
    qualities: Sequence[DimensionQuality], floors: dict[str, dict[str, float]]
) -> list[Breach]:
    """Compare figures with floors; a figure that is no number breaches its floor."""
    measured = {q.dimension: q.metrics for q in qualities}
    found = []
    for dimension, row in floors.items():
        for metric, floor in row.items():
            if dimension not in measured:
                raise UserError(f"floors name the dimension {dimension!r}, which was not measured")
            value = measured[dimension][metric].estimate
            if not (value >= floor if HELD[metric] else value <= floor):
                found.append(Breach(dimension, metric, value, floor))
    return found


def new_floors(
    qualities: Sequence[DimensionQuality],
    old: dict[str, dict[str, float]],
    *,
    may_lower: bool,
) -> dict[str, dict[str, float]]:
    """Set floors a margin from what was measured.

    Raises
    ------
    UserError
        When a floor would be lowered and ``may_lower`` was not given.
    """
    found: dict[str, dict[str, float]] = {}
    for quality in qualities:
        row = {}
        for metric, is_gain in HELD.items():
            value = quality.metrics[metric].estimate
            floor = round(value - MARGIN if is_gain else value + MARGIN, 4)
            before = old.get(quality.dimension, {}).get(metric)
            if before is not None and (floor < before if is_gain else floor > before):
                if not may_lower and not (value >= before if is_gain else value <= before):
                    raise UserError(
                        f"{quality.dimension} {metric}: {value:.4f} would lower the floor {before}",
                        fix="find out why; if it is meant, add --lower-floors",
                    )
                floor = floor if may_lower else before
            row[metric] = floor
        found[quality.dimension] = row
    return found
