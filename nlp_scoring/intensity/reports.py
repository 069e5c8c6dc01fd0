"""From the score and sentence tables to the intensity of reports under a variant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError, shown
from nlp_scoring.intensity.means import RatioMeans, ratio_means, standard_errors
from nlp_scoring.intensity.variants import counted_sentences, sentence_weights, stored_temporality

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from nlp_scoring.intensity.variants import Variant

REPORT = ["report_id", "region_code", "region", "year", "level"]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The sentences that count, measured.

    Attributes
    ----------
    sentences : DataFrame
        n rows of the sentence table, reports in order.
    dimensions : tuple of str
    scorer : str
    score, value : (n, d) array
        Scores, and what is averaged: the score, or whether the level is reached.
    weight : (n,) array
    """

    sentences: pd.DataFrame
    dimensions: tuple[str, ...]
    scorer: str
    score: NDArray[np.float64]
    value: NDArray[np.float64]
    weight: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ReportMeans:
    """Intensities of r reports; ``reports`` holds their names, ``means`` their figures."""

    reports: pd.DataFrame
    dimensions: tuple[str, ...]
    scorer: str
    means: RatioMeans


def measure_sentences(
    scores: pd.DataFrame,
    sentences: pd.DataFrame,
    variant: Variant,
    *,
    dimensions: Sequence[str],
    scorer: str | None = None,
) -> Measured:
    """Choose the sentences that count and lay their scores out, one column a dimension.

    Parameters
    ----------
    scores, sentences : DataFrame
        The score table and the sentence table. Sentences that nobody scored do not count.
    dimensions : sequence of str
        Order of the dimensions; others come after them.
    scorer : str, optional
        Needed when the table holds several.

    Raises
    ------
    UserError
        When no sentence counts, the scorer is unknown or not told, or a sentence has scores in
        some dimensions only.
    """
    own = scores_of(scores, scorer)
    names = in_order(own["dimension"].unique(), dimensions)
    scored = sentences[sentences["sentence_id"].isin(own["sentence_id"])]
    counted = counted_sentences(scored, variant, stored_temporality(own))
    if counted.empty:
        raise UserError("no scored sentence counts", fix="choose other sections, regions or years")
    ids = counted["sentence_id"]
    score = score_matrix(own, "score", ids, names)
    value = score
    if variant.at_least is not None:
        value = (score_matrix(own, "level", ids, names) >= variant.at_least).astype(np.float64)
    return Measured(
        sentences=counted, dimensions=names, scorer=str(own["scorer"].iloc[0]), score=score,
        value=value, weight=sentence_weights(counted["text"].tolist(), variant.weights),
    )  # fmt: skip


def scores_of(scores: pd.DataFrame, scorer: str | None, *, where: str = "") -> pd.DataFrame:
    """Take the rows of one scorer; without a name the table must hold only one."""
    names = sorted(scores["scorer"].unique())
    if not names:
        raise UserError("the score table is empty", where=where, fix="run `zhengce score`")
    if scorer is None and len(names) > 1:
        known = ", ".join(names)
        raise UserError(
            f"holds scores by {known}", where=where or "score table", fix="name one with --scorer"
        )
    if scorer is not None and scorer not in names:
        raise UserError(
            f"no scores by {shown(scorer)}",
            where=where or "--scorer",
            fix=f"use one of {', '.join(names)}",
        )
    return scores[scores["scorer"] == (scorer or names[0])]


def in_order(found: Iterable[str], order: Sequence[str]) -> tuple[str, ...]:
    """Sort dimensions as the rubric does, unknown ones last by name."""
    place = {name: i for i, name in enumerate(order)}
    return tuple(sorted(found, key=lambda name: (place.get(name, len(place)), name)))


def score_matrix(
    scores: pd.DataFrame, column: str, sentence_ids: pd.Series[str], dimensions: Sequence[str]
) -> NDArray[np.float64]:
    """Lay a column of the score table out by sentence and dimension, without gaps.

    Raises
    ------
    UserError
        When a sentence lacks a dimension.
    """
    own = scores[scores["sentence_id"].isin(sentence_ids)]
    wide = own.pivot(index="sentence_id", columns="dimension", values=column)
    found = wide.reindex(index=sentence_ids, columns=list(dimensions)).to_numpy(np.float64)
    gaps = np.argwhere(np.isnan(found))
    if len(gaps):
        row, d = gaps[0]
        raise UserError(
            f"sentence {sentence_ids.iloc[row]} has no score in {dimensions[d]}",
            fix="run `zhengce score` again",
        )
    return found


def report_means(measured: Measured) -> ReportMeans:
    """Average the values of each report, plain and paragraph-clustered covariances with them."""
    sentences = measured.sentences
    first = ~sentences["report_id"].duplicated()
    means = ratio_means(
        measured.value, measured.weight, first.cumsum().to_numpy(np.int64) - 1,
        sentences["paragraph"].to_numpy(np.int64),
    )  # fmt: skip
    reports = sentences.loc[first, REPORT].reset_index(drop=True)
    return ReportMeans(reports, measured.dimensions, measured.scorer, means)


def intensity_rows(found: ReportMeans) -> pd.DataFrame:
    """Lay intensities out with the columns of the ``report_score`` table."""
    import pandas as pd

    units = np.eye(len(found.dimensions))
    parts = [
        linear_rows(found, unit, name) for name, unit in zip(found.dimensions, units, strict=True)
    ]
    long = pd.concat(parts, ignore_index=True)
    return long.sort_values("report_id", kind="stable", ignore_index=True)


def linear_rows(
    found: ReportMeans, coefficients: NDArray[np.float64], name: str, constant: float = 0.0
) -> pd.DataFrame:
    """Rows of a linear combination of the dimensions, its coefficients held fixed."""
    means = found.means
    return found.reports.assign(
        dimension=name,
        scorer=found.scorer,
        intensity=means.mean @ coefficients + constant,
        std_error=standard_errors(means.vcov, coefficients),
        std_error_paragraph=standard_errors(means.vcov_clustered, coefficients),
        n_sentences=means.n,
        n_paragraphs=means.n_clusters,
    )
