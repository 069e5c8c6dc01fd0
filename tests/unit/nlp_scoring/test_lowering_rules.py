"""Which rule lowered a level, beside what the caps do."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus.rubric import load_rubric
from nlp_scoring.caps import describe_caps, joined, lowering_rules
from nlp_scoring.ordinal import Predictions, apply_caps

RUBRIC = load_rubric()
UNITS = sorted(RUBRIC.attributes["unit_type"])
TENSES = sorted(RUBRIC.attributes["temporality"])


def sure(*rows: tuple[float, ...]) -> Predictions:
    """One dimension's chances in all three."""
    return Predictions(np.repeat(np.array(rows)[:, None], 3, axis=1), "x")


def test_the_rule_of_the_codebook_is_named() -> None:
    three = sure((1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1))
    found = lowering_rules(
        three, RUBRIC, ["body", "heading", "ritual", "body", "heading"],
        ["past", "future", "future", "future", "diagnosis"],
    )  # fmt: skip
    assert found[:, 0].tolist() == ["R4", "R11", "R14", "", "R15 R11"]


def test_a_cap_that_changes_nothing_is_not_named() -> None:
    found = lowering_rules(sure((1, 1, 0.2), (1, 0, 0)), RUBRIC, ["body", "heading"], ["past"] * 2)
    assert (found == "").all()


def test_a_level_falls_below_the_cap_when_the_chance_beyond_it_is_gone() -> None:
    # 0.9 + 0.45 + 0.2 is nearest to 2; without the last it is nearest to 1, though R4 allows 2.
    found = lowering_rules(sure((0.9, 0.45, 0.2)), RUBRIC, ["body"], ["past"])
    assert found[0].tolist() == ["R4"] * 3


@given(
    st.lists(
        st.tuples(st.lists(st.floats(0, 1), min_size=9, max_size=9),
                  st.sampled_from(UNITS), st.sampled_from(TENSES)),
        max_size=8,
    )
)  # fmt: skip
def test_a_level_is_lowered_exactly_where_a_rule_is_named(
    rows: list[tuple[list[float], str, str]],
) -> None:
    exceed = np.array([r[0] for r in rows]).reshape(len(rows), 3, 3)
    before = Predictions(np.sort(exceed, axis=2)[:, :, ::-1], "x")
    units, tenses = [r[1] for r in rows], [r[2] for r in rows]
    after = apply_caps(before, RUBRIC, units, tenses)
    found = lowering_rules(before, RUBRIC, units, tenses)
    np.testing.assert_array_equal(found != "", before.level > after.level)


def test_the_line_counts_sentences_and_rules() -> None:
    assert joined("R4", "", "R4 R11") == "R4 R11"
    lines = ["", "R4", "R4 R11", ""]
    assert describe_caps(lines).endswith("in 2 of 4 sentences: R4 2, R11 1")
    assert describe_caps([]).endswith("in 0 of 0 sentences")
