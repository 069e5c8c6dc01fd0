"""Due dates and the form they are given in (R6)."""

import pytest

from corpus.commitments.deadlines import find_deadlines


@pytest.mark.parametrize(
    ("text", "known", "unknown"),
    [
        ("到2027年全面达标", "2027", "2027"),
        ("2030年前实现碳达峰", "2030", "2030"),
        ("2025年底前建成3所", "2025-12", "2025-12"),
        ("到2027年底基本建成", "2027-12", "2027-12"),
        ("6月底前完成整治", "2026-06", "--06"),
        ("今年7月底完成", "2026-07", "--07"),
        ("明年3月底前完成", "2027-03", "--03"),
        ("十月底前建成", "2026-10", "--10"),
        ("2026年10月1日前通车", "2026-10-01", "2026-10-01"),
        ("年底前基本完成", "2026-12", "year-end"),
        ("明年年底前完成", "2027-12", "year-end"),
        ("到“十五五”末达到30%", "2030", "2030"),
        ("力争3年内完成改造", "3 years", "3 years"),
        ("用三年时间补齐短板", "3 years", "3 years"),
        ("三年培育领军企业50家", "3 years", "3 years"),
        ("6个月内办结", "6 months", "6 months"),
        ("30天内答复", "30 days", "30 days"),
        ("确保汛期前完工", "汛期前", "汛期前"),
    ],
)
def test_due(text: str, known: str, unknown: str) -> None:
    assert [d.due for d in find_deadlines(text, year=2026)] == [known]
    assert [d.due for d in find_deadlines(text)] == [unknown]


@pytest.mark.parametrize(
    "text",
    ["今年完成", "年内建成", "新的一年", "“十五五”时期", "今后五年", "三年行动", "五年规划", "连续三年", "过去五年",
     "三年来", "尽快", "当前", "上半年", "2035年远景目标", "2026年1月至3月", "第三年"],
)  # fmt: skip
def test_not_due(text: str) -> None:
    assert find_deadlines(text, year=2026) == []


def test_a_date_gone_by_is_no_promise() -> None:
    from corpus.commitments import extract_commitments

    found = extract_commitments("到2020年全面建成。", section="plan", year=2026)
    assert [c.kind for c in found] == []
