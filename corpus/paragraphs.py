"""Paragraphs as slices of a raw text: cut, joined and trimmed without changing a character."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corpus.furniture import is_furniture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from corpus.readers.result import Source, Span

# A paragraph break inside a line: a sentence end, then the indent of two ideographic spaces.
_INDENT = re.compile(r"(?<=[。！？：；”）])\s*[\u3000\u2003]{2,}(?=\S)")
_OPENERS = "（(“‘《「『【〔[—、，,：:"
_FINAL = "。！？!?；;：:…"
_CLOSERS = "”’）)》」』】〕]"
_CANNOT_START = "，。、；：！？）”’》】〕」』％%,;!?)"
_OUTLINE = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\d]{1,3}[）)]|第[一二三四五六七八九十]{1,3}[，、部章]"
    r"|[一二三四五六七八九十]是|\d{1,3}[.．、](?!\d)|[\[［〔【]\d|各位代表|——|附件|名词解释|注释)"
)
_SESSION_END = re.compile(r"次会议上?[）)]?$")
_LONG = 30


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: its text, and the slices of the raw text that it is made of."""

    text: str
    spans: tuple[Span, ...]
    linked: bool = False
    hidden: bool = False
    note: bool = False

    @property
    def start(self) -> int:
        """Begin in the raw text."""
        return self.spans[0][0] if self.spans else 0

    @property
    def end(self) -> int:
        """End in the raw text."""
        return self.spans[-1][1] if self.spans else 0

    def to_raw(self, places: Iterable[Span]) -> list[Span]:
        """Translate spans of the text into spans of the raw text."""
        found: list[Span] = []
        for low, high in places:
            at = 0
            for start, end in self.spans:
                a, b = max(low, at), min(high, at + end - start)
                if a < b:
                    found.append((start + a - at, start + b - at))
                at += end - start
        return found


@dataclass(slots=True)
class Parts:
    """Where the paragraphs of a source go while it is cleaned; what is dropped keeps its reason."""

    head: list[Paragraph] = field(default_factory=list)
    body: list[Paragraph] = field(default_factory=list)
    glossary: list[Paragraph] = field(default_factory=list)
    annex: list[Paragraph] = field(default_factory=list)
    dropped: list[tuple[Paragraph, str]] = field(default_factory=list)


def paragraphs_of(
    source: Source, first: int, last: int, *, skip: Sequence[re.Pattern[str]]
) -> list[Paragraph]:
    """Make paragraphs of a range of lines; ``skip`` matches are left out, outer blanks trimmed."""
    found: list[Paragraph] = []
    for line in source.lines[first:last]:
        text = source.raw[line.start : line.end]
        for start, end in _cuts(text):
            spans = _kept(text, start, end, skip)
            if spans:
                moved = tuple((line.start + a, line.start + b) for a, b in spans)
                content = "".join(source.raw[a:b] for a, b in moved)
                found.append(Paragraph(content, moved, line.linked >= 0.5, line.hidden, line.note))
    return found


def _cuts(text: str) -> list[Span]:
    if "\u3000\u3000" not in text and "\u2003\u2003" not in text:
        return [(0, len(text))]
    bounds: list[Span] = []
    at = 0
    for match in _INDENT.finditer(text):
        bounds.append((at, match.start()))
        at = match.end()
    return [*bounds, (at, len(text))]


def _kept(text: str, start: int, end: int, skip: Sequence[re.Pattern[str]]) -> list[Span]:
    gaps = sorted(m.span() for pattern in skip for m in pattern.finditer(text, start, end))
    spans: list[Span] = []
    at = start
    for low, high in gaps:
        if low > at:
            spans.append((at, low))
        at = max(at, high)
    if at < end:
        spans.append((at, end))
    return _trim(text, spans)


def _trim(text: str, spans: list[Span]) -> list[Span]:
    """Take blanks of any kind off both ends."""
    while spans:
        start, end = spans[0]
        start += len(text[start:end]) - len(text[start:end].lstrip())
        if start < end:
            spans[0] = (start, end)
            break
        spans.pop(0)
    while spans:
        start, end = spans[-1]
        end = start + len(text[start:end].rstrip())
        if start < end:
            spans[-1] = (start, end)
            break
        spans.pop()
    return spans


def cut_spans(paragraph: Paragraph, gaps: Sequence[Span]) -> Paragraph:
    """Take stretches of the raw text out of a paragraph."""
    inside = sorted(g for g in gaps if g[0] < paragraph.end and g[1] > paragraph.start)
    if not inside:
        return paragraph
    spans: list[Span] = []
    for start, end in paragraph.spans:
        at = start
        for low, high in inside:
            if low >= end or high <= at:
                continue
            if low > at:
                spans.append((at, low))
            at = max(at, high)
        if at < end:
            spans.append((at, end))
    keep: list[str] = []
    offset = dict(zip(paragraph.spans, _slices(paragraph), strict=True))
    for start, end in spans:
        base = next(s for s in paragraph.spans if s[0] <= start and end <= s[1])
        keep.append(offset[base][start - base[0] : end - base[0]])
    return Paragraph(
        "".join(keep), tuple(spans), paragraph.linked, paragraph.hidden, paragraph.note
    )


def _slices(paragraph: Paragraph) -> list[str]:
    found: list[str] = []
    at = 0
    for start, end in paragraph.spans:
        found.append(paragraph.text[at : at + end - start])
        at += end - start
    return found


def join_broken(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Join lines that a scraper broke at inline links and subscripts.

    A line continues the one before when it begins with a mark that cannot open a paragraph,
    or when the one before is a long line without a final mark, or ends with an opening mark.
    """
    groups: list[list[Paragraph]] = []
    for paragraph in paragraphs:
        if groups and _continues(groups[-1], paragraph.text):
            groups[-1].append(paragraph)
        else:
            groups.append([paragraph])
    return [group[0] if len(group) == 1 else _joined(group) for group in groups]


def _joined(group: Sequence[Paragraph]) -> Paragraph:
    spans = tuple(span for paragraph in group for span in paragraph.spans)
    return Paragraph("".join(p.text for p in group), spans, all(p.linked for p in group))


def _continues(group: Sequence[Paragraph], text: str) -> bool:
    before = group[-1].text
    if is_furniture(text) and not (text[0] in _CANNOT_START and len(text) <= 3):
        return False
    if _SESSION_END.search(before) or (
        len(group) == 1 and is_furniture(before) and before not in "（(“‘《"
    ):
        return False
    if text[0] in _CANNOT_START:
        return True
    if _OUTLINE.match(group[0].text) and len(group) == 1 and len(before) <= 50 and len(text) > 12:
        return False  # a heading, not a broken line
    if before[-1] in "（(“‘《【、，,":
        return True
    ended = before.rstrip(_CLOSERS)[-1:] in tuple(_FINAL) or before[-1] in "”’"
    long = len(before) >= _LONG or len(group) > 1
    return long and not ended and not _OUTLINE.match(text)
