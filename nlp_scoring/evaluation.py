"""How good a scorer is on labelled sentences: one small table, every figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.agreement import (
    Estimate,
    confusion_by_group,
    exact_agreement,
    interval,
    macro_f1,
    ratio,
    weighted_kappa,
)
from nlp_scoring.ranks import spearman, with_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from nlp_scoring.ordinal import Predictions

DRAWS = 1000
RANK_DRAWS = 300
BINS = 10
#: Below this a report's mean says nothing about its rank.
MIN_PER_REPORT = 10


@dataclass(frozen=True, slots=True, eq=False)
class DimensionQuality:
    """Quality in one dimension; ``confusion`` is (truth, predicted) counts."""

    dimension: str
    metrics: dict[str, Estimate]
    recall: dict[int, float]
    confusion: NDArray[np.float64]
    n: int
    n_reports: int


def evaluate_dimension(
    dimension: str,
    truth: NDArray[np.int64],
    predictions: Predictions,
    column: int,
    reports: Sequence[str],
    *,
    seed: int = 0,
) -> DimensionQuality:
    """Compare predictions with labels in one dimension.

    Parameters
    ----------
    truth : (n,) array of levels
    column : int
        The dimension's place in ``predictions``.
    reports : sequence of n report ids
        Resampled as wholes.
    """
    level, score = predictions.level[:, column], predictions.score[:, column]
    n_levels = predictions.exceed.shape[2] + 1
    by_report = confusion_by_group(truth, level, reports, n_levels)
    draws = {"draws": DRAWS, "seed": seed}
    metrics = {
        "qwk": interval(weighted_kappa, by_report, **draws),
        "mae": interval(ratio, _sums(np.abs(score - truth), reports), **draws),
        "spearman": _spearman(truth, score, reports, seed),
        "macro_f1": interval(macro_f1, by_report, **draws),
        "exact": interval(exact_agreement, by_report, **draws),
        "ece": _calibration_error(truth, predictions, column, reports, seed),
        "document_spearman": _document_spearman(truth, score, reports, seed),
    }
    total = by_report.sum(0)
    recall = {k: float(total[k, k] / total[k].sum()) for k in range(n_levels) if total[k].sum()}
    return DimensionQuality(dimension, metrics, recall, total, len(truth), len(by_report))


def _sums(values: NDArray[np.float64], reports: Sequence[str]) -> NDArray[np.float64]:
    _, index = np.unique(np.asarray(reports), return_inverse=True)
    columns = (np.bincount(index, weights=w) for w in (values, np.ones(len(values))))
    return np.column_stack(list(columns))


def _resamples(reports: Sequence[str], seed: int) -> list[NDArray[np.int64]]:
    names, index = np.unique(np.asarray(reports), return_inverse=True)
    members = [np.flatnonzero(index == i) for i in range(len(names))]
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(names), size=(RANK_DRAWS, len(names)))
    return [np.concatenate([members[i] for i in row]) for row in draws]


def _percentiles(point: float, values: list[float]) -> Estimate:
    finite = [v for v in values if np.isfinite(v)]
    low, high = np.percentile(finite, [2.5, 97.5]) if finite else (np.nan, np.nan)
    return Estimate(point, float(low), float(high))


def _spearman(
    truth: NDArray[np.int64], score: NDArray[np.float64], reports: Sequence[str], seed: int
) -> Estimate:
    y = truth.astype(float)
    counts = (np.bincount(rows, minlength=len(y)) for rows in _resamples(reports, seed))
    return with_interval(y, score, counts)


def _document_spearman(
    truth: NDArray[np.int64], score: NDArray[np.float64], reports: Sequence[str], seed: int
) -> Estimate:
    labelled, predicted = _sums(truth.astype(float), reports), _sums(score, reports)
    enough = labelled[:, 1] >= MIN_PER_REPORT
    a = labelled[enough, 0] / labelled[enough, 1]
    b = predicted[enough, 0] / predicted[enough, 1]
    return spearman(a, b, draws=RANK_DRAWS, seed=seed)


def _calibration_error(
    truth: NDArray[np.int64],
    predictions: Predictions,
    column: int,
    reports: Sequence[str],
    seed: int,
) -> Estimate:
    """Measure calibration of the chosen level: ten bins of equal mass (Guo et al. 2017, ECE)."""
    probabilities = predictions.probabilities[:, column]
    chosen = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(chosen)), chosen]
    right = (chosen == truth).astype(float)
    edges = np.quantile(confidence, np.linspace(0, 1, BINS + 1)[1:-1])
    bins = np.searchsorted(edges, confidence, side="right")

    def error(rows: NDArray[np.int64]) -> float:
        gap = np.bincount(bins[rows], weights=right[rows] - confidence[rows], minlength=BINS)
        return float(np.abs(gap).sum() / len(rows))

    values = [error(rows) for rows in _resamples(reports, seed)]
    return _percentiles(error(np.arange(len(truth))), values)


def quality_frame(qualities: Sequence[DimensionQuality], *, sample: str) -> pd.DataFrame:
    """Lay qualities out as rows ``sample, dimension, metric, estimate, conf_low, conf_high``."""
    import pandas as pd

    rows = [
        {
            "sample": sample,
            "dimension": q.dimension,
            "metric": metric,
            "estimate": e.estimate,
            "conf_low": e.conf_low,
            "conf_high": e.conf_high,
            "n": q.n,
            "n_reports": q.n_reports,
        }
        for q in qualities
        for metric, e in q.metrics.items()
    ]
    return pd.DataFrame(rows)
