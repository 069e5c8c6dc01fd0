"""Render the evaluation of a scorer: one self-contained HTML file, text escaped, two languages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_scoring.comparison import MEAN
from nlp_scoring.report.views import (
    METRICS,
    difference_views,
    dimension_views,
    error_views,
    learning_view,
    scorer_names,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.rubric import Rubric
    from nlp_scoring.report.tables import EvaluationTables

TEMPLATES = Path(__file__).parent / "templates"
SAMPLES = {
    "random": ("drawn at random within reports", "报告内随机抽取"),
    "all": ("all labelled sentences", "全部标注句"),
}


def evaluation_page(
    tables: EvaluationTables,
    rubric: Rubric,
    *,
    provenance: Sequence[tuple[str, str]],
    notes: Sequence[tuple[str, str]] = (),
) -> str:
    """Render the page.

    Parameters
    ----------
    tables : EvaluationTables
        The first scorer in ``quality`` is the one under evaluation.
    provenance : sequence of (key, value)
        Hashes, seeds, versions. No times: equal inputs give an equal page.
    notes : sequence of (English, Chinese)
        What is known of this model and these labels, added to the things to read first.
    """
    samples = [s for s in SAMPLES if s in set(tables.quality["sample"])]
    headline = samples[0]
    first = str(tables.quality["scorer"].iloc[0])
    template = _environment().get_template("evaluation.html")
    return template.render(
        rubric=rubric,
        scorer=scorer_names(first),
        metrics=METRICS,
        samples=[
            {
                "id": sample,
                "names": SAMPLES[sample],
                "views": dimension_views(tables, rubric, sample),
                "differences": difference_views(tables.differences, rubric, sample),
                "masked": difference_views(tables.masked, rubric, sample),
                "before": difference_views(tables.before_audit, rubric, sample),
                "errors": error_views(tables, rubric, sample),
            }
            for sample in samples
        ],
        headline=_headline(tables, headline),
        learning=learning_view(tables, rubric),
        learning_names=[scorer_names(s) for s in _learners(tables)],
        warnings=[*_warnings(), *notes],
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


def _learners(tables: EvaluationTables) -> list[str]:
    return list(dict.fromkeys(tables.learning["scorer"])) if len(tables.learning) else []


def _headline(tables: EvaluationTables, sample: str) -> list[dict[str, Any]]:
    """Mean kappa and its paired differences, for the top of the page."""
    frame = tables.differences
    if frame.empty:
        return []
    chosen = frame[(frame["sample"] == sample) & (frame["dimension"] == MEAN)]
    rows: list[dict[str, Any]] = chosen.to_dict("records")
    return [row | {"names": scorer_names(row["against"])} for row in rows]


def _warnings() -> list[tuple[str, str]]:
    """List what a referee would object to whatever the figures are, worst first."""
    return [
        (
            "The coders' agreement compares two passes of the same machine coder, so it overstates what two people would reach; .80 is the human benchmark to keep in mind. A scorer above .80 has learnt this coder, mistakes included.",
            "编码者一致性比较的是同一机器编码者的两次编码，高估两人之间的一致性；人工基准可取0.80。超过0.80的模型学到的是这个编码者，包括其错误。",
        ),
        (
            "Every sentence is scored by a model that has read no label of its region. Intervals (95 %) resample whole reports; differences use the same resample for both scorers. They carry the choice of reports, not the error of the labels.",
            "每句均由未见过该地区任何标签的模型评分。区间（95%）按整份报告重抽样；差异对两模型使用同一重抽样。区间反映报告抽样，不含标注误差。",
        ),
        (
            "Sentences drawn at random within reports give the headline. All labelled sentences include pools chosen for rare levels or for the doubts of a model: they show more cases of the rare levels, but their figures hold for no population of sentences.",
            "以报告内随机抽取的句子为主要结果。全部标注句含为稀有级别或模型存疑而挑选的句子：稀有级别的例子更多，但数字不代表任何句子总体。",
        ),
        (
            "Spearman over sentences is depressed by ties: most labels are 0, and a scorer that gives them small different scores is ranked against equal ones; a count of cue words, mostly 0 itself, is not. Spearman of report means has no such defect.",
            "句子Spearman受并列值压低：多数标注为0，给这些句子以细微不同得分的模型会吃亏，而多为0的线索词计数不会。报告均值Spearman无此缺陷。",
        ),
    ]
