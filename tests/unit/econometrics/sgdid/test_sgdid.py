"""SGDID: the treatment, what it recovers from simulated panels, and checks that can fail."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import UserError
from configs.paths import DATA
from configs.sgdid_settings import SgdidSettings, load_sgdid
from corpus.regions import provinces
from econometrics.audit.audit import audit_file
from econometrics.sgdid.design import SgdidDesign
from econometrics.sgdid.event_study import detectable_slope, event_study
from econometrics.sgdid.measurement import carry_through, normal_draws, rubin
from econometrics.sgdid.panel_file import read_panel
from econometrics.sgdid.robustness import (
    alternative_weights,
    exposure_rings,
    leave_one_out,
    permutation_test,
    placebo_dates,
    wild_cluster_bootstrap,
)
from econometrics.sgdid.treatment import make_treatment
from econometrics.spatial.panel import PanelArrays, lag
from econometrics.spatial.problems import SpecificationError
from econometrics.spatial.weights import read_weights
from econometrics.tables.formats import (
    as_csv,
    as_docx,
    as_html,
    as_latex,
    as_published_csv,
    as_text,
)
from econometrics.tables.layout import model_table
from tests.conftest import zhengce

WEIGHTS = DATA / "weights" / "province_queen_hainan_linked.csv"
CODES = [region.code for region in provinces()]
YEARS = range(2018, 2024)


def simulated_study(
    seed: int,
    *,
    rho: float = 0.3,
    beta: float = -0.4,
    theta: float = -0.2,
    noise: float = 0.6,
    trend: float = 0.0,
) -> tuple[SgdidDesign, dict[str, float]]:
    """SIMULATED 31 x 6 panel with a known effect, two controls, and perhaps a pre-trend."""
    rng = np.random.default_rng(seed)
    W = read_weights(WEIGHTS).align(CODES).row_standardise()
    intensity = dict(zip(CODES, np.exp(0.3 * rng.normal(size=31)), strict=True))
    treatment = make_treatment(intensity, CODES, YEARS, 2023)
    D = treatment.values(list(YEARS))
    X = rng.normal(size=(6, 31, 2))
    mean = beta * D + theta * lag(W.matrix, D) + X @ [0.3, -0.2] + lag(W.matrix, X) @ [0.1, 0.0]
    mean += rng.normal(size=(1, 31)) + rng.normal(size=(6, 1)) + noise * rng.normal(size=(6, 31))
    mean += trend * np.arange(6)[:, None] * treatment.scaled[None, :]
    y = np.linalg.solve(np.eye(31) - rho * W.matrix.toarray(), mean.T).T
    return SgdidDesign(
        PanelArrays(y, X, ("c1", "c2"), tuple(CODES), tuple(YEARS)), W, treatment
    ), intensity


def test_shipped_weights_are_the_usual_contiguity() -> None:
    W = read_weights(WEIGHTS).align(CODES)
    assert W.matrix.nnz == 2 * 69
    assert (W.matrix != W.matrix.T).nnz == 0
    assert W.islands == ()
    hainan = CODES.index("460000")
    assert [CODES[j] for j in W.matrix[hainan].indices] == ["440000"]


def test_treatment_is_standardised_and_timed() -> None:
    study, intensity = simulated_study(1)
    values = study.treatment.values(list(YEARS))
    assert np.all(values[:5] == 0)
    assert values[5].std(ddof=1) == pytest.approx(1)
    assert study.treatment.sd == pytest.approx(np.std(list(intensity.values()), ddof=1))


@pytest.mark.parametrize(
    ("change", "post", "message"),
    [
        (lambda d: {k: v for k, v in d.items() if k != "440000"}, 2023, "no intensity for 440000"),
        (lambda d: dict.fromkeys(d, 1.0), 2023, "the same in all units"),
        (lambda d: d, 2018, "no period before 2018"),
        (lambda d: d, 2030, "no period from 2030 on"),
    ],
)
def test_impossible_treatments(change: Any, post: int, message: str) -> None:
    _, intensity = simulated_study(1)
    with pytest.raises(SpecificationError, match=message):
        make_treatment(change(intensity), CODES, list(YEARS), post)


def test_effect_is_recovered_without_noise() -> None:
    study, _ = simulated_study(2, noise=1e-4)
    effect = study.effect(draws=0)
    assert effect.rho[0] == pytest.approx(0.3, abs=1e-3)
    assert effect.beta[0] == pytest.approx(-0.4, abs=1e-3)
    assert effect.theta[0] == pytest.approx(-0.2, abs=1e-3)
    assert effect.total[0] == pytest.approx(-0.6 / 0.7, abs=1e-2)


def test_lee_yu_is_nearly_unbiased_and_covers_where_direct_ml_does_not() -> None:
    """60 panels here; 400 in the benchmark. Bars with room for 60 draws."""
    found = [simulated_study(1000 + s)[0] for s in range(60)]
    both = {
        c: [s.effect(correction=c, errors="information", draws=0) for s in found]
        for c in ("none", "lee-yu")
    }
    bias = {c: np.mean([e.rho[0] for e in es]) - 0.3 for c, es in both.items()}
    assert abs(bias["lee-yu"]) < 0.07
    assert bias["none"] < bias["lee-yu"] - 0.05
    covered = [abs(e.total[0] + 0.6 / 0.7) <= 1.96 * e.total[1] for e in both["lee-yu"]]
    assert 0.85 <= np.mean(covered) <= 1.0


def test_event_study_sees_a_trend_and_knows_its_power() -> None:
    flat = event_study(simulated_study(3)[0], errors="information")
    steep = event_study(simulated_study(3, trend=0.5)[0], errors="information")
    assert flat.reference == 2022
    assert flat.df == 8
    assert flat.p_value > 0.01
    assert steep.p_value < 1e-4
    assert 0 < flat.detectable_slope < 0.5


def test_detectable_slope_has_the_stated_power() -> None:
    rng = np.random.default_rng(4)
    trend = np.array([-3.0, -2.0, -1.0, 0.0])
    root = rng.normal(size=(4, 4)) * 0.1 + np.eye(4)
    cov = root @ root.T
    slope = detectable_slope(trend, cov)
    draws = slope * trend + rng.multivariate_normal(np.zeros(4), cov, size=20_000)
    statistic = np.einsum("ri,ij,rj->r", draws, np.linalg.inv(cov), draws)
    assert (statistic > 9.4877).mean() == pytest.approx(0.8, abs=0.01)


def test_one_pre_period_has_no_event_study() -> None:
    study = simulated_study(5)[0].subset(times=[2022, 2023])
    with pytest.raises(SpecificationError, match="two periods before"):
        event_study(study)


def test_permutation_finds_what_is_there_and_not_what_is_not() -> None:
    there = permutation_test(simulated_study(6, noise=0.3)[0], draws=199, seed=1)
    absent = permutation_test(simulated_study(6, beta=0, theta=0, noise=0.3)[0], draws=199, seed=1)
    assert there.p_value[0] == pytest.approx(1 / 200)
    assert absent.p_value[0] > 0.05
    again = permutation_test(simulated_study(6, noise=0.3)[0], draws=199, seed=1)
    assert np.array_equal(there.draws, again.draws)


def test_point_equals_the_full_fit() -> None:
    study, _ = simulated_study(7)
    beta, direct, total = study.point(study.treatment)
    effect = study.effect(draws=0)
    assert (beta, direct, total) == pytest.approx(
        (effect.beta[0], effect.direct[0], effect.total[0]), abs=1e-7
    )


def test_placebo_dates_use_no_treated_period() -> None:
    study, _ = simulated_study(8)
    found = placebo_dates(study, errors="information")
    assert list(found) == [2019, 2020, 2021, 2022]
    changed = study.controls.y.copy()
    changed[5] += 100 * np.arange(31)
    other = placebo_dates(
        replace(study, controls=replace(study.controls, y=changed)), errors="information"
    )
    assert found == other


def test_leaving_out_gives_one_result_a_province_or_a_reason() -> None:
    study, _ = simulated_study(9)
    found = leave_one_out(study, errors="information")
    assert set(found) == set(CODES)
    assert "without a neighbour: 460000" in str(found["440000"])
    assert sum(isinstance(v, str) for v in found.values()) == 1


def test_alternative_weights_are_aligned_by_key() -> None:
    study, _ = simulated_study(10)
    raw = read_weights(WEIGHTS)
    shuffled = raw.align(sorted(CODES, reverse=True))
    same = alternative_weights(study, {"again": shuffled}, errors="information")["again"]
    assert same.beta[0] == pytest.approx(
        study.effect(errors="information", draws=0).beta[0], abs=1e-8
    )


def test_rings_and_wild_bootstrap() -> None:
    study, _ = simulated_study(11, rho=0.0, noise=0.3)
    rings = exposure_rings(study)
    assert abs(rings.own[0] + 0.4) < 4 * rings.own[1]
    assert abs(rings.near[0] + 0.2) < 4 * rings.near[1]
    strong = wild_cluster_bootstrap(study, draws=199, seed=0)
    none = wild_cluster_bootstrap(simulated_study(11, beta=0, theta=0)[0], draws=199, seed=0)
    assert strong.p_value < 0.05
    assert none.p_value > 0.05


def test_rubins_rules() -> None:
    combined = rubin([1.0, 3.0], [1.0, 1.0], (2.0, 1.0))
    assert (combined.estimate, combined.std_error) == (2.0, 2.0)
    study, intensity = simulated_study(12, noise=0.3)
    same = normal_draws(intensity, dict.fromkeys(CODES, 0.0), CODES, draws=3, seed=0)
    exact = carry_through(study, same, errors="information")["beta"]
    assert exact.between == pytest.approx(0, abs=1e-12)
    drawn = normal_draws(intensity, dict.fromkeys(CODES, 0.1), CODES, draws=20, seed=0)
    noisy = carry_through(study, drawn, errors="information")["beta"]
    assert noisy.std_error > exact.std_error
    assert 0 < noisy.missing_information < 1


@pytest.fixture(scope="module")
def table() -> Any:
    panel = simulated_study(13)[0].panel()
    return model_table({"SDM": panel.fit(draws=200), "SAR": panel.fit(model="sar", draws=200)})


def test_table_in_every_format(table: Any) -> None:
    text = as_text(table)
    for section in ("Main", "Wx", "Total", "Direct", "Indirect", "Spatial", "Variance"):
        assert f"\n{section}\n" in text
    assert "Lee-Yu" in text
    assert "seed 0" in text
    frame = pd.read_csv(pd.io.common.StringIO(as_csv(table)))
    assert set(frame["section"]) == {
        "Main",
        "Wx",
        "Total",
        "Direct",
        "Indirect",
        "Spatial",
        "Variance",
    }
    assert frame.loc[frame["section"] == "Variance", "stars"].eq(0).all()
    assert "<script" not in as_html(table)
    assert as_latex(table).count(r"\\") > 20
    assert as_docx(table)[:2] == b"PK"


def test_our_own_table_passes_the_audit(table: Any, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(as_published_csv(table, 0), "utf-8")
    assert audit_file(path).findings == ()


def test_the_command_on_a_simulated_study(tmp_path: Path) -> None:
    study, intensity = simulated_study(14)
    rows = [
        {
            "region_code": c,
            "year": y,
            "ser": study.controls.y[t, i],
            "c1": study.controls.X[t, i, 0],
            "text": intensity[c],
            "text_se": 0.02,
        }
        for t, y in enumerate(YEARS)
        for i, c in enumerate(CODES)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "panel.csv", index=False)
    (tmp_path / "s.toml").write_text(
        'name = "simulated"\ndraws = 100\n[data]\npanel = "panel.csv"\ncontrols = ["c1"]\nfirst = 2018\nlast = 2023\n'
        '[treatment]\ncolumn = "text"\nstd_error = "text_se"\npost_from = 2023\n'
        f'[weights]\nmain = "{WEIGHTS}"\n[weights.alternatives]\nagain = "{WEIGHTS}"\n'
        "[robustness]\npermutations = 50\nbootstrap = 50\nintensity_draws = 5\n",
        "utf-8",
    )
    done = zhengce("fit", "sgdid", "s.toml", "--out", "out", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary == json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["treatment"]["absorbed"] == {
        "Intensity_i": "unit effects",
        "Post_t": "year effects",
    }
    assert summary["permutation"]["draws"] == 50
    assert set(summary["measurement"]) == {"beta", "direct", "indirect", "total"}
    assert any("dose response" in note for note in summary["notes"])
    for name in ("event_study.png", "specification_curve.svg", "permutation.png"):
        assert (tmp_path / "out" / "figures" / name).stat().st_size > 1000
    assert audit_file(tmp_path / "out" / "tables" / "published.csv").findings == ()
    for suffix in ("txt", "csv", "html", "tex", "docx"):
        assert (tmp_path / "out" / "tables" / f"sgdid.{suffix}").is_file()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "key name: is needed"),
        ('name = "x"\nbogus = 1', "key bogus"),
        ("name = ", "is not TOML"),
    ],
)
def test_bad_study_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as error:
        load_sgdid(path)
    assert message in error.value.line()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("code,year,extra\n110000,2018,1\n110000,2018,2\n", "110000 2018 occurs twice"),
        ("code,year,ser\n110000,2018,1\n", "the column 'ser' is in the panel already"),
        ("place,year,extra\n110000,2018,1\n", "there is no column 'region_code'"),
        ("code,year,extra\n110000,每年,1\n", "the column 'year' holds no whole periods"),
    ],
)
def test_bad_tables_beside_the_panel(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_panel(_beside(tmp_path, table))


def test_tables_beside_the_panel_add_columns_and_no_rows(tmp_path: Path) -> None:
    table = "code,year,extra\n120000,2018,7\n999999,2018,1\n"
    frame = read_panel(_beside(tmp_path, table))
    assert frame["region_code"].tolist() == ["110000", "120000"]
    assert frame["extra"].fillna(-1).tolist() == [-1, 7]


def _beside(folder: Path, table: str) -> SgdidSettings:
    (folder / "p.csv").write_text("region_code,year,ser\n110000,2018,1\n120000,2018,2\n", "utf-8")
    (folder / "also.csv").write_text(table, "utf-8")
    return SgdidSettings.model_validate(
        {
            "name": "x",
            "data": {
                "panel": folder / "p.csv",
                "also": [folder / "also.csv"],
                "first": 2018,
                "last": 2018,
            },
            "treatment": {"post_from": 2018, "column": "ser"},
            "weights": {"main": WEIGHTS},
        }
    )
