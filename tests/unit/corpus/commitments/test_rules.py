"""Rules R4-R9 and rulings C1, C2, C8 of the codebook, and the directions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.commitments import extract_commitments


def kinds(text: str, section: str = "plan") -> list[str]:
    """Return the kinds found, in order of position."""
    return [c.kind for c in extract_commitments(text, section=section, year=2026)]


RULES = [
    # R5: a forward-looking figure counts with no measure named
    ("R5", "研发投入强度达到2.6%以上。", "plan", ["quantity"]),
    ("R5", "地区生产总值增长5%左右。", "plan", ["quantity"]),
    # R6: what is a due date
    ("R6", "到2027年全面达标。", "plan", ["deadline"]),
    ("R6", "6月底前完成整治。", "plan", ["deadline"]),
    ("R6", "年底前基本建成。", "plan", ["deadline"]),
    ("R6", "力争三年内完成改造。", "plan", ["deadline"]),
    ("R6", "今年完成整治任务。", "plan", []),
    ("R6", "年内建成投运。", "plan", []),
    ("R6", "“十五五”时期持续提升。", "plan", []),
    ("R6", "早日建成、尽快见效。", "plan", []),
    ("R6", "新的一年再接再厉。", "plan", []),
    # R7: names and vague numbers
    ("R7", "培育一批龙头企业，推出若干举措。", "plan", []),
    ("R7", "实现行政村5G网络全覆盖。", "plan", ["quantity"]),
    ("R7", "推进“十百千万”企业培育。", "plan", []),
    # R8: money
    ("R8", "设立20亿元人才发展基金。", "plan", ["money"]),
    ("R8", "加大财政投入。", "plan", []),
    ("R8", "给予每人2000元补贴。", "plan", ["money"]),
    # R9: legal and accountable force
    ("R9", "推动出台数字经济促进条例。", "plan", ["legal"]),
    ("R9", "修订优化营商环境条例。", "plan", ["legal"]),
    ("R9", "严禁新增隐性债务。", "plan", ["legal"]),
    ("R9", "一律不得新建化工项目。", "plan", ["legal"]),
    ("R9", "坚决守住耕地保护红线。", "plan", ["legal"]),
    ("R9", "将能耗降低作为约束性指标。", "plan", ["legal"]),
    ("R9", "纳入各市高质量发展考核。", "plan", ["legal"]),
    ("R9", "考核结果与干部任用挂钩。", "plan", ["legal"]),
    ("R9", "对逾期未完成的严肃追责问责。", "plan", ["legal"]),
    ("R9", "对逾期企业依法关停。", "plan", ["legal"]),
    ("R9", "加强重点领域立法。", "plan", ["legal"]),
    ("R9", "坚决遏制、严格管控、狠抓落实。", "plan", []),
    ("R9", "落实民营经济促进条例。", "plan", []),
    ("R9", "做到令行禁止。", "plan", []),
    ("R9", "在国家考核中获优秀等次。", "review", []),
    ("R9", "开展“五个严禁”检查。", "plan", []),
    # C2: to be added or reached, against what is there
    ("C2", "新建智能工厂300家。", "plan", ["quantity"]),
    ("C2", "壮大19个产业集群。", "plan", []),
    ("C2", "抓好14个试点。", "plan", []),
    ("C2", "聚焦12个主导产业和107个重点园区。", "plan", []),
    ("C2", "实施十大攻关。", "plan", []),
    ("C2", "打造2个千亿级产业集群。", "plan", ["quantity", "money"]),
    ("C2", "办好20项民生实事。", "plan", ["quantity"]),
    # C1: in a review the same numbers are outcomes
    ("C1", "19个产业集群加快壮大。", "review", ["quantity"]),
    ("C1", "新增高新技术企业800家。", "review", ["quantity"]),
    # C8: an assigned target without a figure
    ("C8", "完成国家下达的节能降碳目标任务。", "plan", []),
    ("C8", "全面完成国家下达的能耗约束性指标。", "plan", []),
    # named programmes and bodies
    ("2", "深入实施城市更新行动。", "plan", ["named"]),
    ("2", "组建省数据集团，设立未来产业研究院。", "plan", ["named"]),
    ("2", "实施一批重大工程。", "plan", []),
    ("2", "提升创新平台能级。", "plan", []),
    ("2", "反对形式主义和“形象工程”。", "plan", []),
]


@pytest.mark.parametrize(("rule", "text", "section", "expected"), RULES)
def test_rule(rule: str, text: str, section: str, expected: list[str]) -> None:
    assert kinds(text, section) == expected, rule


@pytest.mark.parametrize(
    ("text", "section", "direction"),
    [
        ("新增就业45万人。", "plan", "ahead"),
        ("新增就业45万人。", "review", "back"),
        ("新增就业45万人。", "governance", "ahead"),
        ("去年新增就业45万人。", "plan", "back"),
        ("在去年基础上再增加5万人。", "plan", "ahead"),
        ("生产总值比上年增长5%。", "plan", "ahead"),
        ("累计建成阵地700个。", "plan", "back"),
        ("到2030年生产总值翻一番。", "review", "ahead"),
        ("到2025年占比达到20%。", "review", "back"),
        ("我们将新增就业45万人。", "review", "ahead"),
        ("坚持将76%的财力用于民生。", "review", "back"),
        ("今年的预期目标是：增长5%。", "review", "ahead"),
        ("确保了粮食产量达到700亿斤。", "review", "back"),
        ("五年来，高铁里程达到1600公里。", None, "back"),
        ("力争高铁里程达到1600公里。", None, "ahead"),
        ("新增就业已达45万人。", None, "back"),
        ("占比达到20%。", None, "back"),
        ("再建充电桩2万个。", None, "ahead"),
        ("到2029年建成充电桩2万个。", None, "ahead"),
    ],
)
def test_direction(text: str, section: str | None, direction: str) -> None:
    found = [
        c for c in extract_commitments(text, section=section, year=2026)
        if c.kind in {"quantity", "money"}
    ]  # fmt: skip
    assert [c.direction for c in found] == [direction]


@pytest.mark.parametrize(
    ("heading", "previous", "direction"),
    [
        ("一、2025年工作回顾", None, "back"),
        ("二、2026年工作安排", None, "ahead"),
        (None, "一年来，我们主要做了以下工作。", "back"),
        (None, "2026年重点工作如下：", "ahead"),
    ],
)
def test_section_is_guessed(heading: str | None, previous: str | None, direction: str) -> None:
    (found,) = extract_commitments("新建水库3座。", heading=heading, previous=previous)
    assert found.direction == direction


def test_a_sentence_may_look_both_ways() -> None:
    found = extract_commitments("去年建成实验室12家，今年再新建省实验室3家。", section="plan")
    assert [(c.value, c.direction) for c in found] == [(12.0, "back"), (3.0, "ahead")]


def test_a_due_date_governs_the_figures_after_it() -> None:
    found = extract_commitments("新建30家，到2027年达到80家。", section="plan")
    assert [(c.kind, c.deadline) for c in found] == [
        ("quantity", ""),
        ("deadline", "2027"),
        ("quantity", "2027"),
    ]


_PIECES = st.sampled_from(
    ["到2027年", "新增", "12.5%", "，", "“", "”", "３个", "亿元", "实施", "更新行动", "严禁", "以上",
     "由", "至", "翻一番", "第", "、", "分别", "年底前", "🙂", "\n", "《", "》", "试点", "1/3", "—"]
)  # fmt: skip


@given(
    st.one_of(st.text(), st.lists(_PIECES).map("".join)), st.sampled_from(["review", "plan", None])
)
def test_spans_lie_in_the_text(text: str, section: str | None) -> None:
    for item in extract_commitments(text, section=section, year=2026):
        assert 0 <= item.span_start < item.span_end <= len(text)
        assert text[item.span_start : item.span_end].strip()
        assert (item.value is not None) == (item.kind in {"quantity", "money"})
        assert (item.kind != "deadline") or item.deadline


@pytest.mark.parametrize("text", ["", "。", "   ", "各位代表！"])
def test_nothing_to_find(text: str) -> None:
    assert extract_commitments(text) == []
