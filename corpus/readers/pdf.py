"""PDF to source text: pdfium first because it is quick, pdfplumber as second reader.

pdfium reads the fonts without ToUnicode map that Chinese gazettes use (GBK-EUC-H) and takes
milliseconds a page; pdfplumber takes a hundred times as long. So pdfium reads every page, and
pdfplumber a sample, which gives the agreement; where pdfium finds no mapping, pdfplumber reads all.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from corpus.readers.errors import ReadError
from corpus.readers.pdf_paragraphs import PageText, PdfLine, to_paragraphs, without_running_heads
from corpus.readers.result import Line, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_PAGES = 2_000
MAX_SECONDS = 40.0
MAX_CHARS = 4_000_000
_SAMPLE = 3
_BAD = re.compile(r"[\ufffd\ufffe\uffff\ue000-\uf8ff\x00-\x08\x0e-\x1f]|\(cid:\d+\)")
_HAN = re.compile(r"[\u3400-\u9fff]")
_MIN_CHARS = 20  # a page with less and a picture is a picture
_MAX_BAD = 0.01
_DISAGREE = 0.2


def read_pdf(
    data: bytes, *, max_pages: int = MAX_PAGES, max_seconds: float = MAX_SECONDS
) -> Source:
    """Take the text of a PDF with a text layer.

    Parameters
    ----------
    data : bytes
        The file.
    max_pages, max_seconds
        Bounds; a longer document raises ``too_many_pages``, a slower one ``too_slow``.

    Raises
    ------
    ReadError
        ``needs_ocr`` with ``scanned`` or ``unmapped_font``; ``encrypted``; ``broken_pdf``.
    """
    pages, pictures = _read_pdfium(data, max_pages, max_seconds)
    _refuse_scan(pages, pictures)
    if _bad_share(pages) > _MAX_BAD:
        pages = _read_plumber(data, list(range(len(pages))), max_seconds)
        if _bad_share(pages) > _MAX_BAD:
            raise ReadError("unmapped_font", status="needs_ocr")
    if _is_garbled(pages):
        raise ReadError("unmapped_font", status="needs_ocr")
    agreement = _second_opinion(data, pages)
    if agreement is not None and agreement < _DISAGREE and len(_HAN.findall(_text(pages))) < 200:
        raise ReadError("unmapped_font", status="needs_ocr")
    return _source(pages, agreement)


def _read_pdfium(data: bytes, max_pages: int, max_seconds: float) -> tuple[list[PageText], int]:
    """Read all pages; also counts those that show a picture and next to no text."""
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        reason = (
            "encrypted"
            if "password" in str(error).lower() or "security" in str(error).lower()
            else "broken_pdf"
        )
        raise ReadError(reason) from error
    deadline = time.monotonic() + max_seconds
    pages: list[PageText] = []
    pictures = size = 0
    try:
        if len(document) > max_pages:
            raise ReadError("too_many_pages")
        if len(document) == 0:
            raise ReadError("broken_pdf")
        for number in range(len(document)):
            page = _page_text(document, number)
            pages.append(page)
            size += page.n_chars
            if page.n_chars < _MIN_CHARS and _has_picture(document, number):
                pictures += 1
            if time.monotonic() > deadline:
                raise ReadError("too_slow")
            if size > MAX_CHARS:
                raise ReadError("too_large")
    except pdfium.PdfiumError as error:
        raise ReadError("broken_pdf") from error
    finally:
        document.close()
    return pages, pictures


def _page_text(document: Any, number: int) -> PageText:
    page = document[number]
    text_page = page.get_textpage()
    try:
        text = text_page.get_text_range()
        lines = list(_lines(text_page, text))
        return PageText(lines, page.get_width(), page.get_height())
    finally:
        text_page.close()
        page.close()


def _lines(text_page: Any, text: str) -> Iterator[PdfLine]:
    """Cut at pdfium's line ends; the boxes of first and last character give the place."""
    matched = text_page.count_chars() == len(text)
    at = 0
    for piece in re.split(r"(\r\n|\n|\r|\x0c)", text):
        stripped = piece.strip(" \t\r\n\x0c")
        if stripped:
            box = (0.0, 0.0, 0.0, 0.0)
            if matched:
                box = _box(text_page, at + piece.index(stripped[0]), at + len(piece.rstrip()) - 1)
            yield PdfLine(stripped, *box)
        at += len(piece)


