"""The job of ``zhengce fit xgb-shap``: boosters over seeds, SHAP, thresholds, tests, write."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.figures import save_figure
from ml import charts
from ml.baselines import baselines, columns
from ml.boosting import (
    BoostSettings,
    boost_learner,
    cluster_rows,
    fit_booster,
    fit_seeds,
    predict_mean,
    tune,
)
from ml.geoshapley import explain_trees
from ml.interactions import InteractionTests, interaction_tests
from ml.output import fresh_folder, versions, write_frame, write_json
from ml.parallel import side_by_side
from ml.thresholds import Threshold, threshold
from ml.validation import Z95, OutOfFold, moran, out_of_fold, schemes, validation_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from ml.attributions import Attribution
    from ml.sample import Sample


@dataclass(frozen=True, slots=True)
class XgbJob:
    """Options of a fit."""

    settings: BoostSettings = field(default_factory=BoostSettings)
    seeds: int = 20
    draws: int = 40
    tests: int = 39
    tuned: bool = False
    folds: int = 5
    seed: int = 0
    with_figures: bool = True
    simulated: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class XgbResult:
    """Boosters over seeds with SHAP, thresholds and tests; of the fitted predictor, not causal.

    Attributes
    ----------
    attribution : Attribution
        Of the mean booster, path-dependent; GEO is zero without coordinates.
    drawn : (d, n, 2 k + 1) array
        Attributions of the rows by boosters refitted to unit bootstrap samples.
    """

    sample: Sample
    job: XgbJob
    boosters: list[Any]
    attribution: Attribution
    drawn: NDArray[np.float64]
    thresholds: list[Threshold]
    tests: InteractionTests | None
    players: tuple[str, ...]
    validation: pd.DataFrame
    random: OutOfFold
    moran: tuple[float, float] | None
    tuned: BoostSettings | None

    @property
    def spec(self) -> str:
        """The specification in one line."""
        s = self.job.settings
        return (
            f"XGBoost, {s.trees} trees, depth {s.depth}, eta {s.eta:g}, rows {s.subsample:g}, columns "
            f"{s.colsample:g}, mean of {self.job.seeds} seeds from {self.job.seed}; intervals by "
            f"{self.job.draws} unit bootstraps, refitted"
        )

    @property
    def n_obs(self) -> int:
        """Rows fitted."""
        return len(self.sample)

    def importance(self) -> pd.DataFrame:
        """Mean absolute attribution with bootstrap interval."""
        table = self.attribution.importance()
        if len(self.drawn):
            size = np.abs(self.drawn).mean(axis=1)
            low, high = np.quantile(size, [0.025, 0.975], axis=0)
            at = [self.attribution.names.index(t) for t in table["term"]]
            table = table.assign(conf_low=low[at], conf_high=high[at])
        if self.sample.coords is None:
            table = table[~table["term"].str.contains("geo$")].reset_index(drop=True)
        return table

    def to_frame(self) -> pd.DataFrame:
        """Attributions, one row an observation, 90 % bootstrap intervals."""
        frame = self.attribution.to_frame()
        if len(self.drawn):
            low, high = np.quantile(self.drawn, [0.05, 0.95], axis=0)
            ends = {}
            for name in frame.columns[1:]:
                j = self.attribution.names.index(name)
                ends[f"{name}_low"], ends[f"{name}_high"] = low[:, j], high[:, j]
            frame = frame.assign(**ends)
        return frame

    def summary(self) -> str:
        """Tell validation, importance, thresholds and tests as text."""
        from ml.validation import validation_text

        lines = [f"{self.spec}; {self.n_obs} rows", validation_text(self.validation)]
        lines.append(self.importance().round(5).to_string(index=False))
        for t in self.thresholds:
            said = (
                f"threshold {t.knot:.4g} [{t.conf_low:.4g}, {t.conf_high:.4g}]"
                if t.found else "no threshold"
            )  # fmt: skip
            zero = f"; LOWESS crosses zero at {t.zero:.4g}" if np.isfinite(t.zero) else ""
            lines.append(f"{t.feature}: {said}{zero}")
        if self.tests is not None:
            lines.append(self.tests_frame().round(4).head(10).to_string(index=False))
        return "\n".join([*lines, *self.sample.notes, charts.CAUTION])

    def tests_frame(self) -> pd.DataFrame:
        """Interactions by strength."""
        import pandas as pd

        t = self.tests
        if t is None:
            return pd.DataFrame(columns=["first", "second", "strength", "p_value", "q_value"])
        frame = pd.DataFrame({
            "first": [self.players[i] for i in t.pairs[:, 0]],
            "second": [self.players[i] for i in t.pairs[:, 1]],
            "strength": t.strength, "p_value": t.p_value, "q_value": t.q_value,
        })  # fmt: skip
        return frame.sort_values("strength", ascending=False, kind="stable", ignore_index=True)

    def plot(self, ax: Any = None) -> Any:
        """Draw the importance of the terms."""
        return self.attribution.plot(ax)


def run_xgb(
    sample: Sample, job: XgbJob, *, progress: Callable[[str], object] = lambda _: None
) -> XgbResult:
    """Fit, validate, explain, bootstrap and test."""
    X, k = columns(sample), sample.X.shape[1]
    location = list(range(k, X.shape[1]))
    players = np.r_[np.arange(k), np.full(len(location), k)].astype(np.int64)
    progress(f"fit {job.seeds} boosters to {len(sample)} rows")
    boosters = fit_seeds(X, sample.y, job.settings, seeds=job.seeds, seed=job.seed)
    attribution = _named(explain_trees(boosters, X, location), sample)
    attribution.check(predict_mean(boosters, X), 1e-4)
    drawn, pairs = _bootstrap(sample, X, location, job, progress)
    thresholds = [
        threshold(name, sample.X[:, j], attribution.primary[:, j],
                  [(sample.X[rows, j], phi[rows, j]) for rows, phi in zip(pairs, drawn, strict=True)])
        for j, name in enumerate(sample.x)
    ]  # fmt: skip
    tests = None
    if job.tests and X.shape[1] > 1:
        progress(f"test interactions, {job.tests} refits")
        tests = interaction_tests(
            X, sample.y, unit=sample.unit, settings=job.settings, players=players,
            draws=job.tests, seed=job.seed,
        )  # fmt: skip
    found, tuned = _validate(sample, job, progress)
    spatial = (
        None if sample.places is None
        else moran(sample.y - found[0].forecast.mean, sample.places, seed=job.seed)
    )  # fmt: skip
    return XgbResult(
        sample, job, boosters, attribution, drawn, thresholds, tests,
        (*sample.x, *(("geo",) if location else ())), validation_frame(found), found[0], spatial,
        tuned,
    )  # fmt: skip


def _named(found: Attribution, sample: Sample) -> Attribution:
    from dataclasses import replace

    return replace(found, x=sample.x)


def _bootstrap(
    sample: Sample, X: NDArray[np.float64], location: list[int], job: XgbJob,
    progress: Callable[[str], object],
) -> tuple[NDArray[np.float64], list[NDArray[np.int64]]]:  # fmt: skip
    """Refit to whole units drawn with replacement; attributions of all rows each time."""
    if job.draws:
        progress(f"bootstrap {job.draws} refits")
    rng = np.random.default_rng(job.seed + 1)
    plans = [
        (cluster_rows(sample.unit, len(sample), rng), int(rng.integers(2**31 - 1)))
        for _ in range(job.draws)
    ]

    def refitted(plan: tuple[NDArray[np.int64], int]) -> NDArray[np.float64]:
        rows, seed = plan
        booster = fit_booster(X[rows], sample.y[rows], job.settings, seed)
        return explain_trees(booster, X, location).values

    drawn = side_by_side(refitted, plans)
    width = 2 * sample.X.shape[1] + 1
    return np.array(drawn).reshape(len(drawn), len(sample), width), [p[0] for p in plans]


def _validate(
    sample: Sample, job: XgbJob, progress: Callable[[str], object]
) -> tuple[list[OutOfFold], BoostSettings | None]:
    folds = schemes(sample, folds=job.folds, seed=job.seed)
    few = min(job.seeds, 5)
    learners = {"xgboost": boost_learner(job.settings, seeds=few, seed=job.seed)}
    tuned = None
    if job.tuned:
        progress("tune")
        # Tuned on the hardest grouping there is, so that the choice is not made by leakage.
        tuned = tune(sample, folds.get("unit", folds["random"]), seed=job.seed)
        learners["xgboost_tuned"] = boost_learner(tuned, seeds=few, seed=job.seed)
    learners |= baselines(job.seed)
    found = []
    for name, learner in learners.items():
        for scheme, fold in folds.items():
            progress(f"validate {name}, {scheme} folds")
            found.append(out_of_fold(sample, fold, learner, scheme=scheme, model=name))
    return found, tuned


def write_xgb(result: XgbResult, out: Path, job: XgbJob) -> None:
    """Write the folder of a fit."""
    import pandas as pd

    f = result.random.forecast
    half = f.half if f.half is not None else Z95 * f.std
    predictions = pd.DataFrame(
        {"mean": f.mean, "std": f.std, "conf_low": f.mean - half, "conf_high": f.mean + half}
    )
    with fresh_folder(out) as folder:
        write_frame(folder / "predictions.csv", predictions)
        write_frame(folder / "attributions.csv", result.to_frame())
        write_frame(folder / "validation.csv", result.validation)
        write_frame(folder / "importance.csv", result.importance())
        write_frame(folder / "thresholds.csv", pd.DataFrame([asdict(t) for t in result.thresholds]))
        write_frame(folder / "interactions.csv", result.tests_frame())
        write_json(folder / "summary.json", _summary(result))
        models = folder / "boosters"
        models.mkdir()
        for i, booster in enumerate(result.boosters):
            booster.save_model(models / f"{i:02d}.json")
        if job.with_figures:
            with charts.style():
                _figures(result, folder / "figures")


def _summary(result: XgbResult) -> dict[str, Any]:
    table = result.importance()
    by_scheme: dict[str, dict[str, float]] = {}
    for row in result.validation[result.validation["model"] == "xgboost"].itertuples():
        by_scheme.setdefault(row.scheme, {})[row.metric] = row.value
    return {
        "model": "xgb-shap", "spec": result.spec, "settings": result.job.settings.as_dict(),
        "tuned_settings": result.tuned.as_dict() if result.tuned else None,
        "seed": result.job.seed, "n_obs": result.n_obs, "y": result.sample.y_name,
        "x": result.sample.x, "base": result.attribution.base, "validation": by_scheme,
        "importance": table.set_index("term").to_dict("index"),
        "thresholds": {t.feature: asdict(t) for t in result.thresholds},
        "interactions": result.tests_frame().to_dict("records"),
        "moran_residuals": None if result.moran is None
        else {"statistic": result.moran[0], "p_value": result.moran[1]},
        "notes": [*result.sample.notes, f"attributions are {charts.CAUTION}",
                  "validation averages at most 5 seeds a fold"],
        "versions": versions(),
    }  # fmt: skip


def _figures(result: XgbResult, figures: Path) -> None:
    sample, found, marked = result.sample, result.attribution, result.job.simulated
    shap, names = found.primary, list(sample.x)
    if sample.places is not None:
        X = np.hstack([sample.X, np.full((len(sample), 1), np.nan), sample.X])
        shap, names = found.values, list(found.names)
    else:
        X = sample.X
    title = f"SHAP values, {sample.y_name}, {result.n_obs} rows, {result.job.seeds} seeds"
    save_figure(charts.beeswarm(shap, X, names, title, marked), figures / "summary")
    save_figure(
        charts.dependence(sample.X, found.primary, list(sample.x), result.thresholds, marked),
        figures / "dependence",
    )
    row = int(np.argmax(np.abs(found.total - found.base)))
    where = f"row {row + 1}" if sample.unit is None else str(sample.unit[row])
    save_figure(
        charts.waterfall(found.base, shap[row], names, where, marked), figures / "waterfall"
    )
    save_figure(_bars(result), figures / "importance")
    if result.tests is not None:
        m = len(result.players)
        strength, q = np.zeros((m, m)), np.ones((m, m))
        a, b = result.tests.pairs.T
        strength[a, b] = strength[b, a] = result.tests.strength
        q[a, b] = q[b, a] = result.tests.q_value
        save_figure(
            charts.interaction_heat(strength, q, list(result.players), marked),
            figures / "interactions",
        )


def _bars(result: XgbResult) -> Any:
    table = result.importance().iloc[::-1]
    figure, axes = charts.new_figure(1, 1, (6, 0.3 * len(table) + 1.2))
    axis = axes[0, 0]
    error = None
    if "conf_low" in table:
        size = table["mean_abs"].to_numpy()
        error = [np.maximum(size - table["conf_low"].to_numpy(), 0),
                 np.maximum(table["conf_high"].to_numpy() - size, 0)]  # fmt: skip
    axis.barh(table["term"], table["mean_abs"], xerr=error, color="#9db8d2", ecolor="#333333")
    axis.set_xlabel(f"mean |SHAP value|, 95 % by unit bootstrap\n{charts.CAUTION}")
    if result.job.simulated:
        charts.mark_simulated(figure)
    return figure


def load_boosters(folder: Path) -> list[Any]:
    """Read the boosters of a finished fit back."""
    import xgboost

    from configs.errors import UserError

    files = sorted((folder / "boosters").glob("*.json"))
    if not files:
        raise UserError("holds no boosters", where=str(folder), fix="fit xgb-shap into it")
    found = []
    for file in files:
        booster = xgboost.Booster()
        booster.load_model(file)
        found.append(booster)
    return found
