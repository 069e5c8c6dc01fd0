"""log|I - rho W| with what else the likelihood needs of W: traces, row sums, the interval of rho."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

Method = Literal["eigen", "sparse-lu", "chebyshev"]
#: Eigenvalues of n units cost about n^3; a symmetric twin costs a tenth of that.
EIGEN_LIMIT = 700
SYMMETRIC_LIMIT = 1500
DENSE_BELOW = 400
_NODES = 24


class Multiplier(Protocol):
    """What a method offers; G = W (I - rho W)^-1, S = (I - rho W)^-1."""

    @property
    def method(self) -> Method:
        """Name of the method."""

    @property
    def interval(self) -> tuple[float, float]:
        """Values of rho around 0 for which I - rho W is regular."""

    def logdet(self, rho: float) -> float:
        """log|I - rho W|."""

    def mean_trace(self, rho: NDArray[np.float64]) -> NDArray[np.float64]:
        """tr(G)/n for each rho."""

    def mean_sum(self, rho: NDArray[np.float64]) -> NDArray[np.float64]:
        """1'S1/n for each rho."""


@dataclass(frozen=True, slots=True)
class Traces:
    """Traces of G at one rho, and the diagonal of G.

    Attributes
    ----------
    g, gg, ggt : float
        tr(G), tr(GG), tr(G'G).
    columns : float
        ||1'G||^2 / n, which the two-way transformation takes off tr(G'G).
    """

    g: float
    gg: float
    ggt: float
    columns: float
    diagonal: NDArray[np.float64]


def dense_multiplier(W: csr_matrix, rho: float) -> NDArray[np.float64]:
    """G = W (I - rho W)^-1 as a dense array; sparse weights are factorised as such."""
    from scipy.sparse import identity
    from scipy.sparse.linalg import splu

    n = W.shape[0]
    if n < DENSE_BELOW:
        return np.asarray(np.linalg.solve(np.eye(n) - rho * W.T.toarray(), W.T.toarray()).T)
    factor = splu((identity(n, format="csc") - rho * W).tocsc())
    return np.asarray(W @ factor.solve(np.eye(n)))


def traces(W: csr_matrix, rho: float) -> tuple[Traces, NDArray[np.float64]]:
    """Traces of G, and G itself for the score and the residuals."""
    G = dense_multiplier(W, rho)
    sums = G.sum(axis=0)
    return (
        Traces(
            g=float(np.trace(G)),
            gg=float(np.einsum("ij,ji->", G, G)),
            ggt=float((G * G).sum()),
            columns=float(sums @ sums / len(sums)),
            diagonal=np.diagonal(G).copy(),
        ),
        G,
    )


class Eigen:
    """All from the eigenvalues; exact, and a scalar function afterwards (Ord 1975)."""

    method: Method = "eigen"

    def __init__(self, W: csr_matrix, *, row_standardised: bool) -> None:
        self.W = W
        self.row_standardised = row_standardised
        self.values = eigenvalues(W)
        self.interval = _interval(self.values)

    def logdet(self, rho: float) -> float:
        """Sum the logarithms of 1 - rho lambda; imaginary parts cancel in pairs."""
        return float(np.log(1.0 - rho * self.values).real.sum())

    def mean_trace(self, rho: NDArray[np.float64]) -> NDArray[np.float64]:
        """Average lambda / (1 - rho lambda)."""
        ratio = self.values[None, :] / (1.0 - rho[:, None] * self.values[None, :])
        return np.asarray(ratio.real.mean(axis=1))

    def mean_sum(self, rho: NDArray[np.float64]) -> NDArray[np.float64]:
        """1/(1 - rho) for row-standardised W, else a smooth function of rho."""
        if self.row_standardised:
            return np.asarray(1.0 / (1.0 - rho))
        return _interpolated(lambda r: _mean_sum(self.W, r), rho, self.interval)


