"""Pages: thirteen templates with and without their rule, five glossaries, broken markup, real structures."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from benchmarks.reader_pages import TEMPLATES, page, reports
from benchmarks.reader_scores import char_f1
from corpus.readers.document import read_document
from corpus.readers.html import iso_date, read_html
from corpus.readers.html_containers import without
from corpus.readers.html_lines import scan

PAGES = Path(__file__).resolve().parents[3] / "data" / "pages"
REAL = list(csv.DictReader((PAGES / "real" / "manifest.csv").read_text("utf-8").splitlines()))
POOL = reports(2026)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("rules", ["known", "left out"])
def test_template(template: str, rules: str) -> None:
    number = TEMPLATES.index(template)
    options = {"known": without(template)} if rules == "left out" else {}
    for step in range(3):
        made = page(template, POOL[(number + 7 * step) % len(POOL)], seed=31 * number + step)
        found = read_document(made.html.encode(), second="never", **options)
        assert found.status == "ok", found.reason
        assert found.text == made.text
        assert (found.region_code, found.year, found.title) == (
            made.region_code,
            made.year,
            made.title,
        )
        assert found.glossary == ""
        assert found.annex == ""


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("form", ["section", "footnotes", "page", "table", "hidden"])
def test_glossary(template: str, form) -> None:
    made = page(template, POOL[TEMPLATES.index(template)], seed=5, glossary=form)
    found = read_document(made.html.encode(), second="never")
    assert found.text == made.text
    assert found.glossary == made.glossary
    assert bool(found.glossary_url) == (form == "page") or form == "footnotes"


@pytest.mark.parametrize("row", REAL, ids=lambda r: r["file"])
@pytest.mark.parametrize("rules", ["known", "none"])
def test_real_structure(row: dict[str, str], rules: str) -> None:
    data = (PAGES / "real" / row["file"]).read_bytes()
    found = read_document(data, **({"known": ()} if rules == "none" else {}), second="never")
    expected = (PAGES / "real" / row["expected_text_file"]).read_text("utf-8").strip()
    assert found.text == expected
    assert (found.title, found.publish_date) == (row["title"], row["publish_date"])
    if row["page_kind"] != "report":
        assert (found.status, found.reason) == ("quarantined", row["page_kind"])
        return
    assert found.status == "ok", found.reason
    assert (found.region_code, str(found.year)) == (row["region_code"], row["year"])
    assert found.session_date == row["session_date"]
    for part in ("glossary", "annex"):
        file = row[f"{part}_file"]
        assert getattr(found, part) == (
            (PAGES / "real" / file).read_text("utf-8").strip() if file else ""
        )


@pytest.mark.parametrize("row", REAL, ids=lambda r: r["file"])
def test_trafilatura_agrees(row: dict[str, str]) -> None:
    if row["page_kind"] == "report":
        found = read_document((PAGES / "real" / row["file"]).read_bytes(), second="always")
        assert found.agreement is not None
        assert found.agreement > 0.85


@pytest.mark.parametrize(
    ("file", "begins", "contains"),
    [
        (
            "govcn_gongbao_2007_two_html_ends.html",
            "第十届全国人民代表大会常务委员会第二十八次会议",
            "53365.53亿元",
        ),
        ("shanxi_gov_news_2019.html", "跨越千山万水", "山西"),
        ("zj_fgw_jpage_2016.html", "1-10月", "246.79亿元"),
        ("he_xinhuanet_declared_utf8_bytes_gbk.html", "一个约定", "河北农大"),
        ("people_declared_gb2312_bytes_utf8.html", "父亲的教诲", "书院"),
        ("cjn_trs_createpagehtml.html", "长江网10月4日讯", "武汉"),
    ],
)
def test_saved_page_is_no_report_and_is_read(file: str, begins: str, contains: str) -> None:
    found = read_document((PAGES / file).read_bytes())
    assert (found.status, found.reason.split("_")[0]) in {
        ("quarantined", "not"),
        ("quarantined", "decoy"),
    }
    assert begins in found.text[:60]
    assert contains in found.text
    assert "\ufffd" not in found.text


def lines(html: str) -> list[str]:
    return [line.text for line in scan(html).lines]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>甲</p></body></html><p>乙</p></html>", ["甲", "乙"]),
        ("<p>PM<sub>2.5</sub>浓度</p>", ["PM2.5浓度"]),
        ("<p><strong>一是</strong><b>增长</b>5%</p>", ["一是增长5%"]),
        ("甲<br>乙<br/>丙", ["甲", "乙", "丙"]),
        ("<p>报告\n　　工作</p>", ["报告工作"]),
        ("<p>甲 乙\n丙</p>", ["甲 乙丙"]),
        ("<p>GDP\ngrowth</p>", ["GDP growth"]),
        ("<p>甲<script>x</script><style>p{}</style><!-- c -->乙</p>", ["甲乙"]),
        ("<p>5&nbsp;000 &lt;亿元&gt; &ldquo;两重&rdquo;</p>", ["5\xa0000 <亿元> “两重”"]),
        ("<p>小于<5%且>3%</p>", ["小于<5%且>3%"]),
        ("<table><tr><td>1</td><td>甲</td></tr><tr><td>2<td>乙</table>", ["1\t甲", "2\t乙"]),
        ("<table><tr><td>菜单</td><td>甲<br>乙</td></tr></table>", ["菜单", "甲", "乙"]),
        ("<div>甲<div>乙</div>丙</div>", ["甲", "乙", "丙"]),
        ('<p style="font:"Microsoft Yahei"">甲</p>', ["甲"]),
        ("<a href='a>b'>甲</a>乙", ["甲乙"]),
        ("<!-- 甲 <p>乙</p>", ["乙"]),
        ("<!--[if IE]><p>旧</p><![endif]--><p>甲</p>", ["甲"]),
        ("<script>no end <p>甲</p>", ["no end", "甲"]),
        ("甲\x00乙", ["甲乙"]),
        ("<spanms-text='x'>甲</spanms-text>", ["甲"]),
        ("<UCAPCONTENT><P>甲</P></UCAPCONTENT>", ["甲"]),
    ],
)
def test_lines(html: str, expected: list[str]) -> None:
    assert lines(html) == expected


def test_depth_and_loops_cost_little() -> None:
    assert lines("<div>" * 50_000 + "正文" + "</div>" * 50_000 + "尾") == ["正文", "尾"]
    assert lines("<b><i>" * 50_000 + "正文") == ["正文"]
    assert lines("<a" * 100_000)
    assert len(lines("<table><tr><td>" * 5_000 + "正文")) == 1


def test_text_only_in_a_script() -> None:
    report = POOL[0]
    inner = "".join(f"<p>{line}</p>" for line in report.body)
    text = inner.replace('"', '\\"').replace("/", "\\/").replace("<", "\\u003C")
    html = f'<html><head><title>{report.title}</title></head><body><div id="app"></div><script>window.__NEXT_DATA__={{"content":"{text}"}}</script></body></html>'
    found = read_document(html.encode(), second="never")
    assert found.text == "\n".join(report.body)
    assert (found.status, found.year) == ("ok", 2026)


def test_half_of_the_body_is_hidden_until_a_script_runs() -> None:
    report = POOL[1]
    inner = "".join(f"<p>{line}</p>" for line in report.body)
    html = f"<html><title>{report.title}</title><body style='display:none'><div class='TRS_Editor'>{inner}<div style='display: none'>二维码</div></div></body></html>"
    assert read_document(html.encode(), second="never").text == "\n".join(report.body)


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<title>拒绝执行 | 云防护</title><h1>403</h1><p>服务器拒绝执行该请求</p>", "blocked_waf"),
        (
            "<html><script>var _0x=1;$_ts.cd='x'.repeat(9)</script><body></body></html>",
            "blocked_challenge",
        ),
        ("<title>安全验证</title><p>请拖动滑块完成验证</p>", "blocked_challenge"),
        ("<title>提示</title><p>您访问的页面不存在或已删除</p>", "soft_404"),
        ("<title>登录</title><p>请先登录后查看</p>", "login_required"),
        (
            "<title>政府工作报告</title><ul>"
            + "".join(
                f"<li><a href='{i}'>{i}年某某省政府工作报告</a><span>01-2{i % 9}</span></li>"
                for i in range(2001, 2026)
            )
            + "</ul>",
            "index_page",
        ),
    ],
)
def test_page_that_is_no_article(html: str, reason: str) -> None:
    found = read_document(html.encode())
    assert (found.status, found.reason) == ("quarantined", reason)


def test_one_page_of_several() -> None:
    report = POOL[2]
    inner = "".join(f"<p>{line}</p>" for line in report.body[: len(report.body) // 2])
    html = f'<html><title>{report.title}</title><body><div class="TRS_Editor">{inner}让</div><script>createPageHTML(4,0,"t2019","shtml")</script></body></html>'
    found = read_document(html.encode(), second="never")
    assert (found.reason, found.n_parts) == ("part_of_article", 4)


@pytest.mark.parametrize(
    ("text", "date"),
    [("2026-02-02 08:46:23", "2026-02-02"), ("2026.9.19", "2026-09-19"), ("2026年7月8日", "2026-07-08"),
     ("2026-02-09 09∶02", "2026-02-09"), ("2026-13-40", ""), ("", "")],
)  # fmt: skip
def test_iso_date(text: str, date: str) -> None:
    assert iso_date(text) == date


def test_score_is_an_alignment() -> None:
    assert char_f1("甲乙\n丙", "甲乙丙") == 1.0
    assert char_f1("甲乙丙丁", "丁丙乙甲") < 0.5


def test_agreement_is_low_where_methods_differ() -> None:
    side = (
        "<div class='TRS_Editor'>"
        + "".join(f"<p>旁栏第{i}条短讯，有逗号，也有句号。</p>" for i in range(15))
        + "</div>"
    )
    main = (
        "<div><div>"
        + "".join(f"<p>第{i}段正文，讲了许多事情，也有数字{i}。</p>" for i in range(300))
        + "</div></div>"
    )
    source = read_html(f"<body>{side}{main}</body>", second="never")
    assert source.agreement == 0.0
    assert (
        "旁栏"
        not in source.raw[source.lines[source.first].start : source.lines[source.last - 1].end]
    )


def boxes(*parts: str) -> str:
    return f"<html><title>{POOL[3].title}</title><body>" + "".join(parts) + "</body></html>"


def paragraphs(lines, tag: str = "p") -> str:
    return "".join(f"<{tag}>{line}</{tag}>" for line in lines)


HALF = len(POOL[3].body) // 2


@pytest.mark.parametrize(
    "html",
    [
        boxes("<div class=TRS_Editor>", paragraphs(POOL[3].body[:HALF]), "</div><div class=TRS_Editor>", paragraphs(POOL[3].body[HALF:]), "</div>"),
        boxes("<div><table>", "".join(f"<tr><td>{line}</td></tr>" for line in POOL[3].body), "</table></div>"),
        boxes("<pre>", "\n".join(f"　　{line}" for line in POOL[3].body), "</pre>"),
        boxes("<div>", "　　".join(POOL[3].body), "</div>") if all(line[-1] in "。：！" for line in POOL[3].body) else boxes(paragraphs(POOL[3].body)),
        boxes("<textarea id=c style='display:none'>", paragraphs(POOL[3].body).replace("<", "&lt;"), "</textarea>"),
        boxes("<div id=zoom>", paragraphs(POOL[3].body[:HALF]), '<div><a href="_0">上一页</a> <a href="_1">1</a> <a href="_2">下一页</a></div>', paragraphs(POOL[3].body[HALF:]), "</div>"),
        boxes("<div>", "\n".join(POOL[3].body), "</div>"),
        boxes("<div>", "\n　　".join(POOL[3].body), "</div>"),
        boxes("<center><font size=2>", "<br>".join(POOL[3].body), "</font></center>"),
        boxes("<div id=zoom>", paragraphs(POOL[3].body, "div"), "</div><div id=zoom>", paragraphs(POOL[3].body, "div"), "</div>"),
        boxes("<ul>", paragraphs(POOL[3].body, "li"), "</ul>"),
        boxes("<article><section>", paragraphs(POOL[3].body[:HALF]), "</section><section>", paragraphs(POOL[3].body[HALF:]), "</section></article>"),
        boxes("<div id=zoom><p>编者按：" + "这是一段介绍，讲了大会的情况。" * 90 + "</p>", paragraphs(POOL[3].body), "</div>"),
        boxes("<div id=zoom>", paragraphs(f"<span>{line[:9]}</span>\n<span>{line[9:]}</span>" for line in POOL[3].body), "</div>"),
        boxes("<div id=zoom>", "<p>".join(POOL[3].body), "</div>"),
        boxes("<div id=zoom>", paragraphs(POOL[3].body), "</div>").replace("</p>", "</P>").replace("<p>", "<P ALIGN=left>"),
        boxes("<div id=zoom>", paragraphs(f"　　&nbsp;{line}\u200b&#8203;" for line in POOL[3].body), "</div>"),
    ],
)  # fmt: skip
def test_other_layouts(html: str) -> None:
    assert read_document(html.encode(), second="never").text == "\n".join(POOL[3].body)
