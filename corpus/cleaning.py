"""Source text to the report proper: both ends trimmed, copies dropped, annexes split off.

Every paragraph is put together from slices of the raw text, so nothing in it can have changed:
numbers, quotation marks and spaces inside a sentence stay as published.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.annexes import note_marks, note_numbers
from corpus.copies import drop_copy
from corpus.furniture import INVISIBLE, LEAKED, ends_sentence, is_caption, is_furniture
from corpus.notes import holds_notes, notes_elsewhere, take_notes
from corpus.paragraphs import Paragraph, Parts, cut_spans, join_broken, paragraphs_of
from corpus.readers.result import Removed, Source
from corpus.tails import FINAL_CALL, split_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

GREETING = re.compile(
    r"^(?:主席团?[、，,]|大会主席团[、，,])?(?:尊敬的)?(?:[各名]位代表|代表(?:同志)?们|同志们|各位委员)(?:[、，,]?\s*(?:同志们|各位代表|朋友们|各位委员|各位来宾))*\s*(?:[：:！!，,。]|$)"
)
_CLOSING = re.compile(
    r"让我们|我们(?:一定|坚信|相信|要更加|的目标一定)|万岁|谢谢|各位代表|同志们|号召|更加紧密|团结|前进|奋斗|奋勇|胜利|贡献|篇章"
    r"|新局面|辉煌|献礼|掌声|审议|明天|使命|信念|担当|实干|开拓|拼搏|奋发|周围|迈进|为[^。]{4,80}而[^。]{0,6}努力"
)
_SESSION = re.compile(r"代表大会.{0,20}(?:次会议|会议上)|人大.{0,4}次会议")
_MAX_HEAD = 1200


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The parts of a document.

    Attributes
    ----------
    text, glossary, annex : str
        One paragraph a line.
    head : tuple of str
        What stands before the greeting inside the body element: title, session line, speaker.
    before : tuple of str
        Lines of the page before the body element, nearest last.
    segments, removed
        The offset map of ``text`` and the account of what is in no part.
    is_doubled, is_truncated, has_final_call, has_greeting : bool
    """

    text: str
    glossary: str
    annex: str
    head: tuple[str, ...]
    before: tuple[str, ...]
    segments: tuple[tuple[int, int, int], ...]
    removed: tuple[Removed, ...]
    is_doubled: bool
    is_truncated: bool
    has_final_call: bool
    has_greeting: bool


def clean(source: Source) -> Cleaned:
    """Split a source text into body, glossary and annex, and account for the rest.

    Notes
    -----
    Order: invisible characters and leaked markers go; lines broken inside a paragraph are
    joined; a second copy is dropped; what stands before the greeting is the head; from the end,
    furniture is trimmed; headings and numbered notes after the last paragraph of the report open
    glossary and annex; note marks that point to a note are taken out of the body.
    """
    parts = Parts()
    inside = paragraphs_of(source, source.first, source.last, skip=(INVISIBLE, LEAKED))
    inside = _set_hidden_aside(inside, parts)
    if source.broken_lines:
        inside = join_broken(inside)
    inside, doubled = drop_copy(inside, parts)
    start = greeting_index(inside)
    has_greeting = start is not None
    first = start if start is not None else _first_text(inside)
    parts.head = inside[:first]
    split_tail(inside[first:], parts)
    notes_elsewhere(source, parts)
    text = "\n".join(p.text for p in parts.body)
    return _finish(
        source, parts, doubled=doubled, truncated=_is_truncated(text), greeted=has_greeting
    )


