"""Baselines beside our models: two-way OLS, elastic net, random forest."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from ml.parallel import workers
from ml.validation import Forecast, Learner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.sample import Sample

#: scikit-learn changes the filters of warnings, which threads share: one of its fits at a time.
_ALONE = threading.Lock()


def baselines(seed: int = 0) -> dict[str, Learner]:
    """Learners by name."""
    return {
        "ols_two_way": two_way_ols,
        "elastic_net": lambda a, b: _sklearn("elastic_net", a, b, seed),
        "random_forest": lambda a, b: _sklearn("random_forest", a, b, seed),
    }


def two_way_ols(train: Sample, test: Sample) -> Forecast:
    """Least squares with unit and time dummies; an effect that was not seen is the mean of those seen.

    Dummies carry a small ridge, so that a dummy explained by the features is no obstacle.
    """
    X = [np.ones((len(train), 1)), train.X]
    Z = [np.ones((len(test), 1)), test.X]
    free = 1 + train.X.shape[1]
    for a, b in ((train.unit, test.unit), (train.time, test.time)):
        if a is not None and b is not None and len(np.unique(a)) < len(a):
            levels = np.unique(a)
            X.append((a[:, None] == levels) - 1 / len(levels))
            seen = np.isin(b, levels)[:, None]
            Z.append(np.where(seen, (b[:, None] == levels) - 1 / len(levels), 0.0))
    A, B = np.hstack(X), np.hstack(Z)
    scale = np.maximum(np.abs(A).max(axis=0), 1e-300)
    penalty = np.r_[np.full(free, 1e-10), np.full(A.shape[1] - free, 1e-3)]
    A, B = A / scale, B / scale
    coef = np.linalg.solve(A.T @ A + np.diag(penalty), A.T @ train.y)
    return Forecast(B @ coef, np.full(len(test), np.nan))


def columns(sample: Sample) -> NDArray[np.float64]:
    """Features with places behind them, where there are any."""
    return sample.X if sample.places is None else np.hstack([sample.X, sample.places])


def _sklearn(kind: str, train: Sample, test: Sample, seed: int) -> Forecast:
    import warnings

    from sklearn.ensemble import RandomForestRegressor
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import ElasticNetCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = (
        make_pipeline(StandardScaler(), ElasticNetCV(l1_ratio=[0.2, 0.8], cv=3, random_state=seed))
        if kind == "elastic_net"
        else RandomForestRegressor(100, min_samples_leaf=2, random_state=seed, n_jobs=workers())
    )
    with _ALONE, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(columns(train), train.y)
        mean = np.asarray(model.predict(columns(test)))
    return Forecast(mean, np.full(len(test), np.nan))
