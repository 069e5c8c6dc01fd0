"""Where a scorer errs: by rule, province, year, unit type, temporality and level.

Every table has the same columns, so they stack: one row a group and dimension. Kappa is left out of
small groups and where the truth does not vary, as by level; the mean absolute error and the
share of wrong levels hold everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corpus.regions import regions
from nlp_scoring.agreement import confusion_by_group, interval, ratio, weighted_kappa
from nlp_scoring.report.rule_cases import rule_masks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from corpus.rubric import Rubric
    from nlp_scoring.ordinal import Predictions

#: Fewer sentences than this, and kappa says nothing.
MIN_SENTENCES = 30
#: Fewer reports than this, and resampling them gives no interval.
MIN_REPORTS = 5
DRAWS = 500
#: Labels of the levels of government whose regions are too small to stand alone.
PLACES = {"city": "市级 cities", "county": "县级 counties"}
COLUMNS = (
    "by", "group", "dimension", "n", "n_reports", "qwk", "mae", "mae_low", "mae_high",
    "wrong_share", "wrong_low", "wrong_high",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Some of the sentences.

    Attributes
    ----------
    by : {"all", "rule", "province", "year", "unit_type", "temporality", "level"}
    name : str
    rows : (n, d) array of bool
        Chosen sentences in each dimension; they differ in groups by level only.
    """

    by: str
    name: str
    rows: NDArray[np.bool_]


def error_tables(
    labels: pd.DataFrame, predictions: Predictions, rubric: Rubric, *, seed: int = 0
) -> pd.DataFrame:
    """Measure the errors of a scorer in every group.

    Parameters
    ----------
    labels : DataFrame
        As `nlp_scoring.labels.read_labels` gives it; groups whose column is missing are left out.
    predictions : Predictions
        Of the same rows.

    Returns
    -------
    DataFrame
        ``by, group, dimension, n, n_reports, qwk, mae, mae_low, mae_high, wrong_share, wrong_low,
        wrong_high``; intervals resample reports, NaN below five reports, as kappa is below 30
        sentences or for a single level. ``mae`` is of the expected level, ``wrong_share`` of the level nearest to it.

    Raises
    ------
    ValueError
        When labels and predictions have different numbers of rows.
    """
    import pandas as pd

    truth = labels[list(rubric.dimension_ids)].to_numpy(dtype=np.int64)
    if truth.shape != predictions.exceed.shape[:2]:
        raise ValueError(f"{truth.shape} labels, {predictions.exceed.shape[:2]} predictions")
    reports = np.asarray(labels["report_id"], dtype=object)
    rows = []
    for group in groups_of(labels, truth, rubric):
        for i, dimension in enumerate(rubric.dimension_ids):
            here = group.rows[:, i]
            if here.any():
                found = _measure(truth, predictions, here, i, reports, seed)
                rows.append((group.by, group.name, dimension, *found))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _measure(
    truth: NDArray[np.int64],
    predictions: Predictions,
    here: NDArray[np.bool_],
    column: int,
    reports: NDArray[np.object_],
    seed: int,
) -> tuple[float, ...]:
    y, names = truth[here, column], reports[here].tolist()
    score, level = predictions.score[here, column], predictions.level[here, column]
    _, index = np.unique(names, return_inverse=True)
    n_reports = int(index.max()) + 1
    kappa = float("nan")
    if len(y) >= MIN_SENTENCES and y.min() < y.max():
        counts = confusion_by_group(y, level, names, predictions.exceed.shape[2] + 1)
        kappa = float(weighted_kappa(counts.sum(0)))
    measured: list[float] = [len(y), n_reports, kappa]
    for error in (np.abs(score - y), (level != y).astype(np.float64)):
        sums = np.column_stack([np.bincount(index, weights=w) for w in (error, np.ones(len(y)))])
        e = interval(ratio, sums.astype(np.float64), draws=DRAWS, seed=seed)
        known = n_reports >= MIN_REPORTS
        measured += [e.estimate, *((e.conf_low, e.conf_high) if known else (float("nan"),) * 2)]
    return tuple(measured)


def groups_of(labels: pd.DataFrame, truth: NDArray[np.int64], rubric: Rubric) -> Iterator[Group]:
    """List the groups in the order of the tables, all sentences first."""
    shape = truth.shape

    def spread(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.broadcast_to(rows[:, None], shape)

    yield Group("all", "all", np.ones(shape, dtype=bool))
    for rule, rows in rule_masks(labels, truth, rubric).items():
        yield Group("rule", rule, spread(rows))
    for by, names in _by_columns(labels, rubric):
        for name in ordered(by, set(names), rubric):
            yield Group(by, name, spread(np.array([x == name for x in names], dtype=bool)))
    for level in rubric.levels:
        yield Group("level", str(level.value), truth == level.value)


def ordered(by: str, names: set[str], rubric: Rubric) -> list[str]:
    """Order groups as a reader looks for them: by region code, year, or the rubric's list."""
    known = {
        "province": [r.name for r in sorted(regions().values(), key=lambda r: r.code)],
        "unit_type": rubric.attributes.get("unit_type", ()),
        "temporality": rubric.attributes.get("temporality", ()),
    }
    place = {name: i for i, name in enumerate(known.get(by, ()))}
    return sorted(names, key=lambda name: (place.get(name, len(place)), name))


def _by_columns(labels: pd.DataFrame, rubric: Rubric) -> Iterator[tuple[str, Sequence[str]]]:
    """Give each grouping as one name a sentence."""
    places = labels["region"].tolist()
    if "level" in labels.columns:
        places = [PLACES.get(v, r) for v, r in zip(labels["level"].tolist(), places, strict=True)]
    yield "province", places
    if "year" in labels.columns:
        yield "year", [str(y) for y in labels["year"]]
    for attribute in ("unit_type", "temporality"):
        if attribute in labels.columns:
            yield attribute, labels[attribute].tolist()
