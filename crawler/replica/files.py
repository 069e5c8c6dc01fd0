"""PDF and DOCX files of the replica, written by hand: no library of the tests is needed."""

from __future__ import annotations

import io
import zipfile
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT, _SIZE, _LEADING, _MARGIN = 595, 842, 15, 26, 76
_CLOSING = "，。、；：！？”’）》】％%"
_FONT = (
    b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/GBK-EUC-H/DescendantFonts[4 0 R]>>"
)
_DESCENDANT = (
    b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
    b"/Supplement 2>>/DW 1000/W[1 95 500 814 939 500]/FontDescriptor 5 0 R>>"
)
_DESCRIPTOR = (
    b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880"
    b"/Descent -120/CapHeight 880/StemV 93>>"
)


def pdf(paragraphs: Sequence[str], *, head: str) -> bytes:
    """Set a text as a gazette does: GBK font without a ToUnicode map, running head, page number."""
    lines = [line for paragraph in paragraphs for line in _set(paragraph)]
    pages = [lines[i : i + 26] for i in range(0, len(lines), 26)]
    objects: list[bytes] = [b"<</Type/Catalog/Pages 2 0 R>>", b"", _FONT, _DESCENDANT, _DESCRIPTOR]
    kids = []
    for number, page in enumerate(pages, start=1):
        placed = [(_MARGIN, _HEIGHT - 45, head), (_WIDTH // 2 - 20, 40, f"— {number} —")]
        for row, line in enumerate(page):
            shift = 2 * _SIZE if line.startswith("\u3000\u3000") else 0
            placed.append((_MARGIN + shift, _HEIGHT - 90 - row * _LEADING, line.lstrip("\u3000")))
        content = b"\n".join(
            b"BT /F1 %d Tf 1 0 0 1 %d %d Tm <%s> Tj ET"
            % (_SIZE, x, y, text.encode("gbk", "ignore").hex().encode())
            for x, y, text in placed
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            % (_WIDTH, _HEIGHT, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    return assemble(objects)


def assemble(objects: Sequence[bytes]) -> bytes:
    """Put numbered objects, table and trailer together."""
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def scanned_pdf(n_pages: int = 2) -> bytes:
    """Pages that are pictures."""
    picture = b"<</Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8/Length 64>>stream\n"
    picture += bytes((i * 37) % 256 for i in range(64)) + b"\nendstream"
    content = b"q 500 0 0 700 40 60 cm /I Do Q"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"",
        picture,
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
    ]
    kids = []
    for _ in range(n_pages):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 3 0 R>>>>>>"
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    return assemble(objects)


def _set(paragraph: str, columns: int = 29) -> list[str]:
    """Break a paragraph into lines, no closing mark at a line's begin, no number cut."""
    lines, rest, first = [], paragraph, True
    while rest:
        room, cut, used = columns - (2 if first else 0), 0, 0.0
        while cut < len(rest) and used < room:
            used += 0.5 if ord(rest[cut]) < 256 else 1.0
            cut += 1
        while cut < len(rest) and rest[cut] in _CLOSING:
            cut += 1
        while (
            1 < cut < len(rest)
            and (rest[cut - 1] + rest[cut]).isascii()
            and rest[cut - 1].isalnum()
        ):
            cut -= 1
        lines.append(("\u3000\u3000" if first else "") + rest[:cut])
        rest, first = rest[cut:], False
    return lines


def docx(paragraphs: Sequence[str]) -> bytes:
    """Make a Word file of plain paragraphs."""
    body = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(p)}</w:t></w:r></w:p>' for p in paragraphs
    )
    parts = {
        "[Content_Types].xml": '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": '<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            # a fixed date: equal texts give equal files
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return buffer.getvalue()
