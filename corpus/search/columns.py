"""The narrow part of the embedded index: filter columns and scores, as numbers, in Parquet.

Words are codes here; the manifest holds the words. Counts are sums over arrays: at two million
rows several times faster than a query over the same file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from corpus.search.model import Filters, Group
from corpus.search.rows import N_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from corpus.search.model import Key
    from corpus.search.rows import Row

    Codes = dict[str, tuple[str, ...]]
    _Cells = tuple[NDArray[np.int64], NDArray[np.int64], tuple[int, ...]]

WORDS = {"region": 1, "level": 4, "section": 5, "unit_type": 6, "temporality": 7}
_NUMBERS = {"year": 3, "is_annex": 8}
_DENSE = 5_000_000


class ColumnsWriter:
    """Writes one row group a batch; whole only after :meth:`__exit__`."""

    def __init__(self, path: Path, n_dimensions: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        fields = [pa.field(name, pa.int32()) for name in WORDS]
        fields += [pa.field("year", pa.int16()), pa.field("is_annex", pa.bool_())]
        for i in range(n_dimensions):
            fields += [pa.field(f"s{i}", pa.float64()), pa.field(f"l{i}", pa.int16())]
        self._schema = pa.schema(fields)
        self._writer = pq.ParquetWriter(path, self._schema, compression="snappy")
        self._codes: dict[str, dict[str, int]] = {name: {} for name in WORDS}

    def add(self, rows: Sequence[Row]) -> None:
        """Add rows, as ``corpus.search.rows.read_batches`` gives them."""
        import pyarrow as pa

        values = list(zip(*rows, strict=True))
        picked: list[Any] = []
        for name, place in WORDS.items():
            known = self._codes[name]
            picked.append([known.setdefault(word, len(known)) for word in values[place]])
        picked += [*(values[place] for place in _NUMBERS.values()), *values[N_WORDS:]]
        arrays = [
            pa.array(column, type=column_field.type)
            for column, column_field in zip(picked, self._schema, strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    @property
    def codes(self) -> Codes:
        """Words by column, in the order of their codes."""
        return {name: tuple(known) for name, known in self._codes.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The columns in memory, one array each, in row order.

    Attributes
    ----------
    scores, levels : list of (n,) arrays
        One a dimension; NaN and -1 where a sentence was not scored.
    """

    keys: dict[str, NDArray[Any]]
    is_annex: NDArray[np.bool_]
    scores: list[NDArray[np.float64]]
    levels: list[NDArray[np.int16]]
    codes: Codes
    _cells: dict[tuple[Key, ...], _Cells] = field(default_factory=dict)

    def cells(self, by: Sequence[Key]) -> _Cells:
        """Give each row the number of its combination of keys; kept for the next count."""
        key = tuple(by)
        if key not in self._cells:
            cells, shape = _number(self, by)
            n = int(np.prod(shape, dtype=np.int64))
            kept: NDArray[np.int64] = np.arange(n)
            if n > _DENSE:
                kept, cells = np.unique(cells, return_inverse=True)
            self._cells[key] = (cells, kept, shape)
        return self._cells[key]

    @classmethod
    def read(cls, path: Path, codes: Codes, n_dimensions: int) -> Columns:
        """Read the file of a generation."""
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        return cls(
            keys={name: table[name].to_numpy() for name in (*WORDS, "year")},
            is_annex=table["is_annex"].to_numpy(),
            scores=[table[f"s{i}"].to_numpy() for i in range(n_dimensions)],
            levels=[table[f"l{i}"].fill_null(-1).to_numpy() for i in range(n_dimensions)],
            codes=codes,
        )

    def passing(self, filters: Filters, dimensions: Sequence[str]) -> NDArray[np.bool_]:
        """Mark the rows that pass the filters."""
        marked = np.ones(len(self.is_annex), bool)
        words = {
            "region": filters.regions,
            "level": filters.levels,
            "section": filters.sections,
            "unit_type": filters.unit_types,
            "temporality": filters.temporality,
        }
        for name, values in words.items():
            if values:
                wanted = [i for i, word in enumerate(self.codes[name]) if word in values]
                marked &= np.isin(self.keys[name], wanted)
        if filters.years is not None:
            first, last = filters.years
            marked &= (self.keys["year"] >= first) & (self.keys["year"] <= last)
        if filters.annex is not None:
            marked &= self.is_annex == filters.annex
        for dimension, level in filters.min_levels:
            marked &= self.levels[dimensions.index(dimension)] >= level
        return marked


def count_groups(
    columns: Columns,
    by: Sequence[Key],
    filters: Filters,
    dimensions: Sequence[str],
    rows: NDArray[np.int32] | None,
    regions: dict[str, str],
) -> tuple[Group, ...]:
    """Count and average by key; ``rows`` are the hits, None for every sentence.

    Groups without a hit are kept: a count of nothing is a finding too.
    """
    if not len(columns.is_annex):
        return ()
    everything = slice(None)
    passing = everything if filters == Filters() else columns.passing(filters, dimensions)
    hits = passing if rows is None else rows
    cells, kept, shape = columns.cells(by)
    n_sentences = np.bincount(cells[passing], minlength=len(kept))
    here = cells[hits]
    n_hits = np.bincount(here, minlength=len(kept))
    means = [_means(here, score[hits], len(kept), n_hits) for score in columns.scores]
    found = []
    filled = np.flatnonzero(n_sentences)
    keys = _keys(columns, by, np.unravel_index(kept[filled], shape), regions)
    for cell, key in zip(filled.tolist(), keys, strict=True):
        mean = {d: m[cell] for d, m in zip(dimensions, means, strict=True)}
        found.append(Group(key, int(n_hits[cell]), int(n_sentences[cell]), mean))
    return tuple(sorted(found, key=lambda group: group.key))


def _number(columns: Columns, by: Sequence[Key]) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    """Give each row the number of its combination of keys."""
    cells = np.zeros(len(columns.is_annex), np.int64)
    shape = []
    for key in by:
        values = columns.keys[key].astype(np.int64)
        if key == "year":
            values -= int(values.min())
        size = int(values.max()) + 1
        cells *= size
        cells += values
        shape.append(size)
    return cells, tuple(shape)


def _means(
    cells: NDArray[np.int64], scores: NDArray[np.float64], n: int, count: NDArray[np.int64]
) -> list[float | None]:
    """Average by cell; ``count`` serves where every row has a score."""
    unknown = np.isnan(scores)
    if unknown.any():
        cells, scores = cells[~unknown], scores[~unknown]
        count = np.bincount(cells, minlength=n)
    total = np.bincount(cells, weights=scores, minlength=n)
    return [t / c if c else None for t, c in zip(total.tolist(), count.tolist(), strict=True)]


def _keys(
    columns: Columns, by: Sequence[Key], places: Sequence[NDArray[Any]], regions: dict[str, str]
) -> list[tuple[str | int, ...]]:
    """Turn cell numbers back into words and years."""
    parts: list[list[Any]] = []
    for name, places_of in zip(by, places, strict=True):
        if name == "year":
            parts.append((places_of + int(columns.keys["year"].min())).tolist())
            continue
        words = [columns.codes[name][code] for code in places_of.tolist()]
        parts += [words, [regions[word] for word in words]] if name == "region" else [words]
    return list(zip(*parts, strict=True))
