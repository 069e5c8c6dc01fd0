"""Parents and lead-ins of units cut from lists (R10)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.lists import link_units
from corpus.sentences import split_text

CASES = [
    (
        "做好三件事：一是稳增长保就业；二是惠民生办实事；三是防风险守底线。严守耕地红线。",
        [0, 0, 0, 3],
        ["", "做好三件事：", "做好三件事：", ""],
    ),
    (
        "重点抓好以下工作：\n一是加快建设实验室。\n二是引进高层次人才。\n坚持稳中求进。",
        [0, 1, 2, 3],
        ["", "重点抓好以下工作：", "重点抓好以下工作：", ""],
    ),
    ("完成投资一千亿元；新建公路三百公里。建成水库三座。", [0, 0, 2], ["", "", ""]),
    ("严守红线要求；\n狠抓落实见效。", [0, 1], ["", ""]),
    ("主要目标是：经济稳步增长；居民收入同步增长。", [0, 0], ["", ""]),
]


@pytest.mark.parametrize(("text", "parents", "leads"), CASES)
def test_links(text: str, parents: list[int], leads: list[str]) -> None:
    spans = split_text(text)
    links = link_units([text[s.start : s.end] for s in spans], [s.paragraph for s in spans])
    assert [link.parent for link in links] == parents
    assert [link.lead_in for link in links] == leads


@given(st.text(alphabet="一二是第做好三件事工作：；。，\n（1）—", max_size=80))
def test_parents_point_back_within_the_paragraph(text: str) -> None:
    spans = split_text(text)
    links = link_units([text[s.start : s.end] for s in spans], [s.paragraph for s in spans])
    for i, link in enumerate(links):
        assert 0 <= link.parent <= i
        assert links[link.parent].parent == link.parent
        assert spans[link.parent].paragraph == spans[i].paragraph
