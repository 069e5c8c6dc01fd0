"""Filling an Elasticsearch index: bulk under the sentence's own id, then one swap of the alias."""

from __future__ import annotations

import contextlib
import time
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from configs.errors import UserError
from corpus.search.generation import Seen
from corpus.search.manifest import FORMAT, describe_file
from corpus.search.normal import VERSION, characters
from corpus.search.rows import COLUMNS, N_WORDS, TEXT, Checksum, read_batches, row_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elasticsearch import Elasticsearch

    from corpus.progress import Advance
    from corpus.search.rows import Row, Sources

_KEYWORDS = ("sentence_id", "region_code", "region", "level", "section", "unit_type", "temporality")
LEFT_AFTER_SECONDS = 86_400.0
_VALUES = {"level": 4, "section": 5, "unit_type": 6, "temporality": 7}


def mapping(n_dimensions: int) -> dict[str, Any]:
    """Map the fields; ``chars`` holds the normalised characters, parted by spaces."""
    fields: dict[str, Any] = {name: {"type": "keyword"} for name in _KEYWORDS}
    fields |= {
        "row": {"type": "integer"},
        "year": {"type": "integer"},
        "is_annex": {"type": "boolean"},
        "text": {"type": "text", "index": False},
        "chars": {"type": "text", "analyzer": "whitespace", "norms": False},
    }
    for i in range(n_dimensions):
        fields |= {f"s{i}": {"type": "double"}, f"l{i}": {"type": "integer"}}
    return {"dynamic": "strict", "_source": {"excludes": ["chars"]}, "properties": fields}


def fill(client: Elasticsearch, alias: str, sources: Sources, advance: Advance) -> str:
    """Build a new index beside the one in use and swap the alias; return its name.

    A failure removes the new index and leaves the alias as it was. Indexing the same row twice
    changes nothing, so requests are simply repeated when a node is busy or restarts.
    """
    name = f"{alias}-{uuid.uuid4().hex[:12]}"
    settings = {"refresh_interval": "-1", "number_of_shards": 1, "auto_expand_replicas": "0-1"}
    client.indices.create(index=name, mappings=mapping(len(sources.dimensions)), settings=settings)
    try:
        meta = _send(client, name, sources, advance)
        client.indices.refresh(index=name)
        _check_count(client, name, meta["n_sentences"])
        client.indices.put_mapping(index=name, meta=meta)
        client.indices.put_settings(index=name, settings={"refresh_interval": "1s"})
        _swap(client, alias, name)
        _sweep(client, alias)
    except BaseException:
        with contextlib.suppress(Exception):
            client.indices.delete(index=name, ignore_unavailable=True)
        raise
    return name


def _check_count(client: Elasticsearch, name: str, sent: int) -> None:
    count = client.count(index=name)["count"]
    if count != sent:
        raise UserError(f"holds {count} of {sent} sentences sent", where=name, fix="run it again")


def _send(client: Elasticsearch, name: str, sources: Sources, advance: Advance) -> dict[str, Any]:
    from elasticsearch.helpers import streaming_bulk

    described = [describe_file(p) for p in (sources.sentences, sources.scores) if p]
    checksum, seen = Checksum(), Seen()
    values: dict[str, set[str]] = {key: set() for key in _VALUES}

    def actions() -> Iterator[dict[str, Any]]:
        for batch in read_batches(sources):
            start = checksum.n
            checksum.add(row_line(row) for row in batch)
            seen.add(batch)
            for key, place in _VALUES.items():
                values[key] |= {row[place] for row in batch}
            for place, row in enumerate(batch, start=start):
                yield {"_op_type": "index", "_id": row[0], **_document(row, place)}
            advance(len(batch))

    for _ in streaming_bulk(
        client, actions(), index=name, chunk_size=1000, max_retries=8, initial_backoff=1,
        max_backoff=30,
    ):  # fmt: skip
        pass
    return {
        "format": FORMAT, "normalisation": VERSION, "sources": [asdict(d) for d in described],
        "scorer": sources.scorer, "dimensions": list(sources.dimensions),
        "n_sentences": checksum.n, "checksum": checksum.text, "regions": seen.regions,
        "values": {key: sorted(found) for key, found in values.items()}, "years": seen.years,
    }  # fmt: skip


def _document(row: Row, place: int) -> dict[str, Any]:
    scores = {f"{'sl'[k % 2]}{k // 2}": v for k, v in enumerate(row[N_WORDS:]) if v is not None}
    named = dict(zip(COLUMNS, row, strict=False))
    return {"_source": named | scores | {"row": place, "chars": characters(row[TEXT])}}


def _sweep(client: Elasticsearch, alias: str) -> None:
    """Remove what builds left that lost their node; one at work is younger than a day."""
    found = client.indices.get(index=f"{alias}-*", features=["aliases", "settings"])
    for name, body in found.body.items():
        age = time.time() - int(body["settings"]["index"]["creation_date"]) / 1000
        if not body["aliases"] and age > LEFT_AFTER_SECONDS:
            client.indices.delete(index=name, ignore_unavailable=True)


def _swap(client: Elasticsearch, alias: str, name: str) -> None:
    """Name the new index and remove the old one in a single step."""
    old: list[str] = []
    if client.indices.exists_alias(name=alias):
        old = list(client.indices.get_alias(name=alias).body)
    elif client.indices.exists(index=alias):
        raise UserError("is an index of that name, not an alias", where=alias, fix="remove it, or set ZHENGCE_ES_ALIAS")  # fmt: skip
    actions: list[dict[str, Any]] = [{"add": {"index": name, "alias": alias}}]
    actions += [{"remove_index": {"index": index}} for index in old]
    client.indices.update_aliases(actions=actions)
