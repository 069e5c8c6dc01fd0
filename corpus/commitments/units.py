"""Units of work reports and the form in which values are compared.

A value is stated in the unit a reader expects: money from one hundred million on in 亿元, from ten
thousand on in 万元; power in 万千瓦; land in 万亩; counted things in their own counter (3.1万人 is
31,000 人). `base_measure` takes that back to one scale per unit, for comparing two reports.
"""

from __future__ import annotations

import re
from typing import Final, Literal

__all__ = ["COUNTERS", "UNIT", "UnitKind", "base_measure", "normalise", "unit_kind"]

UnitKind = Literal["money", "share", "physical", "count", "time", "none"]

_MONEY: Final = ("元人民币", "元", "美元", "欧元", "港元", "日元")
_SHARE: Final = ("个百分点", "百分点", "个基点", "%", "‰")
# Longest first within a family: 平方公里 before 公里, 吨标准煤 before 吨.
_PHYSICAL: Final = (
    *(
        "微克/立方米",
        "微克每立方米",
        "毫克/立方米",
        "毫克每立方米",
        "毫克/升",
        "吨标准煤",
        "吨标煤",
    ),
    *("平方公里", "平方千米", "立方米", "平方米", "公里", "千米", "海里", "公顷", "千瓦时", "千瓦"),
    *("兆瓦", "吉瓦", "公斤", "千克", "吨", "亩", "斤", "米", "方", "度", "标箱", "标准箱", "TEU"),
    *("EFLOPS", "PFLOPS", "PFlops", "EFlops", "P", "卡", "核"),
)
_TIME: Final = ("个工作日", "工作日", "个小时", "小时", "分钟", "个月", "天", "岁", "年", "秒")
COUNTERS: Final = (
    *(
        "人次",
        "场次",
        "架次",
        "批次",
        "班次",
        "车次",
        "车位",
        "床位",
        "学位",
        "托位",
        "项次",
        "户次",
    ),
    *("个", "家", "所", "项", "条", "座", "处", "人", "名", "户", "件", "套", "台", "辆", "艘"),
    *(
        "架",
        "列",
        "班",
        "趟",
        "场",
        "次",
        "张",
        "栋",
        "幢",
        "间",
        "支",
        "只",
        "头",
        "羽",
        "枚",
        "部",
    ),
    *(
        "篇",
        "册",
        "款",
        "种",
        "类",
        "宗",
        "起",
        "片",
        "块",
        "口",
        "眼",
        "位",
        "例",
        "份",
        "单",
        "笔",
    ),
    *("株", "颗", "尾", "盏", "根", "对", "桩", "棵", "首", "枪", "门", "本"),
)
_FAMILIES: Final[tuple[tuple[UnitKind, tuple[str, ...]], ...]] = (
    ("share", _SHARE),
    ("time", _TIME),
    ("physical", _PHYSICAL),
    ("money", _MONEY),
    ("count", COUNTERS),
)
_KIND: Final[dict[str, UnitKind]] = {u: kind for kind, family in _FAMILIES for u in family}
UNIT: Final = "|".join(
    re.escape(u)
    for u in sorted((u for _, f in _FAMILIES for u in f if u != "年"), key=len, reverse=True)
)

_ALIAS: Final = {
    "元人民币": "元",
    "百分点": "个百分点",
    "微克每立方米": "微克/立方米",
    "毫克每立方米": "毫克/立方米",
    "平方千米": "平方公里",
    "千米": "公里",
    "吨标煤": "吨标准煤",
    "方": "立方米",
    "度": "千瓦时",
    "标准箱": "标箱",
    "TEU": "标箱",
    "工作日": "个工作日",
    "小时": "个小时",
    "千克": "公斤",
}
_FACTOR: Final = {"兆瓦": ("千瓦", 1e3), "吉瓦": ("千瓦", 1e6), "公斤": ("斤", 2.0)}
# Units with a conventional larger form, and the sizes from which that form is used.
_SCALED: Final[dict[str, tuple[tuple[float, str], ...]]] = {
    "元": ((1e8, "亿元"), (1e4, "万元")),
    "美元": ((1e8, "亿美元"), (1e4, "万美元")),
    "欧元": ((1e8, "亿欧元"), (1e4, "万欧元")),
    "港元": ((1e8, "亿港元"), (1e4, "万港元")),
    "日元": ((1e8, "亿日元"), (1e4, "万日元")),
    "吨": ((1e4, "万吨"),),
    "吨标准煤": ((1e4, "万吨标准煤"),),
    "亩": ((1e4, "万亩"),),
    "千瓦": ((1e4, "万千瓦"),),
    "千瓦时": ((1e8, "亿千瓦时"), (1e4, "万千瓦时")),
    "斤": ((1e8, "亿斤"), (1e4, "万斤")),
    "立方米": ((1e8, "亿立方米"), (1e4, "万立方米")),
    "平方米": ((1e4, "万平方米"),),
}
_TO_BASE: Final = {
    form: (unit, size) for unit, forms in _SCALED.items() for size, form in forms
} | {unit: (unit, 1.0) for unit in _SCALED}


def normalise(amount: float, unit: str) -> tuple[float, str]:
    """Return a value and the unit it is stated in.

    Parameters
    ----------
    amount : float
        The full amount, magnitude words multiplied in.
    unit : str
        The unit as written, without magnitude.

    Returns
    -------
    tuple of float and str
        Value rounded to ten significant digits, and the normal form of the unit.

    Examples
    --------
    >>> normalise(4.93e12, "元")
    (49300.0, '亿元')
    >>> normalise(31000.0, "人")
    (31000.0, '人')
    """
    unit = _ALIAS.get(unit, unit)
    if unit in _FACTOR:
        unit, factor = _FACTOR[unit]
        amount *= factor
    for size, form in _SCALED.get(unit, ()):
        if abs(amount) >= size:
            return _round(amount / size), form
    return _round(amount), unit


def base_measure(value: float, unit: str) -> tuple[float, str]:
    """Return the amount in the smallest unit of its family, the inverse of `normalise`."""
    base, size = _TO_BASE.get(unit, (unit, 1.0))
    return _round(value * size), base


def unit_kind(unit: str) -> UnitKind:
    """Return the family of a unit, written or normal; ``none`` when there is no unit."""
    if not unit:
        return "none"
    base = _TO_BASE.get(unit, (unit, 1.0))[0]
    return _KIND.get(base, "share" if unit in {"倍", ":1"} else "physical")


def _round(value: float) -> float:
    return float(f"{value:.10g}")
