"""Is an interaction of a booster more than noise? Test against a booster without interactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.boosting import BoostSettings, fit_booster, fit_seeds, predict_mean
from ml.parallel import side_by_side
from ml.trees import tree_shap

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class InteractionTests:
    """Tests of all pairs, of the fitted predictor, not causal.

    Attributes
    ----------
    pairs : (q, 2) array
    strength : (q,) array
        Mean absolute interaction (twice shap's half).
    p_value, q_value : (q,) arrays
        By the wild bootstrap; q by Benjamini and Hochberg (1995).
    draws : int
    """

    pairs: NDArray[np.int64]
    strength: NDArray[np.float64]
    p_value: NDArray[np.float64]
    q_value: NDArray[np.float64]
    draws: int


def interaction_tests(
    X: NDArray[np.float64], y: NDArray[np.float64], *, unit: NDArray[Any] | None = None,
    settings: BoostSettings | None = None, players: NDArray[np.int64] | None = None,
    draws: int = 99, seeds: int = 3, folds: int = 5, seed: int = 0,
) -> InteractionTests:  # fmt: skip
    """Test every pair of players.

    The null is a booster whose trees hold one player each. Its fit plus out-of-fold residuals with
    one random sign a unit are outcomes without interactions; the booster is refitted to each, and
    the mean absolute interaction of the data is ranked among those. The residuals are those of the
    booster that may interact: those of the null would hold the very interaction as noise, which
    costs nearly all power.

    Parameters
    ----------
    players : (c,) array, optional
        Groups columns (the location) into one player.
    """
    from scipy.stats import false_discovery_control

    settings = settings or BoostSettings()
    who = np.arange(X.shape[1]) if players is None else players
    groups = [np.flatnonzero(who == p).tolist() for p in range(int(who.max()) + 1)]
    rng = np.random.default_rng(seed)
    codes = np.arange(len(y)) if unit is None else np.unique(unit, return_inverse=True)[1]
    fold = rng.permutation(np.arange(int(codes.max()) + 1) % folds)[codes]
    fitted = np.empty(len(y))
    for number in range(folds):
        out = fold == number
        booster = fit_booster(X[~out], y[~out], settings, int(rng.integers(2**31 - 1)))
        fitted[out] = predict_mean([booster], X[out])
    resid = y - fitted
    resid = resid - resid.mean()
    additive = predict_mean([fit_booster(X, y, settings, seed, groups)], X)

    def strength(outcome: NDArray[np.float64], number: int) -> NDArray[np.float64]:
        boosters = fit_seeds(X, outcome, settings, seeds=seeds, seed=number)
        pairs = tree_shap(boosters, X, interactions=True, players=who).pairs
        pairs = np.asarray(pairs)
        first, second = np.triu_indices(pairs.shape[1], 1)
        return np.asarray(2 * np.abs(pairs[:, first, second]).mean(axis=0))

    observed = strength(y, seed)
    signs = [rng.choice([-1.0, 1.0], int(codes.max()) + 1)[codes] for _ in range(draws)]
    null = np.array(side_by_side(
        lambda b: strength(additive + resid * signs[b], seed + 1 + b), range(draws)
    ))  # fmt: skip
    p = (1 + (null >= observed).sum(axis=0)) / (1 + draws)
    first, second = np.triu_indices(len(groups), 1)
    return InteractionTests(
        np.column_stack([first, second]), observed, p, false_discovery_control(p), draws
    )  # fmt: skip
