r"""GeoShapley of the structured kernel in closed form, with its posterior variance.

The posterior mean is ``mu + h(c) + sum_j g_j(x_j) + sum_j m_j(x_j, c)``, the very form of GeoShapley,
so with means over the background b (Li 2024, eq. 8, exact for any positive weights)

    phi_j       = g_j(x_j) - E g_j + E_b m_j(x_j, c_b) - E_b m_j(b_j, c_b)
    GEO         = h(c) - E h + sum_j [E_b m_j(b_j, c) - E_b m_j(b_j, c_b)]
    phi_(GEO,j) = m_j(x_j, c) - E_b m_j(x_j, c_b) - E_b m_j(b_j, c) + E_b m_j(b_j, c_b).

Each is linear in f, so its posterior is normal: prior variance of the functional minus what the
data explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.gp.kernels import Hyper, Points, distances, gaussian, matern, same_unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.gp.model import State

_BLOCK = 512
_CROSS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Means of the 2k + 1 terms (primary, GEO, interactions), standardised.

    Attributes
    ----------
    mean : (n, 2k + 1) array
    base : float
        Mean of f over the background.
    """

    mean: NDArray[np.float64]
    base: float


@dataclass(frozen=True, slots=True, eq=False)
class _Kernels:
    """Per feature, global and local kernel values between two sets of rows."""

    wide: NDArray[np.float64]
    local: NDArray[np.float64]


def _feature(h: Hyper, j: int, A: Points, B: Points) -> _Kernels:
    similar = gaussian(A.X[:, j], B.X[:, j], float(h.length[j]))
    cross = np.outer(A.X[:, j], B.X[:, j])
    return _Kernels(
        h.similarity[j] * similar + h.linear[j] * cross,
        h.local[j] * similar + h.local_linear[j] * cross,
    )


