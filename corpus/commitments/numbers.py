"""Find the quantities of a sentence (rules R5 and R7, rulings C1 and C2 of the codebook)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from corpus.commitments.numerals import ARABIC, MAGNITUDE, magnitude, read_arabic, to_ascii
from corpus.commitments.quantity import PREFIX, SUFFIX, Quantity, comparator_of
from corpus.commitments.targets import find_targets
from corpus.commitments.units import UNIT, base_measure, normalise, unit_kind

__all__ = ["find_quantities", "name_spans"]

# A numeral glued to a letter, a plus, a slash or 第 is an ordinal or part of a name:
# G60, 1+10+N, 2×100, 第5个, 前10名.
_NUMBER: Final = re.compile(
    rf"(?P<prefix>{PREFIX})?(?<![\d.A-Za-z+×/第前\-—~∶:])(?P<low>{ARABIC})"
    rf"(?:(?P<lower>{MAGNITUDE})?(?:{UNIT})?(?:—+|-|~|至|到)(?P<high>{ARABIC}))?"
    rf"(?P<more1>[余多几])?(?P<magnitude>{MAGNITUDE})?(?P<more2>[余多])?"
    rf"(?: ?(?P<unit>{UNIT}|群众|农户|年(?!均|来|以来|前|内)))?(?:[(（].[)）])?(?P<suffix>{SUFFIX})?"
)
_NAMES: Final = re.compile(r"“[^“”]{0,20}”|《[^《》]{0,60}》")
_PEOPLE: Final = re.compile(
    r" ?[^，。；、“”\d的在]{0,8}?"
    r"(?:群众|人口|农户|农民|职工|居民|学生|老人|老年人|儿童|婴幼儿|游客|旅客|毕业生|劳动力|残疾人"
    r"|参保|从业者|用户|适龄|妇女|学子|人才|农?牧民|师生|失智|孩子|少年)"
)
# Nothing promised: a span of time, a size class, a place in a name.
_AFTER_REJECT: Final = re.compile(r"级|季度|月份|有色金属|版|周年|(?:主要|预期性|约束性|具体)?指标")
_AGE_CUE: Final = re.compile(r"寿命|达|提高|增至|延长")
_DURATION_CUE: Final = re.compile(
    r"压缩|缩短|减少|增加|增长|提高|提升|延长|达|降|不超过|控制|寿命|办结|限时|至|突破"
)
_CIRCLE: Final = re.compile(r".{0,8}?圈")
_THRESHOLD_NOUN: Final = re.compile(
    r"的?(?:项目|企业|产业|重大|技改|工业|制造业|集群|园区|特色|科技|规模|大|镇|县|旗舰|投资|上市|单体|龙头)"
)
# 5.4和2.3个百分点: the unit stands once, behind the last number of the list.
_LISTED: Final = re.compile(
    rf"(?:(?:、|和|及)(?:{ARABIC}))+(?:{MAGNITUDE})?(?P<unit>个百分点|%|平方米|岁|倍|公里|{UNIT})"
)
_FROM: Final = re.compile(r"[由从](?:20\d\d年的?)?[^，。；、]{0,6}$")
_TO: Final = re.compile(r"[^，。；、]{0,14}?(?:至|到|为|降至)")


def name_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of quoted names and titles, whose digits count nothing (R7)."""
    return [match.span() for match in _NAMES.finditer(text)]


def find_quantities(text: str) -> list[Quantity]:
    """Return the numbers of `text` that count something, in order and without overlap.

    Years, dates, ordinals, digits in names (5G, “十百千万”, 1+10+N, 20万吨级) and starting points
    (由 7 万元提升至 10 万元) are left out.

    Examples
    --------
    >>> [(q.value, q.unit, q.comparator) for q in find_quantities("新建5G基站3万个以上，增长5%左右。")]
    [(30000.0, '个', '>='), (5.0, '%', 'about')]
    """
    plain = to_ascii(text)
    names = name_spans(plain)
    found = find_targets(plain)
    if any(c.isdigit() for c in plain):
        for match in _NUMBER.finditer(plain):
            quantity = _read(match, plain)
            if quantity is not None and not _is_base(quantity, plain):
                found.append(quantity)
    free = [q for q in found if not _in_name(q, plain, names)]
    return _without_overlap(_share_units(free, plain))


