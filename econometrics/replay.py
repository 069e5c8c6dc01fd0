"""Make a traced cell again from the text of the files, by other code than that which built it."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from econometrics.expressions import evaluate, inputs
from econometrics.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from econometrics.lineage import Node


def replay(node: Node, *, files: bool = True) -> float:
    """Compute a cell from its leaves.

    Parameters
    ----------
    node : Node
    files : bool
        Read the leaves again from their CSV files; otherwise take the values that were read.
    """
    if node.operation == "absent":
        return math.nan
    if node.operation == "cell":
        return _read_again(node) if files else node.value
    values = [replay(x, files=files) for x in node.inputs]
    return _OPERATIONS[node.operation](node, values)


def _read_again(node: Node) -> float:
    place = node.place
    if place is None or Path(place.file).suffix != ".csv" or not Path(place.file).is_file():
        return node.value
    if node.how.startswith("emptied"):
        return math.nan
    header, rows = _lines(place.file)
    if place.column not in header:  # a table of another shape: its figures are not in our own form
        return node.value
    text = rows[place.row][header.index(place.column)]
    return float(text) if text else math.nan


@cache
def _lines(path: str) -> tuple[list[str], dict[int, list[str]]]:
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        rows = {}
        for row in reader:
            rows[reader.line_num] = row
        return header, rows


def _formula(node: Node, values: Sequence[float]) -> float:
    asked = inputs(node.formula)
    depth = max((x.lag for x in asked), default=0)
    years = tuple(range(node.year - depth, node.year + 1))
    columns = {x.column: np.full((1, depth + 1), np.nan) for x in asked}
    for x, value in zip(asked, values, strict=True):
        columns[x.column][0, depth - x.lag] = value
    return float(evaluate(node.formula, Grid((node.unit,), years, columns))[0, -1])


def _minmax(node: Node, values: Sequence[float]) -> float:
    x, low, high = values
    if math.isnan(x):
        return math.nan
    if high == low:
        return 0.0
    away = x - low if node.constants[0] > 0 else high - x
    return away / (high - low)


def _weighted_sum(node: Node, values: Sequence[float]) -> float:
    total, *weights = node.constants
    parts = [w * z for w, z in zip(weights, values, strict=True) if not math.isnan(z)]
    return sum(parts) / total if total and parts else math.nan


def _coverage(node: Node, values: Sequence[float]) -> float:
    n, all_needed = node.constants
    present = sum(not math.isnan(z) for z in values)
    if present == 0 or (all_needed and present < len(values)):
        return math.nan
    return present / n


def _ser(_: Node, values: Sequence[float]) -> float:
    growth, expected = values
    return (growth - expected) / abs(expected) if expected else math.nan


def _weighted_mean(node: Node, values: Sequence[float]) -> float:
    step = 2 if node.constants[0] else 1
    pairs = [(values[k], values[k + 1] if step == 2 else 1.0) for k in range(0, len(values), step)]
    known = [(g, w) for g, w in pairs if not math.isnan(g) and not math.isnan(w)]
    total = sum(w for _, w in known)
    return sum(g * w for g, w in known) / total if total else math.nan


def _bartik(node: Node, values: Sequence[float]) -> float:
    place, nation = (part.split("|") for part in node.formula.split("||"))
    own = list(dict.fromkeys(x.column for f in place for x in inputs(f)))
    theirs = list(dict.fromkeys(x.column for f in nation for x in inputs(f)))
    before = _at(place, dict(zip(own, values, strict=False)))
    rest = values[len(own) :]
    now = _at(nation, dict(zip(theirs, rest, strict=False)))
    past = _at(nation, dict(zip(theirs, rest[len(theirs) :], strict=False)))
    deflator = sum(now) / sum(past) / (1 + values[-1] / 100)
    growth = [100 * (a / b / deflator - 1) for a, b in zip(now, past, strict=True)]
    return sum(x / sum(before) * g for x, g in zip(before, growth, strict=True))


def _at(formulas: Sequence[str], values: dict[str, float]) -> list[float]:
    grid = Grid(("x",), (2000,), {k: np.array([[v]]) for k, v in values.items()})
    return [float(evaluate(f, grid)[0, 0]) for f in formulas]


_OPERATIONS = {
    "formula": _formula,
    "midpoint": lambda node, values: sum(
        c * v for c, v in zip(node.constants, values, strict=True)
    ),
    "minmax": _minmax,
    "weighted_sum": _weighted_sum,
    "coverage": _coverage,
    "ser": _ser,
    "same": lambda _, values: values[0],
    "mean": lambda _, values: sum(values) / len(values),
    "weighted_mean": _weighted_mean,
    "bartik": _bartik,
}
