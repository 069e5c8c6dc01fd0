"""The splitter: hard cases by hand, and spans that always give the text back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sentences import split_text

# A bar marks each boundary that the splitter must find.
CASES = [
    "坚持创新驱动。|建设实验室3家；|引进高层次人才。",
    "撸起袖子加油干！|新的一年开始了。",
    "大力弘扬“撸起袖子加油干！”的精神。|再接再厉。",
    "习近平总书记强调：“要把论文写在大地上。”|我们深受鼓舞。",
    "他说“要加快发展。”，我们照办。",
    "观看《摔跤吧！爸爸》等影片活动。|丰富文化生活。",
    "研发投入强度达到2.8%以上，PM2.5平均浓度下降3.5%。|实施1.2万个项目。",
    "（一）强化科技引领。|加快培育新质生产力。",
    "落实政策（含两新、两重。下同）各项要求。|狠抓落实。",
    "这一年真的很不容易！！|我们没有退缩。",
    "各位代表!|今年是开局之年。",
    "打好蓝天、碧水、净土保卫战；|严守红线。",
    "“十四五”圆满收官；|“十五五”良好开局。",
    "要到哪里去？|由谁来做？|该怎么做？",
    "参见http://example.cn/a?b=1;c=2的说明文件。",
    "引号没有闭合的“句子也要切开。|后面还有内容。",
    "括号没有闭合的（句子也要切开。|后面还有内容。",
    "推进5G、G60科创走廊建设；|1—11月增长6.3%左右。",
]


@pytest.mark.parametrize("marked", CASES)
def test_boundaries(marked: str) -> None:
    text = marked.replace("|", "")
    assert "|".join(text[s.start : s.end] for s in split_text(text)) == marked


def test_semicolon_is_a_setting() -> None:
    text = "建设实验室三家；引进高层次人才。"
    assert len(split_text(text)) == 2
    assert len(split_text(text, semicolon=False)) == 1


def test_fragments_join_their_neighbour() -> None:
    text = "增长5%；增速居全国前列。达8%；好。"
    assert all(len(text[s.start : s.end]) > 4 for s in split_text(text))


OFFICIAL = st.text(
    alphabet="各位代表年增长5%0。！？；，、“”《》（）()‘’：…—\n\r　 ;!?\u2028aG\U0002000b",
    max_size=120,
)


@given(st.one_of(OFFICIAL, st.text(max_size=200)), st.booleans())
def test_spans_reproduce_the_text(text: str, semicolon: bool) -> None:
    spans = split_text(text, semicolon=semicolon)
    place, rebuilt = 0, []
    for span in spans:
        gap = text[place : span.start]
        assert gap.strip() == ""
        assert span.start < span.end
        assert text[span.start : span.end].strip() == text[span.start : span.end]
        rebuilt += [gap, text[span.start : span.end]]
        place = span.end
    assert text[place:].strip() == ""
    assert "".join(rebuilt) + text[place:] == text
    assert [s.paragraph for s in spans] == sorted(s.paragraph for s in spans)


@given(OFFICIAL)
def test_splitting_is_deterministic(text: str) -> None:
    assert split_text(text) == split_text(text)


def test_hand_made_hard_cases() -> None:
    """The cases were written without sight of the splitter; see tests/data/BOUNDARIES.md."""
    from benchmarks.sentences import boundary_f1, ours, read_cases

    cases = read_cases()
    assert len(cases) >= 300
    f1, _ = boundary_f1(cases, ours)
    assert f1 >= 0.98


def test_pipeline_component_cuts_where_the_splitter_does() -> None:
    from corpus.commitments.pipeline import build_pipeline

    text = "新建5G基站3万个；引进人才2000名。大力弘扬“撸起袖子加油干！”的精神。"
    starts = [s.start_char for s in build_pipeline()(text).sents]
    assert starts == [s.start for s in split_text(text)]
