"""What counts in a variant, and the intensities that come of it, against loops by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import UserError
from nlp_scoring.aggregation import report_intensity
from nlp_scoring.intensity.reports import (
    intensity_rows,
    measure_sentences,
    report_means,
)
from nlp_scoring.intensity.variants import (
    Variant,
    counted_sentences,
    sentence_weights,
    stored_temporality,
    temporality,
)
from nlp_scoring.tense import temporality_of
from tests.unit.nlp_scoring.intensity.conftest import DIMENSIONS, Tables, make_tables

if TYPE_CHECKING:
    from collections.abc import Callable

VARIANTS = {
    "default": Variant(),
    "annex": Variant(with_annex=True),
    "plan": Variant(sections=("plan",)),
    "two sections": Variant(sections=("plan", "review")),
    "without past": Variant(without_past=True),
    "share": Variant(measure="share", at_least=2),
    "length": Variant(weights="length"),
    "all": Variant("share", 1, ("plan",), without_past=True, weights="length", with_annex=True),
}


def by_hand(tables: Tables, variant: Variant, report: str, dimension: str) -> tuple[float, int]:
    own = tables.scores[tables.scores["dimension"] == dimension].set_index("sentence_id")
    above = below = n = 0.0
    for row in tables.sentences[tables.sentences["report_id"] == report].itertuples():
        if row.unit_type != "body" or (row.is_annex and not variant.with_annex):
            continue
        if variant.sections and row.section not in variant.sections:
            continue
        if variant.without_past and temporality_of(row.text, row.section, row.progress) == "past":
            continue
        weight = 1.0 if variant.weights == "sentence" else row.text.count("字")
        score = own.loc[row.sentence_id]
        value = score["score"] if variant.at_least is None else score["level"] >= variant.at_least
        above, below, n = above + weight * value, below + weight, n + 1
    return above / below, int(n)


def rows_of(tables: Tables, variant: Variant) -> pd.DataFrame:
    measured = measure_sentences(tables.scores, tables.sentences, variant, dimensions=DIMENSIONS)
    return intensity_rows(report_means(measured))


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_intensities_by_hand(tables: Tables, variant: Variant) -> None:
    rows = rows_of(tables, variant)
    assert rows["dimension"].tolist() == list(DIMENSIONS) * 6
    for row in rows.itertuples():
        mean, n = by_hand(tables, variant, row.report_id, row.dimension)
        assert row.intensity == pytest.approx(mean)
        assert row.n_sentences == n
    assert (rows[["std_error", "std_error_paragraph"]] > 0).all(axis=None)


def test_the_default_variant_is_what_aggregate_writes(tables: Tables) -> None:
    old = report_intensity(tables.scores, tables.sentences, dimensions=DIMENSIONS)
    pd.testing.assert_frame_equal(
        rows_of(tables, Variant())[old.columns.tolist()], old, check_dtype=False, rtol=1e-12
    )


def test_order_of_rows_does_not_matter(tables: Tables) -> None:
    mixed = Tables(
        tables.scores.sample(frac=1, random_state=1),
        tables.sentences.sample(frac=1, random_state=2),
    )
    for variant in VARIANTS.values():
        pd.testing.assert_frame_equal(rows_of(mixed, variant), rows_of(tables, variant))


def test_shares_fall_with_the_level_and_sum_to_the_mean_level(tables: Tables) -> None:
    shares = [
        rows_of(tables, Variant(measure="share", at_least=k))["intensity"].to_numpy()
        for k in (1, 2, 3)
    ]
    assert (np.diff(shares, axis=0) <= 0).all()
    levels = Tables(
        tables.scores.assign(score=tables.scores["level"].astype(float)), tables.sentences
    )
    assert sum(shares) == pytest.approx(rows_of(levels, Variant())["intensity"].to_numpy())


def test_weights_count_han_characters_only() -> None:
    texts = ["发展５Ｇ和5G，R&D。", "𠀀㐀々", "2025 ABC"]
    assert sentence_weights(texts, "length").tolist() == [3, 2, 0]
    assert sentence_weights(texts, "sentence").tolist() == [1, 1, 1]


def test_a_sentence_without_han_characters_does_not_count_by_length(tables: Tables) -> None:
    sentences = tables.sentences.copy()
    sentences.loc[0, "text"] = "5.2%"
    counted = counted_sentences(sentences, Variant(weights="length"))
    assert sentences["sentence_id"][0] not in set(counted["sentence_id"])
    assert sentences["sentence_id"][0] in set(
        counted_sentences(sentences, Variant())["sentence_id"]
    )


def test_temporality_follows_the_section_and_shortcomings_stay(tables: Tables) -> None:
    sentences = tables.sentences[:30].copy()
    sentences.loc[0, "text"] = "科技创新能力不足。"
    found = temporality(sentences)
    assert found[0] == "diagnosis"
    assert set(found[1:10]) == {"past"}
    assert set(found[10:]) == {"future"}


def test_stored_temporality_comes_before_the_rule(tables: Tables) -> None:
    """Where a scorer has told the tense the rule is silent; where it has not, the rule speaks."""
    told = tables.scores.assign(temporality="past")
    first, second = tables.sentences["sentence_id"][:2]
    told.loc[told["sentence_id"] == first, "temporality"] = "future"
    told.loc[told["sentence_id"] == second, "temporality"] = ""
    found = temporality(tables.sentences, stored_temporality(told))
    assert found[:3].tolist() == ["future", "past", "past"]
    assert set(found[2:]) == {"past"}
    assert stored_temporality(tables.scores) is None
    kept = measure_sentences(
        told, tables.sentences, Variant(without_past=True), dimensions=DIMENSIONS
    )
    assert kept.sentences["sentence_id"].tolist() == [first]


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        (
            Variant(sections=("plan", "moon")),
            "--section: unknown section 'moon'; use one of review",
        ),
        (Variant(measure="share"), "a share needs a level; add --at-least K, K from 1 to 3"),
        (Variant(measure="share", at_least=0), "level 0; use 1 to 3"),
        (Variant(measure="share", at_least=4), "level 4; use 1 to 3"),
        (Variant(measure="share", at_least=-1), "level -1"),
        (Variant(at_least=2), "--at-least: is for shares"),
    ],
)
def test_what_has_no_meaning_is_refused(variant: Variant, message: str) -> None:
    with pytest.raises(UserError) as error:
        variant.check(3)
    assert message in error.value.line()


def twice(t: Tables) -> Tables:
    return Tables(pd.concat([t.scores, t.scores.assign(scorer="y")]), t.sentences)


@pytest.mark.parametrize(
    ("change", "variant", "options", "message"),
    [
        (lambda t: t, Variant(sections=("governance",)), {}, "no scored sentence counts"),
        (lambda t: Tables(t.scores[:0], t.sentences), Variant(), {}, "the score table is empty"),
        (lambda t: Tables(t.scores[1:], t.sentences), Variant(), {}, "0001 has no score in s"),
        (twice, Variant(), {}, "holds scores by x, y; name one with --scorer"),
        (twice, Variant(), {"scorer": "z"}, "no scores by 'z'; use one of x, y"),
    ],
)
def test_tables_that_do_not_fit(
    change: Callable[[Tables], Tables], variant: Variant, options: dict[str, Any], message: str
) -> None:
    tables = change(make_tables())
    with pytest.raises(UserError) as error:
        measure_sentences(
            tables.scores, tables.sentences, variant, dimensions=DIMENSIONS, **options
        )
    assert message in error.value.line()


def test_one_of_several_scorers(tables: Tables) -> None:
    both = pd.concat([tables.scores, tables.scores.assign(scorer="y", score=1.0)])
    measured = measure_sentences(
        both, tables.sentences, Variant(), dimensions=DIMENSIONS, scorer="y"
    )
    assert intensity_rows(report_means(measured))["intensity"].tolist() == [1.0] * 18


def test_unscored_reports_do_not_count(tables: Tables) -> None:
    some = tables.scores[~tables.scores["sentence_id"].str.startswith("110000-2020")]
    rows = rows_of(Tables(some, tables.sentences), Variant())
    assert rows["report_id"].nunique() == 5