def _place(
    h: Hyper, nu: float, A: Points, B: Points
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Covariance of the broad trend with unit effects, and correlation of the local surfaces."""
    R = distances(A.C, B.C)
    trend = h.place_var * matern(R / h.place_scale, nu)
    if h.unit_var:
        trend = trend + h.unit_var * same_unit(A, B)
    return trend, matern(R / h.local_scale, nu)


def structured_means(
    state: State, nu: float, points: Points, at: Points, background: Points
) -> Moments:
    """Attributions at the posterior mean: (n + b) m operations a feature, no coalitions."""
    h, alpha, k = state.hyper, state.alpha, at.X.shape[1]
    trend_b, near_b = _place(h, nu, background, points)
    near_mean = near_b.mean(axis=0)
    base = float(trend_b.mean(axis=0) @ alpha)
    height = base
    # Per feature, vectors over training rows that stay the same for all blocks.
    parts = []
    for j in range(k):
        K = _feature(h, j, background, points)
        wide, local = K.wide.mean(axis=0), K.local.mean(axis=0)
        joint = float(np.einsum("bt,bt,t->", K.local, near_b, alpha, optimize=True)) / len(
            background
        )
        parts.append((float(wide @ alpha), local * alpha, joint))
        base += parts[-1][0] + joint
    out = np.empty((len(at), 2 * k + 1))
    for begin in range(0, len(at), _BLOCK):
        rows = at.take(slice(begin, begin + _BLOCK))
        trend, near = _place(h, nu, rows, points)
        geo = trend @ alpha - height
        for j in range(k):
            z, t = rows.X[:, j], points.X[:, j]
            level, local_alpha, joint = parts[j]
            similar = gaussian(z, t, float(h.length[j]))
            g = similar @ (h.similarity[j] * alpha) + z * (h.linear[j] * (t @ alpha))
            mean_alpha = near_mean * alpha
            here = similar @ (h.local[j] * mean_alpha) + z * (h.local_linear[j] * (t @ mean_alpha))
            there = near @ local_alpha
            similar *= near
            m = similar @ (h.local[j] * alpha) + z * (near @ (h.local_linear[j] * t * alpha))
            out[begin : begin + _BLOCK, j] = g - level + here - joint
            out[begin : begin + _BLOCK, k + 1 + j] = m - here - there + joint
            geo += there - joint
        out[begin : begin + _BLOCK, k] = geo
    return Moments(out, base)


def structured_variances(
    state: State, nu: float, points: Points, at: Points, background: Points
) -> NDArray[np.float64]:
    """Posterior variances of the terms (n, 2k + 1)."""
    var = prior_variances(state.hyper, nu, at, background)
    behind = _behind(state.hyper, nu, points, background)
    for begin in range(0, len(at), _CROSS):
        cut = slice(begin, begin + _CROSS)
        cross = _cross(state.hyper, nu, points, at.take(cut), behind)
        white = cross.reshape(-1, len(points)) @ state.root
        var[cut] -= np.einsum("ij,ij->i", white, white).reshape(-1, var.shape[1])
    return np.maximum(var, 0.0)


def structured_cross(
    state: State, nu: float, points: Points, at: Points, background: Points
) -> NDArray[np.float64]:
    """Prior covariance of each term and f at the training rows: (n, 2k + 1, t)."""
    behind = _behind(state.hyper, nu, points, background)
    return _cross(state.hyper, nu, points, at, behind)


@dataclass(frozen=True, slots=True, eq=False)
class _Behind:
    """Means over the background, by training row: trend, nearness, and by feature what is needed."""

    trend: NDArray[np.float64]
    near: NDArray[np.float64]
    wide: list[NDArray[np.float64]]
    local: list[NDArray[np.float64]]
    joint: list[NDArray[np.float64]]


def _behind(h: Hyper, nu: float, points: Points, background: Points) -> _Behind:
    trend, near = _place(h, nu, background, points)
    found = _Behind(trend.mean(axis=0), near.mean(axis=0), [], [], [])
    for j in range(points.X.shape[1]):
        K = _feature(h, j, background, points)
        found.wide.append(K.wide.mean(axis=0))
        found.local.append(K.local.mean(axis=0))
        found.joint.append((K.local * near).mean(axis=0))
    return found


def _cross(h: Hyper, nu: float, points: Points, at: Points, behind: _Behind) -> NDArray[np.float64]:
    k = at.X.shape[1]
    out = np.empty((len(at), 2 * k + 1, len(points)))
    trend, near = _place(h, nu, at, points)
    out[:, k] = trend - behind.trend
    for j in range(k):
        K, joint = _feature(h, j, at, points), behind.joint[j]
        here, there = K.local * behind.near, near * behind.local[j]
        out[:, j] = K.wide + here - (behind.wide[j] + joint)
        out[:, k + 1 + j] = K.local * near - here - there + joint
        out[:, k] += there - joint
    return out


def _explained(cross: NDArray[np.float64], root: NDArray[np.float64]) -> NDArray[np.float64]:
    white = cross @ root
    return np.asarray(np.einsum("ij,ij->i", white, white))


def prior_variances(h: Hyper, nu: float, at: Points, b: Points) -> NDArray[np.float64]:
    """Prior variance of each term: the kernel applied to the functional twice."""
    k, n = at.X.shape[1], len(at)
    trend_ab, near_ab = _place(h, nu, at, b)
    trend_bb, near_bb = _place(h, nu, b, b)
    near_b = near_bb.mean(axis=1)
    near_all, near_a = float(near_bb.mean()), near_ab.mean(axis=1)
    out = np.empty((n, 2 * k + 1))
    own = h.place_var + h.unit_var * (at.unit >= 0)
    out[:, k] = own - 2 * trend_ab.mean(axis=1) + trend_bb.mean()
    for j in range(k):
        ab, bb = _feature(h, j, at, b), _feature(h, j, b, b)
        square = at.X[:, j] ** 2
        wide = h.similarity[j] + h.linear[j] * square
        local = h.local[j] + h.local_linear[j] * square
        row_b = bb.local.mean(axis=1)
        PP, RR, mm = local * near_all, float(bb.local.mean()), local
        mP, mR, PR = local * near_a, ab.local.mean(axis=1), ab.local.mean(axis=1) * near_a
        JJ = float((bb.local * near_bb).mean())
        mJ, PJ = (ab.local * near_ab).mean(axis=1), (ab.local * near_b).mean(axis=1)
        RJ = (near_ab * row_b).mean(axis=1)
        out[:, j] = wide - 2 * ab.wide.mean(axis=1) + bb.wide.mean() + PP - 2 * PJ + JJ
        out[:, k] += RR - 2 * RJ + JJ
        out[:, k + 1 + j] = mm + PP + RR + JJ - 2 * mP - 2 * mR + 2 * mJ + 2 * PR - 2 * PJ - 2 * RJ
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Local coefficients df/dx_j with standard deviations (n, k), standardised."""

    mean: NDArray[np.float64]
    var: NDArray[np.float64]


def structured_slopes(state: State, nu: float, points: Points, at: Points) -> Slopes:
    """Posterior of the derivative in each feature at rows (Rasmussen and Williams 2006, sec. 9.4)."""
    h, k = state.hyper, at.X.shape[1]
    mean, var = np.empty((len(at), k)), np.empty((len(at), k))
    for begin in range(0, len(at), _BLOCK):
        rows, cut = at.take(slice(begin, begin + _BLOCK)), slice(begin, begin + _BLOCK)
        _, near = _place(h, nu, rows, points)
        for j in range(k):
            z, t = rows.X[:, j], points.X[:, j]
            bend = -(z[:, None] - t) / h.length[j] ** 2 * gaussian(z, t, float(h.length[j]))
            cross = h.similarity[j] * bend + h.linear[j] * t
            cross += (h.local[j] * bend + h.local_linear[j] * t) * near
            prior = (h.similarity[j] + h.local[j]) / h.length[j] ** 2
            prior += h.linear[j] + h.local_linear[j]
            mean[cut, j] = cross @ state.alpha
            var[cut, j] = np.maximum(prior - _explained(cross, state.root), 0.0)
    return Slopes(mean, var)