class SparseLU:
    """One sparse factorisation an evaluation; exact, for many units."""

    method: Method = "sparse-lu"

    def __init__(self, W: csr_matrix, *, row_standardised: bool) -> None:
        self.W = W
        self.row_standardised = row_standardised

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Bounds from the largest and the smallest real eigenvalue among the extreme ones."""
        from scipy.sparse.linalg import ArpackNoConvergence, eigs

        found = []
        for which, fallback in (("LR", 1.0), ("SR", -1.0)):
            try:
                values = eigs(self.W, k=6, which=which, return_eigenvectors=False, tol=1e-6)
            except ArpackNoConvergence as error:
                values = error.eigenvalues
            real = values.real[np.abs(values.imag) < 1e-6]
            chosen = real.max(initial=-np.inf) if which == "LR" else real.min(initial=np.inf)
            found.append(float(chosen) if np.isfinite(chosen) else fallback)
        return _interval(np.array(found))

    def logdet(self, rho: float) -> float:
        """Sum the logarithms of the pivots."""
        factor = self._factor(rho)
        return float(
            np.log(np.abs(factor.U.diagonal())).sum() + np.log(np.abs(factor.L.diagonal())).sum()
        )

    def _factor(self, rho: float) -> Any:
        from scipy.sparse import identity
        from scipy.sparse.linalg import splu

        return splu((identity(self.W.shape[0], format="csc") - rho * self.W).tocsc())

    def mean_trace(self, rho: NDArray[np.float64]) -> NDArray[np.float64]:
        """tr(G)/n at nodes around the values asked for, interpolated."""
        n = self.W.shape[0]

        def at(r: float) -> float:
            step = 1e-5
            return (self.logdet(r - step) - self.logdet(r + step)) / (2 * step * n)

        return _interpolated(at, rho, self.interval)

    def mean_sum(self, rho: NDArray[np.float64]) -> NDArray[np.float64]:
        """1'S1/n: in closed form for row-standardised W."""
        if self.row_standardised:
            return np.asarray(1.0 / (1.0 - rho))
        return _interpolated(lambda r: _mean_sum(self.W, r), rho, self.interval)


def multiplier(W: csr_matrix, *, row_standardised: bool) -> Multiplier:
    """Choose by size: eigenvalues while they are cheap, sparse LU, Chebyshev beyond 20,000 units."""
    n = W.shape[0]
    if n <= EIGEN_LIMIT or (n <= SYMMETRIC_LIMIT and _symmetric_twin(W) is not None):
        return Eigen(W, row_standardised=row_standardised)
    from econometrics.spatial.logdet_chebyshev import chebyshev_or_none

    many = chebyshev_or_none(W, row_standardised=row_standardised)
    return many if many is not None else SparseLU(W, row_standardised=row_standardised)


def eigenvalues(W: csr_matrix) -> NDArray[Any]:
    """Eigenvalues of W; through its symmetric twin where W is a scaled symmetric matrix."""
    twin = _symmetric_twin(W)
    if twin is not None:
        return np.asarray(np.linalg.eigvalsh(twin))
    return np.asarray(np.linalg.eigvals(W.toarray()))


def _symmetric_twin(W: csr_matrix) -> NDArray[np.float64] | None:
    """D^(1/2) W D^(-1/2), where W = D^(-1) C with a symmetric C, as row-standardised weights are.

    The scale of each unit is found by walking the graph: d_j = d_i w_ij / w_ji.
    """
    scale = _scales(W)
    if scale is None:
        return None
    root = np.sqrt(scale)
    twin = W.toarray() * root[:, None] / root[None, :]
    if np.abs(twin - twin.T).max(initial=0.0) > 1e-9 * max(np.abs(twin).max(initial=0.0), 1e-300):
        return None
    return np.asarray((twin + twin.T) / 2)


def _scales(W: csr_matrix) -> NDArray[np.float64] | None:
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    forward, backward = W.tocsr(), W.T.tocsr()
    if (forward != 0).nnz != ((forward != 0).multiply(backward != 0)).nnz:
        return None
    _, part = connected_components(W, directed=False)
    scale = np.ones(W.shape[0])
    for component in range(part.max(initial=-1) + 1):
        start = int(np.flatnonzero(part == component)[0])
        order, parents = breadth_first_order(W, start, directed=False)
        for node in order[1:]:
            parent = parents[node]
            scale[node] = scale[parent] * forward[parent, node] / backward[parent, node]
    return scale


def _interval(values: NDArray[Any]) -> tuple[float, float]:
    """Interval of rho around 0 in which I - rho W is regular: it starts at 1/lambda_min, not -1."""
    real = values.real[np.abs(values.imag) < 1e-9] if np.iscomplexobj(values) else values
    low = float(real.min(initial=0.0))
    high = float(real.max(initial=0.0))
    return (1.0 / low if low < -1e-12 else -1e6), (1.0 / high if high > 1e-12 else 1e6)


def _mean_sum(W: csr_matrix, rho: float) -> float:
    from scipy.sparse import identity
    from scipy.sparse.linalg import spsolve

    n = W.shape[0]
    return float(spsolve((identity(n, format="csc") - rho * W).tocsc(), np.ones(n)).sum() / n)


def _interpolated(
    function: Any, rho: NDArray[np.float64], interval: tuple[float, float]
) -> NDArray[np.float64]:
    """Evaluate a smooth function of rho at Chebyshev nodes over the range asked for."""
    from numpy.polynomial import Chebyshev

    low, high = float(rho.min()), float(rho.max())
    if high - low < 1e-12:
        return np.full(len(rho), function(low))
    degree = min(_NODES, 4 + int(40 * (high - low) / (interval[1] - interval[0])))
    return np.asarray(
        Chebyshev.interpolate(np.vectorize(function), degree, domain=[low, high])(rho)
    )
