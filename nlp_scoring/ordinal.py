"""Ordinal probabilities: from P(y > k) to levels, scores and capped scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from corpus.rubric import Rubric


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Scores of n sentences in d dimensions.

    Attributes
    ----------
    exceed : (n, d, k) array
        ``P(y > 0), ..., P(y > k - 1)``, never increasing along the last axis.
    model_id : str
        Scorer and hash of what it was trained on.
    """

    exceed: NDArray[np.float64]
    model_id: str

    @property
    def score(self) -> NDArray[np.float64]:
        """Expected level, (n, d), in [0, k]."""
        return self.exceed.sum(axis=2)

    @property
    def level(self) -> NDArray[np.int64]:
        """Level nearest to the score, (n, d)."""
        return nearest_level(self.exceed)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Probability of each level, (n, d, k + 1)."""
        ones, zeros = np.ones_like(self.exceed[..., :1]), np.zeros_like(self.exceed[..., :1])
        bounds = np.concatenate([ones, self.exceed, zeros], axis=2)
        return bounds[..., :-1] - bounds[..., 1:]


def nearest_level(exceed: NDArray[Any]) -> NDArray[np.int64]:
    """Round the expected level, halves up: (..., k) chances to (...) levels.

    Of all levels it has the least expected squared error, which is what quadratic weighted kappa
    counts; so a level never lies further than half a step from the score beside it. The median
    level errs less often (by up to .007 of the sentences) and further.
    """
    return np.asarray(np.floor(exceed.sum(axis=-1) + 0.5), dtype=np.int64)


def monotone(exceed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make ``P(y > k)`` fall with k, as separately fitted thresholds need not."""
    return np.minimum.accumulate(np.clip(exceed, 0.0, 1.0), axis=2)


def apply_caps(
    predictions: Predictions,
    rubric: Rubric,
    unit_types: Sequence[str],
    temporality: Sequence[str] | None = None,
) -> Predictions:
    """Hold every sentence to the rubric's ceiling for its unit type (R11, R14) and tense (R4, R15).

    Parameters
    ----------
    temporality : sequence of str, optional
        Left out where the scorer does not tell the tense.
    """
    tenses = [""] * len(unit_types) if temporality is None else temporality
    pairs = list(zip(unit_types, tenses, strict=True))
    ceilings = {(u, t): rubric.ceiling(unit_type=u, temporality=t) for u, t in set(pairs)}
    ceiling = np.array([ceilings[pair] for pair in pairs], dtype=np.int64)
    beyond = np.arange(predictions.exceed.shape[2])[None, :] >= ceiling[:, None]
    exceed = np.where(beyond[:, None, :], 0.0, predictions.exceed)
    return Predictions(exceed=exceed, model_id=predictions.model_id)
