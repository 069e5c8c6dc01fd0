r"""Weights of a composite index: entropy, CRITIC, first principal component, equal.

All take normalised values in [0, 1], one row an observation and one column an indicator, without
missing values, and return weights that sum to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.errors import UserError

if TYPE_CHECKING:
    from econometrics.grid import Array

Method = Literal["entropy", "critic", "pca", "equal"]
METHODS: tuple[Method, ...] = ("entropy", "critic", "pca", "equal")


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights of k indicators.

    Attributes
    ----------
    weights : (k,) array
        Sum to 1.
    information : (k,) array
        What the weights are made of: entropy for ``entropy``, information content C_j for
        ``critic``, loading for ``pca``, ones for ``equal``.
    n_obs : int
    """

    weights: Array
    information: Array
    n_obs: int


def entropy_weights(z: Array, *, zero_shift: float = 0.0) -> Weights:
    r"""Weigh indicators by how unevenly they are spread.

    With shares :math:`p_{ij} = z_{ij} / \sum_i z_{ij}` and :math:`e_j = -\sum_i p_{ij} \ln p_{ij}
    / \ln n`, the weight is :math:`(1 - e_j) / \sum_k (1 - e_k)`.

    Parameters
    ----------
    z : (n, k) array
        Normalised to [0, 1].
    zero_shift : float
        Added to every z before the shares. With 0 the limit :math:`0 \ln 0 = 0` is used; 1e-4 or
        1e-3 is common elsewhere and pulls weights slightly together.

    Notes
    -----
    A constant indicator has entropy 1 and weight 0. If all are constant the weights are equal.

    References
    ----------
    Shannon, C. E. (1948), Bell System Technical Journal 27; Zou, Yun and Sun (2006), Journal of
    Environmental Sciences 18(5).
    """
    n = len(_checked(z))
    shifted = z + zero_shift
    total = shifted.sum(axis=0)
    shares = np.divide(shifted, total, out=np.full(z.shape, 1 / n), where=total > 0)
    terms = np.where(shares > 0, shares * np.log(np.where(shares > 0, shares, 1.0)), 0.0)
    entropy = -terms.sum(axis=0) / np.log(n)
    constant = np.ptp(z, axis=0) == 0
    divergence = np.where(constant, 0.0, 1 - entropy)
    return Weights(_shares(divergence), np.where(constant, 1.0, entropy), n)


def critic_weights(z: Array) -> Weights:
    r"""Weigh by contrast and conflict: :math:`C_j = \sigma_j \sum_k (1 - r_{jk})`.

    References
    ----------
    Diakoulaki, D., Mavrotas, G. and Papayannakis, L. (1995), Computers and Operations Research 22(7).
    """
    spread = _checked(z).std(axis=0, ddof=1)
    conflict = (1 - correlation(z)).sum(axis=0)
    information = spread * conflict
    # A single indicator conflicts with none: its spread alone counts.
    return Weights(_shares(information if z.shape[1] > 1 else spread), information, len(z))


def pca_weights(z: Array) -> Weights:
    """Weigh by the squared loadings of the first principal component of the correlations.

    Squared loadings sum to 1 and have no sign, so the arbitrary sign of an eigenvector does not
    enter.
    """
    _checked(z)
    moving = np.ptp(z, axis=0) > 0
    loading = np.zeros(z.shape[1])
    if moving.any():
        loading[moving] = np.linalg.eigh(correlation(z[:, moving]))[1][:, -1]
    return Weights(_shares(loading**2), loading, len(z))


def equal_weights(z: Array) -> Weights:
    """Give every indicator the same weight."""
    k = _checked(z).shape[1]
    return Weights(np.full(k, 1 / k), np.ones(k), len(z))


def weigh(z: Array, method: Method, *, zero_shift: float = 0.0) -> Weights:
    """Weigh by the named method."""
    if method == "entropy":
        return entropy_weights(z, zero_shift=zero_shift)
    if method == "critic":
        return critic_weights(z)
    return pca_weights(z) if method == "pca" else equal_weights(z)


def correlation(z: Array) -> Array:
    """Pearson correlations; a constant column correlates 0 with others and 1 with itself."""
    centred = z - z.mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    scaled = np.divide(centred, norm, out=np.zeros_like(centred), where=norm > 0)
    r = np.clip(scaled.T @ scaled, -1, 1)
    np.fill_diagonal(r, 1.0)
    return r


def _shares(parts: Array) -> Array:
    total = parts.sum()
    return parts / total if total > 0 else np.full(len(parts), 1 / len(parts))


def _checked(z: Array) -> Array:
    if z.ndim != 2 or len(z) < 2 or z.shape[1] == 0:
        raise UserError(f"weights need at least 2 complete rows and 1 indicator, not {z.shape}")
    if not np.isfinite(z).all() or z.min() < 0 or z.max() > 1:
        raise UserError("weights need values in [0, 1] without gaps", fix="normalise first")
    return z
