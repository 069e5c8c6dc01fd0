"""Spatial economic resilience: how far growth departs from what the nation's growth implies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Vintage = Literal["revised", "first_published"]

#: Growth columns that belong together. The two vintages of one place differ by up to 0.4 points
#: (Hubei 2020: -5.4 revised, -5.0 first published), so one ratio must never mix them.
PROVINCE_GROWTH: dict[Vintage, str] = {
    "revised": "gdp_growth_revised_pct",
    "first_published": "gdp_growth_prelim_pct",
}
NATIONAL_GROWTH: dict[Vintage, str] = {
    "revised": "gdp_growth_provinces_weighted_revised_pct",
    "first_published": "gdp_growth_prelim_pct",
}
#: Below this national growth the ratio magnifies every tenth of a point.
NEAR_ZERO_PCT = 3.5


@dataclass(frozen=True, slots=True, eq=False)
class Resilience:
    """SER of n observations.

    Attributes
    ----------
    ser : (n,) array
        ``(growth - expected) / |expected|``; NaN where either is missing or expected is 0.
    is_near_zero : (n,) array of bool
        Expected growth within `NEAR_ZERO_PCT` of zero (2020 and 2022 in China).
    """

    ser: NDArray[np.float64]
    is_near_zero: NDArray[np.bool_]


def resilience(
    growth_pct: NDArray[np.float64],
    expected_pct: NDArray[np.float64],
    *,
    near_zero_pct: float = NEAR_ZERO_PCT,
) -> Resilience:
    """Proportional deviation of growth from its counterfactual.

    Parameters
    ----------
    growth_pct, expected_pct : array
        Real growth, in per cent, of the place and of the nation (or another counterfactual, see
        `econometrics.counterfactuals`) in the same year and vintage; of one shape.
    near_zero_pct : float
        Bound of the flag.

    References
    ----------
    Martin, R. (2012), Journal of Economic Geography 12(1); Chen, Zhong, Wang and Gao (2026),
    Land 15, 959, section 3.1.

    Examples
    --------
    >>> resilience(np.array([6.0]), np.array([5.0])).ser.round(3)
    array([0.2])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ser = (growth_pct - expected_pct) / np.abs(expected_pct)
    ser = np.where(np.isfinite(ser), ser, np.nan)
    return Resilience(ser=ser, is_near_zero=np.abs(expected_pct) < near_zero_pct)
