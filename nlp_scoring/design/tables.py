"""Corrected intensity of a project: labels matched to its sentences, results as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.errors import UserError
from nlp_scoring.design.draws import CorrectedMeans, intensity_draws
from nlp_scoring.design.errors import LabelError
from nlp_scoring.design.matching import (
    double_coded_error,
    is_in_project,
    is_random,
    match_labels,
    out_of_fold_scores,
    sentence_scores,
)
from nlp_scoring.design.reports import Method, correct_means

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from nlp_scoring.design.means import Population

REPORT = ["report_id", "region_code", "region", "year"]
#: One error for all dimensions, or each dimension's own from the sentences coded twice.
LabelErrors = LabelError | Literal["double-coded"]


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedPanel:
    """Corrected intensities and draws of them.

    Attributes
    ----------
    table : DataFrame
        ``report_id, region_code, region, year, dimension, intensity`` (before),
        ``intensity_corrected, std_error_corrected, n_labelled, method``; empty (NaN) where method
        `own` has no label.
    draws : DataFrame
        ``draw`` (1, 2, ...), ``region_code, year, dimension, intensity``, without empty rows.
    n_unmatched : int
        Random labels of the project's reports whose text is no sentence of the report here.
    """

    table: pd.DataFrame
    draws: pd.DataFrame
    n_unmatched: int


def corrected_intensity(
    scores_frame: pd.DataFrame,
    sentence_frame: pd.DataFrame,
    labels_frame: pd.DataFrame,
    oof_frame: pd.DataFrame,
    *,
    dimensions: Sequence[str],
    method: Method,
    label_error: LabelErrors,
    draws: int,
    seed: int,
    population: Population = "superpopulation",
) -> CorrectedPanel:
    """Correct the intensity of a project's reports by the sentences labelled at random.

    Body sentences count, annexes do not, as in `nlp_scoring.aggregation.report_intensity`. The
    corrected mean takes every labelled sentence, of whatever pool, at its out-of-fold score: the
    scorer has been trained on it, and in-sample scores would hide part of the error that the
    residuals then add once more.

    Parameters
    ----------
    scores_frame, sentence_frame : DataFrame
        Score table of one scorer, and sentence table.
    labels_frame : DataFrame
        As `nlp_scoring.labels.read_labels` gives it, with ``sentence_key``.
    oof_frame : DataFrame
        ``sentence_key`` and one column of scores a dimension, by models that never saw the region.

    Raises
    ------
    UserError
        Several scorers, a report some of whose sentences have no score, labels without out-of-fold scores, or no random
        label in the project.
    """
    sentence_frame = _of_scored_reports(sentence_frame, scores_frame)
    sentences = _counted(sentence_frame)
    matched = match_labels(labels_frame, sentence_frame)
    drawn = is_random(labels_frame)
    unmatched = is_in_project(labels_frame, sentence_frame) & drawn
    unmatched[matched["label"]] = False
    matched = matched[matched["sentence_id"].isin(sentences["sentence_id"])]
    matched = matched.assign(is_random=drawn[matched["label"]])
    if not matched["is_random"].any():
        raise UserError(
            "no randomly drawn label is a sentence of this project",
            fix="correct a project that holds reports of the labels file",
        )
    results = {
        d: _correct_dimension(
            d, scores_frame, sentences, labels_frame, oof_frame, matched,
            method=method, label_error=label_error, population=population,
        )
        for d in dimensions
    }  # fmt: skip
    reports = sentences.drop_duplicates("report_id")[REPORT].reset_index(drop=True)
    panel = intensity_draws([m for _, m in results.values()], draws=draws, seed=seed)
    return CorrectedPanel(
        table=_table(reports, results, method),
        draws=draws_frame(panel, reports, dimensions),
        n_unmatched=int(unmatched.sum()),
    )


def _of_scored_reports(sentences: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Leave out reports without any score: a study's ``since`` leaves older ones unscored."""
    scored = sentences["sentence_id"].isin(scores["sentence_id"])
    return sentences[sentences["report_id"].isin(sentences.loc[scored, "report_id"].unique())]


def _counted(sentences: pd.DataFrame) -> pd.DataFrame:
    body = sentences[(sentences["unit_type"] == "body") & ~sentences["is_annex"]]
    if body.empty:
        raise UserError("the sentence table holds no body sentence", fix="run `zhengce parse`")
    return body.sort_values(["report_id", "sentence_id"], ignore_index=True)


def _correct_dimension(
    dimension: str,
    scores_frame: pd.DataFrame,
    sentences: pd.DataFrame,
    labels: pd.DataFrame,
    oof: pd.DataFrame,
    matched: pd.DataFrame,
    *,
    method: Method,
    label_error: LabelErrors,
    population: Population,
) -> tuple[NDArray[np.float64], CorrectedMeans]:
    """Intensity before and after, in the order of the sentences' reports."""
    import pandas as pd

    before = sentence_scores(dimension, scores_frame, sentences)
    place = pd.Index(sentences["sentence_id"]).get_indexer(matched["sentence_id"])
    honest = out_of_fold_scores(dimension, labels.iloc[matched["label"]], oof)
    scores = before.copy()
    scores[place] = honest
    report = pd.factorize(sentences["report_id"])[0].astype(np.int64)
    drawn = matched["is_random"].to_numpy()
    error = (
        label_error
        if isinstance(label_error, LabelError)
        else double_coded_error(labels, dimension)
    )
    means = correct_means(
        scores,
        report,
        labels[dimension].to_numpy(dtype=np.float64)[matched["label"]][drawn],
        honest[drawn],
        report[place[drawn]],
        method=method,
        population=population,
        label_error=error,
    )
    return np.bincount(report, before) / np.bincount(report), means


def _table(
    reports: pd.DataFrame,
    results: dict[str, tuple[NDArray[np.float64], CorrectedMeans]],
    method: Method,
) -> pd.DataFrame:
    import pandas as pd

    parts = [
        reports.assign(
            dimension=d, intensity=before, intensity_corrected=m.mean,
            std_error_corrected=m.std_error, n_labelled=m.n_labelled, method=method, _order=i,
        )
        for i, (d, (before, m)) in enumerate(results.items())
    ]  # fmt: skip
    whole = pd.concat(parts, ignore_index=True)
    return whole.sort_values(["report_id", "_order"], ignore_index=True).drop(columns="_order")


def draws_frame(
    panel: NDArray[np.float64], reports: pd.DataFrame, dimensions: Sequence[str]
) -> pd.DataFrame:
    """Lay draws (M, R, D) out in long form, without the rows that are empty.

    Parameters
    ----------
    reports : DataFrame
        ``region_code, year`` of the R reports.
    """
    import pandas as pd

    m, r, d = panel.shape
    return pd.DataFrame(
        {
            "draw": np.repeat(np.arange(1, m + 1), r * d),
            "region_code": np.tile(np.repeat(reports["region_code"].to_numpy(), d), m),
            "year": np.tile(np.repeat(reports["year"].to_numpy(), d), m),
            "dimension": np.tile(np.asarray(dimensions, dtype=object), m * r),
            "intensity": panel.reshape(-1),
        }
    ).dropna(ignore_index=True)
