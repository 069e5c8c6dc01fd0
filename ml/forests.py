"""Tree ensembles as flat leaf tables: an interval a feature, a cover ratio a player."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.problems import UnsupportedModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """All nodes of all trees, children by index; a leaf has ``left == -1``.

    A row goes left when ``float32(x) <= threshold``.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    cover: NDArray[np.float64]
    value: NDArray[np.float64]
    roots: NDArray[np.int64]
    base: float


@dataclass(frozen=True, slots=True, eq=False)
class Leaves:
    """Leaf tables.

    Attributes
    ----------
    value : (L,) array
    low, high : (L, k) array
        A row reaches the leaf when ``low < x <= high`` in every feature.
    ratio : (L, m) array
        Product of cover shares of the splits on a player's features.
    base : float
        Constant of the ensemble.
    """

    value: NDArray[np.float64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    ratio: NDArray[np.float64]
    used: NDArray[np.bool_]
    base: float


def read_nodes(model: Any) -> Nodes:
    """Read the nodes of an XGBoost or scikit-learn ensemble for regression.

    Raises
    ------
    UnsupportedModelError
        For other models, other boosters than trees, several outputs, categorical splits.
    """
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    if type(booster).__name__ == "Booster" and hasattr(booster, "save_raw"):
        return _xgboost_nodes(booster)
    if isinstance(model, (list, tuple)):
        return _mean_of([read_nodes(one) for one in model])
    return _sklearn_nodes(model)


def _xgboost_nodes(booster: Any) -> Nodes:
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    gradient = learner["gradient_booster"]
    if gradient["name"] != "gbtree":
        raise UnsupportedModelError(
            f"the booster is {gradient['name']!r}", fix="exact attributions need booster gbtree"
        )
    trees = gradient["model"]["trees"]
    if any(tree["categories_nodes"] for tree in trees):
        raise UnsupportedModelError("the booster splits on categories", fix="use numeric dummies")
    if any(int(tree["tree_param"]["size_leaf_vector"]) > 1 for tree in trees):
        raise UnsupportedModelError("the booster has several outputs", fix="fit one an outcome")
    objective = learner["objective"]["name"]
    base = float(str(learner["learner_model_param"]["base_score"]).strip("[]"))
    if objective in ("binary:logistic", "reg:logistic"):
        base = float(np.log(base / (1 - base)))
    elif objective in ("count:poisson", "reg:gamma", "reg:tweedie"):
        base = float(np.log(base))
    counts = [len(tree["left_children"]) for tree in trees]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)

    def joined(name: str) -> NDArray[np.float64]:
        return np.concatenate([np.asarray(tree[name], dtype=np.float64) for tree in trees])

    shift = np.repeat(starts, counts)
    left, right = (
        joined("left_children").astype(np.int64),
        joined("right_children").astype(np.int64),
    )
    conditions = joined("split_conditions")
    # XGBoost goes left when x < t in float32: the same as x <= the float before t.
    below = np.nextafter(conditions.astype(np.float32), np.float32(-np.inf)).astype(np.float64)
    return Nodes(
        np.where(left >= 0, left + shift, -1), np.where(right >= 0, right + shift, -1),
        joined("split_indices").astype(np.int64), below, joined("sum_hessian"), conditions,
        starts, base,
    )  # fmt: skip


