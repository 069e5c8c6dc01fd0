"""The frozen result of a cross-sectional model: table, frame, picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from econometrics.spatial.results import KINDS, Z95, _row

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from econometrics.spatial.diagnostics import Test
    from econometrics.spatial.impacts import Impacts

CrossModel = Literal["ols", "slx", "sar", "sdm", "sem", "sdem"]
Estimator = Literal["ml", "gm"]
HAS_LAG = frozenset({"sar", "sdm"})
HAS_ERROR = frozenset({"sem", "sdem"})


@dataclass(frozen=True, slots=True, eq=False)
class CrossSectionResult:
    """A fitted cross-sectional model.

    Attributes
    ----------
    terms : tuple of str
        Constant, regressors, their lags (``W_``), then rho or lambda.
    estimates : (q,) array
    cov : (q, q) array
        NaN in the row of lambda after GM, which estimates it without an error.
    sigma2, loglik : float
        sigma2 as spreg gives it: SSR/n, for OLS and SLX SSR/(n-k). loglik is NaN after GM.
    impacts : Impacts
    tests : dict
        Name to `econometrics.spatial.diagnostics.Test`.
    """

    model: CrossModel
    method: Estimator
    robust: bool
    y: str
    names: tuple[str, ...]
    terms: tuple[str, ...]
    estimates: NDArray[np.float64]
    cov: NDArray[np.float64]
    sigma2: float
    loglik: float
    resid: NDArray[np.float64]
    impacts: Impacts
    tests: dict[str, Test]
    n_obs: int
    draws: int
    seed: int
    warnings: tuple[str, ...]
    weights_source: str
    spreg_version: str

    @property
    def spatial(self) -> float:
        """Rho or lambda; 0 without one."""
        return float(self.estimates[-1]) if self.model in HAS_LAG | HAS_ERROR else 0.0

    @property
    def spec(self) -> str:
        """The specification in one line."""
        return (
            f"{self.model.upper()} of {self.y}, cross-section, weights {self.weights_source or 'W'}"
        )

    @property
    def provenance(self) -> str:
        """Estimator, errors, draws and seed."""
        how = {"ml": "maximum likelihood", "gm": "generalised moments"}[self.method]
        if self.model in ("ols", "slx"):
            how = "least squares"
        errors = "White errors" if self.robust else "classical errors"
        return f"{how} by spreg {self.spreg_version}; {errors}; impacts of this project: {self.draws} draws, seed {self.seed}"

    def to_frame(self) -> pd.DataFrame:
        """Rows ``term, estimate, std_error, statistic, p_value, conf_low, conf_high``."""
        import pandas as pd

        errors = np.sqrt(np.diagonal(self.cov))
        rows = [_row(t, b, s) for t, b, s in zip(self.terms, self.estimates, errors, strict=True)]
        rows += [
            _row(f"{kind}: {name}", getattr(self.impacts, kind)[j], self.impacts.simulated[kind][j])
            for j, name in enumerate(self.names)
            for kind in KINDS
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Lay the result out as text."""
        lines = [self.spec, f"{self.n_obs} observations", self.provenance, ""]
        lines.append(f"{'term':<28}{'estimate':>14}{'(se)':>12}{'p':>8}")
        lines += [
            f"{row.term:<28}{row.estimate:>14.6g}{row.std_error:>12.4g}{row.p_value:>8.3f}"
            for row in self.to_frame().itertuples()
        ]
        lines.append(f"log-likelihood {self.loglik:.6f}, sigma2 {self.sigma2:.6g}")
        lines += [
            f"{k}: {v.statistic:.4f} (df {v.df}), p {v.p_value:.4g}" for k, v in self.tests.items()
        ]
        return "\n".join([*lines, *(f"note: {w}" for w in self.warnings)])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the impacts with 95 % intervals."""
        if ax is None:
            from matplotlib.figure import Figure

            size = (6.4, 1.2 + 0.5 * len(self.names) * 3)
            ax = Figure(figsize=size, layout="constrained").subplots()
        labels = [f"{name} {kind}" for name in self.names for kind in KINDS]
        pairs = [(kind, j) for j in range(len(self.names)) for kind in KINDS]
        values = [getattr(self.impacts, kind)[j] for kind, j in pairs]
        spread = [Z95 * self.impacts.simulated[kind][j] for kind, j in pairs]
        ax.errorbar(values, np.arange(len(labels)), xerr=spread, fmt="o", ms=3)
        ax.set_yticks(range(len(labels)), labels)
        ax.axvline(0, lw=0.6, color="#555555")
        return ax
