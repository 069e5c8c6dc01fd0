"""What other software gets is what we fitted, under names that it takes."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from econometrics.spatial.export import Export, export_model, valid_names
from econometrics.spatial.model import SpatialPanel
from econometrics.spatial.panel import lag
from econometrics.spatial.weights import make_weights, read_weights
from tests.conftest import zhengce
from tests.unit.econometrics.spatial.test_likelihood import random_weights, simulated

PRODUC = Path(__file__).parents[3] / "reference" / "produc"
WEIGHTS = random_weights(8, 1)
NAMES = {"y": "韧性 SER", "a": "创新", "b": "a very long name of a regressor with many words"}
FRAME = simulated(WEIGHTS, 5, 2).rename(columns=NAMES)
PANEL = SpatialPanel.from_frame(
    FRAME, unit="unit", time="time", y=NAMES["y"], x=[NAMES["a"], NAMES["b"]], weights=WEIGHTS
)


def made(**options: Any) -> Export:
    return export_model(PANEL, y=NAMES["y"], **options)


@pytest.mark.parametrize(
    ("names", "want"),
    [
        (["ser", "nqp"], ["ser", "nqp"]),
        (["创新", "数字 digital"], ["v1", "digital"]),
        (["2018 growth", "GDP/人"], ["v_2018_growth", "GDP"]),
        (["if", "str12", "_n"], ["if_", "str12_", "n"]),
        (["a b", "a-b", "A_B"], ["a_b", "a_b_2", "A_B_3"]),
        (["a", "lag_a"], ["a", "lag_a_2"]),
        (["lag_a", "a"], ["lag_a", "a_2"]),
        (["uid", "unit"], ["uid_2", "unit_2"]),
        (["x" * 40, "x" * 41], ["x" * 28, "x" * 26 + "_2"]),
    ],
)
def test_names(names: list[str], want: list[str]) -> None:
    found = valid_names(names)
    assert list(found.values()) == want
    both = [*found.values(), *(f"lag_{v}" for v in found.values())]
    assert len({v.lower() for v in both}) == len(both)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}", v) for v in both)


def test_tables_carry_the_panel_and_weights_whole() -> None:
    tables = made().tables
    panel = pd.read_csv(io.StringIO(tables["panel.csv"].to_csv(index=False)))
    mapped = dict(
        tables["names.csv"]
        .query("role in ('outcome', 'regressor')")[["original", "exported"]]
        .values
    )
    assert (panel[mapped[NAMES["y"]]].to_numpy() == PANEL.arrays.y.ravel()).all()
    lagged = lag(WEIGHTS.matrix, PANEL.arrays.X)[:, :, 0].ravel()
    assert panel[f"lag_{mapped[NAMES['a']]}"].to_numpy() == pytest.approx(lagged, rel=1e-15)
    assert panel["uid"].tolist() == list(range(1, 9)) * 5
    assert panel["unit"].tolist() == list(PANEL.arrays.units) * 5
    dense = tables["W_dense.csv"]
    assert dense["unit"].tolist() == list(PANEL.arrays.units)
    assert (dense.iloc[:, 1:].to_numpy() == WEIGHTS.matrix.toarray()).all()
    assert tables["W_long.csv"]["weight"].sum() == pytest.approx(8)
    assert tables["units.csv"]["uid"].tolist() == list(range(1, 9))


@pytest.mark.parametrize("effects", ["two-way", "unit", "time", "none"])
@pytest.mark.parametrize("model", ["sdm", "sar", "sem", "sdem", "slx", "ols"])
def test_scripts_name_only_what_is_there(model: Any, effects: Any) -> None:
    found = made(model=model, effects=effects)
    columns = set(found.tables["panel.csv"].columns)
    formula = re.search(r"^model <- (.+)$", found.scripts["model.R"], re.MULTILINE)
    assert formula
    used = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", formula.group(1))) - {"factor"}
    assert used <= columns
    assert ("factor(uid)" in formula.group(1)) is (effects in ("two-way", "unit"))
    for line in found.scripts["model.do"].splitlines():
        assert line.isascii() or line.startswith("*")
        if line.startswith(("xsmle", "spxtregress", "xtreg")):
            before = line.split(",")[0].split()[1:]
            assert {word.removeprefix("i.") for word in before} <= columns
    terms = set(found.tables["expected.csv"]["term"])
    assert terms - {"rho", "lambda", "sigma2", "loglik"} - columns == {
        f"{k}: {v}"
        for k in ("direct", "indirect", "total")
        for v in valid_names([*NAMES.values()]).values()
        if v != valid_names([*NAMES.values()])[NAMES["y"]]
    }


@pytest.mark.parametrize(
    ("model", "effects", "stata", "r"),
    [
        ("sdm", "two-way", ["type(both)", "model(sdm)", "dvarlag(W) ivarlag(W:", "i.tid, fe", "5/4"],
         ["lagsarlm", 'effect = "twoways"', "'shortcut'"]),
        ("sar", "unit", ["type(ind)", "type(ind, leeyu)", "fe dvarlag(W)\n"], ["individual"]),
        ("sem", "two-way", ["ematrix(Wx)", "errorlag(W)"], ["errorsarlm", "ave(d[[v]], d$uid)"]),
        ("sdem", "unit", ["xsmle has no SDEM", "errorlag(W) ivarlag(W:"], ["errorsarlm"]),
        ("slx", "two-way", ["xsmle has no SLX", "xtreg"], ["lm(model", "no counterpart"]),
        ("sdm", "none", ["spxtregress has no model with none effects"], ["lagsarlm"]),
    ],
)  # fmt: skip
def test_commands(model: Any, effects: Any, stata: list[str], r: list[str]) -> None:
    scripts = made(model=model, effects=effects).scripts
    assert all(text in scripts["model.do"] for text in stata)
    assert all(text in scripts["model.R"] for text in r)
    assert "normalize(none)" in scripts["model.do"] or "spxtregress" not in stata


def test_our_numbers_go_with_it() -> None:
    expected = made().tables["expected.csv"].set_index(["estimator", "term"])
    fit = PANEL.fit(draws=2, tests=False)
    assert expected.loc[("exact", "rho"), "estimate"] == fit.exact.fit.spatial
    assert expected.loc[("exact", "rho"), "std_error"] == fit.exact.spatial_error
    assert fit.lee_yu is not None
    assert expected.loc[("lee-yu", "sigma2"), "estimate"] == fit.lee_yu.fit.sigma2
    name = valid_names(list(NAMES.values()))[NAMES["a"]]
    assert expected.loc[("exact", f"total: {name}"), "estimate"] == fit.exact.impacts.total[0]
    assert expected.loc[("shortcut", "loglik"), "estimate"] < fit.exact.fit.loglik


def test_the_shortcut_is_what_splm_reports() -> None:
    """splm 1.6-5 on Munnell's panel; see tests/reference/produc/README.md."""
    want = json.loads((PRODUC / "expected.json").read_text("utf-8"))["splm_spml_twoways"]["coef"]
    frame = pd.read_csv(PRODUC / "produc.csv")
    logs = {"lgsp": "gsp", "lpcap": "pcap", "lpc": "pc", "lemp": "emp"}
    frame = frame.assign(**{k: np.log(frame[v]) for k, v in logs.items()})
    x = ["lpcap", "lpc", "lemp", "unemp"]
    weights = read_weights(PRODUC / "W.csv")
    panel = SpatialPanel.from_frame(
        frame, unit="state", time="year", y="lgsp", x=x, weights=weights
    )
    table = export_model(panel, y="lgsp", targets=["r"]).tables["expected.csv"]
    found = table[table["estimator"] == "shortcut"].set_index("term")["estimate"]
    assert found["rho"] == pytest.approx(want["lambda"], rel=1e-6)
    assert found[x].tolist() == pytest.approx([want[v] for v in x], rel=1e-6)
    lags = [f"lag_{v}" for v in x]
    assert found[lags].tolist() == pytest.approx([want[f"w_{v}"] for v in x], rel=1e-6)


