"""What reports lend each other: variances as a function of the score, and a common correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A report's residual variance is at least this share of the mean one.
LEAST = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class ReportSums:
    """Means and variances of each of R reports, all (R,) arrays.

    Attributes
    ----------
    size, n_labelled
    score, score_variance
        Over all sentences.
    label_score, residual
        Means over labelled sentences, 0 without; a residual is ``label - lam * score``.
    residual_variance, label_variance
        Variances of residuals and of labels in the report, as its scores let expect.
    """

    size: NDArray[np.float64]
    n_labelled: NDArray[np.float64]
    score: NDArray[np.float64]
    score_variance: NDArray[np.float64]
    label_score: NDArray[np.float64]
    residual: NDArray[np.float64]
    residual_variance: NDArray[np.float64]
    label_variance: NDArray[np.float64]


def report_sums(
    scores: NDArray[np.float64],
    report: NDArray[np.int64],
    labels: NDArray[np.float64],
    label_scores: NDArray[np.float64],
    label_report: NDArray[np.int64],
    *,
    lam: float,
) -> ReportSums:
    r"""Sum sentences and labelled sentences by report.

    Parameters
    ----------
    scores, report : (N,) array
    labels, label_scores, label_report : (n,) array

    Notes
    -----
    Forty-five labels, most of them 0, tell a variance badly, and worst where chance left out the
    rare levels. Variances are therefore a function of the score common to all reports
    (generalised variance function, Wolter 2007, ch. 7): :math:`(e_i - \bar e_r)^2` (times
    ``n_r / (n_r - 1)``), :math:`y_i` and :math:`y_i^2` are regressed on 1, f and f squared, and
    averaged over all sentences of the report.
    """
    total = int(report.max()) + 1
    size, n = (np.bincount(g, minlength=total).astype(float) for g in (report, label_report))
    moments = np.stack([np.bincount(report, scores**k, total) / size for k in range(3)], axis=1)
    e = labels - lam * label_scores
    label_score, residual = (
        np.bincount(label_report, values, total) / np.maximum(n, 1) for values in (label_scores, e)
    )
    several = n[label_report] > 1
    if not several.any():
        raise UserError("one label a report tells no spread", fix="label more in each report")
    unbiased = (n / np.maximum(n - 1, 1))[label_report]
    squares = (e - residual[label_report]) ** 2 * unbiased
    expected = _expect(squares[several], label_scores[several], moments)
    level, level2 = (_expect(values, label_scores, moments) for values in (labels, labels**2))
    return ReportSums(
        size=size,
        n_labelled=n,
        score=moments[:, 1],
        score_variance=np.maximum(moments[:, 2] - moments[:, 1] ** 2, 0.0),
        label_score=label_score,
        residual=residual,
        residual_variance=np.maximum(expected, LEAST * squares[several].mean()),
        label_variance=np.maximum(level2 - level**2, 0.0),
    )


def _expect(
    values: NDArray[np.float64], label_scores: NDArray[np.float64], moments: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit values on 1, f and f squared; average the fit over each report's sentences."""
    basis = np.stack([label_scores**k for k in range(3)], axis=1)
    return np.asarray(moments @ np.linalg.lstsq(basis, values, rcond=None)[0])


@dataclass(frozen=True, slots=True, eq=False)
class CommonCorrection:
    """The correction of all labels together.

    Attributes
    ----------
    correction : float
        Weighted mean residual.
    centre : float
        Mean score with the same weights: where the fitted line turns.
    vcov : (2, 2) array
        Of the correction and of lambda, clustered by report.
    """

    correction: float
    centre: float
    vcov: NDArray[np.float64]


def common_correction(
    residuals: NDArray[np.float64],
    label_scores: NDArray[np.float64],
    label_report: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    is_slope_fitted: bool,
) -> CommonCorrection:
    r"""Average residuals over reports, with a variance clustered by report.

    Report g contributes :math:`\psi_g = \sum w_i (e_i - \hat\mu) / \sum w_i` to the error of the
    mean and :math:`\sum (f_i - \bar f)(e_i - \bar e) / \sum (f_i - \bar f)^2` to that of the
    slope; :math:`V = G / (G - 1) \sum_g \psi_g \psi_g'` (Liang and Zeger 1986).
    """
    names, group = np.unique(label_report, return_inverse=True)
    g = len(names)
    if g < 2:
        raise UserError("labels of one report only", fix="label sentences of two or more reports")
    share = weights / weights.sum()
    mu, centre = float(share @ residuals), float(share @ label_scores)
    influence = np.zeros((g, 2))
    influence[:, 0] = np.bincount(group, share * (residuals - mu))
    deviation = label_scores - label_scores.mean()
    spread = float(deviation @ deviation)
    if is_slope_fitted and spread > 0:
        influence[:, 1] = np.bincount(group, deviation * (residuals - residuals.mean())) / spread
    return CommonCorrection(mu, centre, g / (g - 1) * influence.T @ influence)
