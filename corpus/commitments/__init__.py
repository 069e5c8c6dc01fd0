"""Commitments of work reports: what is promised, how much, by when, and what became of it."""

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
