"""The frozen result of a spatial panel model: table, frame, JSON, picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from econometrics.spatial.estimates import HAS_ERROR, HAS_LAG, Estimates

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from econometrics.spatial.panel import Effects

Z95 = 1.959963984540054
KINDS = ("direct", "indirect", "total")


def p_value(estimate: float, std_error: float) -> float:
    """Two-sided normal p-value."""
    from scipy.stats import norm

    return float(2 * norm.sf(abs(estimate / std_error))) if std_error > 0 else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class SpatialResult:
    """A fitted spatial panel model.

    Attributes
    ----------
    exact : Estimates
        Exact maximum likelihood, the fixed effects estimated.
    lee_yu : Estimates or None
        Lee and Yu (2010) transformation; None where it does not apply.
    shape : (periods, units)
    tests : dict
        Name to `econometrics.spatial.diagnostics.Test`.
    """

    exact: Estimates
    lee_yu: Estimates | None
    effects: Effects
    shape: tuple[int, int]
    durbin: tuple[str, ...]
    draws: int
    seed: int
    tests: dict[str, Any]
    warnings: tuple[str, ...]
    weights_source: str = ""
    is_row_standardised: bool = True

    @property
    def n_obs(self) -> int:
        """Observations in the panel."""
        return self.shape[0] * self.shape[1]

    @property
    def spec(self) -> str:
        """The specification in one line, for headers."""
        lagged = f", lagged: {' '.join(self.durbin)}" if self.durbin else ""
        w = f"{self.weights_source or 'W'} ({'row-standardised' if self.is_row_standardised else 'not row-standardised'})"
        return f"{self.exact.model.upper()}, {self.effects} effects{lagged}, weights {w}"

    @property
    def provenance(self) -> str:
        """Estimator, error kind, draws and seed."""
        e = self.exact
        estimators = "exact ML and Lee-Yu (2010)" if self.lee_yu is not None else "exact ML"
        names = {"eigen": "eigenvalues", "sparse-lu": "sparse LU", "chebyshev": "Chebyshev series"}
        how = f", log-determinant by {names[e.mult.method]}" if e.has_spatial else ""
        return (
            f"{estimators}{how}; {e.errors} errors; impacts: {self.draws} draws, seed {self.seed}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the keys of ``zhengce fit spatial --format json``."""
        t, n = self.shape
        out: dict[str, Any] = {
            "model": self.exact.model,
            "effects": self.effects,
            "n_units": n,
            "n_periods": t,
            "n_obs": self.n_obs,
            **estimates_dict(self.exact),
            "lee_yu": estimates_dict(self.lee_yu) if self.lee_yu is not None else None,
            "tests": {
                k: {"statistic": v.statistic, "df": v.df, "p_value": v.p_value}
                for k, v in self.tests.items()
            },
            "warnings": list(self.warnings),
            "errors": self.exact.errors,
            "draws": self.draws,
            "seed": self.seed,
            "weights": {
                "source": self.weights_source,
                "row_standardised": self.is_row_standardised,
            },
        }
        return out

    def to_frame(self) -> pd.DataFrame:
        """Rows ``model, term, estimate, std_error, statistic, p_value, conf_low, conf_high``."""
        import pandas as pd

        rows = [
            {"model": f"{e.model}-{label}", **row}
            for label, e in (("exact", self.exact), ("lee-yu", self.lee_yu))
            if e is not None
            for row in _rows(e)
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Lay the result out as text, exact and Lee-Yu side by side."""
        both = [e for e in (self.exact, self.lee_yu) if e is not None]
        tables = [{row["term"]: row for row in _rows(e)} for e in both]
        heads = ["exact ML", "Lee-Yu"][: len(both)]
        t, n = self.shape
        lines = [
            self.spec,
            f"{n} units, {t} periods, {self.n_obs} observations",
            self.provenance,
            "",
        ]
        lines.append(f"{'term':<28}" + "".join(f"{head:>12}{'(se)':>12}{'p':>8}" for head in heads))
        for term in tables[0]:
            cells = "".join(
                f"{row['estimate']:>12.6g}{row['std_error']:>12.4g}{row['p_value']:>8.3f}"
                for row in (table[term] for table in tables)
            )
            lines.append(f"{term:<28}{cells}")
        for head, e in zip(heads, both, strict=True):
            lines.append(
                f"{head}: log-likelihood {e.fit.loglik:.6f}, sigma2 {e.fit.sigma2:.6g} (SSR / {e.n_obs})"
            )
        lines += [
            f"{k}: {v.statistic:.4f} (df {v.df}), p {v.p_value:.4g}" for k, v in self.tests.items()
        ]
        return "\n".join([*lines, *(f"note: {w}" for w in self.warnings)])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the impacts with 95 % intervals, exact and Lee-Yu."""
        if ax is None:
            from matplotlib.figure import Figure

            ax = Figure(
                figsize=(6.4, 1.2 + 0.5 * len(self.exact.names) * 3), layout="constrained"
            ).subplots()
        labels = [f"{name} {kind}" for name in self.exact.names for kind in KINDS]
        for shift, (label, e) in zip(
            (-0.12, 0.12), (("exact", self.exact), ("Lee-Yu", self.lee_yu)), strict=True
        ):
            if e is None:
                continue
            values = [getattr(e.impacts, kind)[j] for j in range(len(e.names)) for kind in KINDS]
            spread = [
                Z95 * e.impacts.simulated[kind][j] for j in range(len(e.names)) for kind in KINDS
            ]
            ax.errorbar(
                values, np.arange(len(labels)) + shift, xerr=spread, fmt="o", ms=3, label=label
            )
        ax.set_yticks(range(len(labels)), labels)
        ax.axvline(0, lw=0.6, color="#555555")
        ax.legend()
        return ax


def _rows(e: Estimates) -> list[dict[str, Any]]:
    errors = np.sqrt(np.diagonal(e.coef_cov))
    rows = []
    if e.has_spatial:
        name = "rho" if e.model in HAS_LAG else "lambda"
        rows.append(_row(name, e.fit.spatial, e.spatial_error))
    rows += [_row(c, b, s) for c, b, s in zip(e.columns, e.fit.coef, errors, strict=True)]
    for j, name in enumerate(e.names):
        rows += [
            _row(f"{kind}: {name}", getattr(e.impacts, kind)[j], e.impacts.simulated[kind][j])
            for kind in KINDS
        ]
    return rows


def _row(term: str, estimate: float, std_error: float) -> dict[str, Any]:
    return {
        "term": term,
        "estimate": float(estimate),
        "std_error": float(std_error),
        "statistic": float(estimate / std_error) if std_error > 0 else float("nan"),
        "p_value": p_value(float(estimate), float(std_error)),
        "conf_low": float(estimate - Z95 * std_error),
        "conf_high": float(estimate + Z95 * std_error),
    }


def _interval(estimate: float, std_error: float) -> dict[str, float]:
    row = _row("", estimate, std_error)
    return {k: row[k] for k in ("estimate", "std_error", "conf_low", "conf_high", "p_value")}


def estimates_dict(e: Estimates) -> dict[str, Any]:
    """One likelihood's numbers: rho or lambda, sigma2, loglik, beta, theta, impacts."""
    errors = np.sqrt(np.diagonal(e.coef_cov))
    terms = {
        c: {"estimate": float(b), "std_error": float(s), "p_value": p_value(float(b), float(s))}
        for c, b, s in zip(e.columns, e.fit.coef, errors, strict=True)
    }
    k = len(e.names)
    out: dict[str, Any] = {}
    if e.model in HAS_LAG:
        out["rho"] = _interval(e.fit.spatial, e.spatial_error)
    if e.model in HAS_ERROR:
        out["lambda"] = _interval(e.fit.spatial, e.spatial_error)
    return out | {
        "sigma2": e.fit.sigma2,
        "loglik": e.fit.loglik,
        "n_effective": e.n_obs,
        "beta": {c: terms[c] for c in e.columns[:k]},
        "theta": {c.removeprefix("W_"): terms[c] for c in e.columns[k:]},
        "impacts": {
            name: {kind: _impact(e, kind, j) for kind in KINDS} for j, name in enumerate(e.names)
        },
    }


def _impact(e: Estimates, kind: str, j: int) -> dict[str, float]:
    value = float(getattr(e.impacts, kind)[j])
    found = _interval(value, float(e.impacts.simulated[kind][j]))
    return found | {"std_error_delta": float(e.impacts.delta[kind][j])}
