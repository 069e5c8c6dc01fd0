"""Section, heading path, unit type and annex on an invented report."""

from __future__ import annotations

import pytest

from corpus.sentences import split_text
from corpus.structure import Unit, describe_units, unit_type_of
from tests.conftest import invented_report


def units() -> dict[str, Unit]:
    text = invented_report("广东省", 2026, 321)
    return {text[u.span.start : u.span.end]: u for u in describe_units(text, split_text(text))}


@pytest.mark.parametrize(
    ("start", "section", "unit_type"),
    [
        ("2026年广东省政府工作报告", "other", "furniture"),
        ("——2026年1月20日", "other", "furniture"),
        ("各位代表：", "review", "ritual"),
        ("现在，我代表省人民政府", "review", "ritual"),
        ("一、2025年工作回顾", "review", "heading"),
        ("地区生产总值增长5.2%。", "review", "body"),
        ("（一）科技创新取得新进展。", "review", "heading"),
        ("高新技术企业达到2.3万家", "review", "body"),
        ("二、2026年主要任务", "plan", "heading"),
        ("全社会研发经费投入强度", "plan", "body"),
        ("完善河湖长制。", "plan", "body"),
        ("三、加强政府自身建设", "governance", "heading"),
        ("让我们更加紧密", "governance", "ritual"),
        ("名词解释", "other", "heading"),
        ("1.链长制：指", "other", "glossary"),
    ],
)
def test_place_of_sentences(start: str, section: str, unit_type: str) -> None:
    found = [u for text, u in units().items() if text.startswith(start)]
    assert [(u.section, u.unit_type) for u in found] == [(section, unit_type)]


def test_heading_path_leads_from_chapter_to_item() -> None:
    path = units()["全社会研发经费投入强度提高到2.8%以上。"].heading_path
    assert path == "二、2026年主要任务 / （一）强化科技引领"


def test_what_follows_the_report_is_annex() -> None:
    flags = {text[:4]: u.is_annex for text, u in units().items()}
    assert flags["名词解释"] is True
    assert flags["1.链长"] is True
    assert flags["完善河湖"] is False


def test_text_without_greeting_has_no_furniture() -> None:
    text = "加快建设实验室，引进人才。\n新建公路300公里。"
    assert {u.unit_type for u in describe_units(text, split_text(text))} == {"body"}


@pytest.mark.parametrize(
    ("sentence", "unit_type"),
    [
        ("各位代表！", "ritual"),
        ("（来源：青海日报）", "furniture"),
        ("（二）建设现代化产业体系。", "heading"),
        ("新建高速公路300公里，完成投资500亿元。", "body"),
        ("5.“双碳”：指碳达峰和碳中和。", "glossary"),
        ("", "body"),
    ],
)
def test_unit_type_of_a_lone_sentence(sentence: str, unit_type: str) -> None:
    assert unit_type_of(sentence) == unit_type
