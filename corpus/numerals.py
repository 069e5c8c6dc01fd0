"""Years and dates as Chinese documents write them: 2026, ２０２６, 二〇二六, 1 9 9 8."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HAN = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | dict.fromkeys("〇○◯Ｏ０OoO", "0")
_FULL = {ord("０") + i: str(i) for i in range(10)}
_HAN_YEAR = re.compile(r"([一二][一二三四五六七八九零〇○◯ＯOo0]{3})(?=年)")
_HAN_NUMBER = {c: i for i, c in enumerate("〇一二三四五六七八九十")}
_DATE = re.compile(
    r"((?:19|20)\d\d)年(?:(\d{1,2}|[一二三四五六七八九十]{1,3})月(?:(\d{1,2}|[一二三四五六七八九十]{1,3})日?)?)?"
)


@dataclass(frozen=True, slots=True)
class Date:
    """A date in a text; month and day are 0 where the text gives none."""

    year: int
    month: int
    day: int
    start: int
    end: int

    @property
    def iso(self) -> str:
        """``YYYY-MM-DD``, or nothing when the day is not known."""
        return f"{self.year}-{self.month:02d}-{self.day:02d}" if self.month and self.day else ""


def plain(text: str) -> str:
    """Write digits and years in ASCII and leave out blanks: for recognising, never for keeping."""
    text = re.sub(r"[\s\u3000\u200b\ufeff]+", "", text.translate(_FULL))
    return _HAN_YEAR.sub(lambda m: "".join(_HAN.get(c, c) for c in m[1]), text)


def dates(text: str) -> list[Date]:
    """Find the dates of a text that ``plain`` has prepared."""
    found: list[Date] = []
    for match in _DATE.finditer(text):
        month, day = _number(match[2]), _number(match[3])
        if month <= 12 and day <= 31:
            found.append(Date(int(match[1]), month, day, match.start(), match.end()))
    return found


def _number(text: str | None) -> int:
    """Read 1-99 in ASCII or Chinese numerals; nothing is 0."""
    if not text:
        return 0
    if text.isascii():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    value = _HAN_NUMBER.get(tens, 1) * 10 if ten else 0
    return value + (_HAN_NUMBER.get(ones, 0) if ones else 0)
