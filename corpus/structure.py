"""Where a sentence stands in a report: section, heading path, unit type, annex."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.sentences import Span

Section = Literal["review", "plan", "governance", "other"]
UnitType = Literal["body", "heading", "ritual", "glossary", "furniture"]

_NUM = "[一二三四五六七八九十百]+"
# Outline marks from the highest to the lowest rank.
_RANKS = (
    re.compile(rf"^第?{_NUM}(?:部分|章)?[、．.]\s*"),
    re.compile(rf"^[（(]\s*{_NUM}\s*[）)]\s*[、．.]?"),
    re.compile(r"^\d{1,2}\s*[、．.](?!\d)\s*"),
    re.compile(r"^[（(]\s*\d{1,2}\s*[）)]"),
)
_ITEM = re.compile(rf"^(?:{_NUM}[是要]|第{_NUM}[，、])")
_FINAL = frozenset("。！？；：，、!?;:,")
_GOVERNANCE = re.compile(
    r"政府自身建设|自身建设|政府建设|政府治理|政府工作新|政府效能|服务型政府|法治政府|廉洁政府|人民满意"
    r"|转作风|转变政府职能|治理效能|治理创新|党的(?:全面)?领导贯穿|过硬政府|务实.{0,6}政府"
)
_REVIEW = re.compile(
    r"回顾|工作情况|取得.{0,8}(?:成就|成效|进展)|发展成就|成就|一年来|过去.{0,3}年|五年来|工作总结|主要做了"
    r"|新进展新成效|的(?:一|五)年$"
)
_PLAN = re.compile(
    r"目标|任务|安排|要求|重点工作|主要工作|工作部署|总体部署|总体思路|建议|十[一二三四五]五|规划|今年|举措|开好局"
    r"|工作重点|政策取向|奋力|篇章|主要考虑|新征程|\d{4}年.{0,4}工作$"
)
_PLAN_OPENING = re.compile(
    r"^(?:各位代表[！，,!：:]\s*)?(?:今年|20\d\d年|新的一年|做好(?:今年|20\d\d年)).{0,12}"
    r"(?:是|工作的?总体要求|经济社会发展|主要预期目标|重点(?:工作|抓好|做好))"
)
_GLOSSARY = re.compile(
    r"^(?:[（(\[【]?附(?:件|录)?\s*\d*\s*[）)\]】]?\s*[：:]?)?"
    r"(?:《?政府工作报告》?)?(?:中?的?(?:有关|部分|相关))?(?:内容)?的?"
    r"(?:名词|词语|术语|用语)?(?:解释|注释|名词注释|说明|注解)(?:和说明|与说明|及说明)?[：:]?$"
)
_ANNEX = re.compile(r"^[（(\[【]?附(?:件|录|表)?\s*[\d一二三四五六七八九十]*\s*[）)\]】]?\s*[：:]?")
_NOTE = re.compile(
    r"^(?:[\[［〔【]\s*\d{1,3}\s*[\]］〕】]|\d{1,3}\s*[.．、]\s*[“《]?\S{1,30}?[：:])"
)
_GREETING = re.compile(r"^(?:各位代表|同志们|各位代表、同志们|朋友们)[！!，,：:。]?$")
_RITUAL = re.compile(
    r"^(?:各位代表[！，!：:]?)?现在[，,]?\s*(?:我)?.{0,4}代表.{0,16}(?:政府|国务院).{0,40}(?:报告|审议)"
    r"|请予审议|请.{0,24}提出意见|(?:表示|致以).{0,8}(?:感谢|敬意|问候|谢意)|衷心感谢"
    r"|让我们.{0,60}(?:团结|高举|紧密)|^谢谢(?:大家|各位)"
)
_SOURCE_LINE = re.compile(r"^[（(]?\s*(?:来源|责任编辑|编辑|作者|记者)\s*[：:]")
_CONGRESS = re.compile(r"代表大会.{0,12}(?:会议|次会)")
_SPEAKER = re.compile(r"(?:省长|市长|主席|总理|区长|县长|代省长|州长)")
MAX_HEADING = 60
MAX_TOPIC = 28
MAX_ITEM = 18


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence with its place in the report."""

    span: Span
    section: Section
    heading_path: str
    unit_type: UnitType
    is_annex: bool


@dataclass(slots=True)
class _State:
    section: Section = "other"
    path: list[tuple[int, str]] = field(default_factory=list)
    started: bool = False
    annex: bool = False
    glossary: bool = False
    has_chapters: bool = False


def describe_units(text: str, spans: Sequence[Span]) -> list[Unit]:
    """Walk through a report and say of every sentence where it stands.

    Parameters
    ----------
    text : str
        The report, one paragraph a line.
    spans : sequence of Span
        Its sentences in order.

    Notes
    -----
    The text before the greeting 各位代表 is furniture when there is a greeting; after 名词解释
    everything is glossary, after 附件 everything is annex.
    """
    sentences = [text[s.start : s.end] for s in spans]
    state = _State(started=not _has_greeting(sentences), has_chapters=_has_chapters(sentences))
    units: list[Unit] = []
    for i, span in enumerate(spans):
        first = i == 0 or spans[i - 1].paragraph != span.paragraph
        last = i + 1 == len(spans) or spans[i + 1].paragraph != span.paragraph
        sentence = sentences[i]
        unit_type = _unit_type(sentence, state, first=first, last=last)
        _advance(state, sentence, unit_type, first=first)
        path = " / ".join(title for _, title in state.path)
        units.append(Unit(span, state.section, path, unit_type, state.annex))
    return units


def _has_greeting(sentences: Sequence[str]) -> bool:
    return any(sentence.startswith("各位代表") for sentence in sentences[:15])


