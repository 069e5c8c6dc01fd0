"""Event study: the treatment's effect year by year, its pre-trend test, and that test's power."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from econometrics.spatial.estimates import estimate
from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from econometrics.sgdid.design import SgdidDesign
    from econometrics.spatial.covariance import Errors


@dataclass(frozen=True, slots=True, eq=False)
class EventStudy:
    """Coefficients of intensity x year, relative to the last year before the treatment.

    Attributes
    ----------
    years : tuple of int
        The reference year left out.
    beta, beta_error, theta, theta_error : (m,) array
        Own coefficient and that of the neighbours' intensity.
    statistic, df, p_value
        Joint Wald test that all leads and their spatial lags are zero.
    detectable_slope : float
        Smallest yearly trend difference per standard deviation of intensity that the joint test
        would find with 80 % power at the 5 % level; infinite without two leads.
    """

    years: tuple[int, ...]
    reference: int
    beta: NDArray[np.float64]
    beta_error: NDArray[np.float64]
    theta: NDArray[np.float64]
    theta_error: NDArray[np.float64]
    statistic: float
    df: int
    p_value: float
    detectable_slope: float


def event_study(study: SgdidDesign, *, errors: Errors = "sandwich") -> EventStudy:
    """Fit intensity x year dummies in the Durbin model (Lee-Yu).

    Raises
    ------
    SpecificationError
        With a single period before the treatment, where there is no lead to test.
    """
    before = [t for t in study.times if t < study.treatment.post_from]
    if len(before) < 2:
        raise SpecificationError(
            "an event study needs two periods before the treatment", fix=f"the panel has {before}"
        )
    reference = before[-1]
    years = [t for t in study.times if t != reference]
    columns = {f"event_{t}": _indicator(study, t) for t in years}
    panel = study.with_columns(columns)
    d = panel.design(effects="two-way", durbin=panel.arrays.names)
    e = estimate(d, "sdm", study.multiplier, correction="lee-yu", errors=errors, draws=0, seed=0)
    own = [e.columns.index(f"event_{t}") for t in years]
    lagged = [e.columns.index(f"W_event_{t}") for t in years]
    cov = e.coef_cov
    spread = np.sqrt(np.diagonal(cov))
    leads = [i for i, t in enumerate(years) if t < reference]
    places = [own[i] for i in leads] + [lagged[i] for i in leads]
    statistic, p_value = _wald(e.fit.coef[places], cov[np.ix_(places, places)])
    trend = np.array([years[i] - reference for i in leads] + [0.0] * len(leads))
    return EventStudy(
        years=tuple(years), reference=reference,
        beta=e.fit.coef[own], beta_error=spread[own], theta=e.fit.coef[lagged], theta_error=spread[lagged],
        statistic=statistic, df=len(places), p_value=p_value,
        detectable_slope=detectable_slope(trend, cov[np.ix_(places, places)]),
    )  # fmt: skip


def _indicator(study: SgdidDesign, year: int) -> NDArray[np.float64]:
    post = np.array([float(t == year) for t in study.times])
    return post[:, None] * study.treatment.scaled[None, :]


def _wald(values: NDArray[np.float64], cov: NDArray[np.float64]) -> tuple[float, float]:
    from scipy.stats import chi2

    statistic = float(values @ np.linalg.solve(cov, values))
    return statistic, float(chi2.sf(statistic, len(values)))


def detectable_slope(
    trend: NDArray[np.float64], cov: NDArray[np.float64], *, power: float = 0.8, level: float = 0.05
) -> float:
    """Slope whose trend the joint test detects with the given power.

    Under a linear difference in trends the statistic is non-central chi-squared with
    non-centrality ``slope^2 trend' V^-1 trend``.
    """
    from scipy.optimize import brentq
    from scipy.stats import chi2, ncx2

    df = len(trend)
    critical = chi2.ppf(1 - level, df)
    needed = brentq(lambda nc: ncx2.sf(critical, df, nc) - power, 1e-6, 1e4)
    information = float(trend @ np.linalg.solve(cov, trend))
    return float(np.sqrt(needed / information)) if information > 0 else float("inf")
