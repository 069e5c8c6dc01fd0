"""How quality grows with the number of labels, so that one can tell whether more are worth the work.

Training sets are nested: each larger one contains the smaller, filled up region by region as a person
would label, so that the curve shows labels added and not another draw. The folds over regions are
those of the cross-validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError, shown
from nlp_scoring.agreement import confusion_by_group, weighted_kappa
from nlp_scoring.bert.out_of_fold import CURVE
from nlp_scoring.ngram import fit_labels, predict_ngram
from nlp_scoring.validation import region_folds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric
    from nlp_scoring.ordinal import Predictions

SIZES = (500, 1000, 2000, 4000)
COLUMNS = ("n_labels", "dimension", "qwk", "seed")


def nested_order(regions: Sequence[str], rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Order rows so that any beginning is a training set: whole regions one after another.

    Regions come in random order, and so do the sentences within each.
    """
    rng = np.random.default_rng(seed)
    own = np.asarray(regions, dtype=object)[rows]
    names = np.unique(own.astype(str))
    place = dict(zip(names.tolist(), rng.permutation(len(names)).tolist(), strict=True))
    shuffled = rng.permutation(len(rows))
    by_region = np.argsort([place[own[i]] for i in shuffled], kind="stable")
    return np.asarray(rows[shuffled[by_region]])


def ngram_learning_curve(
    labels: pd.DataFrame,
    rubric: Rubric,
    judged: NDArray[np.bool_],
    *,
    sizes: Sequence[int] = SIZES,
    n_folds: int = 5,
    seed: int = 0,
    everything: Predictions | None = None,
    advance: Callable[[], object] | None = None,
) -> pd.DataFrame:
    """Cross-validate the baseline with ever more labels.

    Parameters
    ----------
    judged : (n,) array of bool
        Sentences on which kappa is measured, such as the randomly drawn ones.
    sizes : sequence of int
        Numbers of labelled sentences to train on. Those that some fold cannot fill are left out;
        training on everything comes last.
    everything : Predictions, optional
        Cross-validated with the same folds and seed on all labels: saves that point's fits.
    advance : callable, optional
        Called after each fit.

    Returns
    -------
    DataFrame
        ``n_labels, dimension, qwk, seed``; the last ``n_labels`` is the mean over folds.

    Raises
    ------
    ValueError
        When a size is not a positive whole number.
    """
    if any(size < 1 or size != int(size) for size in sizes):
        raise ValueError(f"sizes {list(sizes)!r} must be positive whole numbers")
    regions = labels["region"].tolist()
    fold = region_folds(regions, n_folds, seed)
    orders = [nested_order(regions, np.flatnonzero(fold != k), seed + k) for k in range(n_folds)]
    least = min(len(order) for order in orders)
    wanted = [int(s) for s in sorted(set(sizes)) if s < least]
    mean_size = round(float(np.mean([len(order) for order in orders])))
    levels = {
        size: _levels(labels, rubric, fold, [order[:size] for order in orders], advance)
        for size in wanted
    }
    levels[mean_size] = (
        everything.level
        if everything is not None
        else _levels(labels, rubric, fold, orders, advance)
    )
    return curve_of(labels, rubric, levels, judged, seed)


def _levels(
    labels: pd.DataFrame,
    rubric: Rubric,
    fold: NDArray[np.int64],
    training: Sequence[NDArray[np.int64]],
    advance: Callable[[], object] | None,
) -> NDArray[np.int64]:
    found = np.zeros((len(labels), len(rubric.dimensions)), dtype=np.int64)
    for k, rows in enumerate(training):
        # In the file's order: the fit depends on it in the last digits.
        model, test = fit_labels(labels.iloc[np.sort(rows)], rubric), labels[fold == k]
        places = test["progress"].to_numpy(dtype=np.float64)
        found[fold == k] = predict_ngram(model, test["text"].tolist(), places).level
        if advance is not None:
            advance()
    return found


def curve_of(
    labels: pd.DataFrame,
    rubric: Rubric,
    levels: dict[int, NDArray[np.int64]],
    judged: NDArray[np.bool_],
    seed: int,
) -> pd.DataFrame:
    """Lay out kappa on the judged rows, from levels (n, d) by number of labels."""
    import pandas as pd

    one_group = ["all"] * int(judged.sum())
    rows = []
    for size, level in levels.items():
        for i, dimension in enumerate(rubric.dimension_ids):
            truth = labels[dimension].to_numpy(dtype=np.int64)[judged]
            counts = confusion_by_group(truth, level[judged, i], one_group, rubric.max_level + 1)
            rows.append((size, dimension, float(weighted_kappa(counts.sum(0))), seed))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def read_learning_curve(folder: Path, rubric: Rubric) -> pd.DataFrame | None:
    """Read the learning curve computed with a model, ``learning_curve.csv`` in its folder.

    Returns
    -------
    DataFrame or None
        ``n_labels, dimension, qwk, seed``; None when the folder has no such file.

    Raises
    ------
    UserError
        A missing column, a dimension that the rubric lacks, or a value that is no number.
    """
    import pandas as pd

    from corpus.csvfiles import read_csv

    path = folder / CURVE
    if not path.is_file():
        return None
    frame = read_csv(path)
    missing = [c for c in COLUMNS if c not in frame.columns]
    if missing:
        raise UserError(
            f"lacks the column {missing[0]!r}",
            where=str(path),
            fix=f"columns: {', '.join(COLUMNS)}",
        )
    frame = frame[list(COLUMNS)]
    unknown = frame.index[~frame["dimension"].isin(rubric.dimension_ids)]
    if len(unknown):
        raise UserError(
            f"unknown dimension {shown(frame['dimension'][unknown[0]])}",
            where=f"{path} row {unknown[0] + 1}",
            fix=f"use one of {', '.join(rubric.dimension_ids)}",
        )
    for column, low, high in (("n_labels", 1.0, np.inf), ("qwk", -1.0, 1.0), ("seed", 0.0, np.inf)):
        values = pd.to_numeric(frame[column], errors="coerce")
        wrong = frame.index[~values.between(low, high)]
        if len(wrong):
            raise UserError(
                f"{column} {shown(frame[column][wrong[0]])} is not a number in range",
                where=f"{path} row {wrong[0] + 1}",
            )
        frame = frame.assign(**{column: values})
    return frame.astype({"n_labels": "int64", "seed": "int64"})
