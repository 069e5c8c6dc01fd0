"""The embedded engine: phrases by tantivy, counts over columns, no server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from configs.errors import UserError
from corpus.files import sha256_file
from corpus.search.checking import compare_sample, rows_differ
from corpus.search.columns import Columns, count_groups
from corpus.search.generation import COLUMNS, TEXT, build_generation
from corpus.search.manifest import REBUILD, changed_source, read_manifest
from corpus.search.model import Answer, Status
from corpus.search.postings import narrow, open_postings, stored_rows, to_query
from corpus.search.rows import BATCH, find_sources, hit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from corpus.progress import Advance
    from corpus.search.manifest import Manifest
    from corpus.search.model import Filters, Group, Key
    from corpus.search.rows import Row
    from corpus.search.syntax import Node


def build_embedded(folder: Path, sentences: Path, *, scorer: str, advance: Advance) -> None:
    """Build the index of ``sentences`` in ``folder`` and put it in force."""
    build_generation(folder, find_sources(sentences, scorer), advance)


class EmbeddedIndex:
    """An index in a folder, opened for reading; many may be open while one is built."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest, self._index = _open_serving(folder)
        self._schema = self._index.schema
        self._searcher = self._index.searcher()
        self._columns: Columns | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that have scores, in the rubric's order."""
        return self.manifest.dimensions

    @property
    def regions(self) -> dict[str, str]:
        """Names of the regions by code."""
        return self.manifest.regions

    @property
    def values(self) -> dict[str, tuple[str, ...]]:
        """Values of ``level``, ``section``, ``unit_type`` and ``temporality``."""
        return {k: v for k, v in self.manifest.codes.items() if k != "region"}

    def search(
        self, node: Node | None, filters: Filters, *, limit: int = 20, sort: str = ""
    ) -> Answer:
        """Find sentences; see ``corpus.index.SentenceIndex``."""
        from tantivy import Order

        query = self._query(node, filters)
        if limit == 0:
            return Answer(self._searcher.search(query, 1, count=True).count, ())
        order = {"order_by_field": "row", "order": Order.Asc}
        if sort:
            order = {"order_by_field": f"s{self.dimensions.index(sort)}", "order": Order.Desc}
        found = self._searcher.search(query, limit, count=True, **order)
        addresses = [address for _, address in found.hits]
        rows = stored_rows(self._searcher, addresses, len(self.dimensions))
        return Answer(found.count, tuple(hit_of(row, self.dimensions) for row in rows))

    def count_by(self, node: Node | None, filters: Filters, by: Sequence[Key]) -> tuple[Group, ...]:
        """Count and average by key; see ``corpus.index.SentenceIndex``."""
        rows = None if node is None else self._rows(self._query(node, filters))
        m = self.manifest
        if self._columns is None:
            path = self.folder / m.generation / COLUMNS
            self._columns = Columns.read(path, m.codes, len(m.dimensions))
        return count_groups(self._columns, by, filters, m.dimensions, rows, m.regions)

    def status(self) -> Status:
        """Describe the index and say whether its tables have moved on."""
        m = self.manifest
        place = self.folder / m.generation
        return Status(
            engine="embedded", place=str(self.folder), n_sentences=m.n_sentences,
            n_regions=len(m.regions), years=m.years, dimensions=m.dimensions, scorer=m.scorer,
            normalisation=m.normalisation, bytes=sum((place / name).stat().st_size for name in m.files),
            sources=tuple(source.path for source in m.sources), stale=changed_source(m.sources),
        )  # fmt: skip

    def verify(self) -> tuple[str, ...]:
        """Compare with the tables: files, counts, checksums, and phrases drawn from the text."""
        from pathlib import Path

        place = self.folder / self.manifest.generation
        damaged = [
            f"{place / name} is damaged or gone"
            for name, digest in self.manifest.files.items()
            if not (place / name).is_file() or sha256_file(place / name) != digest
        ]
        sources = find_sources(Path(self.manifest.sources[0].path), self.manifest.scorer)
        stale = changed_source(self.manifest.sources)
        differ = rows_differ(sources, self._all_rows())
        phrases = compare_sample(sources, self)
        return tuple(filter(None, [stale, *damaged, *differ, *phrases]))

    def close(self) -> None:
        """Let the columns go; mapped files go with the object."""
        self._columns = None

    def _query(self, node: Node | None, filters: Filters) -> Any:
        from tantivy import Query

        query = Query.all_query() if node is None else to_query(node, self._schema)
        return narrow(query, filters, self.dimensions, self._schema)

    def _rows(self, query: Any) -> NDArray[np.int32]:
        import numpy as np
        from tantivy import Order

        limit = max(self.manifest.n_sentences, 1)
        found = self._searcher.search(
            query, limit, count=False, order_by_field="row", order=Order.Asc
        )
        return np.fromiter((row for row, _ in found.hits), np.int32, len(found.hits))

    def _all_rows(self) -> Iterator[Row]:
        from tantivy import Query

        limit = max(self._searcher.num_docs, 1)
        hits = self._searcher.search(Query.all_query(), limit, count=False).hits
        for start in range(0, len(hits), BATCH):
            addresses = [address for _, address in hits[start : start + BATCH]]
            yield from stored_rows(self._searcher, addresses, len(self.dimensions))


def _open_serving(folder: Path) -> tuple[Manifest, Any]:
    """Open the generation in force; a build may replace it between the two reads, so try again."""
    for _ in range(3):
        manifest = read_manifest(folder)
        place = folder / manifest.generation / TEXT
        if place.is_dir():
            return manifest, open_postings(place)
    raise UserError("the index is damaged", where=str(folder), fix=REBUILD)
