"""What holds for a sentence, given what its coders said: people before machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotation_ui.labelling.records import Coding, Record

#: A decision by an adjudicator here, and one that came with machine-coded files.
ADJUDICATED, MACHINE_ADJUDICATED = "adjudicated", "machine-adjudicated"


@dataclass(frozen=True, slots=True)
class Decided:
    """Levels with where they come from: ``adjudicated, agreed, single, imported`` or ``machine``."""

    levels: tuple[int, ...]
    source: str
    temporality: str
    unit_type: str
    confidence: str
    rubric_version: str


def decide(record: Record) -> Decided | None:
    """Give the value that holds, or None while people's labels differ and nobody has decided.

    An adjudicator's decision comes first, then what people said, then what came with a file.
    """
    final, people = record.final, [c for c in record.codings if not c.machine]
    if final is not None and (final.source == ADJUDICATED or not people):
        return Decided(
            final.levels, final.source, final.temporality, final.unit_type, final.confidence,
            final.rubric_version,
        )  # fmt: skip
    if people:
        return _agreed(people, "agreed" if len(people) > 1 else "single")
    return _agreed(record.codings, "machine") if record.codings else None


def _agreed(codings: Sequence[Coding], source: str) -> Decided | None:
    if len({c.levels for c in codings}) > 1:
        return None
    first = codings[0]
    low = any(c.confidence == "low" for c in codings)
    return Decided(
        first.levels, source, first.temporality, first.unit_type,
        "low" if low else first.confidence, first.rubric_version,
    )  # fmt: skip


def differ(codings: Sequence[Coding]) -> bool:
    """Tell whether people's labels of a sentence differ in any dimension."""
    return len({c.levels for c in codings if not c.machine}) > 1
