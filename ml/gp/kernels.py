"""Kernels of features and places; one set of formulas for numpy (posterior) and torch (fit).

Structured: k = a0 M0(c, c') + sum_j a_j k_j + [sum_j b_j k_j] M1(c, c') + u 1[unit = unit'], where
each k_j is a Gaussian similarity plus a linear part with weights of its own (a_j, d_j globally,
b_j, e_j by place). Matern: one Matern over all features and the place. Jiao-Tao: the published
similarity, a weighted mean of Gaussians, plus a Matern over all columns with one length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

KernelName = Literal["structured", "matern", "jiao-tao"]
#: Smoothness of the Matern over places that can be chosen; the last is the Gaussian.
SMOOTHNESS = (0.5, 1.5, 2.5, float("inf"))


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Standardised rows: features (n, k), places (n, 2), unit codes (n,) with -1 for none."""

    X: NDArray[np.float64]
    C: NDArray[np.float64]
    unit: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.X)

    def take(self, rows: Any) -> Points:
        """Select rows."""
        return Points(self.X[rows], self.C[rows], self.unit[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Hyper:
    """Hyper-parameters on the standardised scale; variances that are zero switch a part off.

    Attributes
    ----------
    place_var, place_scale : float
        a0 and the range of M0.
    similarity, length, linear : (k,) array
        a_j, length of k_j, d_j.
    local, local_linear : (k,) array
        b_j, e_j.
    local_scale : float
        Range of M1.
    unit_var : float
    matern_var, matern_place : float
    matern_length : (k,) array
        Matern over features and place.
    noise : float
    """

    place_var: Any
    place_scale: Any
    similarity: Any
    length: Any
    linear: Any
    local: Any
    local_linear: Any
    local_scale: Any
    unit_var: Any
    matern_var: Any
    matern_place: Any
    matern_length: Any
    noise: Any


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Which entries of the parameter vector are what, and their log-normal priors."""

    kernel: KernelName
    k: int
    has_unit: bool

    def blocks(self) -> list[tuple[str, int, float, float]]:
        """List name, size, median and log standard deviation of each block."""
        k, unit = self.k, [("unit_var", 1, 0.1, 1.5)] if self.has_unit else []
        noise = [("noise", 1, 0.1, 1.5)]
        if self.kernel == "structured":
            return [
                ("place_var", 1, 0.2, 1.5), ("place_scale", 1, 1.0, 0.8),
                ("similarity", k, 0.1, 1.7), ("length", k, 1.5, 0.7), ("linear", k, 0.1, 1.7),
                ("local", k, 0.02, 1.7), ("local_linear", k, 0.1, 1.7),
                ("local_scale", 1, 1.0, 0.8), *unit, *noise,
            ]  # fmt: skip
        if self.kernel == "matern":
            return [
                ("matern_var", 1, 1.0, 1.5), ("matern_place", 1, 1.5, 1.0),
                ("matern_length", k, 2.5, 1.0), *unit, *noise,
            ]  # fmt: skip
        return [
            ("similarity", k, 0.3, 1.5), ("matern_var", 1, 0.1, 1.0),
            ("matern_length", 1, 2.0, 0.8), *unit, *noise,
        ]  # fmt: skip

    def size(self) -> int:
        """Count the parameters."""
        return sum(size for _, size, _, _ in self.blocks())

    def priors(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return means and standard deviations of the logarithms."""
        rows = [(np.full(n, np.log(m)), np.full(n, s)) for _, n, m, s in self.blocks()]
        return np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])

    def names(self, x: tuple[str, ...]) -> list[str]:
        """Name every parameter."""
        return [
            name if size == 1 else f"{name}[{x[i]}]"
            for name, size, _, _ in self.blocks() for i in range(size)
        ]  # fmt: skip

    def unpack(self, log_theta: Any, xp: Any = np) -> Hyper:
        """Turn the vector of logarithms into hyper-parameters (numpy or torch)."""
        theta = xp.exp(log_theta)
        zero = theta[:1] * 0.0
        k = self.k
        found: dict[str, Any] = {}
        at = 0
        for name, size, _, _ in self.blocks():
            found[name] = theta[at : at + size]
            at += size
        flat, ones = zero + xp.zeros_like(theta[:1]), zero + 1.0
        many = xp.concatenate([flat] * k)
        found.setdefault("length", many + 1.0)
        for name in ("similarity", "linear", "local", "local_linear"):
            found.setdefault(name, many)
        for name in ("place_var", "unit_var", "matern_var"):
            found.setdefault(name, flat)
        for name in ("place_scale", "local_scale"):
            found.setdefault(name, ones)
        if self.kernel == "jiao-tao":
            found["matern_place"] = found["matern_length"]
            found["matern_length"] = xp.concatenate([found["matern_length"]] * k)
        found.setdefault("matern_place", ones)
        found.setdefault("matern_length", many + 1.0)
        scalars = ("place_var", "place_scale", "local_scale", "unit_var", "matern_var",
                   "matern_place", "noise")  # fmt: skip
        return Hyper(**{n: v[0] if n in scalars else v for n, v in found.items()})


