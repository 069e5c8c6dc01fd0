"""What a number attaches to, and what of it is measured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from corpus.commitments.numerals import to_ascii
from corpus.commitments.tense import clause_bounds
from corpus.commitments.units import unit_kind

if TYPE_CHECKING:
    from corpus.commitments.quantity import Quantity

__all__ = ["Measure", "counts_existing", "is_joined", "measure_of", "subjects_of"]

Measure = Literal["growth", "reduction", "level", "addition", "other"]

_LONGEST: Final = 18
# Ruling C2: the verbs that act on things already there, as against adding or reaching.
_ON_EXISTING: Final = re.compile(
    r"(?:壮大|抓好|抓实|用好|做强|做优|支持|依托|聚焦|围绕|建好|办好|发挥|推进|统筹|深化|落实|瞄准|突出|面向|利用|指导|做大|"
    r"优化|提升|巩固|加快)(?:好|了|首批|第一批|现有|已有|全省|全市|全区|国家级|省级|这)*$"
)
_LISTED: Final = re.compile(r"(?:抓好|推进|办好|办成|落实|聚焦)[^，。；]*等$")
_GROWTH: Final = re.compile(
    r"增长|增速|增幅|涨幅|提高(?!到|至)|提升(?!到|至)|上升(?!到|至)|上涨|增加(?!到|至|值)|翻|改善"
)
_REDUCTION: Final = re.compile(
    r"下降(?!到|至)|降低(?!到|至)|减少(?!到|至)|压减|压缩|降幅|降(?!到|至|水|雨)|回落|收窄"
)
_ADDITION: Final = re.compile(
    r"新增|新建|建成|完成|改造|开工|培育|引进|新设|组建|打造|筹集|建设|实施|新开|投放|治理|营造|创建|选派|"
    r"更新|修复|开行|举办|开通|发放|发行|安排|落地|投资|认定|获批|布局|新登记|转移|争取|入选|搬迁|整治|供应"
)
_LEVEL: Final = re.compile(
    r"达到?|占|比重|比例|率|保持|稳定在|控制|强度|超过?|突破|总量|规模|到|至"
)
_VERBS: Final = (
    "新增|新建(?:改建|改造|改扩建)?|新改扩?建|改扩?建|改建|建成|建设|完成|改造|开工|培育|引进|新设|组建|打造|筹集|实施|投放|治理|营造(?!林)|创建|选派|更新|修复|"
    "开行|举办|开通|发放|发行|安排|落地|认定|获批|布局|实现|力争|确保|争取|推动|推进|支持|开展|力保|全年|今年|全省|全市|全区|"
    "其中|预计|累计|带动|新(?![型能质兴一材疆区城])|再|并|使|将|要|共|年内|年底前|进一步|加快|达|计划|提质|持续|全力|深入|扎实|高质量"
)
_WHEN: Final = r"到?20\d\d年(?:年?[底末]之?前?|之?前)?|(?:今年)?\d{1,2}月[底末]?之?前?|年底之?前|(?:用)?[两三四五\d]年(?:内|时间)"
_HEAD_VERBS: Final = re.compile(rf"^(?:{_WHEN}|{_VERBS}|了|的|、|和|及)+")
_TAIL: Final = re.compile(
    r"(?:实现|年均|平均|分别|均|预计|预期|同比|比上年|较上年|累计|总量|总数|总?规模|再|力争|确保|继续|达到?|增长|增速|下降|降低|提高|提升|"
    r"增加|减少|扩大|缩小|改善|上升|压减|压缩|保持|稳定|控制|占|超额?|超过|突破|高于|低于|不低于|不超过|为|至|到|在|由|从|约|近|"
    r"近?百?\d*年的?|涨幅|首次|已|将|幅度|接近|逾|以|降|增|的|了|有|、|和|等|新增|完成|建成|净|累|共|全年)+$"
)
_BASE: Final = re.compile(
    r"[由从](?:20\d\d年的?)?\d.*$|\d[\d.]*[万亿]?[个家项条座处所件][^、，]*和$"
)
_QUALIFIER: Final = re.compile("城镇|农村|城乡|市级|县级|国家级|省级|一产|二产|三产|第[一二三]产业")
_NOUN: Final = re.compile(r"^(?:左右|以上|以内|以下|的|次|年)*([^\W\d_]{2,18})")
_NOUN_END: Final = re.compile(
    r"(?:建成|完成|开工|投产|投用|入选|获批|全部|达到|增长|实现|落地|加快|成为|纳入|居|占|率先|全面|推动|带动|惠及|上榜|通过|"
    r"落户|交付|建设|正式|开通|跻身|完工|均|分别|已|顺利|规模化|扎实|有序|深入|进入|取得|荣获|投入).*$"
)


def counts_existing(text: str, quantity: Quantity) -> bool:
    """Whether the number counts things already there: 壮大19个集群, 抓好14个试点 (C2)."""
    if unit_kind(quantity.unit) != "count" or quantity.comparator:
        return False
    if "实事" in text[quantity.end : quantity.end + 12]:
        return False  # 办好20项民生实事: chosen anew each year, and done or not done
    before = text[clause_bounds(text, quantity.start)[0] : quantity.start]
    return bool(_ON_EXISTING.search(before) or _LISTED.search(before))


def is_joined(between: str) -> bool:
    """Whether the text between two numbers only carries a list on."""
    return len(between) <= 16 and between.endswith(("和", "、", "及", "与")) and "，" not in between


def measure_of(text: str, quantity: Quantity) -> Measure:
    """Return what the number measures of its subject, from the last verb before it."""
    start, _ = clause_bounds(text, quantity.start)
    before = text[start : quantity.number]
    best: tuple[int, Measure] = (-1, "other")
    patterns: tuple[tuple[re.Pattern[str], Measure], ...] = (
        (_ADDITION, "addition"),
        (_LEVEL, "level"),
        (_REDUCTION, "reduction"),
        (_GROWTH, "growth"),
    )
    for pattern, measure in patterns:
        last = max((m.start() for m in pattern.finditer(before)), default=-1)
        if last > best[0]:
            best = (last, measure)
    return best[1]


def subjects_of(text: str, quantities: list[Quantity]) -> list[str]:
    """Return the subject of each quantity.

    A counted thing is named after its counter (80家企业) or before the verb; a measure is named
    before it (研发投入强度达到2.6%). A second number of the same thing (达到X、增长Y%) inherits, and
    分别 deals the list before it out over the numbers after it.
    """
    plain = to_ascii(text)
    subjects: list[str] = []
    for index, quantity in enumerate(quantities):
        previous = quantities[index - 1] if index else None
        after = quantities[index + 1].start if index + 1 < len(quantities) else len(text)
        subject = _before(plain, quantity, previous)
        if unit_kind(quantity.unit) == "count" and (not subject or len(subject) < 3):
            subject = _behind(plain, quantity, after) or subject
        subjects.append(subject or (subjects[-1] if subjects else ""))
    return _dealt(plain, quantities, subjects)


def _before(text: str, quantity: Quantity, previous: Quantity | None) -> str:
    start, _ = clause_bounds(text, quantity.start)
    if previous is not None:
        start = max(start, previous.end)
    words = re.split(r"[。；：“”（）《》]", text[start : quantity.start])[-1]
    words = _BASE.sub("", words)
    words = _TAIL.sub("", _HEAD_VERBS.sub("", words))
    words = _HEAD_VERBS.sub("", words.lstrip("、和及"))
    return re.split("、|和", words)[-1][-_LONGEST:] if "、" in words else words[-_LONGEST:]


def _behind(text: str, quantity: Quantity, limit: int) -> str:
    match = _NOUN.match(text[quantity.end : limit])
    return _NOUN_END.sub("", match[1])[:_LONGEST] if match else ""


def _shared_head(members: list[str]) -> list[str]:
    """Complete 城镇、农村居民人均可支配收入: the first member lacks the noun that both share."""
    qualifier = _QUALIFIER.match(members[-1]) if members else None
    if qualifier is None:
        return members
    head = members[-1][qualifier.end() :]
    return [m + head if _QUALIFIER.fullmatch(m) else m for m in members]


def _dealt(text: str, quantities: list[Quantity], subjects: list[str]) -> list[str]:
    """Hand the members of A、B分别增长X、Y out to their numbers."""
    if "分别" not in text:
        return subjects
    dealt = list(subjects)
    for match in re.finditer(r"([^，。；：]{2,40}?)分别", text):
        members = _shared_head(
            [_TAIL.sub("", _HEAD_VERBS.sub("", m)) for m in re.split("、|和|及", match[1]) if m]
        )
        stop = clause_bounds(text, match.end())[1]
        inside = [k for k, q in enumerate(quantities) if match.end() <= q.start < stop]
        if len(members) == len(inside) >= 2:
            for k, member in zip(inside, members, strict=True):
                dealt[k] = member or dealt[k]
    return dealt
