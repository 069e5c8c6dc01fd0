"""From word pieces to the padded arrays that the network takes; shared by training and scoring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.bert.passages import CLS, DECILES, FIELDS, MARKS, SECTIONS, SEP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from nlp_scoring.bert.passages import Pieces

#: Padding is rounded up to a multiple, so that few shapes occur.
ROUND = 8
_HEADING, _PREVIOUS, _NEXT = range(DECILES + len(SECTIONS), len(MARKS))


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Numbers of the pieces that are not text: ``cls``, ``sep`` and the marks of `MARKS`."""

    cls: int
    sep: int
    marks: tuple[int, ...]

    @classmethod
    def of(cls, token_to_id: Callable[[str], int | None]) -> Vocabulary:
        """Look the numbers up; the tokenizer is known to have them (`load_tokenizer`)."""
        numbers = [token_to_id(token) for token in (CLS, SEP, *MARKS)]
        known = [number for number in numbers if number is not None]
        return cls(cls=known[0], sep=known[1], marks=tuple(known[2:]))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Padded rows.

    Attributes
    ----------
    ids : (b, t) array
        Word pieces, 0 where padded.
    n_text : (b,) array
        Pieces of segment A with its [CLS] and [SEP].
    n_all : (b,) array
        Pieces in all.
    """

    ids: NDArray[np.int64]
    n_text: NDArray[np.int64]
    n_all: NDArray[np.int64]


def sequences(
    pieces: Pieces,
    vocabulary: Vocabulary,
    rows: Sequence[int] | NDArray[np.int64],
    *,
    without: Sequence[frozenset[str]] | frozenset[str] = frozenset(),
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Join the parts of some rows.

    Parameters
    ----------
    without : set of field names, or one set a row
        Surroundings to leave out (`FIELDS`), as when a user's file does not have them.

    Returns
    -------
    list of integer arrays, (len(rows),) array
        Whole sequences, and how many of their pieces are segment A.
    """
    sets = [without] * len(rows) if isinstance(without, frozenset) else without
    joined, n_text = [], np.zeros(len(rows), dtype=np.int64)
    for i, (row, absent) in enumerate(zip(rows, sets, strict=True)):
        around = _surroundings(pieces, int(row), vocabulary, absent)
        text = pieces.text[row]
        n_text[i] = len(text) + 2
        tail = [*around, np.array([vocabulary.sep])] if around else []
        joined.append(
            np.concatenate([np.array([vocabulary.cls]), text, np.array([vocabulary.sep]), *tail])
        )
    return joined, n_text


def _surroundings(
    pieces: Pieces, row: int, vocabulary: Vocabulary, absent: frozenset[str]
) -> list[NDArray[np.int64]]:
    marks, found = vocabulary.marks, list[int]()
    if "place" not in absent and pieces.place[row] >= 0:
        found.append(marks[pieces.place[row]])
    if "section" not in absent and pieces.section[row] >= 0:
        found.append(marks[DECILES + pieces.section[row]])
    parts = [np.array(found, dtype=np.int64)] if found else []
    for name, mark in (("heading", _HEADING), ("previous", _PREVIOUS), ("next", _NEXT)):
        part: NDArray[np.int64] = getattr(pieces, name)[row]
        if name not in absent and len(part):
            parts += [np.array([marks[mark]], dtype=np.int64), part]
    return parts


def pad(joined: Sequence[NDArray[np.int64]], n_text: NDArray[np.int64]) -> Batch:
    """Pad sequences to the longest of them."""
    n_all = np.array([len(s) for s in joined], dtype=np.int64)
    width = -(-int(n_all.max()) // ROUND) * ROUND
    ids = np.zeros((len(joined), width), dtype=np.int64)
    for i, sequence in enumerate(joined):
        ids[i, : len(sequence)] = sequence
    return Batch(ids=ids, n_text=n_text, n_all=n_all)


def by_length(lengths: NDArray[np.int64], budget: int) -> Iterator[NDArray[np.int64]]:
    """Deal rows to batches of like length, at most ``budget`` padded pieces each, longest first.

    Sorting by length before batching saves half of the time and more, at no cost in accuracy.
    """
    order = np.argsort(-lengths, kind="stable")
    begin = 0
    while begin < len(order):
        width = -(-int(lengths[order[begin]]) // ROUND) * ROUND
        size = max(1, budget // width)
        yield order[begin : begin + size]
        begin += size


def drop_fields(n: int, rate: float, rng: np.random.Generator) -> list[frozenset[str]]:
    """Choose surroundings to hide from n training rows, so that the model can do without them.

    Each field goes with probability ``rate``; a share ``rate / 2`` of the rows loses all of them.
    """
    hidden = rng.random((n, len(FIELDS))) < rate
    hidden[rng.random(n) < rate / 2] = True
    return [frozenset(f for f, h in zip(FIELDS, row, strict=True) if h) for row in hidden]
