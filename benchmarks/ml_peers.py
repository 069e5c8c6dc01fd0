"""GGPR beside peers on svc_grid25 in one run, same folds: mgwr, scikit-learn, xgboost; and blind folds.

``python -m benchmarks.ml peers|blind`` runs one part.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figure import Figure, at_most

if TYPE_CHECKING:
    from pathlib import Path

    from ml.sample import Sample
    from ml.validation import Forecast, Learner

SCHEMES = (("random", "random"), ("blocks", "block"))


def grid_sample(file: Path) -> Sample:
    """Read svc_grid25: 625 places of a SIMULATED field with noise 0.5."""
    import pandas as pd

    from ml.sample import sample_of

    return sample_of(
        pd.read_csv(file), y="y", x=["X1", "X2", "X3", "X4"],
        coords=["x_coord", "y_coord"], crs="plane",
    )  # fmt: skip


def peers(file: Path) -> list[Figure]:
    """Out-of-fold RMSE and CRPS of the GGPR, as a ratio to the best peer's."""
    from ml.boosting import BoostSettings, boost_learner
    from ml.ggpr import GgprJob, gp_learner
    from ml.gp.model import fit_gp
    from ml.validation import out_of_fold, schemes, scores

    sample = grid_sample(file)
    learners: dict[str, Learner] = {
        "ggpr": gp_learner(GgprJob(), fit_gp(sample, restarts=0, draws=6)),
        "GWR of mgwr": _gwr,
        "GP of scikit-learn": _gp,
        "random forest of scikit-learn": _forest,
        "xgboost": boost_learner(BoostSettings(), seeds=5, seed=0),
    }
    out = []
    for shown, scheme in SCHEMES:
        fold = schemes(sample)[scheme]
        found = {
            name: scores(out_of_fold(sample, fold, learner, scheme=scheme, model=name))
            for name, learner in learners.items()
        }
        for measure in ("rmse", "crps"):
            ours = found["ggpr"][measure]
            others = {n: f[measure] for n, f in found.items() if n != "ggpr"}
            told = ", ".join(f"{n} {v:.3f}" for n, v in others.items())
            out.append(at_most(
                f"svc_grid25 {shown}: {measure.upper()} over the best peer's", 1.0,
                ours / min(others.values()), "x", f"ours {ours:.3f}; {told}",
            ))  # fmt: skip
    return out


def blind(file: Path) -> list[Figure]:
    """Compare folds that start from the optimum of all rows with blind ones."""
    from ml.ggpr import GgprJob, gp_learner
    from ml.gp.model import fit_gp
    from ml.validation import out_of_fold, schemes, scores

    sample = grid_sample(file)
    whole, job = fit_gp(sample, restarts=0, draws=6), GgprJob()
    out = []
    for shown, scheme in SCHEMES:
        fold = schemes(sample)[scheme]
        warm, cold = (
            scores(out_of_fold(
                sample, fold, gp_learner(replace(job, blind_folds=way), whole),
                scheme=scheme, model="ggpr",
            ))
            for way in (False, True)
        )  # fmt: skip
        told = "; ".join(
            f"{m} {warm[m]:.4f} warm, {cold[m]:.4f} blind" for m in ("rmse", "crps", "coverage_95")
        )
        out.append(at_most(
            f"svc_grid25 {shown}: |RMSE of warm folds - RMSE of blind folds|", 0.01,
            abs(warm["rmse"] - cold["rmse"]), "", told,
        ))  # fmt: skip
        print(shown, told, file=sys.stderr, flush=True)
    return out


def _gwr(train: Sample, test: Sample) -> Forecast:
    """Geographically weighted regression, bandwidth by AICc on the training rows."""
    from mgwr.gwr import GWR
    from mgwr.sel_bw import Sel_BW

    y, C = train.y[:, None], np.asarray(train.places)
    bandwidth = Sel_BW(C, y, train.X).search()
    found = GWR(C, y, train.X, bandwidth).predict(np.asarray(test.places), test.X)
    return _point(np.asarray(found.predictions).ravel())


def _gp(train: Sample, test: Sample) -> Forecast:
    """Matern with a length for each column, by marginal likelihood, on standardised columns."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    from ml.validation import Forecast

    rows, others = (np.hstack([s.X, np.asarray(s.places)]) for s in (train, test))
    mean, sd = rows.mean(axis=0), rows.std(axis=0)
    kernel = ConstantKernel() * Matern(np.ones(rows.shape[1]), nu=1.5) + WhiteKernel()
    model = GaussianProcessRegressor(
        kernel, normalize_y=True, n_restarts_optimizer=2, random_state=0
    )
    model.fit((rows - mean) / sd, train.y)
    found = model.predict((others - mean) / sd, return_std=True)
    return Forecast(found[0], found[1])


def _forest(train: Sample, test: Sample) -> Forecast:
    """Random forest of features and coordinates."""
    from sklearn.ensemble import RandomForestRegressor

    rows, others = (np.hstack([s.X, np.asarray(s.places)]) for s in (train, test))
    model = RandomForestRegressor(500, min_samples_leaf=3, random_state=0).fit(rows, train.y)
    return _point(model.predict(others))


def _point(values: Any) -> Forecast:
    """Predict without a spread: it comes from the other folds (cross-conformal)."""
    from ml.validation import Forecast

    return Forecast(values, np.full(len(values), np.nan))


def parts(file: Path) -> dict[str, Any]:
    """Name the parts."""
    return {"peers": partial(peers, file), "blind": partial(blind, file)}
