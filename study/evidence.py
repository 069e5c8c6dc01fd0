"""What the report page shows, gathered from the tables as plain values for the template."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus.regions import NATIONAL_CODE, provinces, regions
from corpus.schemas import PanelTable, ReportScoreTable, ReportTable, ScoreTable, SentenceTable
from corpus.store import read_table
from study.colours import dimension_colour
from study.figures import Z95, intensity_change, shared_scale

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from corpus.rubric import Rubric

QUALITY_COLUMNS = (
    "scorer", "dimension", "metric", "sample", "estimate", "conf_low", "conf_high", "n",
)  # fmt: skip
RECALL_COLUMNS = ("scorer", "sample", "dimension", "level", "recall")


@dataclass(frozen=True, slots=True, eq=False)
class StudyTables:
    """Everything that the page is made of."""

    reports: pd.DataFrame
    sentences: pd.DataFrame
    scores: pd.DataFrame
    intensity: pd.DataFrame
    panel: pd.DataFrame
    quality: pd.DataFrame
    baseline: pd.DataFrame
    recall: pd.DataFrame
    agreement: pd.DataFrame


def read_tables(folder: Path, scorer: str, *, validated: bool = True) -> StudyTables:
    """Read what the steps before the report wrote.

    Parameters
    ----------
    scorer : {"bert", "ngram", "cues"}
        Whose quality is the study's; the n-gram baseline's stands beside it.
    validated : bool
        Whether there were labels; without them the tables of quality are empty.
    """
    store, tables = folder / "store", folder / "tables"
    quality = _quality(tables / "quality.csv", QUALITY_COLUMNS, validated)
    recall = _quality(tables / "recall.csv", RECALL_COLUMNS, validated)
    return StudyTables(
        reports=read_table(ReportTable, store / "report.parquet"),
        sentences=read_table(SentenceTable, store / "sentence.parquet"),
        scores=read_table(ScoreTable, store / "score.parquet"),
        intensity=read_table(ReportScoreTable, store / "report_score.parquet"),
        panel=read_table(PanelTable, store / "panel.parquet"),
        quality=quality[quality["scorer"] == scorer],
        baseline=quality[quality["scorer"] == "ngram"],
        recall=recall[recall["scorer"] == scorer],
        agreement=_quality(tables / "coder_agreement.csv", QUALITY_COLUMNS, validated),
    )


def _quality(path: Path, columns: tuple[str, ...], validated: bool) -> pd.DataFrame:
    import pandas as pd

    return _csv(path) if validated else pd.DataFrame(columns=list(columns))


def _csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(path)


def coverage(tables: StudyTables, first_year: int, last_year: int) -> dict[str, Any]:
    """Which region and year has a report, as rows of cells; older years are counted together."""
    years = list(range(first_year, last_year + 1))
    count = tables.sentences.groupby(["region_code", "year"]).size().to_dict()
    rows: list[dict[str, Any]] = []
    for region in [*provinces(), regions()[NATIONAL_CODE]]:
        cells = [{"year": y, "n": int(count.get((region.code, y), 0))} for y in years]
        older = sorted(y for code, y in count if code == region.code and y < first_year)
        rows.append({"region": region, "cells": cells, "older": older})
    n_cells = len(provinces()) * len(years)
    filled = sum(1 for row in rows[:-1] for cell in row["cells"] if cell["n"])
    return {"years": years, "rows": rows, "n_cells": n_cells, "n_filled": filled}


def dimension_views(
    tables: StudyTables, rubric: Rubric, years: tuple[int, int]
) -> list[dict[str, Any]]:
    """For each dimension: colours of the maps, ranking rows, change between the years."""
    codes = [region.code for region in provinces()]
    own = tables.intensity[tables.intensity["region_code"].isin(codes)]
    own = own[own["year"].isin(years)]
    views = []
    for j, dimension in enumerate(rubric.dimensions):
        scale = shared_scale(own, dimension.id, j)
        rows = _ranking_rows(own, dimension.id, years)
        for row in rows:
            for cell in row["cells"]:
                cell["colour"] = scale.colour(cell["mean"])
        views.append(
            {
                "dimension": dimension,
                "scale": scale,
                "rows": rows,
                "axis": _axis(rows),
                "colour": dimension_colour(j),
            }
        )
    return views


def _ranking_rows(
    own: pd.DataFrame, dimension: str, years: tuple[int, int]
) -> list[dict[str, Any]]:
    part = own[own["dimension"] == dimension].set_index(["region_code", "year"])
    changes = intensity_change(own, dimension, years).set_index("region_code")
    rows: list[dict[str, Any]] = []
    for region in provinces():
        cells = [_cell(part, region.code, year) for year in years]
        change = changes.loc[region.code] if region.code in changes.index else None
        rows.append(
            {
                "region": region,
                "cells": cells,
                "change": None if change is None else float(change["change"]),
                "change_se": None if change is None else float(change["std_error"]),
            }
        )
    for i in range(len(years)):
        ordered = sorted(rows, key=lambda row: -(row["cells"][i]["mean"] or -1.0))
        for rank, row in enumerate(ordered, start=1):
            row["cells"][i]["rank"] = rank if row["cells"][i]["mean"] is not None else None
    return sorted(rows, key=lambda row: -(row["cells"][-1]["mean"] or -1.0))


def _cell(part: pd.DataFrame, code: str, year: int) -> dict[str, Any]:
    empty = {
        "year": year,
        "mean": None,
        "se": None,
        "se_plain": None,
        "n": 0,
        "low": None,
        "high": None,
    }
    if (code, year) not in part.index:
        return empty
    row = part.loc[(code, year)]
    mean, se = float(row["intensity"]), float(row["std_error_paragraph"])
    return {
        "year": year, "mean": mean, "se": se, "se_plain": float(row["std_error"]), "n": int(row["n_sentences"]),
        "low": max(mean - Z95 * se, 0.0), "high": mean + Z95 * se,
    }  # fmt: skip


def _axis(rows: list[dict[str, Any]]) -> dict[str, Any]:
    highs = [
        c["high"]
        for row in rows
        for c in row["cells"]
        if c["high"] is not None and not math.isnan(c["high"])
    ]
    top = math.ceil(max(highs, default=1.0) * 10) / 10
    return {"top": top, "ticks": [round(top * i / 4, 3) for i in range(5)]}


def strongest_sentences(
    tables: StudyTables, rubric: Rubric, years: tuple[int, int], count: int
) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """List the highest-scored body sentences of each report and dimension, ties by place."""
    body = tables.sentences[tables.sentences["year"].isin(years)]
    body = body[(body["unit_type"] == "body") & ~body["is_annex"]]
    measured = tables.scores[["sentence_id", "dimension", "score"]]
    merged = measured.merge(body, on="sentence_id")
    merged = merged.sort_values(["score", "position"], ascending=[False, True], kind="stable")
    top = merged.groupby(["region_code", "year", "dimension"], sort=False).head(count)
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    order = {d: i for i, d in enumerate(rubric.dimension_ids)}
    for row in top.sort_values(["region_code", "year"], kind="stable").to_dict("records"):
        found.setdefault((row["region_code"], row["year"]), []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (order[row["dimension"]], -row["score"], row["position"]))
    return found


def report_texts(
    tables: StudyTables, rubric: Rubric, years: tuple[int, int]
) -> list[dict[str, Any]]:
    """Full texts of the provincial reports, paragraph by paragraph, each sentence with its scores."""
    codes = {region.code for region in provinces()}
    own = tables.sentences[
        tables.sentences["year"].isin(years) & tables.sentences["region_code"].isin(codes)
    ]
    wide = tables.scores.pivot(index="sentence_id", columns="dimension", values="score")[
        list(rubric.dimension_ids)
    ]
    scores = dict(zip(wide.index, wide.to_numpy().tolist(), strict=True))
    by_id = tables.reports.set_index("report_id")
    texts = []
    for report_id, rows in own.groupby("report_id", sort=True):
        paragraphs: dict[int, list[dict[str, Any]]] = {}
        for row in rows.to_dict("records"):
            row["scores"] = scores.get(row["sentence_id"], [0.0] * len(rubric.dimensions))
            paragraphs.setdefault(row["paragraph"], []).append(row)
        texts.append(
            {
                "report": by_id.loc[report_id].to_dict() | {"report_id": report_id},
                "paragraphs": list(paragraphs.values()),
            }
        )
    return texts


def caps_view(tables: StudyTables, rubric: Rubric) -> dict[str, Any] | None:
    """Sentences whose level the rubric's ceilings lowered, by rule; None where none is told."""
    if "capped_by" not in tables.scores:
        return None
    named = tables.scores[tables.scores["capped_by"] != ""]
    rules = named.assign(rule=named["capped_by"].str.split()).explode("rule")
    count = rules.groupby("rule")["sentence_id"].nunique().to_dict()
    rows = [
        {"rule": c.rule, "when": sorted(c.values), "max_level": c.max_level,
         "n": int(count.get(c.rule, 0))}
        for c in rubric.caps
    ]  # fmt: skip
    n = tables.scores["sentence_id"].nunique()
    return {"rows": rows, "n": named["sentence_id"].nunique(), "n_scored": n}


def quality_rows(tables: StudyTables, rubric: Rubric) -> list[dict[str, Any]]:
    """Quality of the scorer beside the baseline's and the agreement of the coders."""
    quality = tables.quality[tables.quality["sample"] == "random"].set_index(
        ["dimension", "metric"]
    )
    baseline = tables.baseline[tables.baseline["sample"] == "random"].set_index(
        ["dimension", "metric"]
    )
    agreement = tables.agreement.set_index(["dimension", "metric"])
    recall = tables.recall[tables.recall["sample"] == "random"]
    rows: list[dict[str, Any]] = []
    for dimension in rubric.dimensions if len(quality) else ():
        part = quality.loc[dimension.id]
        key = (dimension.id, "qwk")
        rows.append(
            {
                "dimension": dimension,
                "metrics": part.to_dict("index"),
                "baseline": baseline.loc[key].to_dict(),
                "coders": agreement.loc[key].to_dict() if key in agreement.index else None,
                "recall": recall[recall["dimension"] == dimension.id].to_dict("records"),
            }
        )
    return rows