def greeting_index(paragraphs: Sequence[Paragraph]) -> int | None:
    """Find the greeting that opens the report: the first one, 各位代表 before 同志们."""
    found = [i for i, p in enumerate(paragraphs) if GREETING.match(re.sub(r"\s", "", p.text[:40]))]
    named = [i for i in found if "位代表" in re.sub(r"\s", "", paragraphs[i].text[:20])]
    candidates = (named or found[:1])[:50]
    most = max(_MAX_HEAD, 0.15 * sum(len(p.text) for p in paragraphs))
    for i in candidates:
        if sum(len(p.text) for p in paragraphs[:i] if ends_sentence(p.text)) > most:
            return None  # 各位代表！ opens later paragraphs too; this text has lost its beginning
        following = sum(len(p.text) for p in paragraphs[i : i + 12])
        if following > 200 or i == candidates[-1]:
            return i
    return None


def _set_hidden_aside(paragraphs: list[Paragraph], parts: Parts) -> list[Paragraph]:
    """Hidden boxes inside the body are furniture, unless they hold notes."""
    visible = [p for p in paragraphs if not p.hidden and not p.note]
    hidden = [p for p in paragraphs if p.hidden and not p.note]
    parts.glossary += [p for p in paragraphs if p.note]
    if sum(len(p.text) for p in hidden) > sum(len(p.text) for p in visible):
        return visible + hidden if not visible else [p for p in paragraphs if not p.note]
    if holds_notes(hidden):
        take_notes(hidden, parts)
    else:
        parts.dropped += [(p, "hidden") for p in hidden]
    return visible


def _first_text(paragraphs: Sequence[Paragraph]) -> int:
    """Without a greeting: the first line that is neither title, session line nor furniture."""
    for i, paragraph in enumerate(paragraphs):
        line = paragraph.text
        is_head = len(line) < 60 and not ends_sentence(line)
        if not (
            is_head
            or is_furniture(line)
            or is_caption(line)
            or (_SESSION.search(line) and len(line) < 120)
        ):
            return i
    return 0


def _is_truncated(text: str) -> bool:
    """Tell whether the end is missing: no sentence end, or no call in the last words."""
    if len(text) < 400:
        return False
    return not ends_sentence(text[-40:]) or not _CLOSING.search(text[-300:])


def _finish(
    source: Source, parts: Parts, *, doubled: bool, truncated: bool, greeted: bool
) -> Cleaned:
    parts.glossary.sort(key=lambda p: p.start)
    glossary = "\n".join(p.text for p in parts.glossary)
    removed = [Removed(p.start, p.end, why) for p, why in parts.dropped]
    removed += [Removed(p.start, p.end, "head") for p in parts.head]
    numbers = note_numbers(glossary)
    marks = [*source.marks]
    for paragraph in parts.body:
        marks += paragraph.to_raw(note_marks(paragraph.text, numbers)) if numbers else []
    body = [cut_spans(p, marks) for p in parts.body]
    low, high = (body[0].start, body[-1].end) if body else (0, 0)
    removed += [Removed(a, b, "note mark") for a, b in sorted(set(marks)) if low <= a < high]
    text, segments = _assemble(body)
    return Cleaned(
        text=text,
        glossary=glossary,
        annex="\n".join(p.text for p in parts.annex),
        head=tuple(p.text for p in parts.head),
        before=tuple(
            source.text_of(line).strip()
            for line in source.lines[max(0, source.first - 60) : source.first]
        ),
        segments=segments,
        removed=tuple(sorted(removed, key=lambda r: (r.start, r.end))),
        is_doubled=doubled,
        is_truncated=truncated,
        has_final_call=bool(FINAL_CALL.search(text[-300:])),
        has_greeting=greeted,
    )


def _assemble(body: Sequence[Paragraph]) -> tuple[str, tuple[tuple[int, int, int], ...]]:
    pieces: list[str] = []
    segments: list[tuple[int, int, int]] = []
    at = 0
    for number, paragraph in enumerate(p for p in body if p.text):
        if number:
            pieces.append("\n")
            at += 1
        for start, end in paragraph.spans:
            segments.append((at, start, end - start))
            at += end - start
        pieces.append(paragraph.text)
    return "".join(pieces), tuple(segments)
