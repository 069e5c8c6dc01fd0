"""Penalised log marginal likelihood with its gradient in closed form, in numpy.

With a = K^-1 y and G = K^-1 - a a', the slope of minus the log likelihood in a hyper-parameter is half the
sum of G * dK. Kernel values are made in bands of the lower triangle that stay in the cache, and
made anew for the slopes: reading them back from memory would take longer.

References
----------
Rasmussen, C. E. and Williams, C. K. I. (2006). Gaussian Processes for Machine Learning, eq. 5.9.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.gp.kernels import Hyper, Layout, Points, distances, matern, same_unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGE = 1e10
#: Rows of a band.
_BAND = 48


def matern_slope(r: NDArray[np.float64], nu: float) -> NDArray[np.float64]:
    """Minus M'(r) / r of the Matern correlation; at r = 0 with nu = 1/2 it has no limit."""
    if nu == 0.5:
        return np.exp(-r) / np.maximum(r, 1e-9)
    if nu == np.inf:
        return np.asarray(np.exp(-0.5 * r * r))
    s = np.sqrt(2 * nu) * r
    return 3.0 * np.exp(-s) if nu == 1.5 else (5.0 / 3.0) * (1.0 + s) * np.exp(-s)


class ClosedTarget:
    """Minus log marginal likelihood minus log prior, as `ml.gp.fit.Target` but without autograd."""

    def __init__(self, layout: Layout, nu: float, points: Points, y: NDArray[np.float64]) -> None:
        self.layout, self.nu, self.points, self.y = layout, nu, points, y
        self.place = distances(points.C, points.C)
        self.prior = layout.priors()
        n = len(points)
        self.bands = [(begin, min(begin + _BAND, n)) for begin in range(0, n, _BAND)]
        # Below the diagonal every pair stands for two.
        self.weight = 2.0 * np.tri(_BAND, k=-1) + np.eye(_BAND)

    def value(self, log_theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Objective and gradient; a matrix that is not positive definite gives a large value."""
        h = self.layout.unpack(np.asarray(log_theta))
        K = np.empty((len(self.y), len(self.y)))
        for begin, end in self.bands:
            K[begin:end, :end] = self._band(h, begin, end).covariance()
        K[np.diag_indices_from(K)] += h.noise
        solved = _solve(K, self.y)
        if solved is None:
            return _LARGE, np.zeros(len(log_theta))
        alpha, half_logdet, inverse = solved
        slopes = {block[0]: np.zeros(block[1]) for block in self.layout.blocks()}
        for begin, end in self.bands:
            G = inverse[begin:end, :end] - np.outer(alpha[begin:end], alpha[:end])
            G[:, :begin] *= 2.0
            G[:, begin:] *= self.weight[: end - begin, : end - begin]
            slopes["noise"] += h.noise * np.trace(G[:, begin:])
            for name, slope in self._band(h, begin, end).slopes(G).items():
                slopes[name] += slope
        mean, sd = self.prior
        z = (log_theta - mean) / sd
        log_2pi = np.log(2 * np.pi)
        loss = 0.5 * self.y @ alpha + half_logdet + 0.5 * len(self.y) * log_2pi
        loss += 0.5 * z @ z + np.log(sd).sum() + 0.5 * len(z) * log_2pi
        return float(loss), 0.5 * np.concatenate(list(slopes.values())) + z / sd

    def _band(self, h: Hyper, begin: int, end: int) -> _Band:
        kind = _Structured if self.layout.kernel == "structured" else _Joint
        rows, columns = self.points.take(slice(begin, end)), self.points.take(slice(0, end))
        return kind(self, h, rows, columns, self.place[begin:end, :end])


def _solve(
    K: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]] | None:
    """K^-1 y, half the log determinant, and K^-1; of both matrices the lower triangle."""
    from scipy.linalg import lapack

    U, info = lapack.dpotrf(K.T, lower=0, clean=0, overwrite_a=1)
    if info != 0:
        return None
    alpha, _ = lapack.dpotrs(U, y, lower=0)
    half_logdet = float(np.log(np.diagonal(U)).sum())
    inverse, _ = lapack.dpotri(U, lower=0, overwrite_c=1)
    return alpha, half_logdet, inverse.T


class _Band(ABC):
    """Kernel values between some rows and all rows up to them."""

    def __init__(
        self, target: ClosedTarget, h: Hyper, A: Points, B: Points, place: NDArray[np.float64]
    ) -> None:
        self.h, self.nu, self.A, self.B, self.place = h, target.nu, A, B, place
        self.kernel = target.layout.kernel
        self.gaps = [np.square(a[:, None] - b[None, :]) for a, b in zip(A.X.T, B.X.T, strict=True)]
        self.same = same_unit(A, B) if target.layout.has_unit else None
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Evaluate what covariance and slopes share."""

    @abstractmethod
    def covariance(self) -> NDArray[np.float64]:
        """Covariance of f."""

    @abstractmethod
    def slopes(self, G: NDArray[np.float64]) -> dict[str, Any]:
        """Sum G with the derivative of K in each logarithm."""

    def known(self) -> Any:
        """Covariance of unit effects."""
        return 0.0 if self.same is None else self.h.unit_var * self.same

    def unit_slope(self, G: NDArray[np.float64]) -> dict[str, Any]:
        """Slope in the variance of unit effects, where there are any."""
        return {} if self.same is None else {"unit_var": self.h.unit_var * np.vdot(G, self.same)}


class _Structured(_Band):
    """Kernel values of the structured kernel."""

    def prepare(self) -> None:
        h = self.h
        for gap, length in zip(self.gaps, h.length, strict=True):
            gap *= 1 / length**2
        self.similar = [np.exp(-0.5 * gap) for gap in self.gaps]
        self.r0, self.r1 = self.place / h.place_scale, self.place / h.local_scale
        self.M0, self.M1 = matern(self.r0, self.nu), matern(self.r1, self.nu)
        self.local = (self.A.X * h.local_linear) @ self.B.X.T
        for weight, similar in zip(h.local, self.similar, strict=True):
            self.local += weight * similar

    def covariance(self) -> NDArray[np.float64]:
        """Covariance of f."""
        h = self.h
        K = self.local * self.M1
        K += h.place_var * self.M0
        K += (self.A.X * h.linear) @ self.B.X.T
        for weight, similar in zip(h.similarity, self.similar, strict=True):
            K += weight * similar
        K += self.known()
        return K

    def slopes(self, G: NDArray[np.float64]) -> dict[str, Any]:
        """Sum G with the derivative of K in each logarithm."""
        h, k = self.h, self.A.X.shape[1]
        near = G * self.M1
        found: dict[str, Any] = self.unit_slope(G) | {
            "place_var": h.place_var * np.vdot(G, self.M0),
            "place_scale": h.place_var * _scale_slope(G, self.r0, self.nu),
            "local_scale": _scale_slope(G * self.local, self.r1, self.nu),
            "linear": h.linear * np.einsum("ij,ij->j", self.A.X, G @ self.B.X),
            "local_linear": h.local_linear * np.einsum("ij,ij->j", self.A.X, near @ self.B.X),
            "similarity": np.empty(k), "local": np.empty(k), "length": np.empty(k),
        }  # fmt: skip
        for j in range(k):
            wide, local = G * self.similar[j], near * self.similar[j]
            found["similarity"][j] = h.similarity[j] * wide.sum()
            found["local"][j] = h.local[j] * local.sum()
            found["length"][j] = h.similarity[j] * np.vdot(wide, self.gaps[j])
            found["length"][j] += h.local[j] * np.vdot(local, self.gaps[j])
        return found


def _scale_slope(G: NDArray[np.float64], r: NDArray[np.float64], nu: float) -> float:
    bend = matern_slope(r, nu)
    bend *= r
    bend *= r
    return float(np.vdot(G, bend))


class _Joint(_Band):
    """One Matern over features and place, with the published similarities where they belong."""

    def prepare(self) -> None:
        h = self.h
        published = self.kernel == "jiao-tao"
        self.similar = [np.exp(-0.5 * gap) for gap in self.gaps] if published else []
        self.gaps = [gap / s**2 for gap, s in zip(self.gaps, h.matern_length, strict=True)]
        self.far = np.square(self.place / h.matern_place)
        self.r = np.sqrt(sum(self.gaps, self.far))
        self.M = matern(self.r, self.nu)

    def covariance(self) -> NDArray[np.float64]:
        """Covariance of f."""
        K = self.h.matern_var * self.M
        for weight, similar in zip(self.h.similarity, self.similar, strict=False):
            K += weight * similar
        return np.asarray(K + self.known())

    def slopes(self, G: NDArray[np.float64]) -> dict[str, Any]:
        """Sum G with the derivative of K in each logarithm."""
        h = self.h
        bend = h.matern_var * G * matern_slope(self.r, self.nu)
        far = np.vdot(bend, self.far)
        lengths = np.array([np.vdot(bend, gap) for gap in self.gaps])
        found = self.unit_slope(G) | {"matern_var": h.matern_var * np.vdot(G, self.M)}
        if self.kernel == "matern":
            return found | {"matern_place": far, "matern_length": lengths}
        sizes = [a * np.vdot(G, s) for a, s in zip(h.similarity, self.similar, strict=False)]
        return found | {"similarity": np.array(sizes), "matern_length": far + lengths.sum()}
