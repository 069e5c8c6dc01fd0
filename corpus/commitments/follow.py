"""Match the promises of one report to the outcomes that the next year's report states."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from corpus.commitments.units import base_measure
from corpus.commitments.verdict import Verdict, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["CONFIDENCE", "Followed", "follow", "follow_frame"]

# Default confidence: set on the checked development pairs, see tests/data/COMMITMENTS.md.
CONFIDENCE: Final = 0.8
# Over more than the year that was promised, though the report may be in the right part.
_LONGER: Final = re.compile(
    r"年均|比20\d\d年|较20\d\d年|从20\d\d年|三年来|近[三五]年|累计|20\d\d年以来|历年"
)
# A promise for more than the year: 单位能耗五年降低20%.
_PROMISED_LONGER: Final = re.compile(
    r"“?十[一二三四五]五”?(?:期间|时期|末|规划)|今后[三五]年|未来[三五]年|年均|五年"
)
# Of two numbers with different words of one group, one is not about the other.
_EXCLUSIVE: Final = tuple(
    re.compile(p)
    for p in (
        "进出口|(?<!进)出口|进口", "城镇|农村|农民|城乡", "国家级?(?!下达|重点)|省级|市级|自治区级", "小学|初中|高中|高校|幼儿",
        "二氧化硫|化学需氧量|氨氮|二氧化碳|能耗", "低保|就业|养老|医保|医疗|抚恤", "第一产业|第二产业|第三产业|一产|二产|三产",
        "PM2\\.?5|PM_?10|优良天数|水质|水体", "一般公共预算|固定资产|零售总额|生产总值|工业增加值",
    )
)  # fmt: skip
# Words every promise shares, without which two subjects say the same.
_FILLER: Final = re.compile(
    r"全省|全市|全区|全国|我省|我市|我区|年度|实现|力争|确保|完成|新增|新建|建成|建设|达到|以上|左右|累计|超过?|"
    r"[，。；、“”（）\d.%]|增长|提高|下降|降低"
)


@dataclass(frozen=True, slots=True)
class Followed:
    """A promise and the outcome stated for it one report later.

    Attributes
    ----------
    region_code, region : str
        The region of both reports.
    year : int
        Of the promise; the outcome is in the report of the next year.
    promise_id, outcome_id : str
        Sentences.
    promise, outcome : str
        Their texts.
    subject : str
        What was promised.
    promised, stated : float
        The two values, in `unit`.
    unit, comparator : str
        Of the promise.
    confidence : float
        Estimated probability that the two are about the same thing.
    verdict : {"met", "missed", "partly", "stated"}
        From the two values; ``stated`` where they do not compare.
    """

    region_code: str
    region: str
    year: int
    promise_id: str
    outcome_id: str
    promise: str
    outcome: str
    subject: str
    promised: float
    stated: float
    unit: str
    comparator: str
    confidence: float
    verdict: Verdict


def follow(commitments: pd.DataFrame, *, confidence: float = CONFIDENCE) -> list[Followed]:
    """Match promises to outcomes, one to one within a region and a pair of years.

    Parameters
    ----------
    commitments : DataFrame
        As `corpus.commitments.table.commitment_frame` returns it, over at least two years.
    confidence : float
        Pairs below are dropped. Precision is worth more than recall: most promises of a report are
        not taken up by the next one.

    Returns
    -------
    list of Followed
        By region, year and place in the first report.
    """
    figures = commitments[commitments["kind"].isin(["quantity", "money"])]
    found: list[Followed] = []
    for _, region in figures.groupby("region_code", sort=True):
        for year in sorted(set(region["year"])):
            promises = region[(region["year"] == year) & (region["direction"] == "ahead")]
            outcomes = region[(region["year"] == year + 1) & (region["direction"] == "back")]
            promises = promises[[_due_within(p, year) for p in promises.to_dict("records")]]
            if len(promises) and len(outcomes):
                found += _matched(promises, outcomes, confidence)
    return found


def follow_frame(commitments: pd.DataFrame, *, confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Return `follow` as a table, a row per pair."""
    import pandas as pd

    names = list(Followed.__dataclass_fields__)
    pairs = follow(commitments, confidence=confidence)
    return pd.DataFrame([asdict(pair) for pair in pairs], columns=names)


def _due_within(promise: dict[Any, Any], year: int) -> bool:
    """Whether a promise falls due within the year of its report; a later one has no outcome yet."""
    deadline = promise["deadline"]
    if _PROMISED_LONGER.search(promise["text"][: promise["span_start"]]):
        return False
    stated = re.match(r"20\d\d", deadline)
    if stated:
        return int(stated.group()) <= year
    return not deadline.endswith("years")


def _matched(
    promises: pd.DataFrame, outcomes: pd.DataFrame, confidence: float
) -> Iterator[Followed]:
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    before, after = promises.to_dict("records"), outcomes.to_dict("records")
    scores = _scores(before, after)
    rows, columns = linear_sum_assignment(-scores)
    for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
        # A rival nearly as good takes the certainty away.
        rival = max(
            np.delete(scores[i], j).max(initial=0.0), np.delete(scores[:, j], i).max(initial=0.0)
        )
        certain = calibrated(float(scores[i, j]), float(rival))
        if certain >= confidence:
            yield _pair(before[i], after[j], certain)


