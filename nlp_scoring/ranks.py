"""Spearman's rank correlation of resamples, without sorting each: a resample is a vector of counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.agreement import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

#: Ranks of fewer rows say nothing.
MIN_ROWS = 3


def spearman(a: NDArray[np.float64], b: NDArray[np.float64], *, draws: int, seed: int) -> Estimate:
    """Spearman's rho with a percentile interval over rows, each drawn by itself.

    NaN for fewer than three rows, or where a side does not vary; such draws are left out.
    """
    if len(a) < MIN_ROWS:
        return Estimate(*(float("nan"),) * 3)
    drawn = np.random.default_rng(seed).integers(len(a), size=(draws, len(a)))
    return with_interval(a, b, (np.bincount(rows, minlength=len(a)) for rows in drawn))


def with_interval(
    a: NDArray[np.float64], b: NDArray[np.float64], counts: Iterable[NDArray[np.int64]]
) -> Estimate:
    """Spearman's rho with the percentile interval of resamples; see `rank_correlations`."""
    values = rank_correlations(a, b, counts)
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, [2.5, 97.5]) if len(finite) else (np.nan, np.nan)
    return Estimate(rank_correlation(a, b), float(low), float(high))


def rank_correlations(
    a: NDArray[np.float64], b: NDArray[np.float64], counts: Iterable[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """Spearman's rho of each resample, ties sharing their mean rank.

    Parameters
    ----------
    a, b : (n,) arrays
    counts : iterable of (n,) arrays
        How often each row is drawn.

    Returns
    -------
    (draws,) array
        NaN where one side does not vary.
    """
    place_a, place_b = (np.unique(side, return_inverse=True)[1] for side in (a, b))
    return np.array([_weighted(place_a, place_b, w.astype(float)) for w in counts])


def rank_correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Spearman's rho; NaN for fewer than three rows or when one side does not vary."""
    if len(a) < MIN_ROWS:
        return float("nan")
    return float(rank_correlations(a, b, [np.ones(len(a), dtype=np.int64)])[0])


def _weighted(
    place_a: NDArray[np.int64], place_b: NDArray[np.int64], weight: NDArray[np.float64]
) -> float:
    x, y = (_centred_ranks(place, weight) for place in (place_a, place_b))
    both = float((weight * x * x).sum() * (weight * y * y).sum())
    return float((weight * x * y).sum() / np.sqrt(both)) if both > 0 else float("nan")


def _centred_ranks(place: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean rank of each distinct value among ``weight`` rows, less the mean of all ranks."""
    mass = np.bincount(place, weights=weight)
    rank = np.cumsum(mass) - (mass - 1) / 2
    return np.asarray((rank - (weight.sum() + 1) / 2)[place])
