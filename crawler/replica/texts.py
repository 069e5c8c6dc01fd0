"""Report texts of every province and year: real ones, and real ones moved to other years."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from configs.paths import REPORTS
from corpus.regions import regions

if TYPE_CHECKING:
    from collections.abc import Iterator

_YEAR = re.compile(r"(?<!\d)(20[12]\d)(?=\s*[年—\-－]|—)")
_STOP = re.compile(r"^(?:附件|附[:：]|名词解释|注释|名词注释|（?来源|【|相关)")
_HAN = "零一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the replica.

    Attributes
    ----------
    session, speaker : str
        The lines above the greeting.
    body : tuple of str
        Paragraphs from the greeting on.
    session_date : str
    """

    region_code: str
    region: str
    year: int
    session: str
    speaker: str
    body: tuple[str, ...]
    session_date: str

    @property
    def title(self) -> str:
        """The title that lists give."""
        return f"{self.year}年{self.region}政府工作报告"


@cache
def _bases() -> dict[str, list[tuple[int, tuple[str, ...]]]]:
    """Real texts by region, newest first: from the greeting to the last paragraph.

    Raises
    ------
    UserError
        The shipped reports are not there: a package without its data.
    """
    from corpus.readers.document import read_document

    found: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for record in _records():
        if record["level"] in ("province", "national") and record["year"] >= 2019:
            document = read_document(record["text"].encode(), name=record["id"])
            if document.status == "ok":
                found.setdefault(record["region_code"], []).append(
                    (record["year"], document.paragraphs)
                )
    return {code: sorted(texts, reverse=True) for code, texts in found.items()}


def _records() -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(REPORTS, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)
    except (OSError, EOFError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UserError(
            f"the shipped reports, which fill the replica, cannot be read ({why})",
            where=str(REPORTS), fix="run it from a checkout, or put its data folder there",
        ) from error  # fmt: skip


def report(region_code: str, year: int, *, seed: int = 0) -> Report:
    """Make the report of a region and year; a seed gives the same text again."""
    rng = np.random.default_rng([seed, int(region_code), year])
    bases = _bases().get(region_code) or _bases()["440000"]
    base_year, base = next((b for b in bases if b[0] == year), bases[int(rng.integers(len(bases)))])
    body = list(base)
    if base_year != year:
        body = [_moved(line, year - base_year) for line in body]
        dropped = {
            int(i) for i in rng.integers(6, max(len(body) - 8, 7), size=max(len(body) // 20, 1))
        }
        body = [line for i, line in enumerate(body) if i not in dropped]
    region = regions()[region_code]
    month, day = (3, 5) if region.level == "national" else (1, int(rng.integers(10, 29)))
    return Report(
        region_code, region.name, year, _session(region.name, year, month, day, national=region.level == "national"),
        _speaker(region.name), tuple(body), f"{year}-{month:02d}-{day:02d}",
    )  # fmt: skip


def _moved(line: str, years: int) -> str:
    return _YEAR.sub(lambda m: str(int(m[1]) + years), line)


def _session(name: str, year: int, month: int, day: int, *, national: bool) -> str:
    term, first = (14, 2023) if year >= 2023 else (13, 2018)
    number = _HAN[year - first + 1]
    who = "" if national else name
    nation = "全国" if national else ""
    return f"——{year}年{month}月{day}日在{who}第{'十' + _HAN[term - 10]}届{nation}人民代表大会第{number}次会议上"


def _speaker(name: str) -> str:
    office = (
        "国务院总理"
        if name == "全国"
        else "自治区主席"
        if name.endswith("区")
        else "市长"
        if name.endswith("市")
        else "省长"
    )
    return f"{office}　某某某"
