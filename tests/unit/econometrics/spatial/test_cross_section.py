"""spreg's estimates against the dense likelihood and our panel; impacts by their definition."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from econometrics.spatial.cross_section import fit_cross_section
from econometrics.spatial.cross_section_results import CrossSectionResult
from econometrics.spatial.model import SpatialPanel
from econometrics.spatial.problems import (
    AbsorbedRegressorError,
    BoundaryError,
    MissingValuesError,
    SpecificationError,
    WeightsError,
)
from econometrics.spatial.weights import make_weights
from tests.conftest import zhengce
from tests.unit.econometrics.spatial.test_likelihood import ring_weights

N = 60
WEIGHTS = ring_weights(N)
W = WEIGHTS.matrix.toarray()
ML = ["sar", "sdm", "sem", "sdem"]


def simulated(seed: int = 1) -> pd.DataFrame:
    """SIMULATED cross-section from the Durbin model, rows in no order."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, 2))
    mean = 1 + X @ [1, -0.5] + W @ X @ [0.6, 0.2] + 0.7 * rng.normal(size=N)
    y = np.linalg.solve(np.eye(N) - 0.4 * W, mean)
    frame = pd.DataFrame({"u": WEIGHTS.ids, "y": y, "a": X[:, 0], "b": X[:, 1]})
    return frame.sample(frac=1, random_state=seed)


FRAME = simulated()


def fit(frame: pd.DataFrame = FRAME, weights: Any = WEIGHTS, **options: Any) -> CrossSectionResult:
    given = {"unit": "u", "y": "y", "x": ["a", "b"], "draws": 200, **options}
    return fit_cross_section(frame, weights=weights, **given)


def dense_loglik(model: str, spatial: float) -> float:
    table = FRAME.sort_values("u")
    y, X = table["y"].to_numpy(), table[["a", "b"]].to_numpy()
    Z = np.column_stack([np.ones(N), X, W @ X] if model in ("sdm", "sdem") else [np.ones(N), X])
    A = np.eye(N) - spatial * W
    right = A @ Z if model in ("sem", "sdem") else Z
    e = A @ y - right @ np.linalg.lstsq(right, A @ y, rcond=None)[0]
    return float(-N / 2 * (np.log(2 * np.pi * (e @ e) / N) + 1) + np.linalg.slogdet(A)[1])


@pytest.mark.parametrize("model", ML)
def test_maximum_of_the_dense_likelihood(model: Any) -> None:
    found = fit(model=model)
    top = dense_loglik(model, found.spatial)
    assert found.loglik == pytest.approx(top, abs=1e-9)
    assert max(dense_loglik(model, found.spatial + d) for d in (-1e-3, 1e-3)) < top


@pytest.mark.parametrize("model", ["ols", "slx", *ML])
def test_it_is_the_panel_of_two_equal_periods(model: Any) -> None:
    """Two copies have twice the likelihood, and errors smaller by the root of two."""
    found = fit(model=model)
    twice = pd.concat([FRAME.assign(t=0), FRAME.assign(t=1)])
    panel = SpatialPanel.from_frame(
        twice, unit="u", time="t", y="y", x=["a", "b"], weights=WEIGHTS
    ).fit(model=model, effects="none", draws=200, tests=False)
    e = panel.exact
    spatial = [e.fit.spatial] if found.spatial else []
    assert found.estimates[1:] == pytest.approx([*e.fit.coef, *spatial], abs=2e-7)
    assert found.loglik == pytest.approx(e.fit.loglik / 2, abs=1e-9)
    for kind in ("direct", "indirect", "total"):
        assert getattr(found.impacts, kind) == pytest.approx(getattr(e.impacts, kind), abs=2e-7)
    if found.spatial:
        ours = np.sqrt(2 * np.diagonal(e.cov)[:-1])
        theirs = np.sqrt(np.diagonal(found.cov))
        assert theirs[[-1, *range(1, len(theirs) - 1)]] == pytest.approx(ours, rel=1e-6)
        assert found.sigma2 == pytest.approx(e.fit.sigma2, rel=1e-6)


@pytest.mark.parametrize("method", ["ml", "gm"])
@pytest.mark.parametrize("model", ML)
def test_impacts_equal_the_effects_matrix(model: Any, method: Any) -> None:
    found = fit(model=model, method=method)
    rho = found.spatial if model in ("sar", "sdm") else 0.0
    S = np.linalg.inv(np.eye(N) - rho * W)
    for j in range(2):
        theta = found.estimates[3 + j] if model in ("sdm", "sdem") else 0.0
        M = S @ (found.estimates[1 + j] * np.eye(N) + theta * W)
        assert found.impacts.direct[j] == pytest.approx(np.trace(M) / N)
        assert found.impacts.total[j] == pytest.approx(M.sum() / N)


def test_spreg_leaves_the_lagged_part_out_of_direct_impacts() -> None:
    """Why its own impacts are not used: direct of a Durbin model lacks theta tr(WS)/n."""
    found = fit(model="sdm")
    S = np.linalg.inv(np.eye(N) - found.spatial * W)
    left_out = found.estimates[3] * np.trace(W @ S) / N
    assert left_out > 0.05
    assert found.impacts.direct[0] - found.estimates[1] * np.trace(S) / N == pytest.approx(left_out)


