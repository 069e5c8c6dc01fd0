"""Specification curve over combinations: weights x intensity x controls x likelihood.

Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4, 1208-1214: all defensible choices
together, and a joint test by permuting the treatment, since the specifications are not independent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import numpy as np

from econometrics.sgdid.design import Effect, SgdidDesign
from econometrics.sgdid.treatment import make_treatment
from econometrics.spatial.likelihood import Correction
from econometrics.spatial.results import Z95

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from econometrics.spatial.covariance import Errors
    from econometrics.spatial.weights import Weights

LIKELIHOODS: dict[Correction, str] = {"none": "exact ML", "lee-yu": "Lee-Yu"}


@dataclass(frozen=True, slots=True)
class Combination:
    """One way to specify the study, with its effect."""

    weights: str
    intensity: str
    controls: str
    likelihood: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class JointTest:
    """Whether the curve as a whole could come of intensities dealt at random.

    Attributes
    ----------
    median, n_significant : float, int
        Median direct impact over the Lee-Yu specifications; how many differ from 0 at 5 %.
    p_median : float
        ``(1 + #{|median of a permutation| >= |median|}) / (1 + r)``.
    permutations, seed : int
    """

    median: float
    n_significant: int
    n_specifications: int
    p_median: float
    permutations: int
    seed: int


@dataclass(frozen=True, slots=True)
class Curve:
    """All combinations, the study's own first, and their joint test (None if not asked for)."""

    rows: tuple[Combination, ...]
    joint: JointTest | None


def combine(
    study: SgdidDesign,
    weights: Mapping[str, Weights],
    intensities: Mapping[str, Mapping[str, float]],
    *,
    errors: Errors = "sandwich",
    permutations: int = 199,
    seed: int = 0,
) -> Curve:
    """Fit every combination of the study's and the other weights, intensities and controls.

    Parameters
    ----------
    weights, intensities : mapping of label to alternative
        Beside the study's own, which are called ``main``.
    permutations : int
        Of the intensities over units, the same for all specifications; 0 leaves the test out.
    """
    designs = list(_designs(study, weights, intensities))
    rows = tuple(
        Combination(*labels, LIKELIHOODS[c], one.effect(correction=c, errors=errors, draws=0))
        for labels, one in designs
        for c in sorted(get_args(Correction))
    )
    if not permutations:
        return Curve(rows, None)
    return Curve(rows, _joint(rows, [one for _, one in designs], permutations, seed))


def _designs(
    study: SgdidDesign,
    weights: Mapping[str, Weights],
    intensities: Mapping[str, Mapping[str, float]],
) -> Iterator[tuple[tuple[str, str, str], SgdidDesign]]:
    units, times, post = study.controls.units, study.times, study.treatment.post_from
    treatments = {"main": study.treatment} | {
        name: make_treatment(values, units, times, post) for name, values in intensities.items()
    }
    bare = replace(study.controls, X=study.controls.X[:, :, :0], names=())
    controls = {"all": study.controls} | ({"none": bare} if study.controls.names else {})
    matrices = {"main": study.weights} | {
        name: w.align(units).row_standardise() for name, w in weights.items()
    }
    for w_name, w in matrices.items():
        multiplier = SgdidDesign(study.controls, w, study.treatment).multiplier
        for c_name, arrays in controls.items():
            for t_name, treatment in treatments.items():
                one = SgdidDesign(arrays, w, treatment)
                one.__dict__["_multiplier"] = multiplier  # it depends on the weights alone
                yield (w_name, t_name, c_name), one


def _joint(
    rows: tuple[Combination, ...], designs: list[SgdidDesign], permutations: int, seed: int
) -> JointTest:
    own = [r.effect for r in rows if r.likelihood == LIKELIHOODS["lee-yu"]]
    median = float(np.median([e.direct[0] for e in own]))
    rng = np.random.default_rng(seed)
    n = len(designs[0].treatment.units)
    extreme = sum(
        abs(_median_direct(designs, rng.permutation(n))) >= abs(median) for _ in range(permutations)
    )
    significant = sum(abs(e.direct[0]) > Z95 * e.direct[1] for e in own)
    return JointTest(
        median, significant, len(own), (1 + extreme) / (1 + permutations), permutations, seed
    )


def _median_direct(designs: list[SgdidDesign], order: NDArray[np.int64]) -> float:
    return float(np.median([d.point(d.treatment.permuted(order))[1] for d in designs]))
