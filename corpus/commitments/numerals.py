"""Read Chinese and Arabic numerals as they are written in work reports."""

from __future__ import annotations

import re

__all__ = ["ARABIC", "HAN", "MAGNITUDE", "magnitude", "read_arabic", "read_han", "to_ascii"]

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000}

ARABIC = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
HAN = r"[一二两三四五六七八九十百千零〇]+"
MAGNITUDE = r"万亿|千亿|百亿|十亿|亿|千万|百万|十万|万|千|百"

# One code point to one code point, so that spans found in the result hold in the original.
_TO_ASCII = {ord("０") + n: ord("0") + n for n in range(10)} | {
    ord("．"): ord("."),
    ord("％"): ord("%"),
    ord("＋"): ord("+"),
    ord("／"): ord("/"),
    ord("–"): ord("—"),
    ord("－"): ord("-"),
    ord("∼"): ord("~"),
    ord("～"): ord("~"),
}


def to_ascii(text: str) -> str:
    """Return `text` with full-width digits and signs in ASCII, of the same length."""
    return text.translate(_TO_ASCII)


def read_arabic(digits: str) -> float:
    """Return the value of an Arabic numeral, with or without thousands separators."""
    return float(digits.replace(",", ""))


def read_han(numeral: str) -> float:
    """Return the value of a Chinese numeral up to 千亿.

    Parameters
    ----------
    numeral : str
        Characters of ``零一二两三四五六七八九十百千万亿`` only.

    Returns
    -------
    float
        The value; a bare run of digits (二〇三〇) is read digit by digit.

    Raises
    ------
    ValueError
        If `numeral` holds any other character.

    Examples
    --------
    >>> read_han("三十五")
    35.0
    >>> read_han("两千三百万")
    23000000.0
    """
    for sign, factor in (("亿", 1e8), ("万", 1e4)):
        if sign in numeral:
            head, _, tail = numeral.partition(sign)
            return (read_han(head) if head else 1.0) * factor + (read_han(tail) if tail else 0.0)
    if len(numeral) > 1 and not re.search("[十百千]", numeral):
        return float("".join(str(_digit(c)) for c in numeral))
    return _below_ten_thousand(numeral)


def _digit(character: str) -> int:
    if character not in _DIGITS:
        raise ValueError(f"{character!r} is not a Chinese digit")
    return _DIGITS[character]


def _below_ten_thousand(numeral: str) -> float:
    total, digit = 0, 0
    for character in numeral:
        if character in _SMALL:
            total += (digit or 1) * _SMALL[character]
            digit = 0
        else:
            digit = _digit(character)
    return float(total + digit)


def magnitude(word: str | None) -> float:
    """Return the factor of a magnitude word: 万 is 10,000, no word is 1."""
    if not word:
        return 1.0
    factor = 1.0
    for character in word:
        factor *= {"百": 1e2, "千": 1e3, "十": 1e1, "万": 1e4, "亿": 1e8}[character]
    return factor
