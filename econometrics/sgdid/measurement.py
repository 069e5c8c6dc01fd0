"""Uncertainty of the text measure carried through: draws of intensity combined by Rubin's rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from econometrics.sgdid.treatment import make_treatment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from econometrics.sgdid.design import SgdidDesign
    from econometrics.spatial.covariance import Errors

QUANTITIES = ("beta", "direct", "indirect", "total")


@dataclass(frozen=True, slots=True)
class Combined:
    """An estimate over draws of a noisy regressor (Rubin 1987).

    Attributes
    ----------
    estimate, std_error : float
        Mean of the draws' estimates; ``sqrt(within + (1 + 1/m) between)``.
    within, between : float
        Mean squared error within draws, variance between them.
    naive : (estimate, std_error)
        With the intensity taken as known.
    missing_information : float
        Share of the variance that is the measure's.
    """

    estimate: float
    std_error: float
    within: float
    between: float
    naive: tuple[float, float]
    missing_information: float
    draws: int


def rubin(estimates: list[float], errors: list[float], naive: tuple[float, float]) -> Combined:
    """Combine estimates of m draws.

    Examples
    --------
    >>> rubin([1.0, 3.0], [1.0, 1.0], (2.0, 1.0)).std_error
    2.0
    """
    m = len(estimates)
    within = float(np.mean(np.square(errors)))
    between = float(np.var(estimates, ddof=1))
    total = within + (1 + 1 / m) * between
    return Combined(
        float(np.mean(estimates)), float(np.sqrt(total)), within, between, naive,
        (1 + 1 / m) * between / total, m,
    )  # fmt: skip


def normal_draws(
    intensity: Mapping[str, float],
    std_error: Mapping[str, float],
    units: Sequence[str],
    *,
    draws: int,
    seed: int,
) -> list[dict[str, float]]:
    """Draw panels of intensities around the report means, normal and independent over units."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((draws, len(units)))
    return [
        {u: intensity[u] + std_error[u] * z for u, z in zip(units, row, strict=True)}
        for row in noise
    ]


def carry_through(
    study: SgdidDesign,
    panels: Sequence[Mapping[str, float]],
    *,
    errors: Errors = "sandwich",
) -> dict[str, Combined]:
    """Refit with each drawn panel of intensities and combine.

    Parameters
    ----------
    panels : sequence of at least two mappings of unit to intensity
        From `normal_draws`, or draws of corrected intensities (``zhengce correct``).

    Notes
    -----
    Each draw is standardised by its own deviation. Draws around a noisy measure add noise to it,
    so the mean over draws is attenuated towards zero beside the naive estimate; both are given.
    """
    known = study.effect(errors=errors, draws=0)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in QUANTITIES}
    units = study.controls.units
    for drawn in panels:
        treatment = make_treatment(drawn, units, study.times, study.treatment.post_from)
        effect = replace(study, treatment=treatment).effect(errors=errors, draws=0)
        for name, pairs in found.items():
            pairs.append(getattr(effect, name))
    return {
        name: rubin([p[0] for p in pairs], [p[1] for p in pairs], getattr(known, name))
        for name, pairs in found.items()
    }
