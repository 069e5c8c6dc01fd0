"""Gaps, formulas, counterfactuals, vintages, firms: the parts of a panel."""

from __future__ import annotations

import numpy as np
import pytest

from configs.errors import UserError
from econometrics.counterfactuals import Nation, bartik_growth, leave_one_out, own_trend
from econometrics.describe import variance_inflation
from econometrics.expressions import evaluate, inputs
from econometrics.gaps import interpolate_gaps
from econometrics.grid import Grid
from econometrics.simulator import simulate_firms
from econometrics.vintage import require_vintage, vintage_evidence

N = np.nan


@pytest.mark.parametrize(
    ("values", "below", "filled", "treatments"),
    [
        ([1, N, 3], 2, [1, 2, 3], ["interpolated"]),
        ([1, N, N, 4], 2, [1, N, N, 4], ["too_long"]),
        ([1, N, N, 4], 3, [1, 2, 3, 4], ["interpolated"]),
        ([1, N, 3], 1, [1, N, 3], ["too_long"]),
        ([N, 2, N], 2, [N, 2, N], ["edge", "edge"]),
        ([N, N, N], 2, [N, N, N], ["edge"]),
        ([1, N, 2, N, 8], 2, [1, 1.5, 2, 5, 8], ["interpolated", "interpolated"]),
    ],
)
def test_gaps(values: list[float], below: int, filled: list[float], treatments: list[str]) -> None:
    found = interpolate_gaps(np.array([values], dtype=float), below=below)
    np.testing.assert_allclose(found.values[0], filled)
    assert [g.treatment for g in found.gaps] == treatments


GRID = Grid(
    ("a", "b"),
    (2020, 2021, 2022),
    {"x": np.array([[1.0, 2, 4], [5, 0, N]]), "y": np.ones((2, 3)) * 2},
)


@pytest.mark.parametrize(
    ("formula", "first", "second"),
    [
        ("x / y", [0.5, 1, 2], [2.5, 0, N]),
        ("100 * (x / lag(x, 1) - 1)", [N, 100, 100], [N, -100, N]),
        ("ln(x)", [0, np.log(2), np.log(4)], [np.log(5), N, N]),
        ("std(x, y)", [np.sqrt(0.5), 0, np.sqrt(2)], [np.sqrt(4.5), np.sqrt(2), N]),
        ("year - 2000 - -x", [21, 23, 26], [25, 21, N]),
        ("y / x", [2, 1, 0.5], [0.4, N, N]),
    ],
)
def test_formulas(formula: str, first: list[float], second: list[float]) -> None:
    np.testing.assert_allclose(evaluate(formula, GRID), [first, second])


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os')",
        "x ** 2",
        "x if y else 1",
        "x.real",
        "lag(x, y)",
        "lag(x, 0)",
        "x +",
        "[x]",
        "True",
        "'a'",
    ],
)
def test_formulas_are_a_closed_language(formula: str) -> None:
    with pytest.raises(UserError, match="allowed"):
        inputs(formula)


def test_counterfactuals() -> None:
    growth = np.array([[4.0, 6.0, 8.0], [2.0, 2.0, N]])
    np.testing.assert_allclose(own_trend(growth, years=2)[:, 2], [5, 2])
    np.testing.assert_allclose(leave_one_out(growth)[:, 0], [2, 4])
    # The second place has no figure in the last year: for the first there is nobody else.
    np.testing.assert_allclose(leave_one_out(growth)[:, 2], [N, 8])
    three = np.array([[4.0, 6], [2, 2], [9, 3]])
    gdp = np.array([[1.0, 1], [1, 1], [3, 1]])
    np.testing.assert_allclose(leave_one_out(three, gdp)[:, 1], [(2 + 9) / 4, (6 + 9) / 4, 4])


def test_bartik_growth_of_the_national_mix_is_national_growth() -> None:
    sectors = np.array([[10.0, 11.0, 12.0], [30.0, 36.0, 40.0], [60.0, 66.0, 80.0]])
    nation = Nation(np.array([N, 5.0, 7.0]), sectors.sum(axis=0), sectors)
    places = np.stack([sectors * 0.1, sectors * [[0], [1], [0]]], axis=1)
    found = bartik_growth(places, nation)
    np.testing.assert_allclose(found[0], [N, 5.0, 7.0])
    assert found[1, 1] > 5.0  # all its output is in the sector that grew by a fifth


def test_vintages_are_told_apart() -> None:
    revised, first = np.array([[1.0, -5.4, 2.1]]), np.array([[1.0, -5.0, 1.9]])
    assert not vintage_evidence(revised, revised, first).is_mixed
    mixed = vintage_evidence(np.array([[1.0, -5.4, 1.9]]), revised, first)
    assert mixed.is_mixed
    assert mixed.is_first.tolist() == [[False, False, True]]
    with pytest.raises(UserError, match="is first_published, the panel asks for revised"):
        require_vintage("revised", "g", {"g": "first_published"}, role="growth")
    with pytest.raises(UserError, match="is not declared"):
        require_vintage("revised", "g", {}, role="growth")


def test_variance_inflation() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    x[:, 2] = x[:, 0] + 0.5 * rng.normal(size=200)
    slopes = np.linalg.lstsq(np.column_stack([np.ones(200), x[:, :2]]), x[:, 2], rcond=None)[0]
    residual = x[:, 2] - np.column_stack([np.ones(200), x[:, :2]]) @ slopes
    assert variance_inflation(x)[2] == pytest.approx(x[:, 2].var() / residual.var())
    assert np.isinf(variance_inflation(np.column_stack([x, x[:, 0] * 2]))[[0, 3]]).all()


def test_simulated_firms_are_reproducible_and_marked() -> None:
    make = lambda seed: simulate_firms(firms=12, years=(2014, 2017), seed=seed, cities=["440100"])  # noqa: E731
    assert make(1).equals(make(1))
    assert not make(1).equals(make(2))
    frame = make(1)
    assert frame["firm_name"].str.contains("SIMULATED").all()
    assert (
        frame["equity_10k"] + frame["liabilities_10k"] - frame["total_assets_10k"]
    ).abs().max() < 0.02
    assert (frame["rd_personnel_n"] <= frame["employees_n"]).all()
