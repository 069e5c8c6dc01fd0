"""The evaluation report on SIMULATED predictions: tables, charts, escaping, and refused inputs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corpus.rubric import load_rubric
from nlp_scoring.evaluation import evaluate_dimension
from nlp_scoring.labels import read_labels
from nlp_scoring.ordinal import Predictions
from nlp_scoring.report.charts import calibration_chart, learning_chart
from nlp_scoring.report.masking import MaskedPair
from nlp_scoring.report.page import evaluation_page
from nlp_scoring.report.tables import (
    EvaluationTables,
    calibration_curve,
    confusion_shares,
    evaluation_tables,
)
from tests.conftest import write_labels

RUBRIC = load_rubric()
DIMENSIONS = RUBRIC.dimension_ids


def simulated(n: int = 600) -> tuple[np.ndarray, Predictions, list[str]]:
    """SIMULATED: levels of thirty reports, drawn from the very chances that are predicted."""
    rng = np.random.default_rng(3)
    exceed = np.cumprod(rng.beta(1, 2, (n, 3, 3)), axis=2)
    truth = (rng.random((n, 3, 1)) < exceed).sum(axis=2)
    return truth, Predictions(exceed, "m"), [f"r{i % 30}" for i in range(n)]


def test_calibration_bins_give_the_calibration_error() -> None:
    truth, predictions, reports = simulated()
    curve = calibration_curve(truth[:, 1], predictions, 1, reports)
    assert curve["n"].sum() == len(truth)
    assert curve["n"].between(50, 70).all()
    error = (curve["n"] * (curve["accuracy"] - curve["confidence"]).abs()).sum() / len(truth)
    quality = evaluate_dimension("d", truth[:, 1], predictions, 1, reports)
    assert error == pytest.approx(quality.metrics["ece"].estimate)
    assert (curve["conf_low"] <= curve["accuracy"]).all()
    assert (curve["accuracy"] <= curve["conf_high"]).all()


def test_a_scorer_without_doubt_has_one_bin() -> None:
    truth, predictions, reports = simulated(40)
    sure = Predictions(np.round(predictions.exceed), "sure")
    curve = calibration_curve(truth[:, 0], sure, 0, reports)
    assert curve[["n", "confidence"]].to_numpy().tolist() == [[40, 1]]


def test_confusion_shares() -> None:
    truth, predictions, reports = simulated()
    table = confusion_shares(truth[:, 0], predictions, 0, reports)
    assert table["count"].sum() == len(truth)
    np.testing.assert_allclose(table.groupby("truth")["share"].sum(), 1)
    quality = evaluate_dimension("d", truth[:, 0], predictions, 0, reports)
    diagonal = table[table["truth"] == table["predicted"]].set_index("truth")["share"]
    assert diagonal.to_dict() == pytest.approx(quality.recall)
    nobody = confusion_shares(truth[:, 0] * 0, predictions, 0, reports)
    assert nobody[nobody["truth"] > 0]["share"].isna().all()


def frame_of(tmp_path: Path, **columns: object) -> pd.DataFrame:
    write_labels(tmp_path / "labels.csv")
    return read_labels(tmp_path / "labels.csv", RUBRIC).assign(**columns)


def tables_of(labels: pd.DataFrame, learning: dict[str, pd.DataFrame]) -> EvaluationTables:
    truth = labels[list(DIMENSIONS)].to_numpy()
    rng = np.random.default_rng(0)
    good = np.where(rng.random((len(labels), 3, 1)) < 0.9, truth[:, :, None] > np.arange(3), 0.2)
    poor = np.full_like(good, 0.3)
    first, second = (Predictions(np.minimum.accumulate(x, axis=2), "m") for x in (good, poor))
    scorers = {"bert": first, "<b>new</b>": second}
    pairs = {"bert": MaskedPair(first, second)}
    return evaluation_tables(labels, RUBRIC, scorers, pairs, learning, seed=0)


CURVE = pd.DataFrame(
    {"n_labels": [500, 500, 2000], "dimension": DIMENSIONS[0], "qwk": [0.6, 0.7, 0.8], "seed": [0, 1, 0]}
)  # fmt: skip


def test_page_escapes_and_loads_nothing(tmp_path: Path) -> None:
    region = "<script>alert(1)</script>"
    labels = frame_of(tmp_path, region=region)
    tables = tables_of(labels, {"bert": CURVE})
    page = evaluation_page(tables, RUBRIC, provenance=[("labels", "a<b>")])
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "&lt;b&gt;new&lt;/b&gt;" in page
    assert "a&lt;b&gt;" in page
    assert not re.search(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", page)
    assert "default-src 'none'" in page
    assert page == evaluation_page(tables, RUBRIC, provenance=[("labels", "a<b>")])


def test_page_says_both_things_in_both_languages(tmp_path: Path) -> None:
    page = evaluation_page(tables_of(frame_of(tmp_path), {}), RUBRIC, provenance=[])
    assert "coded by machine, not by people" in page
    assert "并非人工标注" in page
    assert page.count('<span lang="en">') == page.count('<span lang="zh-CN">')
    assert "R4 过去与未来：" in page
    assert "R4 past or mixed tense with a quantity" in page
    assert "None was computed." in page
    assert not re.search(r"\bnan\b", page)


def test_levels_that_nobody_used(tmp_path: Path) -> None:
    labels = frame_of(tmp_path, **dict.fromkeys(DIMENSIONS, 0))
    page = evaluation_page(tables_of(labels, {}), RUBRIC, provenance=[])
    assert not re.search(r"\bnan\b", page)
    assert "–" in page


def test_charts_stay_inside_their_frame() -> None:
    truth, predictions, reports = simulated()
    curve = calibration_curve(truth[:, 0], predictions, 0, reports)
    charts = [calibration_chart([("d0", curve)]), learning_chart([("d0", "S", CURVE)])]
    for chart in charts:
        assert chart is not None
        for series in chart.series:
            for p in series.points:
                assert chart.left <= p.x <= chart.right
                assert all(
                    chart.top - 0.01 <= y <= chart.bottom + 0.01 for y in (p.y, p.low, p.high) if y
                )
    assert [p.text for p in charts[1].series[0].points] == ["n = 500: 0.650", "n = 2000: 0.800"]
    near = learning_chart([(f"d{i}", str(i), CURVE.assign(qwk=0.8 - i / 500)) for i in range(3)])
    assert near is not None
    heights = [series.name_y for series in near.series]
    assert np.diff(heights).min() >= 9
    assert heights[0] == near.series[0].points[-1].y
    assert learning_chart([]) is None
    assert learning_chart([("d0", "S", CURVE.head(1))]) is not None


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 768, 1440])
def test_page_fits_the_screen_and_switches_language(tmp_path: Path, width: int) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("no chromium: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    path = tmp_path / "evaluation.html"
    tables = tables_of(frame_of(tmp_path), {"bert": CURVE})
    path.write_text(evaluation_page(tables, RUBRIC, provenance=[("labels", "0" * 300)]), "utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        problems: list[str] = []
        page.on("console", lambda m: problems.append(m.text))
        page.on("pageerror", lambda e: problems.append(str(e)))
        requests: list[str] = []
        page.on("request", lambda r: requests.append(r.url))
        page.goto(path.as_uri())
        for title in ("How good is the scorer? BERT", "评分模型有多好？BERT"):
            assert page.locator("h1").inner_text() == title
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.locator(".machine span:visible").count() == 1
            page.click("#language")
        browser.close()
    assert problems == []
    assert requests == [path.as_uri()]
