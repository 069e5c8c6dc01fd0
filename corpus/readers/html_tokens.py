"""A tolerant HTML scanner: one pass, no recursion, no tree, nothing lost after ``</html>``.

Tree builders give up on the pages that portals serve: libxml2 stops at 256 levels and cuts the
text after an early ``</html>``; both happen in real pages. What the extraction needs is less
than a tree: the lines of text in order, and of every block element the range of lines it holds.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

TokenKind = Literal["text", "open", "close", "raw", "comment"]

_TAG = re.compile(
    r"""<(/?)([a-zA-Z][^\s/><]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|))*+)>""", re.DOTALL
)
_ATTRIBUTE = re.compile(
    r"""(?<![\w-])(class|id|style|hidden|href|content|name|property|http-equiv|type)"""
    r"""(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))|(?=[\s/>]|$))""",
    re.IGNORECASE,
)
# Their content is no text of the page; it runs to the end tag whatever it holds.
RAW = frozenset(("script", "style", "title", "textarea", "xmp", "iframe", "noframes", "noembed"))
# Without quotes, for pages made to let the exact pattern look ahead again and again.
_PLAIN_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/><]*+)([^>]*+)>")
_LOOK_AHEAD = 4_000_000


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the page: text, a tag, a raw element with its content, or a comment."""

    kind: TokenKind
    name: str
    value: str


def tokens(page: str) -> Iterator[Token]:
    """Cut a page into tokens in linear time; everything that is no tag is text."""
    pos, last_close = 0, page.rfind(">")
    lower = page.lower()
    if len(lower) != len(page):  # a few letters change length in lower case
        lower = page
    no_comment_end, budget = False, _LOOK_AHEAD
    while True:
        at = page.find("<", pos)
        if at < 0 or at > last_close:
            yield Token("text", "", page[pos:])
            return
        if at > pos:
            yield Token("text", "", page[pos:at])
        mark = page[at + 1 : at + 2]
        if mark in "!?" and mark:
            pos, no_comment_end, token = _declaration(page, at, no_comment_end)
            yield token
            continue
        match = _TAG.match(page, at) if budget > 0 else None
        if (match is None and mark.isalpha()) or mark == "/":
            budget -= len(page) - at if match is None else 0
            match = match or _PLAIN_TAG.match(page, at)
        if match is None:
            yield Token("text", "", "<")
            pos = at + 1
            continue
        pos = match.end()
        name = match[2].lower()
        if match[1]:
            yield Token("close", name, "")
        elif name in RAW and not match[3].endswith("/"):
            end = _raw_end(lower, page, name, pos)
            yield Token("raw", name, page[pos:end])
            pos = end
        else:
            yield Token("open", name, match[3])


def _declaration(page: str, at: int, no_end: bool) -> tuple[int, bool, Token]:
    """Take a comment, doctype, CDATA or conditional; an unclosed comment ends at the next ``>``."""
    if page.startswith("<!--", at) and not no_end:
        end = page.find("-->", at + 2)
        if end >= 0:
            return end + 3, False, Token("comment", "", page[at + 4 : end])
        no_end = True
    if page.startswith("<![CDATA[", at):
        return at + 9, no_end, Token("comment", "", "")
    end = page.find(">", at)
    return end + 1, no_end, Token("comment", "", page[at + 2 : end])


def _raw_end(lower: str, page: str, name: str, pos: int) -> int:
    """Find the end tag of a raw element; without one, it ends with its own tag."""
    end = lower.find(f"</{name}", pos)
    if end < 0 and lower is page:
        found = re.compile(f"</{name}", re.IGNORECASE).search(page, pos)
        end = found.start() if found else -1
    return end if end >= 0 else pos


def attributes(text: str) -> dict[str, str]:
    """Read the few attributes that matter; the first of a name wins, entities are decoded."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        name = match[1].lower()
        if name not in found:
            found[name] = html.unescape(match[2] or match[3] or match[4] or "")
    return found
