"""Paired comparison of two scorers on the same labelled sentences.

Two scorers err on the same hard sentences, so the interval of their difference is narrower than
their own intervals suggest. Each bootstrap sample draws whole reports, the same for both scorers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.agreement import confusion_by_group, resample_weights, weighted_kappa
from nlp_scoring.evaluation import DRAWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from nlp_scoring.ordinal import Predictions

MEAN = "mean"
COLUMNS = (
    "dimension", "metric", "scorer", "against", "estimate", "estimate_against", "difference",
    "conf_low", "conf_high", "n", "n_reports",
)  # fmt: skip


def compare_kappa(
    truth: NDArray[np.int64],
    scorer: Predictions,
    against: Predictions,
    reports: Sequence[str],
    *,
    dimensions: Sequence[str],
    names: tuple[str, str],
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Difference of quadratic weighted kappa, one row a dimension and one for their mean.

    Parameters
    ----------
    truth : (n, d) array of levels
    scorer, against : Predictions
        Of the same n sentences; the difference is ``scorer - against``.
    reports : sequence of n report ids
        Resampled as wholes.
    names : (str, str)
        What to call the two scorers in the table.

    Returns
    -------
    DataFrame
        ``dimension, metric, scorer, against, estimate, estimate_against, difference, conf_low,
        conf_high, n, n_reports``; the interval is of the difference (95 %, percentiles). A draw in
        which some kappa is undefined (one level only) is left out of that row's interval.

    Raises
    ------
    ValueError
        When truth, predictions, reports and dimensions do not belong together.
    """
    import pandas as pd

    _check_shapes(truth, scorer, against, reports, dimensions)
    sums = _confusions(truth, (scorer.level, against.level), reports, scorer.exceed.shape[2] + 1)
    points = _with_mean(weighted_kappa(sums.sum(0)))
    weights = resample_weights(len(sums), draws, seed)
    resampled = _with_mean(weighted_kappa(np.tensordot(weights, sums, axes=(1, 0))))
    low, high = _percentiles(resampled[..., 0] - resampled[..., 1])
    rows = [
        ("qwk", *names, *points[i], points[i, 0] - points[i, 1], low[i], high[i])
        for i in range(len(points))
    ]
    sizes = (len(truth), len(sums))
    table = [(d, *row, *sizes) for d, row in zip((*dimensions, MEAN), rows, strict=True)]
    return pd.DataFrame(table, columns=list(COLUMNS))


def _check_shapes(
    truth: NDArray[np.int64],
    scorer: Predictions,
    against: Predictions,
    reports: Sequence[str],
    dimensions: Sequence[str],
) -> None:
    expected = (len(reports), len(dimensions))
    shapes = [truth.shape, scorer.exceed.shape[:2], against.exceed.shape[:2]]
    if any(shape != expected for shape in shapes):
        raise ValueError(
            f"labels and predictions are {shapes}, {expected} (sentences, dimensions) are needed"
        )
    if scorer.exceed.shape[2] != against.exceed.shape[2]:
        raise ValueError("the two scorers know different numbers of levels")


def _confusions(
    truth: NDArray[np.int64],
    levels: tuple[NDArray[np.int64], NDArray[np.int64]],
    reports: Sequence[str],
    n_levels: int,
) -> NDArray[np.float64]:
    """Count (truth, predicted) by report, dimension and scorer: (g, d, 2, n_levels, n_levels)."""
    by_dimension = [
        np.stack(
            [confusion_by_group(truth[:, i], level[:, i], reports, n_levels) for level in levels],
            axis=1,
        )
        for i in range(truth.shape[1])
    ]
    return np.stack(by_dimension, axis=1)


def _with_mean(kappa: NDArray[np.float64]) -> NDArray[np.float64]:
    """Append the mean over dimensions: (..., d, 2) to (..., d + 1, 2)."""
    return np.concatenate([kappa, kappa.mean(axis=-2, keepdims=True)], axis=-2)


def _percentiles(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    bounds = np.full((2, values.shape[1]), np.nan)
    for i, column in enumerate(values.T):
        finite = column[np.isfinite(column)]
        if len(finite):
            bounds[:, i] = np.percentile(finite, [2.5, 97.5])
    return bounds[0], bounds[1]
