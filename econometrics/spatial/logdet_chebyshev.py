r"""log|I - rho W| beyond 20,000 units: Chebyshev polynomials (Pace and LeSage 2004).

With the eigenvalues of W mapped onto [-1, 1], ``lambda = c + h x``, and
``r = rho h / (1 - rho c) = 2q / (1 + q^2)``,

    log|I - rho W| = n log(1 - rho c) - n log(1 + q^2) - 2 sum_j q^j / j tr T_j(X),

so the coefficients are in closed form and what is left out after degree J is at most
``2 n |q|^(J+1) / ((J+1) (1-|q|))``. Traces of low degree are exact, through
``T_(a+b) = 2 T_a T_b - T_|a-b|`` on sparse T_m while they stay sparse; those above come from
random vectors (Hutchinson), with a stated seed and the spread over the vectors as their error.

Pace, R. K. and LeSage, J. P. (2004). Chebyshev approximation of log-determinants of spatial
weight matrices. Computational Statistics & Data Analysis 45, 179-196.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from econometrics.spatial.logdet import Traces, _interpolated, _mean_sum, _scales
from econometrics.spatial.problems import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

CHEBYSHEV_LIMIT = 20_000
#: Non-zeros that a sparse T_m may have; about 0.25 GB each, two or three are held.
EXACT_FILL = 20_000_000
DEGREE = 120
PROBES = 32


@dataclass(frozen=True, slots=True, eq=False)
class ChebyshevTraces:
    """Traces of T_0 ... T_J.

    Attributes
    ----------
    exact : (e,) array
        Traces of degree 0 to e - 1, without error.
    sampled : (J + 1 - e, p) array
        Unbiased values of the others, one column a random vector.
    """

    exact: NDArray[np.float64]
    sampled: NDArray[np.float64]

    @property
    def values(self) -> NDArray[np.float64]:
        """Best value of every degree."""
        means = self.sampled.mean(axis=1) if self.sampled.size else np.zeros(0)
        return np.concatenate([self.exact, means])


class Chebyshev:
    """The log-determinant as a polynomial whose traces are found once; same protocol as Eigen.

    Parameters
    ----------
    W : (n, n) csr_matrix
        Similar to a symmetric matrix, as symmetric and row-standardised symmetric weights are.
    degree : int
        Highest degree J.
    probes : int
        Random vectors for the traces that are not exact.
    seed : int
    exact_fill : int
        Non-zeros allowed in a sparse polynomial; 0 leaves only degrees 0 to 2 exact.

    Raises
    ------
    WeightsError
        W not similar to a symmetric matrix: its eigenvalues may be complex.
    """

    method: Literal["chebyshev"] = "chebyshev"

    def __init__(
        self,
        W: csr_matrix,
        *,
        row_standardised: bool,
        degree: int = DEGREE,
        probes: int = PROBES,
        seed: int = 0,
        exact_fill: int = EXACT_FILL,
    ) -> None:
        if degree < 2 or probes < 2:
            raise WeightsError(f"degree {degree} and {probes} vectors", fix="both at least 2")
        self.W, self.row_standardised, self.seed = W, row_standardised, seed
        twin = sparse_twin(W)
        if twin is None:
            raise WeightsError(
                "the Chebyshev log-determinant needs weights that are symmetric up to row scaling",
                fix="use sparse LU, as k-nearest neighbours need",
            )
        low, high = _range(twin, row_standardised=row_standardised)
        self.centre, self.half = (low + high) / 2, (high - low) / 2
        self.interval = (1.0 / low, 1.0 / high)
        self.traces = chebyshev_traces(
            _mapped(twin, self.centre, self.half),
            degree=degree, probes=probes, seed=seed, exact_fill=exact_fill,
        )  # fmt: skip

    @property
    def n(self) -> int:
        """Units."""
        return int(self.W.shape[0])

    def logdet(self, rho: float) -> float:
        """Sum the series."""
        return float(self._logdets(rho, self.traces.values[1:, None])[0])

    def _logdets(self, rho: float, traces: NDArray[np.float64]) -> NDArray[np.float64]:
        q = float(self._q(np.array([rho]))[0])
        j = np.arange(1, len(traces) + 1)
        series = (q**j / j) @ traces
        return np.asarray(self.n * (np.log(1 - rho * self.centre) - np.log1p(q * q)) - 2 * series)

    def _q(self, rho: NDArray[np.float64]) -> NDArray[np.float64]:
        r = rho * self.half / (1 - rho * self.centre)
        return np.asarray(r / (1 + np.sqrt(np.maximum(1 - r * r, 0.0))))

    def truncation(self, rho: float) -> float:
        """Give the most that the degrees left out can add."""
        q = abs(float(self._q(np.array([rho]))[0]))
        J = len(self.traces.values) - 1
        return float(2 * self.n * q ** (J + 1) / ((J + 1) * max(1 - q, 1e-12)))

    def sampling_error(self, rho: float) -> float:
        """Give the standard error of the log-determinant over the random vectors."""
        sampled = self.traces.sampled
        if not sampled.size:
            return 0.0
        q = float(self._q(np.array([rho]))[0])
        j = np.arange(len(self.traces.exact), len(self.traces.values))
        each = -2 * (q**j / j) @ sampled
        return float(each.std(ddof=1) / np.sqrt(sampled.shape[1]))

    def error_bound(self, rho: float, *, z: float = 4.0) -> float:
        """Add truncation (strict) and z standard errors of the sampled traces."""
        return self.truncation(rho) + z * self.sampling_error(rho)

    def mean_trace(self, rho: NDArray[np.float64]) -> NDArray[np.float64]:
        """tr(G)/n, minus the derivative of the series over n."""
        slope = self.half / (1 - rho * self.centre) ** 2
        q = self._q(rho)
        # r = 2q / (1 + q^2), so dq/dr = (1 + q^2)^2 / (2 (1 - q^2)).
        dq = (1 + q * q) ** 2 / (2 * np.maximum(1 - q * q, 1e-300))
        powers = np.power.outer(q, np.arange(len(self.traces.values) - 1))
        series = powers @ self.traces.values[1:] / self.n
        inner = -2 * q / (1 + q * q) - 2 * series
        return np.asarray(self.centre / (1 - rho * self.centre) - slope * dq * inner)

    def mean_trace_square(self, rho: float) -> float:
        """tr(GG)/n, the derivative of tr(G)/n."""
        step = 1e-4 * min(1.0, self.interval[1] - rho, rho - self.interval[0])
        up, down = self.mean_trace(np.array([rho + step, rho - step]))
        return float((up - down) / (2 * step))

    def mean_sum(self, rho: NDArray[np.float64]) -> NDArray[np.float64]:
        """1'S1/n: in closed form for row-standardised W."""
        if self.row_standardised:
            return np.asarray(1.0 / (1.0 - rho))
        return _interpolated(lambda r: _mean_sum(self.W, r), rho, self.interval)


