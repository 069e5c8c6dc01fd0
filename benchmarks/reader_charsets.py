"""Byte, header and meta combinations of encodings, with the text that must come out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_TEXT = "各位代表：现在，我代表省人民政府，向大会报告工作。朱镕基、陶喆、二〇二六年，增长5.2%，“两重”建设——完成１２亿元。"
_PLAIN = "各位代表：现在，我代表省人民政府，向大会报告工作，请予审议。全省经济社会发展取得新的成绩，增长百分之五。"
_RARE = _TEXT + "𠮷林、㑇、䶮、龘。"
_METAS = {
    "none": "",
    "utf-8": '<meta charset="utf-8">',
    "gb2312": '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">',
    "gbk": "<meta charset='GBK' name='viewport'>",
    "malformed": '<meta httpequiv="Content-Type" content="text/html;charset=gb2312" />',
    "latin": '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; CHARSET=iso-8859-1">',
}
_HEADERS: dict[str, str | None] = {
    "none": None,
    "utf-8": "text/html; charset=utf-8",
    "gb2312": "text/html;charset=GB2312",
    "nonsense": "text/html; charset=x-unknown-8bit",
}
_BYTES = {
    "utf-8": ("utf-8", _RARE),
    "utf-8 with BOM": ("utf-8-sig", _RARE),
    "gb2312": ("gb2312", _PLAIN),
    "gbk": ("gbk", _TEXT),
    "gb18030": ("gb18030", _RARE),
    "utf-16 with BOM": ("utf-16", _RARE),
}


@dataclass(frozen=True, slots=True)
class Combination:
    """Bytes of a page, the declared charset of the header, and the page's text."""

    id: str
    data: bytes
    header: str | None
    page: str


def combinations() -> Iterator[Combination]:
    """All byte encodings by all headers by all meta elements: 144 pages."""
    for bytes_id, (encoding, text) in _BYTES.items():
        for meta_id, meta in _METAS.items():
            page = f"<html><head>{meta}<title>政府工作报告</title></head><body><p>{text}</p><p>{_PLAIN}</p></body></html>"
            data = page.encode(encoding)
            for header_id, header in _HEADERS.items():
                name = f"bytes {bytes_id}, header {header_id}, meta {meta_id}"
                yield Combination(name, data, header, page)


def broken() -> Iterator[tuple[str, bytes, str]]:
    """Pages with damage, and the one encoding that is right: each must be flagged."""
    text = f"<html><body><p>{_TEXT * 40}</p></body></html>"
    gbk, utf = bytearray(text.encode("gb18030")), bytearray(text.encode())
    yield "one broken byte in a long GBK page", bytes(gbk[:2001] + b"\xff" + gbk[2002:]), "gb18030"
    yield "one broken byte in a long UTF-8 page", bytes(utf[:2001] + b"\xff" + utf[2002:]), "utf-8"
    yield "UTF-8 cut inside a character", bytes(utf[: utf.rindex("元".encode()) + 1]), "utf-8"
    yield "GBK cut inside a character", bytes(gbk[: gbk.rindex("元".encode("gbk")) + 1]), "gb18030"
