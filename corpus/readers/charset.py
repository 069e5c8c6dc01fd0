"""Bytes to text: strict trials in a fixed order; what had to be guessed or replaced is flagged."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Literal

How = Literal["bom", "utf-8", "declared", "gb18030", "detector", "damaged", "none"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:\-]+)""", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,600}>", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([A-Za-z0-9_.\-]+)""")
# Labels that pages use for supersets of GB2312; all are read as GB18030, which contains them.
_GB = {"gb2312", "gbk", "gb18030", "gb-2312", "gb_2312-80", "x-gbk", "cp936", "ms936", "936",
       "gb2312-80", "hz-gb-2312", "euc-cn", "chinese", "csgb2312", "iso-ir-58", "gb-18030"}  # fmt: skip
# Python knows them as text encodings; no page is written in them.
_NEVER = {
    "idna",
    "punycode",
    "unicode-escape",
    "raw-unicode-escape",
    "undefined",
    "utf-7",
    "utf-8-sig",
    "mbcs",
    "oem",
}
# They decode any byte, so success says nothing.
_ANY_BYTE = {"iso8859-1", "latin-1", "cp1252", "iso8859-15", "cp437", "mac-roman", "ascii"}
# The most frequent characters of official Chinese; garble has next to none of them.
_COMMON = frozenset(
    "的一是在和人发展有大中国不了年工作政府经济建设社会全民地我们会为新改革上业生产高实加进力市省"
)
_FEW_BROKEN = 0.005


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text and how its encoding was found.

    Attributes
    ----------
    encoding : str
        Python's name of the encoding.
    how : str
        The trial that succeeded; ``damaged`` and ``none`` are flags.
    n_broken : int
        Bytes that fit no character and stand as U+FFFD.
    """

    text: str
    encoding: str
    how: How
    n_broken: int = 0

    @property
    def label(self) -> str:
        """The encoding, with a question mark when characters were lost."""
        return self.encoding + ("?" if self.n_broken else "")


def decode(data: bytes, *, declared: str | None = None, meta: bool = True) -> Decoded:
    """Decode bytes: BOM, strict UTF-8, declared strict, GB18030 strict, detector, else flagged.

    Parameters
    ----------
    data : bytes
        The document.
    declared : str, optional
        Charset of the HTTP header, or the whole Content-Type value.
    meta : bool
        Whether to look for a declaration in the bytes (HTML, XML).
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom) and (text := _strict(data, encoding)) is not None:
            return Decoded(text.removeprefix("\ufeff"), encoding.removesuffix("-sig"), "bom")
    wide = _wide_without_bom(data)
    if wide is not None:
        return wide
    if (text := _strict(data, "utf-8")) is not None:
        return Decoded(text, "utf-8", "utf-8")
    labels = declarations(data, declared=declared, meta=meta)
    for encoding in labels:
        text = _strict(data, encoding)
        if text is not None and _trusted(data, encoding, text):
            return Decoded(text, encoding, "declared")
    if (text := _strict(data, "gb18030")) is not None and _plausible(text):
        return Decoded(text, "gb18030", "gb18030")
    return _repaired(data, labels) or _detected(data) or _flagged(data, labels)


def declarations(data: bytes, *, declared: str | None, meta: bool) -> list[str]:
    """List the declared encodings, the header's first, as Python names without repeats."""
    found: list[str] = []
    if declared:
        match = _CHARSET.search(declared.encode("ascii", "replace"))
        found.append(match[1].decode("ascii") if match else declared)
    if meta:
        head = data[:16384]
        found += [m[1].decode("ascii") for m in [_XML.match(head)] if m]
        tags = _META.findall(head)
        found += [m[1].decode("ascii") for tag in tags for m in [_CHARSET.search(tag)] if m]
    names = [_python_name(label) for label in found]
    return list(dict.fromkeys(name for name in names if name))


def _python_name(label: str) -> str:
    label = label.strip().strip("\"';").lower()
    if label in _GB:
        return "gb18030"
    try:
        info = codecs.lookup(label)
    except (LookupError, ValueError):
        return ""
    is_text = getattr(info, "_is_text_encoding", True) and info.name.replace("_", "-") not in _NEVER
    return "gb18030" if info.name in _GB else info.name if is_text else ""


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError, ValueError):
        return None


def _wide_without_bom(data: bytes) -> Decoded | None:
    """UTF-16 without a BOM: every markup or ASCII character has a zero beside it."""
    head = data[:512]
    zeros = head.count(0)
    if len(head) < 8 or zeros < len(head) // 4:
        return None
    encoding = "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    text = _strict(data, encoding)
    return Decoded(text, encoding, "detector") if text is not None and "\0" not in text else None


def _trusted(data: bytes, encoding: str, text: str) -> bool:
    """Distrust a declaration that cannot fail, or gives less Chinese than GB18030."""
    if encoding == "gb18030":
        return _plausible(text)
    if encoding in _ANY_BYTE or encoding.startswith(("iso8859", "cp125", "koi8", "mac")):
        return _strict(data, "gb18030") is None
    rival = _strict(data, "gb18030")
    return rival is None or _common_share(text) >= _common_share(rival)


def _common_share(text: str) -> float:
    high = [c for c in text[:200_000] if c > "\u00a0"]
    return sum(c in _COMMON for c in high) / len(high) if high else 1.0


def _plausible(text: str) -> bool:
    """Guard against bytes of another script that happen to be valid GB18030."""
    high = [c for c in text[:200_000] if c > "\u00a0"]
    common = sum(
        "\u4e00" <= c <= "\u9fff" or "\u2010" <= c <= "\u303f" or c > "\uff00" for c in high
    )
    return common >= 0.7 * len(high)


def _repaired(data: bytes, labels: list[str]) -> Decoded | None:
    """Keep the encoding of a long page with few broken bytes, and flag the bytes."""
    trials = [_replaced(data, name) for name in dict.fromkeys(["utf-8", "gb18030", *labels])]
    trials = [t for t in trials if t.encoding not in _ANY_BYTE]
    best = min(trials, key=lambda t: t.n_broken)
    few = best.n_broken <= max(3, _FEW_BROKEN * len(best.text))
    return best if few and (_plausible(best.text) or best.n_broken == 0) else None


def _replaced(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    before = data.count("\ufffd".encode()) if encoding == "utf-8" else 0
    return Decoded(text, encoding, "damaged", max(text.count("\ufffd") - before, 0))


def _detected(data: bytes) -> Decoded | None:
    """Ask charset-normalizer, and believe it only when the text decodes strictly."""
    from charset_normalizer import from_bytes

    best = from_bytes(data[:200_000]).best()
    if best is None:
        return None
    text = _strict(data, best.encoding)
    return Decoded(text, best.encoding.replace("_", "-"), "detector") if text is not None else None


def _flagged(data: bytes, labels: list[str]) -> Decoded:
    trials = [_replaced(data, name) for name in dict.fromkeys([*labels, "gb18030", "utf-8"])]
    best = min(trials, key=lambda t: t.n_broken)
    return Decoded(best.text, best.encoding, "none", max(best.n_broken, 1))
