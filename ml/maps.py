"""Maps of attributions: by region with masks, by point, and bivariate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from configs.paths import DATA, PROVINCE_GEOMETRY, SEA_LINE
from corpus.maps import coarse_ring, read_outlines
from ml.charts import CAUTION, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

CITY_GEOMETRY = DATA / "geo" / "city.geojson"
#: A sign is taken as determined from this posterior probability on.
SURE = 0.95


def level_of(codes: list[str]) -> str | None:
    """Tell whether units are provinces or cities of GB/T 2260, or neither."""
    if not codes or not all(len(c) == 6 and c.isdigit() for c in codes):
        return None
    return "province" if all(c.endswith("0000") for c in codes) else "city"


def term_maps(
    values: NDArray[np.float64], sure: NDArray[np.float64] | None, names: list[str],
    codes: list[str] | None, places: NDArray[np.float64],
) -> Figure:  # fmt: skip
    """Map terms, one panel each, grey where the sign is not determined.

    Parameters
    ----------
    values : (u, q) array
        Mean of each term by place.
    sure : (u, q) array or None
        Posterior probability of the sign.
    codes : list of str or None
        Region codes of the places; without them the places are drawn as points.
    """
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure, axes = new_figure(rows, columns, (3.6 * columns, 3.2 * rows + 0.3))
    for j, axis in enumerate(axes.ravel()):
        if j >= len(names):
            axis.set_axis_off()
            continue
        hidden = np.zeros(len(values), bool) if sure is None else sure[:, j] < SURE
        top = max(float(np.abs(values[:, j]).max()), 1e-12)
        image = _draw(axis, values[:, j], hidden, codes, places, top, "RdBu_r")
        axis.set_title(
            f"{names[j]} ({int((~hidden).sum())} of {len(hidden)} signs sure)", fontsize=8
        )
        figure.colorbar(image, ax=axis, shrink=0.6)
    note = "" if sure is None else f"grey: P(sign) < {SURE:g}; "
    figure.supxlabel(f"{note}{CAUTION}", fontsize=8)
    return figure


def _draw(
    axis: Axes, values: NDArray[np.float64], hidden: NDArray[np.bool_], codes: list[str] | None,
    places: NDArray[np.float64], top: float, colours: str,
) -> Any:  # fmt: skip
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    mappable = ScalarMappable(Normalize(-top, top), colours)
    faces = [
        (0.75, 0.75, 0.75, 1.0) if masked else mappable.to_rgba(value)
        for value, masked in zip(values, hidden, strict=True)
    ]
    paint(axis, faces, codes, places)
    return mappable


def paint(
    axis: Axes, faces: list[Any], codes: list[str] | None, places: NDArray[np.float64]
) -> None:
    """Fill regions (or points) with colours; regions without a colour stay white."""
    from matplotlib.collections import LineCollection, PolyCollection

    level = level_of(codes or [])
    if level is not None and codes is not None:
        by_code = dict(zip(codes, faces, strict=True))
        rings: list[Any] = []
        filled: list[Any] = []
        for outline in read_outlines(PROVINCE_GEOMETRY if level == "province" else CITY_GEOMETRY):
            rings += map(coarse_ring, outline.rings)
            filled += [by_code.get(outline.code, (1.0, 1.0, 1.0, 1.0))] * len(outline.rings)
        width = 0.3 if level == "province" else 0.08
        axis.add_collection(
            PolyCollection(
                rings, facecolors=filled, edgecolors="#555555", linewidths=width,
                rasterized=level == "city",  # hundreds of outlines a map would make an SVG of 17 MB
            )
        )  # fmt: skip
        lines = [ring for o in read_outlines(SEA_LINE) for ring in o.rings]
        if level == "city":
            lines += [
                coarse_ring(ring) for o in read_outlines(PROVINCE_GEOMETRY) for ring in o.rings
            ]
        axis.add_collection(LineCollection(lines, colors="#333333", linewidths=0.4))
        axis.autoscale()
    else:
        axis.scatter(places[:, 0], places[:, 1], c=faces, s=14, linewidths=0)
    axis.set_aspect("equal")
    axis.set_axis_off()


def bivariate_map(
    first: NDArray[np.float64], second: NDArray[np.float64], names: tuple[str, str],
    codes: list[str] | None, places: NDArray[np.float64],
) -> Figure:  # fmt: skip
    """Map two variables at once, thirds of each (3 x 3 colours)."""
    figure, axes = new_figure(1, 2, (8.5, 4.6))
    grid = np.array([
        ["#e8e8e8", "#b5c0da", "#6c83b5"],
        ["#b8d6be", "#90b2b3", "#567994"],
        ["#73ae80", "#5a9178", "#2a5a5b"],
    ])  # fmt: skip
    thirds = [
        np.searchsorted(np.quantile(v, [1 / 3, 2 / 3]), v, side="right") for v in (first, second)
    ]
    paint(axes[0, 0], [grid[a, b] for a, b in zip(*thirds, strict=True)], codes, places)
    key = axes[0, 1]
    for a in range(3):
        for b in range(3):
            key.add_patch(_square(a, b, str(grid[a, b])))
    key.set_xlim(0, 3)
    key.set_ylim(0, 3)
    key.set_aspect("equal")
    key.set_anchor("C")
    key.set_box_aspect(1)
    key.set_xticks([0.5, 1.5, 2.5], ["low", "mid", "high"])
    key.set_yticks([0.5, 1.5, 2.5], ["low", "mid", "high"])
    key.set_xlabel(names[0])
    key.set_ylabel(names[1])
    figure.supxlabel(f"thirds of places; {CAUTION}", fontsize=8)
    return figure


def _square(x: int, y: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="white")
