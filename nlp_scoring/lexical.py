"""What the n-gram baseline sees of a sentence: characters, marks of commitment, and its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NUMBER = re.compile(r"\d+(?:[.,．]\d+)*")
#: Marks that rules R4-R9 of the codebook turn on. They separate levels, not dimensions.
MARKS: dict[str, re.Pattern[str]] = {
    "quantity": re.compile(
        r"\d+(?:\.\d+)?\s*(?:%|％|个|亿|万|千|家|项|公里|条|座|平方|吨|米|人|所|台|套|处|户|倍|微克|亩)"
        r"|全覆盖|清零|翻番"
    ),
    "past": re.compile(
        r"过去|去年|五年来|一年来|累计|达到|突破|增长|提高到|建成|完成|获批|实现|位居|荣获|首次|新增"
    ),
    "future": re.compile(
        r"将|力争|确保|要|推动|推进|加快|支持|实施|强化|深化|打造|培育|加强|新建|开工"
    ),
    "deadline": re.compile(r"20\d\d年底?前?|年底前|月底前|[一二三两五]年内"),
    "binding": re.compile(r"条例|立法|严禁|不得|红线|问责|考核"),
}
SHORT = 16
#: Reviews of the year end at about a third of a provincial report.
REVIEW_SHARE = 0.33


def normalise(text: str) -> str:
    """Lower-case, and write every number as one digit: its presence matters, not its value."""
    return _NUMBER.sub("0", text.lower())


def mark_features(texts: Sequence[str], progress: NDArray[np.float64]) -> NDArray[np.float32]:
    """Flag marks of commitment and their crossings with the place in the report.

    Parameters
    ----------
    texts : sequence of str
    progress : (n,) array
        Place in the report (0-1); NaN when unknown, then no crossing is set.

    Returns
    -------
    (n, 24) array
        Flags, crossings, and ten deciles of the place.
    """
    flags = {k: np.array([bool(p.search(t)) for t in texts], dtype=bool) for k, p in MARKS.items()}
    known = ~np.isnan(progress)
    place = np.where(known, progress, 0.0)
    early, late = known & (place < REVIEW_SHARE), known & (place >= REVIEW_SHARE)
    quantity, past = flags["quantity"], flags["past"]
    short = np.array([len(t) < SHORT for t in texts], dtype=bool)
    columns = [
        *flags.values(),
        short,
        quantity & early,
        quantity & late,
        past & early,
        past & late,
        flags["deadline"] & late,
        quantity & past & early,
        quantity & past & late,
        quantity & flags["future"] & late,
    ]
    deciles = np.zeros((len(place), 10))
    rows = np.flatnonzero(known)
    deciles[rows, np.minimum((place[rows] * 10).astype(int), 9)] = 1
    return np.column_stack([*columns, deciles]).astype(np.float32)
