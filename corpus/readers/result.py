"""What readers return: the source text with its lines, and the finished document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "quarantined", "needs_ocr", "unsupported_format", "error"]
Container = Literal[
    "html", "pdf", "docx", "txt", "zip", "doc", "wps", "ofd", "rtf", "xlsx", "image", "mhtml",
    "gzip", "binary", "empty",
]  # fmt: skip
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the source text.

    Attributes
    ----------
    start, end : int
        Place in ``Source.raw``.
    linked : float
        Share of its characters inside links, 0-1.
    hidden : bool
        Inside an element that the page hides within the chosen container.
    note : bool
        A footnote or endnote that the format itself marks as such.
    """

    start: int
    end: int
    linked: float = 0.0
    hidden: bool = False
    note: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Text as one reader took it from the container, before any cleaning.

    Attributes
    ----------
    raw : str
        All readable text, one block a line.
    first, last : int
        Range of ``lines`` (last excluded) in which the body stands.
    marks : tuple of spans
        Note marks (superscript or linked ``[1]``) in ``raw``.
    titles : tuple of str
        Candidates for the title, best first, from labels, headings and the title element.
    broken_lines : bool
        Lines may break inside a paragraph (scraped text), so that they are joined again.
    agreement : float or None
        How far two independent methods chose the same text, 0-1.
    n_parts : int
        How many pages the article is spread over.
    problem : str
        Reason why this is no readable article: ``blocked_waf``, ``index_page`` and the like.
    """

    raw: str
    lines: tuple[Line, ...]
    first: int
    last: int
    marks: tuple[Span, ...] = ()
    titles: tuple[str, ...] = ()
    publish_date: str = ""
    broken_lines: bool = False
    agreement: float | None = None
    n_parts: int = 1
    glossary_url: str = ""
    template: str = ""
    problem: str = ""

    def text_of(self, line: Line) -> str:
        """Return the characters of one line."""
        return self.raw[line.start : line.end]


@dataclass(frozen=True, slots=True)
class Removed:
    """A stretch of the raw text that is in no part of the document, and why."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document, read.

    Attributes
    ----------
    status, reason : str
        ``ok`` with an empty reason, or what is wrong as a code.
    encoding : str
        Encoding of the bytes; a trailing ``?`` says that broken bytes were replaced.
    text : str
        The body, one paragraph a line: from the greeting to the last paragraph of the report.
    glossary, annex : str
        名词解释 and project lists, one paragraph a line, never part of ``text``.
    raw_text : str
        The reader's text before cleaning.
    segments : tuple of (int, int, int)
        ``(start in text, start in raw_text, length)``: the offset map.
    removed : tuple of Removed
        What is neither in the body nor in glossary or annex.
    agreement : float or None
        How far two independent methods agree on the body, 0-1.
    warnings : tuple of str
        Things worth a look that do not change the status.
    """

    status: Status
    reason: str
    name: str = ""
    container: Container = "binary"
    encoding: str = ""
    title: str = ""
    publish_date: str = ""
    session_date: str = ""
    region_code: str = ""
    region: str = ""
    year: int | None = None
    text: str = ""
    glossary: str = ""
    annex: str = ""
    raw_text: str = ""
    segments: tuple[tuple[int, int, int], ...] = ()
    removed: tuple[Removed, ...] = ()
    agreement: float | None = None
    template: str = ""
    n_parts: int = 1
    glossary_url: str = ""
    sha256: str = ""
    warnings: tuple[str, ...] = field(default=())

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The body's paragraphs."""
        return tuple(self.text.split("\n")) if self.text else ()

    def to_raw(self, offset: int) -> int:
        """Map a place in ``text`` to the place in ``raw_text`` that it came from.

        The line break between two paragraphs maps to the end of the paragraph before it.
        """
        from bisect import bisect_right

        if not self.segments or not 0 <= offset <= len(self.text):
            raise IndexError(f"offset {offset} is outside the text (0 to {len(self.text)})")
        start, raw, length = self.segments[
            bisect_right(self.segments, (offset, len(self.raw_text), 0)) - 1
        ]
        return raw + min(offset - start, length)
