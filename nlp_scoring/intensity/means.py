r"""Weighted means of many reports at once, with covariances between dimensions.

The mean of a report is a ratio of two sums over its sentences, :math:`R = \sum w y / \sum w`. With
residuals :math:`e = w (y - R)` its linearised variance is

.. math:: \frac{g}{g - 1} \frac{\sum_c (\sum_{i \in c} e_i)^2}{(\sum w)^2}

over g clusters: sentences for the plain error, paragraphs for the clustered one (Cochran 1977,
Sampling Techniques, ch. 6 and eq. 9.7, without the finite correction). All dimensions share their
sentences, so the same sum over products gives their covariances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class RatioMeans:
    """Means of r groups in d columns.

    Attributes
    ----------
    mean : (r, d) array
    vcov, vcov_clustered : (r, d, d) array
        Covariances of the means of each group; NaN where it has a single sentence or cluster.
    n, n_clusters : (r,) array
    """

    mean: NDArray[np.float64]
    vcov: NDArray[np.float64]
    vcov_clustered: NDArray[np.float64]
    n: NDArray[np.int64]
    n_clusters: NDArray[np.int64]


def ratio_means(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    groups: NDArray[np.int64],
    clusters: NDArray[np.int64],
) -> RatioMeans:
    """Average values by group.

    Parameters
    ----------
    values : (n, d) array
    weights : (n,) array
        Positive.
    groups : (n,) array
        0, 1, ..., r - 1, each at least once.
    clusters : (n,) array
        Cluster within the group; the same number in another group is another cluster.
    """
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    total = _sums(weights[:, None], groups, n_groups)
    mean = _sums(weights[:, None] * values, groups, n_groups) / total
    residual = weights[:, None] * (values - mean[groups])
    pairs, cluster = np.unique(np.column_stack([groups, clusters]), axis=0, return_inverse=True)
    by_cluster = _sums(residual, cluster.reshape(-1), len(pairs))
    owner = pairs[:, 0].astype(np.int64)
    return RatioMeans(
        mean=mean,
        vcov=_linearised(residual, groups, total),
        vcov_clustered=_linearised(by_cluster, owner, total),
        n=np.bincount(groups, minlength=n_groups),
        n_clusters=np.bincount(owner, minlength=n_groups),
    )


def _sums(
    columns: NDArray[np.float64], groups: NDArray[np.int64], n_groups: int
) -> NDArray[np.float64]:
    sums = [np.bincount(groups, weights=c, minlength=n_groups) for c in columns.T]
    return np.column_stack(sums) if sums else np.empty((n_groups, 0))


def _linearised(
    residual: NDArray[np.float64], groups: NDArray[np.int64], total: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum products of residuals by group: ``g / (g - 1) * sum / total ** 2``."""
    d, g = residual.shape[1], np.bincount(groups, minlength=len(total)).astype(np.float64)
    products = (residual[:, :, None] * residual[:, None, :]).reshape(-1, d * d)
    factor = np.divide(g, g - 1, out=np.full(len(g), np.nan), where=g > 1)
    sums = _sums(products, groups, len(total)) * (factor[:, None] / total**2)
    return sums.reshape(-1, d, d)


def standard_errors(
    vcov: NDArray[np.float64], coefficients: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Error of :math:`a' \bar y` in each group, a held fixed: :math:`\sqrt{a' V a}`.

    Parameters
    ----------
    vcov : (r, d, d) array
    coefficients : (d,) array
    """
    variance = np.einsum("i,rij,j->r", coefficients, vcov, coefficients)
    return np.sqrt(np.maximum(variance, 0.0))  # rounding; NaN stays NaN
