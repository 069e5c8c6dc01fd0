"""Cross-validation over regions: no province is scored by a model that has read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError
from nlp_scoring.agreement import confusion_by_group, exact_agreement, interval, weighted_kappa
from nlp_scoring.evaluation import DRAWS, DimensionQuality, evaluate_dimension, quality_frame
from nlp_scoring.labels import RANDOM_POOLS
from nlp_scoring.ngram import fit_labels, predict_ngram
from nlp_scoring.ordinal import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric


def region_folds(regions: Sequence[str], n_folds: int, seed: int) -> NDArray[np.int64]:
    """Deal whole regions to folds, the largest first to the smallest fold, ties by seed.

    Returns
    -------
    (n,) array
        The fold of each sentence.
    """
    names, index, counts = np.unique(np.asarray(regions), return_inverse=True, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    order = shuffled[np.argsort(-counts[shuffled], kind="stable")]
    fold_of, load = np.zeros(len(names), dtype=np.int64), np.zeros(n_folds)
    for name in order:
        fold_of[name] = int(load.argmin())
        load[fold_of[name]] += counts[name]
    return np.asarray(fold_of[index])


def label_folds(labels: pd.DataFrame, n_folds: int, seed: int) -> NDArray[np.int64]:
    """Deal the regions of labels to folds, none of which may be empty.

    Raises
    ------
    UserError
        When there are fewer regions than folds.
    """
    n_regions = labels["region"].nunique()
    if n_regions < n_folds:
        raise UserError(f"{n_folds} folds over {n_regions} regions", fix="use fewer folds")
    return region_folds(labels["region"].tolist(), n_folds, seed)


def cross_validate_ngram(
    labels: pd.DataFrame,
    rubric: Rubric,
    *,
    n_folds: int,
    seed: int,
    advance: Callable[[], object] | None = None,
) -> Predictions:
    """Predict every labelled sentence by a baseline trained on the other regions."""
    fold = region_folds(labels["region"].tolist(), n_folds, seed)
    exceed = np.zeros((len(labels), len(rubric.dimensions), rubric.max_level))
    for k in range(n_folds):
        model, test = fit_labels(labels[fold != k], rubric), labels[fold == k]
        places = test["progress"].to_numpy(dtype=np.float64)
        exceed[fold == k] = predict_ngram(model, test["text"].tolist(), places).exceed
        if advance is not None:
            advance()
    return Predictions(exceed=exceed, model_id=f"ngram-{n_folds}-folds-seed-{seed}")


def random_rows(labels: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows drawn at random within reports; all rows when the file names no pools."""
    if "pool" not in labels.columns:
        return np.ones(len(labels), dtype=bool)
    return labels["pool"].isin(RANDOM_POOLS).to_numpy()


def quality_on(
    labels: pd.DataFrame,
    predictions: Predictions,
    rows: NDArray[np.bool_],
    rubric: Rubric,
    seed: int,
) -> list[DimensionQuality]:
    """Evaluate predictions on some of the labelled rows, one result a dimension."""
    part = Predictions(exceed=predictions.exceed[rows], model_id=predictions.model_id)
    reports = labels["report_id"].to_numpy()[rows].tolist()
    return [
        evaluate_dimension(d, labels[d].to_numpy()[rows], part, i, reports, seed=seed)
        for i, d in enumerate(rubric.dimension_ids)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class ValidationTables:
    """Quality on regions left out.

    Attributes
    ----------
    quality : DataFrame
        ``scorer, sample (random, all), dimension, metric, estimate, conf_low, conf_high, n,
        n_reports``.
    recall : DataFrame
        ``scorer, sample, dimension, level, recall``.
    agreement : DataFrame
        The two coding passes, see `coder_agreement`.
    """

    quality: pd.DataFrame
    recall: pd.DataFrame
    agreement: pd.DataFrame


def validation_tables(
    labels: pd.DataFrame,
    rubric: Rubric,
    *,
    n_folds: int,
    seed: int,
    bert: Predictions | None = None,
    cues: Predictions | None = None,
    advance: Callable[[], object] | None = None,
) -> ValidationTables:
    """Cross-validate the baseline and lay its quality out as tables, the BERT's first.

    Parameters
    ----------
    bert : Predictions, optional
        Out-of-fold predictions of the same labels (`nlp_scoring.bert.out_of_fold`).
    cues : Predictions, optional
        Counts of cue words in the same labels; they learn nothing, so there are no folds.
    """
    import pandas as pd

    ngram = cross_validate_ngram(labels, rubric, n_folds=n_folds, seed=seed, advance=advance)
    others = {"bert": bert, "cues": cues}
    scorers = {name: found for name, found in others.items() if found is not None}
    scorers["ngram"] = ngram
    samples = {"random": random_rows(labels), "all": np.ones(len(labels), dtype=bool)}
    quality, recall = [], []
    for scorer, predictions in scorers.items():
        for sample, rows in samples.items():
            if not rows.any():
                continue
            found = quality_on(labels, predictions, rows, rubric, seed)
            frame = quality_frame(found, sample=sample)
            quality.append(frame.assign(scorer=scorer)[["scorer", *frame.columns]])
            recall += [
                (scorer, sample, q.dimension, k, r) for q in found for k, r in q.recall.items()
            ]
    return ValidationTables(
        quality=pd.concat(quality, ignore_index=True),
        recall=pd.DataFrame(recall, columns=["scorer", "sample", "dimension", "level", "recall"]),
        agreement=coder_agreement(labels, rubric, seed=seed),
    )


def coder_agreement(labels: pd.DataFrame, rubric: Rubric, *, seed: int) -> pd.DataFrame:
    """Agreement of the two coding passes, where the file has them (``<dimension>_a``, ``_b``).

    Returns
    -------
    DataFrame
        ``dimension, metric (qwk, exact), estimate, conf_low, conf_high, n``; empty when no
        sentence was coded twice.
    """
    import pandas as pd

    allowed = {str(level.value): level.value for level in rubric.levels}
    rows = []
    for dimension in rubric.dimension_ids:
        pair = [f"{dimension}_a", f"{dimension}_b"]
        if not set(pair) <= set(labels.columns):
            continue
        codes = labels[pair].apply(lambda column: column.str.strip().map(allowed))
        both = codes.notna().all(axis=1)
        if not both.any():
            continue
        a, b = (codes.loc[both, c].to_numpy(dtype=np.int64) for c in pair)
        sums = confusion_by_group(
            a, b, labels.loc[both, "report_id"].tolist(), rubric.max_level + 1
        )
        for metric, statistic in (("qwk", weighted_kappa), ("exact", exact_agreement)):
            e = interval(statistic, sums, draws=DRAWS, seed=seed)
            rows.append((dimension, metric, e.estimate, e.conf_low, e.conf_high, int(both.sum())))
    columns = ["dimension", "metric", "estimate", "conf_low", "conf_high", "n"]
    return pd.DataFrame(rows, columns=columns)
