"""Injected faults are reported; ordinary series are left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.panel import is_reported
from benchmarks.panel_faults import Fault, clean_table, faults
from configs.paths import DATA
from econometrics.checks.series import interpolated_runs, reversed_years, unit_breaks
from econometrics.checks.tables import check_file

# Every third case here; `python -m benchmarks panel` runs all of them.
CASES = list(faults())[::3]


@pytest.mark.parametrize("fault", CASES, ids=[f.name for f in CASES])
def test_injected_fault_is_reported(tmp_path: Path, fault: Fault) -> None:
    path = tmp_path / "t.csv"
    fault.table.to_csv(path, index=False)
    assert is_reported(fault, check_file(path))


def test_the_noisy_clean_table_passes(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    clean_table().to_csv(path, index=False)
    found = [f for f in check_file(path) if f.rule not in ("note", "interpolated_run")]
    assert found == []


def test_defects_of_the_shipped_city_panel_are_found() -> None:
    found = check_file(DATA / "statistics" / "city_panel.csv")
    breaks = {(f.unit, f.year, f.column) for f in found if f.rule == "unit_break"}
    assert ("140800", 2014, "loan_balance_100m") in breaks or any(b[0] == "140800" for b in breaks)
    assert {f.unit for f in found if f.rule == "renamed_region"} == {"341400", "371200"}
    assert sum(f.rule == "interpolated_run" for f in found) > 500


def test_volume_indices_beside_values_are_noticed() -> None:
    # 105.37 under "secondary value added" is an index: a thousandth of the value.
    values = np.array([[7000.0, 7100.0, 105.4, 7300.0, 7400.0]])
    assert [(b.year, b.power) for b in unit_breaks(values)] == [(2, -2), (3, 2)]


def test_ordinary_series_are_left_alone() -> None:
    rng = np.random.default_rng(4)
    grown = 100 * np.cumprod(1 + rng.normal(0.08, 0.05, size=(40, 12)), axis=1)
    assert unit_breaks(grown) == []
    assert interpolated_runs(grown) == []
    assert reversed_years(grown) == []
    wild = np.exp(rng.normal(0, 2.5, size=(40, 12)))
    assert len(unit_breaks(wild)) == 0  # where steps are that large, a power of ten proves nothing
    assert [r.unit for r in reversed_years(grown[:, ::-1])] == [-1]
