"""The rubric's caps, read from rubric.yaml and applied to chances."""

from __future__ import annotations

import numpy as np
import pytest

from corpus.rubric import load_rubric
from nlp_scoring.ordinal import Predictions, apply_caps

RUBRIC = load_rubric()
CASES = [
    (unit, tense)
    for unit in RUBRIC.attributes["unit_type"]
    for tense in ("", *RUBRIC.attributes["temporality"])
]


@pytest.mark.parametrize(("unit", "tense"), CASES)
def test_no_level_is_above_any_cap(unit: str, tense: str) -> None:
    sure = Predictions(np.ones((1, 3, 3)), "x")
    found = apply_caps(sure, RUBRIC, [unit], [tense] if tense else None)
    ceilings = [c.max_level for c in RUBRIC.caps
                if unit in c.values or tense in c.values]  # fmt: skip
    assert found.level[0].tolist() == [min([3, *ceilings])] * 3
    np.testing.assert_allclose(found.probabilities.sum(axis=2), 1)


def test_caps_leave_lower_chances_as_they_were() -> None:
    given = Predictions(np.array([[[0.9, 0.6, 0.5]]]), "x")
    found = apply_caps(given, RUBRIC, ["body"], ["past"])
    np.testing.assert_array_equal(found.exceed, [[[0.9, 0.6, 0.0]]])


def test_no_sentences() -> None:
    assert apply_caps(Predictions(np.zeros((0, 3, 3)), "x"), RUBRIC, []).exceed.shape == (0, 3, 3)
