r"""Impacts of every unit, with delta-method errors.

The effects of x_k are ``M = S (beta_k I + theta_k W)``, ``S = (I - rho W)^-1`` (LeSage and Pace 2009, ch. 2):
``M[i, i]`` is what unit i does to itself, row i off the diagonal what it receives when x rises by
one everywhere else, column i off the diagonal what it sends. ``dM/drho = S W M``, ``dM/dbeta = S``
and ``dM/dtheta = S W``, so the errors are exact derivatives and not differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from econometrics.spatial.estimates import HAS_LAG
from econometrics.spatial.problems import SpecificationError
from econometrics.spatial.results import Z95

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from econometrics.spatial.estimates import Estimates
    from econometrics.spatial.model import SpatialPanel
    from econometrics.spatial.results import SpatialResult

KINDS = ("direct", "received", "sent")
LARGEST = 5000  # an n x n inverse: 200 MB and half a minute


@dataclass(frozen=True, slots=True, eq=False)
class UnitImpacts:
    """Impacts of one regressor by unit.

    Attributes
    ----------
    estimate, std_error : (n, 3) array
        Direct, received and sent; their means are the average direct, indirect and indirect impact.
    """

    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]


def unit_impacts(
    W: NDArray[np.float64], rho: float, beta: float, theta: float, cov: NDArray[np.float64]
) -> UnitImpacts:
    """Compute the impacts of one regressor.

    Parameters
    ----------
    W : (n, n) array
    cov : (3, 3) array
        Covariance of (rho, beta, theta); zeros where a parameter is fixed.
    """
    S = np.asarray(np.linalg.inv(np.eye(len(W)) - rho * W), dtype=float)
    SW: NDArray[np.float64] = S @ W
    M: NDArray[np.float64] = beta * S + theta * SW
    gradient = np.stack([_parts(SW @ M), _parts(S), _parts(SW)])
    variance = np.einsum("aij,ab,bij->ij", gradient, cov, gradient)
    return UnitImpacts(_parts(M), np.sqrt(np.maximum(variance, 0.0)))


def _parts(M: NDArray[np.float64]) -> NDArray[np.float64]:
    own = np.diagonal(M)
    return np.column_stack([own, M.sum(axis=1) - own, M.sum(axis=0) - own])


def unit_frame(panel: SpatialPanel, result: SpatialResult) -> pd.DataFrame:
    """Lay out the impacts of every regressor on every unit.

    Returns
    -------
    DataFrame
        ``model, term, unit, kind, estimate, std_error, conf_low, conf_high``; kind is direct,
        received or sent; errors by the delta method from the covariance of the result.

    Raises
    ------
    SpecificationError
        More than 5,000 units: the inverse is dense.
    """
    import pandas as pd

    n = len(panel.arrays.units)
    if n > LARGEST:
        raise SpecificationError(
            f"{n} units are too many for impacts by unit (at most {LARGEST})",
            fix="fit a subset of the units, or read the average impacts",
        )
    W = np.asarray(panel.weights.matrix.toarray(), dtype=float)
    frames = [
        _one(panel, W, e, name, f"{e.model}-{label}")
        for label, e in (("exact", result.exact), ("lee-yu", result.lee_yu))
        if e is not None
        for name in e.names
    ]
    return pd.concat(frames, ignore_index=True)


def _one(
    panel: SpatialPanel, W: NDArray[np.float64], e: Estimates, name: str, label: str
) -> pd.DataFrame:
    import pandas as pd

    place = {column: i for i, column in enumerate(e.columns)}
    start, has_rho = int(e.has_spatial), e.model in HAS_LAG
    at = [0 if has_rho else -1, *(start + place[c] if c in place else -1 for c in (name, f"W_{name}"))]  # fmt: skip
    values = [e.fit.spatial if has_rho else 0.0, *(e.fit.coef[i - start] if i >= 0 else 0.0 for i in at[1:])]  # fmt: skip
    free = np.array([i >= 0 for i in at])
    cov = np.where(np.outer(free, free), e.cov[np.ix_(at, at)], 0.0)
    found = unit_impacts(W, float(values[0]), float(values[1]), float(values[2]), cov)
    estimate, error = found.estimate.ravel(), found.std_error.ravel()
    return pd.DataFrame(
        {
            "model": label,
            "term": name,
            "unit": np.repeat(panel.arrays.units, len(KINDS)),
            "kind": np.tile(KINDS, len(panel.arrays.units)),
            "estimate": estimate,
            "std_error": error,
            "conf_low": estimate - Z95 * error,
            "conf_high": estimate + Z95 * error,
        }
    )
