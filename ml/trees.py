"""Exact attributions of tree ensembles from tables: one look-up a leaf and row.

A leaf is a product game over the few players on its path. Which of them a row satisfies is a bit
pattern, and for each pattern the terms are computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ml.coalitions import pair_projector, projector
from ml.forests import Leaves, leaf_tables, read_nodes
from ml.problems import AttributionError, DataError, UnsupportedModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from numpy.typing import NDArray

Terms = Literal["geo", "shapley", "both"]
#: Patterns are 2**d: beyond this many players on one path the tables would not fit.
MOST_ON_A_PATH = 10
_CELLS = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class TreeShap:
    """SHAP values of a tree ensemble.

    Attributes
    ----------
    base : float
    values : (n, m) array
        Shapley values by player.
    pairs : (n, m, m) array or None
        Shapley interaction values, main effects on the diagonal; rows sum to ``values``.
    """

    base: float
    values: NDArray[np.float64]
    pairs: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Leaves whose paths hold the same players."""

    players: NDArray[np.int64]
    rows: NDArray[np.int64]
    table: NDArray[np.float64]  # (leaves * patterns, terms)


def tree_terms(
    model: Any, X: NDArray[np.float64], players: NDArray[np.int64], kind: Terms,
    background: NDArray[np.float64] | None = None, geo: int | None = None,
) -> tuple[float, NDArray[np.float64]]:  # fmt: skip
    """Sum the terms of all leaves.

    Parameters
    ----------
    players : (c,) array
        Player of each column of X.
    kind : {"geo", "shapley", "both"}
        "both" are Shapley values followed by the pairs above the diagonal.
    background : (b, c) array, optional
        Interventional values over these rows; without it path-dependent (covers).
    geo : int, optional
        The GEO player, the last; needed for ``kind="geo"``.

    Returns
    -------
    base : float
    terms : (n, m), (n, 2 m - 1) or (n, m + m (m - 1) / 2) array
    """
    X32 = _as_float32(X)
    leaves = leaf_tables(read_nodes(model), players)
    m = leaves.ratio.shape[1]
    n_terms = {"geo": 2 * m - 1, "shapley": m, "both": m * (m + 1) // 2}[kind]
    out = np.zeros((X32.shape[1], n_terms))
    seen = None if background is None else _as_float32(background)
    base = leaves.base
    # One after another: threads would cost more than the sums, up to some 10,000 rows.
    for rows in _same_players(leaves):
        base += _add_group(out, X32, leaves, rows, players, kind, geo, seen)
    return base, out


def _add_group(
    out: NDArray[np.float64], X: NDArray[np.float32], leaves: Leaves, rows: NDArray[np.int64],
    players: NDArray[np.int64], kind: Terms, geo: int | None, seen: NDArray[np.float32] | None,
) -> float:  # fmt: skip
    """Add the terms of leaves whose paths hold the same players; return their mean."""
    on_path = np.flatnonzero(leaves.used[rows[0]])
    if len(on_path) > MOST_ON_A_PATH:
        raise UnsupportedModelError(
            f"a path of a tree holds {len(on_path)} players",
            fix=f"exact tables go up to {MOST_ON_A_PATH}; fit trees of less depth",
        )
    games, empty = _games(leaves, rows, on_path, players, seen)
    if len(on_path):
        has_geo = geo is not None and geo in on_path
        matrix, places = _local_projector(kind, on_path, leaves.ratio.shape[1], has_geo=has_geo)
        table = games.reshape(-1, games.shape[-1]) @ matrix.T
        _look_up(out, places, X, leaves, _Group(on_path, rows, table), players)
    return empty


def _as_float32(X: NDArray[np.float64]) -> NDArray[np.float32]:
    X = np.asarray(X)
    if not np.isfinite(X).all():
        raise DataError("a value is missing or infinite", fix="tree tables need complete rows")
    return np.ascontiguousarray(X.astype(np.float32).T)


def _same_players(leaves: Leaves) -> Iterator[NDArray[np.int64]]:
    packed = np.packbits(leaves.used, axis=1)
    _, group = np.unique(packed, axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    yield from np.split(order, cuts)


def _games(
    leaves: Leaves, rows: NDArray[np.int64], on_path: NDArray[np.int64],
    players: NDArray[np.int64], background: NDArray[np.float32] | None,
) -> tuple[NDArray[np.float64], float]:  # fmt: skip
    """Coalition values of each leaf for each pattern of a row: (leaves, patterns, coalitions)."""
    d = len(on_path)
    value = leaves.value[rows]
    if d == 0:
        return np.zeros((len(rows), 1, 1)), float(value.sum())
    bit = np.arange(2**d)
    if background is None:
        outside = _products(
            leaves.ratio[np.ix_(rows, on_path)], 1 - (bit[:, None] >> np.arange(d) & 1)
        )
        weights = outside  # (leaves, coalitions)
    else:
        # E_b of "b satisfies all players outside S": sum over patterns that hold the complement.
        counts = np.zeros((len(rows), 2**d))
        pattern = _patterns(background, leaves, rows, on_path, players)
        for i in range(len(rows)):
            counts[i] = np.bincount(pattern[i], minlength=2**d)
        counts /= background.shape[1]
        weights = np.stack(
            [counts[:, (bit & (2**d - 1 - S)) == (2**d - 1 - S)].sum(axis=1) for S in bit], axis=1
        )
    met = (bit[:, None] & bit[None, :]) == bit[None, :]  # pattern holds the coalition
    games = value[:, None, None] * weights[:, None, :] * met[None, :, :]
    return games, float((value * weights[:, 0]).sum())


def _products(factors: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    out = np.ones((len(factors), len(chosen)))
    for j in range(factors.shape[1]):
        out *= np.where(chosen[None, :, j] == 1, factors[:, j : j + 1], 1.0)
    return out


def _local_projector(
    kind: Terms, on_path: NDArray[np.int64], m: int, *, has_geo: bool
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Matrix from the coalitions of a path to terms, and the columns these go to."""
    d = len(on_path)
    if kind == "both":
        index = np.zeros((m, m), dtype=np.int64)
        index[np.triu_indices(m, 1)] = m + np.arange(m * (m - 1) // 2)
        first, second = np.triu_indices(d, 1)
        columns = np.concatenate([on_path, index[on_path[first], on_path[second]]])
        return np.vstack([projector(d, has_geo=False)[:d], pair_projector(d)]), columns
    if kind == "shapley":
        return projector(d, has_geo=False)[:d], on_path
    k = m - 1
    if has_geo:
        features = on_path[:-1]
        return projector(d - 1), np.concatenate([features, [k], k + 1 + features])
    # GEO is not on the path and yet gets a share: it is a dummy player of the projection.
    full = projector(d)[:, : 2**d] + projector(d)[:, 2**d :]
    return full, np.concatenate([on_path, [k], k + 1 + on_path])


def _patterns(
    X: NDArray[np.float32], leaves: Leaves, rows: NDArray[np.int64],
    on_path: NDArray[np.int64], players: NDArray[np.int64],
) -> NDArray[np.int32]:  # fmt: skip
    """Which players of its path each row satisfies, as bits: (leaves, n)."""
    pattern = np.zeros((len(rows), X.shape[1]), dtype=np.int32)
    for position, player in enumerate(on_path):
        met: Any = None
        for column in np.flatnonzero(players == player):
            low, high = leaves.low[rows, column, None], leaves.high[rows, column, None]
            inside = (X[column] > low) & (X[column] <= high)
            met = inside if met is None else met & inside
        pattern |= met.astype(np.int32) << position
    return pattern


def _look_up(
    out: NDArray[np.float64], places: NDArray[np.int64], X: NDArray[np.float32],
    leaves: Leaves, group: _Group, players: NDArray[np.int64],
) -> None:  # fmt: skip
    from scipy.sparse import csr_array

    size, leaf_count = 2 ** len(group.players), len(group.rows)
    start = (np.arange(leaf_count, dtype=np.int32) * size)[:, None]
    step = max(1, _CELLS // leaf_count)
    for begin in range(0, X.shape[1], step):
        part = X[:, begin : begin + step]
        index = _patterns(part, leaves, group.rows, group.players, players) + start
        # One entry a leaf in each row: the product adds table rows up without copying them.
        shape = (part.shape[1], leaf_count * size)
        ends = np.arange(part.shape[1] + 1, dtype=np.int32) * leaf_count
        chosen = csr_array((np.ones(index.size), index.T.ravel(), ends), shape=shape)
        out[begin : begin + step, places] += chosen @ group.table


def tree_shap(
    model: Any, X: NDArray[np.float64], *, interactions: bool = False,
    players: NDArray[np.int64] | None = None, background: NDArray[np.float64] | None = None,
) -> TreeShap:  # fmt: skip
    """Shapley values of a tree ensemble and, on request, its pairwise interactions.

    Parameters
    ----------
    model : xgboost booster, scikit-learn ensemble, or a list of them (their mean)
    X : (n, c) array
    interactions : bool
    players : (c,) array of int, optional
        Groups columns into players.
    background : (b, c) array, optional
        Interventional game; without it path-dependent covers, as shap's default.

    Raises
    ------
    AttributionError
        Attributions that are not finite, or interactions that are not symmetric.

    Notes
    -----
    shap 0.51 silently returns zeros for interventional interactions; these are computed here from
    the leaf tables, so that path is never taken.
    """
    who = np.arange(np.shape(X)[1]) if players is None else np.asarray(players)
    base, flat = tree_terms(model, X, who, "both" if interactions else "shapley", background)
    m = int(who.max()) + 1
    values = flat[:, :m]
    if not interactions:
        return TreeShap(base, values)
    pairs = np.zeros((len(values), m, m))
    first, second = np.triu_indices(m, 1)
    pairs[:, first, second] = pairs[:, second, first] = flat[:, m:]
    check_pairs(pairs, values)
    diagonal = np.arange(m)
    pairs[:, diagonal, diagonal] = values - pairs.sum(axis=2)
    return TreeShap(base, values, pairs)


def check_pairs(pairs: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    """Refuse attributions that are not finite and interactions that are not symmetric.

    Raises
    ------
    AttributionError
    """
    if not np.isfinite(pairs).all() or not np.isfinite(values).all():
        raise AttributionError("attributions are not finite", fix="look at the model's leaf values")
    if np.abs(pairs - pairs.transpose(0, 2, 1)).max(initial=0.0) > 1e-9 * (1 + np.abs(pairs).max()):
        raise AttributionError("interactions are not symmetric")
