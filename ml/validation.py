"""Folds that are honest about space and time, and scores of calibrated predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.parallel import side_by_side
from ml.problems import FoldError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ml.sample import Sample

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Predictive mean and standard deviation (n,); ``half`` overrides the normal 95 % half-width."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    half: NDArray[np.float64] | None = None


#: Fits on the first sample and predicts the second.
Learner = Callable[["Sample", "Sample"], Forecast]


def schemes(sample: Sample, *, folds: int = 5, seed: int = 0) -> dict[str, NDArray[np.int64]]:
    """Fold numbers by scheme, for every scheme the sample has the columns for.

    Returns
    -------
    dict
        random, unit (whole units), block (5 x 5 cells of places), region (macro-regions of GB/T 2260
        codes, else clusters of places), year.

    Raises
    ------
    FoldError
        More folds than rows.
    """
    n = len(sample)
    if folds < 2 or n < 2 * folds:
        raise FoldError(f"{folds} folds of {n} rows", fix="at least two rows a fold, two folds")
    rng = np.random.default_rng(seed)
    found = {"random": rng.permutation(np.arange(n) % folds)}
    if sample.unit is not None:
        found["unit"] = _whole(sample.unit, folds, rng)
    if sample.places is not None:
        found["block"] = spatial_blocks(sample.places, folds=folds, rng=rng)
        found["region"] = _regions(sample, seed)
    if sample.time is not None:
        found["year"] = np.unique(sample.time, return_inverse=True)[1]
    return {
        name: fold for name, fold in found.items() if len(np.unique(fold)) > 1
    }  # one region or year: nothing to leave out


def _whole(groups: NDArray[np.str_], folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    _, code = np.unique(groups, return_inverse=True)
    return np.asarray(rng.permutation(np.arange(code.max() + 1) % folds)[code])


def spatial_blocks(
    places: NDArray[np.float64], *, folds: int, rng: np.random.Generator, side: int = 5
) -> NDArray[np.int64]:
    """Cut the bounding box into side x side cells and deal the cells to folds."""
    low, span = places.min(axis=0), np.maximum(np.ptp(places, axis=0), 1e-12)
    cell = np.minimum(((places - low) / span * side).astype(np.int64), side - 1)
    return _whole(np.array([f"{a}-{b}" for a, b in cell]), folds, rng)


def _regions(sample: Sample, seed: int) -> NDArray[np.int64]:
    codes = [] if sample.unit is None else sample.unit.tolist()
    if codes and all(len(c) == 6 and c.isdigit() and c[0] in "123456" for c in codes):
        return np.unique([c[0] for c in codes], return_inverse=True)[1]
    from sklearn.cluster import KMeans

    places = np.asarray(sample.places)
    clusters = min(6, len(np.unique(places, axis=0)))
    return np.asarray(KMeans(clusters, n_init=4, random_state=seed).fit_predict(places))


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Predictions of rows by a model that did not see their fold."""

    scheme: str
    model: str
    y: NDArray[np.float64]
    forecast: Forecast


def out_of_fold(
    sample: Sample, fold: NDArray[np.int64], learner: Learner, *, scheme: str, model: str
) -> OutOfFold:
    """Predict every fold from the others.

    Raises
    ------
    FoldError
        A fold is empty, or leaves too few rows to fit.
    """
    mean, std = np.full(len(sample), np.nan), np.full(len(sample), np.nan)
    numbers = range(int(fold.max()) + 1)
    for number in numbers:
        inside = fold == number
        if not inside.any() or (~inside).sum() <= sample.X.shape[1] + 1:
            raise FoldError(
                f"fold {number} of {scheme!r} has {int(inside.sum())} rows and leaves "
                f"{int((~inside).sum())}", fix="use fewer folds or more data",
            )  # fmt: skip
    found = side_by_side(lambda i: learner(sample.take(fold != i), sample.take(fold == i)), numbers)
    for number, forecast in zip(numbers, found, strict=True):
        mean[fold == number], std[fold == number] = forecast.mean, forecast.std
    if np.isnan(std).any():
        return OutOfFold(scheme, model, sample.y, _cross_conformal(sample.y, mean, fold))
    return OutOfFold(scheme, model, sample.y, Forecast(mean, std))


def _cross_conformal(
    y: NDArray[np.float64], mean: NDArray[np.float64], fold: NDArray[np.int64]
) -> Forecast:
    """Spread of a fold from the out-of-fold residuals of the others (Vovk 2015)."""
    std, half = np.empty(len(y)), np.empty(len(y))
    for number in np.unique(fold):
        inside = fold == number
        other = np.abs(y - mean)[~inside]
        std[inside] = np.sqrt((other**2).mean())
        level = min(1.0, 0.95 * (1 + 1 / len(other)))
        half[inside] = np.quantile(other, level, method="higher")
    return Forecast(mean, np.maximum(std, 1e-12), half)


def crps_normal(
    y: NDArray[np.float64], mean: NDArray[np.float64], std: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Continuous ranked probability score of normal forecasts (Gneiting and Raftery 2007, eq. 21)."""
    from scipy.stats import norm

    z = (y - mean) / std
    return np.asarray(
        std * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    )  # fmt: skip


def scores(found: OutOfFold) -> dict[str, float]:
    """R2, RMSE, MAE, CRPS, 95 % coverage and mean width of the intervals."""
    y, f = found.y, found.forecast
    error = y - f.mean
    half = f.half if f.half is not None else Z95 * f.std
    return {
        "r2": float(1 - (error**2).sum() / ((y - y.mean()) ** 2).sum()),
        "rmse": float(np.sqrt((error**2).mean())),
        "mae": float(np.abs(error).mean()),
        "crps": float(crps_normal(y, f.mean, f.std).mean()),
        "coverage_95": float((np.abs(error) <= half).mean()),
        "width_95": float(2 * half.mean()),
        "n": float(len(y)),
    }


def validation_frame(found: list[OutOfFold]) -> pd.DataFrame:
    """Long table: model, scheme, metric, value."""
    import pandas as pd

    rows = [
        (one.model, one.scheme, metric, value)
        for one in found for metric, value in scores(one).items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["model", "scheme", "metric", "value"])


def validation_text(frame: pd.DataFrame) -> str:
    """Lay schemes side by side, models and metrics down."""
    wide = frame[frame["metric"] != "n"].pivot_table(
        index=["model", "metric"], columns="scheme", values="value", sort=False
    )
    return str(wide.round(3).to_string())


def moran(
    resid: NDArray[np.float64], places: NDArray[np.float64], *, seed: int = 0, neighbours: int = 8,
    permutations: int = 499,
) -> tuple[float, float]:  # fmt: skip
    """Moran's I of residuals (means by place), nearest neighbours, permutation p-value."""
    from scipy.spatial import cKDTree

    spot, code = np.unique(np.round(places, 9), axis=0, return_inverse=True)
    mean = np.bincount(code.ravel(), resid) / np.bincount(code.ravel())
    k = min(neighbours, len(spot) - 1)
    near = cKDTree(spot).query(spot, k + 1)[1][:, 1:]
    z = mean - mean.mean()
    if k < 1 or not (z**2).sum():
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)

    def index(v: NDArray[np.float64]) -> float:
        return float((v * v[near].mean(axis=1)).sum() / (v**2).sum())

    observed = index(z)
    drawn = np.array([index(rng.permutation(z)) for _ in range(permutations)])
    center = drawn.mean()
    beyond = (np.abs(drawn - center) >= abs(observed - center)).sum()
    return observed, float((1 + beyond) / (1 + permutations))
