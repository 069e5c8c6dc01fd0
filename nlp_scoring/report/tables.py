"""Everything the evaluation report shows, as frames; nothing is read or written here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nlp_scoring.agreement import confusion_by_group, interval, ratio
from nlp_scoring.comparison import compare_kappa
from nlp_scoring.evaluation import BINS, DRAWS, quality_frame
from nlp_scoring.ordinal import Predictions
from nlp_scoring.report.errors_by import error_tables
from nlp_scoring.validation import coder_agreement, quality_on, random_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric
    from nlp_scoring.report.masking import MaskedPair


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationTables:
    """The evaluation of a scorer beside others, on sentences of regions it has not read.

    Each frame but ``agreement``, ``learning`` and ``masked`` has a column ``sample``: ``random``
    (drawn at random within reports, the headline) or ``all``.

    Attributes
    ----------
    quality : DataFrame
        ``sample, scorer, dimension, metric, estimate, conf_low, conf_high, n, n_reports``.
    confusion : DataFrame
        ``sample, scorer, dimension, truth, predicted, count, share, conf_low, conf_high``: share of
        the sentences labelled ``truth``; on the diagonal it is the recall of the level.
    calibration : DataFrame
        ``sample, scorer, dimension, bin, n, confidence, accuracy, conf_low, conf_high``.
    agreement : DataFrame
        The two coding passes, see `nlp_scoring.validation.coder_agreement`.
    differences : DataFrame
        Paired differences of kappa, see `nlp_scoring.comparison.compare_kappa`.
    errors : DataFrame
        Of the first scorer, see `nlp_scoring.report.errors_by.error_tables`.
    learning : DataFrame
        ``scorer, n_labels, dimension, qwk, seed``.
    masked : DataFrame
        Differences of a scorer with names of places and years hidden and itself.
    before_audit : DataFrame
        The differences again, with the labels as they came; empty when none was changed.
    """

    quality: pd.DataFrame
    confusion: pd.DataFrame
    calibration: pd.DataFrame
    agreement: pd.DataFrame
    differences: pd.DataFrame
    errors: pd.DataFrame
    learning: pd.DataFrame
    masked: pd.DataFrame
    before_audit: pd.DataFrame


def evaluation_tables(
    labels: pd.DataFrame,
    rubric: Rubric,
    scorers: Mapping[str, Predictions],
    masked: Mapping[str, MaskedPair],
    learning: Mapping[str, pd.DataFrame],
    *,
    seed: int,
    old_labels: pd.DataFrame | None = None,
    advance: Callable[[], object] | None = None,
) -> EvaluationTables:
    """Compute all tables.

    Parameters
    ----------
    labels : DataFrame
        As `nlp_scoring.labels.read_labels` gives it.
    scorers : mapping of name to Predictions
        Of all labels; the first is the one under evaluation, the others are compared with it.
    masked : mapping of name to MaskedPair
        Of the same labels, as they stand and with names hidden, for some of the scorers.
    learning : mapping of name to DataFrame
        Learning curves, see `nlp_scoring.report.learning_curve`.
    old_labels : DataFrame, optional
        The same sentences with the labels they had before an audit.
    advance : callable, optional
        Called after each scorer and sample.
    """
    names = (
        "quality",
        "confusion",
        "calibration",
        "differences",
        "errors",
        "masked",
        "before_audit",
    )
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in names}
    first = next(iter(scorers))
    for sample, rows in _samples(labels).items():
        frame, own = labels[rows], {k: _part(p, rows) for k, p in scorers.items()}
        for name, predictions in own.items():
            found = _scorer_tables(frame, predictions, rubric, seed)
            for table, made in found.items():
                parts[table].append(_named(made, sample=sample, scorer=name))
            if advance is not None:
                advance()
        against = {k: v for k, v in own.items() if k != first}
        pairs = [((first, k), own[first], v) for k, v in against.items()]
        parts["differences"] += _compared(frame, rubric, pairs, sample, seed)
        hidden = [
            ((f"{k}_masked", k), _part(pair.masked, rows), _part(pair.plain, rows))
            for k, pair in masked.items()
        ]
        parts["masked"] += _compared(frame, rubric, hidden, sample, seed)
        if old_labels is not None:
            parts["before_audit"] += _compared(old_labels[rows], rubric, pairs, sample, seed)
        errors = error_tables(frame, own[first], rubric, seed=seed)
        parts["errors"].append(_named(errors, sample=sample))
    curves = [curve.assign(scorer=name) for name, curve in learning.items()]
    return EvaluationTables(
        agreement=coder_agreement(labels, rubric, seed=seed),
        learning=_stack(curves),
        **{name: _stack(frames) for name, frames in parts.items()},
    )


def _samples(labels: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    samples = {"random": random_rows(labels), "all": np.ones(len(labels), dtype=bool)}
    return {name: rows for name, rows in samples.items() if rows.any()}


def _part(predictions: Predictions, rows: NDArray[np.bool_]) -> Predictions:
    return Predictions(exceed=predictions.exceed[rows], model_id=predictions.model_id)


def _named(frame: pd.DataFrame, **columns: str) -> pd.DataFrame:
    for place, (name, value) in enumerate(columns.items()):
        if name not in frame.columns:
            frame.insert(place, name, value)
    return frame


def _stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _compared(
    labels: pd.DataFrame,
    rubric: Rubric,
    pairs: Sequence[tuple[tuple[str, str], Predictions, Predictions]],
    sample: str,
    seed: int,
) -> list[pd.DataFrame]:
    truth = labels[list(rubric.dimension_ids)].to_numpy(dtype=np.int64)
    reports = labels["report_id"].tolist()
    return [
        _named(
            compare_kappa(
                truth, a, b, reports, dimensions=rubric.dimension_ids, names=names, seed=seed
            ),
            sample=sample,
        )
        for names, a, b in pairs
    ]


def _scorer_tables(
    labels: pd.DataFrame, predictions: Predictions, rubric: Rubric, seed: int
) -> dict[str, pd.DataFrame]:
    rows = np.ones(len(labels), dtype=bool)
    reports = labels["report_id"].tolist()
    confusion, calibration = [], []
    for i, dimension in enumerate(rubric.dimension_ids):
        truth = labels[dimension].to_numpy(dtype=np.int64)
        confusion.append(confusion_shares(truth, predictions, i, reports, seed=seed))
        calibration.append(calibration_curve(truth, predictions, i, reports, seed=seed))
        for table in (confusion[-1], calibration[-1]):
            table.insert(0, "dimension", dimension)
    quality = quality_frame(quality_on(labels, predictions, rows, rubric, seed), sample="")
    return {
        "quality": quality.drop(columns="sample"),
        "confusion": _stack(confusion),
        "calibration": _stack(calibration),
    }


def confusion_shares(
    truth: NDArray[np.int64],
    predictions: Predictions,
    column: int,
    reports: Sequence[str],
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Count (label, level) pairs, with shares of the label and their intervals over reports."""
    import pandas as pd

    n_levels = predictions.exceed.shape[2] + 1
    by_report = confusion_by_group(truth, predictions.level[:, column], reports, n_levels)
    rows = []
    for label in range(n_levels):
        total = by_report[:, label].sum(axis=1)
        for level in range(n_levels):
            sums = np.column_stack([by_report[:, label, level], total])
            e = interval(ratio, sums, draws=DRAWS, seed=seed)
            known = (e.estimate, e.conf_low, e.conf_high) if total.sum() else (float("nan"),) * 3
            rows.append((label, level, int(sums[:, 0].sum()), *known))
    columns = ["truth", "predicted", "count", "share", "conf_low", "conf_high"]
    return pd.DataFrame(rows, columns=columns)


