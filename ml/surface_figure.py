"""The figure of surfaces: estimates, grey where the sign is not determined, and their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from configs.paths import PROVINCE_GEOMETRY, SEA_LINE
from corpus.maps import MAIN_FRAME, SEA_FRAME, coarse_ring, read_outlines
from ml.charts import CAUTION, mark_simulated
from ml.maps import SURE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from ml.surfaces import Surfaces

#: Kilometres of the drawn grid; surfaces are interpolated to it.
_FINE = 15.0
#: Kilometres that borders are rounded to; a pixel is larger.
_ROUND = 6.0
_GREY = "#d9d9d9"
#: Where the drawn frame begins in the north: further south lies the inset's sea.
_SOUTH = 1500.0
_ZH = {
    "estimate": "估计值", "std": "后验标准差",
    "note": "灰色：符号未定；线：其估计值的等值线；点：样本地点；为拟合模型之关联，非因果",
}  # fmt: skip


def surface_figure(
    found: Surfaces, places: NDArray[np.float64], y_name: str, *, simulated: bool = False
) -> Figure:
    """Draw two maps a term, the estimate above its standard error.

    Parameters
    ----------
    places : (n, 2) array
        Places of the fit in projected kilometres, drawn as points.
    """
    from matplotlib.figure import Figure as NewFigure

    terms = len(found.names)
    columns = min(4, terms)
    blocks = -(-terms // columns)
    figure = NewFigure(figsize=(3.1 * columns, 5.1 * blocks + 0.5), layout="constrained", dpi=200)
    axes = figure.subplots(2 * blocks, columns, squeeze=False)
    zh = _zh()
    spots = np.unique(np.round(places, 6), axis=0)
    for t in range(blocks * columns):
        upper, lower = (axes[2 * (t // columns) + i, t % columns] for i in (0, 1))
        if t >= terms:
            upper.set_axis_off()
            lower.set_axis_off()
            continue
        _estimate(upper, found, t, spots, y_name, zh)
        _error(lower, found, t, spots, zh)
    note = f"grey: P(sign) < {SURE:g}, lines: estimate there; dots: places of the fit; {CAUTION}"
    if zh:
        note = f"{zh['note']}\n{note}"
    figure.supxlabel(note, fontsize=8)
    if simulated:
        mark_simulated(figure)
    return figure


def _zh() -> dict[str, str]:
    """Chinese words where a font of theirs is set, so that no empty box is drawn."""
    import matplotlib as mpl

    return _ZH if any("CJK" in f for f in mpl.rcParams["font.family"]) else {}


def _estimate(
    axis: Axes, found: Surfaces, t: int, spots: NDArray[np.float64], y_name: str, zh: dict[str, str]
) -> None:
    inside = found.inside
    sure = found.sure[t] >= SURE
    share = float(sure[inside].mean())
    top = max(float(np.abs(found.mean[t][inside]).max()), 1e-12)
    values = _fine(found, found.mean[t])
    # The statistic, not the mask, is interpolated: its contour is smooth.
    ratio = _fine(found, np.abs(found.mean[t]) / np.maximum(found.std[t], 1e-300))
    from scipy.stats import norm

    hidden = np.ma.masked_where(ratio < float(norm.ppf(SURE)), values)
    image = _map(axis, found, hidden, spots, {"cmap": "RdBu_r", "vmin": -top, "vmax": top})
    lines = axis.contour(
        *_axes(found), values, levels=np.linspace(-top, top, 13), colors="#8a8a8a",
        linewidths=0.4, zorder=2.5,
    )  # fmt: skip
    lines.set_clip_path(image.get_clip_path())
    name = found.names[t]
    label = f"{y_name} less its mean" if name == "geo" else f"{y_name} per 1 sd of {name}"
    word = f" {zh['estimate']}" if zh else ""
    axis.set_title(
        f"({chr(97 + t)}) {name}{word}, sign sure on {share:.0%}", fontsize=9, loc="left"
    )
    _bar(axis, image, label)


def _error(
    axis: Axes, found: Surfaces, t: int, spots: NDArray[np.float64], zh: dict[str, str]
) -> None:
    low, high = np.quantile(found.std[t][found.inside], [0.0, 1.0])
    high = max(float(high), float(low) + 1e-12)
    image = _map(
        axis, found, _fine(found, found.std[t]), spots,
        {"cmap": "cividis_r", "vmin": low, "vmax": high},
    )  # fmt: skip
    word = f"{zh['std']} " if zh else ""
    _bar(axis, image, f"{word}posterior sd of {found.names[t]}")


def _bar(axis: Axes, image: Any, label: str) -> None:
    from matplotlib.ticker import MaxNLocator

    figure: Any = axis.figure
    bar = figure.colorbar(
        image, ax=axis, orientation="horizontal", shrink=0.8, aspect=28, pad=0.02,
        ticks=MaxNLocator(5),
    )  # fmt: skip
    bar.ax.tick_params(labelsize=7, length=2)
    bar.outline.set_linewidth(0.4)
    bar.set_label(label, fontsize=8)


def _fine(found: Surfaces, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate cubically; points without a value take their nearest neighbour's first."""
    from scipy.interpolate import RectBivariateSpline
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(np.isnan(values), return_distances=False, return_indices=True)
    east, north = _axes(found)
    spline = RectBivariateSpline(found.north, found.east, values[tuple(nearest)], kx=3, ky=3)
    return np.asarray(spline(north, east))