def chebyshev_or_none(W: csr_matrix, *, row_standardised: bool) -> Chebyshev | None:
    """Chebyshev for more than 20,000 units that allow it, for `logdet.multiplier`; else None."""
    if W.shape[0] <= CHEBYSHEV_LIMIT:
        return None
    try:
        return Chebyshev(W, row_standardised=row_standardised)
    except WeightsError:
        return None


def sparse_twin(W: csr_matrix) -> csr_matrix | None:
    """D^(1/2) W D^(-1/2), symmetric and sparse, where W is a scaled symmetric matrix; else None."""
    from scipy.sparse import diags

    scale = _scales(W)
    if scale is None or not (scale > 0).all():
        return None
    root = np.sqrt(scale)
    twin = (diags(root) @ W @ diags(1 / root)).tocsr()
    gap = abs(twin - twin.T)
    if gap.nnz and gap.max() > 1e-9 * max(abs(twin).max(), 1e-300):
        return None
    return ((twin + twin.T) / 2).tocsr()


def _range(twin: csr_matrix, *, row_standardised: bool) -> tuple[float, float]:
    """Smallest and largest eigenvalue, widened by what Lanczos may be off."""
    from scipy.sparse.linalg import eigsh

    v0 = np.random.default_rng(0).standard_normal(twin.shape[0])
    tolerance = 1e-7
    ends = []
    for which in ("SA", "LA"):
        if which == "LA" and row_standardised:
            ends.append(1.0)
            continue
        found = eigsh(twin, k=1, which=which, tol=tolerance, v0=v0, return_eigenvectors=False)
        ends.append(float(found[0]))
    low, high = ends
    margin = 10 * tolerance * (high - low)
    return low - margin, high if row_standardised else high + margin


def _mapped(twin: csr_matrix, centre: float, half: float) -> csr_matrix:
    from scipy.sparse import identity

    shift = identity(twin.shape[0], format="csr") * centre
    return ((twin - shift) / half).tocsr() if abs(centre) > 1e-12 else (twin / half).tocsr()


