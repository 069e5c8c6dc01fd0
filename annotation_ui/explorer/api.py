"""The read-only HTTP interface: typed answers, and a CSV twin of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse

from annotation_ui.explorer import answers, twins
from annotation_ui.explorer.models import (
    Cell,
    Comparison,
    Counts,
    Health,
    Hits,
    Intensities,
    Problem,
    Report,
)
from annotation_ui.explorer.parameters import (
    Dimension,
    Expression,
    Limit,
    Narrowed,
    Project,
    Region,
    Regions,
    ReportId,
    Year,
    Years,
    read_expression,
)
from annotation_ui.explorer.places import check_report
from configs.errors import UserError
from corpus.search.model import find_dimension, read_keys

if TYPE_CHECKING:
    from corpus.index import Key

PROBLEMS: dict[int | str, dict[str, Any]] = {404: {"model": Problem}, 422: {"model": Problem}}
_SCHEMA = {"schema": {"$ref": "#/components/schemas/Problem"}}
REFERRED: dict[int | str, dict[str, Any]] = {
    status: {"description": "mistake", "content": {"application/json": _SCHEMA}}
    for status in PROBLEMS
}
By = Annotated[
    str, Query(description="region, year, level, section, unit_type, temporality; with commas")
]
Sort = Annotated[str, Query(description="dimension whose highest scores come first")]

router = APIRouter(responses=PROBLEMS)
#: Files; the application takes it in first, since ``{report_id}`` would match ``x.csv`` too.
files = APIRouter(responses=REFERRED)


@router.get("/health", tags=["api"])
def health(explored: Project) -> Health:
    """Answer when ready."""
    return answers.health(explored)


@router.get("/api/intensity", tags=["api"])
def intensity(
    explored: Project,
    region: Regions,
    years: Years = "",
    dimension: Dimension = "",
) -> Intensities:
    """Give policy intensity by region, year and dimension."""
    return answers.intensities(explored, regions=region, years=years, dimension=dimension)


@files.get("/api/intensity.csv", tags=["csv"], response_class=twins.Csv)
def intensity_csv(
    explored: Project,
    region: Regions,
    years: Years = "",
    dimension: Dimension = "",
) -> twins.Csv:
    """Give policy intensity as CSV."""
    found = answers.intensities(explored, regions=region, years=years, dimension=dimension)
    return twins.intensities_csv(found)


@router.get("/api/query", tags=["api"])
def query(
    explored: Project, expr: Expression, filters: Narrowed,
    limit: Limit = 20, sort: Sort = "", synonyms: bool = False,
) -> Hits:  # fmt: skip
    """Find sentences that match an expression; ``total`` is exact."""
    node = read_expression(expr, synonyms=synonyms)
    order = find_dimension(sort, explored.dimensions, "sort") if sort else ""
    return answers.hits(explored, node, filters, limit=limit, sort=order)


@files.get("/api/query.csv", tags=["csv"], response_class=twins.Csv)
def query_csv(
    explored: Project, expr: Expression, filters: Narrowed,
    limit: Limit = 200, sort: Sort = "", synonyms: bool = False,
) -> twins.Csv:  # fmt: skip
    """Find sentences that match, as CSV."""
    found = query(explored, expr, filters, limit, sort, synonyms)
    return twins.hits_csv(found, explored.dimensions)


@router.get("/api/counts", tags=["api"])
def counts(
    explored: Project, filters: Narrowed,
    expr: Expression = "", by: By = "region,year", synonyms: bool = False,
) -> Counts:  # fmt: skip
    """Count hits, with mean scores by region, year and other columns; no expression counts everything."""
    node = read_expression(expr, synonyms=synonyms) if expr else None
    return answers.counts(explored, node, filters, _keys(by))


@files.get("/api/counts.csv", tags=["csv"], response_class=twins.Csv)
def counts_csv(
    explored: Project, filters: Narrowed,
    expr: Expression = "", by: By = "region,year", synonyms: bool = False,
) -> twins.Csv:  # fmt: skip
    """Give the counts as CSV."""
    found = counts(explored, filters, expr, by, synonyms)
    return twins.counts_csv(found, explored.dimensions, _keys(by))


def _keys(by: str) -> tuple[Key, ...]:
    try:
        return read_keys(by)
    except UserError as error:
        raise UserError(error.what, where="by", fix=error.fix) from error


@router.get("/api/cell", tags=["api"])
def cell(explored: Project, region: Region, year: Year, dimension: Dimension = "") -> Cell:
    """List the sentences that carry a cell, with the probabilities of the levels."""
    return answers.cell(explored, region=region, year=year, dimension=dimension)


@files.get("/api/cell.csv", tags=["csv"], response_class=twins.Csv)
def cell_csv(explored: Project, region: Region, year: Year, dimension: Dimension = "") -> twins.Csv:
    """List the sentences of a cell as CSV."""
    return twins.cell_csv(cell(explored, region, year, dimension))


@files.get("/api/report/{report_id}.csv", tags=["csv"], response_class=twins.Csv)
def report_csv(explored: Project, report_id: ReportId) -> twins.Csv:
    """Lay a report out as CSV, one row a sentence."""
    return twins.report_csv(answers.report(explored, report_id), explored.dimensions)


@router.get("/api/report/{report_id}", tags=["api"])
def report(explored: Project, report_id: ReportId) -> Report:
    """Lay a report out by paragraph and sentence, with its source and the sha256 of its text."""
    return answers.report(explored, report_id)


@files.get("/report/{report_id}.txt", tags=["api"], response_class=PlainTextResponse)
def text(explored: Project, report_id: ReportId) -> PlainTextResponse:
    """Give the text as archived; the sha256 of these bytes is ``text_sha256``."""
    found = explored.reports.loc[check_report(explored, report_id)]
    return PlainTextResponse(str(found["text"]))


@router.get("/api/compare", tags=["api"])
def compare(
    explored: Project, a: Region, b: Region, years: Years = "", dimension: Dimension = ""
) -> Comparison:
    """Set two regions side by side, with the standard error of the difference."""
    return answers.comparison(explored, a=a, b=b, years=years, dimension=dimension)


@files.get("/api/compare.csv", tags=["csv"], response_class=twins.Csv)
def compare_csv(
    explored: Project, a: Region, b: Region, years: Years = "", dimension: Dimension = ""
) -> twins.Csv:
    """Set two regions side by side, as CSV."""
    return twins.comparison_csv(compare(explored, a, b, years, dimension))