def _in_name(quantity: Quantity, text: str, names: list[tuple[int, int]]) -> bool:
    """Whether the number is part of a name; 全部“清零” is quoted for emphasis."""
    if text.startswith(("清零", "全覆盖"), quantity.number):
        return False
    return any(start <= quantity.number < end for start, end in names)


def _read(match: re.Match[str], text: str) -> Quantity | None:
    """Return the quantity of a match, or None when the number does not count."""
    unit, word = match["unit"] or "", match["magnitude"]
    end = match.end()
    if not unit:
        people = _PEOPLE.match(text, end) if word else None
        if people:
            unit, end = "人", people.end()
        elif shared := _LISTED.match(text, end):
            unit = shared["unit"]
        elif not word or word in {"百", "千", "十万"} or not _stands_alone(text, end):
            return None
    if unit in {"群众", "农户"}:
        unit = {"群众": "人", "农户": "户"}[unit]
    if not _counts(match, unit, text):
        return None
    more = bool(match["more1"] or match["more2"])
    factor = magnitude(word)
    lower = magnitude(match["lower"]) if match["lower"] else factor
    low, form = normalise(read_arabic(match["low"]) * lower, unit)
    comparator = comparator_of(match["prefix"], match["suffix"], more=more)
    high = None
    if match["high"]:
        high, high_form = normalise(read_arabic(match["high"]) * factor, unit)
        if high_form != form:  # 8000万元—1.2亿元: the upper end in the unit of the lower
            high = high * base_measure(1.0, high_form)[0] / base_measure(1.0, form)[0]
        comparator = "range"
    return Quantity(match.start(), end, match.start("low"), low, form, comparator, high)


def _stands_alone(text: str, end: int) -> bool:
    """Whether a number without unit ends its phrase: 致富带头人3.07万，."""
    return end >= len(text) or text[end] in "，。；、,;)）以左!！"


def _counts(match: re.Match[str], unit: str, text: str) -> bool:
    """Whether a number with this unit and these neighbours counts something."""
    before, end = text[max(0, match.start() - 14) : match.start("low")], match.end()
    if before.endswith(("连续", "前", "每隔", "指标")) or _AFTER_REJECT.match(text, end):
        return False
    if match["unit"] == "个" and text.startswith(("季度", "月", "年头", "交易日"), end):
        return False
    kind = unit_kind(unit)
    if kind == "time":
        if unit in {"岁", "年"}:  # not 60岁以上老人, 三年行动; only 人均预期寿命, 受教育年限
            return bool(_AGE_CUE.search(before)) and ("年限" in before or "寿命" in before)
        return bool(_DURATION_CUE.search(before)) and not _CIRCLE.match(text, end)
    if unit in {"度", "方"}:
        return match["magnitude"] is not None
    if unit == "米":
        return match["magnitude"] is not None or end >= len(text) or text[end] in "，。；、"
    if kind == "money" and match["suffix"] in {"以上", "以下", "及以上"}:
        # 亿元以上项目: a class of projects, not an amount.
        return not _THRESHOLD_NOUN.match(text, end)
    return True


def _is_base(quantity: Quantity, text: str) -> bool:
    """Whether the number is the starting point of 由…提升至…."""
    return bool(
        _FROM.search(text[max(0, quantity.start - 16) : quantity.start])
        and _TO.match(text, quantity.end)
    )


def _share_units(found: list[Quantity], text: str) -> list[Quantity]:
    """Give 3.1万、4.2万人 one unit: a number without unit takes that of the next in its list."""
    ordered = sorted(found, key=lambda q: (q.start, -q.end))
    shared: list[Quantity] = []
    for index, quantity in enumerate(ordered):
        after = ordered[index + 1] if index + 1 < len(ordered) else None
        if not quantity.unit and after and text[quantity.end : after.start] in {"、", "和"}:
            value, unit = normalise(quantity.value, after.unit.lstrip("亿万"))
            shared.append(replace(quantity, value=value, unit=unit))
        else:
            shared.append(quantity)
    return shared


def _without_overlap(found: list[Quantity]) -> list[Quantity]:
    kept: list[Quantity] = []
    for quantity in sorted(found, key=lambda q: (q.start, -q.end)):
        if not kept or quantity.start >= kept[-1].end:
            kept.append(quantity)
    return kept
