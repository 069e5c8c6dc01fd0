"""Lines of PDF pages to paragraphs: running heads and page numbers out, broken lines joined."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = re.compile(
    r"^[\s\-—–－·•.|/第共页Pp]{0,6}(?:\d{1,4}|[ivxlcIVXLC]{1,6}|[一二三四五六七八九十]{1,4})(?:\s*/\s*\d{1,4})?[\s\-—–－·•.|页]{0,6}$"
)
_WIDE = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u2014\u2018\u2019\u201c\u201d\u2026]"
)
_FINAL = "。！？!?；;：:"
_CLOSERS = "”’）)》」』】"
_OUTLINE = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十]{1,3}[）)]|附件|名词解释|[\[［〔]\d{1,3}[\]］〕]|\d{1,2}[.．、](?!\d))"
)
_SPACED = re.compile(
    r"(?<=[\u3400-\u9fff，。、；：！？“”（）《》])[ \t\u3000]+(?=[\u3400-\u9fff，。、；：！？“”（）《》])"
)


@dataclass(frozen=True, slots=True)
class PdfLine:
    """A line with its place in points; ``bottom`` and ``top`` grow upwards.

    ``shortfall`` and ``indent`` tell how far it stays from the edges of its text block.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    shortfall: float = 0.0
    indent: float = 0.0


@dataclass(frozen=True, slots=True)
class PageText:
    """Lines of one page, and its size."""

    lines: list[PdfLine]
    width: float
    height: float

    @property
    def n_chars(self) -> int:
        """Characters that are not blank."""
        return sum(not c.isspace() for line in self.lines for c in line.text)


def without_running_heads(pages: Sequence[PageText]) -> list[PageText]:
    """Drop page numbers, and lines that stand at the top or foot of page after page.

    A head may hold the page's number, so digits are compared as one; a line counts as running
    when it heads (or closes) at least three pages and a third of them.
    """
    counts: Counter[str] = Counter()
    for page in pages:
        counts.update({_key(line.text) for line in _edges(page)})
    least = max(3, len(pages) // 3) if len(pages) > 2 else len(pages) + 1
    running = {key for key, n in counts.items() if n >= least and key}
    found: list[PageText] = []
    for page in pages:
        edges = {id(line) for line in _edges(page)}
        kept = [
            line
            for line in page.lines
            if not (id(line) in edges and (_key(line.text) in running or _is_number(line, page)))
        ]
        found.append(PageText(kept, page.width, page.height))
    return found


def _edges(page: PageText) -> list[PdfLine]:
    """Take the two uppermost and lowest lines, by place where it is known, else by order."""
    lines = page.lines
    if lines and lines[0].top:
        ordered = sorted(lines, key=lambda line: -line.top)
        return [*ordered[:2], *ordered[-2:]]
    return [*lines[:2], *lines[-2:]]


def _key(text: str) -> str:
    return re.sub(r"\d+", "#", re.sub(r"\s", "", text)) if len(text) <= 60 else ""


def _is_number(line: PdfLine, page: PageText) -> bool:
    if not _NUMBER.match(line.text):
        return False
    if not line.top:
        return True
    return line.bottom > 0.88 * page.height or line.top < 0.12 * page.height


def to_paragraphs(pages: Sequence[PageText]) -> list[str]:
    """Join lines into paragraphs, across pages too.

    A line opens a paragraph when it is indented against the text block, or when the line before
    ends a sentence well short of the right edge, or when it opens with an outline mark after a
    finished or short line. Between Han characters no space is put; between words one.
    """
    paragraphs: list[str] = []
    before: PdfLine | None = None
    for page in pages:
        blocks = _columns(page)
        size, gap = _line_height(page.lines), _usual_gap(page.lines)
        for line in page.lines:
            edges = blocks[_column(line, page, blocks)]
            if before is not None and not _opens(before, line, edges, size, gap):
                paragraphs[-1] = _join(paragraphs[-1], _tidy(line.text))
            else:
                paragraphs.append(_tidy(line.text))
            # A line is short or not within its own column.
            shortfall = edges[1] - line.right if edges[1] else 0.0
            before = replace(line, shortfall=shortfall, indent=line.left - edges[0])
    return paragraphs


def _columns(page: PageText) -> list[tuple[float, float]]:
    """Find the left and right edges of the page's one or two text blocks."""
    long = [line for line in page.lines if len(line.text) >= 8]
    middle = page.width / 2
    left = [line for line in long if line.right <= middle + 6]
    right = [line for line in long if line.left >= middle - 6]
    if min(len(left), len(right)) >= 0.25 * len(page.lines):
        return [_block(left), _block(right)]
    return [_block(page.lines)]


def _column(line: PdfLine, page: PageText, blocks: Sequence[tuple[float, float]]) -> int:
    return int(len(blocks) == 2 and line.left >= page.width / 2 - 6)


def _block(lines: Sequence[PdfLine]) -> tuple[float, float]:
    """Find the left and right edge of a text block, where most long lines begin and end."""
    long = [line for line in lines if len(line.text) >= 12] or list(lines)
    if not long:
        return 0.0, 0.0
    lefts = sorted(line.left for line in long)
    rights = sorted(line.right for line in long)
    return lefts[len(lefts) // 4], rights[(3 * len(rights)) // 4]


def _usual_gap(lines: Sequence[PdfLine]) -> float:
    """Find the usual distance between the feet of two lines of one paragraph."""
    gaps = [one.bottom - two.bottom for one, two in pairwise(lines)]
    gaps = sorted(gap for gap in gaps if gap > 0)
    return gaps[len(gaps) // 3] if gaps else 0.0


def _line_height(lines: Sequence[PdfLine]) -> float:
    sizes = [line.top - line.bottom for line in lines if line.top > line.bottom]
    return median(sizes) if sizes else 10.0


def _opens(
    before: PdfLine, line: PdfLine, edges: tuple[float, float], size: float, gap: float
) -> bool:
    text = line.text
    if text[0] in "，。、；：！？）”》%％,;!?":
        return False
    ended = before.text.rstrip().rstrip(_CLOSERS)[-1:] in tuple(_FINAL)
    if not edges[1]:  # no places known: judge by marks alone
        return ended or text.startswith(("\u3000", "  ")) or bool(_OUTLINE.match(text))
    if gap and before.bottom - line.bottom > 1.25 * gap + 1:
        return True  # space between paragraphs instead of an indent
    indented = line.left > edges[0] + 1.2 * size or text.startswith("\u3000\u3000")
    short = before.shortfall > 1.8 * size
    if indented and line.left < edges[0] + 4 * size:
        return True
    if short and (ended or _OUTLINE.match(text) or before.indent > 0.8 * size):
        return True
    return indented and short


def _tidy(text: str) -> str:
    """Blanks that only space characters out on the line are no part of the text."""
    text = text.strip(" \t\u3000").replace("\ufffe", "")
    # A space between two phrases is the author's; a space after every character is the setter's.
    return _SPACED.sub("", text) if len(_SPACED.findall(text)) > 0.3 * len(text) else text


def _join(before: str, text: str) -> str:
    if not before or not text:
        return before + text
    if _WIDE.match(before[-1]) or _WIDE.match(text[0]):
        return before + text
    if before[-1] == "-" and text[0].islower():
        return before[:-1] + text
    if (before[-1].isdigit() and text[0] in ".%0123456789") or before[-1] in ".-/":
        return before + text
    return f"{before} {text}"
