"""Dates by which a thing is due (rule R6 of the codebook)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from corpus.commitments.numerals import read_han, to_ascii

__all__ = ["Deadline", "find_deadlines"]

_HAN: Final = "一二两三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due date.

    Attributes
    ----------
    start, end : int
        Code points of the expression.
    due : str
        ``2027``, ``2026-06`` or ``2026-10-01``; ``year-end`` or ``--06`` while the year is not
        known; ``3 years``, ``6 months``, ``30 days`` for a period.
    year : int or None
        The year, where one is stated or known.
    """

    start: int
    end: int
    due: str
    year: int | None = None


def _number(word: str) -> int:
    return int(word) if word.isdigit() else int(read_han(word))


def _by_year(match: re.Match[str], year: int | None) -> tuple[str, int | None]:
    stated = int(match["year"])
    return (f"{stated}-12" if match["end"] else str(stated)), stated


def _by_month(match: re.Match[str], year: int | None) -> tuple[str, int | None]:
    stated = match["year"]
    known = int(stated) if stated else year
    if known is not None and match["next"] == "明":
        known += 1
    month = f"{_number(match['month']):02d}"
    day = f"-{int(match['day']):02d}" if match["day"] else ""
    return f"{known if known is not None else '-'}-{month}{day}", known


def _year_end(match: re.Match[str], year: int | None) -> tuple[str, int | None]:
    if year is not None and match["next"] == "明":
        year += 1
    return (f"{year}-12" if year is not None else "year-end"), year


def _plan_end(match: re.Match[str], year: int | None) -> tuple[str, int | None]:
    stated = 1955 + 5 * _number(match["plan"])
    return str(stated), stated


def _period(match: re.Match[str], year: int | None) -> tuple[str, int | None]:
    count = _number(match["count"])
    unit = {"年": "years", "个月": "months", "天": "days", "日": "days"}[match["unit"]]
    return f"{count} {unit}", None


def _occasion(match: re.Match[str], year: int | None) -> tuple[str, int | None]:
    return match["occasion"] + "前", year


_Reader = Callable[[re.Match[str], "int | None"], "tuple[str, int | None]"]
_MONTH: Final = rf"(?P<month>1[0-2]|[1-9]|十[一二]?|[{_HAN}])月"
# 三年行动 and 三年计划 are names; a period counts where an act or 内, 时间 follows.
_ACTS: Final = (
    "培育|建成|完成|打造|实现|达到|新增|新建|引进|改造|投入|累计|再造|翻番|力争|基本|全面"
)
_PATTERNS: Final[tuple[tuple[str, _Reader], ...]] = (
    (
        r"到(?P<year>20\d\d)年(?P<end>底|末|年底)?(?!代|版|[^，。；]{0,6}“[^”]{0,8}”|至|—|、|远景)",
        _by_year,
    ),
    (r"(?P<year>20\d\d)年(?P<end>底|末)(?:之?前|以前)?", _by_year),
    (r"(?:力争|确保|争取)?(?P<year>20\d\d)年(?P<end>)(?:之前|以前|前)", _by_year),
    (
        rf"(?:(?P<year>20\d\d)年)?(?:今年|(?P<next>明)年)?(?:到)?{_MONTH}(?:(?P<day>\d{{1,2}})日)?"
        r"(?:底之?前|底|末|上旬|中旬|下旬|之前|前|份之?前|份底)",
        _by_month,
    ),
    (r"(?:到)?(?:今年|(?P<next>明)年)?(?<!去)(?:年底|年末|岁末)之?前?", _year_end),
    (rf"到?“?(?P<plan>十[{_HAN}])五”?(?:规划)?末", _plan_end),
    (
        rf"(?:力争|争取|用)?(?P<count>\d{{1,2}}|[{_HAN}]{{1,2}})(?P<unit>年|个月|天)(?:之内|以内|内)",
        _period,
    ),
    (rf"(?:用|利用|再用)(?P<count>\d{{1,2}}|[{_HAN}]{{1,2}})(?P<unit>年)(?:左右)?的?时间", _period),
    (rf"(?<![第十周连过后\d])(?:未来|力争)?(?P<count>[两三四五])(?P<unit>年)(?={_ACTS})", _period),
    (
        r"(?P<occasion>国庆节?|春节|中秋节?|汛期|主汛期|入冬|供暖季?|采暖季|采暖期|开学)之?前",
        _occasion,
    ),
)
_COMPILED: Final = tuple((re.compile(p), reader) for p, reader in _PATTERNS)
# A plan period is a name, not a date (R6): 今后五年, 三年来, 近三年.
_CUE: Final = re.compile(r"[年月天]|[节期冬暖学]之?前|五”?(?:规划)?末")


def find_deadlines(text: str, *, year: int | None = None) -> list[Deadline]:
    """Return the due dates of `text`, in order and without overlap.

    今年, 年内, 新的一年 and plan periods are no deadlines (R6). Whether a date lies ahead is not
    judged here.

    Parameters
    ----------
    text : str
        A sentence.
    year : int, optional
        Year of the report, with which 6月底前 becomes ``2026-06``.

    Examples
    --------
    >>> [d.due for d in find_deadlines("6月底前完成整治，到2027年全面达标。", year=2026)]
    ['2026-06', '2027']
    """
    if not _CUE.search(text):
        return []
    plain = to_ascii(text)
    found: list[Deadline] = []
    for pattern, reader in _COMPILED:
        for match in pattern.finditer(plain):
            due, known = reader(match, year)
            found.append(Deadline(match.start(), match.end(), due, known))
    kept: list[Deadline] = []
    for deadline in sorted(found, key=lambda d: (d.start, -d.end)):
        if not kept or deadline.start >= kept[-1].end:
            kept.append(deadline)
    return kept
