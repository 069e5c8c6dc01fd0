"""What a number found in a sentence is, and the words that compare it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["PREFIX", "SUFFIX", "Comparator", "Quantity", "comparator_of"]

Comparator = Literal[">=", ">", "<=", "<", "=", "about", "range", ""]

_PREFIXES: Final[dict[str, Comparator]] = {
    **dict.fromkeys(("不低于", "不少于", "不小于", "至少", "最低", "不短于"), ">="),
    **dict.fromkeys(("超过", "突破", "超", "逾", "高于", "大于", "多于", "优于"), ">"),
    **dict.fromkeys(("不超过", "不高于", "不大于", "不多于", "控制在", "最高", "至多"), "<="),
    **dict.fromkeys(("低于", "小于", "少于", "不足", "不到"), "<"),
    **dict.fromkeys(("大约", "约", "将近", "接近", "近", "大概"), "about"),
    **dict.fromkeys(("达到", "达", "稳定在", "保持在"), "="),
}
_SUFFIXES: Final[dict[str, Comparator]] = {
    **dict.fromkeys(("以上", "及以上", "之上", "起"), ">="),
    **dict.fromkeys(("以内", "之内", "以下", "及以下"), "<="),
    **dict.fromkeys(("左右", "上下"), "about"),
}
# 签约, 节约, 附近, 直达 end in the same characters and compare nothing.
_NOT_AFTER: Final = {
    "约": "节签集制条预违解履",
    "近": "附最靠邻临远亲",
    "达": "直抵通到表传下",
    "超": "赶反",
}
PREFIX: Final = "|".join(
    f"(?<![{_NOT_AFTER[word]}]){word}" if word in _NOT_AFTER else re.escape(word)
    for word in sorted(_PREFIXES, key=len, reverse=True)
)
SUFFIX: Final = "及以上|及以下|以上|以下|以内|之内|左右|上下"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that counts, with its unit.

    Attributes
    ----------
    start, end : int
        Code points of the expression, comparing words included.
    number : int
        Code point at which the numeral itself starts.
    value : float
        In `unit`; the lower end of a range.
    unit : str
        Normal form (`corpus.commitments.units.normalise`); empty when the sentence names none.
    comparator : str
        One of ``>= > <= < = about range`` or empty when nothing is said.
    high : float or None
        Upper end of a range.
    """

    start: int
    end: int
    number: int
    value: float
    unit: str
    comparator: Comparator
    high: float | None = None


def comparator_of(prefix: str | None, suffix: str | None, *, more: bool) -> Comparator:
    """Return the comparison stated by the words around a number.

    A bound after the number (以上) is stronger than a verb before it (达到); 余 and 多 say more
    than the number.
    """
    after: Comparator = _SUFFIXES.get(suffix or "", "")
    before: Comparator = _PREFIXES.get(prefix or "", "")
    if after and not (after == "about" and before in {"<=", ">="}):
        return after
    if before and before != "=":
        return before
    if more:
        return ">"
    return before
