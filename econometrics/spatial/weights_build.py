"""Build weights: contiguity, nearest neighbours, distance, economic distance, and both nested.

Every choice that changes a number (level, point, band, window, islands) is written into
``Weights.source``; `econometrics.spatial.weights_scale` adds the normalisation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from configs.paths import DATA
from corpus.csvfiles import read_csv
from econometrics.spatial.problems import SpecificationError, WeightsError
from econometrics.spatial.weights import Weights, make_weights
from econometrics.spatial.weights_places import econ_module

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from econometrics.spatial.weights_places import Metric, Places

Kind = Literal["queen", "rook", "knn", "distance", "economic", "nested", "file"]
Island = Literal["link", "nearest", "drop", "refuse"]
KINDS: tuple[Kind, ...] = ("queen", "rook", "knn", "distance", "economic", "nested", "file")
ADJACENCY = DATA / "statistics" / "adjacency_province.csv"


def contiguity(places: Places, *, rook: bool = False) -> Weights:
    """Neighbours that share a border point (queen) or a border line (rook), weight 1.

    Islands stay islands: see `resolve_islands`.
    """
    graph = econ_module("libpysal.graph").Graph.build_contiguity(places.shapes, rook=rook)
    name = "rook" if rook else "queen"
    matrix = graph.sparse.tocsr()
    ids = [str(i) for i in graph.unique_ids]
    return make_weights(ids, matrix, source=f"{name} contiguity of {_told(places)}")


def _told(places: Places) -> str:
    return f"{len(places.codes)} {places.level} units of {places.source}"


def nearest(places: Places, k: int, *, metric: Metric = "great-circle") -> Weights:
    """Give each place its k nearest, weight 1; not symmetric.

    Raises
    ------
    WeightsError
        When k is below 1 or not below the number of places.
    """
    n = len(places.codes)
    if not 1 <= k < n:
        raise WeightsError(f"k = {k} neighbours of {n} places", fix=f"choose k from 1 to {n - 1}")
    if metric == "great-circle":
        lon, lat = np.radians(places.lonlat).T
        # On the unit sphere the chord grows with the arc, so the order is that of great circles.
        points = np.column_stack(
            [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
        )
    else:
        points = places.xy
    from scipy.spatial import KDTree

    found = KDTree(points).query(points, k=k + 1)[1]
    matrix = np.zeros((n, n))
    for i, row in enumerate(np.asarray(found)):
        matrix[i, [j for j in row if j != i][:k]] = 1.0
    return make_weights(places.codes, matrix, source=f"{k} nearest ({metric}) of {_told(places)}")


def inverse_distance(
    places: Places,
    *,
    band_km: float | None = None,
    power: float = 1.0,
    metric: Metric = "great-circle",
) -> Weights:
    """1 / distance^power up to a band; no band joins all pairs.

    Raises
    ------
    WeightsError
        Two places at one point, or a band that is not positive.
    """
    if (band_km is not None and not band_km > 0) or not power > 0:
        raise WeightsError(
            f"band {band_km} km and power {power}", fix="both must be greater than 0"
        )
    apart = places.distances(metric)
    np.fill_diagonal(apart, np.inf)
    if not apart.min(initial=np.inf) > 0:
        i, j = np.argwhere(apart == 0)[0]
        raise WeightsError(f"{places.codes[i]} and {places.codes[j]} lie at one point")
    values = apart**-power
    if band_km is not None:
        values[apart > band_km] = 0.0
    band = f" within {band_km:g} km" if band_km is not None else ""
    return make_weights(
        places.codes, values, source=f"1/distance^{power:g} ({metric}){band} of {_told(places)}"
    )


def economic_distance(values: Mapping[str, float], *, told: str) -> Weights:
    """1 / |g_i - g_j| of a value per unit, such as GDP per head averaged over a window.

    Raises
    ------
    WeightsError
        Two units with the same value, whose weight would be infinite.
    """
    ids = sorted(values)
    g = np.array([values[i] for i in ids])
    gap = np.abs(g[:, None] - g[None, :])
    np.fill_diagonal(gap, np.inf)
    if (gap == 0).any():
        i, j = np.argwhere(gap == 0)[0]
        raise WeightsError(
            f"{ids[i]} and {ids[j]} have the same {told}: their weight would be infinite",
            fix="use another window",
        )
    return make_weights(ids, 1.0 / gap, source=f"1/|difference of {told}|, {len(ids)} units")


def window_means(
    path: Path, column: str, years: tuple[int, int], units: tuple[str, ...], *, code: str = "code"
) -> dict[str, float]:
    """Average a column of a regional panel over a window of years, unit by unit.

    Raises
    ------
    SpecificationError
        No such column, a window the wrong way round, or a unit and year without a number.
    """
    first, last = years
    if first > last:
        raise SpecificationError(f"years {first}-{last}", fix="write the earlier year first")
    frame = read_csv(path)
    for name in (code, "year", column):
        if name not in frame.columns:
            raise SpecificationError(f"lacks the column {name!r}", where=str(path))
    cells = {
        (row[0], row[1]): row[2]
        for row in frame[[code, "year", column]].itertuples(index=False, name=None)
    }
    absent, sums = [], dict.fromkeys(units, 0.0)
    for unit in units:
        for year in range(first, last + 1):
            value = _number(cells.get((unit, str(year)), ""))
            if value is None:
                absent.append(f"{unit} {year}")
            else:
                sums[unit] += value / (last - first + 1)
    if absent:
        more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
        raise SpecificationError(
            f"{column} is missing for {', '.join(absent[:5])}{more}",
            where=str(path),
            fix="choose other years, or leave the units out (--units)",
        )
    return sums


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def nested(geography: Weights, economy: Weights) -> Weights:
    """Geography x economy: the product of both weights, element by element."""
    other = economy.align(geography.ids)
    product = geography.matrix.multiply(other.matrix)
    source = f"({geography.source}) x ({economy.source})"
    return make_weights(geography.ids, product, source=source)


def sea_links(path: Path = ADJACENCY) -> tuple[tuple[str, str], ...]:
    """Pairs of provinces joined by sea, of the column ``sea_link_optional``."""
    frame = read_csv(path)
    linked = frame[frame["sea_link_optional"] == "1"]
    return tuple(zip(linked["code_a"], linked["code_b"], strict=True))


def resolve_islands(
    weights: Weights,
    decision: Island,
    *,
    apart: NDArray[np.float64] | None = None,
    power: float = 0,
) -> Weights:
    """Do with units without a neighbour what the researcher decided.

    Parameters
    ----------
    decision : {"link", "nearest", "drop", "refuse"}
        "link": join by the sea links of the adjacency file (Hainan with Guangdong); "nearest":
        join with the nearest unit, both ways; "drop": leave out; "refuse": stop.
    apart : (n, n) array
        Distances in km in the order of the weights, for "nearest", and for weights that are
        distances.
    power : float
        New links weigh 1/distance^power; 0 gives 1, as contiguity has.

    Raises
    ------
    WeightsError
        With the islands, when they are refused or no link is known.
    """
    islands = weights.islands
    if not islands:
        return weights
    if decision == "refuse":
        raise WeightsError(
            _island_text(weights, apart), fix="decide with --island link, nearest or drop"
        )
    if decision == "drop":
        return _without(weights, islands)
    pairs = _links(weights, islands) if decision == "link" else _nearest_pairs(weights, apart)
    matrix = weights.matrix.tolil(copy=True)
    for i, j in pairs:
        weight = 1.0 if power == 0 or apart is None else float(apart[i, j]) ** -power
        matrix[i, j] = matrix[j, i] = weight
    told = ", ".join(f"{weights.ids[i]} joined with {weights.ids[j]}" for i, j in pairs)
    how = "sea link" if decision == "link" else "nearest"
    return replace(
        weights, matrix=matrix.tocsr(), source=f"{weights.source}; islands: {told} ({how})"
    )


def _island_text(weights: Weights, apart: NDArray[np.float64] | None) -> str:
    text = f"units without a neighbour: {', '.join(weights.islands[:8])}"
    if len(weights.islands) > 8:
        text += f" and {len(weights.islands) - 8} more"
    if apart is None or "within" not in weights.source:
        return text
    reach = np.where(np.eye(len(apart), dtype=bool), np.inf, apart).min(axis=1).max()
    return f"{text} (a band of {np.ceil(reach):.0f} km would leave none)"


def _without(weights: Weights, islands: tuple[str, ...]) -> Weights:
    kept = [i for i, unit in enumerate(weights.ids) if unit not in islands]
    if not kept:
        raise WeightsError("every unit is an island", fix="use a longer band")
    smaller = replace(
        weights,
        ids=tuple(weights.ids[i] for i in kept),
        matrix=weights.matrix[kept][:, kept].tocsr(),
        source=f"{weights.source}; islands dropped: {', '.join(islands)}",
    )
    return _without(smaller, smaller.islands) if smaller.islands else smaller


def _links(weights: Weights, islands: tuple[str, ...]) -> list[tuple[int, int]]:
    place = {unit: i for i, unit in enumerate(weights.ids)}
    pairs, left = [], set(islands)
    for a, b in sea_links():
        if a in place and b in place and {a, b} & left:
            island, other = (a, b) if a in left else (b, a)
            pairs.append((place[island], place[other]))
            left.discard(island)
    if left:
        raise WeightsError(
            f"no sea link is known for {', '.join(sorted(left))}",
            where=ADJACENCY.name,
            fix="use --island nearest or drop, or a longer band",
        )
    return pairs


def _nearest_pairs(weights: Weights, apart: NDArray[np.float64] | None) -> list[tuple[int, int]]:
    if apart is None:
        raise WeightsError("no distances are known", fix="use --island link or drop")
    far = np.where(np.eye(len(apart), dtype=bool), np.inf, apart)
    place = {unit: i for i, unit in enumerate(weights.ids)}
    return [(place[unit], int(far[place[unit]].argmin())) for unit in weights.islands]
