"""What follows the report on its page: annex, glossary, and the page's foot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from corpus.annexes import Part, heading_of, is_first_note, is_label, is_note, is_project_title
from corpus.furniture import ends_sentence, ends_text, is_caption, is_furniture, is_pager
from corpus.notes import holds_notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.paragraphs import Paragraph, Parts

FINAL_CALL = re.compile(
    r"让我们|我们坚信|(?:奋斗|前进|胜利|贡献|篇章|局面|辉煌|献礼|明天|未来|跨越|实景|突破|力量|发展|进位|目标|成绩)[。！!][”’）)]?$|万岁！?$"
)
_OUTLINE = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,2}[.．、])"
)
_MIN_BODY = 1500


def split_tail(paragraphs: list[Paragraph], parts: Parts) -> None:
    """Cut what follows the report into annex, glossary and furniture."""
    opening = _first_heading(paragraphs)
    body, rest = paragraphs[:opening], paragraphs[opening:]
    body, foot = _trim_foot(body)
    if foot and not rest:
        _take_foot(foot, parts)
    else:
        parts.dropped += [(p, "furniture") for p in foot]
    body = _drop_captions(body, parts)
    body, loose = _loose_annex(body)
    if loose and not is_note(loose[0].text) and not _is_running(loose):
        parts.dropped += [(p, "furniture") for p in loose]
        loose = []
    parts.body += body
    if loose:
        _take_sections(loose, "annex", parts)
    if rest:
        _take_sections(rest, "annex", parts)


def _first_heading(paragraphs: Sequence[Paragraph]) -> int:
    """Find the first heading of a glossary or annex behind the bulk of the text."""
    sizes = [len(p.text) for p in paragraphs]
    before, bulk = 0, min(_MIN_BODY, 0.4 * sum(sizes))
    for i, paragraph in enumerate(paragraphs):
        part = heading_of(paragraph.text)
        enough = before >= bulk
        if part is not None and enough and not paragraph.linked and _opens(paragraphs, i, part):
            return i
        before += sizes[i]
    return len(paragraphs)


def _opens(paragraphs: Sequence[Paragraph], at: int, part: Part) -> bool:
    """Count a heading when notes or items follow, or when it is the label alone."""
    following = [p.text for p in paragraphs[at + 1 : at + 6] if not is_furniture(p.text)]
    if part == "glossary":
        return any(is_note(t) or "\t" in t or re.search(r"[：:]|指|即", t[:60]) for t in following)
    return bool(following) and not is_furniture(paragraphs[at].text)


def _trim_foot(paragraphs: list[Paragraph]) -> tuple[list[Paragraph], list[Paragraph]]:
    """Cut the page's foot: at the first line that opens it, then backwards line by line."""
    total = sum(len(p.text) for p in paragraphs)
    before, end = 0, len(paragraphs)
    for i, paragraph in enumerate(paragraphs):
        if before > 0.6 * total and ends_text(paragraph.text):
            end = i
            break
        before += len(paragraph.text)
    while end > 1 and _is_foot(paragraphs[end - 1]):
        end -= 1
    return paragraphs[:end], paragraphs[end:]


def _is_foot(paragraph: Paragraph) -> bool:
    line = paragraph.text
    if is_furniture(line) or is_caption(line):
        return True
    if ends_sentence(line) or line[-1] in "，、：；,;:":
        return False
    return paragraph.linked or (len(line) < 30 and not _OUTLINE.match(line))


def _drop_captions(paragraphs: list[Paragraph], parts: Parts) -> list[Paragraph]:
    pagers = {id(p) for p in paragraphs if p.linked and is_pager(p.text)}
    captions = {id(p) for p in paragraphs if is_caption(p.text)}
    parts.dropped += [(p, "pager") for p in paragraphs if id(p) in pagers]
    parts.dropped += [(p, "caption") for p in paragraphs if id(p) in captions]
    return [p for p in paragraphs if id(p) not in pagers | captions]


