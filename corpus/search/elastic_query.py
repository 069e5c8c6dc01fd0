"""Expressions and filters as Elasticsearch queries; words are values there, never syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from configs.errors import UserError
from corpus.search.syntax import And, Node, Not, Phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.search.model import Filters

#: Elasticsearch refuses bool queries nested more than 30 deep.
MAX_DEPTH = 25

Query = dict[str, Any]


def to_query(node: Node | None, depth: int = 0) -> Query:
    """Translate an expression; None is every sentence."""
    if depth > MAX_DEPTH:
        raise UserError("is nested too deep for Elasticsearch", where="query", fix=f"at most {MAX_DEPTH}")  # fmt: skip
    if node is None:
        return {"match_all": {}}
    if isinstance(node, Phrase):
        if len(node.text) == 1:
            return {"term": {"chars": {"value": node.text}}}
        return {"match_phrase": {"chars": {"query": " ".join(node.text)}}}
    if isinstance(node, Not):
        if isinstance(node.part, Not):
            return to_query(node.part.part, depth)
        return {"bool": {"must_not": [to_query(node.part, depth + 1)]}}
    parts = [to_query(part, depth + 1) for part in node.parts]
    if isinstance(node, And):
        return {"bool": {"filter": parts}}
    return {"bool": {"should": parts, "minimum_should_match": 1}}


def to_filters(filters: Filters, dimensions: Sequence[str]) -> list[Query]:
    """Translate filters."""
    words: dict[str, Sequence[str | bool]] = {
        "region_code": filters.regions,
        "level": filters.levels,
        "section": filters.sections,
        "unit_type": filters.unit_types,
        "temporality": filters.temporality,
        "is_annex": () if filters.annex is None else (filters.annex,),
    }
    found: list[Query] = [{"terms": {k: list(v)}} for k, v in words.items() if v]
    if filters.years is not None:
        found.append({"range": {"year": {"gte": filters.years[0], "lte": filters.years[1]}}})
    for dimension, level in filters.min_levels:
        found.append({"range": {f"l{dimensions.index(dimension)}": {"gte": level}}})
    return found
