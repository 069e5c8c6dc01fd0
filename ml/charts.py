"""Figures of attributions; every caption says "of the fitted predictor, not causal"."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from ml.attributions import Attribution

#: A vector dot costs about 200 bytes of SVG: figures of more dots hold them as an image.
MOST_VECTOR_DOTS = 2000
CAUTION = "of the fitted predictor, not causal"


@contextmanager
def style() -> Iterator[None]:
    """Fonts with Chinese glyphs, where the machine has them."""
    try:
        import matplotlib as mpl
        from matplotlib.font_manager import fontManager
    except ImportError as error:
        raise UserError(
            "figures need matplotlib", fix="install zhengce[plot], or --no-figures"
        ) from error
    known = {font.name for font in fontManager.ttflist}
    fonts = [f for f in ("Noto Sans CJK SC", "Noto Serif CJK SC", "DejaVu Sans") if f in known]
    settings: Any = {"font.family": fonts, "font.size": 9, "axes.unicode_minus": False}
    with mpl.rc_context(settings):
        yield


def new_figure(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, Any]:
    """Figure without pyplot: no global state, no display."""
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def importance_bars(found: Attribution, ax: Axes | None = None) -> Axes:
    """Mean absolute value of each term."""
    if ax is None:
        ax = new_figure(1, 1, (5, 0.3 * len(found.names) + 1.2))[1][0, 0]
    table = found.importance().iloc[::-1]
    ax.barh(table["term"], table["mean_abs"], color="#0b4f8a")
    ax.set_xlabel(f"mean |GeoShapley value|\n{CAUTION}")
    return ax


def beeswarm(
    values: NDArray[np.float64], colours: NDArray[np.float64], names: list[str], title: str,
    simulated: bool = False,
) -> Figure:  # fmt: skip
    """Summary plot: a dot an observation, coloured by the rank of the feature's value.

    Parameters
    ----------
    values, colours : (n, q) arrays
        Attributions; feature values (nan columns are grey).
    """
    order = np.argsort(np.abs(values).mean(axis=0))[-15:]
    figure, axes = new_figure(1, 1, (7, 0.38 * len(order) + 1.6))
    axis, rng = axes[0, 0], np.random.default_rng(0)
    mappable, many = None, values.size > MOST_VECTOR_DOTS
    for row, j in enumerate(order):
        spread = _jitter(values[:, j], rng)
        if np.isfinite(colours[:, j]).all():
            rank = colours[:, j].argsort().argsort() / max(len(values) - 1, 1)
            mappable = axis.scatter(
                values[:, j], row + spread, c=rank, cmap="coolwarm", s=7, linewidths=0,
                rasterized=many,
            )  # fmt: skip
        else:
            axis.scatter(
                values[:, j], row + spread, color="#777777", s=7, linewidths=0, rasterized=many
            )
    axis.axvline(0, color="#888888", linewidth=0.6)
    axis.set_yticks(range(len(order)), [names[j] for j in order])
    axis.set_xlabel(f"attribution, units of the outcome ({CAUTION})")
    axis.set_title(title, fontsize=9)
    if mappable is not None:
        bar = figure.colorbar(mappable, ax=axis, shrink=0.8)
        bar.set_ticks([0.0, 1.0], labels=["low", "high"])
        bar.set_label("value of the feature (rank)")
    if simulated:
        mark_simulated(figure)
    return figure


def _jitter(v: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    bins = np.clip(((v - v.min()) / max(np.ptp(v), 1e-12) * 30).astype(int), 0, 30)
    crowd = np.bincount(bins, minlength=31)[bins] / max(np.bincount(bins).max(), 1)
    return np.asarray(rng.uniform(-0.36, 0.36, len(v)) * crowd)


def mark_simulated(figure: Figure) -> None:
    """Write SIMULATED across a figure."""
    figure.text(0.5, 0.5, "SIMULATED", fontsize=40, color="#b00020", alpha=0.18, rotation=25,
                ha="center", va="center")  # fmt: skip


def dependence(
    X: NDArray[np.float64], values: NDArray[np.float64], names: list[str], thresholds: list[Any],
    simulated: bool = False,
) -> Figure:  # fmt: skip
    """Attribution against value, a panel a feature, with threshold and interval where there is one."""
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure, axes = new_figure(rows, columns, (3.3 * columns, 2.6 * rows + 0.3))
    for j, axis in enumerate(axes.ravel()):
        if j >= len(names):
            axis.set_axis_off()
            continue
        axis.scatter(
            X[:, j], values[:, j], s=6, color="#0b4f8a", alpha=0.6, linewidths=0,
            rasterized=X.size > MOST_VECTOR_DOTS,
        )  # fmt: skip
        axis.axhline(0, color="#888888", linewidth=0.5)
        title = names[j]
        known = next((t for t in thresholds if t.feature == names[j]), None)
        if known is not None and known.found:
            axis.axvspan(known.conf_low, known.conf_high, color="#e08214", alpha=0.2)
            axis.axvline(known.knot, color="#b35806", linewidth=1)
            title += f": knot {known.knot:.3g} [{known.conf_low:.3g}, {known.conf_high:.3g}]"
        elif known is not None:
            title += ": no threshold"
        axis.set_title(title, fontsize=8)
    figure.supxlabel(
        f"value of the feature ({CAUTION}{'; 95 % by unit bootstrap' if thresholds else ''})",
        fontsize=8,
    )
    figure.supylabel("attribution", fontsize=8)
    if simulated:
        mark_simulated(figure)
    return figure


def interaction_heat(
    strength: NDArray[np.float64], q_values: NDArray[np.float64], names: list[str],
    simulated: bool = False,
) -> Figure:  # fmt: skip
    """Mean absolute interaction of each pair; a star where q is at most 0.05."""
    m = len(names)
    figure, axes = new_figure(1, 1, (0.62 * m + 2.4, 0.55 * m + 1.8))
    axis = axes[0, 0]
    image = axis.imshow(np.where(np.eye(m) > 0, np.nan, strength), cmap="YlOrRd")
    axis.set_xticks(range(m), names, rotation=90)
    axis.set_yticks(range(m), names)
    for i, j in np.ndindex(m, m):
        if i != j and q_values[i, j] <= 0.05:
            axis.text(j, i, "*", ha="center", va="center")
    axis.set_xlabel(f"* q <= 0.05, wild bootstrap\n{CAUTION}", fontsize=8)
    figure.colorbar(image, ax=axis, shrink=0.7, label="mean |interaction|")
    if simulated:
        mark_simulated(figure)
    return figure


def waterfall(
    base: float, terms: NDArray[np.float64], names: list[str], title: str, simulated: bool = False
) -> Figure:
    """One prediction, built from the base by its ten largest terms."""
    order = np.argsort(-np.abs(terms))[:10]
    rest = float(terms.sum() - terms[order].sum())
    steps = [*((names[j], float(terms[j])) for j in order)]
    if len(terms) > 10:
        steps.append(("all others", rest))
    figure, axes = new_figure(1, 1, (6.5, 0.36 * len(steps) + 1.6))
    axis, at = axes[0, 0], base
    for row, (_, step) in enumerate(steps):
        axis.barh(row, step, left=at, color="#b2182b" if step > 0 else "#2166ac")
        at += step
    axis.set_yticks(range(len(steps)), [f"{n}  {s:+.3g}" for n, s in steps])
    axis.invert_yaxis()
    axis.axvline(base, color="#888888", linewidth=0.6)
    axis.set_title(f"{title}: base {base:.3g}, prediction {at:.3g}", fontsize=9)
    axis.set_xlabel(CAUTION)
    if simulated:
        mark_simulated(figure)
    return figure


def calibration(
    y: NDArray[np.float64], mean: NDArray[np.float64], std: NDArray[np.float64]
) -> Figure:
    """Predicted against observed out of fold, and the histogram of probability transforms."""
    from scipy.stats import norm

    figure, axes = new_figure(1, 2, (8, 3.4))
    left, right = axes[0]
    left.errorbar(mean, y, xerr=1.96 * std, fmt=".", markersize=3, elinewidth=0.3, color="#0b4f8a")
    ends = [min(mean.min(), y.min()), max(mean.max(), y.max())]
    left.plot(ends, ends, color="#888888", linewidth=0.7)
    left.set_xlabel("predicted out of fold, 95 % interval")
    left.set_ylabel("observed")
    right.hist(
        norm.cdf((y - mean) / std), bins=np.linspace(0, 1, 11), color="#9db8d2", density=True
    )
    right.axhline(1, color="#888888", linewidth=0.7)
    right.set_xlabel("probability integral transform (flat = calibrated)")
    return figure
