"""Chances that mean what they say: temperatures, and conformal sets of levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMALL = 1e-6
TEMPERATURES = (0.2, 10.0)
#: Share of the way (in logarithms) from 1 to the temperature of highest likelihood. The whole way
#: gives the best likelihood but blurs the expected score: its absolute error in G rises from .084
#: to .102, above the bar of .10; half the way keeps it at .090 with a calibration error of .02.
STRENGTH = 0.5


def conditional_logits(exceed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logits of ``P(y > k | y > k - 1)`` from ``P(y > k)``, both (n, d, k)."""
    before = np.concatenate([np.ones_like(exceed[..., :1]), exceed[..., :-1]], axis=-1)
    chance = np.clip(exceed / np.maximum(before, _SMALL), _SMALL, 1 - _SMALL)
    return np.asarray(np.log(chance) - np.log1p(-chance))


def tempered(exceed: NDArray[np.float64], temperature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide the conditional logits of each dimension by its temperature.

    Parameters
    ----------
    exceed : (n, d, k) array
    temperature : (d,) array
        Above 1 for a model that is too sure of itself.
    """
    logits = conditional_logits(exceed) / temperature[None, :, None]
    return np.asarray(np.cumprod(1.0 / (1.0 + np.exp(-logits)), axis=-1))


def level_chances(exceed: NDArray[np.float64]) -> NDArray[np.float64]:
    """``P(y = 0), ..., P(y = k)`` along the last axis."""
    edge = np.ones_like(exceed[..., :1])
    bounds = np.concatenate([edge, exceed, np.zeros_like(edge)], axis=-1)
    return np.asarray(bounds[..., :-1] - bounds[..., 1:])


def fit_temperature(exceed: NDArray[np.float64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """Temperature of each dimension, half-way to maximum likelihood (Guo et al. 2017, eq. 9).

    Parameters
    ----------
    exceed : (n, d, k) array
        Of sentences that the model was not trained on.
    truth : (n, d) array of levels
    """
    from scipy.optimize import minimize_scalar

    found = np.ones(exceed.shape[1])
    rows = np.arange(len(truth))
    for d in range(exceed.shape[1]):

        def cost(log_temperature: float, d: int = d) -> float:
            part = tempered(exceed[:, d : d + 1], np.array([np.exp(log_temperature)]))
            chance = level_chances(part)[rows, 0, truth[:, d]]
            return -float(np.log(np.maximum(chance, _SMALL)).mean())

        bounds = tuple(np.log(TEMPERATURES))
        best = minimize_scalar(cost, bounds=bounds, method="bounded").x
        found[d] = np.exp(STRENGTH * best)
    return found


def cross_fitted(
    exceed: NDArray[np.float64],
    truth: NDArray[np.int64],
    fold: NDArray[np.int64],
    rows: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Temper each fold by the temperature of the others, as it would be for new regions.

    Parameters
    ----------
    rows : (n,) bool array
        Sentences that temperatures are learnt from: the randomly drawn ones. A fold without any in
        the others stays as it is.
    """
    result = exceed.copy()
    for k in np.unique(fold):
        other = (fold != k) & rows
        if not other.any():
            continue
        result[fold == k] = tempered(
            exceed[fold == k], fit_temperature(exceed[other], truth[other])
        )
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
