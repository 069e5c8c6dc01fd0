"""A SGDID study prepared once: controls and weights fixed, the treatment exchangeable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from econometrics.sgdid.treatment import DID, Treatment
from econometrics.spatial.estimates import Design, Estimates, design, estimate
from econometrics.spatial.likelihood import Correction, counts, fit_lag
from econometrics.spatial.model import SpatialPanel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from econometrics.spatial.covariance import Errors
    from econometrics.spatial.panel import PanelArrays
    from econometrics.spatial.weights import Weights


@dataclass(frozen=True, slots=True)
class Effect:
    """A treatment's coefficient and impacts with their errors.

    Attributes
    ----------
    rho, beta, theta, direct, indirect, total : (estimate, std_error)
    """

    rho: tuple[float, float]
    beta: tuple[float, float]
    theta: tuple[float, float]
    direct: tuple[float, float]
    indirect: tuple[float, float]
    total: tuple[float, float]


@dataclass(frozen=True, eq=False)
class SgdidDesign:
    """Controls, outcome and weights of a SGDID; `treatment` is put in when fitted.

    Attributes
    ----------
    controls : PanelArrays
        Outcome and controls, without the treatment.
    """

    controls: PanelArrays
    weights: Weights
    treatment: Treatment

    @property
    def times(self) -> list[int]:
        """Periods."""
        return [int(t) for t in self.controls.times]

    def panel(self, treatment: Treatment | None = None) -> SpatialPanel:
        """Build the panel with the treatment (or another one) as first regressor."""
        chosen = treatment or self.treatment
        return self.with_columns({DID: chosen.values(self.times)})

    def with_columns(self, columns: dict[str, NDArray[np.float64]]) -> SpatialPanel:
        """Build the panel with (t, n) columns before the controls."""
        X = np.concatenate([np.stack(list(columns.values()), axis=2), self.controls.X], axis=2)
        names = (*columns, *self.controls.names)
        panel = SpatialPanel(replace(self.controls, X=X, names=names), self.weights)
        panel.__dict__["multiplier"] = self.multiplier
        return panel

    @property
    def multiplier(self) -> Any:
        """Log-determinant method, shared by every fit with these weights."""
        if "_multiplier" not in self.__dict__:
            self.__dict__["_multiplier"] = SpatialPanel(self.controls, self.weights).multiplier
        return self.__dict__["_multiplier"]

    def effect(
        self,
        *,
        treatment: Treatment | None = None,
        correction: Correction = "lee-yu",
        errors: Errors = "sandwich",
        draws: int = 1000,
        seed: int = 0,
    ) -> Effect:
        """Fit the Durbin model and keep what concerns the treatment."""
        panel = self.panel(treatment)
        d = panel.design(effects="two-way", durbin=panel.arrays.names)
        e = estimate(
            d, "sdm", self.multiplier, correction=correction, errors=errors, draws=draws, seed=seed
        )
        return effect_of(e, DID)

    def point(self, treatment: Treatment) -> tuple[float, float, float]:
        """(beta, direct, total) of a treatment by Lee-Yu without errors: for thousands of permutations."""
        panel = self.panel(treatment)
        d: Design = design(panel.arrays, self.weights, effects="two-way", durbin=panel.arrays.names)
        return self.point_of(d)

    def point_of(self, d: Design) -> tuple[float, float, float]:
        """(beta, direct, total) of the first regressor of a design."""
        t, n = d.shape
        fit = fit_lag(d.y, d.Wy, d.Z, self.multiplier, counts(n, t, "two-way", "lee-yu"))
        beta, theta = fit.coef[0], fit.coef[len(d.names)]
        a1 = float(self.multiplier.mean_trace(np.array([fit.spatial]))[0])
        return (
            float(beta),
            float(beta * (1 + fit.spatial * a1) + theta * a1),
            float((beta + theta) / (1 - fit.spatial)),
        )

    def subset(
        self, *, units: Sequence[str] | None = None, times: Sequence[int] | None = None
    ) -> SgdidDesign:
        """Keep some units (weights cut and row-standardised again) or some periods."""
        arrays, weights, treatment = self.controls, self.weights, self.treatment
        if units is not None:
            keep = [arrays.units.index(u) for u in units]
            arrays = replace(arrays, y=arrays.y[:, keep], X=arrays.X[:, keep], units=tuple(units))
            cut = replace(weights, ids=tuple(units), matrix=weights.matrix[keep][:, keep].tocsr())
            weights = cut.row_standardise()
            treatment = replace(treatment, units=tuple(units), scaled=treatment.scaled[keep])
        if times is not None:
            rows = [self.times.index(t) for t in times]
            arrays = replace(arrays, y=arrays.y[rows], X=arrays.X[rows], times=tuple(times))
        return SgdidDesign(arrays, weights, treatment)


def effect_of(e: Estimates, name: str) -> Effect:
    """Take from a result what it says of one regressor."""
    j = e.names.index(name)
    errors = np.sqrt(np.diagonal(e.coef_cov))
    lagged = e.columns.index(f"W_{name}")
    kinds = {
        kind: (float(getattr(e.impacts, kind)[j]), float(e.impacts.delta[kind][j]))
        for kind in ("direct", "indirect", "total")
    }
    return Effect(
        rho=(float(e.fit.spatial), e.spatial_error),
        beta=(float(e.fit.coef[j]), float(errors[j])),
        theta=(float(e.fit.coef[lagged]), float(errors[lagged])),
        **kinds,
    )
