"""Agreement of two orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from econometrics.grid import Array


@dataclass(frozen=True, slots=True)
class RankAgreement:
    """Rank correlations over the n places that both orders have; NaN when one is constant."""

    spearman: float
    kendall: float
    n: int


def rank_agreement(a: Array, b: Array) -> RankAgreement:
    """Compute Spearman's rho and Kendall's tau-b.

    References
    ----------
    Kendall, M. G. (1945), Biometrika 33(3), for the correction for ties.

    Examples
    --------
    >>> rank_agreement(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]))
    RankAgreement(spearman=0.5, kendall=0.3333333333333333, n=3)
    """
    there = np.isfinite(a) & np.isfinite(b)
    x, y = a[there], b[there]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return RankAgreement(np.nan, np.nan, len(x))
    rho = np.corrcoef(mid_ranks(x), mid_ranks(y))[0, 1]
    return RankAgreement(float(round(rho, 12)), _kendall(x, y), len(x))


def mid_ranks(values: Array) -> Array:
    """Rank from 1; ties share the mean of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place], dtype=np.float64)


def _kendall(x: Array, y: Array) -> float:
    """Count discordant pairs in n log n steps (Knight 1966, JASA 61), without importing scipy."""
    order = np.lexsort((y, x))
    a, b = (np.unique(v, return_inverse=True)[1][order] for v in (x, y))
    n = len(x)
    pairs = n * (n - 1) / 2
    tied_a, tied_b = _tied_pairs(a), _tied_pairs(b)
    both = _tied_pairs(a.astype(np.int64) * n + b)
    excess = pairs - tied_a - tied_b + both - 2 * _inversions(b)
    return float(excess / np.sqrt((pairs - tied_a) * (pairs - tied_b)))


def _tied_pairs(values: NDArray[np.int64]) -> float:
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1) / 2).sum())


def _inversions(ranks: NDArray[np.int64]) -> int:
    """Count pairs that stand in the wrong order, bit by bit.

    Two ranks are decided by the highest bit in which they differ: among those with equal higher
    bits, every 1 that stands before a 0 is an inversion.
    """
    total = 0
    for bit in range(int(ranks.max()).bit_length()):
        prefix = ranks >> (bit + 1)
        order = np.argsort(prefix, kind="stable")
        ones = (ranks[order] >> bit) & 1
        before = np.cumsum(ones) - ones
        starts = np.flatnonzero(np.diff(prefix[order], prepend=-1))
        sizes = np.diff(np.append(starts, len(ranks)))
        total += int(((before - np.repeat(before[starts], sizes)) * (1 - ones)).sum())
    return total
