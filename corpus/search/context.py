"""Keyword in context: where in a sentence a query matches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.search.normal import normalise, origins
from corpus.search.syntax import phrases

if TYPE_CHECKING:
    from corpus.search.syntax import Node


@dataclass(frozen=True, slots=True)
class Context:
    """A match and what stands around it, as written; ``match`` is empty where only NOT matched."""

    left: str
    match: str
    right: str


def keyword_in_context(text: str, node: Node, width: int) -> Context:
    """Cut out the first match of any phrase of the query, ``width`` characters on each side.

    Examples
    --------
    >>> from corpus.search.syntax import parse_query
    >>> keyword_in_context("新建５Ｇ 基站三百个。", parse_query("5g基站"), 2)
    Context(left='新建', match='５Ｇ 基站', right='三百')
    """
    normal = normalise(text)
    found = [(normal.find(p.text), -len(p.text)) for p in phrases(node) if p.text in normal]
    if not found:
        return Context(text[: 2 * width], "", "")
    place, length = min(found)
    where = origins(text)
    start, end = where[place], where[place - length - 1] + 1
    return Context(text[max(start - width, 0) : start], text[start:end], text[end : end + width])
