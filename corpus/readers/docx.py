"""Word documents (.docx) to source text, straight from the XML and under limits.

python-docx is left aside here: it gives neither footnotes nor the numbers of numbered
paragraphs (一、二、), and it parses without limits.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from corpus.readers.archive import checked_members, read_member
from corpus.readers.docx_numbering import Numbering
from corpus.readers.errors import ReadError
from corpus.readers.result import Line, Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SKIP = frozenset(
    (f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}delText", f"{W}pPr", f"{W}rPr", _FALLBACK)
)
_MAX_PART = 48 * 1024 * 1024


def read_docx(data: bytes) -> Source:
    """Take the text of a Word document.

    Parameters
    ----------
    data : bytes
        The file.

    Notes
    -----
    Paragraphs in document order, tables as one line a row; numbers that Word makes are written
    out; tracked deletions are left out; footnotes and endnotes follow as note lines ``[1]…``
    and their references become note marks.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ReadError("broken_docx") from error
    with archive:
        members = {m.filename: m for m in checked_members(archive)}
        if "word/document.xml" not in members:
            raise ReadError("broken_docx")
        parts = {
            name: _parse(read_member(archive, members[f"word/{name}.xml"], limit=_MAX_PART))
            for name in ("document", "numbering", "styles", "footnotes", "endnotes")
            if f"word/{name}.xml" in members
        }
        title = _core_title(archive, members)
    return _source(parts, title)


def _parse(xml: bytes) -> _Element:
    """Parse without entities, without network, without unlimited depth."""
    from lxml import etree

    if b"<!DOCTYPE" in xml[:4096] or b"<!ENTITY" in xml:
        raise ReadError("entity_bomb")
    xml = xml.replace(_STRICT, W.strip("{}").encode())
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True
    )
    try:
        return etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise ReadError("broken_docx") from error


def _core_title(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> str:
    if "docProps/core.xml" not in members:
        return ""
    try:
        root = _parse(read_member(archive, members["docProps/core.xml"], limit=1_000_000))
    except ReadError:
        return ""
    found = root.find("{http://purl.org/dc/elements/1.1/}title")
    return (found.text or "").strip() if found is not None else ""


def _source(parts: dict[str, _Element], title: str) -> Source:
    writer = _Writer(Numbering(parts.get("numbering"), parts.get("styles")))
    body = parts["document"].find(f"{W}body")
    if body is None:
        raise ReadError("broken_docx")
    writer.blocks(body)
    for name in ("footnotes", "endnotes"):
        if name in parts:
            writer.notes(parts[name])
    lines = tuple(writer.lines)
    raw = "\n".join(writer.texts)
    named = [t for t in writer.texts[:12] if "报告" in t.replace(" ", "") and len(t) <= 60]
    titles = [t for t in (*named, title) if t]
    return Source(raw, lines, 0, len(lines), marks=tuple(writer.marks), titles=tuple(titles))


class _Writer:
    """Collects lines, and keeps count of offsets and note marks."""

    def __init__(self, numbering: Numbering) -> None:
        self.numbering = numbering
        self.texts: list[str] = []
        self.lines: list[Line] = []
        self.marks: list[Span] = []
        self.at = 0

    def add(self, text: str, marks: list[Span], *, note: bool = False) -> None:
        """Add lines; marks are offsets into ``text``."""
        for piece_start, piece in _lines_of(text):
            self.marks += [
                (self.at + a - piece_start, self.at + b - piece_start)
                for a, b in marks
                if piece_start <= a and b <= piece_start + len(piece)
            ]
            self.texts.append(piece)
            self.lines.append(Line(self.at, self.at + len(piece), note=note))
            self.at += len(piece) + 1

    def blocks(self, parent: _Element) -> None:
        """Write paragraphs and tables in order."""
        for element in _block_elements(parent):
            if element.tag == f"{W}p":
                text, marks = _runs(element)
                number = self.numbering.next(element) if text.strip() else ""
                shift = len(number)
                self.add(number + text, [(a + shift, b + shift) for a, b in marks])
            else:
                for row in element.iter(f"{W}tr"):
                    cells = [_cell_text(cell) for cell in row.iterchildren(f"{W}tc")]
                    self.add("\t".join(cells), [])

    def notes(self, root: _Element) -> None:
        """Write foot- or endnotes; the two separators that Word keeps there have a type."""
        for note in root:
            if note.get(f"{W}type") in ("separator", "continuationSeparator", "continuationNotice"):
                continue
            text = "".join(_runs(p)[0] for p in note.iter(f"{W}p")).strip()
            if text:
                self.add(f"[{note.get(f'{W}id')}]{text}".replace("\n", ""), [], note=True)


def _lines_of(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for piece in text.split("\n"):
        if piece.strip():
            yield at, piece
        at += len(piece) + 1


def _block_elements(parent: _Element) -> Iterator[_Element]:
    """Paragraphs and tables, through content controls and custom XML, without recursion."""
    stack: list[Any] = [iter(parent)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
        elif element.tag in (f"{W}p", f"{W}tbl"):
            yield element
        elif isinstance(element.tag, str) and element.tag not in _SKIP:
            stack.append(iter(element))


def _cell_text(cell: _Element) -> str:
    return "".join(_runs(p)[0].strip() for p in cell.iter(f"{W}p")).replace("\n", "")


def _runs(paragraph: _Element) -> tuple[str, list[Span]]:
    """Join the runs of a paragraph; returns the text and the spans of note references."""
    pieces: list[str] = []
    marks: list[Span] = []
    length = 0
    stack: list[Any] = [iter(paragraph)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIP or (tag == f"{W}r" and _is_vanished(element)):
            continue
        piece = _piece(element, tag)
        if piece is None:
            stack.append(iter(element))
            continue
        if tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
            marks.append((length, length + len(piece)))
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces), marks


def _is_vanished(run: _Element) -> bool:
    hidden = run.find(f"{W}rPr/{W}vanish")
    return hidden is not None and hidden.get(f"{W}val") not in ("0", "false")


def _piece(element: _Element, tag: str) -> str | None:
    if tag == f"{W}t":
        return element.text or ""
    if tag == f"{W}tab":
        return "\t"
    if tag in (f"{W}br", f"{W}cr"):
        return "\n"
    if tag == f"{W}noBreakHyphen":
        return "-"
    if tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
        return f"[{element.get(f'{W}id')}]"
    return None
