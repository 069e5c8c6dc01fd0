r"""Corrected means of many reports: by their own labels, by all labels, or by a mix of both.

A report has about 45 random labels, so its own correction (`own`) is unbiased and noisy. The
correction of all labels together (`pooled`; or `calibrated`, a line in the score as in
design-based supervised learning, Egami et al. 2023) is precise, and off by what the scorer's error
differs from report to report. `shrunk` weighs the two by what the data say of that difference
(Fay and Herriot 1979), and serves reports without labels too. All are, with
:math:`\hat\delta_r` the mean residual of the report's labels and :math:`\hat\mu` that of all,

.. math:: \hat\theta_r = \lambda \bar f_r + B_r \hat\delta_r + (1 - B_r) \hat\mu

with :math:`B_r = 1` (`own`), 0 (`pooled`, `calibrated`) or :math:`\tau^2 / (\tau^2 + v_r)`
(`shrunk`). Lambda is 1 for `pooled`, else the slope over all labels: a slope for each report
would cost more than it brings. Scores of labelled sentences must be out of fold, see
`nlp_scoring.design.means`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.errors import UserError
from nlp_scoring.design.between import SURE, between_variance
from nlp_scoring.design.draws import CorrectedMeans
from nlp_scoring.design.errors import NO_ERROR, LabelError, check_sample, same_length
from nlp_scoring.design.means import Population, best_lambda
from nlp_scoring.design.pooling import (
    CommonCorrection,
    ReportSums,
    common_correction,
    report_sums,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Method = Literal["own", "pooled", "calibrated", "shrunk"]


def correct_means(
    scores: NDArray[np.float64],
    report: NDArray[np.int64],
    labels: NDArray[np.float64],
    label_scores: NDArray[np.float64],
    label_report: NDArray[np.int64],
    *,
    method: Method = "shrunk",
    population: Population = "superpopulation",
    label_error: LabelError = NO_ERROR,
) -> CorrectedMeans:
    r"""Correct the mean score of every report.

    Parameters
    ----------
    scores, report : (N,) array
        Of all sentences; reports are numbers 0, 1, ..., R - 1, each with a sentence.
    labels, label_scores, label_report : (n,) array
        Level, out-of-fold score and report of the sentences labelled at random.

    Notes
    -----
    The variance of the own part is :math:`v_r` (`own`), :math:`E \tau^2` (`pooled`, `calibrated`),
    or :math:`E[\tau^2 (1 - B_r)] + V(B_r) (\hat\delta_r - \hat\mu)^2` (`shrunk`), over the posterior
    of `nlp_scoring.design.between.between_variance`; a superpopulation adds the sampling of the N
    sentences. The common part is that of `nlp_scoring.design.pooling.common_correction`.

    Raises
    ------
    UserError
        As `nlp_scoring.design.means.powered_mean`, and for labels of fewer than two reports.
    """
    _check(scores, report, labels, label_scores, label_report)
    lam = 1.0 if method == "pooled" else best_lambda(labels, label_scores)
    e = labels - lam * label_scores
    sums = report_sums(scores, report, labels, label_scores, label_report, lam=lam)
    v = own_variance(sums, population, label_error)
    weight, tau2, variance = _weigh(method, sums, v)
    each = np.ones(len(e))
    if method == "shrunk":
        each = (1 / (np.maximum(sums.n_labelled, 1) * (v + tau2)))[label_report]
    common = common_correction(
        e, label_scores, label_report, each, is_slope_fitted=method != "pooled"
    )
    if population == "superpopulation":
        variance = variance + _agenda_variance(sums, lam, weight)
    return _assemble(sums, common, lam, weight, np.sqrt(variance), tau2)


def own_variance(
    sums: ReportSums, population: Population, label_error: LabelError
) -> NDArray[np.float64]:
    r"""Variance of each report's mean residual about the true one.

    About that of its N sentences,
    :math:`v_r = (1 - n_r / N_r) s_r^2 / n_r + (1 - \rho) \sigma^2 / N_r + \rho \sigma^2`;
    about that of its agenda, :math:`v_r = s_r^2 / n_r + \rho \sigma^2`.

    Returns
    -------
    (R,) array
        Infinite for a report without labels.
    """
    n, size = np.maximum(sums.n_labelled, 1), sums.size
    v = sums.residual_variance / n + label_error.shared_variance
    if population == "fixed":
        v = v - (sums.residual_variance - label_error.single_variance) / size
    return np.where(sums.n_labelled > 0, np.maximum(v, SURE), np.inf)


def _agenda_variance(
    sums: ReportSums, lam: float, weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Variance of ``lam`` times the mean score about the agenda's, and its covariance with the rest.

    The labelled are among the N, so the mean residual that gets the weight has the covariance
    ``lam s_fe / N`` with it, and ``2 lam s_fe = S_y^2 - s^2 - lam^2 S_f^2``.
    """
    scored = lam**2 * sums.score_variance
    shared = sums.label_variance - sums.residual_variance - scored
    return np.maximum(scored + weight * shared, 0.0) / sums.size


def _weigh(
    method: Method, sums: ReportSums, v: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Weight of the own labels, variance between reports, variance of the own part."""
    known = sums.n_labelled > 0
    if method == "own":
        return np.ones(len(v)), 0.0, np.where(known, v, np.nan)
    between = between_variance(sums.residual[known], v[known])
    weight, variance = np.zeros(len(v)), np.full(len(v), between.mean)
    if method == "shrunk":
        weight[known], doubt, variance[known] = between.weights(v[known])
        share = 1 / (v[known] + between.mean)
        centre = share @ sums.residual[known] / share.sum()
        variance[known] += doubt * (sums.residual[known] - centre) ** 2
    return weight, between.mean, variance


def _assemble(
    sums: ReportSums,
    common: CommonCorrection,
    lam: float,
    weight: NDArray[np.float64],
    own_sd: NDArray[np.float64],
    tau2: float,
) -> CorrectedMeans:
    rest = 1 - weight
    mean = lam * sums.score + weight * sums.residual + rest * common.correction
    turn = sums.score - weight * sums.label_score - rest * common.centre
    return CorrectedMeans(
        mean=np.where(np.isnan(own_sd), np.nan, mean),
        own_sd=own_sd,
        loading=np.stack([rest, turn], axis=1),
        shared_vcov=common.vcov,
        n_labelled=sums.n_labelled.astype(np.int64),
        weight=weight,
        lam=lam,
        correction=common.correction,
        between_sd=float(np.sqrt(tau2)),
    )


def _check(
    scores: NDArray[np.float64],
    report: NDArray[np.int64],
    labels: NDArray[np.float64],
    label_scores: NDArray[np.float64],
    label_report: NDArray[np.int64],
) -> None:
    check_sample(scores, labels, label_scores)
    same_length(scores, report, "reports of the sentences")
    same_length(labels, label_report, "reports of the labels")
    size = np.bincount(report)
    n = np.bincount(label_report, minlength=len(size))
    if (size == 0).any():
        raise UserError(f"report {int(size.argmin())} has no sentence")
    if len(n) > len(size) or (n > size).any():
        row = len(size) if len(n) > len(size) else int((n - size).argmax())
        raise UserError(f"report {row} has more labels than sentences")