def calibration_curve(
    truth: NDArray[np.int64],
    predictions: Predictions,
    column: int,
    reports: Sequence[str],
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Confidence in the likeliest level and how often it was right, in ten bins of equal mass.

    The bins are those of the calibration error (`nlp_scoring.evaluation`); equal confidences stay
    together, so a scorer with few distinct values fills fewer bins.
    """
    import pandas as pd

    probabilities = predictions.probabilities[:, column]
    chosen = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(chosen)), chosen]
    right = (chosen == truth).astype(np.float64)
    edges = np.quantile(confidence, np.linspace(0, 1, BINS + 1)[1:-1])
    bins = np.searchsorted(edges, confidence, side="right")
    _, group = np.unique(np.asarray(reports), return_inverse=True)
    rows = []
    for b in np.unique(bins):
        here = bins == b
        weights = (right[here], np.ones(int(here.sum())))
        sums = np.column_stack([np.bincount(group[here], weights=w) for w in weights]).astype(float)
        e = interval(ratio, sums[sums[:, 1] > 0], draws=DRAWS, seed=seed)
        mean = float(confidence[here].mean())
        rows.append((int(b), int(here.sum()), mean, e.estimate, e.conf_low, e.conf_high))
    columns = ["bin", "n", "confidence", "accuracy", "conf_low", "conf_high"]
    return pd.DataFrame(rows, columns=columns)
