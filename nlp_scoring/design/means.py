r"""Prediction-powered means: the scorer reads every sentence, random labels tell its error.

Of N sentences n were drawn at random and labelled. With scores f and labels y the mean is

.. math:: \hat\theta = \lambda \bar f_N + \frac1n \sum_{i \le n} (y_i - \lambda f_i)

so it needs no trust in the scorer, only in the draw (Angelopoulos et al. 2023, PPI); a scorer that
follows the labels makes it precise. ``lam = 1`` is plain PPI, 0 the mean of the labels alone, and
the slope of y on f the choice of least variance (PPI++: Angelopoulos, Duchi and Zrnic 2023). Here
the labelled sentences are among the N, which is the regression estimator of survey sampling
(Cochran 1977, ch. 7). PPI++ writes the same with the N - n others apart: its lambda is ours times
``1 - n / N``, its optimum ``slope / (1 + n / (N - n))`` is ours, the slope.

**The scores of labelled sentences must be out of fold.** A model that was trained on a sentence
reproduces its label; its error there says nothing about the sentences that it has not seen, and
the correction would vanish with the bias still in place (Zrnic and Candes 2024, cross-prediction).
The caller passes scores by models that never saw the sentence's region, in both terms.

`nlp_scoring.design.reports` does the same for many reports that lend each other strength.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.errors import UserError
from nlp_scoring.design.errors import NO_ERROR, LabelError, check_sample, same_length

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: `fixed`: the mean of these N sentences is meant. `superpopulation`: the agenda they are a draw
#: from, as ``s / sqrt(n)`` of `nlp_scoring.aggregation` has it; adds ``S_y^2 / N``.
Population = Literal["superpopulation", "fixed"]
#: Two-sided 95 % point of the normal distribution.
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class PoweredMean:
    """A corrected mean.

    Attributes
    ----------
    mean, std_error : float
    lam : float
        Weight of the scores.
    correction : float
        What was added to ``lam`` times the mean score.
    n, n_labelled : int
    """

    mean: float
    std_error: float
    lam: float
    correction: float
    n: int
    n_labelled: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval."""
        return self.mean - Z95 * self.std_error, self.mean + Z95 * self.std_error


def best_lambda(labels: NDArray[np.float64], label_scores: NDArray[np.float64]) -> float:
    """Slope of labels on scores, the weight of least variance; 0 when the scores do not vary."""
    deviation = label_scores - label_scores.mean()
    spread = float(deviation @ deviation)
    return float(deviation @ (labels - labels.mean())) / spread if spread > 0 else 0.0


def powered_mean(
    scores: NDArray[np.float64],
    labels: NDArray[np.float64],
    label_scores: NDArray[np.float64],
    *,
    lam: float | None = None,
    population: Population = "superpopulation",
    label_error: LabelError = NO_ERROR,
) -> PoweredMean:
    r"""Correct the mean score of one report by its own labelled sentences.

    With residuals ``e = y - lam f`` and the notes of `LabelError`,

    .. math:: V = (1 - n/N) s_e^2 / n + (1 - \rho) \sigma^2 / N + \rho \sigma^2

    for a fixed population, else :math:`(1 - n/N) s_e^2 / n + S_y^2 / N + \rho \sigma^2` with
    :math:`S_y^2 = \lambda^2 S_f^2 + 2 \lambda s_{fe} + s_e^2`, the first over all N.

    Parameters
    ----------
    scores : (N,) array
        Of all sentences, the labelled ones among them.
    labels, label_scores : (n,) array
        Level and out-of-fold score of the labelled sentences.
    lam : float, optional
        Left out, the slope of the labels on the scores.

    Raises
    ------
    UserError
        No labels, fewer sentences than labels, values that are not finite, lengths that differ.

    Examples
    --------
    >>> f, y = np.array([0.0, 1.0, 2.0, 1.0]), np.array([1.0, 2.0])
    >>> powered_mean(f, y, f[:2], lam=1.0, population="fixed")
    PoweredMean(mean=2.0, std_error=0.0, lam=1.0, correction=1.0, n=4, n_labelled=2)
    """
    check_sample(scores, labels, label_scores)
    n, N = len(labels), len(scores)
    needed = 2 if lam is not None else 3
    if n < needed:
        raise UserError(f"{n} labelled sentences give no error", fix=f"label {needed} or more")
    slope = best_lambda(labels, label_scores) if lam is None else lam
    e = labels - slope * label_scores
    free = n - (1 if lam is not None else 2)
    s2 = float(((e - e.mean()) ** 2).sum() / free)
    variance = (1 - n / N) * s2 / n + label_error.shared_variance
    if population == "fixed":
        variance += label_error.single_variance / N
    else:
        covariance = float((label_scores - label_scores.mean()) @ (e - e.mean()) / free)
        variance += float(label_variance(slope, scores.var(ddof=1), covariance, s2)) / N
    mean = slope * float(scores.mean()) + float(e.mean())
    return PoweredMean(mean, float(np.sqrt(variance)), slope, float(e.mean()), N, n)


def label_variance(
    lam: float,
    score_variance: float | NDArray[np.float64],
    covariance: float | NDArray[np.float64],
    residual_variance: float | NDArray[np.float64],
) -> NDArray[np.float64]:
    """Variance of labels over all sentences: of ``lam f + e``, never below 0."""
    total = lam**2 * score_variance + 2 * lam * covariance + residual_variance
    return np.asarray(np.maximum(total, 0.0))


def clustered_mean(
    scores: NDArray[np.float64],
    report: NDArray[np.int64],
    labels: NDArray[np.float64],
    label_scores: NDArray[np.float64],
    label_report: NDArray[np.int64],
    *,
    lam: float | None = None,
    population: Population = "superpopulation",
) -> PoweredMean:
    r"""Correct the mean of all sentences of many reports, with the variance between reports.

    The contribution of report g is :math:`\psi_g = \sum_{i \in g} (e_i - \bar e) / n`, and for a
    superpopulation of reports also :math:`\lambda \sum_{i \in g} (f_i - \bar f) / N`;
    :math:`V = G / (G - 1) \sum_g \psi_g^2`. The coder's errors, shared within reports or not, are
    in it.

    Parameters
    ----------
    report, label_report : (N,), (n,) array
        Report of each sentence, as numbers 0, 1, ...

    Raises
    ------
    UserError
        As `powered_mean`, and for labels of fewer than two reports.
    """
    check_sample(scores, labels, label_scores)
    same_length(scores, report, "reports of the sentences")
    same_length(labels, label_report, "reports of the labels")
    total = int(max(report.max(), label_report.max())) + 1
    slope = best_lambda(labels, label_scores) if lam is None else lam
    e = labels - slope * label_scores
    influence = np.bincount(label_report, (e - e.mean()) / len(e), total)
    counted = np.isin(np.arange(total), label_report)
    if counted.sum() < 2:
        raise UserError("labels of one report only", fix="label sentences of two or more reports")
    if population == "superpopulation":
        deviation = slope * (scores - scores.mean()) / len(scores)
        influence = influence + np.bincount(report, deviation, total)
        counted = counted | np.isin(np.arange(total), report)
    g = int(counted.sum())
    error = float(np.sqrt(g / (g - 1) * (influence**2).sum()))
    mean = slope * float(scores.mean()) + float(e.mean())
    return PoweredMean(mean, error, slope, float(e.mean()), len(scores), len(labels))
