"""Agreement of ordinal labels, with intervals from resampling whole reports.

Sentences of one report resemble each other, so a bootstrap over sentences would be too narrow.
Every statistic here is a function of sums over reports; a resample is a vector of weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval."""

    estimate: float
    conf_low: float
    conf_high: float


def confusion_by_group(
    truth: NDArray[np.int64], other: NDArray[np.int64], groups: Sequence[str], n_levels: int
) -> NDArray[np.float64]:
    """Count (truth, other) pairs in each group.

    Returns
    -------
    (g, n_levels, n_levels) array
    """
    names, index = np.unique(np.asarray(groups), return_inverse=True)
    counts = np.zeros((len(names), n_levels, n_levels))
    np.add.at(counts, (index, truth, other), 1.0)
    return counts


def weighted_kappa(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quadratic weighted kappa of one or many confusion matrices (Cohen 1968).

    Parameters
    ----------
    confusion : (..., k, k) array

    Returns
    -------
    (...) array
        NaN where both raters used one and the same level only.
    """
    k = confusion.shape[-1]
    distance = (np.arange(k)[:, None] - np.arange(k)[None, :]) ** 2.0
    rows, columns = confusion.sum(-1), confusion.sum(-2)
    total = rows.sum(-1)
    observed = (confusion * distance).sum((-1, -2))
    expected = np.einsum("...i,...j,ij->...", rows, columns, distance) / np.maximum(total, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1.0 - observed / expected)


def macro_f1(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unweighted mean of the F1 of each level that occurs in truth or prediction."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    either = confusion.sum(-1) + confusion.sum(-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(either > 0, 2 * hits / either, np.nan)
    return np.asarray(np.nanmean(f1, axis=-1))


def exact_agreement(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of identical levels."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1).sum(-1)
    return np.asarray(hits / np.maximum(confusion.sum((-1, -2)), 1))


def resample_weights(n_groups: int, draws: int, seed: int) -> NDArray[np.float64]:
    """How often each report enters each bootstrap sample, (draws, n_groups)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=draws).astype(float)


def interval(
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    sums: NDArray[np.float64],
    *,
    draws: int,
    seed: int,
) -> Estimate:
    """Estimate a statistic of summed group contributions with a percentile interval.

    Parameters
    ----------
    statistic : callable
        From sums (..., *shape) to (...).
    sums : (g, *shape) array
        Contribution of each report.
    """
    point = float(statistic(sums.sum(0)))
    weights = resample_weights(len(sums), draws, seed)
    values = statistic(np.tensordot(weights, sums, axes=(1, 0)))
    low, high = (
        np.nanpercentile(values, [2.5, 97.5]) if np.isfinite(values).any() else (np.nan,) * 2
    )
    return Estimate(point, float(low), float(high))


def ratio(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """First sum over second, along the last axis: a mean as a statistic of sums."""
    return np.asarray(sums[..., 0] / np.maximum(sums[..., 1], 1e-12))
