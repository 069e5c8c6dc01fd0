r"""Conley errors: scores of units that lie close together are allowed to be correlated.

Conley, T. G. (1999). GMM estimation with cross sectional dependence. Journal of Econometrics 92, 1-45.
The panel form with serial correlation of a unit with itself: Hsiang, S. (2010), PNAS 107, 15367-15372.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kernel = Literal["bartlett", "uniform"]
_NEGATIVE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class ConleyMeat:
    """Variance of the summed scores.

    Attributes
    ----------
    meat : (k, k) array
        Positive semi-definite: negative eigenvalues, where there were any, are set to 0.
    smallest_eigenvalue : float
        Of the meat scaled to a unit diagonal, before that.
    neighbours : float
        Mean number of other units within the cutoff.
    warnings : tuple of str
        For the result's warnings.
    """

    meat: NDArray[np.float64]
    smallest_eigenvalue: float
    neighbours: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Conley:
    """What Conley errors need to know of the panel.

    Attributes
    ----------
    distance_km : (n, n) array
        In the order of the panel's units; `weights_places.unit_distances` makes it.
    """

    distance_km: NDArray[np.float64]
    cutoff_km: float
    kernel: Kernel = "bartlett"
    time_lags: int = 0

    @property
    def told(self) -> str:
        """The choices, for the table's header."""
        serial = f", own lags up to {self.time_lags}" if self.time_lags else ""
        return f"conley ({self.kernel}, {self.cutoff_km:g} km{serial})"

    def meat(self, scores: NDArray[np.float64]) -> ConleyMeat:
        """Sum products of scores; see `conley_meat`."""
        return conley_meat(
            scores, self.distance_km, self.cutoff_km, kernel=self.kernel, time_lags=self.time_lags
        )


def conley_meat(
    scores: NDArray[np.float64],
    distance_km: NDArray[np.float64],
    cutoff_km: float,
    *,
    kernel: Kernel = "bartlett",
    time_lags: int = 0,
) -> ConleyMeat:
    """Sum products of scores over pairs of units within a distance, period by period.

    Parameters
    ----------
    scores : (t * n, k) array
        Period by period, units in the order of the distances, as `observation_scores` gives them.
    distance_km : (n, n) array
    cutoff_km : float
        Pairs at this distance or farther do not count.
    kernel : {"bartlett", "uniform"}
        ``1 - d / cutoff``, or 1.
    time_lags : int
        Products of a unit with itself up to so many periods apart, with weights
        ``1 - lag / (time_lags + 1)``; 0 leaves them out.

    Raises
    ------
    SpecificationError
        A cutoff that is not positive, distances that do not fit or are not symmetric, or more
        lags than periods.

    Examples
    --------
    >>> apart = np.array([[0.0, 50.0], [50.0, 0.0]])
    >>> conley_meat(np.array([[1.0], [1.0]]), apart, 100.0).meat
    array([[3.]])
    """
    t = _periods(scores, distance_km, cutoff_km, time_lags)
    weights = kernel_weights(distance_km, cutoff_km, kernel)
    by_period = scores.reshape(t, len(distance_km), -1)
    meat = np.einsum("tik,til->kl", by_period, weights @ by_period)
    for lag in range(1, time_lags + 1):
        cross = np.einsum("tik,til->kl", by_period[lag:], by_period[:-lag])
        meat = meat + (1 - lag / (time_lags + 1)) * (cross + cross.T)
    near = float((weights > 0).sum(axis=1).mean() - 1)
    return _repaired(np.asarray((meat + meat.T) / 2), near, cutoff_km)


def kernel_weights(
    distance_km: NDArray[np.float64], cutoff_km: float, kernel: Kernel = "bartlett"
) -> NDArray[np.float64]:
    """Weight of each pair; 1 on the diagonal."""
    inside = distance_km < cutoff_km
    if kernel == "uniform":
        return inside.astype(np.float64)
    return np.asarray(np.where(inside, 1 - distance_km / cutoff_km, 0.0))


def _periods(
    scores: NDArray[np.float64], distance_km: NDArray[np.float64], cutoff_km: float, time_lags: int
) -> int:
    n = len(distance_km)
    if not (np.isfinite(cutoff_km) and cutoff_km > 0):
        raise SpecificationError(
            f"Conley errors with a cutoff of {cutoff_km} km", fix="give a distance above 0"
        )
    if distance_km.shape != (n, n) or n == 0 or len(scores) % n:
        raise SpecificationError(
            f"distances are {' x '.join(map(str, distance_km.shape))} for {len(scores)} observations",
            fix="give distances between exactly the panel's units, in its order",
        )
    if not np.isfinite(distance_km).all() or np.abs(distance_km - distance_km.T).max() > 1e-6:
        raise SpecificationError(
            "distances are not finite and symmetric", fix="check the coordinates"
        )
    if np.diagonal(distance_km).any() or (distance_km < 0).any():
        raise SpecificationError("a unit is not at distance 0 from itself, or one is negative")
    t = len(scores) // n
    if not 0 <= time_lags < t:
        raise SpecificationError(
            f"{time_lags} lags with {t} periods", fix=f"choose from 0 to {t - 1}"
        )
    return t


def _repaired(meat: NDArray[np.float64], near: float, cutoff_km: float) -> ConleyMeat:
    """Set negative eigenvalues to zero, as fixest does, and say so.

    In the plane neither kernel, and with serial terms not their sum, is positive semi-definite for
    every configuration of places.
    """
    size = np.sqrt(np.maximum(np.diagonal(meat), 1e-300))
    values, vectors = np.linalg.eigh(meat / np.outer(size, size))
    smallest = float(values.min(initial=0.0))
    told = []
    if near < 1:
        told.append(
            f"Conley: {near:.2f} neighbours within {cutoff_km:g} km on average: close to errors without spatial correlation"
        )
    if smallest < -_NEGATIVE * max(float(values.max(initial=0.0)), 1.0):
        told.append(
            "Conley: the variance was not positive semi-definite (smallest scaled eigenvalue "
            f"{smallest:.3g}); negative eigenvalues were set to 0: try another cutoff or kernel"
        )
        half = size[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
        meat = half @ half.T
    return ConleyMeat(meat, smallest, near, tuple(told))
