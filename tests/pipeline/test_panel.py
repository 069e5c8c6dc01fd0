"""The verbs of the panel, as a user types them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from configs.errors import UserError
from corpus.schemas import PanelTable
from corpus.store import read_table
from econometrics.firms import FirmPanelTable
from econometrics.intensity import read_intensity
from tests.conftest import ROOT, TinyStudy, zhengce

DATA = ROOT / "tests" / "data" / "panel"
TABLES = ["coverage.csv", "weights.csv", "normalisation.csv", "contributions.csv", "rank_stability.csv", "gaps.csv",
          "panel_description.csv", "settings.json", "report.html", "panel.csv", "panel.parquet"]  # fmt: skip


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("panel") / "province"
    answer = zhengce("panel", "build", "configs/panel_province.toml", "--out", str(out))
    assert answer.returncode == 0, answer.stderr
    assert "434 rows, index from 7 of 13 indicators" in answer.stderr
    return out


def test_build_leaves_the_panel_and_its_account(province: Path) -> None:
    assert {p.name for p in province.iterdir()} >= set(TABLES)
    table = read_table(PanelTable, province / "panel.parquet")
    csv = pd.read_csv(province / "panel.csv", dtype={"region_code": str})
    assert len(table) == len(csv) == 434
    assert csv["nqp"].tolist() == pytest.approx(table["nqp"].tolist(), nan_ok=True)
    weights = pd.read_csv(province / "weights.csv")
    assert weights.groupby("method")["weight"].sum().tolist() == pytest.approx([1.0] * 4)
    page = (province / "report.html").read_text("utf-8")
    assert "7 of the 13 indicators" in page
    assert "<script" not in page


def test_building_twice_gives_equal_bytes(province: Path, tmp_path: Path) -> None:
    assert (
        zhengce("panel", "build", "configs/panel_province.toml", "--out", str(tmp_path)).returncode
        == 0
    )
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == (province / name).read_bytes(), name


def test_trace_leads_to_file_and_row(province: Path) -> None:
    answer = zhengce("panel", "trace", "440000", "2022", "nqp")
    assert answer.returncode == 0
    assert (
        "data/statistics/province_panel.csv row 265 column patents_applied_invention"
        in answer.stdout
    )
    found = json.loads(
        zhengce(
            "panel", "trace", "440000", "2022", "ser", "--panel", str(province), "--format", "json"
        ).stdout
    )
    panel = pd.read_csv(province / "panel.csv", dtype={"region_code": str}).set_index(
        ["region_code", "year"]
    )
    assert found["value"] == pytest.approx(panel.loc[("440000", 2022), "ser"])
    assert found["inputs"][0]["inputs"][0]["file_column"] == "gdp_growth_revised_pct"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trace", "440000", "1999", "nqp"), "no row for 440000 in 1999"),
        (("trace", "440000", "2022", "nonsense"), "no column 'nonsense'"),
        (
            ("trace", "440000", "2022", "nqp", "--panel", "nowhere"),
            "is no settings file of a panel",
        ),
        (("build", "nowhere.toml", "--out", "x"), "cannot be read"),
        (("simulate", "--out", "firms.csv"), "needs SIMULATED in its name"),
        (("check", "nowhere.csv"), "cannot be read"),
        (("import", "nowhere.csv", "--out", "x.csv"), "cannot be read"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    answer = zhengce("panel", *arguments, cwd=tmp_path)
    assert answer.returncode == 2
    assert message in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_trace_notices_a_changed_input(tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_bytes((ROOT / "data/statistics/province_panel.csv").read_bytes())
    text = (
        (ROOT / "configs/panel_province.toml")
        .read_text("utf-8")
        .replace("data/statistics/province_panel.csv", str(mine))
    )
    (tmp_path / "p.toml").write_text(text, "utf-8")
    out = tmp_path / "out"
    assert zhengce("panel", "build", str(tmp_path / "p.toml"), "--out", str(out)).returncode == 0
    mine.write_bytes(mine.read_bytes() + b"\n")
    answer = zhengce("panel", "trace", "440000", "2022", "nqp", "--panel", str(out))
    assert answer.returncode == 2
    assert "has changed since the panel was built" in answer.stderr


def test_simulated_firms(tmp_path: Path) -> None:
    firms = tmp_path / "SIMULATED_firms.csv"
    assert zhengce("panel", "simulate", "--firms", "30", "--out", str(firms)).returncode == 0
    config = tmp_path / "p.toml"
    config.write_text(
        'name = "mine_SIMULATED"\ntitle = "t"\nscale = "enterprise"\nyears = [2014, 2023]\n'
        f'indicators = "configs/indicators/enterprise.toml"\n[[sources]]\nfile = "{firms}"\n',
        "utf-8",
    )
    answer = zhengce("panel", "build", str(config), "--out", str(tmp_path / "out"))
    assert answer.returncode == 0, answer.stderr
    table = read_table(FirmPanelTable, tmp_path / "out" / "panel.parquet")
    assert len(table) == 300
    assert "SIMULATED_nqp" in table.columns
    config.write_text(config.read_text("utf-8").replace("mine_SIMULATED", "mine"), "utf-8")
    answer = zhengce("panel", "build", str(config), "--out", str(tmp_path / "out2"))
    assert answer.returncode == 2
    assert "firms are simulated and the panel's name hides it" in answer.stderr


def test_check_lists_what_is_wrong(tmp_path: Path) -> None:
    table = pd.read_csv(ROOT / "data/statistics/province_panel.csv", dtype={"code": str})
    table = table[["code", "province", "year", "gdp_100m", "broadband_subscribers_10k"]]
    table.to_csv(tmp_path / "good.csv", index=False)
    table.loc[5, "gdp_100m"] *= 1000
    table["broadband_subscribers_10k"] = table.groupby("code")[
        "broadband_subscribers_10k"
    ].transform(
        lambda s: pd.Series(s.dropna().to_numpy()[::-1], index=s.dropna().index).reindex(s.index)
    )
    table.to_csv(tmp_path / "bad.csv", index=False)
    good = zhengce("panel", "check", "good.csv", cwd=tmp_path)
    assert (good.returncode, good.stdout) == (0, "")
    bad = zhengce(
        "panel", "check", "bad.csv", "--out", "found.csv", "--format", "json", cwd=tmp_path
    )
    assert bad.returncode == 1
    rules = {(f["rule"], f["column"]) for f in json.loads(bad.stdout)}
    assert rules == {("unit_break", "gdp_100m"), ("reversed_years", "broadband_subscribers_10k")}
    assert "row 7" in zhengce("panel", "check", "bad.csv", cwd=tmp_path).stdout
    assert len(pd.read_csv(tmp_path / "found.csv")) == len(json.loads(bad.stdout))


def test_import_writes_our_form_and_lists_guesses(tmp_path: Path) -> None:
    answer = zhengce(
        "panel", "import", str(DATA / "nbs_gb18030.csv"), "--out", "gdp.csv", cwd=tmp_path
    )
    assert answer.returncode == 0, answer.stderr
    found = pd.read_csv(tmp_path / "gdp.csv", dtype={"code": str})
    assert found.columns.tolist() == ["code", "name", "year", "gdp_100m"]
    assert len(found) == 16
    (tmp_path / "typo.csv").write_text("地区,年份,GDP(亿元)\n广东醒,2022,1\n", "utf-8")
    answer = zhengce(
        "panel", "import", "typo.csv", "--out", "x.csv", "--guesses", "names.csv", cwd=tmp_path
    )
    assert answer.returncode == 2
    assert not (tmp_path / "x.csv").exists()
    names = (tmp_path / "names.csv").read_text("utf-8")
    assert names.startswith("name,code,candidates\n广东醒,,")
    (tmp_path / "names.csv").write_text(names.replace("广东醒,,", "广东醒,440000,"), "utf-8")
    answer = zhengce(
        "panel", "import", "typo.csv", "--out", "x.csv", "--confirmed", "names.csv", cwd=tmp_path
    )
    assert answer.returncode == 0, answer.stderr


def test_describe(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    answer = zhengce(
        "panel",
        "describe",
        "configs/panel_province_2018_2023.toml",
        "--out",
        str(tmp_path),
        "--permutations",
        "99",
    )
    assert answer.returncode == 0, answer.stderr
    tables = {"description.csv", "correlation.csv", "vif.csv", "missing.csv"}
    assert tables <= {p.name for p in tmp_path.iterdir()}
    assert pd.read_csv(tmp_path / "vif.csv")["vif"].between(1, 10).all()
    for name in ("maps_nqp", "maps_ser", "missingness", "correlation", "evolution"):
        assert (tmp_path / "figures" / f"{name}.svg").stat().st_size > 1000


def test_describe_finds_spatial_association(tmp_path: Path) -> None:
    pytest.importorskip("esda")
    answer = zhengce(
        "panel",
        "describe",
        "configs/panel_province_2018_2023.toml",
        "--out",
        str(tmp_path),
        "--no-figures",
        "--hainan",
        "drop",
    )
    assert answer.returncode == 0, answer.stderr
    assert "Hainan is left out" in answer.stderr
    moran = pd.read_csv(tmp_path / "moran.csv")
    assert (moran["n"] == 30).all()
    assert set(moran["year"]) == set(range(2018, 2024))
    lisa = pd.read_csv(tmp_path / "lisa.csv", dtype={"region_code": str})
    assert len(lisa) == 2 * 6 * 30
    assert "460000" not in set(lisa["region_code"])


def test_intensities_of_a_project_are_joined(finished: TinyStudy, tmp_path: Path) -> None:
    text = (ROOT / "configs/panel_province.toml").read_text("utf-8")
    config = tmp_path / "p.toml"
    config.write_text(
        text.replace("years = [2011, 2024]", "years = [2011, 2026]").replace('"none"', '"project"'),
        "utf-8",
    )
    out = tmp_path / "out"
    answer = zhengce(
        "panel", "build", str(config), "--out", str(out), "--project", str(finished.out)
    )
    assert answer.returncode == 0, answer.stderr
    panel = pd.read_csv(out / "panel.csv", dtype={"region_code": str})
    assert panel["intensity_mean"].notna().sum() == 6
    answer = zhengce(
        "panel",
        "trace",
        "440000",
        "2025",
        "intensity_s",
        "--config",
        str(config),
        "--project",
        str(finished.out),
    )
    assert "440000-2025" in answer.stdout
    # The statistics end in 2024: without wider years no report finds a row.
    config.write_text(text.replace('"none"', '"project"'), "utf-8")
    answer = zhengce(
        "panel", "build", str(config), "--out", str(out), "--project", str(finished.out)
    )
    assert answer.returncode == 2
    assert "no report joins a row" in answer.stderr


def test_intensities_of_a_file_are_joined(tmp_path: Path) -> None:
    pd.DataFrame(
        {
            "region_code": ["440000"] * 2,
            "year": [2020] * 2,
            "dimension": ["a", "b"],
            "intensity": [0.5, 0.25],
        }
    ).to_csv(tmp_path / "i.csv", index=False)
    text = (ROOT / "configs/panel_province.toml").read_text("utf-8")
    config = tmp_path / "p.toml"
    config.write_text(
        text.replace('source = "none"', f'source = "file"\nfile = "{tmp_path / "i.csv"}"').replace(
            "lag = 0", "lag = 1"
        ),
        "utf-8",
    )
    assert zhengce("panel", "build", str(config), "--out", str(tmp_path / "o")).returncode == 0
    panel = pd.read_csv(tmp_path / "o" / "panel.csv", dtype={"region_code": str}).set_index(
        ["region_code", "year"]
    )
    assert panel.loc[("440000", 2021), ["intensity_a", "intensity_b"]].tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            "region,year,s\n海北省,2020,0.5\n",
            "line 2 column region: '海北省' names no single region",
        ),
        ("region,year,s\n广东,2020,高\n", "line 2"),
        ("region,year,s\n广东,2020,0.5\n广东省,2020,0.6\n", "line 3: 440000 2020 s occurs"),
        ("place,year,s\n广东,2020,0.5\n", "lacks the column 'region_code'"),
        ("region,s\n广东,0.5\n", "lacks the column 'year'"),
    ],
)
def test_bad_intensities_of_a_file_are_refused(tmp_path: Path, table: str, message: str) -> None:
    path = tmp_path / "i.csv"
    path.write_text(table, "utf-8")
    with pytest.raises(UserError, match=re.escape(message)):
        read_intensity(path)


def test_intensities_by_name_and_column(tmp_path: Path) -> None:
    path = tmp_path / "i.csv"
    path.write_text(
        "region,year,s,intensity_g\n广东,2020,0.5,\n内蒙古,2021,0.25,1\n河北,2021,0.1,\n吉林,2021,0.2,\n",
        "utf-8",
    )
    frame = read_intensity(path).set_index(["region_code", "year"])
    assert frame.loc[("440000", 2020), "intensity_s"] == 0.5
    assert pd.isna(frame.loc[("440000", 2020), "intensity_g"])
    assert frame.loc[("150000", 2021), "intensity_g"] == 1
    assert frame.loc[("220000", 2021), "intensity_s"] == 0.2  # the province among provinces
    assert frame.loc[("150000", 2021), "report_id"] == f"{path} row 3"
