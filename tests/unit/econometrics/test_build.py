"""The shipped panels, their lineage, and what a panel file refuses."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.errors import UserError
from configs.panel_settings import load_panel
from configs.paths import PROVINCE_PANEL
from econometrics.build import PanelBuild, build_panel
from econometrics.indicators import load_indicators
from econometrics.lineage import Lineage
from econometrics.output import gaps_frame, panel_frame, panel_tables
from econometrics.page import panel_page
from econometrics.replay import replay
from tests.conftest import ROOT

CONFIGS = ROOT / "configs"
PANELS = ("province", "province_2018_2023", "city", "enterprise_SIMULATED")


@pytest.fixture(scope="module")
def builds() -> dict[str, PanelBuild]:
    return {name: build_panel(load_panel(CONFIGS / f"panel_{name}.toml")) for name in PANELS}


@pytest.mark.parametrize(
    ("scale", "indicators", "controls"),
    [("province", 19, 7), ("city", 13, 7), ("enterprise", 11, 12)],
)
def test_tables_1_and_2_are_complete(scale: str, indicators: int, controls: int) -> None:
    system = load_indicators(CONFIGS / "indicators" / f"{scale}.toml")
    assert (len(system.indicators), len(system.controls)) == (indicators, controls)
    assert all(
        i.definition and i.definition_zh and i.unit for i in (*system.indicators, *system.controls)
    )


def test_shipped_panels(builds: dict[str, PanelBuild]) -> None:
    shapes = {name: panel_frame(b).shape[0] for name, b in builds.items()}
    assert shapes == {
        "province": 434,
        "province_2018_2023": 186,
        "city": 4200,
        "enterprise_SIMULATED": 4000,
    }
    balanced = panel_frame(builds["province_2018_2023"])
    assert balanced[["nqp", "ser", "Cons", "Fin"]].notna().all().all()
    assert len(builds["province"].composite.ids) == 7
    assert builds["city"].composite.ids == ("avg_wage_yuan",)


def test_missing_series_are_reported_and_not_invented(builds: dict[str, PanelBuild]) -> None:
    coverage = panel_tables(builds["province"])["coverage.csv"].set_index("id")
    for name in (
        "colleges_n",
        "telecom_100m",
        "waste_treatment_pct",
        "ai_companies_n",
        "data_platforms_n",
        "Edu",
        "Prec",
    ):
        assert coverage.loc[name, "status"] == "missing"
        assert coverage.loc[name, "n_filled"] == 0
        assert name not in panel_frame(builds["province"]).columns
    assert coverage.loc["avg_wage_yuan", "status"] == "proxy"


def test_gaps_follow_the_rule(builds: dict[str, PanelBuild]) -> None:
    gaps = gaps_frame(builds["province"])
    inside = gaps[gaps["treatment"] != "edge"]
    assert (inside.loc[inside["treatment"] == "interpolated", "n_years"] == 1).all()
    long = inside[inside["treatment"] == "too_long"]
    assert ((long["region_code"] == "440000") & (long["variable"] == "green_patents_n")).any()
    # Guangdong 2020-21 lacks green patents: no index there, rather than one of other things.
    frame = panel_frame(builds["province"]).set_index(["region_code", "year"])
    assert frame.loc[("440000", 2020), "nqp"] != frame.loc[("440000", 2020), "nqp"]
    assert frame.loc[("440000", 2022), "nqp_coverage_share"] == pytest.approx(7 / 13)


def test_contributions_sum_to_the_index(builds: dict[str, PanelBuild]) -> None:
    table = panel_tables(builds["province"])["contributions.csv"]
    ids = list(builds["province"].composite.ids)
    assert table[ids].sum(axis=1).to_numpy() == pytest.approx(table["nqp"].to_numpy())


def test_suspect_cells_are_emptied(builds: dict[str, PanelBuild]) -> None:
    build = builds["city"]
    assert len(build.loaded.emptied) > 1000
    assert {(e.unit, e.year) for e in build.loaded.emptied if "10 times" in e.reason} >= {
        ("220300", 2019),
        ("620900", 2023),
    }
    one = next(e for e in build.loaded.emptied if e.column == "gdp_growth_pct")
    i, t = build.grid.place(one.unit, one.year)
    assert math.isnan(build.grid["ser"][i, t])
    assert "is interpolated" in Lineage(build).trace(one.unit, one.year, "gdp_growth_pct").how


def test_bartik_needs_one_vintage(builds: dict[str, PanelBuild]) -> None:
    growth = builds["city"].growth
    assert growth is not None
    assert "not all declared first_published" in growth.left_out["bartik"]
    assert "ser_bartik" not in builds["city"].grid.columns
    assert "ser_bartik" in builds["province"].grid.columns


@pytest.mark.parametrize("name", PANELS)
def test_derived_cells_replay_from_their_files(builds: dict[str, PanelBuild], name: str) -> None:
    build = builds[name]
    lineage = Lineage(build)
    units = build.grid.units[:: max(1, len(build.grid.units) // 6)]
    for column in build.derived:
        for unit in units:
            for year in build.grid.years:
                node = lineage.trace(unit, year, column)
                np.testing.assert_allclose(
                    replay(node), node.value, rtol=1e-9, atol=1e-12, err_msg=column
                )


def test_leaves_name_file_row_and_column(builds: dict[str, PanelBuild]) -> None:
    node = Lineage(builds["province"]).trace("440000", 2022, "nqp")
    leaves = node.leaves()
    raw = pd.read_csv(PROVINCE_PANEL, dtype=str, header=None)
    for leaf in leaves:
        assert leaf.place is not None
        header = raw.iloc[0].tolist()
        assert float(raw.iloc[leaf.place.row - 1, header.index(leaf.place.column)]) == leaf.value
    with pytest.raises(UserError, match="no row for 440000 in 1999"):
        Lineage(builds["province"]).trace("440000", 1999, "nqp")
    with pytest.raises(UserError, match="no column 'x'"):
        Lineage(builds["province"]).trace("440000", 2022, "x")


def test_simulated_is_everywhere(builds: dict[str, PanelBuild]) -> None:
    build = builds["enterprise_SIMULATED"]
    frame = panel_frame(build)
    keys = ["firm_code", "firm", "year", "city_code"]
    assert all(c.startswith("SIMULATED_") for c in frame.columns if c not in keys)
    assert "SIMULATED" in panel_page(build, panel_tables(build)).split("<title>")[1][:20]
    assert build.firm_resilience is not None
    assert build.firm_resilience.directions == ("positive", "negative")


CHANGES = [
    (
        'vintage = "revised"',
        'vintage = "first_published"',
        "is revised, the panel asks for first_published",
    ),
    (
        'growth = "gdp_growth_revised_pct"',
        'growth = "gdp_growth_prelim_pct"',
        "is first_published, the panel asks for revised",
    ),
    ('growth = "gdp_growth_revised_pct"', 'growth = "gdp_per_capita_yuan"', "is not declared"),
    ('scale = "province"', 'scale = "village"', "scale"),
    (
        "[index]",
        "[index]\nwieghts = 1",
        "key index.wieghts: unknown key 'wieghts'; known here: exclude",
    ),
    ("years = [2016, 2023]", "years = [2009, 2023]", "are not within 2011-2024"),
    ("[index]", '[index]\nexclude = ["x"]', "which is no indicator"),
    ('source = "none"', 'source = "file"', "needs the key file"),
    ("years = [2011, 2024]", "years = [2024, 2011]", "run backwards"),
    ("province_panel.csv", "nowhere.csv", "cannot be read"),
]


@pytest.mark.parametrize(("old", "new", "message"), CHANGES)
def test_panel_files_are_refused_in_one_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = (CONFIGS / "panel_province.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "p.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(UserError) as error:
        build_panel(load_panel(path))
    assert message in error.value.line()
    assert "\n" not in error.value.line()


def test_a_users_mixed_vintage_is_refused(tmp_path: Path) -> None:
    panel = pd.read_csv(PROVINCE_PANEL, dtype={"code": str})
    rows = (panel["year"] == 2020) & (panel["code"] == "420000")
    panel.loc[rows, "gdp_growth_revised_pct"] = panel.loc[rows, "gdp_growth_prelim_pct"]
    panel.to_csv(tmp_path / "mine.csv", index=False)
    text = (CONFIGS / "panel_province.toml").read_text("utf-8")
    path = tmp_path / "p.toml"
    path.write_text(
        text.replace("data/statistics/province_panel.csv", str(tmp_path / "mine.csv")), "utf-8"
    )
    with pytest.raises(UserError, match=r"420000 in 2020 .* is the first published figure"):
        build_panel(load_panel(path))


def test_intensity_joins_by_the_rule_of_timing(tmp_path: Path) -> None:
    text = (CONFIGS / "panel_province.toml").read_text("utf-8")
    reports = pd.DataFrame(
        {
            "region_code": ["440000"],
            "year": [2020],
            "report_id": ["440000-2020"],
            "intensity_s": [0.5],
        }
    )
    for lag in (0, 1):
        path = tmp_path / "p.toml"
        path.write_text(text.replace("lag = 0", f"lag = {lag}"), "utf-8")
        build = build_panel(load_panel(path), intensity=reports)
        i, t = build.grid.place("440000", 2020 + lag)
        assert build.grid["intensity_s"][i, t] == 0.5
        assert np.isfinite(build.grid["intensity_s"]).sum() == 1
        node = Lineage(build).trace("440000", 2020 + lag, "intensity_s")
        assert node.place is not None
        assert node.place.sheet == "440000-2020"
    with pytest.raises(UserError, match="no report joins a row"):
        build_panel(load_panel(path), intensity=reports.assign(year=1990))
