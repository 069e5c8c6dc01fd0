"""What a file is, by its content; its name is not asked."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.readers.archive import MAX_DIRECTORY, directory_size

if TYPE_CHECKING:
    from corpus.readers.result import Container

_MAGIC: tuple[tuple[bytes, Container], ...] = (
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"\x1f\x8b", "gzip"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|title|div|p|br|table|td|span|script|style|ul|section"
    rb"|article|iframe|center|font|h[1-6]|a|b|i|em|strong|li|ol|pre|img|form|ucap\w+|frameset)[\s/>]",
    re.IGNORECASE,
)
_MHTML = re.compile(rb"^(?:From:|MIME-Version:|Content-Type: multipart/related)", re.IGNORECASE)
_SPACE = b" \t\r\n\x0b\x0c\x00"


@dataclass(frozen=True, slots=True)
class Kind:
    """Container of a document, and ``encrypted`` or ``broken`` where it is known already."""

    container: Container
    problem: str = ""


def sniff(data: bytes) -> Kind:
    """Tell what kind of document the bytes are."""
    body = data.lstrip(_SPACE + b"\xef\xbb\xbf")
    if not body:
        return Kind("empty", "empty")
    if data.startswith(_OLE):
        return _ole(data)
    if data.startswith(_ZIP):
        return _zip(data)
    if b"%PDF-" in data[:1024] and not _HTML.search(data[: data.index(b"%PDF-")]):
        return Kind("pdf")
    for magic, container in _MAGIC:
        if data.startswith(magic) and not (magic == b"BM" and data[6:10] != b"\0\0\0\0"):
            return Kind(container)
    if _MHTML.match(body) and b"multipart/related" in body[:2000].lower():
        return Kind("mhtml")
    return _text(data)


def _ole(data: bytes) -> Kind:
    """Word 97, WPS and encrypted Office files share the OLE container; stream names tell."""
    if _utf16("EncryptedPackage") in data:
        return Kind("docx", "encrypted")
    if _utf16("WpsCustomData") in data or _utf16("WPSOffice") in data or b"WPS Office" in data:
        return Kind("wps")
    return Kind("doc")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def _zip(data: bytes) -> Kind:
    if directory_size(data) > MAX_DIRECTORY:
        return Kind("zip", "zip_bomb")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist()[:20_000])
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, IndexError):
        return Kind("zip", "broken_zip")
    except Exception as error:
        return Kind("zip", f"broken_zip:{type(error).__name__}")
    folders = {name.split("/")[0] for name in names}
    if "OFD.xml" in names:
        return Kind("ofd")
    if "word/document.xml" in names or ("[Content_Types].xml" in names and "word" in folders):
        return Kind("docx")
    if "[Content_Types].xml" in names and folders & {"xl", "ppt"}:
        return Kind("xlsx")
    return Kind("zip")


def _text(data: bytes) -> Kind:
    """HTML when an element stands near the start; binary when control bytes abound."""
    head = data[:65536]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _wide(head)
    if head[:400].count(0) > len(head[:400]) // 4:
        head = head.replace(b"\0", b"")
    if _HTML.search(head):
        return Kind("html")
    controls = sum(head.count(bytes([c])) for c in (*range(1, 8), *range(14, 27), *range(28, 32)))
    zeros = head.count(0)
    return Kind("binary") if (controls + zeros) * 20 > len(head) else Kind("txt")


def _wide(head: bytes) -> Kind:
    """Judge UTF-16 and UTF-32 by their characters: half of their bytes look like controls."""
    encoding = "utf-32" if head.startswith(b"\xff\xfe\0\0") else "utf-16"
    text = head[: len(head) // 4 * 4].decode(encoding, "replace")
    if text.count("\ufffd") * 20 > len(text):
        return Kind("binary")
    return Kind("html" if _HTML.search(text.encode("utf-8", "replace")) else "txt")
