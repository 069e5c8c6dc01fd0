"""Arithmetic over columns, as indicator systems write it: ``100 * a / b``, ``ln(x)``, ``lag(x, 3)``.

A closed language: names, numbers, + - * /, and three functions. Nothing else is evaluated.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError, shown

if TYPE_CHECKING:
    from econometrics.grid import Array, Grid

_ALLOWED = "names, numbers, + - * /, ln(x), std(x, y, ...), lag(x, years)"
_OPERATIONS = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide}


@dataclass(frozen=True, slots=True)
class Input:
    """A column that an expression reads, ``lag`` years back."""

    column: str
    lag: int = 0


@cache
def parse(text: str) -> ast.expr:
    """Parse an expression and refuse what the language has not.

    Raises
    ------
    UserError
        With the offending part and what is allowed.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise UserError(f"{shown(text)} is no formula", fix=f"allowed: {_ALLOWED}") from error
    _inputs(tree, 0)
    return tree


def inputs(text: str) -> tuple[Input, ...]:
    """List the columns an expression reads, each once, in order; ``year`` is no column."""
    found = dict.fromkeys(_inputs(parse(text), 0))
    return tuple(i for i in found if i.column != "year")


def _inputs(node: ast.expr, lag: int) -> list[Input]:
    match node:
        case ast.Name(id=name):
            return [Input(name, lag)]
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return []
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return _inputs(inner, lag)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _inputs(left, lag) + _inputs(right, lag)
        case ast.Call(func=ast.Name(id="ln"), args=[inner], keywords=[]):
            return _inputs(inner, lag)
        case ast.Call(func=ast.Name(id="std"), args=parts, keywords=[]) if len(parts) > 1:
            return [i for part in parts for i in _inputs(part, lag)]
        case ast.Call(func=ast.Name(id="lag"), args=[inner, ast.Constant(value=int() as k)]) if (
            k > 0
        ):
            return _inputs(inner, lag + k)
    raise UserError(f"{shown(ast.unparse(node))} is not allowed", fix=f"allowed: {_ALLOWED}")


def evaluate(text: str, grid: Grid) -> Array:
    """Compute an expression for every unit and year.

    Returns
    -------
    (n_units, n_years) array
        NaN where an input is missing, a divisor is zero, or a logarithm has no value.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        values = _evaluate(parse(text), grid)
    return np.where(np.isfinite(values), values, np.nan)


def _evaluate(node: ast.expr, grid: Grid) -> Array:
    match node:
        case ast.Name(id="year"):
            return np.broadcast_to(np.array(grid.years, dtype=np.float64), grid.shape)
        case ast.Name(id=name):
            return grid[name]
        case ast.Constant(value=int() | float() as value):
            return np.full(grid.shape, float(value))
        case ast.UnaryOp(operand=inner):
            return -_evaluate(inner, grid)
        case ast.BinOp(left=left, op=op, right=right):
            operation = _OPERATIONS[type(op)]
            return np.asarray(operation(_evaluate(left, grid), _evaluate(right, grid)))
        case ast.Call(func=ast.Name(id="ln"), args=[inner]):
            return np.asarray(np.log(_evaluate(inner, grid)))
        case ast.Call(func=ast.Name(id="std"), args=parts):
            return np.asarray(np.std([_evaluate(p, grid) for p in parts], axis=0, ddof=1))
        case ast.Call(args=[inner, ast.Constant(value=int() as k)]):
            return lagged(_evaluate(inner, grid), k)
    raise AssertionError(ast.dump(node))


def lagged(values: Array, years: int) -> Array:
    """Shift a column so that year t holds the figure of t - ``years``."""
    moved = np.full(values.shape, np.nan)
    if years < values.shape[1]:
        moved[:, years:] = values[:, : values.shape[1] - years]
    return moved