def _has_chapters(sentences: Sequence[str]) -> bool:
    """Tell whether titles mark the turn from review to plan, so that it need not be guessed."""
    titles = [s for s in sentences if len(s) <= MAX_HEADING and (_rank(s) == 0 or _is_chapter(s))]
    return len(titles) > 1 and any(_section_of(t, "other") == "review" for t in titles)


def _unit_type(sentence: str, state: _State, *, first: bool, last: bool) -> UnitType:
    if first and _starts_annex(sentence, state, alone=last):
        return "heading"
    if state.glossary:
        return "glossary"
    if not state.started:
        if sentence.startswith("各位代表"):
            state.started = True
            return "ritual"
        return "furniture"
    if state.annex and _NOTE.match(sentence) and re.search(r"指|简称|即", sentence[:60]):
        return "glossary"
    if _SOURCE_LINE.match(sentence) or (last and first and _is_session_line(sentence)):
        return "furniture"
    if _GREETING.match(sentence) or _RITUAL.search(sentence):
        return "ritual"
    return "heading" if _is_heading(sentence, first=first, last=last) else "body"


def _starts_annex(sentence: str, state: _State, *, alone: bool) -> bool:
    if not state.started or not alone or len(sentence) > MAX_HEADING:
        return False
    stripped = _ANNEX.sub("", sentence)
    if _GLOSSARY.match(sentence) or _GLOSSARY.match(stripped.strip() or "-"):
        state.annex = state.glossary = True
    elif stripped != sentence and sentence[-1] not in _FINAL - {"：", ":"}:
        state.annex, state.glossary = True, False
    else:
        return False
    return True


def _is_session_line(sentence: str) -> bool:
    short = len(sentence) < MAX_HEADING and sentence[-1] not in _FINAL
    return short and bool(
        _CONGRESS.search(sentence) or (_SPEAKER.search(sentence) and len(sentence) < 20)
    )


def _rank(sentence: str) -> int | None:
    for rank, mark in enumerate(_RANKS):
        if mark.match(sentence):
            return rank
    return None


def _is_heading(sentence: str, *, first: bool, last: bool) -> bool:
    """R11: an outline title, a line without final mark, a topic phrase that opens a paragraph or item."""
    has_figure = bool(re.search(r"\d", _strip_mark(sentence)))
    if not first:
        return bool(_ITEM.match(sentence)) and len(sentence) <= MAX_ITEM and not has_figure
    if len(sentence) > MAX_HEADING:
        return False
    if last:
        return sentence[-1] not in _FINAL and (_rank(sentence) is not None or len(sentence) <= 30)
    if _rank(sentence) in (0, 1):
        return True
    topic = _ITEM.sub("", _strip_mark(sentence))
    return len(topic) <= MAX_TOPIC and sentence[-1] in "。！" and not has_figure


def _strip_mark(sentence: str) -> str:
    for mark in _RANKS:
        sentence = mark.sub("", sentence, count=1)
    return sentence


def _advance(state: _State, sentence: str, unit_type: UnitType, *, first: bool) -> None:
    """Update section and heading path after the unit's own type is known."""
    rank = _rank(sentence)
    if unit_type == "ritual" and state.section == "other" and state.started and not state.annex:
        state.section = "review"
    if state.annex:
        state.section = "other"
        if unit_type == "heading":
            state.path = [(0, sentence)]
        return
    if unit_type == "heading":
        _enter_heading(state, sentence, rank)
    elif first and _turns_to_plan(state, sentence):
        state.section = "plan"
    if first and _addresses_governance(sentence, unit_type):
        state.section = "governance"


def _turns_to_plan(state: _State, sentence: str) -> bool:
    guess = state.section == "review" and not state.has_chapters
    return guess and bool(_PLAN_OPENING.search(sentence))


def _addresses_governance(sentence: str, unit_type: UnitType) -> bool:
    """Tell a paragraph that greets the deputies anew and then speaks of the government itself."""
    speaks = unit_type in ("body", "ritual") and sentence.startswith("各位代表")
    return speaks and len(sentence) > len("各位代表！") and bool(_GOVERNANCE.search(sentence))


def _enter_heading(state: _State, sentence: str, rank: int | None) -> None:
    level = 4 if rank is None else rank
    title = sentence.rstrip("。！：")
    state.path = [(r, t) for r, t in state.path if r < level]
    state.path.append((level, title))
    if rank == 0 or (rank is None and _is_chapter(sentence)):
        state.section = _section_of(sentence, state.section)


def _is_chapter(sentence: str) -> bool:
    """Tell an unnumbered chapter title from a topic phrase: it names the year's review or tasks."""
    return bool(
        re.search(
            r"(?:工作回顾|的回顾|自身建设|重点工作|主要任务|总体要求|(?:工作|任务)安排|建议|工作部署)$",
            sentence.rstrip("。"),
        )
    )


def _section_of(title: str, current: Section) -> Section:
    if _GOVERNANCE.search(title):
        return "governance"
    if _REVIEW.search(title) and not re.search(r"目标|20\d\d年.{0,6}(?:任务|安排)", title):
        return "review"
    if _PLAN.search(title) or current == "review":
        return "plan"
    return current


def unit_type_of(sentence: str) -> UnitType:
    """Guess the unit type of a sentence that comes without its report."""
    if _GREETING.match(sentence) or _RITUAL.search(sentence):
        return "ritual"
    if _SOURCE_LINE.match(sentence):
        return "furniture"
    if _NOTE.match(sentence) and re.search(r"指|简称|即", sentence[:60]):
        return "glossary"
    return "heading" if sentence and _is_heading(sentence, first=True, last=False) else "body"
