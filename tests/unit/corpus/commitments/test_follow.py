"""Promises and their outcomes."""

import pandas as pd
import pytest

from corpus.commitments.follow import follow, follow_frame
from corpus.commitments.table import COLUMNS, commitment_frame, picture, scoreboard
from corpus.commitments.verdict import verdict_of


def sentences(*rows: tuple[int, str, str]) -> pd.DataFrame:
    """Return a sentence table of one region from (year, section, text)."""
    return pd.DataFrame(
        {
            "report_id": f"420000-{year}",
            "sentence_id": f"420000-{year}-{n:04d}",
            "text": text,
            "section": section,
            "year": year,
            "region_code": "420000",
            "region": "某省",
        }
        for n, (year, section, text) in enumerate(rows, start=1)
    )


PLAN = (2025, "plan", "新建高标准农田200万亩，城镇新增就业45万人以上，研发投入强度达到2.6%。")


@pytest.mark.parametrize(
    ("outcome", "stated", "verdict"),
    [
        ("建成高标准农田210万亩。", 210.0, "met"),
        ("新建高标准农田170万亩。", 170.0, "partly"),
        ("新建高标准农田90万亩。", 90.0, "missed"),
        ("城镇新增就业47.3万人。", 473000.0, "met"),
        ("全省研发投入强度达到2.65%。", 2.65, "met"),
    ],
)
def test_pair(outcome: str, stated: float, verdict: str) -> None:
    frame = commitment_frame(sentences(PLAN, (2026, "review", outcome)))
    (pair,) = follow(frame, confidence=0.5)
    assert (pair.stated, pair.verdict, pair.year) == (stated, verdict, 2025)
    assert 0.5 <= pair.confidence <= 1.0


@pytest.mark.parametrize(
    "rows",
    [
        (PLAN, (2026, "review", "建成高标准农田210家。")),  # another unit
        (PLAN, (2026, "review", "老旧小区改造完成300个。")),  # another subject
        (PLAN, (2027, "review", "建成高标准农田210万亩。")),  # not the next year
        (PLAN, (2026, "plan", "建成高标准农田210万亩。")),  # promised again
        (
            (2025, "plan", "到2030年高标准农田达到900万亩。"),
            (2026, "review", "高标准农田达到300万亩。"),
        ),
        ((2025, "plan", "出口增长5%。"), (2026, "review", "进出口下降5%。")),
        (
            PLAN,
            (2026, "review", "过去五年，我们取得新成就。"),
            (2026, "review", "累计建成高标准农田1200万亩。"),
        ),
    ],
)
def test_no_pair(rows: tuple[tuple[int, str, str], ...]) -> None:
    assert follow(commitment_frame(sentences(*rows))) == []


def test_each_outcome_is_used_once() -> None:
    frame = commitment_frame(
        sentences(
            (2025, "plan", "新建高标准农田200万亩。"),
            (2025, "plan", "改造高标准农田100万亩。"),
            (2026, "review", "新建高标准农田205万亩。"),
        )
    )
    pairs = follow_frame(frame, confidence=0.0)
    assert pairs["outcome_id"].is_unique
    assert pairs.iloc[0]["promised"] == 200.0


def test_table_of_no_pairs_keeps_its_columns() -> None:
    frame = commitment_frame(sentences(PLAN))
    assert list(follow_frame(frame).columns)[:3] == ["region_code", "region", "year"]


@pytest.mark.parametrize(
    ("promised", "comparator", "stated", "subject", "measure", "comparable", "verdict"),
    [
        (5.0, "about", 5.2, "地区生产总值", "growth", True, "met"),
        (5.0, "about", 4.6, "地区生产总值", "growth", True, "met"),
        (5.0, "about", 4.2, "地区生产总值", "growth", True, "partly"),
        (5.0, "about", -3.3, "固定资产投资", "growth", True, "missed"),
        (5.5, "about", 5.2, "城镇调查失业率", "level", True, "met"),
        (5.5, "<=", 6.0, "城镇调查失业率", "level", True, "partly"),
        (2.0, "about", -0.1, "居民消费价格", "growth", True, "met"),
        (3.0, ">=", 3.4, "单位能耗", "reduction", True, "met"),
        (100.0, "", 100.0, "", "addition", False, "stated"),
        (100.0, "", 10.0, "", "addition", False, "stated"),
        (0.0, "", 0.0, "", "other", True, "met"),
        (0.0, "", 3.0, "", "other", True, "stated"),
    ],
)
def test_verdict(
    promised: float,
    comparator: str,
    stated: float,
    subject: str,
    measure: str,
    comparable: bool,
    verdict: str,
) -> None:
    found = verdict_of(
        promised, comparator, stated, subject=subject, measure=measure, comparable=comparable
    )
    assert found == verdict


def test_table() -> None:
    table = commitment_frame(sentences(PLAN))
    assert list(table.columns) == list(COLUMNS)
    assert list(table["topic"]) == ["agriculture", "livelihood", "science"]
    assert set(table["period"]) == {"year"}
    for row in table.itertuples():
        assert row.text[row.span_start : row.span_end].strip()


def test_headings_commit_to_nothing() -> None:
    frame = sentences(PLAN).assign(unit_type="heading")
    assert commitment_frame(frame).empty


def test_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="sentence_id"):
        commitment_frame(pd.DataFrame({"report_id": [], "text": []}))


def test_scoreboard_and_picture() -> None:
    pytest.importorskip("matplotlib")
    board = scoreboard(commitment_frame(sentences(PLAN)))
    assert board.loc[0, "total"] == 3
    assert board.loc[0, "agriculture"] == 1
    figure = picture(board)
    assert len(figure.axes) == 2
    assert scoreboard(commitment_frame(sentences(PLAN)), direction="back").empty
