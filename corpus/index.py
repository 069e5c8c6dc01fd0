"""The text index of a project: one protocol, two engines.

Examples
--------
>>> from corpus.index import Filters, open_index, parse_query
>>> index = open_index(Path("runs/first/store"))                               # doctest: +SKIP
>>> index.search(parse_query("新质生产力"), Filters(years=(2024, 2026))).total   # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from configs.errors import UserError
from corpus.search.model import Answer, Engine, Filters, Group, Hit, Key, Status
from corpus.search.syntax import Node, parse_query

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from corpus.progress import Advance

__all__ = [
    "Answer", "Engine", "Filters", "Group", "Hit", "Key", "Node", "SentenceIndex", "Status",
    "build_index", "index_folder", "open_index", "parse_query",
]  # fmt: skip


class SentenceIndex(Protocol):
    """What every engine answers, and answers alike: a phrase is found where a substring is.

    ``node`` is an expression from :func:`parse_query`; None stands for every sentence.
    """

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that have scores, in the rubric's order."""

    @property
    def regions(self) -> dict[str, str]:
        """Names of the regions by code."""

    @property
    def values(self) -> dict[str, tuple[str, ...]]:
        """Values of ``level``, ``section``, ``unit_type`` and ``temporality``."""

    def search(
        self, node: Node | None, filters: Filters, *, limit: int = 20, sort: str = ""
    ) -> Answer:
        """Find sentences, in corpus order or by falling score of the dimension ``sort``.

        ``total`` is exact whatever ``limit`` is; with ``limit=0`` only it is computed.
        """

    def count_by(self, node: Node | None, filters: Filters, by: Sequence[Key]) -> tuple[Group, ...]:
        """Count hits by key, with the mean scores of the hits; groups without a hit included."""

    def status(self) -> Status:
        """Describe the index and say whether its tables have moved on."""

    def verify(self) -> tuple[str, ...]:
        """List what differs from the tables: files, counts, checksums, totals of phrases."""

    def close(self) -> None:
        """Give back connections."""


def index_folder(store: Path) -> Path:
    """Where the embedded index of a store lies."""
    return store / "index"


def build_index(
    store: Path,
    *,
    sentences: Path | None = None,
    engine: Engine = "embedded",
    url: str = "",
    scorer: str = "",
    advance: Advance = lambda _: None,
) -> None:
    """Build the index of a store anew; the old one serves until the new one is whole.

    Parameters
    ----------
    store : Path
        Folder with the tables; the embedded index goes to its ``index/``.
    sentences : Path, optional
        Another sentence file; ``score.parquet`` beside it is used if there is one.
    scorer : str
        Whose scores, when the table holds several: by default bert, else ngram, else cues.
    """
    path = sentences if sentences is not None else store / "sentence.parquet"
    if engine == "embedded":
        from corpus.search.embedded import build_embedded

        build_embedded(index_folder(store), path, scorer=scorer, advance=advance)
        return
    from corpus.search.elastic import build_elastic

    build_elastic(url, path, scorer=scorer, advance=advance)


def open_index(
    store: Path, *, engine: Engine = "embedded", url: str = "", check: bool = True
) -> SentenceIndex:
    """Open the index of a store.

    Parameters
    ----------
    check : bool
        Refuse an index whose tables have changed since it was built.

    Raises
    ------
    UserError
        When there is none, it is damaged, of another version, or older than its tables.
    """
    index: SentenceIndex
    if engine == "embedded":
        from corpus.search.embedded import EmbeddedIndex

        index = EmbeddedIndex(index_folder(store))
    else:
        from corpus.search.elastic import ElasticIndex

        index = ElasticIndex(url)
    if check and (stale := index.status().stale):
        index.close()
        raise UserError(f"the index is older than its tables: {stale}", fix="add --rebuild")
    return index
