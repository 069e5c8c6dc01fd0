"""A one-page account of a panel: what it covers, what its index is made of, what was left out."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from econometrics.output import is_simulated

if TYPE_CHECKING:
    import pandas as pd

    from econometrics.build import PanelBuild

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;font-size:13px}td,th{border-bottom:1px solid #ddd;padding:.2rem .5rem;"
    "text-align:left}th{background:#f4f4f4}.warn{background:#fff3cd;border:1px solid #a80;padding:.6rem}"
    ".scroll{overflow-x:auto}"
)
_SIMULATED = (
    "SIMULATED: every firm and every figure on this page is synthetic, made by a documented simulator "
    "(econometrics/simulator.py). No finding about real firms follows from it."
)


def panel_page(build: PanelBuild, tables: dict[str, pd.DataFrame]) -> str:
    """Render the page; self-contained HTML without scripts."""
    config = build.config
    parts = [f"<h1>{escape(config.title)}</h1>", f'<p lang="zh">{escape(config.title_zh)}</p>']
    if is_simulated(build):
        parts.append(f'<p class="warn" role="note"><strong>{_SIMULATED}</strong></p>')
    parts.append(_paragraphs(_summary(build, tables)))
    coverage = tables["coverage.csv"]
    columns = ["id", "table", "status", "in_composite", "n_filled", "n_interpolated", "n_cells",
               "first_year", "last_year", "unit", "definition", "definition_zh", "note"]  # fmt: skip
    stability = tables["rank_stability.csv"]
    means = (
        stability.groupby(["method_a", "method_b"])[["spearman", "kendall"]].mean().reset_index()
    )
    parts += [
        _section("Coverage of Tables 1 and 2", coverage[columns]),
        _section("Weights", _wide_weights(tables["weights.csv"])),
        _section("Rank stability between weightings, mean over years", means),
        _section("Gaps by variable and treatment", _gap_counts(tables["gaps.csv"])),
    ]
    word = "SIMULATED " if is_simulated(build) else ""
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{word}{escape(config.title)}</title><style>{_STYLE}</style></head><body><main>"
    )
    return head + "\n".join(parts) + "</main></body></html>\n"


def _summary(build: PanelBuild, tables: dict[str, pd.DataFrame]) -> list[str]:
    composite, config = build.composite, build.config
    n = len(build.system.composite)
    proxies = [
        i.id for i in build.system.composite if i.status == "proxy" and i.id in composite.ids
    ]
    years = build.grid.years[build.window]
    lines = [
        f"{len(build.grid.units)} units, {build.grid.years[0]}-{build.grid.years[-1]}. The index rests on "
        f"{len(composite.ids)} of the {n} indicators of Table 1 ({len(proxies)} of them proxies: "
        f"{', '.join(proxies) or 'none'}), {years[0]}-{years[-1]}.",
        f"Normalisation {config.index.normalise}, weights {config.index.weights} by {config.index.method}, "
        f"zero shift {config.index.zero_shift:g}, rows {config.index.rows}. Gaps of fewer than "
        f"{config.index.interpolate_below} years inside a series are interpolated.",
    ]
    if len(composite.ids) == 1:
        lines.append(
            f"With one indicator the index is {composite.ids[0]} on the scale 0-1 and nothing more; "
            "do not read it as new quality productive forces."
        )
    if build.growth is not None:
        how = config.resilience
        lines.append(
            f"SER: {how.growth} ({how.vintage}) against {how.counterfactual} growth; years with expected growth "
            f"within {how.near_zero_pct:g} % of zero are flagged: the ratio magnifies every tenth there."
        )
        lines += [
            f"No {name} counterfactual: {why}." for name, why in build.growth.left_out.items()
        ]
    else:
        lines.append("SER of firms: three-year sales growth (+) and the standard deviation of monthly returns (-), entropy weights.")  # fmt: skip
    if build.loaded.emptied:
        lines.append(f"{len(build.loaded.emptied)} cells that their table or the panel file distrusts were emptied (suspect_cells.csv).")  # fmt: skip
    if build.intensity_columns:
        lag = config.intensity.lag
        lines.append(
            f"Intensity: the report delivered in January of year t joins year t{f' + {lag}' if lag else ''}."
        )
    lines += [
        f"{x.variable} cannot be computed: no column {', '.join(x.columns)}." for x in build.lacking
    ]
    return [*lines, *build.loaded.notes]


def _wide_weights(weights: pd.DataFrame) -> pd.DataFrame:
    pooled = weights["year"].isna().all()
    shown = weights if pooled else weights[weights["year"] == weights["year"].max()]
    wide = shown.pivot(index="indicator", columns="method", values="weight").reset_index()
    name = "indicator" if pooled else "indicator (last year)"
    return wide.rename(columns={"indicator": name}).rename_axis(columns=None)


def _gap_counts(gaps: pd.DataFrame) -> pd.DataFrame:
    counted = gaps.groupby(["variable", "treatment"])["n_years"].agg(["size", "sum"])
    return counted.reset_index().rename(columns={"size": "n_gaps", "sum": "n_cells"})


def _section(title: str, frame: pd.DataFrame) -> str:
    blank = {c: frame[c].astype("string").fillna("") for c in frame if frame[c].dtype == "Int64"}
    table = frame.assign(**blank).to_html(
        index=False, na_rep="", float_format="{:.3f}".format, border=0, escape=True
    )
    return f'<h2>{escape(title)}</h2><div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}">{table}</div>'


def _paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)