def chebyshev_traces(
    X: csr_matrix, *, degree: int, probes: int, seed: int, exact_fill: int
) -> ChebyshevTraces:
    """Traces of T_0(X) ... T_degree(X) of a symmetric X with eigenvalues in [-1, 1]."""
    exact = _exact_traces(X, degree, exact_fill)
    if len(exact) > degree:
        return ChebyshevTraces(exact[: degree + 1], np.zeros((0, probes)))
    rng = np.random.default_rng(seed)
    rows = _probe_traces(X, degree, rng, probes)
    return ChebyshevTraces(exact, rows[len(exact) :])


def _exact_traces(X: csr_matrix, degree: int, fill: int) -> NDArray[np.float64]:
    """Double the degree: tr T_2m = 2 tr(T_m T_m) - n, tr T_(2m+1) = 2 tr(T_m T_(m+1)) - tr T_1."""
    n = X.shape[0]
    first = float(X.diagonal().sum())
    found = [float(n), first, 2 * float(X.multiply(X).sum()) - n]
    from scipy.sparse import identity

    before, now = identity(n, format="csr"), X
    # What T_(m+1) may fill at most: non-zeros of T_m times the longest row of X.
    while len(found) <= degree and _expected_fill(now, X) <= fill:
        after = (2 * (X @ now) - before).tocsr()
        found.append(2 * float(now.multiply(after).sum()) - first)
        found.append(2 * float(after.multiply(after).sum()) - n)
        before, now = now, after
    return np.array(found)


def _expected_fill(now: csr_matrix, X: csr_matrix) -> float:
    """Bound the non-zeros of X T_m by those it has to add up."""
    per_row = np.diff(now.indptr)
    return float(min(per_row[X.indices].sum(), float(X.shape[0]) ** 2))


def _probe_traces(
    X: csr_matrix, degree: int, rng: np.random.Generator, probes: int
) -> NDArray[np.float64]:
    """u'T_j u for random signs u, (degree + 1, probes); degrees above the half by doubling."""
    n = X.shape[0]
    u = rng.choice(np.array([-1.0, 1.0]), size=(n, probes))
    rows = np.zeros((degree + 2, probes))
    rows[0] = n
    before, now = u, np.asarray(X @ u)
    rows[1] = np.einsum("ip,ip->p", u, now)
    rows[2] = 2 * np.einsum("ip,ip->p", now, now) - n
    for m in range(1, degree // 2 + 1):
        after = 2 * np.asarray(X @ now) - before
        if 2 * m + 1 <= degree:
            rows[2 * m + 1] = 2 * np.einsum("ip,ip->p", now, after) - rows[1]
        if 2 * m + 2 <= degree:
            rows[2 * m + 2] = 2 * np.einsum("ip,ip->p", after, after) - n
        before, now = now, after
    return rows[: degree + 1]


def sparse_traces(
    mult: Chebyshev, rho: float, *, probes: int = 64
) -> tuple[Traces, Callable[[NDArray[np.float64]], NDArray[np.float64]]]:
    """Traces of G without the dense G, and the function that multiplies G into columns.

    tr(G) and tr(GG) come from the polynomial, ||1'G||^2 from one solution; tr(G'G) and the diagonal
    are means over random vectors (seed of the multiplier), of which the diagonal is the noisier.
    """
    from scipy.sparse import identity
    from scipy.sparse.linalg import splu

    n, W = mult.n, mult.W
    factor: Any = splu((identity(n, format="csc") - rho * W).tocsc())

    def through(columns: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(W @ factor.solve(np.ascontiguousarray(columns)))

    rng = np.random.default_rng(mult.seed)
    square, diagonal = 0.0, np.zeros(n)
    for _ in range(-(-probes // 16)):
        u = rng.choice(np.array([-1.0, 1.0]), size=(n, 16))
        Gu = through(u)
        square += float((Gu * Gu).sum())
        diagonal += (u * Gu).sum(axis=1)
    count = 16 * -(-probes // 16)
    sums = factor.solve(np.asarray(W.T @ np.ones(n)), trans="T")
    g = float(mult.mean_trace(np.array([rho]))[0]) * n
    diagonal = diagonal / count
    traces = Traces(
        g=g, gg=mult.mean_trace_square(rho) * n, ggt=square / count,
        columns=float(sums @ sums / n), diagonal=diagonal + (g - diagonal.sum()) / n,
    )  # fmt: skip
    return traces, through
