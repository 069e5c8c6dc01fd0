"""Quantities written without digits: 翻一番, 三分之一, 四成, 全覆盖, 清零, 千亿级, 新建三所 (R7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from corpus.commitments.numerals import HAN, magnitude, read_arabic, read_han
from corpus.commitments.quantity import PREFIX, SUFFIX, Comparator, Quantity, comparator_of
from corpus.commitments.units import normalise

__all__ = ["find_targets"]

_Reader = Callable[[re.Match[str]], "tuple[float, str] | None"]

_DONE: Final = (
    "完成|完工|开工|建成|交付|退出|出列|投用|投产|兑付|办结|销号|整改|达标|淘汰|关停|落地|实施|"
    "纳入|拆除|脱贫|摘帽|取消|打通|接入|开通|改造|入住|到位|发放|覆盖|启用|通车|化解|清偿|整治|消除|"
    "落实|上线|解决|公开|贯通|竣工|验收|供电|达到|消纳|移交|建立|运行|撤销|归集|下放|复工"
)
_BUILD: Final = (
    "新建|新增|建成|建设|开通|引进|培育|打造|创建|布局|新设|组建|增加|新开|落地|获批|推出|改造|办好"
)
# 五大行动, 三个方面: a label, however it is counted.
_LABEL: Final = r"(?!方面|重点|关键|体系|要素|环节|“|维度|层面|一批|专项|领域|意识)"


def _share(match: re.Match[str]) -> tuple[float, str]:
    parts = re.split("分之|/", match["core"])
    low, high = (float(p) if p[0].isdigit() else read_han(p) for p in parts)
    if "/" in match["core"]:
        low, high = high, low
    return round(100 * high / low, 2), "%"


def _percent(match: re.Match[str]) -> tuple[float, str]:
    tail = match["core"].removeprefix("百分之")
    whole, _, rest = tail.partition("点")
    decimals = float("0." + "".join(str(int(read_han(c))) for c in rest)) if rest else 0.0
    return read_han(whole) + decimals, "%"


def _times(match: re.Match[str]) -> tuple[float, str]:
    doublings = re.search("[一二两三四1-4]", match["core"])
    word = doublings.group() if doublings else "一"
    return 2.0 ** int(float(word) if word.isdigit() else read_han(word)), "倍"


def _multiple(match: re.Match[str]) -> tuple[float, str]:
    return _numeral(match["core"].rstrip("倍余多")), "倍"


def _ratio(match: re.Match[str]) -> tuple[float, str]:
    return float(re.split("[∶:：]", match["core"])[0]), ":1"


def _sized(match: re.Match[str]) -> tuple[float, str]:
    word = match["core"].removesuffix("级")
    found = re.fullmatch(rf"(\d+|{HAN}?)?((?:[十百千万])*[万亿]+|[百千]?亿)", word)
    head, tail = (found[1], found[2]) if found else ("", word)
    return normalise((_numeral(head) if head else 1.0) * magnitude(tail), "元")


def _counted(match: re.Match[str]) -> tuple[float, str] | None:
    value = read_han(match["numeral"])
    return (value, match["unit"]) if value >= 2 else None


def _amount(match: re.Match[str]) -> tuple[float, str]:
    return normalise(read_han(match["numeral"]), match["unit"])


def _numeral(word: str) -> float:
    return read_arabic(word) if word[:1].isdigit() else read_han(word)


def _fixed(value: float, unit: str) -> _Reader:
    return lambda match: (value, unit)


_AROUND: Final = rf"(?P<prefix>{PREFIX})?(?P<core>%s)(?P<suffix>{SUFFIX})?"
_PATTERNS: Final[tuple[tuple[str, str, _Reader], ...]] = (
    ("分之", _AROUND % r"(?!百)[二三四五六七八九十]{1,2}分之[一二两三四五六七八九]", _share),
    ("/", _AROUND % r"(?<![\d.+/])[1-9]/\d{1,2}(?=以上|以下|左右|的|[，。；、])", _share),
    (
        "百分之",
        _AROUND % r"百分之[一二三四五六七八九十百]+(?:点[零一二三四五六七八九]+)?",
        _percent,
    ),
    (
        "成",
        r"(?P<prefix>近|超|超过|逾|约|达到?)?(?<![完建形现促])(?P<core>[两三四五六七八九])成"
        r"(?P<suffix>以上|以下|左右|多)?(?=[，。；、）]|$|的)",
        lambda m: (read_han(m["core"]) * 10, "%"),
    ),
    (
        "半",
        _AROUND % r"(?<![过前后上下])一半|半数|(?<=[^超])过半(?=[，。；、]|$)",
        _fixed(50.0, "%"),
    ),
    ("番", _AROUND % r"翻[一二两三四1-4]?番", _times),
    (
        "倍",
        _AROUND % r"(?<![\d.])(?:\d+(?:\.\d+)?|[二两三四五六七八九十]+)[余多]?倍(?!增)",
        _multiple,
    ),
    ("1", _AROUND % r"(?<![\d.])\d+(?:\.\d+)?[∶:：]1(?!\d)", _ratio),
    ("两位数", _AROUND % r"两位数(?=增长|以上|[，。；、]|$)", _fixed(10.0, "%")),
    ("全覆盖", _AROUND % r"全覆盖", _fixed(100.0, "%")),
    ("清零", _AROUND % r"清零(?!行动|计划)", _fixed(0.0, "")),
    ("全部", _AROUND % rf"全部(?:[^，。；、]{{0,6}}?)(?:{_DONE})", _fixed(100.0, "%")),
    (
        "所有",
        _AROUND % r"所有(?=[^，。；、的]{1,12}(?:实现|全部|均|都|建成|完成|达到|通上))",
        _fixed(100.0, "%"),
    ),
    (
        "亿级",
        r"(?<=[^“])(?P<prefix>)(?P<core>(?<!\d)(?:\d+|[一二两三五八]?[百千]?|十)万?亿级)(?P<suffix>)"
        r"(?=[^，。；]{0,12}?(?:集群|产业|企业|园区|产业链|支柱))",
        _sized,
    ),
    (
        "",
        rf"(?:(?<=了)|(?<={_BUILD.replace('|', ')|(?<=')}))(?P<prefix>)"
        rf"(?P<numeral>[二两三四五六七八九十]{{1,3}})(?P<unit>个|家|所|座|条|处|名){_LABEL}(?P<suffix>)",
        _counted,
    ),
    (
        "",
        rf"(?P<prefix>{PREFIX})?(?P<numeral>[一二两三四五六七八九][十百千]?[一二三四五六七八九]?[万亿])"
        rf"(?P<unit>元|吨|亩|人次|人|千瓦|斤|平方米|公里|户|辆|套)(?!级)(?P<suffix>{SUFFIX})?",
        _amount,
    ),
)
_COMPILED: Final = tuple((cue, re.compile(p), reader) for cue, p, reader in _PATTERNS)
_COMPARED: Final[dict[str, Comparator]] = {"多": ">", "": ""}


def find_targets(text: str) -> list[Quantity]:
    """Return the quantities written in words; the cue string spares most regex searches."""
    found: list[Quantity] = []
    for cue, pattern, reader in _COMPILED:
        if cue and cue not in text:
            continue
        for match in pattern.finditer(text):
            read = reader(match)
            if read is not None:
                found.append(_quantity(match, *read))
    return found


def _quantity(match: re.Match[str], value: float, unit: str) -> Quantity:
    suffix = match["suffix"] or ""
    comparator = _COMPARED.get(suffix) or comparator_of(match["prefix"], suffix, more=False)
    core = "numeral" if "numeral" in match.re.groupindex else "core"
    return Quantity(match.start(), match.end(), match.start(core), value, unit, comparator)
