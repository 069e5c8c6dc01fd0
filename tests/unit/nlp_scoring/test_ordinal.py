"""From chances to a level."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp_scoring.ordinal import Predictions, nearest_level

CHANCES = st.lists(st.floats(0, 1), min_size=3, max_size=3)


@given(CHANCES)
def test_no_level_has_a_smaller_expected_squared_error(row: list[float]) -> None:
    found = Predictions(np.cumprod(row)[None, None], "x")
    cost = [(found.probabilities[0, 0] * (np.arange(4) - level) ** 2).sum() for level in range(4)]
    assert cost[found.level[0, 0]] <= min(cost) + 1e-12
    assert abs(found.level[0, 0] - found.score[0, 0]) <= 0.5 + 1e-12


def test_halves_go_up() -> None:
    rows = np.array([[0.5, 0, 0], [1, 0.5, 0], [1, 1, 0.5], [0.49, 0, 0], [1, 1, 1], [0, 0, 0]])
    assert nearest_level(rows).tolist() == [1, 2, 3, 0, 3, 0]
    assert nearest_level(rows.astype(np.float32)).tolist() == [1, 2, 3, 0, 3, 0]
