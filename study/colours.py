"""One colour a dimension, light to dark, the same in the page and in the figures."""

from __future__ import annotations

from dataclasses import dataclass

#: Dark ends, chosen apart in hue and equal in lightness (blue, green, ochre, violet, red).
DARK = ("#0b4f8a", "#1b6b3a", "#9a5200", "#5b3a8c", "#9c2b33")
LIGHT = "#f4f4f0"
MISSING = "#ffffff"


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear colour scale from ``low`` to ``high``."""

    low: float
    high: float
    dark: str

    def colour(self, value: float | None) -> str:
        """Colour of a value; white for a missing one."""
        if value is None or value != value:
            return MISSING
        width = self.high - self.low
        share = min(max((value - self.low) / width, 0.0), 1.0) if width > 0 else 0.5
        pairs = zip(_rgb(LIGHT), _rgb(self.dark), strict=True)
        return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def dimension_colour(index: int) -> str:
    """Dark colour of the index-th dimension of the rubric."""
    return DARK[index % len(DARK)]
