"""Whose report, of which year: from session line, title and body, never from an address."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from corpus.numerals import dates, plain
from corpus.regions import NATIONAL_CODE, Region, regions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SESSION = re.compile(
    r"(?P<place>[\u4e00-\u9fff]{0,30}?)第?(?P<term>[一二三四五六七八九十]{1,3}|\d{1,2})届(?P<nation>全国)?"
    r"(?:人民代表大会|人大)(?!常务|常委)第?(?:[一二三四五六七八九十]{1,3}|\d{1,2})次(?:全体)?会议"
)
_TITLE = re.compile(r"(?P<place>[\u4e00-\u9fff]{2,24}?)(?:\d{4}年(?:度)?)?(?:人民)?政府工作报告")
_TITLE_YEAR = re.compile(
    r"((?:19|20)\d\d)年?(?:度)?[\u4e00-\u9fff]{0,20}?政府工作报告|政府工作报告.{0,3}[（(—]{0,2}((?:19|20)\d\d)年?"
)
_SPEAKER = re.compile(
    r"(?P<place>[\u4e00-\u9fff]{2,14}?)(?:人民政府)?(?:代理?)?(?:省长|市长|主席|州长|盟长|县长|区长|总理|旗长)"
)
_OPENING = re.compile(r"代表(?P<place>[\u4e00-\u9fff]{0,16}?)(?:人民政府|政府)")
_REVIEW_YEAR = re.compile(
    r"((?:19|20)\d\d)年(?:以来)?(?:政府|主要|全省|全市|全区)?(?:的)?工作(?:的)?(?:回顾|总结|情况|成绩)|刚刚过去的((?:19|20)\d\d)年"
)
_PLAN_YEAR = re.compile(
    r"((?:19|20)\d\d)年(?:政府|主要|重点|全省|全市|全区|经济社会发展|经济和社会发展)?(?:的)?(?:工作|主要|重点|经济社会发展)?(?:的)?"
    r"(?:总体要求|主要目标|预期目标|重点工作|主要任务|工作安排|工作任务|工作重点|安排|建议|任务|目标)"
)
_FIRST_YEAR = {
    "十五五": 2026,
    "十四五": 2021,
    "十三五": 2016,
    "十二五": 2011,
    "十一五": 2006,
    "十五": 2001,
}
_OPENING_YEAR = re.compile(
    r"[今是]年?是?.{0,6}“(十[一二三四五]?五)”(?:规划|时期|计划)?(?:的)?开局之年"
)
_GENERIC = frozenset(
    (
        "省",
        "市",
        "自治区",
        "县",
        "区",
        "州",
        "全省",
        "我省",
        "我市",
        "本届",
        "人民",
        "各级",
        "盟",
        "旗",
        "地区",
    )
)
_SUFFIXES = (
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "地区",
    "新区",
    "省",
    "市",
    "州",
    "盟",
    "县",
    "区",
    "旗",
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Region and year of delivery, with the place each was read from.

    Attributes
    ----------
    region_code, region : str
        Empty code and a name for a county that is not in the divisions list.
    is_county : bool
        The report is of a county, district or banner.
    region_from, year_from : str
        ``session``, ``title``, ``speaker``, ``opening`` or ``body``; empty when not found.
    """

    region_code: str = ""
    region: str = ""
    year: int | None = None
    session_date: str = ""
    is_county: bool = False
    region_from: str = ""
    year_from: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A resolved name: a listed region, or a county that the list does not hold."""

    code: str
    name: str
    is_county: bool = False


def identify(
    *, head: Sequence[str], before: Sequence[str], titles: Sequence[str], body: str
) -> Identity:
    """Find region and year of a report.

    Parameters
    ----------
    head : sequence of str
        Lines between the begin of the body element and the greeting.
    before : sequence of str
        Lines of the page above the body element, nearest last.
    titles : sequence of str
        Candidates for the title.
    body : str
        The report from its greeting on.

    Notes
    -----
    The year is that of delivery. The session line counts most, wherever it stands: above the
    greeting, in the title, or above the body element; it may be cut over two lines. The date of
    publication and the address are never used: both lie on moved and late pages.
    """
    sources = [
        plain("\n".join(head[-12:])),
        *(plain(t) for t in titles),
        plain("".join(before[-25:])),
    ]
    place, date = None, ""
    year: int | None = None
    for text in sources:
        found = _session(text)
        place = place or found[0]
        if year is None and found[1]:
            year, date = found[1], found[2]
    region_from, year_from = ("session" if place else ""), ("session" if year else "")
    opening = plain(body[:900])
    if place is None:
        place, region_from = _place_without_session(head, titles, opening, body)
    if year is None:
        year, year_from = _year_without_session(head, titles, body)
    name, code = (place.name, place.code) if place else ("", "")
    return Identity(
        region_code=code,
        region=name,
        year=year,
        session_date=date,
        is_county=bool(place and place.is_county),
        region_from=region_from if place else "",
        year_from=year_from if year else "",
    )


def _session(text: str) -> tuple[Place | None, int | None, str]:
    """Read place and date of the first session line; the date stands before or behind it."""
    for match in _SESSION.finditer(text):
        name = re.split(r"[在于年月日]|(?:省长|市长|主席|总理|州长)", match["place"])[-1]
        place = _NATION if match["nation"] else resolve_place(name)
        near = [
            d for d in dates(text) if d.month and match.start() - 60 <= d.start <= match.end() + 60
        ]
        ahead = [d for d in near if d.start < match.end()]
        chosen = ahead[-1] if ahead else near[0] if near else None
        if place is not None or chosen is not None:
            return place, chosen.year if chosen else None, chosen.iso if chosen else ""
    return None, None, ""


_NATION = Place(NATIONAL_CODE, "全国")


@cache
def _names() -> dict[str, str]:
    """Full names, and unambiguous short ones, to codes; provinces win over namesakes."""
    listed = [r for r in regions().values() if "abolished" not in getattr(r, "status", "")]
    found: dict[str, str] = {}
    for region in sorted(listed, key=_rank, reverse=True):
        found[region.short_name] = region.code
        if region.name.endswith("自治州"):
            found[region.short_name + "州"] = region.code
        if region.level == "province":
            found[re.sub(r"(?:壮族|回族|维吾尔)自治区$", "自治区", region.name)] = region.code
    for region in sorted(listed, key=_rank, reverse=True):
        found[region.name] = region.code
    return found


def _rank(region: Region) -> tuple[int, str]:
    return ({"national": 0, "province": 1, "prefecture": 2}.get(region.level, 3), region.code)


def resolve_place(name: str) -> Place | None:
    """Resolve the name in a session line or title: listed region, unlisted county, or nothing.

    Examples
    --------
    >>> resolve_place("河北省保定市").code
    '130600'
    >>> resolve_place("保定市满城区").is_county
    True
    >>> resolve_place("省") is None
    True
    """
    name = re.sub(r"^(?:中华人民共和国|中国|关于|审议|听取)", "", name.strip())
    if name in ("全国", "国务院", "中央人民政府", "中央"):
        return _NATION
    if len(name) < 2 or name in _GENERIC:
        return None
    names = _names()
    if name in names:
        return _place(names[name])
    for start in range(1, len(name) - 1):
        rest = name[start:]
        if rest in names and (name[:start] in names or rest.endswith(_SUFFIXES)) and len(rest) >= 2:
            parent = names.get(name[:start])
            if parent is None or parent[:2] == names[rest][:2]:
                return _place(names[rest])
    for end in range(len(name) - 1, 1, -1):
        if name[:end] in names and name.endswith(_SUFFIXES) and len(name) - end >= 2:
            return Place("", name, is_county=True)
    if re.fullmatch(r"[^了的和是为在我本各全]{1,8}(?:县|区|旗|市|自治县)", name):
        return Place("", name, is_county=True)
    return None


def _place(code: str) -> Place:
    return Place(code, regions()[code].name)


def _place_without_session(
    head: Sequence[str], titles: Sequence[str], opening: str, body: str
) -> tuple[Place | None, str]:
    for text in (*map(plain, titles), *map(plain, head)):
        for titled in _TITLE.finditer(re.sub(r"(?:19|20)\d\d年(?:度)?", "", text)):
            name = re.sub(r"^.*[在的于：:—_|]", "", titled["place"]).removesuffix("人民")
            if (place := resolve_place(name)) is not None:
                return place, "title"
    for text in map(plain, head):
        if match := _SPEAKER.search(text):
            place = (
                _NATION
                if "国务院" in match["place"]
                else resolve_place(match["place"].removesuffix("人民政府"))
            )
            if place is not None:
                return place, "speaker"
    if "代表国务院" in opening:
        return _NATION, "opening"
    level = ""
    if match := _OPENING.search(opening):
        level = match["place"].removesuffix("人民")
        if (place := resolve_place(level)) is not None:
            return place, "opening"
    return _most_named(body, level), "body"


def _most_named(body: str, level: str) -> Place | None:
    """Find the region that its report names far more often than any other of its level."""
    if level in ("县", "区", "旗") or not body:
        return None
    below = {"市": ("prefecture", "municipality"), "州": ("prefecture",)}
    wanted: tuple[str, ...] = below.get(level, ("province",))
    counts: Counter[str] = Counter()
    for region in regions().values():
        kind = (
            "municipality"
            if region.level == "province" and region.name.endswith("市")
            else region.level
        )
        if kind in wanted or (level == "" and kind == "municipality"):
            counts[region.code] += body.count(region.short_name)
    ranked = counts.most_common(2)
    if not ranked or ranked[0][1] < 5:
        return None
    second = ranked[1][1] if len(ranked) > 1 else 0
    return _place(ranked[0][0]) if ranked[0][1] >= 2 * second else None


def _year_without_session(
    head: Sequence[str], titles: Sequence[str], body: str
) -> tuple[int | None, str]:
    said = _heading_year(body)
    near = plain("".join(line for line in head[-6:] if not re.search(r"来源|时间|日期|发布", line)))
    for date in dates(near):
        if date.month and date.day:
            return date.year, "session"
    for text in map(plain, (*head, *titles)):
        if match := _TITLE_YEAR.search(text):
            year = int(match[1] or match[2])
            # Some archives file a report under the year it reviews; its own headings decide.
            return (said, "body") if said == year + 1 and _reviews(body, year) else (year, "title")
    return said, "body"


def _reviews(body: str, year: int) -> bool:
    return any(int(m[1] or m[2]) == year for m in _REVIEW_YEAR.finditer(plain(body)))


def _heading_year(body: str) -> int | None:
    """Find the year whose work is planned, or that after the year reviewed."""
    votes: Counter[int] = Counter()
    text = plain(body)
    for match in _REVIEW_YEAR.finditer(text):
        votes[int(match[1] or match[2]) + 1] += 2
    for match in _PLAN_YEAR.finditer(text):
        votes[int(match[1])] += 1
    for match in _OPENING_YEAR.finditer(text):
        votes[_FIRST_YEAR.get(match[1], 0)] += 2
    votes.pop(0, None)
    return _clear_winner(votes.most_common())


def _clear_winner(ranked: Iterable[tuple[int, int]]) -> int | None:
    first, *rest = [*ranked, (0, 0)]
    return first[0] if first[1] >= 1 and (not rest or first[1] > rest[0][1]) else None
