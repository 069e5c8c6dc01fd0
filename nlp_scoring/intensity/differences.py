"""How far two versions of scores agree, and where they part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.agreement import confusion_by_group, interval, ratio, weighted_kappa
from nlp_scoring.ranks import spearman

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from nlp_scoring.intensity.versions import Paired


def agreement_rows(paired: Paired, *, draws: int, seed: int) -> pd.DataFrame:
    """Agreement in each dimension, with 95 % intervals from resampling whole reports.

    Returns
    -------
    DataFrame
        ``dimension, metric, estimate, conf_low, conf_high, n_sentences, n_reports``. Metrics:
        ``qwk``, the quadratic weighted kappa of levels; ``mean_abs_difference`` of scores;
        ``difference``, mean score of B less A; ``spearman`` of report means.
    """
    import pandas as pd

    reports = paired.sentences["report_id"].tolist()
    n_levels = max(int(paired.level.max()) + 1, 2)
    rows = []
    for d, name in enumerate(paired.dimensions):
        level_a, level_b = paired.level[:, :, d]
        gap = paired.score[1, :, d] - paired.score[0, :, d]
        counts = confusion_by_group(level_a, level_b, reports, n_levels)
        found = {
            "qwk": interval(weighted_kappa, counts, draws=draws, seed=seed),
            "mean_abs_difference": interval(
                ratio, _sums(np.abs(gap), reports), draws=draws, seed=seed
            ),
            "difference": interval(ratio, _sums(gap, reports), draws=draws, seed=seed),
            "spearman": spearman(*_means(paired, d), draws=draws, seed=seed),
        }
        rows += [
            (name, metric, e.estimate, e.conf_low, e.conf_high, len(reports), len(counts))
            for metric, e in found.items()
        ]
    columns = [
        "dimension",
        "metric",
        "estimate",
        "conf_low",
        "conf_high",
        "n_sentences",
        "n_reports",
    ]
    return pd.DataFrame(rows, columns=columns)


def _sums(values: NDArray[np.float64], reports: list[str]) -> NDArray[np.float64]:
    """Sum and count by report, (r, 2)."""
    _, index = np.unique(np.asarray(reports), return_inverse=True)
    return np.column_stack([np.bincount(index, weights=values), np.bincount(index)])


def _means(paired: Paired, d: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    reports = paired.sentences["report_id"].tolist()
    a, b = (ratio(_sums(side, reports)) for side in paired.score[:, :, d])
    return a, b


def moved_reports(paired: Paired, *, limit: int) -> pd.DataFrame:
    """List the reports whose rank among all compared reports differs most.

    Returns
    -------
    DataFrame
        ``dimension, report_id, intensity_a, intensity_b, rank_a, rank_b, places``: rank 1 is the
        highest intensity, equal ones share their mean rank; ``places`` is positive where B ranks
        the report higher. At most ``limit`` rows a dimension; unmoved reports are left out.
    """
    import pandas as pd

    names = np.unique(np.asarray(paired.sentences["report_id"].tolist()))
    parts = []
    for d, dimension in enumerate(paired.dimensions):
        a, b = (pd.Series(side) for side in _means(paired, d))
        rank_a, rank_b = (side.rank(ascending=False) for side in (a, b))
        part = pd.DataFrame(
            {
                "dimension": dimension, "report_id": names, "intensity_a": a, "intensity_b": b,
                "rank_a": rank_a, "rank_b": rank_b, "places": rank_a - rank_b,
            }
        )  # fmt: skip
        parts.append(_largest(part[part["places"] != 0], "places", limit))
    return pd.concat(parts, ignore_index=True)


def differing_sentences(paired: Paired, *, limit: int) -> pd.DataFrame:
    """List the sentences whose scores differ most.

    Returns
    -------
    DataFrame
        ``dimension, sentence_id, score_a, score_b, difference, level_a, level_b, text``; the
        difference is B less A. At most ``limit`` rows a dimension; equal scores are left out.
    """
    import pandas as pd

    parts = []
    for d, dimension in enumerate(paired.dimensions):
        (level_a, level_b), (score_a, score_b) = paired.level[:, :, d], paired.score[:, :, d]
        part = pd.DataFrame(
            {
                "dimension": dimension, "sentence_id": paired.sentences["sentence_id"],
                "score_a": score_a, "score_b": score_b, "difference": score_b - score_a,
                "level_a": level_a, "level_b": level_b, "text": paired.sentences["text"],
            }
        )  # fmt: skip
        parts.append(_largest(part[part["difference"] != 0], "difference", limit))
    return pd.concat(parts, ignore_index=True)


def _largest(frame: pd.DataFrame, column: str, limit: int) -> pd.DataFrame:
    """Rows of largest size, ties in their old order."""
    order = (-frame[column].abs()).sort_values(kind="stable").index
    return frame.loc[order[:limit]]
