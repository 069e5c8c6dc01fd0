"""Which way a sentence looks: a rule baseline for the rubric's attribute ``temporality``."""

from __future__ import annotations

import re

_DIAGNOSIS = re.compile(
    r"不足|短板|困难|问题(?:依然|仍|还|较|突出)|不够|薄弱|差距|制约|滞后|堵点|风险隐患|还存在|仍需|有待"
)
_PAST = re.compile(
    r"过去|去年|[一五]年来|累计|已(?!经营)|了|增长\d|达到?\d|突破\d|位居|荣获|获批|建成(?:投用|投产|通车)|圆满|成功(?:举办|创建|入选)"
)
_FUTURE = re.compile(
    r"将|力争|确保|我们要|必须|今年|到20\d\d年|推动|推进|加快|支持|实施|强化|深化|打造|培育|加强|坚持|持续|开展"
)
#: Reviews fill about the first third of a report.
REVIEW_SHARE = 0.33


def temporality_of(text: str, section: str = "", progress: float = float("nan")) -> str:
    """Tell past, future, diagnosis or timeless from cue words and the place in the report.

    Parameters
    ----------
    section : {"", "review", "plan", "governance", "other"}
    progress : float
        Place in the report, 0-1; NaN when unknown. Used when the section is not given.

    Notes
    -----
    Rule R5: a sentence without a mark of tense is future in the plan and past in the review.
    """
    past, future = len(_PAST.findall(text)), len(_FUTURE.findall(text))
    reviewing = section == "review" or (not section and progress < REVIEW_SHARE)
    if _DIAGNOSIS.search(text) and not future and not past:
        return "diagnosis"
    if section == "other" and not past and not future:
        return "timeless"
    if section or progress == progress:
        return "past" if reviewing else "future"
    return "past" if past > future else "future"
