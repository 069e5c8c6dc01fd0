"""The pages: rendered here, with their whole state in the address; scripts only make them smoother."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from annotation_ui.explorer import answers, views
from annotation_ui.explorer.page import Page
from annotation_ui.explorer.parameters import (
    Dimension,
    Expressions,
    Narrowed,
    Project,
    ReportId,
    YearOrLast,
    Years,
    read_expression,
)
from annotation_ui.explorer.places import (
    choose_dimension,
    choose_region,
    read_years,
)
from corpus.maps import map_parts

if TYPE_CHECKING:
    from annotation_ui.explorer.store import Explored

SHOWN, N_HITS, N_WORDS = 50, 50, 4
Lang = Literal["en", "zh"]

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


def problem_page(request: Request, status: int, line: str) -> HTMLResponse:
    """Tell a mistake on a page."""
    explored: Explored = request.app.state.explored
    lang = "zh" if request.query_params.get("lang") == "zh" else "en"
    page = Page(request, explored, lang, explored.dimensions[0])
    return page.render("problem.html", status, line=line)


def _page(request: Request, explored: Explored, lang: Lang, dimension: str) -> Page:
    return Page(request, explored, lang, choose_dimension(explored, dimension))


def _span(explored: Explored, years: str) -> tuple[int, int]:
    """Years as typed; by default the last ten that have provincial reports."""
    if years:
        return read_years(years)
    last = views.years_of(explored)[-1]
    return last - 9, last


@router.get("/")
def map_page(
    request: Request, explored: Project, dimension: Dimension = "", year: YearOrLast = None,
    lang: Lang = "en",
) -> HTMLResponse:  # fmt: skip
    """Map of a year, with a slider and the ranking beside it."""
    page, known = _page(request, explored, lang, dimension), views.years_of(explored)
    chosen = known[-1] if year is None else year
    return page.render(
        "map.html", year=chosen, years=known, map=map_parts(),
        rows=views.ranking(explored, page.dimension, chosen, lang),
        shades=views.shades_of(explored, page.dimension),
    )  # fmt: skip


@router.get("/ranking")
def ranking_page(
    request: Request, explored: Project, dimension: Dimension = "", year: YearOrLast = None,
    lang: Lang = "en",
) -> HTMLResponse:  # fmt: skip
    """Ranking of a year with intervals."""
    page, known = _page(request, explored, lang, dimension), views.years_of(explored)
    chosen = known[-1] if year is None else year
    rows = views.ranking(explored, page.dimension, chosen, lang)
    return page.render("ranking.html", year=chosen, years=known, rows=rows)


@router.get("/heat")
def heat_page(
    request: Request, explored: Project, dimension: Dimension = "", years: Years = "",
    lang: Lang = "en",
) -> HTMLResponse:  # fmt: skip
    """Region by year."""
    page, span = _page(request, explored, lang, dimension), _span(explored, years)
    found = views.heat(explored, page.dimension, span, lang)
    return page.render("heat.html", span=span, heat=found)


@router.get("/trends")
def trends_page(
    request: Request, explored: Project, dimension: Dimension = "", years: Years = "",
    lang: Lang = "en",
) -> HTMLResponse:  # fmt: skip
    """Small multiples."""
    page, span = _page(request, explored, lang, dimension), _span(explored, years)
    return page.render(
        "trends.html", span=span, trends=views.trends(explored, page.dimension, span, lang)
    )


@router.get("/cell/{region}/{year}")
def cell_page(
    request: Request, explored: Project, region: str, year: int, dimension: Dimension = "",
    lang: Lang = "en", show: Literal["", "all"] = "",
) -> HTMLResponse:  # fmt: skip
    """List the sentences of a cell, strongest first."""
    page = _page(request, explored, lang, dimension)
    found = answers.cell(explored, region=region, year=year, dimension=page.dimension)
    sentences = found.sentences if show == "all" else found.sentences[:SHOWN]
    return page.render("cell.html", cell=found, sentences=sentences)


@router.get("/report/{report_id}")
def report_page(
    request: Request, explored: Project, report_id: ReportId, dimension: Dimension = "",
    sentence: str = "", lang: Lang = "en",
) -> HTMLResponse:  # fmt: skip
    """Show a report, the sentence asked for highlighted."""
    page = _page(request, explored, lang, dimension)
    found = answers.report(explored, report_id)
    return page.render("report.html", report=found, sentence=sentence)


@router.get("/keywords")
def keywords_page(
    request: Request, explored: Project, filters: Narrowed, expr: Expressions,
    lang: Lang = "en", dimension: Dimension = "", sort: str = "",
) -> HTMLResponse:  # fmt: skip
    """Trends of up to four expressions, and the sentences of the first."""
    page = _page(request, explored, lang, dimension)
    texts = [text for text in expr if text.strip()][:N_WORDS]
    nodes = [read_expression(text) for text in texts]
    by_year = [answers.counts(explored, node, filters, ("year",)) for node in nodes]
    order = choose_dimension(explored, sort) if sort else ""
    found = answers.hits(explored, nodes[0], filters, limit=N_HITS, sort=order) if nodes else None
    places = answers.counts(explored, nodes[0], filters, ("region",)).groups if nodes else []
    chart = views.keyword_chart([[g.model_dump() for g in c.groups] for c in by_year])
    return page.render(
        "keywords.html", texts=texts, filters=filters, by_year=by_year, chart=chart, hits=found,
        places=sorted(places, key=lambda g: (-g.share, g.region_code or "")), sort=order,
        state={"region": list(filters.regions), "section": list(filters.sections), "years": "-".join(map(str, filters.years or ()))},
    )  # fmt: skip


@router.get("/compare")
def compare_page(
    request: Request, explored: Project, a: str = "", b: str = "", years: Years = "",
    dimension: Dimension = "", lang: Lang = "en",
) -> HTMLResponse:  # fmt: skip
    """Two regions side by side."""
    page = _page(request, explored, lang, dimension)
    codes = sorted(set(explored.intensity["region_code"]) - {"000000"}) or ["000000"]
    first = choose_region(explored, a) if a else codes[0]
    second = choose_region(explored, b) if b else codes[min(1, len(codes) - 1)]
    found = answers.comparison(explored, a=first, b=second, years=years, dimension="")
    charts = views.pair_charts(explored, found)
    known = sorted(set(explored.intensity["region_code"]))
    return page.render("compare.html", found=found, charts=charts, known=known, years=years)