def _loose_annex(paragraphs: list[Paragraph]) -> tuple[list[Paragraph], list[Paragraph]]:
    """Find notes or a project list that follow the closing call without a heading."""
    total = sum(len(p.text) for p in paragraphs)
    before = tries = 0
    for i, paragraph in enumerate(paragraphs):
        if before > 0.4 * total and tries < 20 and is_first_note(paragraph.text):
            tries += 1
            if _mostly_notes(paragraphs[i:]):
                return paragraphs[:i], paragraphs[i:]
        before += len(paragraph.text)
        if (
            before < 0.5 * total
            or not FINAL_CALL.search(paragraph.text)
            or len(paragraph.text) < 12
        ):
            continue
        rest = paragraphs[i + 1 :]
        if not rest:
            break
        notes = [is_note(p.text) for p in rest[:4]]
        title = rest[0].text
        if len(rest) >= 2 and (all(notes) or is_project_title(title)):
            return paragraphs[: i + 1], rest
        if _is_last_call(paragraph.text) and not any(FINAL_CALL.search(p.text) for p in rest):
            titled = len(title) <= 40 and not ends_sentence(title)
            if titled and (len(rest) >= 2 or not ends_sentence(rest[-1].text)):
                return paragraphs[: i + 1], rest
    return paragraphs, []


def _mostly_notes(paragraphs: Sequence[Paragraph]) -> bool:
    notes = sum(is_note(p.text) for p in paragraphs)
    enough = notes >= 2 and notes >= 0.5 * len(paragraphs)
    return enough and (paragraphs[0].text[0] in "[［〔" or _all_notes(paragraphs))


def _is_running(paragraphs: Sequence[Paragraph]) -> bool:
    """Tell a project list or notes from lists of places, departments and buttons."""
    if not paragraphs:
        return False
    running = [p for p in paragraphs if len(p.text) >= 15 and re.search(r"[。；，：、！]", p.text)]
    return sum(len(p.text) for p in running) >= 0.5 * sum(len(p.text) for p in paragraphs)


def _is_last_call(text: str) -> bool:
    return "让我们" in text and ends_sentence(text)


def _take_foot(foot: list[Paragraph], parts: Parts) -> None:
    """Behind the foot a glossary may still follow (a box below the toolbar)."""
    at = next((i for i, p in enumerate(foot) if heading_of(p.text) == "glossary"), len(foot))
    if holds_notes(foot[at + 1 :]):
        parts.dropped += [(p, "furniture") for p in foot[:at]]
        _take_sections(foot[at:], "glossary", parts)
    else:
        parts.dropped += [(p, "furniture") for p in foot]


def _take_sections(paragraphs: list[Paragraph], part: Part, parts: Parts) -> None:
    """Sort what follows the report into glossary and annex, heading by heading."""
    paragraphs, foot = _trim_sections(paragraphs)
    parts.dropped += [(p, "furniture") for p in foot]
    for i, paragraph in enumerate(paragraphs):
        found = heading_of(paragraph.text)
        following = paragraphs[i + 1].text if i + 1 < len(paragraphs) else ""
        if found == "annex" and is_label(paragraph.text) and heading_of(following) == "glossary":
            found = "glossary"
        if found is not None:
            part = found
            if is_label(paragraph.text):
                parts.dropped.append((paragraph, "label"))
                continue
        elif part == "annex" and is_note(paragraph.text) and _mostly_notes(paragraphs[i:]):
            part = "glossary"
        if is_furniture(paragraph.text) and not ends_text(paragraph.text):
            parts.dropped.append((paragraph, "furniture"))
        else:
            (parts.glossary if part == "glossary" else parts.annex).append(paragraph)


def _trim_sections(paragraphs: list[Paragraph]) -> tuple[list[Paragraph], list[Paragraph]]:
    end = len(paragraphs)
    for i, paragraph in enumerate(paragraphs[1:], start=1):
        rest = paragraphs[i + 1 :]
        if (
            ends_text(paragraph.text)
            and not _is_running(rest)
            and not any(is_note(p.text) for p in rest)
        ):
            end = i
            break
    while end > 1 and not is_note(paragraphs[end - 1].text):
        last = paragraphs[end - 1]
        if not (is_furniture(last.text) or (last.linked and not ends_sentence(last.text))):
            break
        end -= 1
    return paragraphs[:end], paragraphs[end:]


def _all_notes(paragraphs: Sequence[Paragraph]) -> bool:
    notes = sum(is_note(p.text) for p in paragraphs)
    explained = sum(bool(re.search(r"指|即|简称|包括", p.text[:60])) for p in paragraphs)
    return notes >= 2 and notes >= 0.5 * len(paragraphs) and explained >= 0.3 * len(paragraphs)
