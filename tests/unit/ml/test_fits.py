"""Fits recover what was put in, write what is promised, and refuse what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.gp.model import fit_gp
from ml.gp.storage import load_gp, save_gp
from ml.interactions import interaction_tests
from ml.problems import DataError
from ml.sample import Sample, sample_of
from ml.thresholds import fit_hinge, lowess_zero, threshold
from ml.validation import crps_normal, schemes, spatial_blocks
from tests.conftest import zhengce


def simulated(n: int = 60, seed: int = 0, years: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(n // years), years)
    lon = rng.uniform(100, 118, n // years)[unit]
    lat = rng.uniform(24, 42, n // years)[unit]
    a, b = rng.normal(size=(2, n))
    y = (lon - 109) / 9 * a + b**2 + 0.2 * rng.normal(size=n)
    return pd.DataFrame({
        "unit": [f"u{u:03d}" for u in unit], "year": 2018 + np.arange(n) % years,
        "lon": lon, "lat": lat, "a": a, "b": b, "y": y,
    })  # fmt: skip


def sample(frame: pd.DataFrame, **changed: object) -> Sample:
    options = {"y": "y", "x": ["a", "b"], "coords": ["lon", "lat"]} | changed
    return sample_of(frame, **options)


def put(column: str, value: object):
    return lambda d: d.assign(**{column: [value, *d[column].tolist()[1:]]})


BAD = {
    "few rows": (lambda d: d.head(5), {}, "TooFewRowsError", "5 rows for 2 features"),
    "constant": (lambda d: d.assign(a=1.0), {}, "ConstantColumnError", "'a' is constant"),
    "constant outcome": (lambda d: d.assign(y=0.1), {}, "ConstantColumnError", "outcome 'y'"),
    "equal": (lambda d: d.assign(b=3 * d.a + 1), {}, "DuplicateColumnError", "say the same"),
    "twice": (lambda d: d, {"x": ["a", "a"]}, "DuplicateColumnError", "named twice"),
    "empty": (put("a", np.nan), {}, "MissingValuesError", "--drop-missing"),
    "infinite": (put("a", np.inf), {}, "MissingValuesError", "infinite"),
    "category": (put("a", "high"), {}, "NotNumericError", "'high' is not a number"),
    "swapped": (lambda d: d, {"coords": ["lat", "lon"]}, "CoordinatesError", "--coords lon,lat"),
    "metres": (lambda d: d.assign(lon=d.lon * 1e4), {}, "CoordinatesError", "--crs"),
    "degrees as metres": (lambda d: d, {"crs": "EPSG:32650"}, "CoordinatesError", "look like degr"),
    "unknown crs": (lambda d: d, {"crs": "EPSG:nope"}, "CoordinatesError", "unknown --crs"),
    "one place": (lambda d: d.assign(lon=110.0, lat=30.0), {}, "CoordinatesError", "one place"),
    "no column": (lambda d: d, {"x": ["zz"]}, "DataError", "no column 'zz'"),
    "outcome in x": (lambda d: d, {"x": ["a", "y"]}, "DataError", "among the features"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "options", "kind", "words"), BAD.values(), ids=BAD)
def test_bad_data(change, options, kind: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        sample(change(simulated()), **options)
    assert type(caught.value).__name__ == kind


def test_repeated_places_need_a_unit() -> None:
    frame = simulated(years=3)
    with pytest.raises(DataError, match="--unit"):
        fit_gp(sample(frame), draws=0, restarts=0)
    model = fit_gp(sample(frame, unit="unit"), draws=0, restarts=0, max_iterations=5)
    assert model.layout.has_unit


def test_a_fold_without_data() -> None:
    from ml.baselines import two_way_ols
    from ml.validation import out_of_fold

    own = sample(simulated())
    with pytest.raises(DataError, match="fold 1 of 'mine' has 0 rows"):
        out_of_fold(own, np.arange(60) % 2 * 2, two_way_ols, scheme="mine", model="ols")
    with pytest.raises(DataError, match="100 folds"):
        schemes(own, folds=100)


def test_gp_learns_predicts_and_is_kept(tmp_path: Path) -> None:
    own, ahead = sample(simulated(90)), sample(simulated(40, seed=5))
    model = fit_gp(own, restarts=0, draws=3)
    found = model.predict(ahead.X, ahead.places)
    assert np.corrcoef(found.mean, ahead.y)[0, 1] > 0.9
    assert (np.abs(found.mean - ahead.y) < 1.96 * found.std).mean() >= 0.8
    save_gp(model, tmp_path / "m.npz")
    again = load_gp(tmp_path / "m.npz").predict(ahead.X, ahead.places)
    np.testing.assert_allclose(again.mean, found.mean, rtol=1e-9)
    np.testing.assert_allclose(again.std, found.std, rtol=1e-9)
    with pytest.raises(Exception, match="no saved GGPR"):
        load_gp(tmp_path / "absent.npz")


def test_inducing_points_agree_with_the_exact_posterior(monkeypatch) -> None:
    own = sample(simulated(90))
    exact = fit_gp(own, restarts=0, draws=0, max_iterations=20)
    monkeypatch.setattr("ml.gp.model.EXACT_ROWS", 50)
    monkeypatch.setattr("ml.gp.model.INDUCING", 90)
    sparse = fit_gp(own, restarts=0, draws=0, max_iterations=20)
    a, b = exact.predict(own.X, own.places), sparse.predict(own.X, own.places)
    np.testing.assert_allclose(a.mean, b.mean, atol=2e-2)
    np.testing.assert_allclose(a.std, b.std, rtol=0.05)


def test_schemes_keep_groups_whole() -> None:
    frame = simulated(60, years=3)
    own = sample(frame, unit="unit", time="year")
    folds = schemes(own)
    assert set(folds) == {"random", "unit", "block", "region", "year"}
    assert pd.Series(folds["unit"]).groupby(frame["unit"]).nunique().max() == 1
    assert pd.Series(folds["block"]).groupby(frame["unit"]).nunique().max() == 1
    cells = spatial_blocks(np.array([[0.0, 0], [1, 1]]), folds=2, rng=np.random.default_rng(0))
    assert len(cells) == 2


def test_crps_of_a_normal_forecast() -> None:
    rng = np.random.default_rng(0)
    draws = 1 + 2 * rng.standard_normal(20000)
    want = np.abs(draws - 0.5).mean() - 0.5 * np.abs(draws - rng.permutation(draws)).mean()
    got = crps_normal(np.array([0.5]), np.array([1.0]), np.array([2.0]))
    assert got[0] == pytest.approx(want, abs=0.03)


def test_hinge_and_zero_crossing() -> None:
    x = np.linspace(-2, 2, 300)
    found = fit_hinge(x, np.maximum(x - 0.3, 0) * 2)
    assert (found.knot, found.below, found.above) == pytest.approx((0.3, 0.0, 2.0), abs=0.03)
    assert lowess_zero(x, x - 0.5) == pytest.approx(0.5, abs=0.03)
    rng = np.random.default_rng(0)
    noise = [(x, rng.normal(size=300)) for _ in range(30)]
    assert not threshold("x", x, rng.normal(size=300), noise).found


def test_interaction_found_and_fdr() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    y = X[:, 0] * X[:, 1] * 2 + X[:, 2] + 0.2 * rng.normal(size=120)
    found = interaction_tests(X, y, draws=19, seeds=3)
    assert found.p_value[0] == pytest.approx(0.05)
    assert found.p_value[1:].min() > 0.3
    assert found.strength.argmax() == 0
    assert found.q_value[0] == pytest.approx(min(1.0, 3 * found.p_value[0]))


def test_commands(tmp_path: Path) -> None:
    frame = simulated(60, years=3)
    frame.to_csv(tmp_path / "d.csv", index=False)
    frame.drop(columns="y").head(7).to_csv(tmp_path / "n.csv", index=False)
    shared = ["--data", "d.csv", "--y", "y", "--x", "a,b", "--unit", "unit", "--coords", "lon,lat"]
    gp = [
        *shared,
        "--new",
        "n.csv",
        "--draws",
        "2",
        "--restarts",
        "0",
        "--no-baselines",
        "--folds",
        "2",
    ]
    for out, more in (
        ("g1", []), ("g2", ["--no-figures"]), ("m", ["--no-figures", "--kernel", "matern"])
    ):  # fmt: skip
        done = zhengce("fit", "ggpr", *gp, *more, "--out", out, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    small = ["--seeds", "2", "--draws", "3", "--tests", "3", "--folds", "2", "--no-figures"]
    done = zhengce("fit", "xgb-shap", *shared, *small, "--out", "x", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for out in ("g1", "m", "x"):
        table = pd.read_csv(tmp_path / out / "attributions.csv")
        assert {"base", "geo", "a", "a:geo", "a_low", "b:geo_high"} <= set(table)
        assert {"scheme", "metric", "value"} <= set(pd.read_csv(tmp_path / out / "validation.csv"))
        assert json.loads((tmp_path / out / "summary.json").read_text("utf-8"))["n_obs"] == 60
    assert list(pd.read_csv(tmp_path / "g1" / "predictions.csv")) == [
        "mean", "std", "conf_low", "conf_high",
    ]  # fmt: skip
    for file in ("predictions.csv", "attributions.csv"):
        assert (tmp_path / "g1" / "figures" / "maps.png").exists()
        assert (tmp_path / "g1" / file).read_bytes() == (tmp_path / "g2" / file).read_bytes()
    wrong = zhengce("fit", "ggpr", *shared[:-2], "--coords", "lat,lon", "--out", "w", cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "--coords lon,lat" in wrong.stderr
    assert not (tmp_path / "w").exists()


def test_tuned_beside_the_settings_of_the_article(monkeypatch, tmp_path: Path) -> None:
    from ml.boosting import BoostSettings
    from ml.xgb import XgbJob, run_xgb, write_xgb

    grid = [BoostSettings(trees=5), BoostSettings(trees=40, depth=2)]
    monkeypatch.setattr("ml.boosting.GRID", grid)
    job = XgbJob(seeds=1, draws=2, tests=2, folds=2, tuned=True, with_figures=False)
    result = run_xgb(sample(simulated(60, years=3), unit="unit"), job)
    assert result.tuned == grid[1]
    assert {"xgboost", "xgboost_tuned"} <= set(result.validation["model"])
    write_xgb(result, tmp_path / "x", job)
    written = json.loads((tmp_path / "x" / "summary.json").read_text("utf-8"))
    assert written["tuned_settings"]["depth"] == 2


def test_figures_of_the_article(tmp_path: Path) -> None:
    codes = pd.read_csv("data/statistics/divisions.csv", dtype={"code": str})
    provinces = codes.loc[codes["code"].str.endswith("0000"), "code"].head(24)
    frame = simulated(48, years=2).assign(code=np.repeat(provinces.to_numpy(), 2))
    frame.to_csv(tmp_path / "p.csv", index=False)
    names = ["--y", "y", "--x", "a,b", "--unit", "code", "--seeds", "1", "--draws", "2"]
    given = ["fit", "figures", "--province", "p.csv", *names, "--tests", "2", "--out"]
    done = zhengce(*given, "f", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name, file in (("figure_6_province", "dependence"), ("figure_9_province", "maps")):
        assert (tmp_path / "f" / name / "figures" / f"{file}.png").stat().st_size > 1000
    done = zhengce("fit", "figures", "--out", "n", cwd=tmp_path)
    assert (done.returncode, "no panel is named" in done.stderr) == (2, True)
