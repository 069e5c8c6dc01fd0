"""What the pages show, as plain values for the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotation_ui.explorer.charts import Z95, Frame, Shades, line, round_up
from annotation_ui.explorer.places import name_of
from corpus.regions import NATIONAL_CODE, provinces

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from annotation_ui.explorer.models import Comparison
    from annotation_ui.explorer.store import Explored

Rows = list[dict[str, Any]]


def years_of(explored: Explored) -> list[int]:
    """Years with a scored report of a province, or of any region where there is none."""
    own = _provincial(explored.intensity)
    return sorted({int(year) for year in (own if len(own) else explored.intensity)["year"]})


def _provincial(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["region_code"].isin([region.code for region in provinces()])]


def shades_of(explored: Explored, dimension: str) -> Shades:
    """One scale a dimension over all years, so that colours can be compared while sliding."""
    own = explored.intensity[explored.intensity["dimension"] == dimension]
    provincial = _provincial(own)["intensity"]
    values = provincial if len(provincial) else own["intensity"]
    return Shades(float(values.min()), float(values.max()))


def _of(explored: Explored, dimension: str, year: int | None = None) -> Rows:
    frame = explored.intensity[explored.intensity["dimension"] == dimension]
    frame = frame if year is None else frame[frame["year"] == year]
    rows: Rows = frame.to_dict("records")
    return rows


def ranking(explored: Explored, dimension: str, year: int, lang: str) -> Rows:
    """Regions of a year by falling intensity, with rank, interval and the change since before.

    Places in the plot are in a width of 100. The nation is shown but not ranked.
    """
    every = {(r["region_code"], r["year"]): r for r in _of(explored, dimension)}
    rows = sorted(_of(explored, dimension, year), key=lambda r: (-r["intensity"], r["region_code"]))
    top = round_up(max((_high(r) for r in rows), default=1.0))
    shades, rank, found = shades_of(explored, dimension), 0, []
    for row in rows:
        code, mean = row["region_code"], row["intensity"]
        ranked = code != NATIONAL_CODE
        rank += ranked
        before = every.get((code, year - 1))
        half = Z95 * _error(row)
        found.append(
            {
                "code": code, "name": name_of(explored, code, lang), "rank": rank if ranked else None,
                "mean": mean, "error": row["std_error_paragraph"], "n": row["n_sentences"],
                "change": None if before is None else mean - before["intensity"],
                "shade": shades.step(mean), "top": top, "x": round(100 * mean / top, 2),
                "low": round(100 * max(mean - half, 0.0) / top, 2),
                "high": round(100 * (mean + half) / top, 2),
            }
        )  # fmt: skip
    return found


def _error(row: dict[str, Any]) -> float:
    error = float(row["std_error_paragraph"])
    return 0.0 if error != error else error


def _high(row: dict[str, Any]) -> float:
    return float(row["intensity"]) + Z95 * _error(row)


def heat(explored: Explored, dimension: str, years: tuple[int, int], lang: str) -> dict[str, Any]:
    """Region by year; years and regions without a scored report are left out."""
    rows = [r for r in _of(explored, dimension) if years[0] <= r["year"] <= years[1]]
    cells = {(r["region_code"], r["year"]): r["intensity"] for r in rows}
    shades = shades_of(explored, dimension)
    columns = sorted({year for _, year in cells})
    found = [
        {
            "code": code,
            "name": name_of(explored, code, lang),
            "cells": [
                {
                    "year": y,
                    "mean": cells.get((code, y)),
                    "shade": shades.step(cells.get((code, y))),
                }
                for y in columns
            ],
        }
        for code in sorted({code for code, _ in cells})
    ]
    return {"years": columns, "rows": found, "shades": shades}


def trends(explored: Explored, dimension: str, years: tuple[int, int], lang: str) -> dict[str, Any]:
    """One small chart a region, all on the same axes."""
    rows = [r for r in _of(explored, dimension) if years[0] <= r["year"] <= years[1]]
    seen = sorted({int(r["year"]) for r in rows})
    if not rows:
        return {"frame": None, "charts": []}
    frame = Frame(seen[0], seen[-1], round_up(max(_high(r) for r in rows)))
    charts = []
    for code in sorted({r["region_code"] for r in rows}):
        own = sorted((r for r in rows if r["region_code"] == code), key=lambda r: r["year"])
        marks = frame.marks((int(r["year"]), float(r["intensity"]), _error(r)) for r in own)
        charts.append(
            {
                "code": code,
                "name": name_of(explored, code, lang),
                "marks": marks,
                "line": line(marks),
            }
        )
    return {"frame": frame, "charts": charts}


def pair_charts(explored: Explored, found: Comparison) -> Rows:
    """One chart a dimension with both regions."""
    charts = []
    keys = (found.a, found.b)
    for dimension in explored.dimensions:
        rows = [r for r in found.rows if r.dimension == dimension]
        if not rows:
            continue
        own = [[r for r in _of(explored, dimension) if r["region_code"] == code] for code in keys]
        years = {r.year for r in rows}
        own = [sorted((r for r in rs if r["year"] in years), key=lambda r: r["year"]) for rs in own]
        top = round_up(max(_high(r) for rs in own for r in rs))
        frame = Frame(min(years), max(years), top, width=320, height=120, left=8, bottom=8)
        series = [
            frame.marks((int(r["year"]), float(r["intensity"]), _error(r)) for r in rs)
            for rs in own
        ]
        charts.append(
            {
                "dimension": dimension, "frame": frame, "rows": rows,
                "series": [{"code": c, "marks": m, "line": line(m)} for c, m in zip(keys, series, strict=True)],
            }
        )  # fmt: skip
    return charts


def keyword_chart(series: Sequence[Rows]) -> dict[str, Any]:
    """Share of sentences by year, one line an expression.

    Parameters
    ----------
    series : sequence of lists
        For each expression its counts by year: ``year, share, n_hits, n_sentences``.
    """
    years = [row["year"] for rows in series for row in rows]
    if not years:
        return {"frame": None, "lines": []}
    top = round_up(max(row["share"] for rows in series for row in rows))
    frame = Frame(min(years), max(years), top, width=640, height=220, left=12, bottom=10)
    marks = [frame.marks((row["year"], row["share"], None) for row in rows) for rows in series]
    return {"frame": frame, "lines": [{"marks": m, "line": line(m)} for m in marks]}
