"""Article pages after the structure of real report pages of 2026; the markup is ours.

The notes call the pages by province: FJ, GD, HE, JL, YN are reports, GS and NM refusals.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from crawler.replica.articles import NOTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.replica.texts import Report

_ANNEX = (
    "新增基础教育公办学位8万个。",
    "改造城镇老旧小区1000个。",
    "新建乡镇综合养老服务中心100个。",
)
_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")


def real_page(form: str, report: Report, date: str) -> str:
    """Make the page of a report in one of the forms of `FORMS`."""
    return FORMS[form](report, date)


def _mark(line: str) -> str:
    return escape(line, quote=False).replace("PM2.5", "PM<sub>2.5</sub>")


def _bold(line: str) -> str:
    """Set the first sentence of a paragraph bold, as run-in heads are."""
    head, stop, rest = line.partition("。")
    return f"<strong>{_mark(head + stop)}</strong>{_mark(rest)}" if stop and rest else _mark(line)


def _labels(report: Report, title: str, date: str, *, quote: str = '"', end: str = ">") -> str:
    values = {
        "SiteName": f"{report.region}人民政府门户网站", "SiteIDCode": f"{report.region_code}0049", "ColumnName": "要闻",
        "ArticleTitle": title, "PubDate": f"{date} 08:46:23", "ContentSource": "某某日报",
    }  # fmt: skip
    return "\n".join(
        f"<meta name={quote}{name}{quote} content={quote}{escape(value)}{quote}{end}"
        for name, value in values.items()
    )


def _cut(session: str) -> tuple[str, str]:
    """Cut a session line over two paragraphs."""
    head, mark, tail = session.partition("届")
    return head + mark, tail


def _fj(report: Report, date: str) -> str:
    """Session line outside the body, editor without quotes, templates that no script has filled."""
    title = f"{report.year}年{report.region}人民政府工作报告"
    body = "\n".join(
        f"<p>　　<strong><font style=\"font-size: 14pt\">{_mark(line)} </font></strong></p>"
        if len(line) < 40 and i
        else f"<p>　　{_mark(line)}</p>" if i else f'<p align="justify">{_mark(line)}</p>'
        for i, line in enumerate(report.body)
    )  # fmt: skip
    links = "".join(
        f'<li><fjtignoreurl>\n<a href="https://x{i}.example.cn/" title="{name}">\n{name}\n</a>\n</fjtignoreurl></li>'
        for i, name in enumerate(("北京", "天津", "青海", "宁夏", "新疆"))
    )
    side = '<div class="jd"><h4>解读</h4><li ms-repeat="list"><a ms-attr-href="el.url">{{el.title}}</a></li></div>'
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8" name="viewport" content="width=device-width, initial-scale=1.0">
{_labels(report, title, date)}
<title>
\t{title}_
\t政府工作报告_{report.region}人民政府门户网站
</title>
</head>
<body ms-controller="windowRoot">
<a ms-if="!isLogin" href="#">登录</a><div ms-visible="isLogin" style="display:none;"><a ms-text="'你好,'+username">你好</a></div>
<h1 class="xl_tit4">
  {title}
</h1>
<div style="display:none"><spanms-text="el.state">废止，失效</span></div>
<div class="xl_tit9"><p>{report.session}<br>{report.speaker}</p></div>
<div class="xl_tit6"><span>{date} 07:27</span><span><i class="iconfont">\ue600</i></span></div>
<div ms-controller="windowRoot" class="xl_con3 detailCont" id="detailCont2" ms-class="font{{{{detailFont2}}}}">
<div class=TRS_Editor>{body}</div>
<!-- <div class="fj_box" ms-repeat="fileLink"><h5>政府文件全真版：</h5><a ms-attr-href="el.link">文件下载</a></div> -->
<ul ms-repeat="files"><li>{{{{el.name}}}}</li></ul>
</div>
<div class="xl_tit6">来源：某某日报</div><div>扫一扫在手机打开当前页</div>
<div style="display:none">{side * 9}</div>
<ul>{links}</ul>
<div class="ft"><p>主办：{report.region}人民政府办公厅</p><p>网站标识码：3500000049</p></div>
<script>var PageInfo = {{ title: "{title}" }}; var tip = '<p>各位代表：政府工作报告解读</p>';</script>
</body>
</html>"""


