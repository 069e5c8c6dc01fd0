"""Scale and describe weights, and hand them to other libraries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from econometrics.spatial.logdet import EIGEN_LIMIT, eigenvalues
from econometrics.spatial.problems import SpecificationError, WeightsError
from econometrics.spatial.weights_places import econ_module

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from econometrics.spatial.weights import Weights

Normalise = Literal["row", "spectral", "none"]


def spectral_radius(W: csr_matrix) -> float:
    """Largest modulus of the eigenvalues."""
    if W.shape[0] <= EIGEN_LIMIT:
        return float(np.abs(eigenvalues(W)).max(initial=0.0))
    from scipy.sparse.linalg import eigs

    v0 = np.ones(
        W.shape[0]
    )  # never orthogonal to the eigenvector of the largest, which is positive
    return float(np.abs(eigs(W, k=1, which="LM", return_eigenvectors=False, v0=v0)).max())


def spectral_normalise(weights: Weights) -> Weights:
    """Divide all weights by the largest eigenvalue modulus: symmetry stays, |rho| < 1 is regular.

    Raises
    ------
    WeightsError
        Without any link, or where the eigenvalues are all zero.
    """
    largest = spectral_radius(weights.matrix)
    if not largest > 1e-12:
        raise WeightsError(
            "the largest eigenvalue is 0", where=weights.source, fix="row-standardise instead"
        )
    return replace(weights, matrix=(weights.matrix / largest).tocsr())


def normalise(weights: Weights, how: Normalise) -> Weights:
    """Bring weights to a scale and say so in their source.

    Raises
    ------
    SpecificationError
        Unknown scale.
    """
    if how == "none":
        return weights
    if how not in ("row", "spectral"):
        raise SpecificationError(f"no normalisation {how!r}", fix="choose row, spectral or none")
    done = weights.row_standardise() if how == "row" else spectral_normalise(weights)
    word = "row-standardised" if how == "row" else "divided by the largest eigenvalue"
    return replace(done, source=f"{done.source}; {word}")


@dataclass(frozen=True, slots=True)
class WeightsDescription:
    """What weights are, in numbers.

    Attributes
    ----------
    n_links : int
        Directed, so a symmetric pair counts twice.
    is_symmetric, has_symmetric_links : bool
        Equal weights both ways; a weight both ways.
    row_sum_min, row_sum_max : float
    largest_eigenvalue : float
        Largest modulus.
    rho_min, rho_max : float
        Interval in which I - rho W is regular around 0.
    n_components : int
        Connected parts, islands included.
    """

    n: int
    n_links: int
    neighbours_min: int
    neighbours_mean: float
    neighbours_max: int
    islands: tuple[str, ...]
    is_symmetric: bool
    has_symmetric_links: bool
    is_row_standardised: bool
    row_sum_min: float
    row_sum_max: float
    largest_eigenvalue: float
    rho_min: float
    rho_max: float
    n_components: int

    def summary(self) -> str:
        """Lines of name and value."""
        from dataclasses import asdict

        return "\n".join(f"{name:<22}{_shown(value)}" for name, value in asdict(self).items())


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def describe(weights: Weights) -> WeightsDescription:
    """Count, sum and decompose weights."""
    from scipy.sparse.csgraph import connected_components

    from econometrics.spatial.logdet import multiplier

    W = weights.matrix
    sums = np.asarray(W.sum(axis=1)).ravel()
    per_row = np.diff(W.indptr)
    gap = abs(W - W.T)
    pattern = W.sign()
    low, high = multiplier(W, row_standardised=weights.is_row_standardised).interval
    return WeightsDescription(
        n=len(weights.ids),
        n_links=int(W.nnz),
        neighbours_min=int(per_row.min()),
        neighbours_mean=float(per_row.mean()),
        neighbours_max=int(per_row.max(initial=0)),
        islands=weights.islands,
        is_symmetric=bool(gap.max() < 1e-12) if gap.nnz else True,
        has_symmetric_links=not abs(pattern - pattern.T).sum(),
        is_row_standardised=weights.is_row_standardised,
        row_sum_min=float(sums.min()),
        row_sum_max=float(sums.max()),
        largest_eigenvalue=spectral_radius(W),
        rho_min=float(low),
        rho_max=float(high),
        n_components=int(connected_components(W, directed=False)[0]),
    )


def to_frame(weights: Weights) -> Any:
    """Long table ``focal, neighbor, weight``, by focal and neighbor."""
    import pandas as pd

    coo = weights.matrix.tocoo()
    ids = np.array(weights.ids, dtype=object)
    frame = pd.DataFrame({"focal": ids[coo.row], "neighbor": ids[coo.col], "weight": coo.data})
    return frame.sort_values(["focal", "neighbor"], ignore_index=True)


def to_libpysal(weights: Weights) -> Any:
    """Turn weights into ``libpysal.weights.W``, in the same order."""
    W = weights.matrix
    neighbors, values = {}, {}
    for i, unit in enumerate(weights.ids):
        part = slice(W.indptr[i], W.indptr[i + 1])
        neighbors[unit] = [weights.ids[j] for j in W.indices[part]]
        values[unit] = W.data[part].tolist()
    module = econ_module("libpysal.weights")
    return module.W(neighbors, values, id_order=list(weights.ids), silence_warnings=True)
