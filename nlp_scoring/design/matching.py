"""Bring labels, out-of-fold scores and a project's sentences together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError, shown
from nlp_scoring.bert.out_of_fold import label_keys, places_of
from nlp_scoring.design.errors import LabelError, label_error_of_passes

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def match_labels(labels: pd.DataFrame, sentences: pd.DataFrame) -> pd.DataFrame:
    """Find labelled sentences by report and text without whitespace.

    Where a report says the same twice, the place in the report decides; a sentence gets one
    label, a label one sentence.

    Returns
    -------
    DataFrame
        ``label`` (place of the row in ``labels``), ``sentence_id``.
    """
    import pandas as pd

    left = pd.DataFrame(
        {
            "report_id": _report_ids(labels),
            "key": _squeezed(labels["text"]),
            "label": np.arange(len(labels)),
            "place": labels["progress"].to_numpy(),
        }
    )
    right = sentences[["report_id", "sentence_id", "progress"]].assign(
        key=_squeezed(sentences["text"])
    )
    pairs = left.merge(right, on=["report_id", "key"])
    pairs["distance"] = (pairs["place"] - pairs["progress"]).abs().fillna(1.0)
    pairs = pairs.sort_values(["distance", "label", "sentence_id"])
    once = pairs.drop_duplicates("label").drop_duplicates("sentence_id")
    return once.sort_values("label", ignore_index=True)[["label", "sentence_id"]]


def _report_ids(labels: pd.DataFrame) -> pd.Series[str]:
    """Take ``110000-2025`` out of ``province-110000-2025``."""
    found = labels["report_id"].str.extract(r"(\d{6}-\d{4})$")[0]
    return found.fillna("").reset_index(drop=True)


def _squeezed(text: pd.Series[str]) -> NDArray[np.object_]:
    return np.asarray(text.str.replace(r"\s+", "", regex=True), dtype=object)


def is_random(labels: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows drawn at random, see `nlp_scoring.labels.RANDOM_POOLS`."""
    from nlp_scoring.validation import random_rows

    return np.asarray(random_rows(labels), dtype=bool)


def is_in_project(labels: pd.DataFrame, sentences: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows whose report is among the sentences'."""
    return _report_ids(labels).isin(sentences["report_id"].unique()).to_numpy().copy()


def sentence_scores(
    dimension: str, scores_frame: pd.DataFrame, sentences: pd.DataFrame
) -> NDArray[np.float64]:
    """Scores of one dimension in the order of the sentences, all by one scorer."""
    scorers = scores_frame["scorer"].unique()
    if len(scorers) != 1:
        raise UserError(f"the score table holds {len(scorers)} scorers", fix="keep one of them")
    rows = scores_frame[scores_frame["dimension"] == dimension].set_index("sentence_id")["score"]
    found = rows.reindex(sentences["sentence_id"]).to_numpy(dtype=np.float64)
    if np.isnan(found).any():
        lacking = sentences["sentence_id"].iloc[int(np.isnan(found).argmax())]
        raise UserError(
            f"sentence {lacking} has no score in {dimension}", fix="run `zhengce score` again"
        )
    return found


def out_of_fold_scores(
    dimension: str, labels: pd.DataFrame, oof: pd.DataFrame
) -> NDArray[np.float64]:
    """Out-of-fold scores of one dimension in the order of the labels, by key and, where known, text."""
    place = places_of(oof, labels)
    if (place < 0).any():
        i = int((place < 0).argmax())
        key, text = label_keys(labels)[i], labels["text"].iloc[i]
        why = "; its key is that of another text" if key in set(oof["sentence_key"]) else ""
        raise UserError(
            f"label {shown(key)} ({shown(text)}) has no out-of-fold score{why}",
            fix="give --model the folder whose folds judged these labels, or drop it",
        )
    return oof[dimension].to_numpy(dtype=np.float64)[place]


def double_coded_error(labels: pd.DataFrame, dimension: str) -> LabelError:
    """Estimate the coder's error from the random sentences coded twice."""
    import pandas as pd

    names = [f"{dimension}_a", f"{dimension}_b"]
    if not set(names) <= set(labels.columns):
        raise UserError(
            f"the labels lack the column {names[0]!r}", fix="give --label-error a number"
        )
    passes = labels[names].apply(pd.to_numeric, errors="coerce")[is_random(labels)].dropna()
    reports = pd.factorize(labels.loc[passes.index, "report_id"])[0].astype(np.int64)
    first, second = (passes[n].to_numpy(dtype=np.float64) for n in names)
    return label_error_of_passes(first, second, reports)
