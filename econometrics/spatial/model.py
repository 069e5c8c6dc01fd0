"""SpatialPanel: data and weights in, a frozen result out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from econometrics.spatial.diagnostics import lm_tests, moran, nested_tests
from econometrics.spatial.estimates import (
    HAS_DURBIN,
    HAS_ERROR,
    HAS_LAG,
    Design,
    Estimates,
    Model,
    design,
    estimate,
)
from econometrics.spatial.logdet import multiplier
from econometrics.spatial.panel import Effects, PanelArrays, panel_arrays
from econometrics.spatial.problems import SpecificationError
from econometrics.spatial.results import SpatialResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from econometrics.spatial.conley import Conley
    from econometrics.spatial.covariance import Errors
    from econometrics.spatial.likelihood import Correction
    from econometrics.spatial.logdet import Multiplier
    from econometrics.spatial.weights import Weights

DURBIN = Literal["all", "none"]


@dataclass(frozen=True, eq=False)
class SpatialPanel:
    """A balanced panel with spatial weights.

    Parameters
    ----------
    arrays : PanelArrays
        See `econometrics.spatial.panel.panel_arrays`.
    weights : Weights
        Aligned to the panel's units.

    Examples
    --------
    ``SpatialPanel.from_frame(frame, unit="region_code", time="year", y="ser", x=["did", "nqp"],
    weights=read_weights(path)).fit(model="sdm", effects="two-way", errors="sandwich")``
    """

    arrays: PanelArrays
    weights: Weights

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        unit: str,
        time: str,
        y: str,
        x: Sequence[str],
        weights: Weights,
        row_standardise: bool = False,
    ) -> SpatialPanel:
        """Check a long frame, align the weights to its units, and make the panel."""
        arrays = panel_arrays(frame, unit=unit, time=time, y=y, x=x)
        aligned = weights.align(arrays.units)
        aligned.refuse_islands()
        return cls(arrays, aligned.row_standardise() if row_standardise else aligned)

    @cached_property
    def multiplier(self) -> Multiplier:
        """Log-determinant method, made once for all models of the panel."""
        return multiplier(self.weights.matrix, row_standardised=self.weights.is_row_standardised)

    def design(self, *, effects: Effects, durbin: Sequence[str] = ()) -> Design:
        """Projected variables of a specification."""
        return design(self.arrays, self.weights, effects=effects, durbin=tuple(durbin))

    def fit(
        self,
        *,
        model: Model = "sdm",
        effects: Effects = "two-way",
        errors: Errors = "information",
        durbin: Sequence[str] | DURBIN = "all",
        draws: int = 1000,
        seed: int = 0,
        tests: bool = True,
        conley: Conley | None = None,
    ) -> SpatialResult:
        """Estimate a model by exact maximum likelihood and by Lee-Yu, with impacts and tests.

        Parameters
        ----------
        model : {"ols", "slx", "sar", "sdm", "sem", "sdem"}
        effects : {"two-way", "unit", "time", "none"}
        errors : {"information", "sandwich", "cluster", "driscoll-kraay"}
            Kind of standard error; "cluster" is by unit.
        durbin : "all", "none" or names
            Regressors whose lags enter (slx, sdm, sdem).
        draws : int
            Draws for the errors of the impacts.

        Raises
        ------
        SpecificationError
            With what is wrong and what to do; never a number that means nothing.
        """
        lagged = self.durbin_of(model, durbin)
        warnings = self._warnings(model, effects, errors)
        d = self.design(effects=effects, durbin=lagged)
        found: dict[Correction, Estimates] = {}
        for correction in self._corrections(effects, warnings):
            found[correction] = estimate(
                d,
                model,
                self.multiplier,
                correction=correction,
                errors=errors,
                draws=draws,
                seed=seed,
                conley=conley,
                told=warnings,
            )
        plain = self.design(effects=effects) if lagged else d
        statistics = self._tests(d, plain, found["none"]) if tests else {}
        if found["none"].has_spatial:
            warnings += self._approximation(found["none"].fit.spatial)
        rejected = found["none"].impacts.n_rejected
        if rejected:
            warnings.append(
                f"{rejected} draws of rho fell outside its interval and were drawn again"
            )
        return SpatialResult(
            exact=found["none"], lee_yu=found.get("lee-yu"), effects=effects, shape=d.shape,
            durbin=lagged, draws=draws, seed=seed, tests=statistics, warnings=tuple(warnings),
            weights_source=self.weights.source, is_row_standardised=self.weights.is_row_standardised,
        )  # fmt: skip

    def durbin_of(self, model: Model, durbin: Sequence[str] | str) -> tuple[str, ...]:
        """Regressors whose lags enter a model; an unknown name is refused."""
        if model not in HAS_DURBIN or durbin == "none":
            return ()
        if durbin == "all":
            return self.arrays.names
        unknown = [name for name in durbin if name not in self.arrays.names]
        if unknown:
            raise SpecificationError(
                f"no regressor {unknown[0]!r} to lag",
                fix=f"the regressors are {', '.join(self.arrays.names)}",
            )
        return tuple(name for name in self.arrays.names if name in durbin)

    def _approximation(self, rho: float) -> list[str]:
        from econometrics.spatial.logdet_chebyshev import Chebyshev

        if not isinstance(self.multiplier, Chebyshev):
            return []
        bound = self.multiplier.error_bound(rho)
        return [
            f"the log-determinant is a Chebyshev series, off by at most {bound:.2g} at this estimate "
            "(truncation and four standard errors of its sampled traces)"
        ]

    def _corrections(self, effects: Effects, warnings: list[str]) -> list[Correction]:
        if effects == "none":
            return ["none"]
        if effects in ("two-way", "time") and not self.weights.is_row_standardised:
            warnings.append(
                "Lee-Yu is not computed: with time effects its transformation needs row-standardised weights"
            )
            return ["none"]
        return ["none", "lee-yu"]

    def _warnings(self, model: Model, effects: Effects, errors: Errors) -> list[str]:
        told = []
        t, n = self.arrays.y.shape
        if (
            model in HAS_ERROR
            and effects in ("two-way", "time")
            and not self.weights.is_row_standardised
        ):
            raise SpecificationError(
                "an error model with time effects needs row-standardised weights",
                fix="add --row-standardise, or use unit effects",
            )
        if model in HAS_LAG | HAS_ERROR and effects in ("two-way", "unit") and n * t < 500:
            told.append(
                f"with {n} units and {t} periods the exact likelihood is biased by the estimated effects "
                "(rho and sigma2 towards 0 or below): read the Lee-Yu column"
            )
        if errors == "cluster" and n < 40:
            told.append(f"{n} clusters are few: clustered errors are too small on average")
        if errors == "driscoll-kraay" and t < 15:
            told.append(f"{t} periods are few for Driscoll-Kraay errors")
        if errors in ("cluster", "driscoll-kraay") and model in HAS_LAG | HAS_ERROR:
            told.append(
                "clustered errors protect inference, not the estimate of rho, against dependence"
            )
        return told

    def _tests(self, d: Design, plain: Design, exact: Estimates) -> dict[str, object]:
        found: dict[str, object] = {**lm_tests(d, plain)}
        if exact.model == "sdm":
            found |= nested_tests(d, plain, exact, self.multiplier)
        linear = estimate(
            plain, "ols", self.multiplier, correction="none", errors="information", draws=0, seed=0
        )
        found["moran"] = moran(plain, linear.fit.resid)
        return found
