"""Numbers that Word writes before paragraphs: 一、 （二） 3. are not in the text itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHINESE = frozenset(
    ("chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting", "taiwaneseCounting",
     "taiwaneseCountingThousand", "koreanCounting", "japaneseDigitalTenThousand")
)  # fmt: skip
_HAN = "零一二三四五六七八九"


@dataclass(slots=True)
class _Level:
    style: str = "decimal"
    pattern: str = "%1."
    start: int = 1


@dataclass(slots=True)
class _List:
    levels: dict[int, _Level] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counters of a document's lists.

    Parameters
    ----------
    numbering, styles : Element or None
        Roots of numbering.xml and styles.xml.
    """

    def __init__(self, numbering: _Element | None, styles: _Element | None) -> None:
        self._lists: dict[str, _List] = {}
        self._styles: dict[str, tuple[str, int]] = {}
        if numbering is not None:
            abstract = {
                a.get(f"{W}abstractNumId"): _levels(a) for a in numbering.iter(f"{W}abstractNum")
            }
            shared: dict[str, _List] = {}
            for num in numbering.iter(f"{W}num"):
                target = num.find(f"{W}abstractNumId")
                key = target.get(f"{W}val") if target is not None else None
                if key is None or key not in abstract:
                    continue
                # Lists of one kind count on together, unless one is told to start anew.
                restarts = num.find(f"{W}lvlOverride/{W}startOverride") is not None
                own = _List(abstract[key])
                self._lists[num.get(f"{W}numId") or ""] = (
                    own if restarts else shared.setdefault(key, own)
                )
        if styles is not None:
            for style in styles.iter(f"{W}style"):
                found = _numbered(style.find(f"{W}pPr"))
                if found is not None:
                    self._styles[style.get(f"{W}styleId") or ""] = found

    def next(self, paragraph: _Element) -> str:
        """Count a paragraph and return the number that Word shows before it, if any."""
        properties = paragraph.find(f"{W}pPr")
        if properties is None or not self._lists:
            return ""
        found = _numbered(properties)
        if found is None:
            style = properties.find(f"{W}pStyle")
            found = self._styles.get(style.get(f"{W}val") or "") if style is not None else None
        if found is None or found[0] not in self._lists:
            return ""
        return self._count(self._lists[found[0]], found[1])

    def _count(self, listed: _List, depth: int) -> str:
        level = listed.levels.get(depth)
        if level is None or level.style in ("bullet", "none"):
            return ""
        listed.counts[depth] = listed.counts.get(depth, level.start - 1) + 1
        for deeper in [d for d in listed.counts if d > depth]:
            del listed.counts[deeper]

        def number(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            one = listed.levels.get(at, level)
            return _format(listed.counts.get(at, one.start), one.style)

        return re.sub(r"%(\d)", number, level.pattern)


def _numbered(properties: _Element | None) -> tuple[str, int] | None:
    found = properties.find(f"{W}numPr") if properties is not None else None
    if found is None:
        return None
    number, depth = found.find(f"{W}numId"), found.find(f"{W}ilvl")
    value = number.get(f"{W}val") if number is not None else None
    at = depth.get(f"{W}val") if depth is not None else "0"
    if not value or value == "0":
        return None
    return value, int(at) if at and at.isdigit() else 0


def _levels(abstract: _Element) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for element in abstract.iter(f"{W}lvl"):
        depth = element.get(f"{W}ilvl") or "0"
        style, pattern, start = (element.find(f"{W}{n}") for n in ("numFmt", "lvlText", "start"))
        begin = start.get(f"{W}val") if start is not None else "1"
        found[int(depth) if depth.isdigit() else 0] = _Level(
            (style.get(f"{W}val") if style is not None else None) or "decimal",
            (pattern.get(f"{W}val") if pattern is not None else None) or "",
            int(begin) if begin and begin.isdigit() else 1,
        )
    return found


def _format(value: int, style: str) -> str:
    if style in _CHINESE:
        return chinese(value)
    if style == "decimalEnclosedCircle" and 1 <= value <= 20:
        return chr(0x2460 + value - 1)
    if style in ("upperLetter", "lowerLetter") and 1 <= value <= 26:
        return chr((65 if style == "upperLetter" else 97) + value - 1)
    if style == "decimalFullWidth":
        return "".join(chr(ord(c) + 0xFEE0) for c in str(value))
    return str(value)


def chinese(value: int) -> str:
    """Write 1-99 in Chinese numerals, larger numbers in digits."""
    if not 1 <= value <= 99:
        return str(value)
    tens, ones = divmod(value, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _HAN[tens] + "十"
    return head + (_HAN[ones] if ones else "")
