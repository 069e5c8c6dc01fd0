"""The Elasticsearch engine: the same rows and answers, for corpora beyond one machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from configs.errors import UserError
from corpus.search.checking import compare_sample, rows_differ
from corpus.search.elastic_build import fill
from corpus.search.elastic_client import alias, connect, elastic_errors
from corpus.search.elastic_query import to_filters, to_query
from corpus.search.manifest import SourceFile, changed_source
from corpus.search.model import Answer, Group, Status
from corpus.search.normal import VERSION
from corpus.search.rows import COLUMNS, find_sources, hit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elasticsearch import Elasticsearch

    from corpus.progress import Advance
    from corpus.search.model import Filters, Key
    from corpus.search.rows import Row
    from corpus.search.syntax import Node

PAGE = 5_000


def build_elastic(url: str, sentences: Path, *, scorer: str, advance: Advance) -> None:
    """Build a new index and swap the alias to it; the old one serves until then."""
    sources = find_sources(sentences, scorer)
    client = connect(url)
    try:
        with elastic_errors():
            fill(client, alias(), sources, advance)
    finally:
        client.close()


class ElasticIndex:
    """The index behind the alias, opened for reading."""

    def __init__(self, url: str) -> None:
        self._client = connect(url)
        try:
            self.name, self._meta = _serving(self._client)
        except BaseException:
            self._client.close()
            raise

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that have scores, in the rubric's order."""
        return tuple(self._meta["dimensions"])

    @property
    def regions(self) -> dict[str, str]:
        """Names of the regions by code."""
        return dict(self._meta["regions"])

    @property
    def values(self) -> dict[str, tuple[str, ...]]:
        """Values of ``level``, ``section``, ``unit_type`` and ``temporality``."""
        return {name: tuple(values) for name, values in self._meta["values"].items()}

    def search(
        self, node: Node | None, filters: Filters, *, limit: int = 20, sort: str = ""
    ) -> Answer:
        """Find sentences; see ``corpus.index.SentenceIndex``."""
        parts = [to_query(node), *to_filters(filters, self.dimensions)]
        query = {"bool": {"filter": parts}}
        order: list[dict[str, Any]] = [{"row": "asc"}]
        if sort:
            field = f"s{self.dimensions.index(sort)}"
            order.insert(0, {field: {"order": "desc", "missing": "_last"}})
        with elastic_errors():
            total = self._client.count(index=self.name, query=query)["count"]
            rows = list(self._rows(query, order, limit))
        return Answer(int(total), tuple(hit_of(row, self.dimensions) for row in rows))

    def _rows(
        self, query: dict[str, Any], order: list[dict[str, Any]], limit: int
    ) -> Iterator[Row]:
        """Page through hits by ``search_after``: the index does not change once it is named."""
        after: list[Any] | None = None
        while limit > 0:
            size = min(PAGE, limit)
            found = self._client.search(
                index=self.name, query=query, sort=order, size=size, search_after=after,
                track_total_hits=False,
            )["hits"]["hits"]  # fmt: skip
            for hit in found:
                yield self._row(hit["_source"])
            if len(found) < size:
                return
            after, limit = found[-1]["sort"], limit - size

    def _row(self, source: dict[str, Any]) -> Row:
        scores = (f"{kind}{i}" for i in range(len(self.dimensions)) for kind in "sl")
        return (*(source[name] for name in COLUMNS), *(source.get(name) for name in scores))

    def count_by(self, node: Node | None, filters: Filters, by: Sequence[Key]) -> tuple[Group, ...]:
        """Count and average by key; see ``corpus.index.SentenceIndex``."""
        fields = {key: "region_code" if key == "region" else key for key in by}
        sources = [{key: {"terms": {"field": field}}} for key, field in fields.items()]
        means = {f"s{i}": {"avg": {"field": f"s{i}"}} for i in range(len(self.dimensions))}
        inner = {"hits": {"filter": to_query(node), "aggs": means}}
        query = {"bool": {"filter": to_filters(filters, self.dimensions)}}
        found: list[Group] = []
        after: dict[str, Any] = {}
        with elastic_errors():
            while True:
                groups = {"composite": {"size": PAGE, "sources": sources, **after}, "aggs": inner}
                page = self._client.search(
                    index=self.name, query=query, size=0, aggs={"groups": groups}
                )["aggregations"]["groups"]
                found += [self._group(bucket, by) for bucket in page["buckets"]]
                if "after_key" not in page:
                    return tuple(found)
                after = {"after": page["after_key"]}

    def _group(self, bucket: dict[str, Any], by: Sequence[Key]) -> Group:
        key: list[str | int] = []
        for name in by:
            value = bucket["key"][name]
            key += [value, self._meta["regions"][value]] if name == "region" else [value]
        hits = bucket["hits"]
        means = {d: hits[f"s{i}"]["value"] for i, d in enumerate(self.dimensions)}
        return Group(tuple(key), hits["doc_count"], bucket["doc_count"], means)

    def status(self) -> Status:
        """Describe the index and say whether its tables, if they are here, have moved on."""
        meta = self._meta
        with elastic_errors():
            size = self._client.indices.stats(index=self.name)["_all"]["primaries"]["store"]
            n = self._client.count(index=self.name)["count"]
        sources = tuple(SourceFile(**source) for source in meta["sources"])
        here = any(Path(source.path).is_file() for source in sources)
        return Status(
            engine="elasticsearch", place=self.name, n_sentences=n, n_regions=len(meta["regions"]),
            years=tuple(meta["years"]) if meta["years"] else None, dimensions=self.dimensions,
            scorer=meta["scorer"], normalisation=meta["normalisation"], bytes=size["size_in_bytes"],
            sources=tuple(s.path for s in sources), stale=changed_source(sources) if here else "",
        )  # fmt: skip

    def verify(self) -> tuple[str, ...]:
        """Compare with the tables: counts, checksums, and phrases drawn from the text."""
        sources = find_sources(Path(self._meta["sources"][0]["path"]), self._meta["scorer"])
        with elastic_errors():
            rows = self._rows({"match_all": {}}, [{"row": "asc"}], 2**31)
            differ = rows_differ(sources, rows)
        phrases = compare_sample(sources, self)
        return tuple(filter(None, [self.status().stale, *differ, *phrases]))

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()


def _serving(client: Elasticsearch) -> tuple[str, dict[str, Any]]:
    """Find the index behind the alias and what is noted in it."""
    with elastic_errors():
        found = client.indices.get_mapping(index=alias())
    if len(found.body) != 1:
        raise UserError(f"{alias()!r} names {len(found.body)} indices", where="Elasticsearch")
    name, body = next(iter(found.body.items()))
    meta: dict[str, Any] = body["mappings"].get("_meta") or {}
    if meta.get("normalisation") != VERSION:
        fix = "run `zhengce index build --engine elasticsearch`"
        raise UserError("was made by another version of zhengce", where=name, fix=fix)
    return name, meta