def test_weights_that_are_not_row_standardised() -> None:
    raw = make_weights(WEIGHTS.ids, WEIGHTS.matrix.toarray() * np.linspace(0.5, 1, 8)[:, None])
    panel = SpatialPanel.from_frame(
        FRAME, unit="unit", time="time", y=NAMES["y"], x=[NAMES["a"]], weights=raw
    )
    found = export_model(panel, y=NAMES["y"])
    assert set(found.tables["expected.csv"]["estimator"]) == {"exact", "shortcut"}
    assert 'style = "W"' not in found.scripts["model.R"]


def test_the_command(tmp_path: Path) -> None:
    data, weights, out = tmp_path / "p.csv", tmp_path / "w.csv", tmp_path / "out"
    FRAME.to_csv(data, index=False)
    ids = list(WEIGHTS.ids)
    pd.DataFrame(WEIGHTS.matrix.toarray(), index=ids, columns=ids).to_csv(weights)
    base = [
        *("export", "--data", str(data), "--unit", "unit", "--time", "time", "--y", NAMES["y"]),
        *("--x", f"{NAMES['a']},{NAMES['b']}", "--weights", str(weights), "--out", str(out)),
    ]
    done = zhengce(*base, "--durbin", NAMES["a"])
    assert done.returncode == 0, done.stderr
    assert {p.name for p in out.iterdir()} == {
        "panel.csv", "W_dense.csv", "W_long.csv", "names.csv", "units.csv", "expected.csv",
        "model.do", "model.R",
    }  # fmt: skip
    assert "lag_v2" in (out / "panel.csv").read_text("utf-8").splitlines()[0]
    only = tmp_path / "only"
    assert zhengce(*base[:-1], str(only), "--r").returncode == 0
    assert (only / "model.R").exists()
    assert not (only / "model.do").exists()
    bad = zhengce(*base, "--durbin", "z")
    assert bad.returncode == 2
    assert len(bad.stderr.strip().splitlines()) == 1
