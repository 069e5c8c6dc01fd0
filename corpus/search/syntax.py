"""The query language: phrases, AND, OR, NOT, brackets; parsed here, never by an engine.

``a b`` means ``a AND b``. NOT binds closest, then AND, then OR. Any pair of ``"…"``, ``“…”``,
``「…」``, ``『…』`` quotes a phrase; inside one pair the other quotation marks are ordinary
characters. Brackets may be full-width.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from configs.errors import UserError
from corpus.search.normal import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH = 10_000
MAX_DEPTH = 50
_CLOSING = {'"': '"', "“": "”", "「": "」", "『": "』", "＂": "＂"}
_BRACKETS = {"(": "(", "（": "(", ")": ")", "）": ")"}
_WORD = re.compile(r"[^\s()（）\"“”「」『』＂]+")

Kind = Literal["phrase", "AND", "OR", "NOT", "(", ")", "end"]
_OPERATORS: dict[str, Kind] = {"AND": "AND", "OR": "OR", "NOT": "NOT"}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Characters that must follow each other; ``text`` is normalised, ``typed`` is not."""

    text: str
    typed: str


@dataclass(frozen=True, slots=True)
class And:
    """All parts match."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part matches."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not match."""

    part: Node


Node = Phrase | And | Or | Not


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Kind
    at: int
    text: str = ""


def _wrong(what: str, at: int, fix: str = "") -> UserError:
    return UserError(f"{what} at character {at + 1}", where="query", fix=fix)


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        character = text[place]
        if character.isspace():
            place += 1
        elif character in _BRACKETS:
            yield _Token("(" if _BRACKETS[character] == "(" else ")", place)
            place += 1
        elif character in _CLOSING:
            end = text.find(_CLOSING[character], place + 1)
            if end < 0:
                raise _wrong(f"the quotation {character} is not closed", place)
            yield _phrase(text[place + 1 : end], place)
            place = end + 1
        else:
            match = _WORD.match(text, place)
            if match is None:
                raise _wrong(f"{character} closes a quotation that was not opened", place)
            yield _word(match[0], place)
            place = match.end()
    yield _Token("end", len(text))


def _word(word: str, at: int) -> _Token:
    operator = _OPERATORS.get(word)
    return _phrase(word, at) if operator is None else _Token(operator, at)


def _phrase(typed: str, at: int) -> _Token:
    if not normalise(typed):
        raise _wrong("an empty phrase", at, "put words between the quotation marks")
    return _Token("phrase", at, typed)


def parse_query(text: str) -> Node:
    """Read an expression.

    Raises
    ------
    UserError
        One line that names the position, counted in characters from 1.

    Examples
    --------
    >>> show(parse_query("新质生产力 OR (氢能 NOT “5G 基站”)"))
    '"新质生产力" OR ("氢能" AND NOT "5G 基站")'
    """
    if len(text) > MAX_LENGTH:
        raise UserError(f"has {len(text)} characters", where="query", fix=f"at most {MAX_LENGTH}")
    if not text.strip():
        raise UserError("is empty", where="query", fix='write words, or "a phrase"')
    parser = _Parser(list(_tokens(text)))
    node = parser.alternatives(0)
    if parser.now.kind != "end":
        raise _wrong("a closing bracket that was not opened", parser.now.at)
    return node


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def now(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self.now
        self._place += 1
        return token

    def alternatives(self, depth: int) -> Node:
        parts = [self._all(depth)]
        while self.now.kind == "OR":
            self._take()
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while self.now.kind in ("AND", "NOT", "phrase", "("):
            if self.now.kind == "AND":
                self._take()
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, depth: int) -> Node:
        token = self._take()
        if depth > MAX_DEPTH:
            raise _wrong(f"brackets and NOT deeper than {MAX_DEPTH}", token.at)
        if token.kind == "phrase":
            return Phrase(normalise(token.text), token.text)
        if token.kind == "NOT":
            return Not(self._one(depth + 1))
        if token.kind == "(":
            node = self.alternatives(depth + 1)
            if self.now.kind != ")":
                raise _wrong("the bracket is not closed: it opens", token.at)
            self._take()
            return node
        if token.kind == "end":
            raise _wrong("ends where a word is expected,", token.at)
        name = "a closing bracket" if token.kind == ")" else token.kind
        raise _wrong(
            f"{name} where a word is expected", token.at, 'quote it to search for it: "AND"'
        )


def phrases(node: Node) -> tuple[Phrase, ...]:
    """List the phrases that a match may show; those under NOT are left out."""
    if isinstance(node, Phrase):
        return (node,)
    if isinstance(node, Not):
        return ()
    return tuple(phrase for part in node.parts for phrase in phrases(part))


def matches(node: Node, text: str) -> bool:
    """Decide by plain substring search in a normalised text: the meaning of a query."""
    if isinstance(node, Phrase):
        return node.text in text
    if isinstance(node, Not):
        return not matches(node.part, text)
    if isinstance(node, And):
        return all(matches(part, text) for part in node.parts)
    return any(matches(part, text) for part in node.parts)


def show(node: Node) -> str:
    """Write a query back, every bracket and operator in place."""
    if isinstance(node, Phrase):
        return f"“{node.typed}”" if '"' in node.typed else f'"{node.typed}"'
    if isinstance(node, Not):
        return f"NOT {_inner(node.part)}"
    word = " AND " if isinstance(node, And) else " OR "
    return word.join(_inner(part) for part in node.parts)


def _inner(node: Node) -> str:
    return f"({show(node)})" if isinstance(node, And | Or) else show(node)
