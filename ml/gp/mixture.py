r"""GeoShapley of any Matern or Gaussian GP: the kernel as a mixture of product kernels.

    k_nu(r) = int exp(-r^2 / (2 t)) InverseGamma-type density dt  ~  sum_q w_q exp(-r^2 s_q)

with t Gamma(nu, rate nu) distributed. Every node is a product over columns, so the coalition values
need no predictions: v(S; x) = sum_q w_q sum_i alpha_i P_S(x, i) mean_b P_-S(b, i).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.gp.kernels import matern
from ml.problems import UnsupportedModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: 2**m coalitions: exact up to so many players (features and GEO).
MOST_PLAYERS = 13


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Quadrature nodes: ``k(r) ~ sum_q weight_q exp(-rate_q r^2)``."""

    weight: NDArray[np.float64]
    rate: NDArray[np.float64]
    error: float


@cache
def mixture_nodes(nu: float, tolerance: float = 3e-8) -> Nodes:
    """Nodes of a Matern kernel by the trapezoid rule in log t; Gaussian for infinite ``nu``.

    The step is halved-in until the worst error over distances is below ``tolerance``.
    """
    from scipy.special import gammaln

    if np.isinf(nu):
        return Nodes(np.ones(1), np.array([0.5]), 0.0)
    r = np.concatenate([[0.0], np.geomspace(1e-4, 60, 400)])
    exact = matern(r, nu)
    for step in (0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2):
        u = np.arange(-40.0 / min(nu, 1.0), 6.0, step)
        log_density = nu * np.log(nu) - gammaln(nu) + nu * u - nu * np.exp(u)
        weight = step * np.exp(log_density)
        kept = weight > 1e-11
        rate = 0.5 * np.exp(-u[kept])
        error = float(np.abs(np.exp(-np.outer(r**2, rate)) @ weight[kept] - exact).max())
        if error < tolerance:
            break
    return Nodes(weight[kept], rate, error)


@cache
def _compiled() -> Any:
    """Compile the inner loop once a process; numba is part of the extra ``ml``."""
    from numba import njit

    @njit(fastmath=True, cache=False)
    def accumulate(out, fx, fb_mean, alpha, half):  # type: ignore[no-untyped-def]
        """out[x, s1, s2] += sum_i alpha_i T1[s1] T2[s2] fb_mean[i, s1, s2]."""
        n, m_rows, m = fx.shape
        low, high = 1 << half, 1 << (m - half)
        first, second = np.empty(high), np.empty(low)
        block = 64
        for start in range(0, m_rows, block):
            stop = min(start + block, m_rows)
            for x in range(n):
                row = out[x]
                for i in range(start, stop):
                    second[0] = 1.0
                    size = 1
                    for j in range(half):
                        f = fx[x, i, j]
                        for s in range(size):
                            second[size + s] = second[s] * f
                        size *= 2
                    first[0] = alpha[i]
                    size = 1
                    for j in range(half, m):
                        f = fx[x, i, j]
                        for s in range(size):
                            first[size + s] = first[s] * f
                        size *= 2
                    for a in range(high):
                        c = first[a]
                        # Most products of a narrow node are nothing: skip what cannot count.
                        if abs(c) > 1e-18:
                            for b in range(low):
                                row[a * low + b] += c * second[b] * fb_mean[i, a * low + b]

    return accumulate


def coalition_values(
    squares_x: NDArray[np.float64], squares_b: NDArray[np.float64],
    alpha: NDArray[np.float64], nodes: Nodes,
) -> NDArray[np.float64]:  # fmt: skip
    """Values of all coalitions of a Matern part.

    Parameters
    ----------
    squares_x : (n, t, m) array
        Scaled squared distances by player between explained and training rows.
    squares_b : (b, t, m) array
        The same of background rows.
    alpha : (t,) array
        Weights of the posterior mean, the kernel's variance included.

    Returns
    -------
    (n, 2**m) array
    """
    n, _, m = squares_x.shape
    if m > MOST_PLAYERS:
        raise UnsupportedModelError(
            f"{m} players have {2**m} coalitions", fix=f"exact up to {MOST_PLAYERS} players"
        )
    out = np.zeros((n, 2**m))
    run = _compiled()
    for weight, rate in zip(nodes.weight, nodes.rate, strict=True):
        outside = _background_means(np.exp(-rate * squares_b))
        for begin in range(0, n, 128):
            part = np.exp(-rate * squares_x[begin : begin + 128])
            run(out[begin : begin + 128], part, outside, weight * alpha, (m + 1) // 2)
    return out


def _background_means(factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the background of the product of players outside S: (t, 2**m)."""
    b, t, m = factors.shape
    out = np.zeros((t, 2**m))
    for begin in range(0, b, 8):
        part = factors[begin : begin + 8]
        products = np.ones((len(part), t, 1))
        for j in range(m):
            # New bit j: outside S (bit 0) multiplies, inside S (bit 1) does not.
            products = np.concatenate([products * part[:, :, j : j + 1], products], axis=2)
        out += products.sum(axis=0)
    return out / b
