"""Chances that mean what they say: a line on each logit, and conformal sets of levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMALL = 1e-6
#: Strength of the prior that a chance is right as it is: squares of shift and log slope, in units of
#: log-likelihood. It decides only where a level is so rare that the labels do not.
PENALTY = 1.0


def conditional_logits(exceed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logits of ``P(y > k | y > k - 1)`` from ``P(y > k)``, both (n, d, k)."""
    before = np.concatenate([np.ones_like(exceed[..., :1]), exceed[..., :-1]], axis=-1)
    chance = np.clip(exceed / np.maximum(before, _SMALL), _SMALL, 1 - _SMALL)
    return np.asarray(np.log(chance) - np.log1p(-chance))


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A straight line on each conditional logit (Platt 1999; Guo et al. 2017, section 4.2).

    Attributes
    ----------
    slope, shift : (d, k) array
        Of dimension and threshold. A slope below 1 for a model that is too sure of itself; a shift
        below 0 for one that sees too many sentences pass.
    """

    slope: NDArray[np.float64]
    shift: NDArray[np.float64]

    @classmethod
    def none(cls, d: int, k: int) -> Calibration:
        """Leave every chance as it is."""
        return cls(np.ones((d, k)), np.zeros((d, k)))

    def chances(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """``P(y > k)`` from conditional logits, both (n, d, k)."""
        return np.asarray(np.cumprod(_expit(self.slope * logits + self.shift), axis=-1))

    def apply(self, exceed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrate ``P(y > k)``, (n, d, k); they still never rise in k."""
        return self.chances(conditional_logits(exceed))


def _expit(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance of a logit, without overflow however large."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -logit)))


def level_chances(exceed: NDArray[np.float64]) -> NDArray[np.float64]:
    """``P(y = 0), ..., P(y = k)`` along the last axis."""
    edge = np.ones_like(exceed[..., :1])
    bounds = np.concatenate([edge, exceed, np.zeros_like(edge)], axis=-1)
    return np.asarray(bounds[..., :-1] - bounds[..., 1:])


def fit_calibration(exceed: NDArray[np.float64], truth: NDArray[np.int64]) -> Calibration:
    """Learn the line of each dimension and threshold by penalised maximum likelihood.

    The likelihood of an ordinal level is the product of those of its thresholds (CORN), so each
    line is a logistic regression of ``y > k`` among the sentences with ``y >= k``.

    Parameters
    ----------
    exceed : (n, d, k) array
        Of sentences that the model was not trained on.
    truth : (n, d) array of levels
    """
    logits = conditional_logits(exceed)
    found = Calibration.none(*exceed.shape[1:])
    for d in range(exceed.shape[1]):
        for k in range(exceed.shape[2]):
            asked = truth[:, d] >= k
            line = _line(logits[asked, d, k], truth[asked, d] > k)
            found.shift[d, k], found.slope[d, k] = line
    return found


def _line(logit: NDArray[np.float64], above: NDArray[np.bool_]) -> tuple[float, float]:
    """Shift and slope of a logistic regression on one logit, the slope above 0."""
    from scipy.optimize import minimize

    sign = np.where(above, 1.0, -1.0)

    def cost(line: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        shift, slope = line[0], np.exp(line[1])
        margin = sign * (shift + slope * logit)
        wrong = -sign * _expit(-margin)
        value = np.logaddexp(0.0, -margin).sum() + PENALTY * (line @ line)
        slopes = np.array([wrong.sum(), slope * (wrong @ logit)]) + 2 * PENALTY * line
        return float(value), slopes

    shift, log_slope = minimize(cost, np.zeros(2), jac=True, method="BFGS").x
    return float(shift), float(np.exp(log_slope))


def cross_fitted(
    exceed: NDArray[np.float64],
    truth: NDArray[np.int64],
    fold: NDArray[np.int64],
    rows: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Calibrate each fold by what the others teach, as it would be for new regions.

    Parameters
    ----------
    rows : (n,) bool array
        Sentences that are learnt from: the randomly drawn ones, whose shares of levels are those
        of reports. A fold without any in the others stays as it is.
    """
    result = exceed.copy()
    for k in np.unique(fold):
        other = (fold != k) & rows
        if other.any():
            learnt = fit_calibration(exceed[other], truth[other])
            result[fold == k] = learnt.apply(exceed[fold == k])
    return result


@dataclass(frozen=True, slots=True, eq=False)
class LevelSets:
    """Conformal sets.

    Attributes
    ----------
    threshold : (d, k + 1) array
        A level belongs to the set when its chance reaches the level's threshold.
    coverage : float
        Nominal share of sentences, at each level, whose set holds their level.
    """

    threshold: NDArray[np.float64]
    coverage: float

    def sets(self, exceed: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Levels in the set, (n, d, k + 1); holes between two levels are filled."""
        inside = level_chances(exceed) >= self.threshold[None]
        below = np.logical_or.accumulate(inside, axis=-1)
        above = np.logical_or.accumulate(inside[..., ::-1], axis=-1)[..., ::-1]
        return np.asarray(below & above)


def fit_sets(
    exceed: NDArray[np.float64], truth: NDArray[np.int64], *, coverage: float = 0.9
) -> LevelSets:
    """Thresholds of label-conditional split-conformal sets.

    One threshold a level (Vovk, Gammerman and Shafer 2005, Mondrian predictors), since nine
    sentences in ten are at level 0: a single threshold would be theirs alone. An empty set says
    that the sentence is unlike nine in ten of every level: a case for a person.

    Parameters
    ----------
    exceed : (n, d, k) array
        Of sentences that the model was not trained on, drawn at random.
    truth : (n, d) array of levels
    """
    chance = level_chances(exceed)
    threshold = np.zeros(chance.shape[1:])
    for d in range(chance.shape[1]):
        for level in range(chance.shape[2]):
            own = np.sort(chance[truth[:, d] == level, d, level])
            # The finite-sample quantile: floor((n + 1)(1 - coverage)) may be missed.
            missed = int(np.floor((len(own) + 1) * (1 - coverage)))
            threshold[d, level] = own[missed - 1] + _SMALL if missed >= 1 else 0.0
    return LevelSets(threshold=threshold, coverage=coverage)
