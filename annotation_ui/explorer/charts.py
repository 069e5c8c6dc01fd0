"""Places of marks in charts: numbers in, coordinates out; the templates draw them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

N_STEPS = 20
Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Shades:
    """A scale in equal steps, which are classes ``q0`` ... ``q20`` of the style sheet."""

    low: float
    high: float

    def step(self, value: float | None) -> str:
        """Class of a value; ``none`` for a missing one.

        Examples
        --------
        >>> Shades(0.0, 2.0).step(0.5)
        'q q5'
        """
        if value is None:
            return "none"
        width = self.high - self.low
        share = min(max((value - self.low) / width, 0.0), 1.0) if width > 0 else 0.5
        return f"q q{round(share * N_STEPS)}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A value in a chart, with its interval where there is one."""

    key: int
    value: float
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Frame:
    """A chart's plane: keys from left to right, values from the bottom up, from zero."""

    first: int
    last: int
    top: float
    width: float = 160
    height: float = 70
    left: float = 4
    bottom: float = 4

    def x(self, key: int) -> float:
        """Across; one key alone stands in the middle."""
        span = self.last - self.first
        share = (key - self.first) / span if span else 0.5
        return round(self.left + share * (self.width - 2 * self.left), 2)

    def y(self, value: float) -> float:
        """Up; values beyond the top stay at it."""
        share = min(max(value, 0.0), self.top) / self.top if self.top else 0.0
        return round(self.height - self.bottom - share * (self.height - 2 * self.bottom), 2)

    def marks(self, points: Iterable[tuple[int, float, float | None]]) -> list[Mark]:
        """Place points of key, value and standard error."""
        found = []
        for key, value, error in points:
            half = Z95 * (error or 0.0)
            low, high = self.y(value - half), self.y(value + half)
            found.append(Mark(key, value, self.x(key), self.y(value), low, high))
        return found


def line(marks: Sequence[Mark]) -> str:
    """Write points as path data; the line breaks where a year is missing."""
    known = {m.key for m in marks}
    return "".join(f"{'L' if m.key - 1 in known else 'M'}{m.x} {m.y}" for m in marks)


def round_up(value: float) -> float:
    """Round up to 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> round_up(0.34)
    0.5
    """
    if value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next(round(unit * k, 12) for k in (1, 2, 5, 10) if unit * k >= value * (1 - 1e-9))
