"""Glossaries that stand apart from the body: hidden boxes, tables, second containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus.annexes import heading_of, is_label, is_note
from corpus.furniture import INVISIBLE, LEAKED, ends_sentence, ends_text, is_furniture
from corpus.paragraphs import Paragraph, Parts, paragraphs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.readers.result import Source


def holds_notes(paragraphs: Sequence[Paragraph]) -> bool:
    """Tell a box with a glossary: a heading with lines behind it, or several numbered notes."""
    if not paragraphs:
        return False
    headed = any(heading_of(p.text) == "glossary" for p in paragraphs[:3])
    notes = sum(is_note(p.text) or "\t" in p.text for p in paragraphs)
    return (headed and len(paragraphs) >= 2 and notes >= 1) or notes >= 3


def take_notes(paragraphs: list[Paragraph], parts: Parts) -> None:
    """Put the lines of a box into the glossary, its labels and buttons aside."""
    for paragraph in paragraphs:
        label = is_label(paragraph.text) or is_furniture(paragraph.text) or len(paragraph.text) < 6
        if label:
            parts.dropped.append((paragraph, "label"))
        else:
            parts.glossary.append(paragraph)


def notes_elsewhere(source: Source, parts: Parts) -> None:
    """Find a glossary outside the body element: a hidden box, a table below, a second container."""
    outside = [
        *paragraphs_of(source, 0, source.first, skip=(INVISIBLE, LEAKED)),
        *paragraphs_of(source, source.last, len(source.lines), skip=(INVISIBLE, LEAKED)),
    ]
    taken: set[int] = set()
    headings = [
        i for i, p in enumerate(outside) if heading_of(p.text) == "glossary" and not p.linked
    ]
    for i in headings[:20]:
        block = _note_block(outside, i)
        if holds_notes(block) and not parts.glossary:
            taken.update(range(i, i + len(block)))
            take_notes(block, parts)
    parts.dropped += [(p, "outside") for i, p in enumerate(outside) if i not in taken]


def _note_block(paragraphs: Sequence[Paragraph], at: int) -> list[Paragraph]:
    block = [paragraphs[at]]
    for paragraph in paragraphs[at + 1 :]:
        if ends_text(paragraph.text) or (paragraph.linked and not is_note(paragraph.text)):
            break
        block.append(paragraph)
    while len(block) > 1 and not (
        is_note(block[-1].text) or ends_sentence(block[-1].text) or "\t" in block[-1].text
    ):
        block.pop()
    return block
