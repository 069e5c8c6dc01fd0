"""Is it a report? The gate before the corpus, with a reason code for every refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.identity import Identity, identify
from corpus.numerals import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.cleaning import Cleaned
    from corpus.readers.result import Source

MIN_HAN = 5_000
MAX_HAN = 70_000
MIN_HAN_EARLY = 3_500  # reports before 1990 could be short (1975: 4 700)

# What a title says of a document that is about the report, or a report of another body.
_DECOYS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern))
    for reason, pattern in (
        ("decoy_plan_report", r"国民经济和社会发展计划|计划执行情况|发展计划草案|计划报告"),
        ("decoy_budget_report", r"预算执行|预算草案|财政预算|预算报告|决算"),
        ("decoy_court_report", r"法院.{0,4}工作报告"),
        ("decoy_procuratorate_report", r"检察院.{0,4}工作报告"),
        (
            "decoy_congress_report",
            r"(?:人大常委会|人民代表大会常务委员会|政协.{0,12}常务?委员会|党委|纪委|监察委员会)\S{0,4}工作报告|政协.{0,20}工作报告",
        ),
        ("decoy_disclosure_report", r"政府信息公开.{0,6}(?:年度|年)?报告|法治政府建设"),
        (
            "decoy_interpretation",
            r"解读|图解|一图|图说|读懂|划重点|看点|亮点|热词|关键词|金句|数说|数读|速览|速读|动漫|漫画|海报|长图|思维导图|权威解析|问答",
        ),
        (
            "decoy_tasks",
            r"任务分解|责任分工|分工方案|分工的?通知|责任清单|任务清单|任务分工|重点任务|重点工作|落实.{0,12}政府工作报告|督查|台账|实施方案|目标责任|印发.{0,30}政府工作报告",
        ),
        ("decoy_resolution", r"决议"),
        ("decoy_draft", r"征求意见|意见建议|意见征集|讨论稿|送审稿|草案|审议稿|初稿|起草"),
        ("decoy_summary", r"摘要|摘登|摘编|摘录|要点|节选|节录|选登|简版|精简版|概要|浓缩|精华"),
        (
            "decoy_news",
            r"热议|反响|审议政府工作报告|听取.{0,6}报告|开幕|闭幕|召开|代表团|分组|新闻发布会|侧记|综述|述评|社论|评论员|心得|学习贯彻|记者会|座谈会",
        ),
        ("decoy_media", r"视频|音频|直播回放|有声|录音"),
        ("decoy_glossary_page", r"名词解释|名词注释|词语解释|术语解释|注释$"),
        ("decoy_speech", r"(?:关于|对).{0,20}政府工作报告.{0,6}的?(?:说明|几点|意见|辅导|发言)"),
    )
)
_NAMED = re.compile(r"政府工作(?:的)?报告|政府工作情况的报告")
_SAYS = re.compile(
    r"代表.{0,24}(?:政府|国务院)|(?:报告|汇报).{0,4}政府.{0,4}工作|政府工作报告|政府.{0,30}(?:工作)?报告"
)
_OTHER_BODY = re.compile(
    r"(?:我)?(?:代表|受).{0,16}(?:检察院|法院|常务委员会|常委会|政协|发展和改革委员会|财政厅|财政局|财政部|发展改革委).{0,60}(?:报告|审议|审查)"
)
_DELEGATED = re.compile(r"受.{0,14}(?:政府|国务院)(?:的)?委托.{0,40}(?:计划|预算)")
_REPORTER = re.compile(
    r"(?:本报|新华社|中新社|日报|记者|通讯员).{0,14}(?:讯|电|报道)|报讯|作政府工作报告时(?:说|指出|强调)"
)
_REVIEW = re.compile(
    r"回顾|过去(?:的)?(?:一|五|几|这)?年|一年来|五年来|几年来|去年|刚刚过去|以来|取得.{0,12}(?:成就|成绩|进展|胜利)|主要工作|工作情况"
)
_PLAN = re.compile(
    r"今年|明年|目标|任务|今后|新的一年|工作安排|总体要求|十[一二三四五]?五|计划|规划|方针|必须|建议"
)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a text is a government work report, and of whom.

    Attributes
    ----------
    reason : str
        Empty when it is one; else the first test that failed.
    title : str
        The title chosen among the candidates.
    identity : Identity
        Region and year, as far as found; also for refused documents.
    """

    reason: str
    title: str
    identity: Identity
    warnings: tuple[str, ...] = ()

    @property
    def is_report(self) -> bool:
        """No test failed."""
        return not self.reason


def judge(source: Source, parts: Cleaned) -> Verdict:
    """Test whether a document is a complete report, and find whose and of which year.

    Notes
    -----
    Order of the tests: blocked or empty page; title of a decoy; report not named; no greeting;
    another body speaks; length; review and plan; one page of several; cut off; region; year.
    """
    title = choose_title(source.titles, parts.head, parts.before)
    identity = identify(
        head=parts.head, before=parts.before, titles=_usable(source.titles, title), body=parts.text
    )
    reason = (
        source.problem
        or _emptiness(source, parts)
        or _decoy(title, parts)
        or _form(parts, title, identity)
        or _completeness(source, parts)
        or _missing_identity(identity)
    )
    warnings = tuple(w for w, on in (("body stood twice; one copy kept", parts.is_doubled),) if on)
    return Verdict(reason, title, identity, warnings)


