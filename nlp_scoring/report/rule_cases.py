"""Which rules of the codebook a labelled sentence tests, told by simple marks.

The labels do not say which rule decided them, so each detector is a guess from wording and from the
coded attributes: it finds sentences where the rule is likely to matter, and misses and over-reports
some. Tables made with it show where a scorer errs, not how often a rule was applied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.lexical import MARKS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric

_MONEY = re.compile(
    r"\d\s*[余多]?\s*[万亿千百]*元|资金|补助|奖补|补贴|奖励|基金|贷款|专项债|投入(?!使用|运行|运营|生产|产|试)"
)
_DEADLINE = re.compile(
    r"到?(?:20\d\d|[二]〇..)年(?:底|前|末|实现|达到|建成)|到20\d\d年|年底前?|[\d一二三四五六七八九十]+月底?前"
    r"|[一二三两五]年(?:之)?内|今年|年内|新的一年|十[二三四五]五.{0,2}(?:时期|期间|末)|早日|尽快"
)
#: Digits of names: 5G, PM2.5, 十四五, 三年行动, G60, years; and quantities that name no number.
_NAMED = re.compile(
    r"[3-6]G|PM\s*2\.5|[GS]\d{2,}|(?:19|20)\d\d|十[一二三四五]五|双碳|三年行动|十百千万|百千万"
    r"|一批|若干|一系列|大幅|[一二三四五六七八九十]是"
)
_BINDING = re.compile(
    MARKS["binding"].pattern + r"|规章|一律|强制|追责|约束性|关停|坚决|坚定不移|严格|狠抓|全力"
)
_LIST = re.compile(r"；|[一二三四五六七八九]是|[①②③]")
_SLOGAN = re.compile(
    r"让我们|奋力谱写|撸起袖子|踔厉奋发|勇毅前行|笃行不怠|只争朝夕|不负韶华|砥砺|乘势而上|真抓实干|新篇章"
    r"|绿水青山|金山银山|第一(?:生产力|动力|资源)|强起来|伟大"
)
_UPPER = re.compile(
    r"党中央|国务院|习近平|总书记|党的.{1,6}大|中央.{0,6}会议|国家战略|国家.{0,8}(?:部署|要求|行动方案)|贯彻"
)
_CLAUSE = re.compile(r"[，；：。！？]")
_END = re.compile(r"[。！？；：…”』」）)]$")
_PAIRS = (("“", "”"), ("（", "）"), ("《", "》"), ("「", "」"))


@dataclass(frozen=True, slots=True)
class RuleCase:
    """How sentences that test a rule are found.

    Attributes
    ----------
    needs : tuple of str
        Columns of the labels beside ``text``.
    zh, en : str
        What the detector looks for, for the reader of a table.
    """

    rule: str
    zh: str
    en: str
    needs: tuple[str, ...]
    find: Callable[[pd.DataFrame, NDArray[np.int64]], NDArray[np.bool_]]


def _matches(pattern: re.Pattern[str], column: pd.Series[str]) -> NDArray[np.bool_]:
    return np.array([bool(pattern.search(text)) for text in column], dtype=bool)


def _is(column: pd.Series[str], *values: str) -> NDArray[np.bool_]:
    return np.asarray(column.isin(values), dtype=bool)


def _quantity(column: pd.Series[str]) -> NDArray[np.bool_]:
    return _matches(MARKS["quantity"], column)


def _in_some_clause(text: str) -> bool:
    found = [bool(MARKS["quantity"].search(c)) for c in _CLAUSE.split(text) if c.strip()]
    return any(found) and not all(found)


def _is_broken(text: str) -> bool:
    unbalanced = any(text.count(left) != text.count(right) for left, right in _PAIRS)
    return unbalanced or not _END.search(text.strip()) or text[0] in "，、；：。”）"


def _by_neighbours(frame: pd.DataFrame, _: NDArray[np.int64]) -> NDArray[np.bool_]:
    beside = _quantity(frame["previous"]) | _quantity(frame["next"])
    return beside & ~_quantity(frame["text"])


def _tense(*values: str) -> Callable[[pd.DataFrame, NDArray[np.int64]], NDArray[np.bool_]]:
    return lambda f, _: _is(f["temporality"], *values) & _quantity(f["text"])


def _text(
    pattern: re.Pattern[str],
) -> Callable[[pd.DataFrame, NDArray[np.int64]], NDArray[np.bool_]]:
    return lambda f, _: _matches(pattern, f["text"])


def _unit(*values: str) -> Callable[[pd.DataFrame, NDArray[np.int64]], NDArray[np.bool_]]:
    return lambda f, _: _is(f["unit_type"], *values)


CASES = (
    RuleCase("R1", "两个及以上维度非零", "labelled above 0 in two or more dimensions", (),
             lambda _, levels: (levels > 0).sum(axis=1) >= 2),
    RuleCase("R2", "多个分句，只有部分含数量", "several clauses, a quantity in some only", (),
             lambda f, _: np.array([_in_some_clause(t) for t in f["text"]], dtype=bool)),
    RuleCase("R3", "邻句有数量，本句没有", "a neighbour has a quantity, the sentence none",
             ("previous", "next"), _by_neighbours),
    RuleCase("R4", "过去或混合时态且含数量", "past or mixed tense with a quantity", ("temporality",),
             _tense("past", "mixed")),
    RuleCase("R5", "未来时态且含数量", "future tense with a quantity", ("temporality",), _tense("future")),
    RuleCase("R6", "期限或类似期限的词", "a deadline, or words that only look like one", (), _text(_DEADLINE)),
    RuleCase("R7", "只有名称中的数字或虚数，无数量", "digits of names or vague quantities, no quantity", (),
             lambda f, _: _matches(_NAMED, f["text"]) & ~_quantity(f["text"])),
    RuleCase("R8", "金额或资金工具", "money, funds, subsidies", (), _text(_MONEY)),
    RuleCase("R9", "刚性约束词或语气词", "binding words, or words of emphasis only", (), _text(_BINDING)),
    RuleCase("R10", "分号或“一是”列举", "lists by semicolons or 一是…二是…", (), _text(_LIST)),
    RuleCase("R11", "标题", "headings", ("unit_type",), _unit("heading")),
    RuleCase("R12", "口号与理念用语", "slogans and set phrases", (), _text(_SLOGAN)),
    RuleCase("R13", "引用上级或会议精神", "higher levels or meetings cited", (), _text(_UPPER)),
    RuleCase("R14", "程序用语、名词解释、页眉页脚", "ritual, glossary, page furniture", ("unit_type",),
             _unit("ritual", "glossary", "furniture")),
    RuleCase("R15", "问题与不足", "diagnosis", ("temporality",),
             lambda f, _: _is(f["temporality"], "diagnosis")),
    RuleCase("R16", "无句末标点或括号引号不配对（标题除外）",
             "no end mark or unpaired brackets, headings apart", ("unit_type",),
             lambda f, _: np.array([_is_broken(t) for t in f["text"]], dtype=bool)
             & ~_is(f["unit_type"], "heading")),
    RuleCase("R17", "编码者信心低", "coder's confidence low", ("confidence",),
             lambda f, _: _is(f["confidence"], "low")),
)  # fmt: skip


def rule_masks(
    labels: pd.DataFrame, levels: NDArray[np.int64], rubric: Rubric
) -> dict[str, NDArray[np.bool_]]:
    """Find the sentences that test each rule of the rubric.

    Parameters
    ----------
    labels : DataFrame
        ``text`` and, when known, ``previous, next, temporality, unit_type, confidence``.
    levels : (n, d) array
        Labelled levels.

    Returns
    -------
    dict of rule id to (n,) array
        In the order of the rules; rules that the rubric lacks, or whose columns the labels lack,
        are left out.
    """
    known = {rule.id for rule in rubric.rules}
    return {
        case.rule: case.find(labels, levels)
        for case in CASES
        if case.rule in known and set(case.needs) <= set(labels.columns)
    }
