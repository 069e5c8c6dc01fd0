"""The text part of the embedded index: tantivy over single characters with positions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from configs.errors import UserError
from corpus.search.normal import characters
from corpus.search.rows import N_WORDS, TEXT
from corpus.search.syntax import And, Node, Not, Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import tantivy

    from corpus.search.model import Filters
    from corpus.search.rows import Row

HEAP_BYTES = 512_000_000
_WORDS = ("region_code", "level", "section", "unit_type", "temporality", "is_annex")


def make_schema(n_dimensions: int) -> tantivy.Schema:
    """One field of characters, the filter columns, and score and level of each dimension."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("chars", tokenizer_name="characters", index_option="position")
    builder.add_bytes_field("words_json", stored=True)
    builder.add_unsigned_field("row", fast=True)
    builder.add_unsigned_field("year", fast=True)
    for name in _WORDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for i in range(n_dimensions):
        builder.add_float_field(f"s{i}", fast=True)
        builder.add_unsigned_field(f"l{i}", fast=True)
    return builder.build()


def _with_tokenizer(index: tantivy.Index) -> tantivy.Index:
    import tantivy

    whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer("characters", whitespace)
    return index


def open_postings(folder: Path) -> tantivy.Index:
    """Open the files of a generation."""
    import tantivy

    try:
        return _with_tokenizer(tantivy.Index.open(str(folder)))
    except (ValueError, OSError) as error:
        raise UserError(
            "the index is damaged", where=str(folder), fix="run `zhengce index build`"
        ) from error


class PostingsWriter:
    """Writes rows in order, so that a document's number grows with its row."""

    def __init__(self, folder: Path, n_dimensions: int) -> None:
        import tantivy

        folder.mkdir()
        self._schema = make_schema(n_dimensions)
        index = tantivy.Index(self._schema, str(folder))
        self._writer = _with_tokenizer(index).writer(heap_size=HEAP_BYTES, num_threads=1)
        self._names = [f"{kind}{i}" for i in range(n_dimensions) for kind in "sl"]
        self._next = 0

    def add(self, rows: Sequence[Row], lines: Sequence[bytes]) -> None:
        """Add rows, as ``corpus.search.rows.read_batches`` gives them, and their words as stored."""
        from tantivy import Document

        for row, line in zip(rows, lines, strict=True):
            fields = {
                "chars": characters(row[TEXT]), "words_json": line, "row": self._next,
                "region_code": row[1], "year": row[3], "level": row[4], "section": row[5],
                "unit_type": row[6], "temporality": row[7], "is_annex": str(row[8]),
            }  # fmt: skip
            scores = zip(self._names, row[N_WORDS:], strict=True)
            fields.update((name, value) for name, value in scores if value is not None)
            self._writer.add_document(Document.from_dict(fields, self._schema))
            self._next += 1

    def finish(self) -> None:
        """Write everything to disk."""
        self._writer.commit()
        self._writer.wait_merging_threads()


def to_query(node: Node, schema: tantivy.Schema) -> tantivy.Query:
    """Translate an expression; characters become terms, so nothing of it is ever parsed again."""
    import tantivy

    if isinstance(node, Phrase):
        if len(node.text) == 1:
            return tantivy.Query.term_query(schema, "chars", node.text)
        return tantivy.Query.phrase_query(schema, "chars", list(node.text))
    if isinstance(node, Not):
        inner = to_query(node.part, schema)
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Must, tantivy.Query.all_query()), (tantivy.Occur.MustNot, inner)]
        )
    occur = tantivy.Occur.Must if isinstance(node, And) else tantivy.Occur.Should
    return tantivy.Query.boolean_query([(occur, to_query(part, schema)) for part in node.parts])


def narrow(
    query: tantivy.Query, filters: Filters, dimensions: Sequence[str], schema: tantivy.Schema
) -> tantivy.Query:
    """Add the filters to a query; they do not change its order."""
    import tantivy

    parts = [query, *_filters(filters, dimensions, schema)]
    if len(parts) == 1:
        return query
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])


def _filters(
    filters: Filters, dimensions: Sequence[str], schema: tantivy.Schema
) -> Iterable[tantivy.Query]:
    from tantivy import FieldType, Query

    words: dict[str, Sequence[str]] = {
        "region_code": filters.regions,
        "level": filters.levels,
        "section": filters.sections,
        "unit_type": filters.unit_types,
        "temporality": filters.temporality,
        "is_annex": () if filters.annex is None else (str(filters.annex),),
    }
    for field, values in words.items():
        if values:
            yield Query.term_set_query(schema, field, list(values))
    if filters.years is not None:
        yield Query.range_query(schema, "year", FieldType.Unsigned, *filters.years)
    for dimension, level in filters.min_levels:
        field = f"l{dimensions.index(dimension)}"
        yield Query.range_query(schema, field, FieldType.Unsigned, level, 1000)


def stored_rows(searcher: Any, addresses: list[Any], n_dimensions: int) -> Iterator[Row]:
    """Read rows back: words as stored, scores from their columns."""
    names = [f"{kind}{i}" for i in range(n_dimensions) for kind in "sl"]
    scores = [searcher.fast_field_values(name, addresses) for name in names]
    for place, address in enumerate(addresses):
        words = json.loads(bytes(searcher.doc(address)["words_json"][0]))
        yield (*words, *(values[place] for values in scores))
