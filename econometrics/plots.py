"""Figures of a panel: maps by year (Figures 3-5 of the article), missingness, correlation, evolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from corpus.figures import save_figure
from corpus.maps import coarse_ring
from econometrics.describe import model_columns, output_slice
from econometrics.outlines import outlines
from econometrics.output import is_simulated
from econometrics.simulator import SIMULATED

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from econometrics.build import PanelBuild
    from econometrics.describe import Description
    from econometrics.grid import Array

_COLOURS = {"nqp": "YlOrRd", "ser": "RdBu_r"}
_LABELS = {"nqp": "NQP index", "ser": "SER"}


def draw_panel(build: PanelBuild, described: Description, folder: Path) -> list[str]:
    """Draw every figure a panel allows, as PNG and SVG.

    Raises
    ------
    UserError
        Without matplotlib.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise UserError(
            "figures need matplotlib", fix="install zhengce[plot], or --no-figures"
        ) from error
    mpl.use("Agg")
    settings: dict[Any, Any] = {
        "font.family": _fonts(),
        "font.size": 9,
        "axes.unicode_minus": False,
    }
    drawn = []
    with mpl.rc_context(settings):
        for name, figure in _figures(build, described):
            if is_simulated(build):
                _mark_simulated(figure)
            save_figure(figure, folder / name)
            drawn.append(name)
    return drawn


def _fonts() -> list[str]:
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    return [f for f in ("Noto Sans CJK SC", "Noto Serif CJK SC", "DejaVu Sans") if f in known]


def _figures(build: PanelBuild, described: Description) -> list[tuple[str, Figure]]:
    found = [
        ("missingness", missing_map(build)),
        ("correlation", correlation_chart(described)),
        ("evolution", evolution_chart(build)),
    ]
    for variable in ("nqp", "ser"):
        if build.config.scale == "enterprise":
            found.append((f"cities_{variable}", city_means_map(build, variable)))
        else:
            found.append((f"maps_{variable}", yearly_maps(build, variable)))
    if "lisa.csv" in described.tables:
        found.append(("moran", moran_chart(described)))
        found += [(f"lisa_{v}", lisa_maps(build, described, v)) for v in ("nqp", "ser")]
    return found


def _mark_simulated(figure: Figure) -> None:
    figure.text(
        0.5,
        0.5,
        SIMULATED,
        fontsize=44,
        color="#b00020",
        alpha=0.18,
        rotation=25,
        ha="center",
        va="center",
    )
    figure.suptitle(
        f"{SIMULATED}: synthetic firms, no finding about real ones", fontsize=9, color="#b00020"
    )


