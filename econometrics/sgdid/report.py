"""Write a SGDID study: summary, tables, figures."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.csvfiles import write_csv
from corpus.figures import save_figure
from corpus.files import write_atomically, write_text
from econometrics.sgdid.combinations_report import combinations_figure, combinations_frame
from econometrics.sgdid.study import (
    SgdidResult,
    measurement_source,
    specification_curve,
    summary,
)
from econometrics.spatial.results import Z95
from econometrics.tables.formats import (
    as_csv,
    as_docx,
    as_html,
    as_latex,
    as_published_csv,
    as_text,
)
from econometrics.tables.layout import ModelTable, model_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.figure import Figure

    from econometrics.sgdid.design import Effect
    from econometrics.sgdid.event_study import EventStudy
    from econometrics.sgdid.robustness import Permutation


def write_sgdid(result: SgdidResult, out: Path) -> None:
    """Write everything into a folder; each file whole or not at all."""
    table = sgdid_table(result)
    write_text(
        out / "summary.json", json.dumps(summary(result), ensure_ascii=False, indent=1) + "\n"
    )
    write_table_files(table, out / "tables" / "sgdid")
    write_text(out / "tables" / "published.csv", as_published_csv(table))  # zhengce audit reads it
    write_csv(out / "tables" / "specification_curve.csv", curve_frame(result))
    if result.measurement:
        write_csv(out / "tables" / "measurement.csv", measurement_frame(result))
    if result.combinations is not None:
        write_csv(out / "tables" / "combinations.csv", combinations_frame(result.combinations))
        save_figure(combinations_figure(result.combinations), out / "figures" / "combinations")
    if result.events is not None:
        write_csv(out / "tables" / "event_study.csv", event_frame(result.events))
        save_figure(event_figure(result.events), out / "figures" / "event_study")
    save_figure(curve_figure(result), out / "figures" / "specification_curve")
    if result.permutation is not None:
        save_figure(permutation_figure(result.permutation), out / "figures" / "permutation")


def sgdid_table(result: SgdidResult) -> ModelTable:
    """Models side by side; the notes give the effect with the error of the text measure."""
    table = model_table({"SDM": result.model, "SLX": result.without_lag})
    told = [
        f"{name} of did, the text measure's error carried through: {c.estimate:.4f} ({c.std_error:.4f}); "
        f"intensity taken as known: {c.naive[0]:.4f} ({c.naive[1]:.4f}); {c.missing_information:.0%} of the "
        f"variance is the measure's ({c.draws} {measurement_source(result)}; Rubin 1987; Lee-Yu)"
        for name, c in result.measurement.items()
        if name != "indirect"
    ]
    return replace(table, notes=(*table.notes, *told))


def measurement_frame(result: SgdidResult) -> pd.DataFrame:
    """One row a quantity: with the intensity taken as known, and with its error carried through."""
    import pandas as pd

    rows = [
        {
            "quantity": name, "naive": c.naive[0], "naive_error": c.naive[1],
            "combined": c.estimate, "combined_error": c.std_error, "within": c.within,
            "between": c.between, "missing_information": c.missing_information,
            "draws": c.draws, "source": measurement_source(result),
        }
        for name, c in result.measurement.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def write_table_files(table: ModelTable, stem: Path) -> None:
    """Write a model table as .txt, .csv, .html, .tex and .docx."""
    for suffix, text in (
        (".txt", as_text(table)),
        (".csv", as_csv(table)),
        (".html", as_html(table)),
        (".tex", as_latex(table)),
    ):
        write_text(stem.with_suffix(suffix), text)
    word = as_docx(table)
    write_atomically(stem.with_suffix(".docx"), lambda place: place.write_bytes(word))


def event_frame(events: EventStudy) -> pd.DataFrame:
    """Rows ``year, beta, beta_error, theta, theta_error``; the reference year is zero."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "year": [*events.years, events.reference],
            "beta": [*events.beta, 0.0],
            "beta_error": [*events.beta_error, np.nan],
            "theta": [*events.theta, 0.0],
            "theta_error": [*events.theta_error, np.nan],
        }
    )
    return frame.sort_values("year", ignore_index=True)


def curve_frame(result: SgdidResult) -> pd.DataFrame:
    """One row a specification: ``family, specification``, then each quantity with its error."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for family, label, effect in specification_curve(result):
        row: dict[str, Any] = {"family": family, "specification": label}
        for name in ("rho", "beta", "theta", "direct", "indirect", "total"):
            row[name], row[f"{name}_error"] = getattr(effect, name)
        rows.append(row)
    return pd.DataFrame(rows)


def _figure(size: tuple[float, float], columns: int = 1) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def event_figure(events: EventStudy) -> Figure:
    """Own and neighbours' coefficients by year, with the pre-trend test in the title."""
    figure, axes = _figure((9.0, 3.6), 2)
    frame = event_frame(events)
    for ax, name, title in zip(
        axes, ("beta", "theta"), ("own intensity", "neighbours' intensity"), strict=True
    ):
        ax.axhline(0, lw=0.6, color="#555555")
        ax.axvline(events.reference + 0.5, lw=0.6, ls="--", color="#555555")
        ax.errorbar(
            frame["year"],
            frame[name],
            yerr=Z95 * frame[f"{name}_error"].fillna(0),
            fmt="o",
            ms=4,
            lw=1,
        )
        ax.set_title(f"{title}, relative to {events.reference}", fontsize=9)
        ax.set_xticks(frame["year"])
    figure.suptitle(
        f"joint test of leads and their lags: chi2({events.df}) = {events.statistic:.2f}, p = {events.p_value:.3f}; "
        f"detectable trend (80 % power): {events.detectable_slope:.3f} a year", fontsize=9,
    )  # fmt: skip
    return figure


def curve_figure(result: SgdidResult) -> Figure:
    """Direct and total impact of every specification, sorted by the direct one."""
    rows = sorted(specification_curve(result), key=lambda row: row[2].direct[0])
    figure, axes = _figure((10.0, 1.4 + 0.2 * len(rows)), 2)
    colours = {
        "study": "#9c2b33",
        "weights": "#0b4f8a",
        "intensity": "#1b6b3a",
        "left out": "#888888",
    }
    for ax, kind in zip(axes, ("direct", "total"), strict=True):
        for i, (family, _, effect) in enumerate(rows):
            value, error = _pair(effect, kind)
            ax.errorbar(value, i, xerr=Z95 * error, fmt="o", ms=3, lw=0.8, color=colours[family])
        ax.axvline(0, lw=0.6, color="#555555")
        ax.set_title(f"{kind} impact, 95 % interval (Lee-Yu unless said)", fontsize=9)
        ax.set_yticks(
            range(len(rows)), [f"{family}: {label}" for family, label, _ in rows], fontsize=6
        )
    return figure


def _pair(effect: Effect, kind: str) -> tuple[float, float]:
    pair: tuple[float, float] = getattr(effect, kind)
    return pair


def permutation_figure(permutation: Permutation) -> Figure:
    """Distribution under permuted intensities with the observed value."""
    figure, axes = _figure((9.0, 3.0), 3)
    for i, (ax, name) in enumerate(zip(axes, ("beta", "direct", "total"), strict=True)):
        ax.hist(permutation.draws[:, i], bins=40, color="#c9d3dc")
        ax.axvline(permutation.observed[i], color="#9c2b33")
        ax.set_title(
            f"{name}: p = {permutation.p_value[i]:.3f} ({len(permutation.draws)} permutations)",
            fontsize=9,
        )
    return figure
