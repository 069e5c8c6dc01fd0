"""GeoShapley for any model, exact for Gaussian processes and tree ensembles.

The location is one player, GEO; a prediction is base + features + GEO + feature x GEO.

References
----------
Li, Z. (2024). GeoShapley: A Game Theory Approach to Measuring Spatial Effects in Machine Learning
Models. Annals of the AAG, doi 10.1080/24694452.2024.2350982.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ml.attributions import Attribution
from ml.coalitions import terms_of
from ml.problems import AttributionError, DataError, MissingValuesError, UnsupportedModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


_CELLS = 200_000
MOST_FEATURES = 14


def explain(
    predict: Callable[..., Any], X: Any, background: Any, location: Sequence[int | str] = (),
    seed: int = 0, max_background: int | None = None,
) -> Attribution:  # fmt: skip
    """Explain any model over all coalitions, by batched predictions.

    Parameters
    ----------
    predict : callable or object with ``predict``
        Takes an (n, c) array (a DataFrame when ``X`` is one), returns (n,).
    X, background : (n, c) and (b, c) array or DataFrame
    location : sequence of int or str
        Columns of GEO, anywhere in X.
    seed : int
        Draws the background when ``max_background`` thins it.

    Returns
    -------
    Attribution

    Raises
    ------
    DataError, UnsupportedModelError, AttributionError
    """
    rows, names = _array(X, None)
    behind, _ = _array(background, names)
    geo, features = _columns(location, names, rows.shape[1])
    if len(features) > MOST_FEATURES:
        raise UnsupportedModelError(
            f"{len(features)} features have {2 ** (len(features) + 1)} coalitions",
            fix=f"explain up to {MOST_FEATURES}; explain_trees takes any number",
        )
    if max_background is not None and len(behind) > max_background:
        kept = np.random.default_rng(seed).choice(len(behind), max_background, replace=False)
        behind = behind[np.sort(kept)]
    call = _caller(predict, X)
    k, m = len(features), len(features) + bool(geo)
    owner = np.full(rows.shape[1], k)
    owner[features] = np.arange(k)
    inside = (np.arange(2**m)[:, None] >> owner[None, :] & 1).astype(bool)
    values = _values(call, rows, behind, inside)
    terms = terms_of(values, k, has_geo=bool(geo))
    x = tuple(str(names[j]) for j in features)
    spec = f"all {2**m} coalitions, {len(behind)} background rows"
    found = Attribution(terms.base, terms.primary, terms.geo, terms.interaction, x, spec)
    return found.check(call(rows))


def _values(
    call: Callable[[NDArray[np.float64]], NDArray[np.float64]], rows: NDArray[np.float64],
    behind: NDArray[np.float64], inside: NDArray[np.bool_],
) -> NDArray[np.float64]:  # fmt: skip
    size = len(inside) * len(behind)
    step = max(1, _CELLS // size)
    values = np.empty((len(rows), len(inside)))
    for begin in range(0, len(rows), step):
        part = rows[begin : begin + step]
        mixed = np.where(inside[None, :, None, :], part[:, None, None, :], behind[None, None, :, :])
        found = call(mixed.reshape(-1, rows.shape[1])).reshape(len(part), len(inside), len(behind))
        values[begin : begin + step] = found.mean(axis=2)
    if not np.isfinite(values).all():
        raise AttributionError("the model predicts values that are not finite")
    return values


def _caller(predict: Any, X: Any) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    function = predict.predict if hasattr(predict, "predict") else predict
    columns = getattr(X, "columns", None)

    def call(Z: NDArray[np.float64]) -> NDArray[np.float64]:
        if columns is not None:
            import pandas as pd

            return _flat(function(pd.DataFrame(Z, columns=columns)), len(Z))
        return _flat(function(Z), len(Z))

    return call


def _flat(found: Any, n: int) -> NDArray[np.float64]:
    values = np.asarray(found, dtype=np.float64).reshape(-1)
    if len(values) != n:
        raise AttributionError(
            f"the model returns {len(values)} numbers for {n} rows", fix="explain one output"
        )
    return values


def _array(data: Any, names: list[Any] | None) -> tuple[NDArray[np.float64], list[Any]]:
    if names is not None and hasattr(data, "columns"):
        lost = [n for n in names if n not in data.columns]
        if lost and not isinstance(names[0], int):
            raise DataError(f"the background lacks the column {lost[0]!r}")
        data = data if lost else data[names]
    own = list(data.columns) if hasattr(data, "columns") else None
    try:
        values = np.asarray(data, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("a column is no number", fix="code categories as numbers") from error
    if values.ndim != 2 or not len(values):
        raise DataError(f"an array of shape {values.shape} is no table of rows")
    if not np.isfinite(values).all():
        raise MissingValuesError("a value is missing or infinite", fix="leave such rows out")
    if names is not None and values.shape[1] != len(names):
        raise DataError(f"the background has {values.shape[1]} columns, X has {len(names)}")
    return values, own or list(range(values.shape[1]))


def _columns(
    location: Sequence[int | str], names: list[Any], width: int
) -> tuple[list[int], list[int]]:
    found = []
    for one in location:
        if isinstance(one, str) or one in names:
            if one not in names:
                raise DataError(f"there is no location column {one!r}")
            found.append(names.index(one))
        elif -width <= int(one) < width:
            found.append(int(one) % width)
        else:
            raise DataError(f"there is no location column {one}, X has {width}")
    if len(set(found)) < len(found):
        raise DataError("a location column is named twice")
    features = [j for j in range(width) if j not in found]
    if not features:
        raise DataError("all columns are location", fix="at least one feature is needed")
    return found, features


def explain_trees(
    booster: Any, X: Any, location: Sequence[int | str] = (), background: Any = None, seed: int = 0
) -> Attribution:
    """Explain a tree ensemble exactly from leaf tables, GEO as one player.

    Parameters
    ----------
    booster : xgboost Booster or XGBRegressor, scikit-learn ensemble, or a list of them
    background : (b, c) array or DataFrame, optional
        Interventional values over these rows, the game of `explain`; without it
        path-dependent, by covers, the game of shap's default and of GeoShapleyTreeExplainer.
    seed : int
        Accepted for symmetry; nothing is drawn.
    """
    from ml.trees import tree_terms

    del seed
    rows, names = _array(X, None)
    geo, features = _columns(location, names, rows.shape[1])
    k = len(features)
    players = np.full(rows.shape[1], k)
    players[features] = np.arange(k)
    behind = None if background is None else _array(background, names)[0]
    x = tuple(str(names[j]) for j in features)
    game = "path-dependent" if behind is None else f"{len(behind)} background rows"
    if not geo:
        base, flat = tree_terms(booster, rows, players, "shapley", behind)
        zero = np.zeros((len(rows), k))
        return Attribution(base, flat, zero[:, 0], zero, x, f"leaf tables, {game}")
    base, flat = tree_terms(booster, rows, players, "geo", behind, geo=k)
    return Attribution(
        base, flat[:, :k], flat[:, k], flat[:, k + 1 :], x, f"leaf tables, {game}"
    )  # fmt: skip


def explain_gp(
    model: Any, X: Any, background: Any = None,
    location: Sequence[int | str] = (), *, unit: Any = None, background_unit: Any = None,
    places: Any = None, background_places: Any = None, intervals: bool = True,
    level: float = 0.9, seed: int = 0,
) -> Attribution:  # fmt: skip
    """Explain a Gaussian process: closed form for the structured kernel, mixture for Matern.

    Parameters
    ----------
    model : GeoGP, or scikit-learn GaussianProcessRegressor
        Of scikit-learn, sums of constant x (Matern nu .5, 1.5, 2.5 or RBF), one length or one a
        column, and white noise.
    X, background : (n, c) array or DataFrame
        Features and the location columns (for a GeoGP projected places, in kilometres), or
        features alone with ``places`` and ``background_places``. Without a background, X.
    unit, background_unit : (n,) array of str, optional
        Units, where the model has effects of them.
    intervals : bool
        Credible intervals at ``level`` (GeoGP): exact for the structured kernel; where there is a
        Matern part, up to the Monte Carlo error that the spec states.
    """
    del seed
    rows, names = _array(X, None)
    behind = rows if background is None else _array(background, names)[0]
    if not hasattr(model, "states"):
        from ml.gp.sklearn_kernels import explain_matern

        geo, features = _columns(location, names, rows.shape[1])
        terms = explain_matern(model, rows, behind, features, geo)
        x = tuple(str(names[j]) for j in features)
        spec = f"Gaussian scale mixture, {len(behind)} background rows"
        return Attribution(terms.base, terms.primary, terms.geo, terms.interaction, x, spec)
    if places is None:
        geo, features = _columns(location, names, rows.shape[1])
        if len(geo) != 2:
            raise DataError("a GeoGP has two location columns", fix="location=[lon, lat]")
        places, background_places = rows[:, geo], behind[:, geo]
        rows, behind = rows[:, features], behind[:, features]
    elif background is None:
        background_places, background_unit = places, unit
    from ml.gp.explain import explain_model

    at = model.to_points(rows, places, unit)
    b_unit = unit if background is None else background_unit
    return explain_model(
        model, at, model.to_points(behind, background_places, b_unit),
        intervals=intervals, level=level,
    )  # fmt: skip


def pairs_gp(
    model: Any, X: Any, background: Any, location: Sequence[int | str] = ()
) -> NDArray[np.float64]:
    """Feature x feature interactions of a scikit-learn Matern GP, exact up to 12 features.

    Returns
    -------
    (n, m, m) array
        As shap prints them (half of a pair's whole interaction), diagonal zero; the last player is
        GEO where a location is named. A structured kernel has none between features.
    """
    from ml.coalitions import pair_projector
    from ml.gp.sklearn_kernels import matern_values

    rows, names = _array(X, None)
    behind, _ = _array(background, names)
    geo, features = _columns(location, names, rows.shape[1])
    values = matern_values(model, rows, behind, features, geo)
    m = len(features) + bool(geo)
    first, second = np.triu_indices(m, 1)
    out = np.zeros((len(rows), m, m))
    out[:, first, second] = out[:, second, first] = values @ pair_projector(m).T
    return out
