"""Pixel coordinates of the evaluation report's charts; the template draws them as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

WIDTH, HEIGHT = 340.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 16.0, 12.0, 34.0
#: Between the names of two lines.
NAME_HEIGHT = 9.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis, with its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point with its interval (pixels) and the text shown on hovering."""

    x: float
    y: float
    low: float | None
    high: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """Points joined by a line; ``style`` is a CSS class, ``name`` stands at the line's end.

    Attributes
    ----------
    name_y : float
        Height of the name: that of the last point, moved where it would touch another.
    """

    style: str
    name: str
    points: tuple[Point, ...]
    name_y: float = 0.0

    @property
    def path(self) -> str:
        """The points as SVG ``points``."""
        return " ".join(f"{p.x:.1f},{p.y:.1f}" for p in self.points)


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template needs to draw axes and lines."""

    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    series: tuple[Series, ...] = ()
    diagonal: tuple[float, float, float, float] | None = None
    width: float = field(default=WIDTH)
    height: float = field(default=HEIGHT)
    left: float = field(default=LEFT)
    bottom: float = field(default=HEIGHT - BOTTOM)
    top: float = field(default=TOP)
    right: float = field(default=WIDTH - RIGHT)


def _scaled(value: float, low: float, high: float, begin: float, end: float) -> float:
    width = high - low
    return begin + (end - begin) * ((value - low) / width if width > 0 else 0.5)


def _floor_tenth(values: Sequence[float]) -> float:
    finite = [v for v in values if math.isfinite(v)]
    return min(max(math.floor(min(finite, default=0.0) * 10 - 1e-9) / 10, 0.0), 0.9)


def _ticks(low: float, begin: float, end: float) -> tuple[Tick, ...]:
    step = 0.1 if low >= 0.5 else 0.2
    count = round((1.0 - low) / step + 1e-9)
    values = [1.0 - step * i for i in range(count + 1) if 1.0 - step * i >= low - 1e-9]
    return tuple(Tick(_scaled(v, low, 1.0, begin, end), f"{v:.1f}") for v in values)


def calibration_chart(curves: Sequence[tuple[str, pd.DataFrame]]) -> Chart:
    """Draw confidence (x) against the share that was right (y), with the line of perfect calibration.

    Parameters
    ----------
    curves : sequence of (style, DataFrame)
        Frames of `nlp_scoring.report.tables.calibration_curve`.
    """
    seen = [
        v for _, f in curves for c in ("confidence", "accuracy", "conf_low") for v in f[c].tolist()
    ]
    low = _floor_tenth(seen)
    left, right, bottom, top = LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, TOP

    def x(value: float) -> float:
        return _scaled(value, low, 1.0, left, right)

    def y(value: float) -> float:
        return _scaled(value, low, 1.0, bottom, top)

    series = []
    for style, frame in curves:
        points = tuple(
            Point(
                x(r["confidence"]), y(r["accuracy"]), y(r["conf_low"]), y(r["conf_high"]),
                f"{r['confidence']:.3f} → {r['accuracy']:.3f} "
                f"[{r['conf_low']:.3f}, {r['conf_high']:.3f}], n = {r['n']}",
            )
            for r in frame.to_dict("records")
        )  # fmt: skip
        series.append(Series(style, "", points))
    return Chart(
        x_ticks=_ticks(low, left, right),
        y_ticks=_ticks(low, bottom, top),
        series=tuple(series),
        diagonal=(left, bottom, right, top),
    )


def learning_chart(curves: Sequence[tuple[str, str, pd.DataFrame]]) -> Chart | None:
    """Draw kappa (y) against the number of labels (x, logarithmic); seeds are averaged.

    Parameters
    ----------
    curves : sequence of (style, name, DataFrame)
        Frames with ``n_labels, qwk``.
    """
    points = [
        (style, name, frame.groupby("n_labels")["qwk"].agg(["mean", "min", "max"]))
        for style, name, frame in curves
        if len(frame)
    ]
    sizes = sorted({int(n) for _, _, means in points for n in means.index})
    if not sizes:
        return None
    low = _floor_tenth([float(v) for _, _, means in points for v in means["min"]])
    first, last = math.log(sizes[0]), math.log(sizes[-1])
    left, right, bottom, top = LEFT, WIDTH - RIGHT - 14, HEIGHT - BOTTOM, TOP

    def x(n: float) -> float:
        return _scaled(math.log(n), first, last, left + 10, right)

    def y(value: float) -> float:
        return _scaled(value, low, 1.0, bottom, top)

    lines = tuple(
        Series(
            style,
            name,
            tuple(
                Point(x(n), y(m), y(a) if a < b else None, y(b) if a < b else None, f"n = {n}: {m:.3f}")
                for n, m, a, b in zip(means.index, *(means[c] for c in ("mean", "min", "max")), strict=True)
            ),
        )
        for style, name, means in points
    )  # fmt: skip
    x_ticks = tuple(Tick(x(n), f"{n}") for n in _apart(sizes, x))
    return Chart(x_ticks=x_ticks, y_ticks=_ticks(low, bottom, top), series=_named_apart(lines))


def _named_apart(lines: Sequence[Series]) -> tuple[Series, ...]:
    """Place names at their lines' ends, from the highest down, none nearer than `NAME_HEIGHT`."""
    placed, above = list(lines), -math.inf
    for i in sorted(range(len(lines)), key=lambda i: lines[i].points[-1].y):
        above = max(lines[i].points[-1].y, above + NAME_HEIGHT)
        placed[i] = replace(lines[i], name_y=above)
    return tuple(placed)


def _apart(sizes: Sequence[int], x: Callable[[float], float]) -> list[int]:
    """Leave out sizes whose texts would touch; the last one stays."""
    kept: list[int] = []
    for n in reversed(sizes):
        if not kept or x(kept[-1]) - x(n) > 34:
            kept.append(n)
    return kept[::-1]
