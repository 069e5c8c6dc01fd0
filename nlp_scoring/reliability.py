"""Krippendorff's ordinal alpha for any number of coders, with intervals from resampling reports.

Alpha is a function of the matrix of coincidences alone, and that matrix is a sum over sentences: a
resample of reports is a weighted sum of their matrices, so a thousand draws cost one product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.agreement import Estimate, interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def coincidences(ratings: NDArray[np.int64], n_levels: int) -> NDArray[np.float64]:
    """Coincidence matrix of each unit (Krippendorff 2019, ch. 12).

    Parameters
    ----------
    ratings : (n, coders) array
        Levels 0 .. n_levels - 1; negative where a coder did not rate the unit.

    Returns
    -------
    (n, n_levels, n_levels) array
        Zero for units with fewer than two ratings: they cannot be paired.
    """
    levels = np.arange(n_levels)
    counts = (ratings[:, :, None] == levels).sum(axis=1).astype(np.float64)
    m = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, levels, levels] -= counts
    return np.asarray(pairs / np.maximum(m - 1, 1)[:, None, None])


def ordinal_alpha(coincidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ordinal alpha of one or many coincidence matrices.

    Parameters
    ----------
    coincidence : (..., k, k) array

    Returns
    -------
    (...) array
        NaN where all ratings are equal: there is nothing to agree about.

    Examples
    --------
    >>> float(ordinal_alpha(np.array([[2.0, 0.0], [0.0, 2.0]])))
    1.0
    """
    n_c = coincidence.sum(-1)
    below = np.cumsum(n_c, axis=-1)
    # Ordinal distance: ratings between two levels, half of those at the two levels themselves.
    middle = below - n_c / 2
    distance = (middle[..., :, None] - middle[..., None, :]) ** 2
    n = n_c.sum(-1)
    observed = (coincidence * distance).sum((-1, -2))
    expected = (n_c[..., :, None] * n_c[..., None, :] * distance).sum((-1, -2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (n - 1) * observed / expected)


def alpha_interval(
    ratings: NDArray[np.int64],
    reports: Sequence[str],
    *,
    n_levels: int,
    draws: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Ordinal alpha with a 95 % interval, reports resampled as wholes.

    Parameters
    ----------
    ratings : (n, coders) array
        Negative where missing.
    reports : sequence of n report ids
    """
    names, index = np.unique(np.asarray(reports), return_inverse=True)
    sums = np.zeros((len(names), n_levels, n_levels))
    np.add.at(sums, index, coincidences(ratings, n_levels))
    if not len(sums):
        return Estimate(float("nan"), float("nan"), float("nan"))
    return interval(ordinal_alpha, sums, draws=draws, seed=seed)