def _axes(found: Surfaces) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return (
        np.arange(found.east[0], found.east[-1], _FINE),
        np.arange(found.north[0], found.north[-1], _FINE),
    )


def _map(
    axis: Axes, found: Surfaces, values: Any, spots: NDArray[np.float64], colours: dict[str, Any]
) -> Any:
    """Draw a surface clipped to the provinces, with borders, places and the sea inset."""
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.patches import PathPatch

    rings = [
        coarse_ring(ring, _ROUND) for o in read_outlines(PROVINCE_GEOMETRY) for ring in o.rings
    ]
    rings = [ring for ring in rings if len(ring) > 3]
    sea = [ring for o in read_outlines(SEA_LINE) for ring in o.rings]
    # Fills become pixels in an SVG too, whose size would else be several megabytes.
    axis.set_rasterization_zorder(2.9)
    axis.add_collection(PolyCollection(rings, facecolors=_GREY, edgecolors="none", zorder=1))
    east, north = _axes(found)
    image = axis.imshow(
        values, origin="lower", extent=(east[0], east[-1], north[0], north[-1]),
        interpolation="nearest", zorder=2, **colours,
    )  # fmt: skip
    image.set_clip_path(PathPatch(_compound(rings), transform=axis.transData))
    axis.add_collection(LineCollection(rings, colors="#555555", linewidths=0.25, zorder=3))
    # The southern dashes are in the inset.
    north_of = [line for line in sea if line[:, 1].min() > _SOUTH + 300]
    axis.add_collection(LineCollection(north_of, colors="#333333", linewidths=0.6, zorder=3))
    size = 5.0 if len(spots) < 60 else 1.2
    axis.scatter(spots[:, 0], spots[:, 1], s=size, c="#111111", linewidths=0, zorder=4)
    x0, _, x1, y1 = MAIN_FRAME
    axis.set_xlim(x0, x1)
    axis.set_ylim(_SOUTH, y1)
    axis.set_aspect("equal")
    axis.set_axis_off()
    _inset(axis, rings, sea)
    return image


def _compound(rings: list[NDArray[np.float64]]) -> Any:
    from matplotlib.path import Path

    return Path.make_compound_path(*[Path(ring, closed=True) for ring in rings])


def _inset(axis: Axes, rings: list[Any], sea: list[Any]) -> None:
    """Draw the South China Sea at a smaller scale, as maps of China do."""
    from matplotlib.collections import LineCollection, PolyCollection

    x0, y0, x1, y1 = SEA_FRAME
    rings = [ring for ring in rings if (ring[:, 0] > x0 - 500).any() and (ring[:, 1] < y1).any()]
    height = 830.0  # ends south of Taiwan
    width = height * (x1 - x0) / (y1 - y0)
    box = axis.inset_axes(
        (MAIN_FRAME[2] - width, _SOUTH, width, height), transform=axis.transData, zorder=5
    )
    box.add_collection(
        PolyCollection(rings, facecolors=_GREY, edgecolors="#555555", linewidths=0.2)
    )
    box.add_collection(LineCollection(sea, colors="#333333", linewidths=0.5))
    box.set_xlim(x0, x1)
    box.set_ylim(y0, y1)
    box.set_aspect("equal")
    box.set_xticks([])
    box.set_yticks([])
    for spine in box.spines.values():
        spine.set_linewidth(0.4)
