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


#: Training rows worked on at once: their background means for 256 coalitions stay in the cache.
_BLOCK = 64
_ROWS = 64
#: Factors below are nothing; without this, products of them would be slow subnormal numbers.
_NOTHING = 1e-20


@cache
def _compiled() -> Any:
    """Compile the inner loop once a process; numba is part of the extra ``ml``."""
    from numba import njit

    @njit(fastmath=True, cache=False)
    def accumulate(out, fx, outside, alpha, half):  # type: ignore[no-untyped-def]
        """out[x, s1, s2] += sum_i alpha_i T1[s1, i] T2[s2, i] outside[s1, s2, i]; no branches."""
        n, m, _ = fx.shape
        low, high = 1 << half, 1 << (m - half)
        first, second = np.empty((high, _BLOCK)), np.empty((low, _BLOCK))
        second[0] = 1.0
        for block in range(outside.shape[0]):
            start = block * _BLOCK
            for i in range(_BLOCK):
                first[0, i] = alpha[start + i]
            for x in range(n):
                size = 1
                for j in range(half):
                    for s in range(size):
                        for i in range(_BLOCK):
                            second[size + s, i] = second[s, i] * fx[x, j, start + i]
                    size *= 2
                size = 1
                for j in range(half, m):
                    for s in range(size):
                        for i in range(_BLOCK):
                            first[size + s, i] = first[s, i] * fx[x, j, start + i]
                    size *= 2
                for a in range(high):
                    for b in range(0, low, 2):
                        even, odd, S = 0.0, 0.0, a * low + b
                        for i in range(_BLOCK):
                            c = first[a, i]
                            even += c * second[b, i] * outside[block, S, i]
                            odd += c * second[b + 1, i] * outside[block, S + 1, i]
                        out[x, S] += even
                        out[x, S + 1] += odd

    return accumulate


def coalition_values(
    at: NDArray[np.float64], background: NDArray[np.float64], points: NDArray[np.float64],
    alpha: NDArray[np.float64], nodes: Nodes, player: NDArray[np.int64],
) -> NDArray[np.float64]:  # fmt: skip
    """Values of all coalitions of a Matern part.

    Parameters
    ----------
    at, background, points : (n, d), (b, d), (t, d) arrays
        Explained, background and training rows, divided by the kernel's lengths.
    alpha : (t,) array
        Weights of the posterior mean, the kernel's variance included.
    player : (d,) array
        Player of each column, from 0.

    Returns
    -------
    (n, 2**m) array
    """
    m = int(player.max()) + 1
    if m > MOST_PLAYERS:
        raise UnsupportedModelError(
            f"{m} players have {2**m} coalitions", fix=f"exact up to {MOST_PLAYERS} players"
        )
    # Filled up to whole blocks by rows of no weight.
    lacking = -len(points) % _BLOCK
    points = np.vstack([points, np.zeros((lacking, points.shape[1]))])
    alpha = np.concatenate([alpha, np.zeros(lacking)])
    out, half, run = np.zeros((len(at), 2**m)), (m + 1) // 2, _compiled()
    for weight, rate in zip(nodes.weight, nodes.rate, strict=True):
        outside = _background_means(background, points, float(rate), player, half)
        for begin in range(0, len(at), _ROWS):
            part = factors(at[begin : begin + _ROWS], points, float(rate), player)
            run(out[begin : begin + _ROWS], part, outside, weight * alpha, half)
    return out


def factors(
    A: NDArray[np.float64], points: NDArray[np.float64], rate: float, player: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Kernel of one node by player: (n, m, t)."""
    out = np.zeros((len(A), int(player.max()) + 1, len(points)))
    for column, j in enumerate(player):
        gap = A[:, column, None] - points[:, column]
        gap *= gap
        out[:, j] += gap
    out *= -rate
    np.exp(out, out=out)
    out[out < _NOTHING] = 0.0
    return out


def _background_means(
    background: NDArray[np.float64], points: NDArray[np.float64], rate: float,
    player: NDArray[np.int64], half: int,
) -> NDArray[np.float64]:  # fmt: skip
    """Means outside S of all training rows, in blocks: (blocks, 2**m, _BLOCK)."""
    blocks = len(points) // _BLOCK
    out = np.empty((blocks, 2 ** (int(player.max()) + 1), _BLOCK))
    for block in range(blocks):
        rows = points[block * _BLOCK : (block + 1) * _BLOCK]
        out[block] = means_outside(factors(background, rows, rate, player), half)
    return out


def means_outside(f: NDArray[Any], half: int) -> NDArray[Any]:
    """Mean over the background of the product of players outside S: (2**m, t) of (b, m, t)."""
    b, m, t = f.shape
    out = np.zeros((t, 2**m), f.dtype)
    for begin in range(0, b, 128):
        part = f[begin : begin + 128].transpose(2, 1, 0)
        low, high = _outside(part[:, :half]), _outside(part[:, half:])
        out += (high @ low.transpose(0, 2, 1)).reshape(t, 2**m)
    return np.ascontiguousarray(out.T) / b


def _outside(f: NDArray[Any]) -> NDArray[Any]:
    """Products over the players outside each subset: (t, 2**players, b) of (t, players, b)."""
    products = np.ones((f.shape[0], 1, f.shape[2]), f.dtype)
    for j in range(f.shape[1]):
        # New bit j: outside (bit 0) multiplies, inside (bit 1) does not.
        products = np.concatenate([products * f[:, j : j + 1], products], axis=1)
    return products


def products_inside(f: NDArray[Any]) -> NDArray[Any]:
    """Products over the players of each subset: (n, 2**players, t) of (n, players, t)."""
    products = np.ones((f.shape[0], 1, f.shape[2]), f.dtype)
    for j in range(f.shape[1]):
        products = np.concatenate([products, products * f[:, j : j + 1]], axis=1)
    return products
