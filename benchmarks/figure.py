"""One measured figure beside its bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure.

    Attributes
    ----------
    figure, bar : str
        What is measured, and what is asked of it in words ("<= 180 s").
    measured : float
    unit : str
    passed : bool or None
        None where there is no bar.
    peer : str
        The peer's value in the same run, with the ratio, where there is one.
    """

    figure: str
    bar: str
    measured: float
    unit: str = ""
    passed: bool | None = None
    peer: str = ""

    @classmethod
    def of(cls, row: Figure | Mapping[str, Any]) -> Figure:
        """Take a figure, or a mapping with its fields."""
        return row if isinstance(row, Figure) else cls(**dict(row))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"measured": float(self.measured)}


def at_most(figure: str, bar: float, measured: float, unit: str = "", peer: str = "") -> Figure:
    """Figure that must not exceed its bar."""
    return Figure(figure, f"<= {bar:g}", round(measured, 4), unit, bool(measured <= bar), peer)


def at_least(figure: str, bar: float, measured: float, unit: str = "", peer: str = "") -> Figure:
    """Figure that must reach its bar."""
    return Figure(figure, f">= {bar:g}", round(measured, 4), unit, bool(measured >= bar), peer)


def table(figures: Sequence[Figure]) -> str:
    """Lay figures out as text."""
    marks = {True: "ok", False: "MISSED", None: ""}
    head = ("figure", "bar", "measured", "unit", "", "peer")
    rows = [(f.figure, f.bar, f"{f.measured:g}", f.unit, marks[f.passed], f.peer) for f in figures]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
