"""The job of ``zhengce fit ggpr``: fit, validate, explain, write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.figures import save_figure
from ml import charts, maps
from ml.baselines import baselines
from ml.boosting import BoostSettings, boost_learner
from ml.gp.explain import explain_model, interval_note, local_coefficients
from ml.gp.model import GeoGP, fit_gp
from ml.gp.storage import save_gp
from ml.output import fresh_folder, versions, write_frame, write_json
from ml.surface_figure import surface_figure
from ml.surfaces import in_china, local_surfaces
from ml.validation import Forecast, moran, out_of_fold, schemes, validation_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from ml.attributions import Attribution
    from ml.gp.kernels import KernelName
    from ml.sample import Sample
    from ml.surfaces import Surfaces
    from ml.validation import Learner, OutOfFold


@dataclass(frozen=True, slots=True)
class GgprJob:
    """Options of a fit."""

    kernel: KernelName = "structured"
    nu: float | None = None
    seed: int = 0
    restarts: int = 1
    draws: int = 12
    folds: int = 5
    level: float = 0.9
    blind_folds: bool = False
    with_baselines: bool = True
    with_figures: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class GgprResult:
    """A fitted GGPR with its validation and attributions."""

    model: GeoGP
    sample: Sample
    attribution: Attribution
    validation: pd.DataFrame
    random: OutOfFold
    moran: tuple[float, float]
    blind_folds: bool = False

    @property
    def spec(self) -> str:
        """The specification in one line."""
        return self.model.spec

    @property
    def n_obs(self) -> int:
        """Rows fitted."""
        return len(self.sample)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of the fit, how folds begin, and why attributions have no intervals if they have none."""
        begin = (
            "folds are blind: each starts from the prior and takes its own curvature and draws"
            if self.blind_folds
            else "folds start from the optimum of all rows and use its curvature; --blind-folds does not"
        )
        lacking = interval_note(self.model, self.n_obs)
        return (*self.model.notes, begin, *([lacking] if lacking else []))

    def summary(self) -> str:
        """Tell validation and ranking as text."""
        from ml.validation import validation_text

        noted = "\n".join(f"note: {n}" for n in self.notes)
        return "\n".join([
            f"{self.spec}; {self.n_obs} rows",
            validation_text(self.validation),
            f"Moran's I of out-of-fold residuals {self.moran[0]:.3f} (p {self.moran[1]:.3f})",
            self.attribution.summary(), noted,
        ]).rstrip()  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Attributions, one row an observation."""
        return self.attribution.to_frame()

    def plot(self, ax: Any = None) -> Any:
        """Draw the importance of the terms."""
        return self.attribution.plot(ax)


def gp_learner(job: GgprJob, whole: GeoGP) -> Learner:
    """Fit a fold: from the optimum of all rows, which saves time, or blind, from the prior."""
    blind = job.blind_folds

    def learn(train: Sample, test: Sample) -> Forecast:
        # No level of columns may vanish because a fold lacks repeated units.
        model = fit_gp(
            train, kernel=job.kernel, nu=job.nu if blind else whole.nu, seed=job.seed,
            draws=min(job.draws, 6),
            unit_effect=whole.layout.has_unit, start=None if blind else whole.fit,
            max_iterations=60 if blind else 15, restarts=0,
        )  # fmt: skip
        found = model.predict(test.X, np.asarray(test.places), test.unit)
        return Forecast(found.mean, found.std)

    return learn


def run_ggpr(
    sample: Sample, job: GgprJob, *, background: Sample | None = None,
    progress: Callable[[str], object] = lambda _: None,
) -> GgprResult:  # fmt: skip
    """Fit, validate by every scheme beside baselines, and explain all rows."""
    progress(f"fit {job.kernel} kernel to {len(sample)} rows")
    model = fit_gp(
        sample, kernel=job.kernel, nu=job.nu, seed=job.seed, restarts=job.restarts, draws=job.draws
    )
    folds = schemes(sample, folds=job.folds, seed=job.seed)
    learners: dict[str, Learner] = {"ggpr": gp_learner(job, model)}
    if job.with_baselines:
        learners["xgboost"] = boost_learner(BoostSettings(), seeds=2, seed=job.seed)
        learners |= baselines(job.seed)
    found = []
    for name, learner in learners.items():
        for scheme, fold in folds.items():
            progress(f"validate {name}, {scheme} folds")
            found.append(out_of_fold(sample, fold, learner, scheme=scheme, model=name))
    random = found[0]
    places = np.asarray(sample.places)
    resid = sample.y - random.forecast.mean
    progress("explain")
    at = model.to_points(sample.X, places, sample.unit)
    behind = at if background is None else model.to_points(
        background.X, np.asarray(background.places), background.unit
    )  # fmt: skip
    attribution = explain_model(model, at, behind, level=job.level)
    return GgprResult(
        model, sample, attribution, validation_frame(found), random,
        moran(resid, places, seed=job.seed), job.blind_folds,
    )  # fmt: skip


def predictions_frame(result: GgprResult, new: Sample | None, job: GgprJob) -> pd.DataFrame:
    """Mean, std and 95 % interval: of new rows, else out of (random) fold."""
    import pandas as pd

    from ml.validation import Z95

    if new is not None:
        found = result.model.predict(new.X, np.asarray(new.places), new.unit)
        mean, std = found.mean, found.std
    else:
        mean, std = result.random.forecast.mean, result.random.forecast.std
    del job
    return pd.DataFrame(
        {"mean": mean, "std": std, "conf_low": mean - Z95 * std, "conf_high": mean + Z95 * std}
    )


def write_ggpr(result: GgprResult, out: Path, job: GgprJob, new: Sample | None = None) -> None:
    """Write the folder of a fit."""
    with fresh_folder(out) as folder:
        write_frame(folder / "predictions.csv", predictions_frame(result, new, job))
        write_frame(folder / "attributions.csv", result.attribution.to_frame())
        write_frame(folder / "validation.csv", result.validation)
        write_frame(folder / "importance.csv", result.attribution.importance())
        if job.kernel == "structured":
            write_frame(folder / "coefficients.csv", _coefficients(result))
        write_json(folder / "summary.json", _summary(result, job))
        save_gp(result.model, folder / "model.npz")
        # Every fit with degrees in China has surfaces; the table needs no figures.
        found = local_surfaces(result.model) if in_china(result.sample) else None
        if found is not None:
            write_frame(folder / "surfaces.csv", found.to_frame())
        if job.with_figures:
            with charts.style():
                _figures(result, folder)
                if found is not None:
                    _surface_figure(result, found, folder)


def _coefficients(result: GgprResult) -> pd.DataFrame:
    import pandas as pd

    sample, model = result.sample, result.model
    at = model.to_points(sample.X, np.asarray(sample.places), sample.unit)
    mean, std = local_coefficients(model, at)
    return pd.DataFrame(
        {name: mean[:, j] for j, name in enumerate(model.x)}
        | {f"{name}_std": std[:, j] for j, name in enumerate(model.x)}
    )


def _summary(result: GgprResult, job: GgprJob) -> dict[str, Any]:
    model = result.model
    theta = dict(zip(model.layout.names(model.x), np.exp(model.fit.log_theta), strict=True))
    by_scheme: dict[str, dict[str, float]] = {}
    own = result.validation[result.validation["model"] == "ggpr"]
    for row in own.itertuples():
        by_scheme.setdefault(row.scheme, {})[row.metric] = row.value
    importance = result.attribution.importance()
    return {
        "model": "ggpr", "spec": model.spec, "kernel": job.kernel, "nu": model.nu if model.nu < float("inf") else "inf", "seed": job.seed,
        "blind_folds": job.blind_folds,
        "n_obs": result.n_obs, "y": result.sample.y_name, "x": model.x,
        "interval": f"{job.level:.0%} credible, hyper-parameter draws mixed in"
        if result.attribution.std is not None else "none",
        "estimator": "penalised marginal likelihood (log-normal priors), L-BFGS",
        "log_posterior": model.fit.objective, "starts": model.fit.starts,
        "hyperparameters": theta, "base": result.attribution.base, "validation": by_scheme,
        "moran_residuals": {"statistic": result.moran[0], "p_value": result.moran[1]},
        "importance": dict(zip(importance["term"], importance["mean_abs"], strict=True)),
        "notes": [*result.notes, f"attributions are {charts.CAUTION}"], "versions": versions(),
    }  # fmt: skip


def _figures(result: GgprResult, folder: Path) -> None:
    sample, found = result.sample, result.attribution
    figures = folder / "figures"
    X = np.hstack([sample.X, np.full((len(sample), 1), np.nan), sample.X])
    save_figure(
        charts.beeswarm(found.values, X, list(found.names), f"GeoShapley, {sample.y_name}"),
        figures / "summary",
    )
    save_figure(importance_figure(found), figures / "importance")
    save_figure(
        charts.dependence(sample.X, found.primary, list(found.x), []), figures / "dependence"
    )
    out = result.random
    save_figure(
        charts.calibration(out.y, out.forecast.mean, out.forecast.std), figures / "calibration"
    )
    values, sure, codes, places = by_place(sample, found)
    save_figure(maps.term_maps(values, sure, list(found.names), codes, places), figures / "maps")
    k = len(found.x)
    effect = values[:, 0] + values[:, k + 1]
    names = (f"{found.x[0]} + {found.x[0]}:geo", "geo")
    save_figure(
        maps.bivariate_map(effect, values[:, k], names, codes, places), figures / "bivariate"
    )


def _surface_figure(result: GgprResult, found: Surfaces, folder: Path) -> None:
    figure = surface_figure(found, np.asarray(result.sample.places), result.sample.y_name)
    save_figure(figure, folder / "figures" / "surfaces")


def importance_figure(found: Attribution) -> Any:
    """Bars in a figure of their own."""
    figure, axes = charts.new_figure(1, 1, (6, 0.3 * len(found.names) + 1.2))
    charts.importance_bars(found, axes[0, 0])
    return figure


def by_place(sample: Sample, found: Attribution) -> tuple[Any, Any, Any, Any]:
    """Mean of terms by unit, sign probabilities of the last row of each, codes, places."""
    keys = (
        sample.unit if sample.unit is not None
        else np.arange(len(sample)).astype(str)
    )  # fmt: skip
    codes, first, code = np.unique(keys, return_index=True, return_inverse=True)
    counts = np.bincount(code)[:, None]
    mean = np.stack([np.bincount(code, c) for c in found.values.T], axis=1) / counts
    sure = None
    if found.std is not None:
        from scipy.stats import norm

        # The rows of a unit share most of their posterior error: its mean is given their mean error.
        std = np.stack([np.bincount(code, c) for c in found.std.T], axis=1) / counts
        sure = norm.cdf(np.abs(mean) / np.maximum(std, 1e-300))
    own = codes.tolist() if sample.unit is not None else None
    return mean, sure, own, np.asarray(sample.places)[first]
