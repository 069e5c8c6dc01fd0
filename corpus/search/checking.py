"""Does an index hold what its tables hold? The same questions to every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from corpus.search.model import Filters
from corpus.search.normal import normalise
from corpus.search.rows import TEXT, Checksum, read_batches, row_line
from corpus.search.syntax import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corpus.search.model import Answer
    from corpus.search.rows import Row, Sources
    from corpus.search.syntax import Node

N_PHRASES = 20
SEED = 20_260_101


class Searches(Protocol):
    """What is asked of an engine here."""

    def search(
        self, node: Node | None, filters: Filters, *, limit: int = 20, sort: str = ""
    ) -> Answer:
        """Find sentences."""


def rows_differ(sources: Sources, rows: Iterable[Row]) -> tuple[str, ...]:
    """Compare count and checksum of the rows of an index with those of the tables."""
    ours, theirs = Checksum(), Checksum()
    for batch in read_batches(sources):
        ours.add(row_line(row) for row in batch)
    theirs.add(row_line(row) for row in rows)
    found = []
    if ours.n != theirs.n:
        found.append(f"the tables hold {ours.n} sentences, the index {theirs.n}")
    if ours.value != theirs.value:
        found.append(
            f"the rows differ: checksum {ours.text} of the tables, {theirs.text} of the index"
        )
    return tuple(found)


def compare_sample(sources: Sources, index: Searches) -> tuple[str, ...]:
    """Compare totals of phrases drawn from the text with a plain substring scan."""
    import numpy as np

    texts = [normalise(row[TEXT]) for batch in read_batches(sources) for row in batch]
    filled = [text for text in texts if text]
    rng = np.random.default_rng(SEED)
    found = []
    for place in rng.integers(0, len(filled), N_PHRASES) if filled else ():
        text = filled[place]
        start = int(rng.integers(0, len(text)))
        phrase = text[start : start + int(rng.integers(1, 8))]
        truth = sum(phrase in text for text in texts)
        total = index.search(Phrase(phrase, phrase), Filters(), limit=0).total
        if total != truth:
            found.append(f'"{phrase}": {total} by the index, {truth} by substring search')
    return tuple(found)
