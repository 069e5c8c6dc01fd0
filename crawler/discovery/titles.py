"""What the title of a link promises: a report, something else, or nothing that can be told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from corpus.acceptance import decoy_reason
from corpus.numerals import plain

Interest = Literal["report", "unclear", "other"]

_REPORT = re.compile(
    r"政府.{0,12}工作(?:的)?报告|(?:省长|市长|主席|总理).{0,30}工作报告"
    r"|代表大会.{0,12}(?:次会议|会议).{0,4}上.{0,12}报告"
)
# Nothing else is named: the session that heard it, or a report of work that says not whose.
_PERHAPS = re.compile(r"工作报告|代表大会.{0,12}(?:次会议|会议).{0,4}上$")
_BARE = re.compile(r"^工作报告$|^报告全文$")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*年?")
_NO_TITLE = re.compile(
    r"(?:[\s\d\-—–./:：年月日\[\]【】()（）>»›…·]+|查看|详细|详情|更多|全文|点击.{0,4}|阅读全文|下载|附件.{0,4}|原文|正文|PDF|Word|打开)+",
    re.IGNORECASE,
)
_COLUMN = re.compile(
    r"工作报告|政府公报|公报|要闻|政务动态|政务公开|信息公开|规划计划|时政|本[省市区]新闻|今日"
)
_FILE = re.compile(r"\.(?:pdf|docx?|wps|ofd)(?:$|[?#])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a title says.

    Attributes
    ----------
    interest : {"report", "unclear", "other"}
    year : int or None
        The only year that the title names.
    reason : str
        Why it is something else.
    """

    interest: Interest
    year: int | None
    reason: str = ""


def promise(title: str) -> Promise:
    """Judge the title of a link.

    Examples
    --------
    >>> promise("2025年广东省政府工作报告").year
    2025
    >>> promise("一图读懂2025年政府工作报告").interest
    'other'
    """
    text = plain(title)
    years = {int(m[1]) for m in _YEAR.finditer(text)}
    year = years.pop() if len(years) == 1 else None
    reason = decoy_reason(text)
    if reason and not (reason == "decoy_news" and re.search(r"会议上.{0,12}报告", text)):
        return Promise("other", year, reason)
    if _REPORT.search(text) or _BARE.search(text):
        return Promise("report", year)
    if _PERHAPS.search(text):
        return Promise("unclear", year)
    if not text or _NO_TITLE.fullmatch(text) or text.endswith(("…", "...")):
        return Promise("unclear", year)
    return Promise("other", year, "not_named")


def is_file(url: str) -> bool:
    """Whether an address names a document file."""
    return bool(_FILE.search(url))


def is_column(title: str) -> bool:
    """Whether a link's title names a column in which a report may stand."""
    text = plain(title)
    return 2 <= len(text) <= 14 and bool(_COLUMN.search(text))


def may_be_of(promised: Promise, years: tuple[int, ...]) -> bool:
    """Whether a report so titled can be one of the years asked for.

    A year of tolerance on both sides: some archives file a report under the year it reviews.
    """
    return promised.year is None or years[0] - 1 <= promised.year <= years[-1] + 1