def _sklearn_nodes(model: Any) -> Nodes:
    kind = type(model).__name__
    if kind == "GradientBoostingRegressor":
        trees, weight = list(np.ravel(model.estimators_)), float(model.learning_rate)
        base = float(np.ravel(model.init_.constant_)[0])
    elif hasattr(model, "estimators_") and kind.endswith(("ForestRegressor", "TreesRegressor")):
        trees, base = list(model.estimators_), 0.0
        weight = 1.0 / len(trees)
    elif hasattr(model, "tree_") and kind.endswith("Regressor"):
        trees, weight, base = [model], 1.0, 0.0
    else:
        raise UnsupportedModelError(
            f"{kind} is no tree ensemble that is known here",
            fix="XGBoost, random forest, extra trees or gradient boosting for regression; "
            "ml.geoshapley.explain takes any model",
        )
    if any(tree.tree_.n_outputs > 1 for tree in trees):
        raise UnsupportedModelError("the model has several outputs", fix="fit one an outcome")
    parts = [
        Nodes(t.children_left.astype(np.int64), t.children_right.astype(np.int64),
              t.feature.astype(np.int64), t.threshold, t.weighted_n_node_samples,
              t.value[:, 0, 0] * weight, np.zeros(1, dtype=np.int64), 0.0)
        for t in (tree.tree_ for tree in trees)
    ]  # fmt: skip
    return _stack(parts, base)


def _mean_of(parts: list[Nodes]) -> Nodes:
    if not parts:
        raise UnsupportedModelError("there is no booster in the list")
    stacked = _stack(parts, float(np.mean([p.base for p in parts])))
    return Nodes(
        stacked.left, stacked.right, stacked.feature, stacked.threshold, stacked.cover,
        stacked.value / len(parts), stacked.roots, stacked.base,
    )  # fmt: skip


def _stack(parts: list[Nodes], base: float) -> Nodes:
    starts = np.cumsum([0, *[len(p.left) for p in parts[:-1]]])
    moved = [
        (np.where(p.left >= 0, p.left + s, -1), np.where(p.left >= 0, p.right + s, -1), p.roots + s)
        for p, s in zip(parts, starts, strict=True)
    ]
    left, right, roots = (np.concatenate(c) for c in zip(*moved, strict=True))
    rest = [
        np.concatenate([getattr(p, name) for p in parts])
        for name in ("feature", "threshold", "cover", "value")
    ]
    return Nodes(left, right, rest[0].astype(np.int64), rest[1], rest[2], rest[3], roots, base)


def leaf_tables(nodes: Nodes, players: NDArray[np.int64]) -> Leaves:
    """Walk all trees level by level, carrying intervals and cover ratios.

    Parameters
    ----------
    players : (k,) array
        Player of each feature; features of one player (GEO) come and go together.
    """
    k, m = len(players), int(players.max()) + 1
    at: Any = nodes.roots
    low: Any = np.full((len(at), k), -np.inf)
    high: Any = np.full((len(at), k), np.inf)
    ratio: Any = np.ones((len(at), m))
    used: Any = np.zeros((len(at), m), dtype=bool)
    done: list[tuple[Any, ...]] = []
    while len(at):
        leaf = nodes.left[at] < 0
        done.append((nodes.value[at[leaf]], low[leaf], high[leaf], ratio[leaf], used[leaf]))
        at, low, high, ratio, used = (a[~leaf] for a in (at, low, high, ratio, used))
        if len(at) and nodes.feature[at].max() >= k:
            raise UnsupportedModelError(
                f"the model splits on feature {nodes.feature[at].max()}, the data have {k} columns"
            )
        row, f = np.arange(len(at)), nodes.feature[at]
        cut = nodes.threshold[at]
        children = []
        for child, is_left in ((nodes.left[at], True), (nodes.right[at], False)):
            a, b, r, u = low.copy(), high.copy(), ratio.copy(), used.copy()
            if is_left:
                b[row, f] = np.minimum(b[row, f], cut)
            else:
                a[row, f] = np.maximum(a[row, f], cut)
            r[row, players[f]] *= nodes.cover[child] / nodes.cover[at]
            u[row, players[f]] = True
            children.append((child, a, b, r, u))
        at, low, high, ratio, used = (np.concatenate(c) for c in zip(*children, strict=True))
    value, low, high, ratio, used = (np.concatenate(c) for c in zip(*done, strict=True))
    return Leaves(value, low.astype(np.float32), high.astype(np.float32), ratio, used, nodes.base)
