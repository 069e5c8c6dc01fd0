"""Compare what was promised with what was stated."""

from __future__ import annotations

import re
from typing import Final, Literal

__all__ = ["Verdict", "lower_is_better", "verdict_of"]

Verdict = Literal["met", "missed", "partly", "stated"]

# A promise that the level of these stays low: 城镇调查失业率5.5%左右.
_LOW: Final = re.compile(
    r"失业率|消费价格|物价|CPI|PM2\.?5|PM_?10|细颗粒物|浓度|死亡|事故|成本|办结时间|时限|赤字|收入比|不良贷款率|损耗"
)
_PARTLY: Final = 0.8
# 5%左右 is kept by 4.8%: about a tenth of the figure either way.
_ABOUT: Final = 0.1


def lower_is_better(subject: str, measure: str) -> bool:
    """Whether a smaller outcome is the better one; a promised reduction is better when larger."""
    return measure != "reduction" and bool(_LOW.search(subject))


def verdict_of(
    promised: float,
    comparator: str,
    stated: float,
    *,
    subject: str = "",
    measure: str = "other",
    comparable: bool = True,
) -> Verdict:
    """Return what became of a promise, from the two figures alone.

    Parameters
    ----------
    promised, stated : float
        In one unit; the lower end where the promise was a range.
    comparator : str
        Of the promise: ``>= > <= < = about range`` or empty.
    subject, measure : str
        Tell whether less is better.
    comparable : bool
        False when the outcome measures something else (a stock, not the addition): ``stated``.

    Examples
    --------
    >>> verdict_of(5.0, "about", 4.9), verdict_of(30.0, ">=", 21.0), verdict_of(5.5, "<=", 5.2)
    ('met', 'missed', 'met')
    """
    if not comparable:
        return "stated"
    if promised <= 0:
        return "met" if stated == promised else "stated"
    low = comparator in {"<=", "<"} or lower_is_better(subject, measure)
    slack = _ABOUT if comparator == "about" else 0.0
    ceiling_kept = promised / stated if stated > 0 else 1.0  # a fall keeps a ceiling
    reached = ceiling_kept if low else stated / promised
    if reached >= 1.0 - slack - 1e-9:
        return "met"
    return "partly" if reached >= _PARTLY else "missed"
