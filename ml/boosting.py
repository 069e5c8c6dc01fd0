"""XGBoost with the article's settings, averaged over seeds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from ml.baselines import columns
from ml.parallel import side_by_side
from ml.validation import Forecast, Learner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.sample import Sample


@dataclass(frozen=True, slots=True)
class BoostSettings:
    """Settings of a booster; the defaults are those of Chen et al. (2026), section 3.2."""

    trees: int = 200
    depth: int = 4
    eta: float = 0.05
    subsample: float = 0.8
    colsample: float = 0.8
    min_child_weight: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


#: What tuning tries; the article's settings are among them.
GRID = (
    BoostSettings(),
    BoostSettings(depth=2, trees=200),
    BoostSettings(depth=2, trees=400, eta=0.03, min_child_weight=5),
    BoostSettings(depth=3, trees=100, min_child_weight=5),
    BoostSettings(depth=6, trees=200, min_child_weight=3),
)


def fit_booster(
    X: NDArray[np.float64], y: NDArray[np.float64], settings: BoostSettings, seed: int,
    groups: list[list[int]] | None = None,
) -> Any:  # fmt: skip
    """Fit one booster, one thread, deterministic for a seed.

    Parameters
    ----------
    groups : list of list of int, optional
        Features that may meet on a path; others never interact.
    """
    try:
        import xgboost
    except ImportError as error:
        raise UserError(
            "boosting needs xgboost", fix="install zhengce[ml] (make install EXTRAS=ml)"
        ) from error
    parameters: dict[str, Any] = {
        "max_depth": settings.depth, "eta": settings.eta, "subsample": settings.subsample,
        "colsample_bytree": settings.colsample, "min_child_weight": settings.min_child_weight,
        "seed": seed, "nthread": 1, "verbosity": 0, "tree_method": "hist",
    }  # fmt: skip
    if groups is not None:
        parameters["interaction_constraints"] = str(groups)
    return xgboost.train(parameters, xgboost.DMatrix(X, y, nthread=1), settings.trees)


def fit_seeds(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    settings: BoostSettings,
    *,
    seeds: int,
    seed: int,
) -> list[Any]:
    """Fit boosters for several seeds."""
    drawn = np.random.default_rng(seed).integers(0, 2**31 - 1, size=seeds)
    return side_by_side(lambda one: fit_booster(X, y, settings, int(one)), drawn)


def predict_mean(boosters: list[Any], X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean prediction of boosters (n,)."""
    import xgboost

    data = xgboost.DMatrix(X, nthread=1)
    return np.asarray(np.mean([b.predict(data) for b in boosters], axis=0), dtype=np.float64)


def boost_learner(settings: BoostSettings, *, seeds: int, seed: int) -> Learner:
    """Make a learner for validation; places are features, as in the fitted model."""

    def learn(train: Sample, test: Sample) -> Forecast:
        boosters = fit_seeds(columns(train), train.y, settings, seeds=seeds, seed=seed)
        mean = predict_mean(boosters, columns(test))
        return Forecast(mean, np.full(len(test), np.nan))

    return learn


def tune(sample: Sample, fold: NDArray[np.int64], *, seed: int) -> BoostSettings:
    """Choose settings by RMSE over folds, from `GRID`."""
    from ml.validation import out_of_fold, scores

    def loss(settings: BoostSettings) -> float:
        learner = boost_learner(settings, seeds=2, seed=seed)
        return scores(out_of_fold(sample, fold, learner, scheme="tuning", model=""))["rmse"]

    return min(GRID, key=loss)


def cluster_rows(unit: NDArray[Any] | None, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw whole units with replacement; rows where there are no units."""
    if unit is None:
        return rng.integers(0, n, size=n)
    order = np.argsort(unit, kind="stable")
    _, first = np.unique(unit[order], return_index=True)
    groups = np.split(order, first[1:])
    drawn = rng.integers(0, len(groups), size=len(groups))
    return np.concatenate([groups[i] for i in drawn])
