"""The SGDID refitted for other measures of intensity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.multitest import multipletests

from configs.paths import DATA
from configs.sgdid_settings import SgdidSettings
from corpus.regions import provinces
from econometrics.sgdid.study import run_sgdid
from study.sensitivity import COLUMNS, holm, sgdid_by_measure

CODES = [region.code for region in provinces()]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> SgdidSettings:
    """SIMULATED panel of 31 provinces, 2018-2023."""
    rng = np.random.default_rng(0)
    panel = tmp_path_factory.mktemp("panel") / "panel.csv"
    intensity = dict(zip(CODES, rng.gamma(2.0, 0.2, 31), strict=True))
    rows = [
        {"region_code": c, "year": y, "ser": rng.normal() - (y == 2023) * intensity[c],
         "road": rng.normal(), "intensity": intensity[c]}
        for c in CODES for y in range(2018, 2024)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(panel, index=False)
    return SgdidSettings.model_validate(
        {
            "name": "x", "draws": 2,
            "data": {"panel": panel, "controls": ["road"], "first": 2018, "last": 2023},
            "treatment": {"column": "intensity", "year": 2023, "post_from": 2023},
            "weights": {"main": DATA / "weights" / "province_queen_hainan_linked.csv"},
            "robustness": {"permutations": 0, "bootstrap": 0, "combinations": False,
                           "leave_one_out": False, "placebo": False},
        }
    )  # fmt: skip


def measure(name: str, values: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"region_code": list(values), "family": "f", "measure": name, "label": name,
         "label_zh": name, "value": list(values.values())}
    )  # fmt: skip


def test_own_measure_gives_the_study_and_bad_ones_a_reason(study: SgdidSettings) -> None:
    frame = pd.read_csv(Path(study.data.panel), dtype={"region_code": str})
    own = dict(frame[frame["year"] == 2023].set_index("region_code")["intensity"])
    others = {
        "own": own,
        "reversed": {c: 10 - 3 * v for c, v in own.items()},
        "flat": dict.fromkeys(own, 0.5),
        "lacking": {c: v for c, v in own.items() if c != "650000"},
    }
    measures = pd.concat([measure(k, v) for k, v in others.items()])
    found = sgdid_by_measure(study, measures).set_index("measure")
    assert tuple(found.reset_index()[list(COLUMNS)].columns) == COLUMNS
    model = run_sgdid(study).model.lee_yu
    assert model is not None
    assert found.loc["own", "beta"] == pytest.approx(model.fit.coef[0])
    assert found.loc["own", "total"] == pytest.approx(model.impacts.total[0])
    assert found.loc["own", "correlation"] == pytest.approx(1)
    # Origin and unit of a measure make no difference, its sign does.
    assert found.loc["reversed", "beta"] == pytest.approx(-found.loc["own", "beta"], rel=1e-6)
    assert found.loc["reversed", "correlation"] == pytest.approx(-1)
    half = (found.loc["own", "total_high"] - found.loc["own", "total_low"]) / 2
    assert half == pytest.approx(1.96 * model.impacts.delta["total"][0], rel=1e-3)
    assert "the same in all units" in found.loc["flat", "reason"]
    assert "no intensity for 650000" in found.loc["lacking", "reason"]
    assert found.loc[["flat", "lacking"], ["beta", "p_value", "p_holm"]].isna().all().all()
    assert found.loc["lacking", "n_units"] == 30
    assert found.loc["own", "p_holm"] == pytest.approx(min(1, 2 * found.loc["own", "p_value"]))


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1)))
def test_holm_is_that_of_statsmodels(p: np.ndarray) -> None:
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    with_gap = holm(np.append(p, np.nan))
    assert np.isnan(with_gap[-1])
    assert with_gap[:-1] == pytest.approx(holm(p))
