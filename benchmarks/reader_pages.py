"""Report pages of the thirteen kinds of portal, filled with real reports, for tests and figures.

The markup is ours, after the notes on each system; the text is that of ``data/corpus``. Frame
noise is drawn from what portals were seen to put around a body. A seed gives the same bytes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Literal

import numpy as np

REPORTS = Path(__file__).resolve().parents[1] / "data" / "corpus" / "reports.jsonl.gz"
GlossaryForm = Literal["none", "section", "footnotes", "page", "table", "hidden"]
TEMPLATES = (
    "T01",
    "T02",
    "T03",
    "T04",
    "T05",
    "T06",
    "T07",
    "T08",
    "T09",
    "T10",
    "T11",
    "T12",
    "T13",
)
NOTES = (
    ("“两重”", "是指国家重大战略实施和重点领域安全能力建设。"),
    ("“两新”", "是指大规模设备更新和消费品以旧换新。"),
    ("“双高计划”", "即中国特色高水平高职学校和专业建设计划。"),
    ("“一件事”", "指从企业和群众视角出发，把多个关联事项集成办理。"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """A real report cut into head and body."""

    region: str
    region_code: str
    year: int
    head: tuple[str, ...]
    body: tuple[str, ...]

    @property
    def title(self) -> str:
        """A title as portals write it."""
        return f"{self.year}年{self.region}政府工作报告"


@dataclass(frozen=True, slots=True)
class GeneratedPage:
    """A page and what must be read from it."""

    template: str
    html: str
    text: str
    glossary: str
    region_code: str
    year: int
    title: str


@cache
def reports(year: int = 2026) -> tuple[Report, ...]:
    """Provincial reports without annex, greeting first."""
    found: list[Report] = []
    with gzip.open(REPORTS, "rt", encoding="utf-8") as file:
        for record in map(json.loads, file):
            if record["level"] != "province" or record["year"] != year:
                continue
            lines = [line.strip() for line in record["text"].split("\n") if line.strip()]
            start = next(i for i, line in enumerate(lines) if line.startswith("各位代表"))
            plain = not any(
                line.startswith(("名词解释", "注释", "附件", "（来源")) for line in lines
            )
            if plain:
                head = tuple(line for line in lines[:start] if "代表大会" in line or len(line) < 25)
                found.append(
                    Report(
                        record["region"], record["region_code"], year, head, tuple(lines[start:])
                    )
                )
    return tuple(found)


def page(
    template: str, report: Report, *, seed: int = 0, glossary: GlossaryForm = "none"
) -> GeneratedPage:
    """Make one page of a template."""
    rng = np.random.default_rng(seed)
    body, notes = list(report.body), ""
    if glossary == "footnotes":
        body, notes = _with_marks(body)
    inner = _inner(template, report, body, rng)
    inner_tail, outer_tail, truth = _glossary(glossary, notes)
    content = _FRAMES[template].replace("@BODY@", inner + inner_tail)
    content = content.replace("@TITLE@", escape(report.title)).replace(
        "@SESSION@", escape("".join(report.head[-2:]))
    )
    html = _page(report, content + outer_tail, rng, labels=template not in ("T03", "T09"))
    return GeneratedPage(
        template, html, "\n".join(report.body), truth, report.region_code, report.year, report.title
    )


def _with_marks(body: list[str]) -> tuple[list[str], str]:
    """Put linked note marks into the text: the footnote form."""
    marked = list(body)
    for number in range(1, len(NOTES) + 1):
        at = 3 + number * 4
        marked[at] = marked[at] + f"\x00{number}\x00"
    return marked, "yes"


def _text(line: str) -> str:
    html = escape(line, quote=False)
    for number in range(1, len(NOTES) + 1):
        html = html.replace(
            f"\x00{number}\x00", f'<a href="#_ftn{number}" name="_ftnref{number}">［{number}］</a>'
        )
    return html.replace("PM2.5", "PM<sub>2.5</sub>")


def _inner(template: str, report: Report, body: Sequence[str], rng: np.random.Generator) -> str:
    """Paragraphs as the template writes them."""
    head = [_text(line) for line in report.head]
    lines = [_text(line) for line in body]
    if template == "T03":
        return "<br><br>\n".join(f"　　{line}" for line in [*head, *lines])
    if template == "T05":
        return "<br/>".join(f"&nbsp;&nbsp;&nbsp;&nbsp;{line}" for line in [*head, *lines])
    if template == "T08":
        wrapped = "".join(f'<div style="text-indent: 2em;">{line}</div>' for line in lines)
        return (
            "<div><div>" + "".join(f"<div>{line}</div>" for line in head) + f"</div></div>{wrapped}"
        )
    if template == "T09":
        return "".join(f"<li><p>{line}</p></li>" for line in [*head, *lines])
    if template == "T07":
        half = len(lines) // 2
        lines[half] = f"{lines[half]}</p>\n<p>#PAGE_BREAK#"
    if template == "T01":
        return _word_paste([*head, *lines], rng)
    indent = ("　　", "&emsp;&emsp;", "", "&nbsp; &nbsp; ")[int(rng.integers(4))]
    return "\n".join(f'<p style="text-indent: 2em;">{indent}{line}</p>' for line in [*head, *lines])


def _word_paste(lines: Sequence[str], rng: np.random.Generator) -> str:
    """Paragraphs cut into spans at random places, as an editor keeps what Word gives it."""
    pieces: list[str] = ["<style>.TRS_Editor p{margin:0;line-height:1.5}</style>"]
    for line in lines:
        if "<" in line or "&" in line or len(line) < 30:
            pieces.append(f"<p>　　<span style='font-family:宋体'>{line}</span></p>")
            continue
        cut = int(rng.integers(4, len(line) - 4))
        pieces.append(
            f"<p style=\"x\">　　<span style='font-size:16pt'><strong>{line[:cut]}</strong></span>"
            f"<span\nlang=EN-US>{line[cut:]}<o:p></o:p></span></p>"
        )
    return "\n".join(pieces)


def _glossary(form: GlossaryForm, notes: str) -> tuple[str, str, str]:
    """Markup inside and below the body, and the truth, of one form of glossary."""
    numbered = [f"{i}.{term}：{text}" for i, (term, text) in enumerate(NOTES, 1)]
    if form == "section":
        return (
            "<p>名词解释</p>" + "".join(f"<p>{line}</p>" for line in numbered),
            "",
            "\n".join(numbered),
        )
    if form == "footnotes":
        marked = [f"［{i}］{term}：{text}" for i, (term, text) in enumerate(NOTES, 1)]
        items = "".join(
            f'<p><a href="#_ftnref{i}" name="_ftn{i}">{m[:3]}</a>{m[3:]}</p>'
            for i, m in enumerate(marked, 1)
        )
        return f'<hr size="1">{items}', "", "\n".join(marked)
    if form == "table":
        rows = "".join(
            f"<tr><td>{i}</td><td>{t}</td><td>{x}</td></tr>" for i, (t, x) in enumerate(NOTES, 1)
        )
        truth = "\n".join(f"{i}\t{t}\t{x}" for i, (t, x) in enumerate(NOTES, 1))
        head = "<tr><td colspan=3>名词解释</td></tr>"
        return f"<table border=1>{head}{rows}</table>", "", truth
    if form == "hidden":
        items = "".join(f"<p>{line}</p>" for line in numbered)
        return (
            "",
            f'<div id="mcjs" style="display:none"><h3>名词解释</h3>{items}</div>',
            "\n".join(numbered),
        )
    if form == "page":
        return "", '<p><a href="./t20260202_99.html">《政府工作报告》名词解释</a></p>', ""
    return "", "", ""


def _page(report: Report, content: str, rng: np.random.Generator, *, labels: bool) -> str:
    """Put a frame around: labels (none, one or two sets), a menu, a toolbar, a foot."""
    block = (
        f'<meta name="SiteName" content="某某网"><meta content="{report.title}" name="ArticleTitle"/>'
        f'<meta name="PubDate" content="{report.year}-03-{int(rng.integers(10, 28))} 09:26">'
        '<meta name="ContentSource" content="日报"><meta name="ColumnName" content="政府工作报告解读">'
    )
    head = block * int(rng.integers(1, 3)) if labels else ""
    menu = "".join(f'<li><a href="/c{i}/">{name}</a></li>' for i, name in enumerate(_MENU))
    links = "".join(
        f'<li><a href="/a{i}.html">{text}</a><span>2026-02-0{i + 1}</span></li>'
        for i, text in enumerate(_RELATED)
    )
    filler = "var a='<p>各位代表：脚本里的字</p>';" * int(rng.integers(1, 40))
    return (
        f"<!DOCTYPE html>\n<html>{_EARLY_END if rng.integers(3) == 0 else ''}<head>{head}"
        f"<title>{report.title}_政府工作报告_某某网</title><style>p{{}}</style><script>{filler}</script></head>\n"
        f'<body><ul class="nav">{menu}</ul><div class="pos">当前位置：<a href="/">首页</a> &gt; '
        f'<a href="/zw">政务公开</a> &raquo; 政府工作报告</div>\n{content}\n'
        f'<div class="rel">相关文档：<ul>{links}</ul></div><div class="foot">主办：某某省人民政府办公厅　承办：某某中心'
        f"<p>网站标识码：1300000013　冀ICP备06016263号-1</p></div></body></html><!-- after the end -->"
    )


_EARLY_END = ""
_MENU = ("首页", "要闻动态", "政务公开", "政务服务", "互动交流", "数据发布", "走进某某")
_RELATED = (
    "一图读懂2026年政府工作报告", "热议政府工作报告：代表委员这样说", "山东省2025年政府工作报告", "关于政府工作报告的决议",
)  # fmt: skip
_TOOLS = (
    '<h1>@TITLE@</h1><div class="info"><span>来源：某某日报</span> <span>发布时间：2026-03-19 08:10</span> 浏览次数：<em>12</em></div>'
    "<div>【字号：<a>大</a> <a>中</a> <a>小</a>】 <a>打印</a> 分享到：</div>"
)
_END = "<div>责任编辑：何某某</div><div>扫一扫在手机打开当前页</div><div>【打印本页】【关闭窗口】</div>"
_FRAMES = {
    "T01": f'<div class="xl"><div>{_TOOLS}</div><div class="view TRS_UEDITOR trs_paper_default trs_web">@BODY@</div>{_END}</div>',
    "T02": f'<div class="main">{_TOOLS}<div class="article-con xl_con1 article_content">@BODY@<p>附件：<a href="P020260120.pdf">2026年政府工作报告.pdf</a></p></div>{_END}</div>',
    "T03": "<table width=760><tr><td><table><tr><td>栏目</td></tr></table></td><td><table><tr><td align=center><b>@TITLE@</b></td></tr>"
    f'<tr><td class="articleText">@BODY@</td></tr></table></td></tr></table>{_END}',
    "T04": f'<div class="art">{_TOOLS}<div id="zoom"><!--<$[信息内容]>begin--><!--ZJEG_RSS.content.begin--><meta name="ContentStart">@BODY@'
    f'<meta name="ContentEnd"><!--ZJEG_RSS.content.end--><!--<$[信息内容]>end--></div>&lt;$[标题]&gt;begin{_END}</div>',
    "T05": '<table class="index"><tr><th>索引号：</th><td>000014349/2026-00012</td><th>发文机关：</th><td>办公厅</td></tr>'
    f'<tr><th>成文日期：</th><td>2026-03-20</td></tr></table><h1>@TITLE@</h1><div class="wzcon j-fontContent">@BODY@</div>{_END}',
    "T06": '<div class="Article"><h2 id="ivs_title" class="Article-title">@TITLE@<small id="ivs_date">（2026年3月9日　来源：解放日报）</small>'
    f'<div class="zihao">【字号：<a>大</a>】</div></h2><div class="trout-region-content" id="ivs_content">@BODY@</div>{_END}</div>',
    "T07": f'<div class="c">{_TOOLS}<div id="content_box"><div id="font"><UCAPCONTENT>@BODY@</UCAPCONTENT></div></div>{_END}</div>',
    "T08": '<div class="pc-css"><h2 class="cont_title">@TITLE@</h2><div class="detail-content">@BODY@</div></div>'
    '<div class="wzy_sj"><h2 class="cont_title">@TITLE@</h2><div class="detail-content">@BODY@</div></div>'
    + _END,
    "T09": f'<div><h2>@TITLE@</h2><div id="conlun2_box_text" class="conlun2_box_text"><ul class="addScroll zhj-bgqw">@BODY@</ul></div>{_END}</div></body></html><div>',
    "T10": '<div class="wrap"><h1 class="print-title">办公厅政府信息公开</h1><h2 class="title document-number">@TITLE@</h2>'
    f'<div class="article-content">@BODY@</div><div class="article-content policy-article-content"></div>{_END}</div>',
    "T11": f'<div class="rm_txt"><h1>@TITLE@</h1><div>2026年03月20日08:16 | 来源：<a>某某日报</a></div><div class="rm_txt_con cf">@BODY@<p>（责编：张某、李某）</p></div></div>{_END}',
    # files behind a viewer page: the text is repeated below the viewer
    "T12": f'<div class="viewer"><iframe src="/x.pdf"></iframe><h3>@TITLE@</h3><div class="zhengwen">@BODY@</div>{_END}</div>',
    # a small system of nobody's: never among the rules, always read by the fallback
    "T13": f'<div class="qq1"><div class="qq2">{_TOOLS}</div><section class="qq3"><div class="qq4">@BODY@</div></section>{_END}</div>',
}
