"""A traced cell as an indented text and as plain values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from econometrics.lineage import Node

#: More inputs than this of one kind (the other 30 provinces of a mean) are cut in the text; JSON has all.
_MOST = 14


def trace_lines(node: Node, *, depth: int) -> list[str]:
    """Lay a trace out, an input below and right of what it went into."""
    return list(_lines(node, depth, 0, None))


def _lines(node: Node, depth: int, level: int, weight: float | None) -> Iterator[str]:
    value = "empty" if math.isnan(node.value) else f"{node.value:.10g}"
    times = "" if weight is None else f"  [weight {weight:.6g}]"
    yield f"{'  ' * level}{node.unit} {node.year} {node.column} = {value}{times}  <- {_source(node)}"
    if depth <= 1:
        return
    weights = node.constants[1:] if node.operation == "weighted_sum" else ()
    shown = [
        (x, weights[i] if weights else None)
        for i, x in enumerate(node.inputs)
        if not weights or weights[i]
    ]
    for x, w in shown[:_MOST]:
        yield from _lines(x, depth - 1, level + 1, w)
    if len(shown) > _MOST:
        yield f"{'  ' * (level + 1)}... and {len(shown) - _MOST} more (--format json has all)"


def _source(node: Node) -> str:
    if node.place is None:
        return node.how
    place = node.place
    at = f"{place.file} row {place.row}" if place.row else f"{place.file} {place.sheet}"
    sheet = f" sheet {place.sheet}" if place.sheet and place.row else ""
    return f"{at}{sheet} column {place.column} ({node.how})"


def trace_dict(node: Node) -> dict[str, Any]:
    """Give a trace as plain values, complete."""
    found: dict[str, Any] = {
        "code": node.unit, "year": node.year, "column": node.column,
        "value": None if math.isnan(node.value) else node.value, "operation": node.operation, "how": node.how,
    }  # fmt: skip
    if node.place is not None:
        place = node.place
        found |= {
            "file": place.file,
            "sheet": place.sheet,
            "row": place.row,
            "file_column": place.column,
        }
    if node.constants:
        found["constants"] = [None if math.isnan(c) else c for c in node.constants]
    if node.inputs:
        found["inputs"] = [trace_dict(x) for x in node.inputs]
    return found
