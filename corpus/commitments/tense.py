"""Whether a clause looks back or ahead (rules R4 and R5)."""

from __future__ import annotations

import re
from typing import Final, Literal

__all__ = ["Direction", "Section", "clause_bounds", "direction_at", "section_of"]

Direction = Literal["ahead", "back"]
Section = Literal["review", "plan", "governance", "other"]

_PAST: Final = re.compile(
    r"去年|上年(?!度)|过去|一年来|五年来|几年来|以来|此前|累计|已经|(?<![不而])已(?!有)|曾|"
    r"[成建增升降获过到出了]了|同比|创历史|历史性|我们编制了|顺利完成|圆满"
)
# 将 as a preposition (将76%的财力用于民生) says nothing of tense.
_WILL: Final = r"将(?!近|士|军|\d|[^，。；]{0,16}(?:纳入|用于|调整为?|列入|作为|投向|转化为|打造成|提高到|提升至|下放|延长))"
_FUTURE: Final = re.compile(
    rf"{_WILL}|"
    r"力争|争取(?!到)|确保(?!了)|力求|拟(?![定订])|计划(?=新|完成|投|开工|实施|建)|预期目标|"
    r"今后|未来|展望|下一步|新的一年|为目标|目标是|明年|要(?=[在把坚继加深全着抓用])"
)
# In a review 确保 and 争取 tell what was done; only these look ahead there.
_FUTURE_IN_REVIEW: Final = re.compile(
    rf"{_WILL}|"
    r"力争|展望|下一步|今后[一二三五]|明年|再奋斗|预期目标"
)
_YEAR_AHEAD: Final = re.compile(r"到(20\d\d)年")
_PAST_IN_PLAN: Final = re.compile(
    r"(?<![比较在于])去年|(?<![比较在于])上年(?!度|基)|过去|一年来|五年来|累计(?=建成|完成|投|实现|达到?了)|已(?:经|达|完|建|有|实)|"
    r"我们编制了|[取完建编实]\w?了(?=[^，。；]{0,12}[\d《])"
)
_PLAN_WORDS: Final = re.compile(
    r"工作安排|主要任务|目标任务|重点任务|总体要求|重点工作|预期目标|规划"
)
_REVIEW_WORDS: Final = re.compile(r"回顾|一年来|过去|五年来|成就")
_OUTCOME: Final = re.compile(r"(?:达到?|增长|下降|提高|提升|超过|突破|获批|入选|位居|分别)")
_STOPS: Final = "。！？；!?;\n"
_EDGES: Final = frozenset("，,：:" + _STOPS)


def clause_bounds(text: str, position: int) -> tuple[int, int]:
    """Return the clause of `text` around `position`, between commas or stronger stops."""
    start = position
    while start > 0 and text[start - 1] not in _EDGES:
        start -= 1
    end = position
    while end < len(text) and text[end] not in _EDGES:
        end += 1
    return start, end


def section_of(heading: str | None, previous: str | None) -> Section | None:
    """Guess the section from the heading, then from the sentence before."""
    for words in (heading, previous):
        if words:
            if _PLAN_WORDS.search(words) and not _REVIEW_WORDS.search(words):
                return "plan"
            if _REVIEW_WORDS.search(words):
                return "review"
    return None


def direction_at(
    text: str, position: int, *, section: str | None, year: int | None = None
) -> Direction:
    """Return where the clause at `position` looks.

    Parameters
    ----------
    text : str
        The sentence.
    position : int
        Code point of the number, date or name.
    section : {"review", "plan", "governance", "other"} or None
        Part of the report; a clause without a mark of tense follows it (R5).
    year : int, optional
        Year of the report: 到2025年 in a report of 2026 looks back.
    """
    start, end = clause_bounds(text, position)
    clause, lead = text[start:end], text[:end]
    if section == "review":
        return "ahead" if _ahead_in_review(clause, lead, year) else "back"
    if section in {"plan", "governance"}:
        opens_back = _opens_back(text) and "今年" not in lead
        return "back" if _PAST_IN_PLAN.search(clause) or opens_back else "ahead"
    past = _PAST.search(clause) is not None
    future = _FUTURE.search(clause) is not None or _dated_ahead(lead, year)
    if past == future:  # the clause does not tell: the sentence
        past, future = _PAST.search(lead) is not None, _FUTURE.search(text) is not None
    if past != future:
        return "back" if past else "ahead"
    return "back" if _OUTCOME.search(clause) and not future else "ahead"


def _ahead_in_review(clause: str, lead: str, year: int | None) -> bool:
    announced = re.search("预期目标|目标是|今后五年的", lead)
    return bool(announced or _FUTURE_IN_REVIEW.search(clause)) or _dated_ahead(lead, year)


def _dated_ahead(lead: str, year: int | None) -> bool:
    """Whether a year to come was named before: 到2030年 governs the rest of the sentence."""
    threshold = year if year is not None else 2027
    return any(int(match[1]) >= threshold for match in _YEAR_AHEAD.finditer(lead))


def _opens_back(text: str) -> bool:
    """Whether the whole sentence reports: 去年, 过去五年 at its head and nothing ahead after."""
    opening = re.match(r"[^，。；比较在于]{0,6}(?:去年|过去[一五]年|一年来|五年来)", text)
    return opening is not None and not _FUTURE.search(text)
