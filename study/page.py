"""Render the report: one self-contained HTML file, text escaped, nothing loaded from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.maps import map_parts
from corpus.regions import provinces
from econometrics.panel import describe_panel
from econometrics.resilience import NEAR_ZERO_PCT
from study.evidence import (
    StudyTables,
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


SCORERS = {
    "bert": ("a fine-tuned Chinese BERT of four layers", "微调的四层中文BERT"),
    "ngram": ("the lexical baseline (character n-grams)", "词汇基线（字符n-gram）"),
}


def render_report(
    tables: StudyTables, rubric: Rubric, settings: StudySettings, provenance: list[tuple[str, str]]
) -> str:
    """Render the page.

    Parameters
    ----------
    provenance : list of (key, value)
        Versions, hashes and seeds. No times: equal inputs give an equal page.
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
        warnings=_warnings(tables, settings),
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
        n_random=int(random["n"].iloc[0]) if len(random) else 0,
        panel=describe_panel(tables.panel).to_dict("records"),
        near_zero=NEAR_ZERO_PCT,
        provenance=provenance,
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


def _warnings(tables: StudyTables, settings: StudySettings) -> list[tuple[str, str]]:
    """List what a referee would object to, worst first, each from the data at hand."""
    last = int(tables.panel.loc[tables.panel["ser"].notna(), "year"].max())
    kappa = tables.quality[
        (tables.quality["sample"] == "random") & (tables.quality["metric"] == "qwk")
    ]
    low, high = kappa["estimate"].min(), kappa["estimate"].max()
    first, second = settings.report.years
    return [
        (
            "The labels are machine-coded: a large language model read every labelled sentence under the codebook; no person has checked them. Labels made by people in the annotation app replace them.",
            "标注由机器完成：大语言模型按手册逐句编码，未经人工核对；标注应用中的人工标签将取代之。",
        ),
        (
            f"The scorer is {SCORERS[settings.scoring.scorer][0]}: quadratic weighted kappa {low:.2f} to {high:.2f} with these labels in provinces left out. Differences between provinces can be differences of wording.",
            f"评分模型是{SCORERS[settings.scoring.scorer][1]}：留出省份上二次加权kappa为{low:.2f}至{high:.2f}。省际差异可能只是措辞差异。",
        ),
        (
            "The standard errors carry the sampling of sentences only. The scorer's own error and the coders' error are not in them, so true intervals are wider (zhengce correct carries the scorer's error, with --label-error the coders' too).",
            "标准误只反映句子抽样，不含模型误差与编码误差，真实区间更宽（zhengce correct 计入模型误差，加 --label-error 再计入编码误差）。",
        ),
        (
            f"Texts of all provinces exist for {first} and {second} only, while growth ends in {last}: no outcome can yet be regressed on these intensities without running time backwards.",
            f"只有{first}、{second}两年各省齐全，而增速止于{last}年：目前不能用这些强度解释其后的结果。",
        ),
        (
            "A mean over sentences falls when a report speaks of more other matters; a long report is not a weak one. Sentence counts and rules of splitting are in the tables.",
            "句均强度会因其他内容增多而下降；篇幅长不等于力度弱。句数与切分规则见表。",
        ),
    ]
