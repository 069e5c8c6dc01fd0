r"""The treatment ``Post_t x Intensity_i / sd(Intensity)``, and what the fixed effects absorb.

Chen, Zhong, Wang and Gao (2026), Land 15, 959, section 3.2: intensity is divided by its
cross-sectional standard deviation; the terms Intensity_i and Post_t of the equation stand in the
unit and year effects and cannot be estimated beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

DID = "did"
#: Absorbed terms with the effects that absorb them.
ABSORBED = {"Intensity_i": "unit effects", "Post_t": "year effects"}


@dataclass(frozen=True, slots=True, eq=False)
class Treatment:
    """A standardised intensity with its timing.

    Attributes
    ----------
    units : tuple of str
    scaled : (n,) array
        Intensity divided by its standard deviation.
    mean, sd : float
        Of the raw intensity over units (sd with n - 1), to turn effects back into units.
    post_from : int
        First treated period.
    """

    units: tuple[str, ...]
    scaled: NDArray[np.float64]
    mean: float
    sd: float
    post_from: int

    def values(self, times: Sequence[int]) -> NDArray[np.float64]:
        """Post x Intensity as a (t, n) array."""
        post = np.array([float(t >= self.post_from) for t in times])
        return post[:, None] * self.scaled[None, :]

    def permuted(self, order: NDArray[np.int64]) -> Treatment:
        """Deal the same intensities to other units."""
        return Treatment(self.units, self.scaled[order], self.mean, self.sd, self.post_from)

    def shifted(self, post_from: int) -> Treatment:
        """Give the same intensities another treatment date (a placebo)."""
        return Treatment(self.units, self.scaled, self.mean, self.sd, post_from)


def make_treatment(
    intensity: Mapping[str, float], units: Sequence[str], times: Sequence[int], post_from: int
) -> Treatment:
    """Standardise intensities and check the timing.

    Raises
    ------
    SpecificationError
        A unit without intensity, no variation, or no period before or after the date.
    """
    absent = [u for u in units if u not in intensity or not np.isfinite(intensity[u])]
    if absent:
        raise SpecificationError(
            f"no intensity for {', '.join(absent[:6])}{' ...' if len(absent) > 6 else ''}",
            fix="give one value a unit, or leave the units out of the panel",
        )
    if min(times) >= post_from:
        raise SpecificationError(
            f"no period before {post_from}: the panel begins in {min(times)}",
            fix="a difference in differences needs at least one period before the treatment",
        )
    if max(times) < post_from:
        raise SpecificationError(f"no period from {post_from} on: the panel ends in {max(times)}")
    raw = np.array([intensity[u] for u in units], dtype=np.float64)
    sd = float(raw.std(ddof=1))
    if sd <= 1e-12 * max(abs(raw).max(), 1e-300):
        raise SpecificationError(
            "the intensity is the same in all units: there is nothing to compare"
        )
    return Treatment(tuple(units), raw / sd, float(raw.mean()), sd, post_from)