def matern(r: Any, nu: float, xp: Any = np) -> Any:
    """Matern correlation at scaled distance r for nu of 1/2, 3/2, 5/2; Gaussian for infinite nu.

    References
    ----------
    Rasmussen, C. E. and Williams, C. K. I. (2006). Gaussian Processes for Machine Learning, eq. 4.17.
    """
    if nu == 0.5:
        return xp.exp(-r)
    if nu == 1.5:
        s = 3**0.5 * r
        return (1.0 + s) * xp.exp(-s)
    if nu == np.inf:
        return xp.exp(-0.5 * r * r)
    s = 5**0.5 * r
    return (1.0 + s + s * s / 3.0) * xp.exp(-s)


def distances(A: NDArray[np.float64], B: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean distances (n, m)."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(A, B))


def same_unit(A: Points, B: Points) -> NDArray[np.float64]:
    """One where both rows are of one known unit."""
    return ((A.unit[:, None] == B.unit[None, :]) & (A.unit[:, None] >= 0)).astype(np.float64)


def gaussian(x: NDArray[np.float64], z: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    """Gaussian similarity of one feature (n, m)."""
    gap = x[:, None] - z[None, :]
    gap *= gap
    gap *= -0.5 / length**2
    return np.exp(gap, out=gap)


def covariance(h: Hyper, nu: float, A: Points, B: Points) -> NDArray[np.float64]:
    """Covariance of the function at two sets of points, without noise."""
    R = distances(A.C, B.C)
    out = float(h.place_var) * matern(R / h.place_scale, nu) if h.place_var else np.zeros_like(R)
    if h.unit_var:
        out += h.unit_var * same_unit(A, B)
    local = np.zeros_like(R)
    for j in range(A.X.shape[1]):
        a, b = A.X[:, j], B.X[:, j]
        if h.similarity[j] or h.local[j]:
            similar = gaussian(a, b, h.length[j])
            out += h.similarity[j] * similar
            local += h.local[j] * similar
        if h.linear[j] or h.local_linear[j]:
            cross = np.outer(a, b)
            out += h.linear[j] * cross
            local += h.local_linear[j] * cross
    if np.any(h.local) or np.any(h.local_linear):
        out += local * matern(R / h.local_scale, nu)
    if h.matern_var:
        out += h.matern_var * matern(distances(scaled(h, A), scaled(h, B)), nu)
    return out


def scaled(h: Hyper, A: Points) -> NDArray[np.float64]:
    """Features and places divided by the lengths of the joint Matern (n, k + 2)."""
    return np.hstack([A.X / h.matern_length, A.C / h.matern_place])


def variance(h: Hyper, A: Points) -> NDArray[np.float64]:
    """Prior variance of the function at points (n,)."""
    squares = A.X**2
    constant = h.place_var + h.similarity.sum() + h.local.sum() + h.matern_var
    known = (A.unit >= 0) * h.unit_var
    return constant + known + squares @ (h.linear + h.local_linear)
