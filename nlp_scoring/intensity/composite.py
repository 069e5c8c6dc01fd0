"""One number a report out of its dimensions: mean, entropy weights, first principal component.

Each is a linear combination of the intensities, ``constant + coefficients @ intensity``. Standard
errors hold the coefficients fixed (delta method over the sentences of the report): they tell how
well the report's index is measured, given the weights, and not how the weights would vary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.errors import UserError
from nlp_scoring.intensity.reports import linear_rows

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from nlp_scoring.intensity.reports import ReportMeans

Method = Literal["mean", "entropy", "pca"]
COMPOSITE = "composite"
#: A dimension whose range is below this share of its size does not vary.
FLAT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class CompositeWeights:
    """How a composite is made of k dimensions.

    Attributes
    ----------
    method : {"mean", "entropy", "pca"}
    coefficients : (k,) array
        Multiply the intensities; sum to 1 except for ``pca``.
    constant : float
        Added; 0 except for ``pca``.
    loadings : (k,) array
        Of the component, unit length; for the others equal to ``coefficients``.
    variance, share : float
        Eigenvalue of the component, and its share of the standardised variance; NaN for the
        others.
    n_reports : int
        Rows that the weights are computed over.
    """

    method: Method
    coefficients: NDArray[np.float64]
    constant: float
    loadings: NDArray[np.float64]
    variance: float
    share: float
    n_reports: int


def composite_weights(x: NDArray[np.float64], method: Method) -> CompositeWeights:
    """Weigh the columns of intensities by the named method.

    Parameters
    ----------
    x : (r, k) array
        One row a report.

    Raises
    ------
    UserError
        When entropy or component are asked of fewer than two rows, or nothing varies.
    """
    if method != "mean" and len(x) < 2:
        raise UserError(
            f"{method} weights need at least 2 region-years, not {len(x)}",
            where="--composite",
            fix="show more of them, or use --composite mean",
        )
    if method == "pca":
        return _component(x)
    k = x.shape[1]
    weights = entropy_weights(x) if method == "entropy" else np.full(k, 1 / k)
    nan = float("nan")
    return CompositeWeights(method, weights, 0.0, weights, nan, nan, len(x))


def entropy_weights(x: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Weigh columns by how unevenly they are spread over the rows.

    Each column is brought to [0, 1] by its least and greatest value; with shares
    :math:`p_{ij} = z_{ij} / \sum_i z_{ij}` and :math:`e_j = -\sum_i p_{ij} \ln p_{ij} / \ln r`,
    where :math:`0 \ln 0 = 0`, the weight is :math:`(1 - e_j) / \sum_k (1 - e_k)`.

    Notes
    -----
    A column that does not vary has weight 0; if none varies all weigh the same.

    References
    ----------
    Zou, Yun and Sun (2006), Journal of Environmental Sciences 18(5).
    """
    spread, moving = _spread(x)
    z = (x - x.min(axis=0)) / np.where(moving, spread, 1.0)
    total = z.sum(axis=0)
    p = z / np.where(moving, total, 1.0)
    logs = np.log(p, where=p > 0, out=np.zeros_like(p))
    entropy = -(p * logs).sum(axis=0) / np.log(len(x))
    divergence = np.where(moving, np.maximum(1.0 - entropy, 0.0), 0.0)
    whole = divergence.sum()
    return np.asarray(divergence / whole) if whole > 0 else np.full(x.shape[1], 1 / x.shape[1])


def _component(x: NDArray[np.float64]) -> CompositeWeights:
    """First principal component of standardised columns: mean 0, variance its eigenvalue.

    An eigenvector has no sign of its own. Here the loadings sum to more than 0; where they sum to
    0, the first that is not 0 is positive.
    """
    _, moving = _spread(x)
    if not moving.any():
        raise UserError(
            "no dimension varies over these region-years",
            where="--composite",
            fix="show more of them, or use --composite mean",
        )
    centre, scale = x.mean(axis=0), np.where(moving, x.std(axis=0, ddof=1), 1.0)
    z = ((x - centre) / scale)[:, moving]
    values, vectors = np.linalg.eigh(z.T @ z / (len(x) - 1))
    loadings = np.zeros(x.shape[1])
    loadings[moving] = vectors[:, -1]
    total = loadings.sum()
    first = loadings[np.abs(loadings) > FLAT][0]
    loadings = loadings * np.sign(total if abs(total) > 1e-9 else first)
    coefficients = loadings / scale
    return CompositeWeights(
        method="pca", coefficients=coefficients, constant=-float(coefficients @ centre),
        loadings=loadings, variance=float(values[-1]), share=float(values[-1] / values.sum()),
        n_reports=len(x),
    )  # fmt: skip


def _spread(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    spread = np.ptp(x, axis=0)
    return spread, spread > FLAT * np.maximum(np.abs(x).max(axis=0), FLAT)


def composite_rows(found: ReportMeans, weights: CompositeWeights) -> pd.DataFrame:
    """Lay the composite out with the columns of the ``report_score`` table, one row a report."""
    return linear_rows(found, weights.coefficients, COMPOSITE, weights.constant)


def describe(weights: CompositeWeights, dimensions: tuple[str, ...]) -> str:
    """Tell the weights in one line."""
    parts = ", ".join(
        f"{name} {value:.4f}" for name, value in zip(dimensions, weights.loadings, strict=True)
    )
    over = f"over {weights.n_reports} region-years"
    fixed = "std_error holds them fixed"
    if weights.method == "mean":
        return f"composite mean: weights {parts}; {fixed}"
    if weights.method == "entropy":
        return f"composite entropy: weights {parts}; {over}; {fixed}"
    return (
        f"composite pca: loadings {parts} of standardised intensities; {weights.share:.1%} of "
        f"variance; {over}: mean 0, variance the eigenvalue {weights.variance:.4f}; {fixed}"
    )