def _gd(report: Report, date: str) -> str:
    """Body a first time in the page's JSON, an empty twin, an annex and a glossary behind the text."""
    title = f"{report.year}年政府工作报告"
    centred = "".join(
        f'<p style="text-align: center;"><strong>{_mark(line)}</strong></p>'
        for line in ("政府工作报告", *_cut(report.session), report.speaker.replace("　", "&nbsp; "))
    ).replace("&amp;nbsp;", "&nbsp;")
    body = "".join(
        f'<p style="text-align: justify;">{"　　" if i else ""}{_bold(line)}</p>'
        for i, line in enumerate(report.body)
    )
    annex = f'<p>附件1</p><p style="text-align: center;"><strong>{report.year}年省十件民生实事</strong></p>'
    annex += "".join(f"<p>　　{i}.{line}</p>" for i, line in enumerate(_ANNEX, 1))
    notes = '<p>附件2</p><p style="text-align: center;"><strong>名词解释</strong></p>'
    notes += "".join(
        f"<p>　　<strong>{i}.{term}：</strong>{text}</p>" for i, (term, text) in enumerate(NOTES, 1)
    )
    inner = f'{centred}<p style="text-align: justify;"><br/></p>{body}{annex}{notes}'
    copy = json.dumps({"DETAIL": {"title": title, "content": inner}}).replace("<", "\\u003C")
    platform = "政府信息公开平台"
    return f"""<!doctype html>
<html lang="zh">
<head>
<meta charset="UTF-8">
<title>{title}</title>
<meta name="ColumnName" content="{platform}"><meta name="ColumnType" content="政府信息公开">
<meta name="ArticleTitle" content="{title}">
<meta name="PubDate"
content="{date} 06:30">
<meta name="ContentSource" content="本网">
<meta name="SiteName" content="{report.region}人民政府门户网站">
<!--[if lt IE 9]><script>alert('为了您的使用体验，建议使用现代浏览器');</script><![endif]-->
<script>window._CONFIG = {copy};</script>
</head>
<body style='visibility: hidden'>
<h1 class="print-title">{report.region}人民政府办公厅政府信息公开</h1>
<div class="classify"><table><tr><td>索引号：</td><td>006939748/{report.year}-00000</td></tr>
<tr><td>成文日期：</td><td>{date}</td><td>名称：</td><td><span class="document-number" title="{title}">{title}</span></td></tr>
<!-- <tr><td class="second">文件状态：</td><td>现行有效</td></tr> --></table></div>
<div class="op-row"><span class="print">【打印】</span><span>【字体：大&nbsp;&nbsp;中】</span></div>
<div class="content">
<h2 class="title document-number">{title}</h2>
<div class="article-content">
{inner}
<br>
</div>
<div class="article-content policy-article-content" style="width: 700px">
</div>
</div>
<div class='policy-content-footer'><span>发布</span></div>
<div class="gd-footer"><a href="#">关于本网</a><a href="#">网站地图</a></div>
</body>
</html>"""


def _he(report: Report, date: str) -> str:
    """Put the article twice under one id, paragraphs as ``div``, a caption before the greeting."""
    title = f"政府工作报告{report.session}"
    body = "".join(
        f'<div style="text-indent: 2em;">{_mark(line)}</div>' for line in report.body
    ).translate({0x201C: "&ldquo;", 0x201D: "&rdquo;", 0x2014: "&mdash;"})
    head = (
        f'<div style="text-indent: 2em;"><div><div style="font-family:"Microsoft Yahei""><div>政府工作报告</div>'
        f"<div>{report.session}</div><div>{report.speaker}</div></div></div></div>"
    )
    image = (
        f'<span style="display:flex"><img src="/images/1.jpg"></span><span>{report.speaker}代表{report.region}人民政府'
        "作政府工作报告。某某日报记者 某某摄</span>"
    )
    line = f'<div class="article_tit">{date[:4]}年{date[5:7]}月{date[8:]}日&nbsp;&nbsp;&nbsp;【字体：大 中 小】</div>'
    article = (
        f'<h2 class="cont_title">{title}</h2><h2 class="cont_title"></h2>{line}'
        f'<style>.x p{{margin:0}}</style><div id="zoom">{head}{image}{body}</div>'
    )
    foot = f'<div class="foot"><p>主办：{report.region}人民政府办公厅</p><p>网站标识码：1300000013</p></div>'
    return f"""<!DOCTYPE html
PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html>
<head>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<title>{title}</title>
{_labels(report, title, date, quote="'", end="/>")}
</head>
<body>
<input type="hidden" value="1"><div style="display:none" id="easysite">站点</div>
<div class="pc-css">{article}</div>
<div class="wzy_sj">{article}</div>
<div class="leave">您访问的链接即将离开本网站 是否继续？</div>
{foot}{foot}
</body>
</html>
<!-- made at {date} -->"""


def _jl(report: Report, date: str) -> str:
    """Title written by script, the opening words in a label, header and footer in templates."""
    title = f"政府工作报告（{report.session.strip('—')} {report.speaker.replace('　', '  ')}）"
    body = "".join(
        f'<p style="text-indent: 2em; text-align: justify;">{_mark(line)}</p>'
        for line in report.body
    )
    opening = escape("".join(report.body[:2])[:60])
    related = "<table><tr><td><table><tr><td>相关文档</td></tr></table></td></tr></table>"
    return f"""<!DOCTYPE html>
<html lang="zh">
<head>
<meta charset="utf-8">
{_labels(report, title, date, end="/>")}
<meta name="DOCCONTENT" content="{opening}…">
<title>{title}</title>
<style>body{{display:none}}</style>
</head>
<body>
<template><ul><li>首页</li><li>政府工作报告</li></ul></template>
<div id="content">
<input type="hidden" value="政府工作报告<br>{report.year}">
<h1><script>var laiyuan = "政府工作报告"; if (laiyuan) {{ document.write(laiyuan); }} else {{ document.write("{title}"); }}</script></h1>
<h2>{report.session.strip("—")}</h2><h3></h3><h4></h4><h5></h5>
<span class="docreltime">{date}</span><span class="soucre">来源：<script>var ly = "某某日报"; document.write(ly);</script></span>
<audio controls></audio>
<!--startprint1-->
<div class="article_text_content" id="content"><div class="trs_editor_view TRS_UEDITOR trs_paper_default trs_word trs_web">{body}</div></div>
<!--endprint1-->
{related}
<div>责任编辑：<script>document.write("某某")</script> 初审：<script>document.write("某某")</script></div>
</div>
<script>var share = "{opening}";</script>
<footer><p>版权所有：{report.region}人民政府门户网站</p><p>网站标识码：2200000019</p></footer>
<template><footer><p>网站标识码：2200000019</p></footer></template>
</body>
</html>"""


