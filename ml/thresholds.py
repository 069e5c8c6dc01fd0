"""Thresholds in SHAP dependence: two-piece hinge and LOWESS zero crossing, refitted by bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Hinge:
    """Continuous two-piece line.

    Attributes
    ----------
    knot : float
    below, above : float
        Slopes.
    gain : float
        Share of the straight line's residual sum of squares that the knot removes.
    """

    knot: float
    below: float
    above: float
    gain: float


def fit_hinge(x: NDArray[np.float64], phi: NDArray[np.float64], points: int = 161) -> Hinge:
    """Least squares over a grid of knots between the 10 and 90 % quantiles (Hansen 2017)."""
    grid = np.unique(np.quantile(x, np.linspace(0.1, 0.9, points)))
    centre, spread = x.mean(), x.std()
    z, knots = (x - centre) / spread, (grid - centre) / spread
    straight = np.column_stack([np.ones_like(z), z])
    Q, _ = np.linalg.qr(straight)
    rest = phi - Q @ (Q.T @ phi)
    bends = np.maximum(z[:, None] - knots[None, :], 0.0)
    bends = bends - Q @ (Q.T @ bends)
    norms = np.maximum((bends**2).sum(axis=0), 1e-12)
    gains = (bends.T @ rest) ** 2 / norms
    best = int(gains.argmax())
    bend = float(bends[:, best] @ rest / norms[best])
    kink = np.maximum(z - knots[best], 0.0) * bend
    slope = float(np.linalg.lstsq(straight, phi - kink, rcond=None)[0][1])
    total = max(float((rest**2).sum()), 1e-300)
    return Hinge(
        float(grid[best]), float(slope / spread), float((slope + bend) / spread), float(gains[best]) / total
    )  # fmt: skip


def lowess_zero(
    x: NDArray[np.float64], phi: NDArray[np.float64], share: float = 0.4, points: int = 60
) -> float:
    """Where a local line through (x, phi) first crosses zero upwards; nan where it does not.

    References
    ----------
    Cleveland, W. S. (1979). Robust locally weighted regression. JASA 74, without robustness steps.
    """
    from statsmodels.nonparametric.smoothers_lowess import lowess

    first, last = np.quantile(x, [0.02, 0.98])
    grid = np.linspace(float(first), float(last), points)
    fitted = np.asarray(lowess(phi, x, frac=max(share, 3 / len(x)), it=0, xvals=grid))
    up = np.flatnonzero((fitted[:-1] < 0) & (fitted[1:] >= 0))
    if not len(up):
        return float("nan")
    i = int(up[0])
    return float(grid[i] + (grid[i + 1] - grid[i]) * -fitted[i] / (fitted[i + 1] - fitted[i]))


@dataclass(frozen=True, slots=True)
class Threshold:
    """Threshold of a feature, of the fitted predictor, not causal.

    Attributes
    ----------
    found : bool
        False ("no threshold") when the interval spans most of the range searched.
    """

    feature: str
    found: bool
    knot: float
    conf_low: float
    conf_high: float
    below: float
    above: float
    gain: float
    zero: float
    zero_low: float
    zero_high: float
    draws: int


def threshold(
    feature: str, x: NDArray[np.float64], phi: NDArray[np.float64],
    draws: list[tuple[NDArray[np.float64], NDArray[np.float64]]], level: float = 0.95,
) -> Threshold:  # fmt: skip
    """Estimate a threshold with its bootstrap interval.

    Parameters
    ----------
    draws : list of (x, phi)
        Rows and SHAP values of each bootstrap sample, from a booster fitted anew to it.
    """
    at = fit_hinge(x, phi)
    knots = np.array([fit_hinge(a, b).knot for a, b in draws])
    zeros = np.array([lowess_zero(a, b) for a, b in draws])
    tail = (1 - level) / 2
    # Rank p (m + 1) of m draws: the interpolated quantile of few draws is too near the middle.
    low, high = (
        np.quantile(knots, [tail, 1 - tail], method="weibull") if len(knots) else (np.nan, np.nan)
    )
    first, last = np.quantile(x, [0.1, 0.9])
    spans = not len(knots) or (high - low) > 0.75 * (last - first)
    finite = zeros[np.isfinite(zeros)]
    # A crossing that most refits lack is no crossing.
    known = len(finite) > 0.8 * len(zeros) and len(finite) > 1
    z_low, z_high = (
        np.quantile(finite, [tail, 1 - tail], method="weibull") if known else (np.nan, np.nan)
    )
    return Threshold(
        feature, not spans and at.gain > 0.1, at.knot, float(low), float(high), at.below, at.above,
        at.gain, lowess_zero(x, phi), float(z_low), float(z_high), len(draws),
    )  # fmt: skip
