"""Both ends trimmed, copies dropped, annexes split off, nothing changed in between."""

from __future__ import annotations

import pytest

from corpus.annexes import heading_of, is_note, note_marks
from corpus.cleaning import clean
from corpus.furniture import ends_sentence, ends_text, is_caption, is_furniture
from corpus.readers.txt import read_txt

BODY = [
    "各位代表：",
    "现在，我代表省人民政府，向大会报告工作，请予审议。",
    "一、2025年工作回顾",
    *(
        f"（{n}）经济增长{i}.{i}%，完成投资{i}00亿元，“两重”建设加快，办好{i}件实事，群众满意。" * 6
        for i, n in enumerate("一二三四五六七八九", 1)
    ),
    "二、2026年重点工作",
    "各位代表！让我们更加紧密地团结起来，为实现目标而努力奋斗！",
]
NOTES = [
    "1.“两重”：是指国家重大战略实施和重点领域安全能力建设。",
    "2.“两新”：是指大规模设备更新和消费品以旧换新。",
]
HEAD = [
    "首页",
    ">",
    "当前位置：首页",
    "下载",
    "【字号：",
    "政府工作报告",
    "——2026年1月27日在山东省第十四届人民代表大会第四次会议上",
    "山东省省长 某某",
]


def parts(*lines: str):
    return clean(read_txt("\n".join(lines)))


@pytest.mark.parametrize(
    "foot",
    [
        ["责任编辑：", "李某某", "扫一扫在手机打开当前页"],
        ["相关报道："],
        ["》》点击图片进入专题《《", "收藏", "|", "分享到:", "分享到微信", "×", "相关文档："],
        ["（来源：青海日报）"],
        ["(来源：中国政府网）"],
        ["▌来源：“云南省人民政府”微信公众号"],
        ["【", "打印本页", "】", "【", "关闭窗口", "】"],
        ["冀ICP备06016263号-1", "网站标识码：1300000013", "©", "是否继续？", "放弃"],
        ["主办单位：某局  网址：http://x.cn", "您是第", "74367782 位访客"],
        ["上一篇：某某通知", "下一篇：某某公告"],
        ["附件：2026年政府工作报告.pdf"],
        ["（责编：张某、李某）"],
        [
            "相关链接>>",
            "abcd39f1fb7f426d9dfb6bd0fa1f2146:",
            "关于政府工作报告的决议",
            "各位代表：现在，我代表省人民政府，向大会报告工作，请予审议。",
        ],
    ],
)
@pytest.mark.parametrize("tail", [[], ["名词解释", *NOTES]])
def test_both_ends(foot: list[str], tail: list[str]) -> None:
    found = parts(*HEAD, *BODY, *tail, *foot)
    assert found.text == "\n".join(BODY)
    assert found.glossary == "\n".join(tail[1:])
    assert not found.is_truncated
    assert found.head[-2].startswith("——2026年")


@pytest.mark.parametrize(
    ("tail", "glossary", "annex"),
    [
        (
            ["附件", "2026年民生实事", "1.新增就业10万人。", "2.新建学校20所。"],
            [],
            ["2026年民生实事", "1.新增就业10万人。", "2.新建学校20所。"],
        ),
        (
            ["附件1", "2026年民生实事", "新增就业10万人。", "附件2", "名词解释", *NOTES],
            NOTES,
            ["2026年民生实事", "新增就业10万人。"],
        ),
        (
            [
                "名词解释",
                *NOTES,
                "附件",
                "2026年10件惠民实事",
                "一、就业",
                "主办单位：某厅，各市人民政府",
            ],
            NOTES,
            ["2026年10件惠民实事", "一、就业", "主办单位：某厅，各市人民政府"],
        ),
        (["《政府工作报告》有关内容名词注释", *NOTES], NOTES, []),
        (
            ["注释", "［1］两重：", "国家重大战略。", "［2］两新：", "设备更新。"],
            ["［1］两重：", "国家重大战略。", "［2］两新：", "设备更新。"],
            [],
        ),
        (NOTES, NOTES, []),
        (["※注释※", *NOTES], NOTES, []),
        (
            ["[1]两重：国家重大战略。", "[2]两新：设备更新。", "并含消费品。"],
            ["[1]两重：国家重大战略。", "[2]两新：设备更新。", "并含消费品。"],
            [],
        ),
    ],
)
def test_what_follows_the_report(tail: list[str], glossary: list[str], annex: list[str]) -> None:
    found = parts(*BODY, *tail)
    assert found.text == "\n".join(BODY)
    assert found.glossary.split("\n") == (glossary or [""])
    assert found.annex.split("\n") == (annex or [""])