def _axes(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def yearly_maps(build: PanelBuild, variable: str) -> Figure:
    """Map a variable for up to six years with one colour scale; places without a figure are grey."""
    years = _map_years(build, variable)
    columns = min(3, len(years))
    rows = -(-len(years) // columns)
    figure, axes = _axes(rows, columns, (3.6 * columns, 3.1 * rows))
    values = build.grid[variable][:, years]
    norm = _norm(values, variable)
    for axis, t in zip(axes.ravel(), years, strict=False):
        shown = dict(zip(build.grid.units, build.grid[variable][:, t], strict=True))
        mappable = draw_map(axis, shown, build.config.scale, norm, _COLOURS[variable])
        axis.set_title(str(build.grid.years[t]))
    for axis in axes.ravel()[len(years) :]:
        axis.set_axis_off()
    figure.colorbar(mappable, ax=axes, shrink=0.6, label=_LABELS[variable], extend="both")
    return figure


def _map_years(build: PanelBuild, variable: str) -> list[int]:
    there = np.flatnonzero(np.isfinite(build.grid[variable]).any(axis=0))
    window = range(*output_slice(build).indices(len(build.grid.years)))
    kept = [int(t) for t in there if t in window]
    if not kept:
        raise UserError(f"{variable!r} has no figure to map")
    picks = np.unique(np.linspace(0, len(kept) - 1, min(6, len(kept))).round().astype(int))
    return [kept[i] for i in picks]


def _norm(values: Array, variable: str) -> Any:
    from matplotlib.colors import Normalize, TwoSlopeNorm

    finite = values[np.isfinite(values)]
    low, high = np.quantile(finite, [0.02, 0.98])
    if variable == "ser":
        return TwoSlopeNorm(0.0, min(low, -1e-6), max(high, 1e-6))
    return Normalize(low, high if high > low else low + 1)


def draw_map(axis: Axes, values: dict[str, float], scale: str, norm: Any, colours: Any) -> Any:
    """Fill outlines by value and draw the sea line; return what a colour bar needs."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import LineCollection, PolyCollection

    mappable: Any = ScalarMappable(norm=norm, cmap=colours)
    rings: list[Array] = []
    faces: list[Any] = []
    for code, parts in outlines("province" if scale == "province" else "city").items():
        value = values.get(code, np.nan)
        rings += map(coarse_ring, parts)
        faces += [mappable.to_rgba(value) if np.isfinite(value) else (0.87, 0.87, 0.87, 1.0)] * len(
            parts
        )
    edge = 0.3 if scale == "province" else 0.08
    axis.add_collection(
        PolyCollection(
            rings, facecolors=faces, edgecolors="#555555", linewidths=edge,
            rasterized=scale != "province",  # hundreds of outlines a map would make an SVG of 14 MB
        )
    )  # fmt: skip
    if scale != "province":
        borders = [coarse_ring(ring) for parts in outlines("province").values() for ring in parts]
        axis.add_collection(LineCollection(borders, colors="#333333", linewidths=0.3))
    lines = [ring for parts in outlines("sea").values() for ring in parts]
    axis.add_collection(LineCollection(lines, colors="#333333", linewidths=0.6))
    axis.autoscale()
    axis.set_aspect("equal")
    axis.set_axis_off()
    return mappable


def city_means_map(build: PanelBuild, variable: str) -> Figure:
    """Map the mean of firms by city, last year with figures."""
    grid, table = build.grid, build.loaded.tables[0].frame
    cities = dict(zip(table["unit"], table.get("city_code", table["unit"]), strict=True))
    t = int(np.flatnonzero(np.isfinite(grid[variable]).any(axis=0))[-1])
    by_city: dict[str, list[float]] = {}
    for unit, value in zip(grid.units, grid[variable][:, t], strict=True):
        if np.isfinite(value):
            by_city.setdefault(str(cities[unit]), []).append(float(value))
    means = {city: float(np.mean(v)) for city, v in by_city.items()}
    figure, axes = _axes(1, 1, (6, 5))
    norm = _norm(np.array(list(means.values())), "nqp")
    mappable = draw_map(axes[0, 0], means, "city", norm, "YlOrRd")
    axes[0, 0].set_title(f"{SIMULATED}_{variable}: mean of firms, {grid.years[t]}")
    figure.colorbar(mappable, ax=axes, shrink=0.6, label=f"{SIMULATED}_{variable}")
    return figure


def missing_map(build: PanelBuild) -> Figure:
    """Show the share of units with a figure, one row a variable and one column a year."""
    from econometrics.indicators import coverage_frame

    coverage = coverage_frame(build.system, build.grid, build.composite.ids, {})
    names = list(coverage["id"])
    shares = np.array(
        [np.isfinite(build.grid.columns.get(n, build.grid.empty())).mean(axis=0) for n in names]
    )
    figure, axes = _axes(1, 1, (1.2 + 0.45 * len(build.grid.years) + 2, 0.28 * len(names) + 1.2))
    axis = axes[0, 0]
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axis.set_xticks(range(len(build.grid.years)), [str(y) for y in build.grid.years], rotation=90)
    prefix = f"{SIMULATED}_" if is_simulated(build) else ""
    axis.set_yticks(range(len(names)), [prefix + n for n in names])
    figure.colorbar(image, ax=axes, shrink=0.6, label="share of units with a figure")
    return figure


def correlation_chart(described: Description) -> Figure:
    """Show correlations of the variables that models take."""
    frame = described.tables["correlation.csv"]
    names = frame["variable"].tolist()
    figure, axes = _axes(1, 1, (0.55 * len(names) + 2.5, 0.5 * len(names) + 1.5))
    axis = axes[0, 0]
    values = frame[names].to_numpy()
    image = axis.imshow(values, cmap="RdBu_r", vmin=-1, vmax=1)
    axis.set_xticks(range(len(names)), names, rotation=90)
    axis.set_yticks(range(len(names)), names)
    for i, j in np.ndindex(values.shape):
        colour = "white" if abs(values[i, j]) > 0.6 else "black"
        axis.text(j, i, f"{values[i, j]:.2f}", ha="center", va="center", fontsize=7, color=colour)
    figure.colorbar(image, ax=axes, shrink=0.6)
    return figure


def evolution_chart(build: PanelBuild) -> Figure:
    """Draw median, quartiles and extremes of index and resilience over years."""
    figure, axes = _axes(1, 2, (9, 3.2))
    prefix = f"{SIMULATED}_" if is_simulated(build) else ""
    for axis, variable in zip(axes.ravel(), model_columns(build)[1::-1], strict=True):
        values = build.grid[variable]
        there = np.isfinite(values).any(axis=0)
        years = np.array(build.grid.years)[there]
        low, lower, middle, upper, high = np.nanquantile(
            values[:, there], [0.02, 0.25, 0.5, 0.75, 0.98], axis=0
        )
        axis.fill_between(years, low, high, color="#d8d8d8", label="2-98 %")
        axis.fill_between(years, lower, upper, color="#9db8d2", label="quartiles")
        axis.plot(years, middle, color="#0b4f8a", label="median")
        axis.set_title(prefix + variable)
        axis.legend(fontsize=7)
    return figure


def lisa_maps(build: PanelBuild, described: Description, variable: str) -> Figure:
    """Map clusters and outliers (LISA) of up to six years where p is below 0.05."""
    from matplotlib.colors import ListedColormap, Normalize
    from matplotlib.patches import Patch

    names = {
        "high-high": "#b2182b",
        "low-low": "#2166ac",
        "high-low": "#f4a582",
        "low-high": "#92c5de",
        "not significant": "#f2f2f2",
    }
    order = list(names)
    frame = described.tables["lisa.csv"]
    frame = frame[frame["variable"] == variable]
    years = [build.grid.years[t] for t in _map_years(build, variable)]
    columns = min(3, len(years))
    rows = -(-len(years) // columns)
    figure, axes = _axes(rows, columns, (3.6 * columns, 3.1 * rows))
    colours: Any = ListedColormap(list(names.values()))
    for axis, year in zip(axes.ravel(), years, strict=False):
        own = frame[frame["year"] == year]
        kinds = own["quadrant"].where(
            (own["p_permutation"] < 0.05) & own["quadrant"].isin(order), order[-1]
        )
        shown = {c: float(order.index(k)) for c, k in zip(own["region_code"], kinds, strict=True)}
        draw_map(axis, shown, build.config.scale, Normalize(0, len(order) - 1), colours)
        axis.set_title(str(year))
    for axis in axes.ravel()[len(years) :]:
        axis.set_axis_off()
    patches = [Patch(color=c, label=n) for n, c in names.items()]
    figure.legend(
        handles=patches,
        loc="outside lower center",
        ncols=5,
        title=f"LISA of {_LABELS[variable]}, p < 0.05, not corrected",
    )
    return figure


def moran_chart(described: Description) -> Figure:
    """Draw Moran's I by year; filled where p under permutation is below 0.05."""
    frame = described.tables["moran.csv"]
    figure, axes = _axes(1, 1, (6, 3.2))
    axis = axes[0, 0]
    for variable, rows in frame.groupby("variable"):
        (line,) = axis.plot(rows["year"], rows["moran_i"], label=str(variable))
        sure = rows[rows["p_permutation"] < 0.05]
        axis.plot(sure["year"], sure["moran_i"], "o", color=line.get_color())
    axis.axhline(0, color="#888888", linewidth=0.6)
    axis.set_ylabel("Moran's I")
    axis.legend(fontsize=7, title="filled: p < 0.05")
    return figure
