"""Extract the commitments of a sentence: what is promised, how much, by when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from corpus.commitments.deadlines import Deadline, find_deadlines
from corpus.commitments.force import find_legal_force
from corpus.commitments.numbers import find_quantities
from corpus.commitments.numerals import to_ascii
from corpus.commitments.programmes import find_programmes
from corpus.commitments.subjects import Measure, counts_existing, is_joined, measure_of, subjects_of
from corpus.commitments.tense import Direction, direction_at, section_of
from corpus.commitments.units import unit_kind

if TYPE_CHECKING:
    from corpus.commitments.quantity import Comparator, Quantity

__all__ = ["Commitment", "Kind", "extract_commitments"]

Kind = Literal["quantity", "money", "deadline", "named", "legal"]


@dataclass(frozen=True, slots=True)
class Commitment:
    """One commitment of a sentence.

    Attributes
    ----------
    span_start, span_end : int
        Code points into the sentence.
    kind : {"quantity", "money", "deadline", "named", "legal"}
        What makes it checkable.
    value, high : float or None
        The amount in `unit` and the upper end of a range; None without a number.
    unit : str
        Normal form, e.g. 亿元, 万亩, 家; empty without a number.
    comparator : str
        ``>= > <= < = about range`` or empty.
    deadline : str
        The due date itself, or the one that governs a quantity; empty when there is none.
    subject : str
        The object the number, date or name attaches to.
    direction : {"ahead", "back"}
        Promise or outcome.
    measure : {"growth", "reduction", "level", "addition", "other"}
        What the number measures of its subject.
    """

    span_start: int
    span_end: int
    kind: Kind
    value: float | None
    unit: str
    comparator: Comparator
    deadline: str
    subject: str
    direction: Direction
    measure: Measure = "other"
    high: float | None = None


def extract_commitments(
    text: str,
    *,
    section: str | None = None,
    heading: str | None = None,
    previous: str | None = None,
    year: int | None = None,
) -> list[Commitment]:
    """Return the commitments of a sentence in order of position.

    Parameters
    ----------
    text : str
        One sentence.
    section : {"review", "plan", "governance", "other"}, optional
        Part of the report the sentence stands in.
    heading, previous : str, optional
        Used for the section when it is not given.
    year : int, optional
        Year of the report, which completes dates without one.

    Examples
    --------
    >>> [(c.kind, c.value, c.unit, c.deadline, c.subject)
    ...  for c in extract_commitments("到2027年新建高标准农田80万亩。", section="plan")]
    [('deadline', None, '', '2027', '高标准农田'), ('quantity', 80.0, '万亩', '2027', '高标准农田')]
    """
    given, text = text, to_ascii(text)  # of the same length: spans hold in both
    where = section if section not in {None, "other"} else section_of(heading, previous)
    quantities = find_quantities(text)
    deadlines = [
        d
        for d in find_deadlines(text, year=year)
        if direction_at(text, d.start, section=where, year=year) == "ahead"
        and (d.year is None or year is None or d.year >= year)
    ]
    found = _quantities(text, quantities, deadlines, where, year)
    found += _dates(deadlines, found)
    legal = find_legal_force(text)
    named = [s for s in find_programmes(text) if not any(s[0] < b and a < s[1] for a, b in legal)]
    for kind, spans in (("named", named), ("legal", legal)):
        for start, end in spans:
            direction = direction_at(text, start, section=where, year=year)
            subject = given[start:end]
            due = _governing(deadlines, start) if direction == "ahead" else ""
            found.append(
                Commitment(start, end, kind, None, "", "", due, subject, direction)  # type: ignore[arg-type]
            )
    return sorted(found, key=lambda c: (c.span_start, c.span_end, c.kind))


def _quantities(
    text: str,
    quantities: list[Quantity],
    deadlines: list[Deadline],
    section: str | None,
    year: int | None,
) -> list[Commitment]:
    found: list[Commitment] = []
    existing = -1  # end of the last number that counts what is there: 聚焦12个产业和107个园区
    for quantity, subject in zip(quantities, subjects_of(text, quantities), strict=True):
        direction = direction_at(text, quantity.number, section=section, year=year)
        joined = 0 <= existing < quantity.start and is_joined(text[existing : quantity.start])
        if direction == "ahead" and (joined or counts_existing(text, quantity)):
            existing = quantity.end
            continue
        money = unit_kind(quantity.unit) == "money"
        found.append(
            Commitment(
                span_start=quantity.start,
                span_end=quantity.end,
                kind="money" if money else "quantity",
                value=quantity.value,
                unit=quantity.unit,
                comparator=quantity.comparator,
                deadline=_governing(deadlines, quantity.start) if direction == "ahead" else "",
                subject=subject,
                direction=direction,
                measure=measure_of(text, quantity),
                high=quantity.high,
            )
        )
    return found


def _governing(deadlines: list[Deadline], position: int) -> str:
    """Return the due date that governs a position: the last one before it in the sentence."""
    before = [d.due for d in deadlines if d.start <= position]
    return before[-1] if before else ""


def _dates(deadlines: list[Deadline], quantities: list[Commitment]) -> list[Commitment]:
    """Return the due dates as commitments; each borrows the subject of the number it governs."""
    found: list[Commitment] = []
    for deadline in deadlines:
        governed = (c.subject for c in quantities if c.span_start >= deadline.start)
        found.append(
            Commitment(
                span_start=deadline.start,
                span_end=deadline.end,
                kind="deadline",
                value=None,
                unit="",
                comparator="",
                deadline=deadline.due,
                subject=next(governed, ""),
                direction="ahead",
            )
        )
    return found
