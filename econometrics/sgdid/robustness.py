"""Placebos, permutations, leaving out, alternatives: does the effect appear where it should not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from econometrics.sgdid.design import Effect, SgdidDesign
from econometrics.sgdid.treatment import make_treatment
from econometrics.spatial.estimates import design
from econometrics.spatial.likelihood import least_squares
from econometrics.spatial.panel import lag, project
from econometrics.spatial.problems import SpecificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from econometrics.spatial.covariance import Errors
    from econometrics.spatial.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class Permutation:
    """Intensity dealt to other provinces, many times.

    Attributes
    ----------
    observed : (3,) array
        beta, direct, total.
    draws : (r, 3) array
    p_value : (3,) array
        Two-sided, ``(1 + #{|draw| >= |observed|}) / (1 + r)``.
    """

    observed: NDArray[np.float64]
    draws: NDArray[np.float64]
    p_value: NDArray[np.float64]
    seed: int


def permutation_test(
    study: SgdidDesign,
    *,
    draws: int = 1000,
    seed: int = 0,
    advance: Callable[[], object] | None = None,
) -> Permutation:
    """Permute intensity over units, time and weights kept, W x D computed anew each time."""
    rng = np.random.default_rng(seed)
    observed = np.array(study.point(study.treatment))
    found = np.zeros((draws, 3))
    for r in range(draws):
        order = rng.permutation(len(study.treatment.units))
        found[r] = study.point(study.treatment.permuted(order))
        if advance is not None:
            advance()
    extreme = (np.abs(found) >= np.abs(observed)).sum(axis=0)
    return Permutation(observed, found, (1 + extreme) / (1 + draws), seed)


def placebo_dates(study: SgdidDesign, *, errors: Errors = "sandwich") -> dict[int, Effect]:
    """Pretend each earlier year was the treatment year, on the periods before the true one only."""
    before = [t for t in study.times if t < study.treatment.post_from]
    early = study.subset(times=before) if len(before) > 1 else None
    if early is None or len(before) < 3:
        return {}
    return {
        date: replace(early, treatment=early.treatment.shifted(date)).effect(errors=errors, draws=0)
        for date in before[1:]
    }


def leave_one_out(study: SgdidDesign, *, errors: Errors = "sandwich") -> dict[str, Effect | str]:
    """Leave out each unit in turn; the weights of the others are row-standardised again.

    A unit without which another has no neighbour is reported with that reason.
    """
    found: dict[str, Effect | str] = {}
    for unit in study.controls.units:
        rest = [u for u in study.controls.units if u != unit]
        try:
            found[unit] = study.subset(units=rest).effect(errors=errors, draws=0)
        except SpecificationError as error:
            found[unit] = error.line()
    return found


def alternative_weights(
    study: SgdidDesign, others: Mapping[str, Weights], *, errors: Errors = "sandwich"
) -> dict[str, Effect]:
    """Fit with other weights, aligned to the units and row-standardised."""
    return {
        name: SgdidDesign(
            study.controls, w.align(study.controls.units).row_standardise(), study.treatment
        ).effect(errors=errors, draws=0)
        for name, w in others.items()
    }


def alternative_intensities(
    study: SgdidDesign, others: Mapping[str, Mapping[str, float]], *, errors: Errors = "sandwich"
) -> dict[str, Effect]:
    """Fit with other measures of intensity, each standardised by its own deviation."""
    return {
        name: replace(
            study,
            treatment=make_treatment(
                values, study.controls.units, study.times, study.treatment.post_from
            ),
        ).effect(errors=errors, draws=0)
        for name, values in others.items()
    }


@dataclass(frozen=True, slots=True)
class Rings:
    """Exposure rings instead of a spatial lag of the outcome (Butts 2021).

    Attributes
    ----------
    own, near, far : (estimate, std_error)
        Own treatment, mean treatment of neighbours, of neighbours' neighbours; errors clustered
        by unit, model two-way least squares.
    """

    own: tuple[float, float]
    near: tuple[float, float]
    far: tuple[float, float]


def exposure_rings(study: SgdidDesign) -> Rings:
    """Two-way least squares with the mean treatment of the first and second ring."""
    first = (study.weights.matrix != 0).astype(float)
    second = ((first @ first) != 0).astype(float) - (first != 0).astype(float)
    dense = second.toarray()
    np.fill_diagonal(dense, 0)
    dense = np.maximum(dense, 0)
    sums = dense.sum(axis=1, keepdims=True)
    far_w = np.divide(dense, sums, out=np.zeros_like(dense), where=sums > 0)
    near_w = first.multiply(1 / np.maximum(first.sum(axis=1), 1)).tocsr()
    D = study.treatment.values(study.times)
    columns = [D, lag(near_w, D), D @ far_w.T, *np.moveaxis(study.controls.X, 2, 0)]
    Z = project(np.stack(columns, axis=2), "two-way").reshape(D.size, -1)
    y = project(study.controls.y, "two-way").ravel()
    coef, e = least_squares(Z, y)
    bread = np.linalg.inv(Z.T @ Z)
    units = np.tile(np.arange(D.shape[1]), D.shape[0])
    sums_by_unit = np.zeros((D.shape[1], Z.shape[1]))
    np.add.at(sums_by_unit, units, Z * e[:, None])
    g = D.shape[1]
    spread = np.sqrt(np.diagonal(bread @ (sums_by_unit.T @ sums_by_unit) @ bread) * g / (g - 1))
    own, near, far = ((float(coef[i]), float(spread[i])) for i in range(3))
    return Rings(own, near, far)


@dataclass(frozen=True, slots=True)
class WildBootstrap:
    """Wild cluster bootstrap-t of one coefficient (Cameron, Gelbach and Miller 2008).

    Attributes
    ----------
    t, p_value : float
        Null imposed; Webb's six-point weights, one a unit, which few clusters need.
    """

    t: float
    p_value: float
    draws: int
    seed: int


_WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])


def wild_cluster_bootstrap(study: SgdidDesign, *, draws: int = 999, seed: int = 0) -> WildBootstrap:
    """Test beta of the treatment in the Durbin model at the estimated rho, clusters = units."""
    panel = study.panel()
    d = design(panel.arrays, study.weights, effects="two-way", durbin=panel.arrays.names)
    t, n = d.shape
    rho = study.effect(draws=0).rho[0]
    y = d.y - rho * d.Wy
    units = np.tile(np.arange(n), t)
    observed = _clustered_t(d.Z, y, units)
    restricted, e = least_squares(np.delete(d.Z, 0, axis=1), y)
    fitted = np.delete(d.Z, 0, axis=1) @ restricted
    rng = np.random.default_rng(seed)
    count = 0
    for _ in range(draws):
        weights = rng.choice(_WEBB, size=n)
        shaken = project((fitted + e * weights[units]).reshape(t, n), "two-way").ravel()
        count += abs(_clustered_t(d.Z, shaken, units)) >= abs(observed)
    return WildBootstrap(float(observed), (1 + count) / (1 + draws), draws, seed)


def _clustered_t(Z: NDArray[np.float64], y: NDArray[np.float64], units: NDArray[np.int64]) -> float:
    coef, e = least_squares(Z, y)
    bread = np.linalg.inv(Z.T @ Z)
    sums = np.zeros((int(units.max()) + 1, Z.shape[1]))
    np.add.at(sums, units, Z * e[:, None])
    variance = (bread @ (sums.T @ sums) @ bread)[0, 0]
    return float(coef[0] / np.sqrt(variance))
