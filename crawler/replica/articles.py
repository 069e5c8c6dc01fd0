"""Article pages after the systems of the portals; the markup is ours."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from crawler.replica.texts import Report

NOTES = (
    ("“两重”", "国家重大战略实施和重点领域安全能力建设。"),
    ("“两新”", "大规模设备更新和消费品以旧换新。"),
    ("“双高计划”", "中国特色高水平高职学校和专业建设计划。"),
)
_MENU = ("首页", "要闻动态", "政务公开", "政务服务", "互动交流", "数据发布")


def article(
    template: str,
    report: Report,
    rng: np.random.Generator,
    *,
    glossary: str = "none",
    column: str = "政府工作报告",
) -> str:
    """Make the article page of a report.

    Parameters
    ----------
    template : str
        ``T01`` to ``T11``; the forms that are no page of HTML are made elsewhere.
    glossary : {"none", "section", "table", "hidden", "page"}
    """
    inner = _inner(template, report) + _notes(glossary)
    if glossary == "page":
        inner += f'<p><a href="./t{report.year}_mcjs.html">《政府工作报告》名词解释</a></p>'
    frame = _FRAMES[template]
    session = escape(f"{report.session}")
    content = (
        frame.replace("@TITLE@", escape(report.title))
        .replace("@SESSION@", session)
        .replace("@SPEAKER@", escape(report.speaker))
    )
    content = content.replace("@DATE@", publish_date(report, rng)).replace("@BODY@", inner)
    return page(
        report.title, content, report, rng, labels=template not in ("T03", "T09"), column=column
    )


def publish_date(report: Report, rng: np.random.Generator) -> str:
    """Day of publication: some days after the session, or years later on a moved site."""
    day = int(report.session_date[-2:]) + int(rng.integers(1, 3))
    return f"{report.session_date[:8]}{min(day, 28):02d}"


def _inner(template: str, report: Report) -> str:
    head = (
        [report.title, report.session, report.speaker]
        if template not in ("T01", "T06", "T10b")
        else []
    )
    lines = [_mark(line) for line in (*head, *report.body)]
    if template == "T03":
        return "<br><br>\n".join(f"　　{line}" for line in lines)
    if template == "T05":
        return "<br/>".join(f"&nbsp;&nbsp;&nbsp;&nbsp;{line}" for line in lines)
    if template == "T08":
        return "".join(f'<div style="text-indent: 2em;">{line}</div>' for line in lines)
    if template == "T09":
        return "".join(f"<li><p>{line}</p></li>" for line in lines)
    if template == "T07":
        lines.insert(len(lines) // 2, "#PAGE_BREAK#")
    if template == "T01":
        return "<style>.TRS_Editor p{margin:0}</style>" + "\n".join(
            f'<p>　　<span style="font-family:宋体">{line}</span></p>' for line in lines
        )
    indent = "&emsp;&emsp;" if template == "T06" else "　　"
    return "\n".join(f'<p style="text-align: justify;">{indent}{line}</p>' for line in lines)


def notes_markup() -> str:
    """Make the notes of a page of their own."""
    return "".join(f"<p>{i}.{term}：{text}</p>" for i, (term, text) in enumerate(NOTES, 1))


def _mark(line: str) -> str:
    return escape(line, quote=False).replace("PM2.5", "PM<sub>2.5</sub>")


def _notes(form: str) -> str:
    numbered = [f"{i}.{term}：{text}" for i, (term, text) in enumerate(NOTES, 1)]
    if form == "section":
        return "<p>名词解释</p>" + "".join(f"<p>{line}</p>" for line in numbered)
    if form == "table":
        rows = "".join(
            f"<tr><td>{i}</td><td>{t}</td><td>{x}</td></tr>" for i, (t, x) in enumerate(NOTES, 1)
        )
        return f"<table border=1><tr><td colspan=3>名词解释</td></tr>{rows}</table>"
    if form == "hidden":
        return (
            '<div style="display:none"><h3>名词解释</h3>'
            + "".join(f"<p>{line}</p>" for line in numbered)
            + "</div>"
        )
    return ""


def page(
    title: str,
    content: str,
    report: Report,
    rng: np.random.Generator,
    *,
    labels: bool = True,
    column: str = "政府工作报告",
) -> str:
    """Put head, menu and foot around a content."""
    date = publish_date(report, rng)
    block = (
        f'<meta name="SiteName" content="{report.region}人民政府门户网站"><meta name="ArticleTitle" content="{escape(title)}">'
        f'<meta name="PubDate" content="{date} 09:26"/><meta content="某某日报" name="ContentSource">'
        f'<meta name="ColumnName" content="{column}">'
    ) * int(rng.integers(1, 3))
    menu = "".join(
        f'<li><a href="/c{i}/index.html">{name}</a></li>' for i, name in enumerate(_MENU)
    )
    filler = "var tip='<p>政府工作报告解读：脚本里的字</p>';\n" * int(rng.integers(1, 60))
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="@CHARSET@">{block if labels else ""}'
        f"<title>{escape(title)}_{column}_{report.region}人民政府</title><script>{filler}</script></head><body>\n"
        f'<ul class="nav">{menu}</ul><div class="pos">当前位置：<a href="/">首页</a> &gt; <a href="/zw/">政务公开</a> &gt; {column}</div>\n'
        f'{content}\n<div class="foot"><p>主办：{report.region}人民政府办公厅　网站标识码：1100000088</p>'
        "<p>京ICP备05060933号</p></div></body></html>"
    )


_TOOLS = (
    '<div class="info"><span>来源：某某日报</span> <span>发布时间：@DATE@ 08:10</span> 浏览次数：<em>12</em></div>'
    "<div>【字号：<a>大</a> <a>中</a> <a>小</a>】 <a>打印</a></div>"
)
_END = "<div>责任编辑：何某某</div><div>扫一扫在手机打开当前页</div><div>【打印本页】【关闭窗口】</div>"
_FRAMES = {
    "T01": f'<div class="xl"><h1>@TITLE@</h1><div class="sub"><p>@SESSION@<br>@SPEAKER@</p></div>{_TOOLS}<div class="view TRS_UEDITOR trs_paper_default trs_web">@BODY@</div>{_END}</div>',
    "T02": f'<div class="main"><h2>@TITLE@</h2>{_TOOLS}<div class="article_content xl_con1">@BODY@</div>{_END}</div>',
    "T03": "<table width=760><tr><td><table><tr><td>栏目导航</td></tr></table></td><td><table><tr><td align=center><b>@TITLE@</b></td></tr>"
    f'<tr><td class="content">@BODY@</td></tr></table></td></tr></table>{_END}',
    "T04": f'<div class="art"><h1>@TITLE@</h1>{_TOOLS}<div id="zoom"><!--<$[信息内容]>begin--><!--ZJEG_RSS.content.begin--><meta name="ContentStart">@BODY@'
    f'<meta name="ContentEnd"><!--ZJEG_RSS.content.end--><!--<$[信息内容]>end--></div>{_END}</div>',
    "T05": '<table class="index"><tr><th>索引号：</th><td>000014349/2026-00012</td><th>发文机关：</th><td>办公厅</td></tr>'
    f'<tr><th>成文日期：</th><td>@DATE@</td></tr></table><h1>@TITLE@</h1><div class="wzcon j-fontContent">@BODY@</div>{_END}',
    "T06": '<div class="Article"><h2 id="ivs_title" class="Article-title">@TITLE@<small id="ivs_date">（@DATE@　来源：解放日报）</small></h2>'
    f'<p>@SESSION@</p><p>@SPEAKER@</p><div class="trout-region-content" id="ivs_content">@BODY@</div>{_END}</div>',
    "T07": f'<div class="c"><UCAPTITLE>@TITLE@</UCAPTITLE>{_TOOLS}<div id="zoom"><div id="font"><UCAPCONTENT>@BODY@</UCAPCONTENT></div></div>{_END}</div>',
    "T08": '<div class="pc-css"><h2 class="cont_title">@TITLE@</h2><div id="zoom">@BODY@</div></div>'
    f'<div class="wzy_sj"><h2 class="cont_title">@TITLE@</h2><div id="zoom">@BODY@</div></div>{_END}',
    "T09": f'<div><h2>@TITLE@</h2><div id="conlun2_box_text" class="conlun2_box_text"><ul class="addScroll zhj-bgqw">@BODY@</ul></div>{_END}</div>',
    "T10": '<div class="wrap"><h1 class="print-title">办公厅政府信息公开</h1><h2 class="title document-number">@TITLE@</h2>'
    f'<div class="article-content">@BODY@</div><div class="article-content policy-article-content"></div>{_END}</div>',
    "T11": f'<div class="rm_txt"><h1>@TITLE@</h1><div>@DATE@08:16 | 来源：<a>某某日报</a></div><div class="rm_txt_con cf">@BODY@<p>（责编：张某、李某）</p></div></div>{_END}',
    # a system of nobody's
    "T13": f'<div class="qq1"><h3>@TITLE@</h3>{_TOOLS}<section class="qq3"><div class="qq4">@BODY@</div></section>{_END}</div>',
}


def in_script(report: Report, rng: np.random.Generator) -> str:
    """Make an article whose text stands only in the page's JSON, as on the disclosure platform."""
    markup = "".join(
        f"<p>{_mark(line)}</p>"
        for line in (report.title, report.session, report.speaker, *report.body)
    )
    value = json.dumps({"title": report.title, "content": markup})
    content = f'<div id="app"></div><script>window._CONFIG={{DETAIL:{value}}};</script>'
    return page(report.title, content, report, rng)


def parts(
    report: Report, rng: np.random.Generator, *, stem: str, extension: str, n: int = 4
) -> list[str]:
    """Make an article over several pages, named by a paging call."""
    cut = [len(report.body) * i // n for i in range(n + 1)]
    found = []
    for i in range(n):
        lines: Sequence[str] = report.body[cut[i] : cut[i + 1]]
        head = f"<p>{report.session}</p><p>{report.speaker}</p>" if i == 0 else ""
        inner = head + "".join(f"<p>　　{_mark(line)}</p>" for line in lines)
        content = (
            f'<h1>{escape(report.title)}</h1><div class="TRS_Editor">{inner}</div>'
            f'<div class="page"><script>createPageHTML({n},{i},"{stem}","{extension}");</script></div>{_END}'
        )
        found.append(page(report.title, content, report, rng))
    return found