def _yn(report: Report, date: str) -> str:
    """Make a department's reprint: no ``html`` tag, Han digits, source as the last paragraph."""
    title = f"{report.year}年{report.region}人民政府工作报告（全文）"
    day, place = report.session.split("在", 1)
    number = [_han(int(part)) for part in report.session_date.split("-")[1:]]
    day = f"——{str(report.year).translate(_DIGITS)}年{number[0]}月{number[1]}日"
    source = f"“{report.region}人民政府”微信公众号"
    body = "".join(
        f'<p style="text-indent: {2 if i else 0}em; text-align: left;">{_mark(line)}</p>'
        for i, line in enumerate(report.body)
    )
    head = "".join(
        f'<p style="text-align: center; text-indent: 0em;"><strong>{line}</strong></p>'
        for line in ("政府工作报告", day, f"在{place}", report.speaker)
    )
    office = f"{report.region}医疗保障局"
    described = escape(
        f"政府工作报告{day}在{place}{report.speaker}{''.join(report.body[:2])}"[:200]
    )
    return f"""
<!DOCTYPE html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<title>{title}_时政要闻_新闻动态_{office}</title>
<meta name="SiteName" content="{office}"><meta name="ColumnName" content="时政要闻">
<meta name="ArticleTitle" content="{title}"><meta name="PubDate" content="{date} 21:17">
<meta name="ContentSource" content="{source}"><meta name="keywords" content="" />
<meta name="Description" content="{described}..." />
</head>
<body>
<div id="header"><ul><li><a href="/index.php?c=category&id=0">首页</a></li></ul></div>
<div class="dqwz">您当前的位置：<a href="/">首页</a> &gt; <a href="/index.php?c=category&id=13">时政要闻</a></div>
<div class="news_view" id="printContent">
<h2 class="tilte">{title}</h2>
<div class="ftilte">来源：{source}<em></em>时间：{date} 21:17<em></em><span>【字体：<a>大</a> <a>小</a>】</span></div>
<div class="body"><div id="infoyh">
{head}{body}<p style="text-indent: 2em;">▌来源：{source}</p>
</div><p class="pageLink"></p></div>
<div>【打印内容】</div>
<p>上一篇：</strong><a href="/index.php?c=show&id=5970">省政府党组会议强调有关工作</a></p>
<p>下一篇：</strong><a href="/index.php?c=show&id=5975">有关文件释放哪些信号</a></p>
</div>
<div id="footer"><p>主办单位：{office}</p><p>政府网站标识码：5300000075</p></div>
</body>
</html>"""


def _han(number: int) -> str:
    """Write a number below 100 in Han digits."""
    tens, ones = divmod(number, 10)
    words = "〇一二三四五六七八九"
    return ("" if tens == 0 else ("" if tens == 1 else words[tens]) + "十") + (
        words[ones] if ones else ""
    )


#: Forms of reports.
FORMS: dict[str, Callable[[Report, str], str]] = {
    "FJ": _fj, "GD": _gd, "HE": _he, "JL": _jl, "YN": _yn,
}  # fmt: skip
_TOKEN = "qDUxZ0" * 760
#: Pages where a report was expected, with the reason that a crawl must give.
REFUSALS = {
    "GS": (
        "blocked_challenge",
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">'
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>'
        f'<meta content="{_TOKEN[:80]}" r="m"><script r=\'m\'>$_ts=window[\'$_ts\'];if(!$_ts)$_ts={{}};$_ts.nsd=81234;$_ts.cd="{_TOKEN}";</script>'
        "<script src=\"/a1B2c3/d4.e5f6.js\" r='m'></script></head><body></body></html><script r='m'>_$ab();</script>",
    ),
    "NM": (
        "blocked_waf",
        '   <!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>拒绝执行 | 云防护</title>'
        f"<style>{'.a{margin:0 auto}' * 120}</style></head><body><h1>403</h1><p>服务器拒绝执行该请求</p>"
        '<div>浏览器</div><div>防护节点</div><div>源站</div><img src="/__panyun/a.png">'
        "<p>时间: 2026-02-12 09:26:00 客户端 IP: 203.119.25.1 请求 ID: 0000</p></body></html>",
    ),
}  # fmt: skip
