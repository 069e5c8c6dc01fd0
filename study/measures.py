"""Other ways to measure a year's intensity: levels, composites, tense, annexes, units, scorers.

They feed the referee's question whether a coefficient hangs on how intensity was measured. Each
region has one row a measure, so a measure is a vector over regions that a model can take.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from configs.errors import UserError
from nlp_scoring.intensity.composite import composite_rows, composite_weights
from nlp_scoring.intensity.reports import ReportMeans, linear_rows, measure_sentences, report_means
from study.intensities import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from configs.settings import IntensitySettings
    from corpus.rubric import Rubric
    from nlp_scoring.intensity.reports import Measured
    from nlp_scoring.intensity.variants import Variant

Family = Literal["dimension", "composite", "level", "past", "annex", "parent", "scorer"]
COLUMNS = (
    "region_code", "year", "family", "measure", "label", "label_zh", "value", "std_error",
    "n_sentences",
)  # fmt: skip
#: The section that looks ahead in every report.
PLAN = "plan"
#: Names of scorers in labels; another name is shown as it is.
SCORERS = {"ngram": ("n-grams", "字符n元模型"), "cues": ("cue words", "关键词计数")}


class Name(NamedTuple):
    """What a measure is called: an id, and how it is shown in both languages."""

    measure: str
    label: str
    label_zh: str


def intensity_measures(
    scores: pd.DataFrame,
    sentences: pd.DataFrame,
    rubric: Rubric,
    *,
    year: int,
    how: IntensitySettings,
    others: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Measure the intensity of a year's regional reports in every way we know.

    Parameters
    ----------
    scores, sentences : DataFrame
        The score table (one scorer) and the sentence table. The State Council's report is left
        out: it belongs to no region, and composites are weighed over regions.
    how : IntensitySettings
        ``[intensity]`` of a study; the family ``annex`` takes the other choice.
    others : mapping of str to DataFrame
        Score tables of other scorers, by name; see `other_scorers`.

    Returns
    -------
    DataFrame
        ``region_code, year, family, measure, label, label_zh, value, std_error, n_sentences``.
        Families are ``dimension, composite, level, past, annex, parent`` and ``scorer``; a family
        whose sentences the reports do not have is absent. ``std_error`` is that over sentences,
        as in the panel; composites hold their weights fixed.

    Raises
    ------
    UserError
        As `study.intensities.counted`.
    """
    import pandas as pd

    own, plain = counted(sentences, year=year, how=how)
    rows = [*_own(scores, own, rubric, plain), *_of_scorers(others or {}, own, rubric, plain)]
    return pd.concat(rows, ignore_index=True)[list(COLUMNS)]


def _own(
    scores: pd.DataFrame, sentences: pd.DataFrame, rubric: Rubric, plain: Variant
) -> Iterator[pd.DataFrame]:
    def measured(variant: Variant) -> Measured:
        return measure_sentences(scores, sentences, variant, dimensions=rubric.dimension_ids)

    base = measured(plain)
    found = report_means(base)
    for unit, d in zip(np.eye(len(rubric.dimensions)), rubric.dimensions, strict=True):
        rows = linear_rows(found, unit, d.id)
        yield _named(rows, "dimension", Name(d.short, f"{d.short}: {d.en}", f"{d.short}：{d.zh}"))
    yield from _composites(found)
    for level in range(1, rubric.max_level + 1):
        shares = report_means(measured(replace(plain, measure="share", at_least=level)))
        ways = (
            f"share_{level}",
            f"share of sentences at level {level} or above",
            f"{level}级及以上句子占比",
        )
        yield from _dimensions_and_mean(shares, rubric, "level", Name(*ways))
    yield from _other_sentences(measured, rubric, plain)
    if "parent_id" in sentences.columns:
        ways = (
            "whole_sentence",
            "unit is the whole sentence, not the piece cut at ；",
            "以整句而非分号切分的小句为单位",
        )
        yield from _dimensions_and_mean(
            report_means(whole_sentences(base)), rubric, "parent", Name(*ways)
        )


def _composites(found: ReportMeans) -> Iterator[pd.DataFrame]:
    names = (
        Name("mean", "mean of the dimensions", "各维度均值"),
        Name("entropy", "entropy weights", "熵权法合成"),
        Name("pca", "first principal component", "第一主成分"),
    )
    methods: tuple[Literal["mean", "entropy", "pca"], ...] = ("mean", "entropy", "pca")
    for name, method in zip(names, methods, strict=True):
        try:
            weights = composite_weights(found.means.mean, method)
        except UserError:  # fewer than two regions, or nothing varies: no such composite
            continue
        yield _named(composite_rows(found, weights), "composite", name)


