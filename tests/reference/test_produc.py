"""Munnell's panel against spatialreg, spreg and an independent Lee-Yu code (see produc/README.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from econometrics.spatial.model import SpatialPanel
from econometrics.spatial.weights import read_weights

HERE = Path(__file__).parent / "produc"
EXPECTED: dict[str, Any] = json.loads((HERE / "expected.json").read_text("utf-8"))
X = ["lpcap", "lpc", "lemp", "unemp"]


def produc() -> pd.DataFrame:
    frame = pd.read_csv(HERE / "produc.csv")
    return frame.assign(
        lgsp=np.log(frame["gsp"]),
        lpcap=np.log(frame["pcap"]),
        lpc=np.log(frame["pc"]),
        lemp=np.log(frame["emp"]),
    )


@pytest.fixture(scope="module")
def panel() -> SpatialPanel:
    return SpatialPanel.from_frame(
        produc(), unit="state", time="year", y="lgsp", x=X, weights=read_weights(HERE / "W.csv")
    )


def test_two_way_durbin_model(panel: SpatialPanel) -> None:
    result = panel.fit(draws=5000)
    want = EXPECTED["exact_ml_twfe_sdm"]
    fit = result.exact.fit
    assert fit.spatial == pytest.approx(want["coef"]["rho"], rel=1e-6)
    assert fit.loglik == pytest.approx(want["loglik"], abs=1e-5)
    assert fit.sigma2 == pytest.approx(want["sigma2_ml"], rel=1e-6)
    names = [*X, *(f"lag.{x}" for x in X)]
    # The peer's own optimiser stops about 1e-7 from the maximum in rho; theta of lpc is small.
    assert fit.coef == pytest.approx([want["coef"][n] for n in names], rel=2e-6)
    errors = np.sqrt(np.diagonal(result.exact.cov))
    assert errors[0] == pytest.approx(want["se_information_matrix"]["rho"], rel=1e-4)
    assert errors[1:-1] == pytest.approx(
        [want["se_information_matrix"][n] for n in names], rel=1e-4
    )
    for kind in ("direct", "indirect", "total"):
        got = getattr(result.exact.impacts, kind)
        assert got == pytest.approx([EXPECTED["impacts_exact"][kind][x] for x in X], rel=2e-6)
        simulated = [EXPECTED["impacts_spatialreg_mc"]["mc_se"][kind][x] for x in X]
        assert result.exact.impacts.simulated[kind] == pytest.approx(simulated, rel=0.05)
        assert result.exact.impacts.delta[kind] == pytest.approx(simulated, rel=0.05)


def test_lee_yu(panel: SpatialPanel) -> None:
    result = panel.fit(draws=2)
    assert result.lee_yu is not None
    want, fit = EXPECTED["lee_yu_transformation_qml"], result.lee_yu.fit
    assert fit.spatial == pytest.approx(want["rho"], rel=1e-5)
    assert fit.sigma2 == pytest.approx(want["sigma2"], rel=1e-6)
    assert fit.loglik == pytest.approx(want["loglik"], abs=1e-5)
    names = [*X, *(f"W_{x}" for x in X)]
    assert fit.coef == pytest.approx([want["coef"][n] for n in names], rel=1e-5)
    errors = np.sqrt(np.diagonal(result.lee_yu.cov))
    assert errors[1:-1] == pytest.approx(
        [want["se_information_matrix"][n] for n in names], rel=1e-4
    )
    assert errors[0] == pytest.approx(want["se_information_matrix"]["rho"], rel=1e-4)
    assert errors[-1] == pytest.approx(want["se_information_matrix"]["sigma2"], rel=1e-4)


@pytest.mark.parametrize("model", ["sar", "sem", "slx", "ols"])
def test_nested_models(panel: SpatialPanel, model: Any) -> None:
    fit, want = panel.fit(model=model, draws=2, tests=False).exact.fit, EXPECTED[model]
    assert fit.loglik == pytest.approx(want["loglik"], abs=1e-5)
    assert fit.coef[:4] == pytest.approx([want["coef"][x] for x in X], rel=1e-5)
    key = {"sar": "rho", "sem": "lambda"}.get(model)
    if key:
        assert fit.spatial == pytest.approx(want[key], rel=1e-6)


def test_one_way_durbin_model(panel: SpatialPanel) -> None:
    fit, want = (
        panel.fit(effects="unit", draws=2, tests=False).exact.fit,
        EXPECTED["splm_spml_individual"],
    )
    assert fit.spatial == pytest.approx(want["coef"]["lambda"], rel=1e-6)
    assert fit.loglik == pytest.approx(want["loglik"], abs=1e-5)


def test_statistics(panel: SpatialPanel) -> None:
    tests, want = panel.fit(draws=2).tests, EXPECTED["tests"]
    for ours, value in {
        "lr_sar": want["LR_sdm_vs_sar"],
        "lr_sem": want["LR_sdm_vs_sem"],
        "wald_sar": want["Wald_theta0"],
        "wald_sem": want["Wald_common_factor"],
        "lm_lag": want["LM_on_twfe_ols"]["LMlag"]["stat"],
        "lm_error": want["LM_on_twfe_ols"]["LMerr"]["stat"],
        "rlm_lag": want["LM_on_twfe_ols"]["RLMlag"]["stat"],
        "rlm_error": want["LM_on_twfe_ols"]["RLMerr"]["stat"],
    }.items():
        assert tests[ours].statistic == pytest.approx(value, rel=1e-5), ours


def test_the_shortcut_of_demeaning_first_is_not_taken(panel: SpatialPanel) -> None:
    shortcut = EXPECTED["splm_spml_twoways"]
    fit = panel.fit(draws=2, tests=False).exact.fit
    assert fit.loglik > shortcut["loglik"] + 0.1
    assert abs(fit.spatial - shortcut["coef"]["lambda"]) > 1e-3
