"""Frozen result of an attribution: terms, intervals, sign probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.problems import AttributionError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """GeoShapley values of rows; of the fitted predictor, not causal.

    Attributes
    ----------
    base : float
        Mean prediction over the background.
    primary : (n, k) array
    geo : (n,) array
    interaction : (n, k) array
        Feature x GEO.
    std : (n, 2k + 1) array or None
        Posterior standard deviations of primary, GEO, interactions.
    level : float
        Level of the intervals.
    """

    base: float
    primary: NDArray[np.float64]
    geo: NDArray[np.float64]
    interaction: NDArray[np.float64]
    x: tuple[str, ...]
    spec: str = ""
    std: NDArray[np.float64] | None = None
    level: float = 0.9
    provenance: str = ""

    @property
    def n_obs(self) -> int:
        """Rows explained."""
        return len(self.geo)

    @property
    def total(self) -> NDArray[np.float64]:
        """Prediction that the terms add up to (n,)."""
        return self.base + self.primary.sum(axis=1) + self.geo + self.interaction.sum(axis=1)

    @property
    def names(self) -> tuple[str, ...]:
        """Columns: features, geo, feature:geo."""
        return (*self.x, "geo", *(f"{name}:geo" for name in self.x))

    @property
    def values(self) -> NDArray[np.float64]:
        """All terms in one array (n, 2k + 1)."""
        return np.hstack([self.primary, self.geo[:, None], self.interaction])

    @property
    def low(self) -> NDArray[np.float64] | None:
        """Lower ends of the credible intervals (n, 2k + 1)."""
        return None if self.std is None else self.values - self._reach() * self.std

    @property
    def high(self) -> NDArray[np.float64] | None:
        """Upper ends of the credible intervals (n, 2k + 1)."""
        return None if self.std is None else self.values + self._reach() * self.std

    @property
    def sign_probability(self) -> NDArray[np.float64] | None:
        """Posterior probability of the sign shown (n, 2k + 1)."""
        from scipy.stats import norm

        if self.std is None:
            return None
        return np.asarray(norm.cdf(np.abs(self.values) / np.maximum(self.std, 1e-300)))

    def _reach(self) -> float:
        from scipy.stats import norm

        return float(norm.ppf(0.5 + self.level / 2))

    def check(self, predictions: NDArray[np.float64], tolerance: float = 1e-6) -> Attribution:
        """Hold the terms against predictions of the same rows.

        Raises
        ------
        AttributionError
            When they do not add up.
        """
        gap = float(np.abs(self.total - predictions).max(initial=0.0))
        scale = 1.0 + float(np.abs(predictions).max(initial=0.0))
        if not gap <= tolerance * scale:
            raise AttributionError(
                f"attributions miss the predictions by {gap:.3g}",
                fix="is the model deterministic, and are its columns in the order of X?",
            )
        return self

    def to_frame(self) -> pd.DataFrame:
        """One row an observation: base, each term, ``_low`` and ``_high`` of each."""
        import pandas as pd

        columns = {"base": np.full(self.n_obs, self.base)}
        order = [len(self.x), *range(len(self.x)), *range(len(self.x) + 1, 2 * len(self.x) + 1)]
        values, low, high = self.values, self.low, self.high
        columns |= {self.names[i]: values[:, i] for i in order}
        if low is not None and high is not None:
            sure = self.sign_probability
            for i in order:
                columns[f"{self.names[i]}_low"] = low[:, i]
                columns[f"{self.names[i]}_high"] = high[:, i]
            for i in order:
                columns[f"{self.names[i]}_sign_probability"] = np.asarray(sure)[:, i]
        return pd.DataFrame(columns)

    def importance(self) -> pd.DataFrame:
        """Mean absolute value of each term, largest first."""
        import pandas as pd

        size = np.abs(self.values).mean(axis=0)
        frame = pd.DataFrame({"term": self.names, "mean_abs": size})
        return frame.sort_values("mean_abs", ascending=False, kind="stable", ignore_index=True)

    def summary(self) -> str:
        """Rank the terms as text."""
        head = f"GeoShapley, {self.n_obs} rows, base {self.base:.4g}; {self.spec}"
        rows = [f"  {r.term:<24} {r.mean_abs:10.4g}" for r in self.importance().itertuples()]
        return "\n".join([head, *rows, "of the fitted predictor, not causal"])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Bars of mean absolute values."""
        from ml.charts import importance_bars

        return importance_bars(self, ax)
