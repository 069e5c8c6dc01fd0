"""PDF files for tests and benchmarks, made in memory from a given text."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from crawler.replica.files import assemble

FontKind = Literal["unicode", "gbk"]
WIDTH, HEIGHT, SIZE, LEADING, MARGIN = 595.0, 842.0, 15.0, 26.0, 76.0
_OPENING = "“‘（《【"
_CLOSING = "，。、；：！？”’）》】％%"


def set_lines(paragraphs: Sequence[str], *, columns: int = 29) -> Iterator[str]:
    """Break paragraphs into lines as a typesetter would: an indent, no mark at a line's begin."""
    for paragraph in paragraphs:
        rest, first = paragraph, True
        while rest:
            room = columns - (2 if first else 0)
            cut, used = 0, 0.0
            while cut < len(rest) and used < room:
                used += 0.5 if ord(rest[cut]) < 256 else 1.0
                cut += 1
            while cut < len(rest) and rest[cut] in _CLOSING:
                cut += 1
            while cut > 1 and rest[cut - 1] in _OPENING and cut < len(rest):
                cut -= 1
            while (
                1 < cut < len(rest)
                and rest[cut - 1].isascii()
                and rest[cut].isascii()
                and rest[cut - 1].isalnum()
            ):
                cut -= 1
            yield ("\u3000\u3000" if first else "") + rest[:cut]
            rest, first = rest[cut:], False


def pages_of(lines: Sequence[str], per_page: int = 26) -> list[list[str]]:
    """Distribute lines over pages."""
    return [list(lines[i : i + per_page]) for i in range(0, len(lines), per_page)]


def text_pdf(
    paragraphs: Sequence[str],
    *,
    font: FontKind = "unicode",
    head: str = "政府公报2026年第3期",
    password: str = "",
) -> bytes:
    """Set a text as a gazette would: running head, page number, lines of 29 characters."""
    pages = pages_of(list(set_lines(paragraphs)))
    placed = [
        [*_frame(head, number), *_placed(lines)] for number, lines in enumerate(pages, start=1)
    ]
    return _raw_pdf(placed) if font == "gbk" else _reportlab_pdf(placed, password)


def _frame(head: str, number: int) -> list[tuple[float, float, str]]:
    return [(MARGIN, HEIGHT - 45, head), (WIDTH / 2 - 20, 40, f"— {number} —")] if head else []


def _placed(lines: Sequence[str]) -> list[tuple[float, float, str]]:
    placed: list[tuple[float, float, str]] = []
    for row, line in enumerate(lines):
        shift = 2 * SIZE if line.startswith("\u3000\u3000") else 0.0
        placed.append((MARGIN + shift, HEIGHT - 90 - row * LEADING, line.lstrip("\u3000")))
    return placed


def _reportlab_pdf(pages: Sequence[Sequence[tuple[float, float, str]]], password: str) -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    encrypt = StandardEncryption(password, canPrint=0) if password else None
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), encrypt=encrypt)
    for page in pages:
        canvas.setFont("STSong-Light", SIZE)
        for x, y, text in page:
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _raw_pdf(pages: Sequence[Sequence[tuple[float, float, str]]]) -> bytes:
    """Write a Type 0 font in GBK-EUC-H, neither embedded nor with a ToUnicode map."""
    font = b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/GBK-EUC-H/DescendantFonts[4 0 R]>>"
    descendant = (
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo"
        b"<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000/W[1 95 500 814 939 500]/FontDescriptor 5 0 R>>"
    )
    descriptor = (
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]"
        b"/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>"
    )
    objects: list[bytes] = [b"<</Type/Catalog/Pages 2 0 R>>", b"", font, descendant, descriptor]
    kids: list[bytes] = []
    for page in pages:
        content = b"\n".join(
            b"BT /F1 %.1f Tf 1 0 0 1 %.2f %.2f Tm <%s> Tj ET"
            % (SIZE, x, y, text.encode("gbk").hex().encode())
            for x, y, text in page
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            % (WIDTH, HEIGHT, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    return assemble(objects)


def scan_pdf(n_pages: int = 3) -> bytes:
    """Pages that are pictures, as a scanner makes them."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    picture = Image.new("L", (300, 420), 255)
    for row in range(20, 400, 14):
        for column in range(20, 280):
            picture.putpixel((column, row), (row * column) % 255)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT))
    for _ in range(n_pages):
        canvas.drawImage(ImageReader(picture), 20, 20, WIDTH - 40, HEIGHT - 40)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def unmapped_pdf(n_pages: int = 3) -> bytes:
    """Text whose font has codes of its own and no map to characters (Identity-H, no ToUnicode)."""
    plain = _raw_pdf(
        [
            [
                (MARGIN, HEIGHT - 90 - 20 * r, "各位代表现在我代表省人民政府向大会报告工作")
                for r in range(26)
            ]
        ]
        * n_pages
    )
    return plain.replace(b"/GBK-EUC-H", b"/Identity-H").replace(
        b"(GB1)/Supplement 2", b"(Identity)/Supplement 0"
    )


def many_pages_pdf(n_pages: int = 2_001) -> bytes:
    """Make a document of very many pages."""
    return _raw_pdf([[(MARGIN, 700.0, "政府工作报告" * 4)]] * n_pages)


def layout_pdf(
    paragraphs: Sequence[str], *, indent: float = 24, space: float = 0, columns: int = 1
) -> bytes:
    """Let reportlab set a text: with indents or with space between paragraphs, in one or two columns."""
    from html import escape

    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))

    def frame(canvas: Any, document: Any) -> None:
        canvas.setFont("STSong-Light", 9)
        canvas.drawCentredString(WIDTH / 2, 30, f"— {document.page} —")
        canvas.drawString(70, 810, "某某省人民政府公报  2026·3")

    size = 12 if columns == 1 else 10.5
    style = ParagraphStyle(
        "body", fontName="STSong-Light", fontSize=size, leading=1.5 * size, wordWrap="CJK",
        firstLineIndent=indent, spaceAfter=space,
    )  # fmt: skip
    width = (WIDTH - 100) / columns - 8
    frames = [Frame(50 + i * (width + 16), 60, width, 720) for i in range(columns)]
    buffer = io.BytesIO()
    document = BaseDocTemplate(buffer, pagesize=(WIDTH, HEIGHT))
    document.addPageTemplates([PageTemplate("page", frames, onPage=frame)])
    document.build([Paragraph(escape(text), style) for text in paragraphs])
    return buffer.getvalue()
