"""Machine learning: equality with geoshapley and shap, time beside them, error, coverage, size.

``python -m benchmarks ml`` runs everything (the simulations take most of an hour); ``python -m
benchmarks.ml equality|time|grid|peers|blind|attributions|kernels|hinge|interactions`` runs one part.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import ml_peers
from benchmarks.figure import Figure, at_least, at_most, table

GRID = Path(__file__).resolve().parents[2] / "shared" / "reference" / "ml" / "svc_grid25.csv"
ATTRIBUTION_SETS = 40
KERNEL_SETS = 20
HINGE_PANELS = 50
DRAWS = 40  # as the command draws by default
NULL_PANELS = 50


def rows() -> list[Figure]:
    """Return every figure of this benchmark."""
    return [figure for part in PARTS.values() for figure in part()]


def random_gp(n: int, k: int, seed: int = 0) -> Any:
    """Make a SIMULATED structured GP with fixed hyper-parameters; nothing is fitted."""
    from ml.gp.fit import Fit
    from ml.gp.kernels import Layout, Points
    from ml.gp.model import GeoGP, posterior

    rng = np.random.default_rng(seed)
    layout = Layout("structured", k, has_unit=False)
    mean, sd = layout.priors()
    theta = mean + 0.3 * sd * rng.standard_normal(len(mean))
    points = Points(rng.normal(size=(n, k)), rng.normal(size=(n, 2)), np.full(n, -1))
    state = posterior(layout.unpack(theta), 1.5, points, rng.normal(size=n))
    return GeoGP(
        tuple(f"x{j}" for j in range(k)), layout, 1.5, np.zeros(k), np.ones(k), np.zeros(2), 1.0,
        0.0, 1.0, points, (state,), Fit(theta, np.zeros((1, 1)), 0.0, ()),
    )  # fmt: skip


def _equality() -> list[Figure]:
    import pandas as pd
    import shap
    import xgboost
    from geoshapley import GeoShapleyExplainer
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern, WhiteKernel

    from ml.geoshapley import explain_gp
    from ml.trees import tree_shap

    gp = random_gp(120, 4)
    X = np.hstack([gp.points.X, gp.points.C])
    rng = np.random.default_rng(0)
    other = GaussianProcessRegressor(
        Matern(length_scale=2.0, nu=1.5) + WhiteKernel(0.1), optimizer=None
    ).fit(X, X[:, 0] * X[:, 4] + rng.normal(size=len(X)) * 0.1)
    gaps = []
    for model, predict in (
        (gp, lambda Z: gp.predict(Z[:, :4], Z[:, 4:]).mean),
        (other, other.predict),
    ):
        ours = explain_gp(model, X[:20], X[:30], location=[4, 5], intervals=False)
        theirs = GeoShapleyExplainer(predict, X[:30], g=2).explain(
            pd.DataFrame(X[:20], columns=list("abcdef")), n_jobs=1
        )
        peer = np.hstack([theirs.primary, theirs.geo[:, None], theirs.geo_intera])
        gaps.append(float(np.abs(ours.values - peer).max()))
    y = X[:, 0] * X[:, 1] + X[:, 2] + rng.normal(size=len(X)) * 0.1
    booster = xgboost.train({"max_depth": 4, "eta": 0.05, "nthread": 1}, xgboost.DMatrix(X, y), 200)
    ours_t = tree_shap(booster, X, interactions=True)
    peer_t = shap.TreeExplainer(booster).shap_interaction_values(X)
    assert ours_t.pairs is not None
    return [
        at_most("structured GP against geoshapley, worst gap", 1e-6, _exact(gaps[0])),
        at_most("Matern GP against geoshapley, worst gap", 1e-6, _exact(gaps[1])),
        at_most("tree interactions against shap, worst gap", 1e-5,
                _exact(float(np.abs(ours_t.pairs - peer_t).max()))),
    ]  # fmt: skip


class _Small(float):
    """A number that rounding to four places would hide."""

    def __round__(self, ndigits: Any = None) -> Any:
        return self


def _exact(value: float) -> float:
    return _Small(value)


def _seconds(run: Callable[[], object]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def matern_model(n: int) -> tuple[Any, Any]:
    """Make a scikit-learn Matern GP of 7 features and 2 location columns on SIMULATED data."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern, WhiteKernel

    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 9))
    kernel = Matern(length_scale=2.0, nu=1.5) + WhiteKernel(0.1)
    model = GaussianProcessRegressor(kernel, optimizer=None)
    return model.fit(X, X[:, 0] + rng.normal(size=n) * 0.1), X