def test_tests_and_tables() -> None:
    ols = fit(model="ols")
    assert {"lm_lag", "rlm_lag", "lm_error", "rlm_error", "moran"} <= set(ols.tests)
    e = ols.resid
    trace = (W * W).sum() + np.trace(W @ W)
    assert ols.tests["lm_error"].statistic == pytest.approx((e @ W @ e / (e @ e / N)) ** 2 / trace)
    sdm = fit(model="sdm")
    assert sdm.tests["lr_sar"].statistic == pytest.approx(
        2 * (sdm.loglik - fit(model="sar").loglik)
    )
    assert sdm.tests["lr_slx"].df == 1
    frame = sdm.to_frame().set_index("term")
    assert list(frame.index[:6]) == ["constant", "a", "b", "W_a", "W_b", "rho"]
    assert frame.loc["total: a", "estimate"] == pytest.approx(
        frame.loc["direct: a", "estimate"] + frame.loc["indirect: a", "estimate"]
    )
    for text in ("SDM of y", "spreg", "60 observations", "lr_sem"):
        assert text in sdm.summary()
    assert sdm.plot().get_yticklabels()[0].get_text() == "a direct"
    gm = fit(model="sem", method="gm")
    assert np.isnan(gm.cov[-1, -1])
    assert gm.warnings == ("GM estimates lambda without a standard error",)
    assert "anselin_kelejian" in fit(model="sar", method="gm").tests
    white = fit(model="sar", method="gm", robust=True)
    assert white.estimates == pytest.approx(fit(model="sar", method="gm").estimates)
    assert not np.allclose(white.cov, fit(model="sar", method="gm").cov)


def test_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    fit(model="sdm")
    assert capsys.readouterr().out == ""


RAW = make_weights(WEIGHTS.ids, 3 * W)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"model": "sac"}, SpecificationError, "no cross-sectional model 'sac'"),
        ({"method": "bayes"}, SpecificationError, "no estimator 'bayes'"),
        ({"robust": True}, SpecificationError, "no White errors for sdm by ml"),
        ({"x": ["a", "z"]}, SpecificationError, "there is no column 'z'"),
        ({"x": ["a", "a"]}, SpecificationError, "named twice"),
        ({"frame": FRAME.assign(a=1.0)}, AbsorbedRegressorError, "'a' is constant"),
        ({"frame": FRAME.assign(b=2 * FRAME["a"])}, AbsorbedRegressorError, "'b' is a combination"),
        ({"frame": FRAME.assign(a=np.nan)}, MissingValuesError, "'a' is empty or infinite"),
        ({"frame": FRAME.assign(a="x")}, MissingValuesError, "something else than numbers"),
        ({"frame": pd.concat([FRAME, FRAME.iloc[:1]])}, SpecificationError, "occurs twice"),
        ({"frame": FRAME.iloc[1:]}, WeightsError, "that the panel lacks"),
        ({"weights": RAW}, SpecificationError, "largest eigenvalue is 3, and spreg looks for rho"),
    ],
)
def test_bad_requests(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        fit(**options)


def test_row_standardising_is_offered() -> None:
    assert fit(weights=RAW, row_standardise=True).spatial == pytest.approx(fit().spatial)


def test_edge_of_the_interval() -> None:
    ids = [f"u{i}" for i in range(8)]
    ring = make_weights(ids, (np.roll(np.eye(8), 1, axis=1) + np.roll(np.eye(8), -1, axis=1)) / 2)
    rng = np.random.default_rng(3)
    wave = np.where(np.arange(8) % 2 == 0, 1.0, -1.0)
    frame = pd.DataFrame({"u": ids, "y": 1e6 * wave + rng.normal(size=8), "a": rng.normal(size=8)})
    with pytest.raises(BoundaryError, match="edge of"):
        fit(frame, ring, x=["a"], model="sar")


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """SIMULATED panel of two years on a ring, and the words of the command."""
    rng = np.random.default_rng(8)
    weights = ring_weights(20)
    rows = [
        {"unit": u, "year": year, "y": rng.normal(), "a": rng.normal(), "b": rng.normal()}
        for year in (2021, 2022)
        for u in weights.ids
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "p.csv", index=False)
    pd.DataFrame(
        weights.matrix.toarray(), index=list(weights.ids), columns=list(weights.ids)
    ).to_csv(tmp_path / "w.csv")
    data, matrix = str(tmp_path / "p.csv"), str(tmp_path / "w.csv")
    return ["fit", "cross-section", "--data", data, "--weights", matrix, "--unit", "unit", "--y", "y", "--x", "a,b"]  # fmt: skip


def test_the_command_takes_one_year_of_a_panel(command: list[str]) -> None:
    done = zhengce(*command, "--year", "2022", "--format", "csv", "--draws", "20")
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(io.StringIO(done.stdout)).set_index("term")
    assert {"a", "W_a", "direct: a", "total: b"} <= set(frame.index)
    shown = zhengce(*command, "--year", "2022", "--draws", "20").stdout
    assert "20 observations" in shown
    assert "by spreg" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--year", "1999"], "no row of 1999"),
        (["--year", "2022", "--time", "t"], "there is no column 't'"),
        ([], "u00"),
    ],
)
def test_bad_commands(command: list[str], words: list[str], message: str) -> None:
    done = zhengce(*command, *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
