"""Answers to the requests of the interface and of the pages: from an opened project to models."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from annotation_ui.explorer.models import (
    Cell,
    CellSentence,
    Compared,
    Comparison,
    Count,
    Counts,
    Health,
    Hit,
    Hits,
    Intensities,
    Intensity,
    Paragraph,
    Report,
    ReportSentence,
    Score,
)
from annotation_ui.explorer.places import (
    NotFoundError,
    check_report,
    choose_dimension,
    choose_region,
    intensity_rows,
    report_id_of,
)
from annotation_ui.explorer.store import LEVELS
from corpus.search.output import group_records, hit_records
from corpus.search.syntax import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotation_ui.explorer.store import Explored
    from corpus.index import Filters, Key, Node

CONTEXT = 40


def health(explored: Explored) -> Health:
    """Describe what is served."""
    state = explored.index.status()
    return Health(
        status="ok", n_reports=len(explored.reports), n_sentences=state.n_sentences,
        years=list(state.years) if state.years else None, scorer=state.scorer, dimensions=state.dimensions, stale=state.stale,
    )  # fmt: skip


def intensities(
    explored: Explored, *, regions: Sequence[str] = (), years: str = "", dimension: str = ""
) -> Intensities:
    """Rows of the report_score table, filtered."""
    frame = intensity_rows(explored, regions=regions, years=years, dimension=dimension)
    rows = [
        Intensity(**{k: _plain(row[k]) for k in Intensity.model_fields})
        for row in frame.to_dict("records")
    ]
    return Intensities(total=len(rows), rows=rows)


def hits(explored: Explored, node: Node, filters: Filters, *, limit: int, sort: str) -> Hits:
    """Find sentences; see ``corpus.index.SentenceIndex.search``."""
    answer = explored.index.search(node, filters, limit=limit, sort=sort)
    found = [Hit(**record) for record in hit_records(answer, node, CONTEXT)]
    return Hits(total=answer.total, query=show(node), hits=found)


def counts(explored: Explored, node: Node | None, filters: Filters, by: Sequence[Key]) -> Counts:
    """Count hits by key; see ``corpus.index.SentenceIndex.count_by``."""
    groups = explored.index.count_by(node, filters, by)
    records = group_records(groups, by)
    return Counts(total=sum(g.n_hits for g in groups), groups=[Count(**r) for r in records])


def cell(explored: Explored, *, region: str, year: int, dimension: str) -> Cell:
    """List the counted sentences of a region and year by falling score, ties by place.

    Raises
    ------
    NotFoundError
        When the project has no report of them, or the report was not scored.
    """
    code, wanted = choose_region(explored, region), choose_dimension(explored, dimension)
    report_id = report_id_of(explored, code, year)
    rows = [row for row in explored.sentences(report_id) if explored.counted.holds(row)]
    i = explored.dimensions.index(wanted)
    found = [_cell_sentence(row, i) for row in rows if row[f"s{i}"] is not None]
    if not found:
        raise NotFoundError(f"the report {report_id} has no scores", fix="run `zhengce score`")
    found.sort(key=lambda s: (-s.score, s.position))
    own = explored.intensity
    own = own[(own["report_id"] == report_id) & (own["dimension"] == wanted)]
    mean = own.iloc[0].to_dict() if len(own) else {}
    values = ("intensity", "std_error", "std_error_paragraph", "n_sentences")
    return Cell(
        report_id=report_id, region_code=code, region=rows[0]["region"], year=year,
        dimension=wanted, total=len(found), sentences=found,
        **{name: _plain(mean.get(name)) for name in values},
    )  # fmt: skip


def _cell_sentence(row: dict[str, Any], i: int) -> CellSentence:
    words = {k: row[k] for k in ("sentence_id", "position", "section", "heading_path", "text")}
    return CellSentence(**words, **_values(row, i))


def _values(row: dict[str, Any], i: int) -> dict[str, Any]:
    p = {f"p{k}": row[f"p{i}_{k}"] for k in LEVELS}
    return {"level": row[f"l{i}"], "score": row[f"s{i}"], **p}


def report(explored: Explored, report_id: str) -> Report:
    """Lay a report out by paragraph, each sentence with its scores.

    Raises
    ------
    NotFoundError
        When the project has no such report.
    """
    known = explored.reports.loc[check_report(explored, report_id)].to_dict()
    paragraphs: dict[int, list[ReportSentence]] = {}
    for row in explored.sentences(report_id):
        paragraphs.setdefault(row["paragraph"], []).append(_report_sentence(explored, row))
    head = {k: _plain(known[k]) for k in Report.model_fields if k in known}
    lines = [Paragraph(number=n, sentences=found) for n, found in paragraphs.items()]
    return Report(report_id=report_id, paragraphs=lines, **head)


def _report_sentence(explored: Explored, row: dict[str, Any]) -> ReportSentence:
    scores = {
        dimension: Score(**_values(row, i))
        for i, dimension in enumerate(explored.dimensions)
        if row[f"s{i}"] is not None
    }
    names = ("sentence_id", "position", "text", "section", "unit_type", "is_annex")
    return ReportSentence(
        **{k: row[k] for k in names}, counts=explored.counted.holds(row), scores=scores
    )


def comparison(explored: Explored, *, a: str, b: str, years: str, dimension: str) -> Comparison:
    """Set two regions side by side, year by year and dimension by dimension."""
    codes = [choose_region(explored, text) for text in (a, b)]
    frame = intensity_rows(explored, regions=codes, years=years, dimension=dimension)
    found = {
        (row["region_code"], row["year"], row["dimension"]): row for row in frame.to_dict("records")
    }
    rows = [
        _compared(found.get((codes[0], year, d)), found.get((codes[1], year, d)), year, d)
        for d in explored.dimensions
        for year in sorted(set(frame["year"].tolist()))
        if (codes[0], year, d) in found or (codes[1], year, d) in found
    ]
    names = [explored.index.regions.get(code, code) for code in codes]
    return Comparison(a=codes[0], b=codes[1], region_a=names[0], region_b=names[1], rows=rows)


def _compared(
    a: dict[str, Any] | None, b: dict[str, Any] | None, year: int, dimension: str
) -> Compared:
    means = [None if row is None else float(row["intensity"]) for row in (a, b)]
    difference = error = None
    if a is not None and b is not None:
        difference = a["intensity"] - b["intensity"]
        error = _plain(math.hypot(a["std_error_paragraph"], b["std_error_paragraph"]))
    return Compared(
        year=year, dimension=dimension, intensity_a=means[0], intensity_b=means[1],
        difference=difference, std_error=error,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    """Turn an empty cell of a table into None."""
    return None if value is None or value != value else value