def matern_alone() -> tuple[float, float]:
    """CPU seconds (compilation counted) and peak GB of the Matern engine in a process of its own."""
    code = (
        "import time\n"
        "from benchmarks.ml import matern_model\n"
        "from ml.geoshapley import explain_gp\n"
        "model, X = matern_model(1698)\n"
        "begin = time.process_time()\n"
        "explain_gp(model, X, X[:100], location=[7, 8])\n"
        # Unlike ru_maxrss, this starts anew with the program.
        "peak = [r.split()[1] for r in open('/proc/self/status') if r.startswith('VmHWM')][0]\n"
        "print(time.process_time() - begin, peak)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, kilobytes = done.stdout.split()
    return float(seconds), float(kilobytes) / 1e6


def _time() -> list[Figure]:
    import pandas as pd
    import shap
    import xgboost
    from geoshapley import GeoShapleyExplainer

    from ml.geoshapley import explain_gp
    from ml.trees import tree_shap

    out = []
    for n, bar in ((1698, 2.0), (5000, 20.0)):
        gp = random_gp(n, 7)
        X = np.hstack([gp.points.X, gp.points.C])
        ours = _seconds(partial(explain_gp, gp, X, X[:100], location=[7, 8], intervals=False))
        out.append(at_most(f"closed form, n = {n}, p = 7, background 100", bar, ours, "CPU s"))
    model, X = matern_model(1698)
    rng = np.random.default_rng(1)
    ours, peak = matern_alone()
    theirs = _seconds(
        lambda: GeoShapleyExplainer(model.predict, X[:100], g=2).explain(
            pd.DataFrame(X[:1], columns=[f"c{j}" for j in range(9)]), n_jobs=1
        )
    ) * len(X)
    peer = f"geoshapley {theirs:.0f} s (one row, scaled): {theirs / ours:.0f}x"
    out.append(at_most("any Matern, n = 1,698, p = 7, background 100", 40, ours, "CPU s", peer))
    out.append(at_most("any Matern: peak memory of a process of its own", 1.0, peak, "GB"))
    for n in (186, 1698, 5000):
        X = rng.normal(size=(n, 7))
        y = X[:, 0] * X[:, 1] + np.maximum(X[:, 2], 0) * 2 + rng.normal(size=n) * 0.3
        booster = xgboost.train(
            {"max_depth": 4, "eta": 0.05, "subsample": 0.8, "colsample_bytree": 0.8, "nthread": 1},
            xgboost.DMatrix(X, y), 200,
        )  # fmt: skip
        mine = partial(tree_shap, booster, X, interactions=True)
        ours = min(_seconds(mine) for _ in range(2))
        theirs = _seconds(partial(shap.TreeExplainer(booster).shap_interaction_values, X))
        out.append(at_least(f"tree interactions, n = {n}: times faster than shap, build counted",
                            10, theirs / ours, "x", f"shap {theirs:.2f} s, ours {ours:.3f} s"))  # fmt: skip
    return out


def _grid() -> list[Figure]:
    from ml.ggpr import GgprJob, gp_learner
    from ml.gp.model import fit_gp
    from ml.validation import out_of_fold, schemes, scores

    sample = ml_peers.grid_sample(GRID)
    job = GgprJob()
    learner = gp_learner(job, fit_gp(sample, restarts=0, draws=6))
    out = []
    for (name, scheme), rmse, crps in zip(
        ml_peers.SCHEMES, (0.53, 0.57), (0.30, 0.32), strict=True
    ):
        found = scores(out_of_fold(
            sample, schemes(sample)[scheme], learner, scheme=scheme, model="ggpr"
        ))  # fmt: skip
        out += [
            at_most(f"svc_grid25 {name}: RMSE (noise 0.5)", rmse, found["rmse"]),
            at_most(f"svc_grid25 {name}: CRPS", crps, found["crps"]),
            at_least(f"svc_grid25 {name}: 95 % coverage", 0.93, found["coverage_95"]),
            at_most(f"svc_grid25 {name}: 95 % coverage, upper bar", 0.97, found["coverage_95"]),
        ]
    return out


def svc_data(seed: int, side: int = 13) -> tuple[Any, Callable[[Any], Any]]:
    """Make SIMULATED spatially varying coefficients on a grid, and the true function of (X, place)."""
    from ml.sample import Sample

    rng = np.random.default_rng(seed)
    i, j = np.divmod(np.arange(side**2), side)
    C = np.column_stack([j, i]).astype(float) * 24 / (side - 1)
    X = rng.uniform(-2, 2, (side**2, 4))

    def truth(Z: Any) -> Any:
        u, v = Z[:, 4], Z[:, 5]
        b0 = 6 / 12.5**4 * (12.5**2 - (12.5 - v) ** 2) * (12.5**2 - (12.5 - u) ** 2)
        b1, b2 = 3 * (u + v) / 24, 3 * (24 - v + u) / 24
        return b0 + b1 * Z[:, 0] + b2 * Z[:, 1] + 2 * Z[:, 2] + Z[:, 3] ** 2

    y = truth(np.hstack([X, C])) + rng.normal(size=len(X)) * 0.5
    return Sample(y, X, ("X1", "X2", "X3", "X4"), coords=C, places=C), truth


def coverage(kernel: Any, sets: int) -> dict[str, float]:
    """Share of (place, term) whose true GeoShapley value a 90 % interval covers, by term."""
    from ml.geoshapley import explain, explain_gp
    from ml.gp.model import fit_gp

    covered, names = [], tuple[str, ...]()
    for seed in range(sets):
        sample, truth = svc_data(1000 + seed)
        assert sample.places is not None
        Z = np.hstack([sample.X, sample.places])
        shown, behind = Z[::3], Z[::4]
        ours = explain_gp(fit_gp(sample, kernel=kernel, restarts=0), shown, behind, location=[4, 5])
        want = explain(truth, shown, behind, location=[4, 5])
        assert ours.low is not None
        assert ours.high is not None
        covered.append(((ours.low <= want.values) & (want.values <= ours.high)).mean(axis=0))
        names = ours.names
        print(kernel, seed, np.round(covered[-1], 2), file=sys.stderr, flush=True)
    return dict(zip(names, np.mean(covered, axis=0).tolist(), strict=True))


def _attributions() -> list[Figure]:
    told = {"X3": "truth exactly linear, the same everywhere", "X4:geo": "truth exactly zero",
            "X3:geo": "truth exactly zero"}  # fmt: skip
    return [
        figure
        for name, value in coverage("structured", ATTRIBUTION_SETS).items()
        for figure in (
            at_least(f"90 % interval of {name} covers", 0.85, value, "share"),
            at_most(f"90 % interval of {name} covers, upper bar", 0.95, value, "share",
                    told.get(name, "")),
        )
    ]  # fmt: skip


def _kernels() -> list[Figure]:
    """Other kernels, for which no bar is set: they fit a varying coefficient less well."""
    out = []
    for kernel in ("matern", "jiao-tao"):
        found = coverage(kernel, KERNEL_SETS)
        told = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
        mean = round(float(np.mean(list(found.values()))), 4)
        out.append(Figure(f"{kernel} kernel: 90 % intervals cover, mean of terms", "", mean, "share",
                          None, told))  # fmt: skip
    return out


def hinge_panel(seed: int, units: int, periods: int = 6) -> tuple[Any, Any, Any]:
    """Make a SIMULATED panel, hinge of slope 0 to 2 at x0 = 0.3, unit effects."""
    rng = np.random.default_rng(seed)
    n = units * periods
    unit = np.repeat(np.arange(units), periods)
    X = 0.7 * rng.normal(size=(units, 7))[unit] + 0.7 * rng.normal(size=(n, 7))
    y = 2 * np.maximum(X[:, 0] - 0.3, 0) + 0.5 * X[:, 1] + 0.3 * rng.normal(size=units)[unit]
    return X, y + 0.3 * rng.normal(size=n), unit


def _hinge() -> list[Figure]:
    from ml.boosting import BoostSettings, cluster_rows, fit_booster, fit_seeds
    from ml.thresholds import threshold
    from ml.trees import tree_shap

    out = []
    for units, bar, panels, draws in (
        (31, 0.15, HINGE_PANELS, DRAWS),
        (283, 0.05, HINGE_PANELS, DRAWS),
    ):
        errors, hits = [], []
        for seed in range(panels):
            X, y, unit = hinge_panel(500 + seed, units)
            rng = np.random.default_rng(seed)
            boosters = fit_seeds(X, y, BoostSettings(), seeds=10, seed=seed)
            phi = tree_shap(boosters, X).values[:, 0]
            drawn = []
            for _ in range(draws):
                at = cluster_rows(unit, len(y), rng)
                booster = fit_booster(X[at], y[at], BoostSettings(), int(rng.integers(2**31)))
                drawn.append((X[at, 0], tree_shap(booster, X[at]).values[:, 0]))
            t = threshold("x0", X[:, 0], phi, drawn)
            errors.append(abs(t.knot - 0.3))
            hits.append(t.conf_low <= 0.3 <= t.conf_high)
            print("hinge", units, seed, t, file=sys.stderr, flush=True)
        n = units * 6
        out.append(
            at_most(f"hinge, n = {n}, {panels} panels: mean |error|", bar, float(np.mean(errors)))
        )
        out.append(
            at_least(f"hinge, n = {n}: 95 % interval covers", 0.9, float(np.mean(hits)), "share")
        )
    return out


def _interactions() -> list[Figure]:
    from ml.interactions import interaction_tests

    rejected, power = [], []
    for seed in range(NULL_PANELS):
        X, y, unit = hinge_panel(900 + seed, 31)
        X = X[:, :4]
        found = interaction_tests(X, y, unit=unit, draws=19, seeds=2, seed=seed)
        rejected.append((found.p_value <= 0.05).mean())
        if seed < 15:
            strong = interaction_tests(
                X, y + X[:, 2] * X[:, 3], unit=unit, draws=19, seeds=2, seed=seed
            )
            power.append(float(strong.p_value[-1] <= 0.05))
        print("interactions", seed, rejected[-1], power[-1:], file=sys.stderr, flush=True)
    told = f"power for x2*x3 (15 panels): {np.mean(power):.2f}"
    return [at_most(f"interaction test, {NULL_PANELS} null panels: size at 0.05", 0.07,
                    float(np.mean(rejected)), "share", told)]  # fmt: skip


PARTS: dict[str, Callable[[], list[Figure]]] = {
    "equality": _equality,
    "time": _time,
    "grid": _grid,
    **ml_peers.parts(GRID),
    "attributions": _attributions,
    "kernels": _kernels,
    "hinge": _hinge,
    "interactions": _interactions,
}

if __name__ == "__main__":
    print(table([figure for name in sys.argv[1:] or PARTS for figure in PARTS[name]()]))