def test_copy_is_dropped_and_the_longer_kept() -> None:
    assert parts(*HEAD, *BODY, *HEAD, *BODY).text == "\n".join(BODY)
    found = parts(*BODY[:8], *BODY)
    assert (found.text, found.is_doubled) == ("\n".join(BODY), True)
    assert {r.reason for r in found.removed} == {"copy"}


@pytest.mark.parametrize("last", ["今后五年的奋斗目标是，", "（一）加快建设现代化产业体系，推动"])
def test_truncation(last: str) -> None:
    assert parts(*BODY[:-2], last).is_truncated


def test_lines_broken_at_links_are_joined() -> None:
    broken = [
        "各位代表：",
        "我们深入开展人居环境",
        "整治",
        "三年行动，PM",
        "2.5",
        "浓度下降，排名",
        "全国第一",
        "。",
        "（",
        "一）改革。",
    ]
    long = "各项工作取得新的成绩，城乡面貌发生可喜变化，我们深入开展农村人居环境"
    found = parts(broken[0], long, *broken[2:])
    assert found.text.split("\n")[1] == long + "整治三年行动，PM2.5浓度下降，排名全国第一。"
    assert found.text.split("\n")[2] == "（一）改革。"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("支持“两重”［1］建设", ["［1］"]), ("战略目标^[2]，推进", ["^[2]"]), ("一、［3］", []), ("（一）改革［9］", []), ("第[1]条", ["[1]"]),
        ("指标③和", ["③"]), ("。①推进", []),
    ],
)  # fmt: skip
def test_note_marks(text: str, marks: list[str]) -> None:
    found = [text[a:b] for a, b in note_marks(text, {"1", "2", "③", "①"})]
    assert found == marks


def test_marks_leave_only_with_their_notes() -> None:
    with_notes = parts(
        *BODY[:3],
        "推进“两重”［1］建设。" * 200,
        BODY[-1],
        "注释",
        "［1］两重：国家重大战略。",
        "［2］两新：设备更新。",
    )
    assert "［" not in with_notes.text
    assert "［1］" in parts(*BODY[:3], "推进“两重”［1］建设。" * 200, BODY[-1]).text


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("名词解释", "glossary"), ("注释：", "glossary"), ("名 词 解 释", "glossary"), ("附件2 名词解释", "glossary"), ("《政府工作报告》名词解释", "glossary"),
        ("《政府工作报告》有关名词解释", "glossary"), ("政府工作报告名词解释", "glossary"), ("附件", "annex"), ("附件1：", "annex"), ("附：2026年重点项目", "annex"),
        ("附近居民受益。", None), ("附加值提高", None), ("名词解释由研究室负责。", None), ("一、工作回顾", None), ("", None),
    ],
)  # fmt: skip
def test_headings(line: str, kind: str | None) -> None:
    assert heading_of(line) == kind


def test_line_classes() -> None:
    assert is_furniture("来源：福建日报")
    assert is_furniture("2026-02-02 08:10")
    assert not is_furniture("来源于群众、服务于群众，是我们的宗旨。")
    assert not is_furniture("1—11月，规模以上工业增加值增长5.2%。")
    assert ends_text("扫一扫在手机打开当前页")
    assert not ends_text("相关部门要加强配合，形成合力，把各项工作落到实处。")
    assert is_caption("王某作政府工作报告。河北日报记者 霍某 摄")
    assert is_note("12.“单一窗口”：指参与国际贸易的各方。")
    assert not is_note("3.5%的增长")
    assert ends_sentence("奋斗！（全体起立，长时间的掌声）")
    assert not ends_sentence("奋斗目标是，")
