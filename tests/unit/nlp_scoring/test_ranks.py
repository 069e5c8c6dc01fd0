"""Rank correlation by counts equals scipy's on the rows written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from nlp_scoring.ranks import rank_correlation, rank_correlations


@given(st.integers(0, 10_000), st.integers(4, 60))
def test_counts_equal_the_rows_written_out(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(4, size=n).astype(float), np.round(rng.normal(size=n), 1)
    rows = rng.integers(n, size=n)
    found = rank_correlations(a, b, [np.bincount(rows, minlength=n)])
    drawn_a, drawn_b = a[rows], b[rows]
    if np.ptp(drawn_a) == 0 or np.ptp(drawn_b) == 0:
        assert np.isnan(found[0])
    else:
        assert found[0] == pytest.approx(spearmanr(drawn_a, drawn_b).statistic, abs=1e-12)


@pytest.mark.parametrize("a", [[1.0, 2.0], [3.0, 3.0, 3.0]])
def test_too_few_or_equal_rows_have_none(a: list[float]) -> None:
    assert np.isnan(rank_correlation(np.array(a), np.arange(len(a), dtype=float)))
