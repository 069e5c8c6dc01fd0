"""The chain behind the article on the shipped data, with a quick scorer and few draws."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from tests.conftest import ROOT, zhengce

#: Every part of configs/nqp_ser.toml; cue words instead of the BERT, and as few draws as a test needs.
QUICK = """
[scoring]
scorer = "cues"
since = 2025
[report]
years = [2025, 2026]
strongest = 1
[scales.province]
panel = "configs/panel_province_2018_2023.toml"
x = ["nqp", "Fin", "Cons"]
[scales.enterprise]
panel = "configs/panel_enterprise_SIMULATED.toml"
y = "SIMULATED_ser"
x = ["SIMULATED_nqp", "SIMULATED_Size"]
years = [2021, 2023]
[sgdid]
intensity_year = 2025
post_from = 2023
years = [2018, 2023]
controls = ["nqp", "Fin"]
standardised = ["nqp"]
draws = 50
[sgdid.weights]
main = "data/weights/province_queen_hainan_linked.csv"
[sgdid.weights.alternatives]
"4 nearest" = "data/weights/province_knn4.csv"
[sgdid.robustness]
permutations = 19
bootstrap = 19
intensity_draws = 0
combination_permutations = 9
[shap]
scales = ["province", "enterprise"]
seeds = 2
draws = 2
tests = 1
folds = 2
[ggpr]
scales = ["province"]
draws = 0
folds = 2
"""
HEAD = 'name = "quick"\ntitle = "Quick models"\ntitle_zh = "快速模型"\n'


@dataclass(frozen=True)
class ModelStudy:
    study: Path
    out: Path

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.out / "tables" / f"{name}.csv", dtype={"region_code": str})


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> ModelStudy:
    folder = tmp_path_factory.mktemp("models")
    study = folder / "quick.toml"
    study.write_text(HEAD + QUICK, "utf-8")
    answer = zhengce("run", str(study), "--out", str(folder / "run"), "--jobs", "2", cwd=folder)
    assert answer.returncode == 0, answer.stderr
    return ModelStudy(study, folder / "run")


def test_every_table_and_figure_of_the_article_is_there(quick: ModelStudy) -> None:
    tables = {p.name for p in (quick.out / "tables").iterdir()}
    for name in ("table_1_indicators", "table_2_controls", "table_3_sgdid"):
        assert {f"{name}{e}" for e in (".csv", ".tex", ".docx")} <= tables
    figures = {p.name for p in (quick.out / "figures").iterdir()}
    for name in ("figure_3_province_nqp", "figure_3_province_ser", "figure_5_enterprise_SIMULATED_nqp",
                 "figure_6_shap_province", "figure_8_shap_enterprise_SIMULATED",
                 "figure_9_ggpr_province"):  # fmt: skip
        assert {f"{name}.png", f"{name}.svg"} <= figures
    manifest = json.loads((quick.out / "manifest.json").read_text("utf-8"))
    assert manifest["seeds"] == {"scoring": 0, "sgdid": 0, "shap": 0, "ggpr": 0}


def test_second_run_reuses_every_step(quick: ModelStudy) -> None:
    again = zhengce("run", str(quick.study), "--out", str(quick.out), cwd=quick.study.parent)
    assert again.returncode == 0
    assert " done " not in again.stderr


@pytest.mark.slow  # and in benchmarks/study.py, with the whole study
def test_one_step_at_a_time_in_another_folder_gives_the_same_tables(
    quick: ModelStudy, tmp_path: Path
) -> None:
    shutil.copy(quick.study, tmp_path / "other.toml")
    zhengce("run", "other.toml", "--out", "elsewhere", "--jobs", "1", cwd=tmp_path)
    for one in sorted((quick.out / "tables").iterdir()):
        assert (tmp_path / "elsewhere" / "tables" / one.name).read_bytes() == one.read_bytes(), one


def begun(quick: ModelStudy, out: Path) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A run in a session of its own that has its helper at work."""
    shutil.copytree(quick.out, out)
    steps = json.loads((out / "steps.json").read_text("utf-8"))
    for name in ("shap_province", "shap_enterprise", "ggpr_province", "describe_province"):
        steps.pop(name)
    (out / "steps.json").write_text(json.dumps(steps), "utf-8")
    command = [sys.executable, str(ROOT / "zhengce.py"), "run", str(quick.study)]
    run = subprocess.Popen(
        [*command, "--out", str(out), "--jobs", "2"],
        cwd=out.parent, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    return run, until(lambda: helpers_of(run.pid))


def test_a_killed_run_takes_its_helper_with_it_and_the_next_goes_on(
    quick: ModelStudy, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    run, helpers = begun(quick, out)
    run.kill()
    run.communicate()
    until(lambda: not any(map(alive, helpers)))
    again = zhengce("run", str(quick.study), "--out", str(out), cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert {"shap_province", "ggpr_province"} <= {
        line.split()[0] for line in again.stderr.splitlines() if " done " in line
    }
    assert not list(out.rglob("*.tmp"))
    for one in sorted((quick.out / "tables").iterdir()):
        assert (out / "tables" / one.name).read_bytes() == one.read_bytes(), one


def test_ctrl_c_stops_both_and_says_so_in_one_line(quick: ModelStudy, tmp_path: Path) -> None:
    run, helpers = begun(quick, tmp_path / "stopped")
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert said.splitlines()[-1].startswith("zhengce: stopped; what is finished is kept")
    assert "Traceback" not in said
    until(lambda: not any(map(alive, helpers)))
    assert not list((tmp_path / "stopped").rglob("*.tmp"))


def until(found: Callable[[], Any], limit: float = 60) -> Any:
    """Ask again until the answer is true."""
    end = time.monotonic() + limit
    while not (answer := found()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.02)
    return answer


def helpers_of(pid: int) -> list[psutil.Process]:
    """Processes that do steps beside the run; the tracker of multiprocessing is not one."""
    return [p for p in psutil.Process(pid).children() if "spawn_main" in " ".join(p.cmdline())]


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_the_treatment_is_the_mean_of_the_dimensions(quick: ModelStudy) -> None:
    treatment = pd.read_csv(quick.out / "tables" / "treatment.csv", dtype={"unit": str})
    assert len(treatment) == 31
    own = treatment[["intensity_s", "intensity_g", "intensity_t"]].mean(axis=1)
    pd.testing.assert_series_equal(treatment["value"], own, check_names=False)
    intensity = quick.table("intensity")
    part = intensity[(intensity["year"] == 2025) & (intensity["dimension"] == "sci_tech_talent")]
    pd.testing.assert_series_equal(
        part.set_index("region_code")["intensity"].reindex(treatment["unit"]).reset_index(drop=True),
        treatment["intensity_s"], check_names=False,
    )  # fmt: skip


def test_standardised_controls_have_unit_spread_between_provinces(quick: ModelStudy) -> None:
    panel = quick.table("sgdid_panel")
    assert panel.groupby("region_code")["nqp"].mean().std() == pytest.approx(1)
    raw = quick.table("panel_province")
    assert (panel["nqp"] / raw["nqp"]).std() < 1e-9
    assert panel["Fin"].tolist() == raw["Fin"].tolist()


def test_the_page_answers_a_referee_and_walks_back(quick: ModelStudy) -> None:
    page = (quick.out / "report.html").read_text("utf-8")
    for anchor in ("table-1", "table-2", "table-3", "figure-3", "figure-5", "figure-6", "figure-8",
                   "figure-9", "provinces", "referee", "published"):  # fmt: skip
        assert f'id="{anchor}"' in page
    assert "The text comes after the outcome" in page
    assert "measures of intensity" in page
    assert page.count("SIMULATED") > 5
    provinces = page[page.index('id="provinces"') : page.index('id="figure-6"')]
    for code in re.findall(r'href="#r(\d{6})"', provinces):
        assert f'id="r{code}"' in page
        assert f'href="#t{code}-2025"' in page
    assert len(set(re.findall(r'href="#r(\d{6})"', provinces))) == 31


def test_sensitivity_holds_every_kind_of_measure(quick: ModelStudy) -> None:
    found = quick.table("sgdid_by_measure")
    assert {"dimension", "composite", "level", "past", "annex", "parent"} <= set(found["family"])
    own = found[found["measure"] == "mean"].iloc[0]
    table = quick.table("table_3_sgdid")
    said = table[(table["model"] == "SDM: Lee-Yu") & (table["term"] == "did")].set_index("section")
    assert own["beta"] == pytest.approx(said.loc["Main", "estimate"], rel=1e-6)
    assert own["correlation"] == pytest.approx(1)


def test_the_articles_window_names_what_is_missing(tmp_path: Path) -> None:
    answer = zhengce(
        "run", str(ROOT / "configs/nqp_ser_2018_2023.toml"), "--out", "w", cwd=tmp_path
    )
    assert answer.returncode == 2
    last = answer.stderr.strip().splitlines()[-1]
    assert "no text of 2023 for 北京市" in last
    assert "zhengce crawl --year 2023" in last
    rows = pd.read_csv(tmp_path / "w/tables/coverage_texts.csv", dtype={"region_code": str})
    assert len(rows) == 31 * 6
    assert rows[(rows["region_code"] == "130000") & (rows["year"] == 2023)]["has_text"].all()


def test_texts_of_a_parse_folder_fill_the_cells(tmp_path: Path) -> None:
    from configs.settings import StudySettings
    from corpus.records import read_records
    from corpus.schemas import ReportTable
    from corpus.store import write_table
    from study.texts import check_texts, coverage_frame, read_reports

    shipped = ROOT / "data/corpus/reports.jsonl.gz"
    reports = read_records(shipped)
    ours = reports[(reports["year"] == 2025) & (reports["level"] == "province")].copy()
    ours["report_id"], ours["year"] = ours["region_code"] + "-2023", 2023
    write_table(ReportTable, ours.reset_index(drop=True), tmp_path / "crawl" / "report.parquet")
    whole = read_reports([shipped, tmp_path / "crawl"])
    settings = StudySettings.model_validate({
        "name": "x", "title": "x", "report": {"years": (2023, 2025)}, "scoring": {"since": 2023},
    })  # fmt: skip
    coverage = coverage_frame(whole, [2023, 2024, 2025])
    assert coverage[coverage["year"] == 2023]["has_text"].all()
    check_texts(coverage, settings)
    kept = whole[whole["report_id"] == "130000-2023"].iloc[0]
    assert kept["text"] == reports[reports["report_id"] == "130000-2023"].iloc[0]["text"]


@pytest.mark.browser
def test_the_page_in_a_browser(quick: ModelStudy) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    assert chromium is not None, "no chromium: apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        asked: list[str] = []
        page.on("request", lambda r: asked.append(r.url))
        page.goto((quick.out / "report.html").as_uri())
        found = Axe().run(page).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
        page.click("#table-3 ~ .wide a[href='#provinces'] >> nth=0")
        page.click("#provinces ~ .wide a >> nth=0")
        code = page.evaluate("location.hash").removeprefix("#r")
        page.wait_for_function("id => document.getElementById(id).open", arg=f"r{code}")
        page.click(f"#r{code} a[href='#t{code}-2025']")
        page.wait_for_function("id => document.getElementById(id).open", arg=f"t{code}-2025")
        assert "sha256" in page.locator(f"#t{code}-2025 .source").inner_text()
        with page.expect_download() as got:
            page.click("a[download='table_3_sgdid.csv'] >> nth=0")
        assert got.value.suggested_filename == "table_3_sgdid.csv"
        page.click("#language")
        assert "审稿页" in page.locator("#referee h2").inner_text()
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        browser.close()
        assert [u for u in asked if not u.startswith(("file:", "data:", "blob:"))] == []
