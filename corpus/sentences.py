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
QUOTES = {"“": "”", "‘": "’", "「": "」", "『": "』"}
BRACKETS = {
    "《": "》",
    "（": "）",
    "(": ")",
    "【": "】",
    "〔": "〕",
    "［": "］",
    "[": "]",
    "〈": "〉",
    "{": "}",
}
PAIRS = {**QUOTES, **BRACKETS}
CLOSERS = frozenset(PAIRS.values()) | frozenset("\"'")
# After a closing quotation these continue the sentence: “……！”的口号, “……。”，……
_RUNS_ON = re.compile(
    r"[，、；：,;:]|的(?!确)|地|得|等|和|与|及|是|为(?!此|了)|这[是就些一两三]|[”’]"
)
# 强调：“……。”为此， – a quotation with a verb before it is over when it closes.
_RUNS_ON_AFTER_SPEECH = re.compile(r"[，、；：,;:]|的(?!确)|等")
_GREETING = re.compile(r"各位代表|同志们")
# A note mark belongs to the sentence whose end it stands at.
_NOTE = re.compile(r"(?:[\[［〔]\s*(?:注)?\d{1,3}\s*[\]］〕])+")
_CIRCLED = re.compile(r"[①-⑳㉑-㉟]")
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
    lists_circled = len(set(_CIRCLED.findall(line))) > 1
    i = 0
    while i < len(line):
        if not _is_end(line, i, semicolon=semicolon):
            i += 1
            continue
        after = _after_marks(line, i)
        if not _ends_here(line, i, after, cover):
            i += 1
            continue
        after = _after_notes(line, after, lists_circled=lists_circled)
        yield after
        i = after


def _is_end(line: str, i: int, *, semicolon: bool) -> bool:
    char = line[i]
    if char == "…":  # ends a sentence only where it ends a quotation
        return _closes(line, i + 1)
    if char not in END_MARKS and not (semicolon and char in SEMICOLONS):
        return False
    return char not in "!?;" or _follows_text(line, i)


def _closes(line: str, i: int) -> bool:
    return i < len(line) and line[i] in QUOTES.values()


def _follows_text(line: str, i: int) -> bool:
    """ASCII marks end a sentence after Han text or a figure, and never inside an address."""
    before, behind = line[i - 1] if i else "", line[i + 1] if i + 1 < len(line) else ""
    is_text = bool(_HAN.match(before)) or before in "%0123456789”）)!?"
    return is_text and not (behind.isascii() and behind.isalnum())


def _ends_here(line: str, i: int, after: int, cover: list[int]) -> bool:
    """Whether the mark at ``i`` ends a sentence, seeing what encloses it and what follows."""
    closes = cover[i]
    if closes == -1:
        return not (line[after - 1] in CLOSERS and _RUNS_ON.match(line, after))
    if line[i] in SEMICOLONS or after <= closes or line[closes] not in QUOTES.values():
        return False
    if _is_speech(line, _opening(line, closes)):
        return not _RUNS_ON_AFTER_SPEECH.match(line, after)
    # “签约即开工！”成为常态: what is quoted without a verb of saying is a part of its sentence,
    # unless a full stop closes it.
    if _GREETING.match(line, after):
        return True
    return line[i] in "。｡" and not _RUNS_ON.match(line, after)


def _opening(line: str, closes: int) -> int:
    """Place of the quotation mark that the one at ``closes`` closes."""
    return next(start for start, end, _ in _enclosures(line) if end == closes)


def _is_speech(line: str, opening: int) -> bool:
    """Whether a quotation is introduced: 指出：“……”."""
    return line[:opening].rstrip().endswith(("：", ":"))


def _after_marks(line: str, i: int) -> int:
    """Step over a run of end marks and the closers that belong to the sentence."""
    j = i + 1
    while j < len(line):
        if line[j] in END_MARKS or line[j] in CLOSERS or line[j] == "…":
            j += 1
            continue
        blank = j
        while blank < len(line) and line[blank].isspace():
            blank += 1
        if blank == j or not _closes(line, blank):
            break
        j = blank
    return j


def _after_notes(line: str, after: int, *, lists_circled: bool) -> int:
    """Step over note marks; circled numbers are notes unless the paragraph counts with them."""
    if note := _NOTE.match(line, after):
        return note.end()
    if not lists_circled and after < len(line) and _CIRCLED.match(line[after]):
        return after + 1
    return after


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
