"""Commitments of work reports: what is promised, how much, by when, and what became of it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpus.commitments.extract import Commitment, Kind, extract_commitments
    from corpus.commitments.numbers import find_quantities
    from corpus.commitments.quantity import Comparator, Quantity

__all__ = [
    "Commitment",
    "Comparator",
    "Kind",
    "Quantity",
    "extract_commitments",
    "find_quantities",
]

_HOMES = {
    "Commitment": "extract",
    "Comparator": "quantity",
    "Kind": "extract",
    "Quantity": "quantity",
    "extract_commitments": "extract",
    "find_quantities": "numbers",
}


def __getattr__(name: str) -> Any:
    """Import on first use: compiling the rules would be a third of the command line's start."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"corpus.commitments.{_HOMES[name]}"), name)
