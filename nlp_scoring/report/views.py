"""Rows of the evaluation report, from its frames to what the template loops over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpus.regions import regions
from nlp_scoring.comparison import MEAN
from nlp_scoring.report.charts import Chart, calibration_chart, learning_chart
from nlp_scoring.report.rule_cases import CASES

if TYPE_CHECKING:
    import pandas as pd

    from corpus.rubric import Rubric
    from nlp_scoring.report.tables import EvaluationTables

#: English and Chinese names; an unknown scorer is called by its own name.
SCORERS = {
    "bert": ("BERT", "BERT"),
    "bert_masked": ("BERT, names and years hidden", "BERT（隐去地名与年份）"),
    "ngram": ("n-gram baseline", "n-gram基线"),
    "ngram_masked": ("n-gram baseline, names and years hidden", "n-gram基线（隐去地名与年份）"),
    "cues": ("cue words, counted", "线索词计数"),
    "cues_fitted": ("cue words, frequencies learnt", "线索词（学得频率）"),
}
METRICS = (
    ("qwk", "Kappa, quadratic", "二次加权κ"),
    ("mae", "MAE", "平均绝对误差"),
    ("macro_f1", "Macro-F1", "宏平均F1"),
    ("exact", "Same level", "完全一致率"),
    ("ece", "ECE", "校准误差ECE"),
    ("document_spearman", "Spearman, report means", "报告均值Spearman"),
    ("spearman", "Spearman, sentences", "句子Spearman"),
)
GROUPINGS = (
    ("rule", "By rule of the codebook", "按手册规则"),
    ("level", "By labelled level", "按标注级别"),
    ("province", "By place left out", "按留出地区"),
    ("year", "By year of the report", "按报告年份"),
    ("unit_type", "By unit type", "按单元类型"),
    ("temporality", "By temporality", "按时态"),
)
GLOSSES = {
    "body": "正文", "heading": "标题", "ritual": "程序用语", "glossary": "名词解释", "furniture": "页眉页脚",
    "future": "未来", "past": "过去", "mixed": "混合", "diagnosis": "问题", "timeless": "无时态",
}  # fmt: skip


def scorer_names(name: str) -> tuple[str, str]:
    """Name a scorer in English and Chinese."""
    return SCORERS.get(name, (name, name))


def dimension_views(tables: EvaluationTables, rubric: Rubric, sample: str) -> list[dict[str, Any]]:
    """Quality, recall, confusion and calibration of each dimension in one sample."""
    quality, confusion = (f[f["sample"] == sample] for f in (tables.quality, tables.confusion))
    agreement = tables.agreement.set_index(["dimension", "metric"]).to_dict("index")
    views = []
    for i, dimension in enumerate(rubric.dimensions):
        own = quality[quality["dimension"] == dimension.id]
        counts = confusion[confusion["dimension"] == dimension.id]
        scorers = list(dict.fromkeys(own["scorer"]))
        rows = [
            {
                "names": scorer_names(name),
                "metrics": _by(own[own["scorer"] == name], "metric"),
                "recall": _recall(counts[counts["scorer"] == name]),
            }
            for name in scorers
        ]
        coders = {m: agreement.get((dimension.id, m)) for m in ("qwk", "exact")}
        views.append(
            {
                "dimension": dimension,
                "style": f"d{i % 5}",
                "n": int(own["n"].iloc[0]),
                "n_reports": int(own["n_reports"].iloc[0]),
                "scorers": rows,
                "coders": coders if any(coders.values()) else None,
                "confusion": _confusion(counts[counts["scorer"] == scorers[0]]),
                "calibration": _calibration(tables, dimension.id, sample, scorers[:2], i),
            }
        )
    return views


def _by(frame: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in frame.to_dict("records")}


def _recall(counts: pd.DataFrame) -> list[dict[str, Any]]:
    return counts[counts["truth"] == counts["predicted"]].to_dict("records")


def _confusion(counts: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for label, cells in counts.groupby("truth", sort=True):
        own = cells.to_dict("records")
        rows.append({"level": label, "cells": own, "n": sum(cell["count"] for cell in own)})
    return rows


def _calibration(
    tables: EvaluationTables, dimension: str, sample: str, scorers: list[str], index: int
) -> Chart:
    frame = tables.calibration
    frame = frame[(frame["sample"] == sample) & (frame["dimension"] == dimension)]
    styles = (f"d{index % 5}", "other")
    # The scorer under evaluation is drawn last, above the baseline.
    curves = [(s, frame[frame["scorer"] == name]) for s, name in zip(styles, scorers, strict=False)]
    return calibration_chart(curves[::-1])


def difference_views(frame: pd.DataFrame, rubric: Rubric, sample: str) -> list[dict[str, Any]]:
    """Lay paired differences out with one row a pair of scorers, one cell a dimension and the mean."""
    if frame.empty:
        return []
    own = frame[frame["sample"] == sample]
    rows = []
    for names, part in own.groupby(["scorer", "against"], sort=False):
        cells = _by(part, "dimension")
        rows.append(
            {
                "names": [scorer_names(str(name)) for name in names],
                "cells": [cells[d] for d in (*rubric.dimension_ids, MEAN)],
            }
        )
    return rows


def learning_view(tables: EvaluationTables, rubric: Rubric) -> Chart | None:
    """Draw one line a scorer and dimension; the baseline is dashed."""
    frame, curves = tables.learning, []
    for name in dict.fromkeys(frame["scorer"]) if len(frame) else ():
        for i, dimension in enumerate(rubric.dimensions):
            part = frame[(frame["scorer"] == name) & (frame["dimension"] == dimension.id)]
            style = f"d{i % 5} dashed" if name == "ngram" else f"d{i % 5}"
            curves.append((style, dimension.short, part))
    return learning_chart(curves)


def error_views(tables: EvaluationTables, rubric: Rubric, sample: str) -> list[dict[str, Any]]:
    """Error tables: one a grouping, with all sentences as the first row for comparison."""
    frame = tables.errors[tables.errors["sample"] == sample]
    views = []
    for by, en, zh in GROUPINGS:
        part = frame[frame["by"] == by]
        if part.empty:
            continue
        both = [("all", frame[frame["by"] == "all"]), (by, part)]
        rows = [
            {"names": group_names(kind, str(group), rubric), "cells": _cells(own, rubric)}
            for kind, table in both
            for group, own in table.groupby("group", sort=False)
        ]
        views.append({"by": by, "en": en, "zh": zh, "rows": rows})
    return views


def _cells(group: pd.DataFrame, rubric: Rubric) -> list[dict[str, Any] | None]:
    cells = _by(group, "dimension")
    return [cells.get(d) for d in rubric.dimension_ids]


def group_names(by: str, group: str, rubric: Rubric) -> tuple[str, str]:
    """Name a group in English and Chinese."""
    if by == "all":
        return "all sentences", "全部句子"
    if by == "rule":
        titles = {rule.id: rule.title_zh for rule in rubric.rules}
        marks = {case.rule: case for case in CASES}[group]
        return f"{group} {marks.en}", f"{group} {titles[group]}：{marks.zh}"
    if by == "level":
        level = next(level for level in rubric.levels if str(level.value) == group)
        return f"{group} {level.en}", f"{group} {level.zh}"
    if by == "province":
        english = {r.name: r.name_en for r in regions().values() if r.level != "prefecture"}
        zh, _, en = group.partition(" ")
        return en or english.get(group, group), zh
    return group, GLOSSES.get(group, group)
