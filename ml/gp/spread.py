r"""Posterior variances of GeoShapley terms where a GP has a Matern part.

A term is a linear functional L of f; with K the noisy covariance of the training rows and
G = Cov(L f, f(rows)) K^-1,

    Var(L f | y) = sum over parts of Var(L f_part - G f_part(rows)) + noise |G|^2,

each part at least zero, so nothing cancels. Structured parts are in closed form. A stationary part
is a mixture of waves exp(i w.z), on which coalition values are products: the variance is the mean
of |L wave - G wave(rows)|^2 over w from its spectral density, by scrambled Sobol points with weights. That mean
is the only approximation; `matern_variances` returns its standard error.

References
----------
Rasmussen, C. E. and Williams, C. K. I. (2006). Gaussian Processes for Machine Learning, sec. 4.2.1.
Chau, S. L., Muandet, K. and Sejdinovic, D. (2023). Explaining the uncertain: stochastic Shapley
values for Gaussian process models. NeurIPS 36.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.coalitions import projector
from ml.gp.closed_form import prior_variances, structured_cross
from ml.gp.kernels import covariance, scaled
from ml.gp.mixture import factors, means_outside, mixture_nodes, products_inside

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ml.gp.kernels import Points
    from ml.gp.model import State

_ROWS = 8
_COLUMNS = 64


def matern_variances(
    state: State, nu: float, points: Points, at: Points, background: Points, *,
    waves: int = 1024, seed: int = 0,
) -> tuple[NDArray[np.float64], float]:  # fmt: skip
    """Posterior variances (n, 2k + 1), standardised, and the relative Monte Carlo error.

    Parameters
    ----------
    waves : int
        Sobol points, a power of two.

    Returns
    -------
    var : (n, 2k + 1) array
    error : float
        Median over terms and rows of the standard error of a standard deviation, relative; of
        independent draws, which Sobol points undercut.
    """
    h, k = state.hyper, at.X.shape[1]
    player = np.minimum(np.arange(k + 2), k)
    nodes = mixture_nodes(nu)
    rows, trained, behind = scaled(h, at), scaled(h, points), scaled(h, background)
    cross = h.matern_var * _linear(
        nodes.weight, rows, behind, trained,
        lambda A, q, columns: factors(A, columns, float(nodes.rate[q]), player),
    )  # fmt: skip
    known = structured_cross(state, nu, points, at, background)
    G = (cross + known) @ state.root @ state.root.T
    rest = covariance(replace(h, matern_var=0.0), nu, points, points)
    var = prior_variances(h, nu, at, background) - 2 * np.einsum("npt,npt->np", G, known)
    var += np.einsum("npt,npt->np", G @ rest, G)
    var = np.maximum(var, 0.0) + (h.noise + 1e-9) * np.einsum("npt,npt->np", G, G)
    total, square = np.zeros_like(var), np.zeros_like(var)
    frequency, weight = _frequencies(nu, rows.shape[1], waves, seed)
    for begin in range(0, waves, 256):
        w = frequency[begin : begin + 256]
        found = _linear(np.ones(1), rows, behind, w, lambda A, _, w: _waves(A, w, player))
        phase = trained @ w.T
        size = (found.real - G @ np.cos(phase)) ** 2 + (found.imag - G @ np.sin(phase)) ** 2
        size *= weight[begin : begin + 256]
        total += size.sum(axis=2)
        square += (size**2).sum(axis=2)
    mean = total / waves
    spread = np.sqrt(np.maximum(square / waves - mean**2, 0.0) / waves)
    var = var + h.matern_var * mean
    error = 0.5 * h.matern_var * spread / np.maximum(var, 1e-300)
    return var, float(np.median(error))


#: Gaussian frequencies are drawn with this standard deviation, and weighted back.
WIDER = 1.3


def _frequencies(
    nu: float, width: int, count: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sobol points of the spectral density of a Matern with lengths of one, and their weights.

    Data leave the high frequencies open, which are rare: they are drawn more often (scale from a
    gamma distribution of a third of the shape) and weighted back, by at most a bounded factor.
    """
    from scipy.special import gammaincinv, gammaln, ndtri
    from scipy.stats import qmc

    sobol = qmc.Sobol(width + 1, scramble=True, rng=np.random.default_rng(seed))
    u = np.clip(sobol.random(count), 1e-12, 1 - 1e-12)
    if np.isinf(nu):
        w = WIDER * ndtri(u[:, :-1])
        return w, np.asarray(WIDER**width * np.exp(-0.5 * (1 - WIDER**-2) * (w**2).sum(axis=1)))
    drawn = nu / 3
    scale = np.maximum(gammaincinv(drawn, u[:, -1]) / drawn, 1e-12)
    log_weight = (nu - drawn) * (np.log(scale) - scale)
    log_weight += nu * np.log(nu) - gammaln(nu) - drawn * np.log(drawn) + gammaln(drawn)
    return np.asarray(ndtri(u[:, :-1]) / np.sqrt(scale)[:, None]), np.exp(log_weight)


def _waves(
    A: NDArray[np.float64], w: NDArray[np.float64], player: NDArray[np.int64]
) -> NDArray[np.complex128]:
    phase = np.stack(
        [A[:, player == j] @ w[:, player == j].T for j in range(int(player.max()) + 1)], axis=1
    )
    return np.exp(1j * phase)


def _linear(
    weights: NDArray[np.float64], rows: NDArray[np.float64], behind: NDArray[np.float64],
    columns: NDArray[np.float64], factor: Callable[..., NDArray[Any]],
) -> NDArray[Any]:  # fmt: skip
    """GeoShapley terms of sum_q weight_q prod_j f_qj, column by column: (n, 2k + 1, columns).

    Parameters
    ----------
    rows, behind : (n, d), (b, d) arrays
    columns : (c, d) array
        Training rows or frequencies.
    factor : callable
        ``factor(rows, q, columns)``: factors of product q by player, (rows, k + 1, columns).
    """
    k = rows.shape[1] - 2
    A, half = projector(k), (k + 2) // 2
    found = []
    step = max(1, _ROWS * 256 // 2 ** (k + 1))
    for left in range(0, len(columns), _COLUMNS):
        cut = columns[left : left + _COLUMNS]
        outside = [w * means_outside(factor(behind, q, cut), half) for q, w in enumerate(weights)]
        parts = []
        for begin in range(0, len(rows), step):
            part = rows[begin : begin + step]
            values = np.zeros((len(part), 2 ** (k + 1), len(cut)), outside[0].dtype)
            for q, means in enumerate(outside):
                f = factor(part, q, cut)
                low, high = products_inside(f[:, :half]), products_inside(f[:, half:])
                both = (high[:, :, None] * low[:, None]).reshape(values.shape)
                both *= means
                values += both
            # Matrix products of real arrays, so complex ones are seen as pairs of columns.
            parts.append((A @ values.view(np.float64)).view(values.dtype))
        found.append(np.concatenate(parts))
    return np.concatenate(found, axis=2)