def _box(text_page: Any, first: int, last: int) -> tuple[float, float, float, float]:
    left, bottom, _, top = text_page.get_charbox(first, loose=True)
    _, _, right, _ = text_page.get_charbox(last, loose=True)
    return left, right, bottom, top


def _has_picture(document: Any, number: int) -> bool:
    import pypdfium2.raw as raw

    page = document[number]
    try:
        return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4))
    finally:
        page.close()


def _refuse_scan(pages: Sequence[PageText], pictures: int) -> None:
    total = sum(page.n_chars for page in pages)
    empty = sum(page.n_chars < _MIN_CHARS for page in pages)
    if empty == len(pages) or total < _MIN_CHARS * len(pages):
        raise ReadError("scanned" if pictures or total < 200 else "no_text", status="needs_ocr")
    if pictures >= 2 and pictures > 0.2 * len(pages):
        raise ReadError("partly_scanned", status="needs_ocr")


def _text(pages: Sequence[PageText]) -> str:
    return "\n".join(line.text for page in pages for line in page.lines)


def _bad_share(pages: Sequence[PageText]) -> float:
    text = _text(pages)
    return sum(len(m) for m in _BAD.findall(text)) / max(len(text), 1)


def _is_garbled(pages: Sequence[PageText]) -> bool:
    """Letters without meaning: a font whose codes were taken for characters."""
    text = re.sub(r"\s", "", _text(pages))[:60_000]
    if len(text) < 40:
        return False
    if len(_HAN.findall(text)) > 0.2 * len(text):
        common = sum(text.count(c) for c in "的一是在和发展有大年工作经济建设社会")
        return common < 0.015 * len(text)
    words = re.findall(r"[A-Za-z]{3,}", text)
    vowels = sum(bool(re.search(r"[aeiouAEIOU]", w)) for w in words)
    letters = sum(map(len, words))
    return letters < 0.5 * len(text) or vowels < 0.7 * len(words)


def _read_plumber(data: bytes, numbers: Sequence[int], max_seconds: float) -> list[PageText]:
    """Read some pages with pdfplumber (pdfminer.six), which has its own tables of Adobe's CMaps."""
    import io

    import pdfplumber

    deadline = time.monotonic() + max_seconds
    found: list[PageText] = []
    with pdfplumber.open(io.BytesIO(data)) as document:
        for number in numbers:
            page = document.pages[number]
            height = float(page.height)
            lines = [
                PdfLine(
                    str(line["text"]).strip(),
                    line["x0"],
                    line["x1"],
                    height - line["bottom"],
                    height - line["top"],
                )
                for line in page.extract_text_lines(return_chars=False, x_tolerance=2)
            ]
            found.append(PageText([line for line in lines if line.text], float(page.width), height))
            page.close()
            if time.monotonic() > deadline:
                raise ReadError("too_slow")
    return found


def _second_opinion(data: bytes, pages: Sequence[PageText]) -> float | None:
    """Compare the characters of a few pages in both readers."""
    from collections import Counter

    step = max(len(pages) // _SAMPLE, 1)
    numbers = list(range(0, len(pages), step))[:_SAMPLE]
    try:
        others = _read_plumber(data, numbers, 10.0)
    except ReadError:
        return None
    except Exception:
        return None
    ours = Counter(c for n in numbers for c in _text([pages[n]]) if not c.isspace())
    theirs = Counter(c for c in _text(others) if not c.isspace())
    total = ours.total() + theirs.total()
    return round(2 * (ours & theirs).total() / total, 4) if total else 0.0


def _source(pages: Sequence[PageText], agreement: float | None) -> Source:
    """Keep every line in the raw text, running heads outside the range of the body."""
    kept = without_running_heads(pages)
    paragraphs = to_paragraphs(kept)
    text_lines = {id(line) for page in kept for line in page.lines}
    heads = [line.text for page in pages for line in page.lines if id(line) not in text_lines]
    pieces = [*paragraphs, *heads]
    lines: list[Line] = []
    at = 0
    for piece in pieces:
        lines.append(Line(at, at + len(piece)))
        at += len(piece) + 1
    titles = [p for p in paragraphs[:12] if "报告" in re.sub(r"\s", "", p) and len(p) <= 60]
    return Source(
        raw="\n".join(pieces),
        lines=tuple(lines),
        first=0,
        last=len(paragraphs),
        titles=tuple(titles),
        agreement=agreement,
    )