def _other_sentences(measured: Any, rubric: Rubric, plain: Variant) -> Iterator[pd.DataFrame]:
    annex = (
        Name("without_annex", "without project lists", "不含附件项目清单") if plain.with_annex
        else Name("with_annex", "with project lists", "含附件项目清单")
    )  # fmt: skip
    ways: tuple[tuple[Family, Name, Variant], ...] = (
        ("past", Name("without_past", "without retrospective sentences", "剔除回顾性句子"),
         replace(plain, without_past=True)),
        ("past", Name("plan", "plan section only", "仅计划部分"), replace(plain, sections=(PLAN,))),
        ("annex", annex, replace(plain, with_annex=not plain.with_annex)),
    )  # fmt: skip
    for family, name, variant in ways:
        try:
            found = report_means(measured(variant))
        except UserError:  # no sentence is left, as in reports without recognised sections
            continue
        yield from _dimensions_and_mean(found, rubric, family, name)


def _of_scorers(
    others: Mapping[str, pd.DataFrame], sentences: pd.DataFrame, rubric: Rubric, plain: Variant
) -> Iterator[pd.DataFrame]:
    for key, table in others.items():
        measured = measure_sentences(table, sentences, plain, dimensions=rubric.dimension_ids)
        en, zh = SCORERS.get(key, (key, key))
        name = Name(key, f"scored by {en}", f"由{zh}评分")
        yield from _dimensions_and_mean(report_means(measured), rubric, "scorer", name)


def whole_sentences(measured: Measured) -> Measured:
    """Join the pieces that were cut at ； again; a sentence has the score of its highest piece.

    That is rule R2 of the codebook: the highest clause counts in a dimension, never the sum.
    """
    sentences = measured.sentences
    parent = sentences["parent_id"]
    first = (parent != parent.shift()).to_numpy()  # pieces are neighbours; ids name the report
    begin = np.flatnonzero(first)
    return replace(
        measured,
        sentences=sentences[first].reset_index(drop=True),
        score=np.maximum.reduceat(measured.score, begin, axis=0),
        value=np.maximum.reduceat(measured.value, begin, axis=0),
        weight=np.ones(len(begin)),
    )


def _dimensions_and_mean(
    found: ReportMeans, rubric: Rubric, family: Family, way: Name
) -> Iterator[pd.DataFrame]:
    k = len(rubric.dimensions)
    for unit, d in zip(np.eye(k), rubric.dimensions, strict=True):
        name = Name(
            f"{d.short}_{way.measure}", f"{d.short}, {way.label}", f"{d.short}，{way.label_zh}"
        )
        yield _named(linear_rows(found, unit, d.id), family, name)
    name = Name(f"mean_{way.measure}", f"mean, {way.label}", f"均值，{way.label_zh}")
    yield _named(linear_rows(found, np.full(k, 1 / k), "mean"), family, name)


def _named(rows: pd.DataFrame, family: Family, name: Name) -> pd.DataFrame:
    return rows.assign(family=family, value=rows["intensity"], **name._asdict())


def other_scorers(
    sentences: pd.DataFrame, labels_path: Path, rubric: Rubric
) -> dict[str, pd.DataFrame]:
    """Score sentences by the n-gram baseline and by cue words, for comparison with the study's own.

    Parameters
    ----------
    sentences : DataFrame
        The sentence table, cut to the reports in question.
    labels_path : Path
        Labels that the baseline learns from.

    Returns
    -------
    dict of str to DataFrame
        Score tables under ``ngram`` and ``cues``.

    Notes
    -----
    The baseline learns from all labels, those of the same regions among them: it is a scorer here
    and not under examination. What it does on regions left out stands in ``quality.csv``.
    """
    from nlp_scoring.cues import predict_cues
    from nlp_scoring.labels import read_labels
    from nlp_scoring.ngram import fit_labels
    from nlp_scoring.ordinal import apply_caps
    from nlp_scoring.scoring import score_frame, score_sentences

    ids, texts, units = (sentences[c].tolist() for c in ("sentence_id", "text", "unit_type"))
    model = fit_labels(read_labels(labels_path, rubric), rubric)
    found = {
        "ngram": score_sentences(
            texts, sentences["progress"].tolist(), units, model=model, rubric=rubric
        ),
        "cues": apply_caps(predict_cues(texts, rubric), rubric, units),
    }
    return {name: score_frame(ids, p, rubric, scorer=name) for name, p in found.items()}
