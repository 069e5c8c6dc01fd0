"""What a coder's errors add to the error of a corrected mean, and what no sample may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Highest level of a label, as the score table's columns p0-p3 have it.
MAX_LEVEL = 3


@dataclass(frozen=True, slots=True)
class LabelError:
    r"""The coder's error in a label, taken as 0 on average.

    Attributes
    ----------
    sd : float
        Standard deviation of the error of one label.
    within_report : float
        Correlation of the errors of two labels of one report, 0-1: the coder's leaning there.

    Notes
    -----
    Errors independent between sentences are in the spread of the residuals already, and counted.
    Reading more sentences does not remove them, so the finite population correction must not
    either: with a fixed population they add :math:`(1 - \rho) \sigma^2 / N`, else nothing. A
    leaning shared by a report's labels is invisible inside the report and adds
    :math:`\rho \sigma^2`. A leaning shared by all labels moves every report alike and cannot be
    seen in the data.
    """

    sd: float = 0.0
    within_report: float = 0.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.sd) and self.sd >= 0):
            raise UserError(f"label error {self.sd} is no standard deviation", fix="use 0 or more")
        if not 0 <= self.within_report <= 1:
            raise UserError(
                f"correlation of label errors {self.within_report} is impossible",
                fix="use a number from 0 to 1",
            )

    @property
    def shared_variance(self) -> float:
        """Variance common to the labels of a report."""
        return self.within_report * self.sd**2

    @property
    def single_variance(self) -> float:
        """Variance of each label's own error."""
        return (1 - self.within_report) * self.sd**2


#: Labels taken as they are.
NO_ERROR = LabelError()


def label_error_of_passes(
    first: NDArray[np.float64], second: NDArray[np.float64], report: NDArray[np.int64]
) -> LabelError:
    r"""Estimate the coder's error from sentences coded twice.

    :math:`\sigma^2` is half the mean squared difference, the correlation within reports the
    intraclass correlation of the differences (one-way analysis of variance, cut to 0-1). Two
    passes of one kind of coder share its errors, so both are lower bounds.

    Parameters
    ----------
    first, second : (n,) array of levels
    report : (n,) array
        Report of each sentence, as numbers 0, 1, ...
    """
    difference = finite(first, "the first pass") - finite(second, "the second pass")
    if len(difference) == 0:
        raise UserError("no sentence was coded twice", fix="give the label error as a number")
    same_length(difference, report, "reports of the passes")
    sd = float(np.sqrt((difference**2).mean() / 2))
    return LabelError(sd, _intraclass_correlation(difference, report) if sd > 0 else 0.0)


def _intraclass_correlation(values: NDArray[np.float64], group: NDArray[np.int64]) -> float:
    size = np.bincount(group).astype(float)
    size, n = size[size > 0], len(values)
    if len(size) < 2 or n == len(size):
        return 0.0
    means = _group_means(values, group)
    between = float(((means[group] - values.mean()) ** 2).sum() / (len(size) - 1))
    within = float(((values - means[group]) ** 2).sum() / (n - len(size)))
    typical = (n - (size**2).sum() / n) / (len(size) - 1)
    total = between + (typical - 1) * within
    return float(np.clip((between - within) / total, 0.0, 1.0)) if total > 0 else 0.0


def _group_means(values: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.bincount(group, weights=values) / np.maximum(np.bincount(group), 1)


def check_sample(
    scores: NDArray[np.float64],
    labels: NDArray[np.float64],
    label_scores: NDArray[np.float64],
    max_level: int = MAX_LEVEL,
) -> None:
    """Refuse what cannot be a sample: see `nlp_scoring.design.means.powered_mean`."""
    if len(labels) == 0:
        raise UserError("no labelled sentences", fix="label some drawn at random")
    same_length(labels, label_scores, "out-of-fold scores of the labels")
    if len(labels) > len(scores):
        raise UserError(f"{len(labels)} labels, but {len(scores)} sentences")
    for values, name in ((scores, "a score"), (labels, "a label"), (label_scores, "a score")):
        finite(values, name)
    outside = (labels < 0) | (labels > max_level)
    if outside.any():
        raise UserError(
            f"label {shown(float(labels[outside][0]))} is outside the scale",
            fix=f"use 0 to {max_level}",
        )


def finite(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Refuse NaN and infinity, naming the first place."""
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise UserError(f"{name} is {values[wrong[0]]}", where=f"place {wrong[0]}")
    return values


def same_length(a: NDArray[Any], b: NDArray[Any], name: str) -> None:
    """Refuse arrays that do not belong together."""
    if len(a) != len(b):
        raise UserError(f"{name}: {len(b)}, expected {len(a)}")
