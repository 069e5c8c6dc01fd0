"""Headings and notes behind the report proper: 名词解释, 附件, project lists."""

from __future__ import annotations

import re
from typing import Literal

Part = Literal["glossary", "annex"]

_LABEL = (
    r"[（(\[【〔]?\s*附\s*(?:件|录|表|注)?\s*[\d一二三四五六七八九十]{0,3}\s*[）)\]】〕]?\s*[：:]?"
)
_TERMS = r"(?:名词|词语|词汇|术语|用语|用词|概念|名称|提法|专有名词|专业术语|专业名词|新名词|新词|缩略语)"
_EXPLAINED = r"(?:解释|注释|释义|注解|解读|说明|简释|浅释)"
# A title such as 关于计划草案的说明 opens a chapter of the report: 说明 counts only with a word for terms.
_GLOSSARY = re.compile(
    rf"^(?:{_LABEL})?(?:[\d一二三四五六七八九十]{{1,3}}[、.．])?"
    r"(?:(?:\d{4}|[一二][〇○零０0Oo一二三四五六七八九]{3})年)?[^。，；]{0,14}?[《“]?(?:政府工作报告|报告|文)?[》”]?(?:[（(]?(?:中|里|内)?的?)?"
    r"(?:(?:有关|部分|相关|主要|若干|重要|专业|涉及|所涉|出现)的?)*(?:内容|问题|事项)?的?"
    rf"(?:{_TERMS}(?:和{_TERMS})?的?{_EXPLAINED}(?:[和与及]{_EXPLAINED})?|(?:注释|注解|释义|名词解释|注释说明))[）)]?[：:]?$"
)
_BARE_LABEL = re.compile(rf"^{_LABEL}$")
_LABELLED = re.compile(rf"^{_LABEL}\s*\S")
_PROJECTS = re.compile(
    r"^[（(《“]?(?:\S{0,14})?(?:20\d\d|今)年?\S{0,20}(?:民生实事|实事项目|民心工程|惠民实事|重点项目|民生工程|为民办实事|重大项目|实事|指标|清单|计划表|目标表)\S{0,14}$"
)
NOTE = re.compile(
    r"^(?:[\[［〔【（(]\s*(?:注\s*)?(\d{1,3})\s*[\]］〕】）)]|(\d{1,3})\s*[.．、:：]\s*(?=[^\d\s])|([\u2460-\u2473\u3251-\u32bf])|注\s*(\d{1,3})\s*[：:])"
)
_EXPLAINS = re.compile(r"^.{1,60}?(?:[：:\t]|——|——|是指|即指|指的是)|即|简称|是指|指")
_MARK = re.compile(r"\^?[\[［〔]\s*(\d{1,3})\s*[\]］〕]|([\u2460-\u2473\u3251-\u32bf])")


def heading_of(text: str) -> Part | None:
    """Tell whether a line opens a glossary or an annex; ``None`` when it is something else."""
    line = _bare(text)
    if not line or len(line) > 50 or line[-1] in "。！？；，":
        return None
    if _GLOSSARY.match(line):
        return "glossary"
    if _BARE_LABEL.match(line) and "附" in line[:3] and len(line) > 1:
        return "annex"
    if _LABELLED.match(line) and not re.match(r"^附[着近属加带和则则设]", line) and _is_title(line):
        return "annex"
    return None


def _bare(text: str) -> str:
    """Leave out blanks and the ornaments around a heading: ※注释※, 【名词解释】."""
    line = re.sub(r"[\s\u3000]+", "", text)
    line = re.sub(r"^[※★☆●◆■□▲△◎*＊#=~—–_·•-]+|[※★☆●◆■□▲△◎*＊#=~—–_·•-]+$", "", line)
    framed = re.fullmatch(r"[【\[（(〔「]([^】\]）)〕」]{2,20})[】\]）)〕」][：:]?", line)
    return framed[1] if framed and _GLOSSARY.match(framed[1]) else line


def _is_title(line: str) -> bool:
    return len(line) <= 45 and not re.search(
        r"\.(?:pdf|docx?|wps|ofd|xlsx?|zip|rar)$", line, re.IGNORECASE
    )


def is_label(text: str) -> bool:
    """Tell whether a heading only says what follows (附件1, 名词解释) and is no title of its own."""
    line = _bare(text)
    return bool(_BARE_LABEL.match(line)) or bool(_GLOSSARY.match(line))


def is_project_title(text: str) -> bool:
    """Tell the title of a list of welfare projects that follows without the word 附件."""
    line = text.strip()
    return len(line) <= 45 and bool(_PROJECTS.match(line))


def is_note(text: str) -> bool:
    """Tell a numbered explanation: a number, a term, and what it means."""
    line = text.strip()
    match = NOTE.match(line)
    if match is not None and line[0] in "[［〔" and len(line) > match.end() + 3:
        return True  # nothing but a note opens with a number in square brackets
    return match is not None and bool(_EXPLAINS.search(line[match.end() : match.end() + 120]))


def is_first_note(text: str) -> bool:
    """Tell the note with which a list of notes begins: number one."""
    match = NOTE.match(text.strip())
    number = next((g for g in match.groups() if g), "") if match else ""
    return number.lstrip("0") in ("1", "①") and is_note(text)


def note_numbers(text: str) -> set[str]:
    """Collect the numbers or circled digits that the notes of a glossary carry in brackets."""
    found: set[str] = set()
    for line in text.split("\n"):
        match = _MARK.match(line.strip())
        if match:
            found.add(match[1].lstrip("0") if match[1] else match[2])
    return found


def note_marks(text: str, numbers: set[str]) -> list[tuple[int, int]]:
    """Find marks in a paragraph that point to notes: ``［3］`` or ``③`` right behind a word.

    Only marks whose number a note carries count, so that list marks and quantities stay.
    """
    found: list[tuple[int, int]] = []
    for match in _MARK.finditer(text):
        key = match[1].lstrip("0") if match[1] else match[2]
        before = text[match.start() - 1 : match.start()]
        if key in numbers and before and before not in "。！？；：:;\n" and not before.isspace():
            found.append(match.span())
    return found
