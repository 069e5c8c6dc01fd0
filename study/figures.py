"""Figures for papers and slides: maps, ranking and change, each as PNG and SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from configs.paths import PROVINCE_GEOMETRY, SEA_LINE
from corpus.figures import save_figure
from corpus.maps import INSET, MAIN_FRAME, SEA_FRAME, Outline, read_outlines
from corpus.regions import Region, provinces
from study.colours import Scale, dimension_colour

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from corpus.rubric import Rubric

Z95 = 1.959964


def draw_figures(
    intensity: pd.DataFrame, rubric: Rubric, years: tuple[int, int], folder: Path
) -> None:
    """Draw all figures of a study into ``folder``.

    Parameters
    ----------
    intensity : DataFrame
        The report_score table.
    years : pair of int
        Earlier and later year.

    Raises
    ------
    UserError
        A year of which no province is scored.
    """
    import matplotlib as mpl

    codes = [region.code for region in provinces()]
    own = intensity[intensity["region_code"].isin(codes) & intensity["year"].isin(years)]
    for year in years:
        if year not in set(own["year"]):
            raise UserError(
                f"no provincial report of {year} is scored", where="report.years",
                fix=f"choose a year with texts, or bring them: zhengce crawl --year {year}",
            )  # fmt: skip
    style: Any = {"font.family": ["DejaVu Sans"]}
    with mpl.rc_context(style):
        for name, draw in (("maps", _maps), ("ranking", _ranking), ("change", _change)):
            save_figure(draw(own, rubric, years), folder / name)


def _new_figure(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, Any]:
    # Not pyplot: no global state, no display needed.
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def shared_scale(own: pd.DataFrame, dimension: str, index: int) -> Scale:
    """One scale a dimension over both years, so that colours can be compared across maps."""
    values = own.loc[own["dimension"] == dimension, "intensity"]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    return Scale(low, high, dimension_colour(index))


def _values(
    own: pd.DataFrame, dimension: str, year: int, column: str = "intensity"
) -> dict[str, float]:
    rows = own[(own["dimension"] == dimension) & (own["year"] == year)]
    return dict(zip(rows["region_code"], rows[column].astype(float), strict=True))


def _maps(own: pd.DataFrame, rubric: Rubric, years: tuple[int, int]) -> Figure:
    outlines, sea = read_outlines(PROVINCE_GEOMETRY), read_outlines(SEA_LINE)
    figure, axes = _new_figure(
        len(years), len(rubric.dimensions), (4.2 * len(rubric.dimensions), 7.6)
    )
    for j, dimension in enumerate(rubric.dimensions):
        scale = shared_scale(own, dimension.id, j)
        for i, year in enumerate(years):
            values = _values(own, dimension.id, year)
            colours = {o.code: scale.colour(values.get(o.code)) for o in outlines}
            _map_axes(axes[i, j], outlines, sea, colours)
            axes[i, j].set_title(f"{_wrapped(dimension.en)}\n{year}", fontsize=8)
        _colour_bar(figure, axes[:, j], scale)
    return figure


def _wrapped(text: str, width: int = 46) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width))


def _map_axes(
    ax: Axes, outlines: tuple[Outline, ...], sea: tuple[Outline, ...], colours: dict[str, str]
) -> None:
    inset = ax.inset_axes(_bounds(INSET), transform=ax.transData)
    for target, frame, width in ((ax, MAIN_FRAME, 0.4), (inset, SEA_FRAME, 0.3)):
        for outline in outlines:
            target.add_patch(
                _patch(outline, colours.get(outline.code, "#ffffff"), "#555555", width)
            )
        for line in sea:
            target.add_patch(_patch(line, "#555555", "#555555", width))
        x0, y0, x1, y1 = frame
        target.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal", xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)


def _bounds(frame: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = frame
    return x0, y0, x1 - x0, y1 - y0


def _patch(outline: Outline, fill: str, edge: str, width: float) -> Any:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Curve

    vertices = np.vstack(outline.rings)
    codes = np.concatenate(
        [[Curve.MOVETO, *[Curve.LINETO] * (len(r) - 2), Curve.CLOSEPOLY] for r in outline.rings]
    )
    return PathPatch(Curve(vertices, codes), facecolor=fill, edgecolor=edge, linewidth=width)


def _colour_bar(figure: Figure, axes: Any, scale: Scale) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    steps = [scale.colour(v) for v in np.linspace(scale.low, scale.high, 32)]
    mapped = ScalarMappable(
        Normalize(scale.low, scale.high), LinearSegmentedColormap.from_list("one", steps)
    )
    bar = figure.colorbar(mapped, ax=axes, location="bottom", shrink=0.7, aspect=40)
    bar.set_label("mean score of body sentences (0-3)", fontsize=7)
    bar.ax.tick_params(labelsize=7)


def _ordered(own: pd.DataFrame, dimension: str, year: int) -> list[Region]:
    values = _values(own, dimension, year)
    known = [region for region in provinces() if region.code in values]
    return sorted(known, key=lambda region: values[region.code])


def _ranking(own: pd.DataFrame, rubric: Rubric, years: tuple[int, int]) -> Figure:
    figure, axes = _new_figure(1, len(rubric.dimensions), (4.2 * len(rubric.dimensions), 7.2))
    for j, dimension in enumerate(rubric.dimensions):
        ax, places = axes[0, j], _ordered(own, dimension.id, years[1])
        for year, marker, alpha in ((years[0], "o", 0.35), (years[1], "D", 1.0)):
            means = _values(own, dimension.id, year)
            errors = _values(own, dimension.id, year, "std_error_paragraph")
            x = [means.get(p.code, np.nan) for p in places]
            e = [Z95 * errors.get(p.code, np.nan) for p in places]
            ax.errorbar(
                x, range(len(places)), xerr=e, fmt=marker, ms=3.2, lw=0.7,
                color=dimension_colour(j), alpha=alpha, label=str(year),
            )  # fmt: skip
        ax.set_yticks(range(len(places)), [p.name_en for p in places], fontsize=7)
        ax.set_title(_wrapped(dimension.en), fontsize=8)
        ax.set_xlabel("mean score, 95 % interval (sentences clustered by paragraph)", fontsize=7)
        ax.tick_params(axis="x", labelsize=7)
        ax.grid(axis="x", lw=0.3)
        ax.legend(fontsize=7, loc="lower right")
    return figure


def _change(own: pd.DataFrame, rubric: Rubric, years: tuple[int, int]) -> Figure:
    figure, axes = _new_figure(1, len(rubric.dimensions), (4.2 * len(rubric.dimensions), 7.2))
    for j, dimension in enumerate(rubric.dimensions):
        change = intensity_change(own, dimension.id, years).sort_values("change")
        names = {region.code: region.name_en for region in provinces()}
        ax, rows = axes[0, j], range(len(change))
        ax.axvline(0, color="#555555", lw=0.6)
        ax.errorbar(
            change["change"], rows, xerr=Z95 * change["std_error"], fmt="o", ms=3.2, lw=0.7,
            color=dimension_colour(j),
        )  # fmt: skip
        ax.set_yticks(rows, [names[c] for c in change["region_code"]], fontsize=7)
        ax.set_title(f"{_wrapped(dimension.en)}\n{years[1]} minus {years[0]}", fontsize=8)
        ax.tick_params(axis="x", labelsize=7)
        ax.grid(axis="x", lw=0.3)
    return figure


def intensity_change(own: pd.DataFrame, dimension: str, years: tuple[int, int]) -> pd.DataFrame:
    """Change of each province's intensity between two years.

    Returns
    -------
    DataFrame
        ``region_code, change, std_error``; the two reports count as independent, sentences as
        clustered by paragraph.
    """
    rows = own[own["dimension"] == dimension].set_index(["region_code", "year"])
    before, after = (rows.xs(y, level="year")[["intensity", "std_error_paragraph"]] for y in years)
    joined = before.join(after, how="inner", lsuffix="_before", rsuffix="_after")
    errors = joined["std_error_paragraph_before"] ** 2 + joined["std_error_paragraph_after"] ** 2
    change = joined["intensity_after"] - joined["intensity_before"]
    return change.rename("change").to_frame().assign(std_error=np.sqrt(errors)).reset_index()
