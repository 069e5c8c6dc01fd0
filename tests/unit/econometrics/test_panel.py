"""SER, statistics and the join."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import UserError
from configs.paths import NATIONAL_SERIES, PROVINCE_PANEL
from econometrics.panel import add_resilience, describe_panel, join_intensity, read_statistics
from econometrics.resilience import resilience


@pytest.mark.parametrize(
    ("growth", "expected", "ser", "flag"),
    [
        (6.0, 5.0, 0.2, False),
        (5.0, 5.0, 0.0, False),
        (-5.4, 2.63, -3.0532, True),
        (1.0, -2.0, 1.5, True),
        (1.0, 0.0, np.nan, True),
        (np.nan, 5.0, np.nan, False),
    ],
)
def test_resilience(growth: float, expected: float, ser: float, flag: bool) -> None:
    result = resilience(np.array([growth]), np.array([expected]))
    assert result.ser[0] == pytest.approx(ser, abs=1e-4, nan_ok=True)
    assert result.is_near_zero[0] == flag


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return read_statistics(PROVINCE_PANEL)


def test_shipped_panel(panel: pd.DataFrame) -> None:
    assert len(panel) == 434
    assert panel["region_code"].nunique() == 31
    guangdong = panel[(panel["region_code"] == "440000") & (panel["year"] == 2020)]
    assert guangdong["gdp_100m"].iloc[0] == pytest.approx(113708.9, abs=0.1)


def test_vintages_are_not_mixed(panel: pd.DataFrame) -> None:
    national = read_statistics(NATIONAL_SERIES)
    revised = add_resilience(panel, national, vintage="revised").set_index(["region_code", "year"])
    first = add_resilience(panel, national, vintage="first_published").set_index(
        ["region_code", "year"]
    )
    hubei = ("420000", 2020)
    assert revised.loc[hubei, "ser"] == pytest.approx((-5.4 - 2.63) / 2.63)
    assert first.loc[hubei, "ser"] == pytest.approx((-5.0 - 2.3) / 2.3)
    # First-published growth of 2023 exists for four municipalities only: the rest stays empty.
    assert first.xs(2023, level="year")["ser"].notna().sum() == 4
    assert revised.loc[(slice(None), 2020), "is_near_zero_growth"].all()
    assert not revised.loc[(slice(None), 2023), "is_near_zero_growth"].any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("year,x\n2020,1\n", "lacks the column 'code'"),
        ("code,year,x\n440000,2020,abc\n", "line 2: column 'x': 'abc' is not a number"),
        ("code,year,x\n440000,,1\n", "line 2: column 'year': '' is not a number"),
        ("code,year,x\n999999,2020,1\n", "line 2: unknown code '999999'"),
        ("code,year,x\n440000,2020,1\n440000,2020,2\n", "line 3: 440000 in 2020 occurs twice"),
    ],
)
def test_bad_statistics(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as error:
        read_statistics(path)
    assert message in error.value.line()


def test_join_keeps_both_sides(panel: pd.DataFrame) -> None:
    national = read_statistics(NATIONAL_SERIES)
    scores = pd.DataFrame(
        {
            "region_code": ["440000", "440000", "130000", "000000"],
            "year": [2025, 2025, 2024, 2025],
            "dimension": ["a", "b", "a", "a"],
            "intensity": [0.1, 0.2, 0.3, 0.9],
            "std_error": [0.01] * 4,
            "n_sentences": [300] * 4,
        }
    )
    joined = join_intensity(
        add_resilience(panel, national, vintage="revised"), scores, short={"a": "a", "b": "b"}
    )
    assert len(joined) == 435
    assert joined.columns[:3].tolist() == ["region_code", "region", "year"]
    row = joined.set_index(["region_code", "year"])
    assert row.loc[("440000", 2025), ["intensity_a", "intensity_b"]].tolist() == [0.1, 0.2]
    assert row.loc[("130000", 2024), "intensity_a"] == 0.3
    assert np.isnan(row.loc[("130000", 2024), "intensity_b"])
    assert np.isnan(row.loc[("440000", 2025), "ser"])
    described = describe_panel(joined).set_index("column")
    assert described.loc["intensity_a", "n_filled"] == 2
    assert described.loc["ser", "last_year"] == 2024
