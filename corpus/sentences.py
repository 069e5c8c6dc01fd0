"""Cut a text into sentences by rule, each with its offsets into the text.

The marks are those of GB/T 15834-2011 (。！？ end a sentence), with ； as a setting because
reports string whole measures together with it. A mark inside 《》 or brackets ends nothing; a
mark inside quotation marks ends a sentence only when the quotation closes right after it and the
sentence does not run on.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

END_MARKS = frozenset("。！？!?｡")
SEMICOLONS = frozenset("；;")
PAIRS = {"“": "”", "‘": "’", "《": "》", "（": "）", "(": ")", "「": "」", "『": "』", "【": "】"}
QUOTES = frozenset("“‘「『")
CLOSERS = frozenset("”’」』》）)】\"'")
# After a closing quotation these continue the sentence: “……！”的口号, “……。”，……
RUNS_ON = frozenset("，、；：,;:的地得等和与及是为之")
MIN_HAN = 4
_HAN = re.compile(r"[\u3400-\u9fff〇]")
_LINE = re.compile(r"[^\r\n\u2028\u2029\x0b\x0c\x85]+")


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence as code-point offsets: ``text[start:end]``, in paragraph ``paragraph``."""

    start: int
    end: int
    paragraph: int


def split_text(text: str, *, semicolon: bool = True) -> list[Span]:
    """Cut ``text`` into sentences.

    Parameters
    ----------
    text : str
        One paragraph a line.
    semicolon : bool
        Whether ； ends a unit.

    Returns
    -------
    list of Span
        In order, without overlap; what lies between them is white space only, so the spans and
        the gaps reproduce the text.

    Examples
    --------
    >>> [s.end for s in split_text("坚持创新驱动。建设实验室3家；引进人才。")]
    [7, 14, 19]
    """
    spans: list[Span] = []
    for number, line in enumerate(_LINE.finditer(text)):
        begin, end = _trim(text, line.start(), line.end())
        if begin < end:
            cuts = _cuts(text[begin:end], semicolon=semicolon)
            pieces = _merge_fragments(text, _pieces(text, begin, end, cuts))
            spans.extend(Span(a, b, number) for a, b in pieces)
    return spans


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _enclosures(line: str) -> list[tuple[int, int, str]]:
    """List the closed pairs of brackets and quotation marks; what never closes is ignored."""
    stack: list[tuple[str, int]] = []
    found: list[tuple[int, int, str]] = []
    for i, char in enumerate(line):
        if char in PAIRS:
            stack.append((char, i))
        elif char in CLOSERS:
            for depth in range(len(stack) - 1, -1, -1):
                if PAIRS[stack[depth][0]] == char:
                    found.append((stack[depth][1], i, stack[depth][0]))
                    del stack[depth:]
                    break
    return found


def _cover(line: str) -> list[int]:
    """Give for every character the end of the widest enclosure around it, or -1."""
    cover = [-1] * len(line)
    for start, end, _ in sorted(_enclosures(line), key=lambda e: e[0] - e[1]):
        if cover[start] == -1:
            cover[start + 1 : end] = [end] * (end - start - 1)
    return cover


def _cuts(line: str, *, semicolon: bool) -> Iterator[int]:
    """Yield the offsets after which a sentence ends."""
    cover = _cover(line)
    i = 0
    while i < len(line):
        char = line[i]
        is_end = char in END_MARKS or (semicolon and char in SEMICOLONS)
        if not is_end or _is_ascii_noise(line, i):
            i += 1
            continue
        after = _after_marks(line, i)
        if cover[i] != -1:
            closes = cover[i]
            quotation_ends = after > closes and line[closes] in {PAIRS[q] for q in QUOTES}
            if not quotation_ends or char in SEMICOLONS or _runs_on(line, after):
                i += 1
                continue
        elif _runs_on(line, after) and line[after - 1] in CLOSERS:
            i = after
            continue
        yield after
        i = after


def _is_ascii_noise(line: str, i: int) -> bool:
    """ASCII marks end a sentence only after Han text or digits (html entities, URLs do not)."""
    char = line[i]
    if char not in "!?;":
        return False
    before = line[i - 1] if i else ""
    return not (_HAN.match(before) or before in "%0123456789”）)")


def _after_marks(line: str, i: int) -> int:
    """Step over a run of end marks and the closers that belong to the sentence."""
    j = i + 1
    while j < len(line) and (line[j] in END_MARKS or line[j] in CLOSERS):
        j += 1
    return j


def _runs_on(line: str, after: int) -> bool:
    return after < len(line) and line[after] in RUNS_ON


def _pieces(text: str, begin: int, end: int, cuts: Iterator[int]) -> list[tuple[int, int]]:
    edges = [begin, *(begin + cut for cut in cuts), end]
    trimmed = (_trim(text, a, b) for a, b in itertools.pairwise(edges))
    return [(a, b) for a, b in trimmed if a < b]


def _merge_fragments(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what is too short to be a sentence (5%；, ！) to its neighbour in the paragraph."""
    merged: list[tuple[int, int]] = []
    pending: int | None = None
    for start, end in pieces:
        begin = start if pending is None else pending
        pending = None
        if len(_HAN.findall(text[begin:end])) < MIN_HAN:
            if merged:
                merged[-1] = (merged[-1][0], end)
            else:
                pending = begin
            continue
        merged.append((begin, end))
    if pending is not None:
        merged.append((pending, pieces[-1][1]))
    return merged
