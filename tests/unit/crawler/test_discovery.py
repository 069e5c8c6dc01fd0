"""Links wherever portals put them, and what their titles promise."""

from __future__ import annotations

import json

import pytest

from crawler.discovery.parsers import read_links
from crawler.discovery.titles import promise

BASE = "http://www.a.gov.cn/zwgk/zfgzbg/index.html"
WANTED = "http://www.a.gov.cn/zwgk/zfgzbg/202501/t20250121_3994245.html"
TITLE = "2025年某省政府工作报告"

FORMS = {
    "relative": f'<ul><li><a href="./202501/t20250121_3994245.html" title="{TITLE}">2025年某…</a></li></ul>',
    "rooted": f"<a href=/zwgk/zfgzbg/202501/t20250121_3994245.html target=_blank>{TITLE}</a>",
    "onclick": f'<a href="javascript:void(0)" onclick="window.open(\'./202501/t20250121_3994245.html\')">{TITLE}</a>',
    "handler of a row": f"<tr onclick=\"location.href='./202501/t20250121_3994245.html'\"><td>{TITLE}</td></tr>",
    "javascript address": f"<a href=\"javascript:openDoc('./202501/t20250121_3994245.html')\">{TITLE}</a>",
    "data attribute": f'<li data-url="./202501/t20250121_3994245.html">{TITLE}</li>',
    "store": f'<div><script type="text/xml"><datastore><recordset><record><![CDATA[<li><a href="{WANTED}">{TITLE}</a></li>]]></record></recordset></datastore></script></div>',
    "store, escaped": f'<script type="text/xml"><datastore><record>&lt;a href="{WANTED}"&gt;{TITLE}&lt;/a&gt;</record></datastore></script>',
    "json answer": json.dumps({"articles": [{"title": TITLE, "url": WANTED + "#45"}]}),
    "json answer, other keys": json.dumps(
        [{"docTitle": TITLE, "docPubUrl": "./202501/t20250121_3994245.html"}]
    ),
    "json in a script": f"<script>var data = {json.dumps({'list': [{'name': TITLE, 'link': WANTED}]})};</script>",
    "markup in a script": f"<script>var list='<a href=\"./202501/t20250121_3994245.html\">{TITLE}</a>';document.write(list)</script>",
    "markup in a script, escaped": f'<script>html += "<a href=\\"{WANTED}\\">{TITLE}</a>";</script>',
    "base element": f'<base href="http://www.a.gov.cn/zwgk/zfgzbg/202501/"><a href="t20250121_3994245.html">{TITLE}</a>',
    "option": f'<select onchange="go(this.value)"><option value="./202501/t20250121_3994245.html">{TITLE}</option></select>',
    "session id": f'<a href="./202501/t20250121_3994245.html;jsessionid=9F">{TITLE}</a>',
    "after the end": f"</body></html><a href='./202501/t20250121_3994245.html'>{TITLE}</a>",
    "literal in a script": f"<script>var l=[{{title:'{TITLE}',url:'{WANTED}'}}];</script>",
    "json in a call": f"callback({json.dumps({'list': [{'doctitle': TITLE, 'docpuburl': WANTED}]})})",
    "json in an attribute": f"<div :data='{json.dumps([{'title': TITLE, 'url': WANTED}])}'></div>",
    "markup in json": json.dumps({"html": f'<li><a href="{WANTED}">{TITLE}</a></li>'}),
    "markup in joined strings": f"<script>document.write('<a href=\"'+'{WANTED}'+'\">{TITLE}</a>')</script>",
    "items of XML": f'<?xml version="1.0"?><rss><item><title>{TITLE}</title><link>{WANTED}</link></item></rss>',
    "attributes of XML": f'<?xml version="1.0"?><list><doc url="{WANTED}" title="{TITLE}"/></list>',
    "textarea": f'<textarea><a href="{WANTED}">{TITLE}</a></textarea>',
    "twice, number first": f'<a href="{WANTED}">000014349/2025-00012</a><a href="{WANTED}">{TITLE}</a>',
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_links_are_found_wherever_they_stand(form: str) -> None:
    links = {link.url: link.title for link in read_links(FORMS[form].encode(), BASE).links}
    assert WANTED in links
    assert promise(links[WANTED]).interest == "report"
    assert promise(links[WANTED]).year == 2025


@pytest.mark.parametrize(
    ("call", "base", "kind", "names"),
    [
        ('createPageHTML(3, 0, "index", "html")', BASE, "page", ["index_1.html", "index_2.html"]),
        ('createPageHTML(3,0,"index","shtml","3")', BASE, "page", ["index_1.shtml", "index_2.shtml"]),
        ("createPageHTML('page_div',3,1,'list3','shtml',746)", BASE, "page", ["list3_2.shtml", "list3_3.shtml"]),
        ('createPageHTML(3,0,"t20190918_693227","shtml")', "http://www.a.gov.cn/zw/t20190918_693227.shtml", "part",
         ["t20190918_693227_1.shtml", "t20190918_693227_2.shtml"]),
        ('var countPage = 3; var currentPage = 0;createPageHTML(countPage, currentPage, "index", "html")', BASE, "page", ["index_1.html", "index_2.html"]),
        ('var countPage = 2//pages\ndocument.write("<a href=index_"+i+".html>")', BASE, "page", ["index_1.html"]),
        ('createPageHTML(1,0,"index","html")', BASE, "page", []),
        ('alert("createPageHTML")', BASE, "page", []),
    ],
)  # fmt: skip
def test_paging_calls(call: str, base: str, kind: str, names: list[str]) -> None:
    found = read_links(f"<script>{call}</script>".encode(), base)
    assert [link.url.rsplit("/", 1)[1] for link in found.of(kind)] == names  # type: ignore[arg-type]


def test_next_group_by_get_and_by_post() -> None:
    store = (
        '<script type="text/xml"><datastore><nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page=1&columnid=5"></a>]]></nextgroup>'
        "<record><![CDATA[<a href='/a/1.html'>x</a>]]></record></datastore></script>"
        "<script>$('#7').jpage({col:1,columnid:5,unitid:'7',webname:'某省',totalRecord:7,perPage:1})</script>"
    )
    data = read_links(store.encode(), BASE).of("data")
    assert [link.url.partition("?")[2] for link in data if not link.body] == ["page=1&columnid=5"]
    posts = [link for link in data if link.body]
    assert [link.url.partition("?")[2] for link in posts] == [
        "startrecord=2&endrecord=4&perpage=1", "startrecord=5&endrecord=7&perpage=1",
    ]  # fmt: skip
    assert "columnid=5" in posts[0].body


def test_pages_of_json_are_counted_to_the_last() -> None:
    url = "http://www.a.gov.cn/api/all/45?page=1&sid=2"
    body = {"pages": 2, "articles": [{"title": TITLE, "url": "/a/1.html"}]}
    assert [x.url for x in read_links(json.dumps(body).encode(), url).of("data")] == [
        url.replace("page=1", "page=2")
    ]
    assert read_links(json.dumps(body).encode(), url.replace("page=1", "page=2")).of("data") == []


def test_a_page_that_moves_on_a_viewer_and_a_search() -> None:
    page = (
        '<meta http-equiv="refresh" content="0; url=./new.html"><iframe src="/pdfjs/viewer.html?file=/files/P02.pdf"></iframe>'
        '<form action="/s.jsp"><input type=hidden name=site value=1><input name="q"></form>'
    )
    found = read_links(page.encode(), BASE)
    assert [x.url for x in found.of("move")] == ["http://www.a.gov.cn/zwgk/zfgzbg/new.html"]
    assert "http://www.a.gov.cn/files/P02.pdf" in [x.url for x in found.of("frame")]
    assert [x.url for x in found.of("search")] == ["http://www.a.gov.cn/s.jsp?q={query}&site=1"]


def test_a_sitemap_is_read_without_its_entities() -> None:
    text = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>http://www.a.gov.cn/a.html</loc></url></urlset>'
    assert [x.url for x in read_links(text.encode(), BASE).links] == ["http://www.a.gov.cn/a.html"]


@pytest.mark.parametrize(
    ("title", "interest"),
    [
        ("2026年政府工作报告", "report"), ("政府工作报告", "report"), ("政 府 工 作 报 告", "report"), ("广东省人民政府工作报告（2026年）", "report"),
        ("政府工作报告——2026年1月26日在河北省第十四届人民代表大会第四次会议上", "report"), ("龚正市长在上海市第十六届人民代表大会第四次会议的政府工作报告（2026年）", "report"),
        ("2026年云南省政府工作报告（全文）", "report"), ("2025年政府工作报告（全文）PDF", "report"),
        ("查看全文", "unclear"), ("", "unclear"), ("000014349/2024-00001", "unclear"), ("2025年某省…", "unclear"), ("下载", "unclear"),
        ("2026年政府工作报告解读", "other"), ("一图读懂2026年政府工作报告", "other"), ("2026年政府工作报告（摘要）", "other"),
        ("政府工作报告（征求意见稿）", "other"), ("关于政府工作报告的决议", "other"), ("某省高级人民法院工作报告", "other"), ("某省人大常委会工作报告", "other"),
        ("2025年预算执行情况报告", "other"), ("关于落实2026年政府工作报告重点任务分工的通知", "other"), ("政府信息公开工作年度报告", "other"),
        ("某省新闻", "other"), ("今日要闻", "other"), ("省政府2026年工作报告", "report"), ("——2026年1月26日在河北省第十四届人民代表大会第四次会议上", "unclear"),
    ],
)  # fmt: skip
def test_what_a_title_promises(title: str, interest: str) -> None:
    assert promise(title).interest == interest


@pytest.mark.parametrize(
    "data",
    [
        b"<record>" * 100_000, b"<record><![CDATA[" * 50_000, b"<nextgroup>" * 100_000, b"<script>" + b"{" * 500_000,
        b'{"a":[' * 100_000, b"<a href=" * 100_000, b"<script>" + b"page(" * 100_000, b"<" * 500_000,
    ],
)  # fmt: skip
def test_pages_made_to_be_slow_end(data: bytes) -> None:
    """They took minutes by patterns that look ahead; the run's own time limit would show it."""
    assert read_links(data, BASE).links == []
