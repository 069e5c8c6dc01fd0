"""What must never become a number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from econometrics.spatial.model import SpatialPanel
from econometrics.spatial.problems import (
    AbsorbedRegressorError,
    BoundaryError,
    MissingValuesError,
    SpecificationError,
    UnbalancedPanelError,
    WeightsError,
)
from econometrics.spatial.weights import make_weights, read_weights
from tests.conftest import zhengce
from tests.unit.econometrics.spatial.test_likelihood import random_weights, simulated

W = random_weights(8, 1)
FRAME = simulated(W, 5, 2)


def fit(
    frame: pd.DataFrame = FRAME, weights: Any = W, x: tuple[str, ...] = ("a", "b"), **options: Any
) -> Any:
    panel = SpatialPanel.from_frame(
        frame, unit="unit", time="time", y="y", x=list(x), weights=weights
    )
    return panel.fit(draws=2, **options)


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda f: f.drop(index=3), UnbalancedPanelError, "u03 0 missing"),
        (lambda f: pd.concat([f, f.iloc[[0]]]), SpecificationError, "u00 in 0 occurs twice"),
        (
            lambda f: f.assign(a=f["a"].where(f.index != 5)),
            MissingValuesError,
            "column 'a' is empty or infinite for u05 in 0",
        ),
        (lambda f: f.assign(y=1.0), AbsorbedRegressorError, "column 'y' is constant"),
        (lambda f: f[f["time"] == 0], SpecificationError, "the panel has 1 period"),
        (
            lambda f: f.assign(a=f["unit"].str[1:].astype(float)),
            AbsorbedRegressorError,
            "'a' does not vary once the two-way effects",
        ),
        (lambda f: f.assign(a=f["time"] * 2.0), AbsorbedRegressorError, "'a' does not vary"),
        (
            lambda f: f.assign(b=2 * f["a"] + f["time"]),
            AbsorbedRegressorError,
            "'b' is a combination of a and the fixed effects",
        ),
        (
            lambda f: f.assign(y=f["a"] + f["time"]),
            SpecificationError,
            "explain the outcome perfectly",
        ),
        (
            lambda f: f.assign(unit=f["unit"].replace("u03", "x")),
            WeightsError,
            "the panel has x that the weights lack and the weights have u03",
        ),
        (lambda f: f.drop(columns="b"), SpecificationError, "there is no column 'b'"),
        (lambda f: f.assign(a="high"), MissingValuesError, "holds something else than numbers"),
    ],
)
def test_bad_panels(change: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as error:
        fit(change(FRAME))
    assert message in str(error.value)


def test_balanced_subset_is_offered() -> None:
    with pytest.raises(UnbalancedPanelError, match="keep the 7 units with all 5 periods"):
        fit(FRAME.drop(index=3))


def test_islands_and_unstandardised_error_models() -> None:
    dense = W.matrix.toarray()
    dense[2] = 0
    with pytest.raises(WeightsError, match="units without a neighbour: u02"):
        fit(weights=make_weights(W.ids, dense))
    with pytest.raises(SpecificationError, match="needs row-standardised weights"):
        fit(
            weights=make_weights(W.ids, W.matrix.toarray() * np.linspace(0.5, 1, 8)[:, None]),
            model="sem",
        )


def test_unknown_durbin_regressor() -> None:
    with pytest.raises(SpecificationError, match="no regressor 'z' to lag"):
        fit(durbin=["z"])


def test_edge_of_the_parameter_space() -> None:
    ring = make_weights(
        W.ids, np.roll(np.eye(8), 1, axis=1) * 0.5 + np.roll(np.eye(8), -1, axis=1) * 0.5
    )
    rng = np.random.default_rng(3)
    wave = np.where(np.arange(8) % 2 == 0, 1.0, -1.0)
    y = np.outer(rng.normal(size=5), wave) * 1e6 + rng.normal(size=(5, 8)) * 1e-6
    with pytest.raises(BoundaryError, match="edge of the parameter space"):
        fit(FRAME.assign(y=y.ravel()), weights=ring, effects="none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("focal,neighbor,weight\na,b,1\na,b,2\n", "the pair a, b occurs twice"),
        ("focal,neighbor,weight\na,b,x\n", "could not convert"),
        ("focal,neighbor,weight\na,a,1\n", "is its own neighbour"),
        ("focal,neighbor,weight\na,b,-1\n", "a weight is negative"),
        (",a,b\na,0,1\nc,1,0\n", "same ids on both sides"),
        ("x,y\n1,2\n", "same ids on both sides"),
    ],
)
def test_bad_weights(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "w.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(WeightsError, match=message):
        read_weights(path)


def test_dense_and_long_weights_are_the_same(tmp_path: Path) -> None:
    long, dense = tmp_path / "long.csv", tmp_path / "dense.csv"
    long.write_text("focal,neighbor,weight\nb,a,2\na,c,1\nc,a,1\n", "utf-8")
    dense.write_text(",c,a,b\na,1,0,0\nb,0,2,0\nc,0,1,0\n", "utf-8")
    one, other = (
        read_weights(long).align(["a", "b", "c"]),
        read_weights(dense).align(["a", "b", "c"]),
    )
    assert (one.matrix != other.matrix).nnz == 0


def test_the_command(tmp_path: Path) -> None:
    import json

    data, weights = tmp_path / "p.csv", tmp_path / "w.csv"
    FRAME.to_csv(data, index=False)
    pd.DataFrame(W.matrix.toarray(), index=list(W.ids), columns=list(W.ids)).to_csv(weights)
    base = [
        "fit",
        "spatial",
        "--data",
        str(data),
        "--unit",
        "unit",
        "--time",
        "time",
        "--y",
        "y",
        "--x",
        "a,b",
        "--weights",
        str(weights),
    ]
    answer = json.loads(zhengce(*base, "--format", "json", "--draws", "50").stdout)
    assert answer["n_units"] == 8
    assert answer["n_obs"] == 40
    assert set(answer["impacts"]) == {"a", "b"}
    assert {"estimate", "std_error", "conf_low", "conf_high"} <= set(
        answer["impacts"]["a"]["direct"]
    )
    assert set(answer["theta"]) == {"a", "b"}
    assert {
        "lr_sar",
        "lr_sem",
        "lr_slx",
        "wald_sar",
        "wald_sem",
        "lm_lag",
        "lm_error",
        "rlm_lag",
        "rlm_error",
        "moran",
    } <= set(answer["tests"])
    assert answer["lee_yu"]["rho"]["estimate"] != answer["rho"]["estimate"]
    units = json.loads(zhengce(*base, "--by-unit", "--format", "json", "--draws", "50").stdout)
    direct = [
        row["estimate"]
        for row in units
        if (row["model"], row["term"], row["kind"]) == ("sdm-exact", "a", "direct")
    ]
    assert len(direct) == 8
    assert np.mean(direct) == pytest.approx(answer["impacts"]["a"]["direct"]["estimate"])
    assert "hausman" in json.loads(zhengce(*base, "--hausman", "--format", "json").stdout)["tests"]
    moving = json.loads(zhengce(*base, "--dynamic", "time", "--format", "json").stdout)
    assert moving["model"] == "dynamic-sdm"
    assert {"lag_y", "rho", "long_run total a"} <= set(moving["terms"])
    for option in (("--model", "sem"), ("--effects", "none"), ("--errors", "conley")):
        refused = zhengce(*base, "--dynamic", "both", *option)
        assert refused.returncode == 2
        assert "not offered" in refused.stderr
    chosen = json.loads(zhengce(*base, "--select", "--format", "json").stdout)
    assert [row["model"] for row in chosen] == ["ols", "slx", "sar", "sem", "sdm", "sdem"]
    assert "lambda" in json.loads(zhengce(*base, "--model", "sem", "--format", "json").stdout)
    assert "Lee-Yu" in zhengce(*base).stdout
    bad = zhengce(*base[:-1], str(data))
    assert bad.returncode == 2
    assert len(bad.stderr.strip().splitlines()) == 1
