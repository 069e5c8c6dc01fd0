"""Render the report: one self-contained HTML file, text escaped, nothing loaded from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.maps import map_parts
from corpus.regions import provinces
from econometrics.panel import describe_panel
from econometrics.resilience import NEAR_ZERO_PCT
from study.cautions import cautions
from study.evidence import (
    StudyTables,
    caps_view,
    coverage,
    dimension_views,
    quality_rows,
    report_texts,
    strongest_sentences,
)

if TYPE_CHECKING:
    from configs.settings import StudySettings
    from corpus.rubric import Rubric

TEMPLATES = Path(__file__).parent / "templates"
SECTION_NAMES = {
    "review": "回顾 review",
    "plan": "部署 plan",
    "governance": "自身建设 governance",
    "other": "其他 other",
}
FIRST_COVERAGE_YEAR = 2011


def render_report(
    tables: StudyTables,
    rubric: Rubric,
    settings: StudySettings,
    provenance: list[tuple[str, str]],
    models: dict[str, Any] | None = None,
) -> str:
    """Render the page.

    Parameters
    ----------
    provenance : list of (key, value)
        Versions, hashes and seeds. No times: equal inputs give an equal page.
    models : dict, optional
        What `study.models_page` gathers.
    """
    years = settings.report.years
    views = dimension_views(tables, rubric, years)
    for view in views:
        view["by_code"] = {row["region"].code: row for row in view["rows"]}
    texts = report_texts(tables, rubric, years)
    for text in texts:
        text["report"]["link"] = _safe_link(text["report"].get("source_url"))
    random = tables.quality[tables.quality["sample"] == "random"]
    template = _environment().get_template("report.html")
    return template.render(
        settings=settings,
        settings_json=json.dumps(settings.as_json(), ensure_ascii=False, indent=2),
        rubric=rubric,
        years=years,
        n_reports=len(tables.reports),
        n_sentences=len(tables.sentences),
        n_shown=len(texts),
        warnings=cautions(tables, settings),
        coverage=coverage(
            tables, FIRST_COVERAGE_YEAR, max(years[1], int(tables.reports["year"].max()))
        ),
        map=map_parts(),
        views=views,
        shown_regions=provinces(),
        shown_codes={region.code for region in provinces()},
        n_comparisons=len(views) * len(provinces()),
        strongest=strongest_sentences(tables, rubric, years, settings.report.strongest),
        texts=texts,
        section_names=SECTION_NAMES,
        quality=quality_rows(tables, rubric),
        caps=caps_view(tables, rubric),
        n_random=int(random["n"].iloc[0]) if len(random) else 0,
        panel=describe_panel(tables.panel).to_dict("records"),
        near_zero=NEAR_ZERO_PCT,
        provenance=provenance,
        models=models,
    )


def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _safe_link(url: object) -> str | None:
    """Link to web pages only: an address from a record could be ``javascript:``."""
    return url if isinstance(url, str) and url.startswith(("http://", "https://")) else None