def _scores(before: list[dict[Any, Any]], after: list[dict[Any, Any]]) -> NDArray[np.float64]:
    """Return the likeness of every promise with every outcome, in [0, 1]."""
    subjects = _likeness(
        [_core(r["subject"]) for r in before], [_core(r["subject"]) for r in after]
    )
    clauses = _likeness([_window(r) for r in before], [_window(r) for r in after])
    scores: NDArray[np.float64] = 0.65 * subjects + 0.35 * clauses
    for i, promise in enumerate(before):
        for j, outcome in enumerate(after):
            if scores[i, j] > 0:
                scores[i, j] *= _fit(promise, outcome)
    return scores


def _likeness(left: list[str], right: list[str]) -> NDArray[np.float64]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    try:
        matrix = vectorizer.fit_transform([*left, *right])
    except ValueError:  # nothing but filler on either side
        import numpy as np

        return np.zeros((len(left), len(right)))
    product: NDArray[np.float64] = (matrix[: len(left)] @ matrix[len(left) :].T).toarray()
    return product


def _core(subject: str) -> str:
    return _FILLER.sub("", subject)


def _window(row: dict[Any, Any]) -> str:
    """Return the clause of a number without digits and filler."""
    text, start, end = row["text"], row["span_start"], row["span_end"]
    left = max(text.rfind(mark, 0, start) for mark in "，。；：") + 1
    right = min((p for p in (text.find(m, end) for m in "，。；、") if p >= 0), default=len(text))
    return _FILLER.sub("", text[left:start] + text[end:right])


def _fit(promise: dict[Any, Any], outcome: dict[Any, Any]) -> float:
    """Return the factor by which unit, measure, period and size of the numbers lower a score."""
    value, unit = base_measure(promise["value"], promise["unit"])
    stated, stated_unit = base_measure(outcome["value"], outcome["unit"])
    if unit != stated_unit:
        return 0.0
    factor = 1.0
    if _exclude_each_other(promise, outcome):
        factor *= 0.4
    factor *= 1.0 if _same_measure(promise["measure"], outcome["measure"]) else 0.55
    if outcome["period"] == "plan" or (_longer(outcome) and not _longer(promise)):
        factor *= 0.4
    larger, smaller = max(value, stated), min(value, stated)
    ratio = smaller / larger if larger > 0 and smaller > 0 else float(larger == smaller)
    return factor * (0.55 + 0.45 * min(1.0, ratio / 0.6))


def _same_measure(promised: str, stated: str) -> bool:
    """Whether two measures compare; a fall answers a promise of growth with a minus sign."""
    pair = {promised, stated}
    return len(pair) == 1 or any(
        pair <= alike
        for alike in ({"addition", "other"}, {"level", "other"}, {"growth", "reduction"})
    )


def _exclude_each_other(promise: dict[Any, Any], outcome: dict[Any, Any]) -> bool:
    left = promise["subject"] + _window(promise)
    right = outcome["subject"] + _window(outcome)
    for group in _EXCLUSIVE:
        ours, theirs = set(group.findall(left)), set(group.findall(right))
        if ours and theirs and not ours & theirs:
            return True
    return False


def _longer(row: dict[Any, Any]) -> bool:
    """Whether the clause of a number speaks of several years."""
    text, position = row["text"], row["span_start"]
    left = max(text.rfind(mark, 0, position) for mark in "，。；") + 1
    return bool(_LONGER.search(text[left:position]))


def calibrated(score: float, rival: float) -> float:
    """Return the estimated probability that a pair is right.

    A logistic curve through the score and its lead over the best rival, fitted on the checked
    development pairs.
    """
    import math

    lead = score - rival
    return 1.0 / (1.0 + math.exp(-(-2.79 + 4.17 * score + 4.81 * lead)))


def _pair(promise: dict[Any, Any], outcome: dict[Any, Any], confidence: float) -> Followed:
    value, _base = base_measure(promise["value"], promise["unit"])
    size = value / promise["value"] if promise["value"] else 1.0
    stated = base_measure(outcome["value"], outcome["unit"])[0] / size
    if {promise["measure"], outcome["measure"]} == {"growth", "reduction"}:
        stated = -stated
    verdict = verdict_of(
        promise["value"],
        promise["comparator"],
        stated,
        subject=promise["subject"],
        measure=promise["measure"],
        comparable=_same_measure(promise["measure"], outcome["measure"]),
    )
    return Followed(
        region_code=promise["region_code"],
        region=promise["region"],
        year=int(promise["year"]),
        promise_id=promise["sentence_id"],
        outcome_id=outcome["sentence_id"],
        promise=promise["text"],
        outcome=outcome["text"],
        subject=promise["subject"],
        promised=promise["value"],
        stated=round(stated, 6),
        unit=promise["unit"],
        comparator=promise["comparator"],
        confidence=round(confidence, 3),
        verdict=verdict,
    )
