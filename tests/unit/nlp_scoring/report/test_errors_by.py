"""Detectors of rules on sentences made for them; error tables against counting by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from corpus.rubric import load_rubric
from nlp_scoring.ordinal import Predictions
from nlp_scoring.report.errors_by import COLUMNS, error_tables, ordered
from nlp_scoring.report.rule_cases import CASES, rule_masks

RUBRIC = load_rubric()


def row(text: str, **columns: str) -> pd.DataFrame:
    base = {
        "previous": "", "next": "", "temporality": "future", "unit_type": "body", "confidence": "normal",
    }  # fmt: skip
    return pd.DataFrame([{"text": text, **base, **columns}])


def rules(frame: pd.DataFrame, levels: tuple[int, ...] = (0, 0, 0)) -> set[str]:
    return {k for k, rows in rule_masks(frame, np.array([levels]), RUBRIC).items() if rows[0]}


@pytest.mark.parametrize(
    ("text", "columns", "found", "absent"),
    [
        ("发展养老服务。", {}, set(), {f"R{i}" for i in range(1, 18)}),
        ("新建5G基站3万个，完善河湖长制。", {}, {"R2", "R5"}, {"R4", "R7"}),
        ("新建5G基站3万个。", {}, {"R5"}, {"R2"}),
        ("加快发展。", {"next": "新建公路30公里。"}, {"R3"}, {"R5"}),
        ("高新技术企业达到2万家。", {"temporality": "past"}, {"R4"}, {"R5"}),
        ("已建成12家，今年再建3家。", {"temporality": "mixed"}, {"R4", "R6"}, {"R5"}),
        ("到2027年建成省实验室。", {}, {"R6", "R7"}, {"R5"}),
        ("6月底前完成改造。", {}, {"R6"}, set()),
        ("建设一批5G基站，实施三年行动。", {}, {"R7"}, {"R5", "R6"}),
        ("设立专项资金。", {}, {"R8"}, {"R5"}),
        ("安排150亿元。", {}, {"R8"}, set()),
        ("大桥投入使用。", {}, set(), {"R8"}),
        ("出台促进条例，严禁新增产能。", {}, {"R9"}, set()),
        ("坚定不移推进。", {}, {"R9"}, set()),
        ("一是强化科技引领；", {}, {"R10"}, set()),
        ("强化科技引领", {"unit_type": "heading"}, {"R11"}, {"R16"}),
        ("让我们奋力谱写新篇章！", {}, {"R12"}, set()),
        ("贯彻党中央决策部署。", {}, {"R13"}, set()),
        ("各位代表：", {"unit_type": "ritual"}, {"R14"}, {"R11"}),
        ("创新能力不强。", {"temporality": "diagnosis"}, {"R15"}, {"R4"}),
        ("提高（能力，", {}, {"R16"}, set()),
        ("，提高能力。", {}, {"R16"}, set()),
        ("发展产业。", {"confidence": "low"}, {"R17"}, set()),
    ],
)
def test_rules(text: str, columns: dict[str, str], found: set[str], absent: set[str]) -> None:
    seen = rules(row(text, **columns))
    assert found <= seen
    assert not absent & seen


def test_several_dimensions_and_unknown_rules() -> None:
    assert "R1" in rules(row("甲。"), (1, 0, 2))
    assert "R1" not in rules(row("甲。"), (3, 0, 0))
    few = replace(RUBRIC, rules=RUBRIC.rules[:3])
    assert list(rule_masks(row("甲。"), np.zeros((1, 3), dtype=int), few)) == ["R1", "R2", "R3"]


def test_every_rule_of_the_rubric_has_a_detector() -> None:
    assert [case.rule for case in CASES] == [rule.id for rule in RUBRIC.rules]


def test_missing_columns_leave_rules_and_groups_out() -> None:
    frame = row("安排3亿元资金。")[["text"]].assign(report_id="r", region="河北省", **LEVELS)
    masks = rule_masks(frame, np.zeros((1, 3), dtype=int), RUBRIC)
    assert not {"R3", "R4", "R5", "R11", "R14", "R15", "R16", "R17"} & set(masks)
    table = error_tables(frame, perfect(frame), RUBRIC)
    assert set(table["by"]) == {"all", "rule", "province", "level"}


LEVELS = dict.fromkeys(RUBRIC.dimension_ids, 0)


def perfect(frame: pd.DataFrame) -> Predictions:
    levels = frame[list(RUBRIC.dimension_ids)].to_numpy()
    return Predictions((levels[:, :, None] > np.arange(3)).astype(float), "perfect")


def simulated(n: int = 400) -> tuple[pd.DataFrame, Predictions]:
    """SIMULATED: labels of eight reports in three places, predictions that often miss."""
    rng = np.random.default_rng(5)
    report = rng.integers(0, 8, n)
    place = np.array(["河北省", "全国", "广东省"], dtype=object)[report % 3]
    frame = pd.concat([row("新建实验室3家。")] * n, ignore_index=True).assign(
        report_id=[f"r{i}" for i in report],
        region=place,
        level=np.where(place == "全国", "national", "province"),
        year=[str(2020 + i % 2) for i in report],
        **dict(zip(RUBRIC.dimension_ids, rng.integers(0, 4, (3, n)), strict=True)),
    )
    exceed = np.cumprod(rng.random((n, 3, 3)), axis=2)
    return frame, Predictions(exceed, "random")


def test_tables_against_counting() -> None:
    frame, predictions = simulated()
    table = error_tables(frame, predictions, RUBRIC)
    assert table.columns.tolist() == list(COLUMNS)
    for column, by, name in (("region", "province", "河北省"), ("year", "year", "2021")):
        rows = (frame[column] == name).to_numpy()
        for i, d in enumerate(RUBRIC.dimension_ids):
            chosen = (table["by"] == by) & (table["group"] == name) & (table["dimension"] == d)
            found = table[chosen].iloc[0]
            y = frame[d].to_numpy()[rows]
            level, score = predictions.level[rows, i], predictions.score[rows, i]
            assert found["n"] == rows.sum()
            assert found["n_reports"] == frame["report_id"][rows].nunique()
            assert found["mae"] == pytest.approx(np.abs(score - y).mean())
            assert found["wrong_share"] == pytest.approx((level != y).mean())
            kappa = cohen_kappa_score(y, level, weights="quadratic", labels=range(4))
            assert found["qwk"] == pytest.approx(kappa)
    # Three or four reports have no interval; all eight have one around the estimate.
    assert table.query("by == 'year'")[["mae_low", "wrong_high"]].isna().all(axis=None)
    whole = table.query("by == 'all'")
    assert (whole["mae_low"] < whole["mae"]).all()
    assert (whole["mae"] < whole["mae_high"]).all()


def test_levels_have_no_kappa_and_perfection_no_error() -> None:
    frame, predictions = simulated()
    assert error_tables(frame, predictions, RUBRIC).query("by == 'level'")["qwk"].isna().all()
    table = error_tables(frame, perfect(frame), RUBRIC)
    assert table[["mae", "wrong_share"]].eq(0).all(axis=None)
    assert table["qwk"].dropna().eq(1).all()


def test_small_groups_have_no_kappa() -> None:
    frame, predictions = simulated(25)
    assert error_tables(frame, predictions, RUBRIC)["qwk"].isna().all()


def test_groups_come_in_the_order_of_codes_and_lists() -> None:
    places = {"广东省", "北京市", "全国", "县级 counties"}
    assert ordered("province", places, RUBRIC) == ["全国", "北京市", "广东省", "县级 counties"]
    assert ordered("unit_type", {"ritual", "body", "new"}, RUBRIC) == ["body", "ritual", "new"]
    assert ordered("year", {"2026", "2018"}, RUBRIC) == ["2018", "2026"]


def test_other_numbers_of_rows_are_refused() -> None:
    frame, predictions = simulated(30)
    with pytest.raises(ValueError, match=r"\(29, 3\) labels, \(30, 3\) predictions"):
        error_tables(frame.iloc[1:], predictions, RUBRIC)
