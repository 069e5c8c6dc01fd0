"""Headers of statistics tables: which column of ours, in which unit, of which year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from configs.paths import PROJECT_ROOT
from configs.tomlfiles import read_toml
from econometrics.readers.units import unit_expression

COLUMNS = PROJECT_ROOT / "configs" / "indicators" / "columns.toml"
REGION_WORDS = frozenset(
    {"地区", "省份", "省", "城市", "省市", "地区名称", "城市名称", "省份名称", "行政区划", "行政区划代码", "地区代码", "区域", "region", "province",
     "city", "area", "code", "region_code", "adcode", "name", "prefecture", "城市代码", "省份代码", "所属省份"}
)  # fmt: skip
FIRM_WORDS = frozenset({"stkcd", "证券代码", "股票代码", "firm_code", "symbol", "公司代码"})
YEAR_WORDS = frozenset(
    {
        "年份",
        "年",
        "year",
        "时间",
        "年度",
        "统计年度",
        "会计年度",
        "accper",
        "统计截止日期",
        "截止日期",
        "日期",
    }
)
INDICATOR_WORDS = frozenset({"指标", "指标名称", "indicator", "variable", "series"})
UNIT_WORDS = frozenset({"单位", "unit", "计量单位"})
_BRACKETS = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)年?")
_WHOLE_YEAR = re.compile(
    r"((?:19|20)\d\d)(?:\.0)?(?:年|年度|A)?(?:[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?: 00:00:00)?)?"
)


class KnownColumn(BaseModel):
    """A column we know; see configs/indicators/columns.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    unit: str
    labels: tuple[str, ...]
    trend: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """A header taken apart.

    Attributes
    ----------
    text : str
    label : str
        Without unit and year.
    unit : str
        As written; empty without one.
    year : int or None
    """

    text: str
    label: str
    unit: str = ""
    year: int | None = None


@cache
def known_columns() -> dict[str, KnownColumn]:
    """Read the columns we know, by name."""
    return {c.name: c for c in map(KnownColumn.model_validate, read_toml(COLUMNS)["column"])}


@cache
def _by_label() -> dict[str, KnownColumn]:
    found = {}
    for column in known_columns().values():
        for label in (column.name, *column.labels):
            found[plain(label)] = column
    return found


def plain(label: str) -> str:
    """Reduce a label to what is compared: no spaces, marks and brackets, lower case."""
    return re.sub(r"[\s_:：,，、;；\-/]+|[①-⑳*#]", "", _BRACKETS.sub("", label)).lower()


def find_column(label: str) -> KnownColumn | None:
    """Find the column a label stands for, or None."""
    return _by_label().get(plain(label))


def read_year(text: str) -> int | None:
    """Read a cell that is a year and nothing else: 2023, 2023年, 2023-12-31."""
    found = _WHOLE_YEAR.fullmatch(text.strip())
    return int(found[1]) if found else None


def read_header(text: str) -> Header:
    """Take a header apart.

    Examples
    --------
    >>> read_header("地区生产总值(亿元)")
    Header(text='地区生产总值(亿元)', label='地区生产总值', unit='亿元', year=None)
    >>> read_header("2022年GDP（万元）").year
    2022
    """
    exact = find_column(text)
    unit, rest = "", text
    for found in _BRACKETS.finditer(text):
        inner = re.sub(r"^(单位|unit)\s*[:：]\s*", "", found[1].strip(), flags=re.IGNORECASE)
        if unit_expression(inner):
            unit, rest = inner, rest.replace(found[0], " ")
    if not unit and exact is None:
        head, separator, tail = rest.rpartition(", ")
        if separator and unit_expression(tail):
            unit, rest = tail, head
    year = _YEAR.search(rest) if not (exact and exact.name == text) else None
    label = rest.replace(year[0], " ") if year else rest
    label = re.sub(r"\s+", " ", label).strip(" _-:：,，")
    return Header(text, label, unit, int(year[1]) if year else None)