def choose_title(titles: Sequence[str], head: Sequence[str], before: Sequence[str]) -> str:
    """Choose the title: the label, else a heading that names a report, else a line that does."""
    candidates = [*titles]
    named = [t for t in candidates if _NAMED.search(plain(t))]
    label = candidates[0] if candidates else ""
    if named and (not label or not _telling(label)):
        label = named[0]
    if not _telling(label):
        lines = [*head, *reversed(before[-20:])]
        lines = [line for line in lines if 4 <= len(line) <= 60]
        label = next((line for line in lines if "报告" in plain(line) and "摄" not in line), label)
    return _without_site(label)


def decoy_reason(title: str) -> str:
    """Say what else a title announces than a report; empty when it may be one.

    Examples
    --------
    >>> decoy_reason("一图读懂2026年政府工作报告")
    'decoy_interpretation'
    """
    line = plain(title)
    return next((reason for reason, pattern in _DECOYS if pattern.search(line)), "")


def _telling(title: str) -> bool:
    return len(plain(title)) >= 5


def _without_site(title: str) -> str:
    """Take the names of column and site off a title element: ``article_column_site``."""
    parts = [p.strip() for p in re.split(r"\s*(?:_|\s[-–|]\s|\|)\s*", title) if p.strip()]
    if len(parts) < 2:
        parts = [
            p
            for p in re.split(r"-(?=[\u4e00-\u9fff]{2,20}(?:网|厅|局|政府|办公室|委员会)$)", title)
            if p
        ]
    found = next((p for p in parts if _NAMED.search(plain(p))), parts[0] if parts else title)
    return found.removeprefix("标题：").strip()


def _usable(titles: Sequence[str], title: str) -> list[str]:
    """Titles that name the report; the chosen one first."""
    return list(
        dict.fromkeys([title, *(_without_site(t) for t in titles if _NAMED.search(plain(t)))])
    )


def _emptiness(source: Source, parts: Cleaned) -> str:
    inside = source.lines[source.first : source.last]
    size = sum(line.end - line.start for line in inside)
    linked = sum((line.end - line.start) * line.linked for line in inside)
    if len(inside) >= 8 and linked > 0.6 * size:
        return "index_page"
    return "no_text" if len(_HAN.findall(parts.text)) < 60 and not parts.glossary else ""


def _decoy(title: str, parts: Cleaned) -> str:
    """Let the title decide; for a title that says nothing, the lines above the greeting."""
    lines = [title] if _telling(title) else [*parts.head[:4]]
    for line in map(plain, lines):
        for reason, pattern in _DECOYS:
            if pattern.search(line):
                return reason
    if (
        title
        and not _HAN.search(title)
        and re.search(r"report on the work|government work", title, re.IGNORECASE)
    ):
        return "decoy_translation"
    head = [line for line in map(plain, parts.head[:6]) if len(line) < 60]
    for reason, pattern in _DECOYS:
        if reason in ("decoy_summary", "decoy_draft") and any(
            pattern.search(line) and "政府工作报告" in line for line in head
        ):
            return reason
    return ""


def _form(parts: Cleaned, title: str, identity: Identity) -> str:
    opening = plain(parts.text[:900])
    named = _NAMED.search(plain(title)) or any(_NAMED.search(plain(line)) for line in parts.head)
    if _DELEGATED.search(opening) and not named:
        return "decoy_budget_report" if "预算" in opening[:300] else "decoy_plan_report"
    if not named and not re.search(r"代表.{0,24}(?:政府|国务院).{0,40}(?:报告|审议)", opening):
        return "decoy_other_body" if _OTHER_BODY.search(opening) else "not_named"
    if not parts.has_greeting and not (
        identity.region_code == "000000" and (identity.year or 0) < 1990
    ):
        news = _REPORTER.search(plain("".join(parts.head) + parts.text[:1500]))
        return "decoy_news" if news else "no_greeting"
    other = None if named else _OTHER_BODY.search(opening)
    if other and not re.search(
        r"代表[^，。]{0,24}(?:人民政府|国务院|政府)", opening[: other.end()]
    ):
        return "decoy_other_body"
    if not _SAYS.search(opening) and not named:
        return "not_named"
    return _structure(parts.text, identity)


def _structure(text: str, identity: Identity) -> str:
    size = len(_HAN.findall(text))
    least = MIN_HAN_EARLY if (identity.year or 9999) < 1990 else MIN_HAN
    if size < least:
        return "too_short"
    if size > MAX_HAN:
        return "too_long"
    half = len(text) // 2
    if not _REVIEW.search(text[: half + 2000]) or not _PLAN.search(text[half // 4 :]):
        return "no_review_or_plan"
    return ""


def _completeness(source: Source, parts: Cleaned) -> str:
    if source.n_parts > 1 and (parts.is_truncated or not parts.has_final_call):
        return "part_of_article"
    return "truncated" if parts.is_truncated else ""


def _missing_identity(identity: Identity) -> str:
    if identity.is_county:
        return "county_not_listed"
    if not identity.region_code:
        return "no_region"
    return "" if identity.year else "no_year"
