"""Conley's sum against the double loop that defines it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from econometrics.spatial.conley import Conley, conley_meat, kernel_weights
from econometrics.spatial.covariance import _sum_by
from econometrics.spatial.problems import SpecificationError
from econometrics.spatial.weights_places import great_circle_km

N, T, K = 11, 4, 3


def cases(seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    apart = great_circle_km(np.column_stack([rng.uniform(100, 115, N), rng.uniform(25, 40, N)]))
    return rng.normal(size=(T * N, K)), apart


def by_hand(
    s: np.ndarray[Any, Any], apart: np.ndarray[Any, Any], cutoff: float, kernel: str, lags: int
) -> np.ndarray[Any, Any]:
    meat = np.zeros((K, K))
    for a in range(T * N):
        for b in range(T * N):
            (t, i), (r, j) = divmod(a, N), divmod(b, N)
            if t == r and apart[i, j] < cutoff:
                weight = 1.0 if kernel == "uniform" else 1 - apart[i, j] / cutoff
            elif i == j and 0 < abs(t - r) <= lags:
                weight = 1 - abs(t - r) / (lags + 1)
            else:
                continue
            meat += weight * np.outer(s[a], s[b])
    return meat


@pytest.mark.parametrize("lags", [0, 1, 3])
@pytest.mark.parametrize("cutoff", [1e-9, 400.0, 1e6])
@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
def test_it_is_the_double_loop(kernel: Any, cutoff: float, lags: int) -> None:
    for seed in range(5):
        s, apart = cases(seed)
        found = conley_meat(s, apart, cutoff, kernel=kernel, time_lags=lags)
        want = by_hand(s, apart, cutoff, kernel, lags)
        if found.smallest_eigenvalue >= -1e-10:
            assert found.meat == pytest.approx(want, rel=1e-9, abs=1e-9)
        else:
            assert any("not positive semi-definite" in w for w in found.warnings)
        assert np.linalg.eigvalsh(found.meat).min() >= -1e-9 * np.trace(found.meat)


def test_ends_of_the_cutoff() -> None:
    s, apart = cases(7)
    alone = conley_meat(s, apart, 1e-9)
    assert alone.meat == pytest.approx(s.T @ s)
    assert any("neighbours within" in w for w in alone.warnings)
    all_pairs = conley_meat(s, apart, 1e6, kernel="uniform")
    by_time = _sum_by(s, np.repeat(np.arange(T), N))
    assert all_pairs.meat == pytest.approx(by_time.T @ by_time)
    assert all_pairs.neighbours == N - 1
    assert all_pairs.warnings == ()


def test_a_variance_that_is_negative_somewhere_is_repaired_and_said() -> None:
    # Three places in a row, the ends out of reach of each other: the uniform kernel has a
    # negative eigenvalue, 1 - sqrt(2), in the direction (1, -sqrt(2), 1).
    apart = np.array([[0.0, 1, 2], [1, 0, 1], [2, 1, 0]])
    direction = np.array([[1.0], [-np.sqrt(2)], [1.0]])
    assert np.linalg.eigvalsh(kernel_weights(apart, 1.5, "uniform")).min() == pytest.approx(
        1 - np.sqrt(2)
    )
    found = conley_meat(direction, apart, 1.5, kernel="uniform")
    assert found.meat == pytest.approx(0)
    assert found.smallest_eigenvalue < 0
    assert any("negative eigenvalues were set to 0" in w for w in found.warnings)


def test_choices_are_told() -> None:
    s, apart = cases(5)
    choice = Conley(apart, 700.0, "uniform", 2)
    assert choice.told == "conley (uniform, 700 km, own lags up to 2)"
    want = conley_meat(s, apart, 700.0, kernel="uniform", time_lags=2)
    assert (choice.meat(s).meat == want.meat).all()


def test_least_squares_with_it() -> None:
    """The sandwich of a pooled regression, written out: scores divided by sigma2 drop out of it."""
    rng = np.random.default_rng(4)
    _, apart = cases(4)
    Z, e = rng.normal(size=(T * N, 2)), rng.normal(size=T * N)
    bread = np.linalg.inv(Z.T @ Z)
    want = np.zeros((2, 2))
    for t in range(T):
        for i in range(N):
            for j in range(N):
                weight = max(1 - apart[i, j] / 900.0, 0.0)
                want += weight * e[t * N + i] * e[t * N + j] * np.outer(Z[t * N + i], Z[t * N + j])
    s2 = 0.7
    found = (s2 * bread) @ conley_meat(Z * e[:, None] / s2, apart, 900.0).meat @ (s2 * bread)
    assert found == pytest.approx(bread @ want @ bread)


def test_order_of_places_does_not_matter() -> None:
    s, apart = cases(9)
    order = np.random.default_rng(1).permutation(N)
    moved = s.reshape(T, N, K)[:, order].reshape(T * N, K)
    assert conley_meat(moved, apart[np.ix_(order, order)], 500).meat == pytest.approx(
        conley_meat(s, apart, 500).meat
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cutoff_km": 0.0}, "a cutoff of 0.0 km"),
        ({"cutoff_km": float("nan")}, "a cutoff of nan km"),
        ({"distance_km": np.zeros((5, 5))}, "distances are 5 x 5 for 44 observations"),
        ({"distance_km": np.triu(np.ones((N, N)), 1)}, "not finite and symmetric"),
        ({"distance_km": np.ones((N, N))}, "not at distance 0 from itself"),
        ({"time_lags": 4}, "4 lags with 4 periods; choose from 0 to 3"),
    ],
)
def test_bad_requests(change: dict[str, Any], message: str) -> None:
    s, apart = cases(3)
    request = {"scores": s, "distance_km": apart, "cutoff_km": 100.0, **change}
    with pytest.raises(SpecificationError, match=message):
        conley_meat(**request)
