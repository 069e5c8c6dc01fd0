"""The replica put together: 31 provinces and the nation, lists, reports, decoys, and traps."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np

from corpus.dedup import canonical_sha256
from corpus.regions import NATIONAL_CODE, provinces, regions
from crawler.registry import read_registry
from crawler.replica import files
from crawler.replica.articles import article, in_script, notes_markup, page, parts, publish_date
from crawler.replica.decoys import decoys
from crawler.replica.lists import FORMS, Entry, jpage
from crawler.replica.model import Page, Site, Truth
from crawler.replica.real import REFUSALS, real_page
from crawler.replica.texts import Report, report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.registry import Source

#: Form of the list and of the articles by province; the nation is T09.
_KINDS = {
    "120000": ("onclick", "T02"), "130000": ("numbered", "T08"), "210000": ("table", "T03"), "230000": ("numbered", "T07"),
    "310000": ("numbered", "T06"), "320000": ("jpage", "T04"), "330000": ("jpage", "T04"), "340000": ("twice", "T05"),
    "360000": ("jpage", "T04"), "370000": ("jpage_post", "T04"), "410000": ("numbered", "T07"), "440000": ("json", "T10"),
    "460000": ("numbered", "T07"), "510000": ("numbered", "T07"), "620000": ("jpage_post", "T04"), "650000": ("numbered", "T07"),
    "220000": ("trs", "T13"), "530000": ("trs", "T11"), "540000": ("trs", "T13"), NATIONAL_CODE: ("table", "T09"),
}  # fmt: skip
_GBK = frozenset(("210000", "140000"))
_GLOSSARIES = ("none", "none", "none", "section", "table", "hidden")
#: How one year of a province is published otherwise than its others.
SPECIAL = {
    ("110000", 2): "parts", ("110000", 5): "glossary_page", ("140000", 1): "pdf_stub", ("150000", 3): "docx_stub", ("220000", 4): "only_sitemap",
    ("350000", 5): "only_search", ("430000", 6): "news_column", ("440000", 2): "in_script", ("450000", 3): "refresh",
    ("500000", 4): "frame_pdf", ("520000", 7): "news_column", ("530000", 1): "bare_title", ("610000", 5): "unclear_title",
    ("630000", 2): "pdf_link", ("130000", 4): "reprint", ("420000", 3): "gzip", ("540000", 0): "session_id",
    ("350000", 7): "real_FJ", ("440000", 7): "real_GD", ("130000", 7): "real_HE", ("220000", 7): "real_JL", ("530000", 7): "real_YN",
}  # fmt: skip
#: Provinces whose list names a page that turns out to be a refusal.
REFUSED = {"620000": "GS", "150000": "NM"}


@dataclass(slots=True)
class _Builder:
    seed: int
    years: tuple[int, ...]
    site: Site

    def rng(self, *more: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *more])


def build(
    *, seed: int = 0, years: Sequence[int] = tuple(range(2019, 2027)), codes: Sequence[str] = ()
) -> Site:
    """Make the replica.

    Parameters
    ----------
    seed : int
        The same seed gives the same bytes.
    years : sequence of int
        Years of the reports.
    codes : sequence of str
        Regions; all provinces and the nation when empty.
    """
    builder = _Builder(seed, tuple(years), Site())
    columns = _columns(read_registry())
    for code in codes or (NATIONAL_CODE, *(p.code for p in provinces())):
        _portal(builder, code, columns[code])
    _reprints(builder, codes)
    return builder.site


def _columns(sources: Sequence[Source]) -> dict[str, str]:
    """Find the newest list of each region that the registry knows to hold reports."""
    found: dict[str, str] = {}
    for source in sources:
        if (
            source.kind == "list"
            and source.is_enabled
            and source.valid_to == 9999
            and "nyw" not in source.url
        ):
            found[source.region_code] = source.url
    found.setdefault("640000", "https://www.nx.gov.cn/zzsl/zfgzbg/")
    return found


def _portal(builder: _Builder, code: str, column: str) -> None:
    """One region: its list, its reports, its decoys, its home page."""
    site, rng = builder.site, builder.rng(int(code))
    column = column.replace("https://", "http://")
    form, template = _KINDS.get(code, ("trs", "T01"))
    region = regions()[code].name
    site.source(code, region, column, template=template)
    entries, hidden, news = [], [], []
    for at, year in enumerate(builder.years):
        special = SPECIAL.get((code, at), "")
        entry = _report(builder, code, year, column, template, special)
        if special == "only_sitemap" or special == "only_search":
            hidden.append((special, entry))
        elif special == "news_column":
            news.append(entry)
        elif special != "reprint":
            entries.append(entry)
    others = _decoys(builder, code, region, column)
    if code in REFUSED:
        others.append(_refusal(builder, code, region, column))
    mixed = [*entries, *others]
    mixed = [mixed[int(i)] for i in rng.permutation(len(mixed))]
    size = 3 * int(rng.integers(3, 6))
    pages = (
        jpage(column, mixed, size, by_post=True)
        if form == "jpage_post"
        else FORMS[form](column, mixed, size)
    )
    charset = "gb18030" if code in _GBK else "utf-8"
    for url, text in pages.items():
        kind = "application/json" if text.startswith("{") else "text/html"
        site.put(url, Page(_encode(text, charset), kind))
    _home(builder, column, hidden, news, charset)


def _encode(text: str, charset: str) -> bytes:
    declared = "gb2312" if charset == "gb18030" else charset
    return text.replace("@CHARSET@", declared).encode(charset, "xmlcharrefreplace")


def _address(
    builder: _Builder, code: str, column: str, template: str, number: int, date: str
) -> str:
    """Make an address as the system makes them; the month in it may be that of a move, not the report's."""
    folder = column.split("?")[0].rsplit("/", 1)[0]
    host = "{0.scheme}://{0.netloc}".format(urlsplit(column))
    moved = builder.rng(int(code), number, 5).integers(3) == 0
    month = "202308" if moved else date[:7].replace("-", "")
    token = hashlib.sha256(f"{builder.seed}{code}{number}".encode()).hexdigest()[:32]
    day = date.replace("-", "")
    return {
        "T04": f"{host}/art/{month[:4]}/{int(month[4:])}/26/art_64797_{11500000 + number}.html",
        "T05": f"{host}/public/1681/{7965000 + number}.html",
        "T06": f"{folder}/{day}/{token}.html",
        "T07": f"{folder}/{month}/{token}.shtml",
        "T08": f"{folder}/{month}/14/{token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:20]}-{token[20:]}.html",
        "T10": f"{host}/gkmlpt/content/4/4851/post_{4851000 + number}.html",
        "T11": f"{host}/n2/{date[:4]}/{date[5:7]}{date[8:]}/c412110-{41114000 + number}.html",
        "T09": f"{host}/guowuyuan/{date[:4]}zfgzbg.htm",
    }.get(template, f"{folder}/{month}/t{day}_{3994000 + number}.html")


def _report(
    builder: _Builder, code: str, year: int, column: str, template: str, special: str
) -> Entry:
    site, rng = builder.site, builder.rng(int(code), year)
    text = report(code, year, seed=builder.seed)
    date = publish_date(text, builder.rng(int(code), year, 1))
    url = _address(builder, code, column, template, year, date)
    title = text.title
    glossary = (
        "none"
        if special or template in ("T03", "T05", "T09")
        else _GLOSSARIES[int(rng.integers(len(_GLOSSARIES)))]
    )
    charset = "gb18030" if code in _GBK else "utf-8"
    if special == "parts":
        stem = urlsplit(url).path.rsplit("/", 1)[-1].removesuffix(".html")
        first, *more = parts(text, rng, stem=stem, extension="html")
        for k, markup in enumerate(more, start=1):
            site.put(url.replace(".html", f"_{k}.html"), Page(_encode(markup, charset)))
        data = _encode(first, charset)
        site.put(url, Page(data))
    elif special in ("pdf_stub", "docx_stub", "frame_pdf", "pdf_link"):
        url, entry_url, data = _file(site, text, url, special, rng, charset)
        _true(site, text, url, template="T12", data=data, date=date, charset=charset)
        return Entry(entry_url, title, date)
    elif special == "in_script":
        data = _encode(in_script(text, rng), charset)
        site.put(url, Page(data))
    elif special.startswith("real_"):
        data = real_page(special.removeprefix("real_"), text, date).encode()
        template = special
        site.put(url, Page(data))
    else:
        if special == "glossary_page":
            glossary = "page"
            notes = page(
                f"{title}名词解释",
                f"<h1>名词解释</h1><div class='TRS_Editor'>{notes_markup()}</div>",
                text,
                rng,
            )
            site.put(url.rsplit("/", 1)[0] + f"/t{year}_mcjs.html", Page(_encode(notes, charset)))
        data = _encode(article(template, text, rng, glossary=glossary), charset)
        site.put(url, Page(data, "text/html", behaviour="gzip" if special == "gzip" else ""))
    _true(
        site, text, url, template=template, data=data, date=date, charset=charset, glossary=glossary
    )
    if special == "refresh":
        jump = url.replace(".html", "_j.html")
        name = urlsplit(url).path.rsplit("/", 1)[-1]
        site.put(
            jump,
            Page(
                f'<html><head><meta http-equiv="refresh" content="0; url=./{name}"></head><body></body></html>'.encode()
            ),
        )
        return Entry(jump, title, date)
    if special == "bare_title":
        title = "政府工作报告"
    if special == "unclear_title":
        title = "查看全文"
    if special == "session_id":
        return Entry(url + ";jsessionid=1A2B3C", title, date)
    return Entry(url, title, date)


def _file(
    site: Site, text: Report, url: str, special: str, rng: np.random.Generator, charset: str
) -> tuple[str, str, bytes]:
    """Make a report that stands in a file only."""
    lines = [text.title, text.session, text.speaker, *text.body]
    kind = "docx" if special == "docx_stub" else "pdf"
    data = (
        files.docx(lines)
        if kind == "docx"
        else files.pdf(lines, head=f"政府公报{text.year}年第3期")
    )
    address = url.rsplit("/", 1)[0] + f"/P0{text.year}0203531558645088.{kind}"
    site.put(
        address, Page(data, "application/pdf" if kind == "pdf" else "application/octet-stream")
    )
    if special == "pdf_link":
        return address, address, data
    name = address.rsplit("/", 1)[-1]
    inner = {
        "pdf_stub": f'<p>全文见附件。</p><script>var file_appendix=\'<a href="./{name}">{text.title}.pdf</a>\'; if(file_appendix!=""){{document.write(file_appendix)}}</script>',
        "docx_stub": f'<p>附件：<a href="./{name}">{text.title}.docx</a></p>',
        "frame_pdf": f'<iframe src="/js/pdfjs/web/viewer.html?file={urlsplit(address).path}"></iframe>',
    }[special]
    stub = page(
        text.title, f"<h1>{text.title}</h1><div class='TRS_Editor'>{inner}</div>", text, rng
    )
    site.put(url, Page(_encode(stub, charset)))
    return address, url, data


def _true(
    site: Site,
    text: Report,
    url: str,
    *,
    template: str,
    data: bytes,
    date: str,
    charset: str,
    glossary: str = "none",
) -> None:
    site.truth.append(
        Truth(
            url, text.region_code, text.year, 1, template, charset, "gb2312" if charset == "gb18030" else charset, text.title,
            text.session_date, date, len(text.body), glossary, 200, hashlib.sha256(data).hexdigest(),
            canonical_sha256("\n".join(text.body)),
        )
    )  # fmt: skip


def _decoys(builder: _Builder, code: str, region: str, column: str) -> list[Entry]:
    site, rng = builder.site, builder.rng(int(code), 77)
    year = builder.years[int(rng.integers(len(builder.years)))]
    cities = [
        r.name for r in regions().values() if r.province_code == code and r.level == "prefecture"
    ]
    city = cities[int(rng.integers(len(cities)))] if cities else "石家庄市"
    other = "440000" if code != "440000" else "330000"
    entries = []
    folder = column.split("?")[0].rsplit("/", 1)[0]
    for i, decoy in enumerate(decoys(code, region, year, city, other, rng, builder.seed)):
        date = f"{year}-02-{i % 27 + 1:02d}"
        url = f"{folder}/{date[:4]}{date[5:7]}/t{date.replace('-', '')}_{8800000 + i}.html"
        data = _encode(decoy.html, "utf-8")
        site.put(url, Page(data))
        site.truth.append(
            Truth(
                url,
                code,
                "",
                0,
                f"decoy_{decoy.kind}",
                title=decoy.title,
                publish_date=date,
                sha256=hashlib.sha256(data).hexdigest(),
            )
        )
        entries.append(Entry(url, decoy.title, date))
    return entries


def _refusal(builder: _Builder, code: str, region: str, column: str) -> Entry:
    """Make a page that refuses, under a report's name: to be recorded as blocked."""
    year = builder.years[-1]
    reason, text = REFUSALS[REFUSED[code]]
    folder = column.split("?")[0].rsplit("/", 1)[0]
    url = f"{folder}/{year}02/t{year}0212_8900000.html"
    data, title = text.encode(), f"{year}年{region}政府工作报告（全文）"
    builder.site.put(url, Page(data))
    builder.site.truth.append(
        Truth(
            url, code, "", 0, f"decoy_{reason}", title=title, publish_date=f"{year}-02-12",
            sha256=hashlib.sha256(data).hexdigest(), expected_state="blocked", expected_reason=reason,
        )
    )  # fmt: skip
    return Entry(url, title, f"{year}-02-12")


def _home(
    builder: _Builder, column: str, hidden: list[tuple[str, Entry]], news: list[Entry], charset: str
) -> None:
    """Home page with columns and a search; sitemap; robots.txt."""
    site = builder.site
    host = "{0.scheme}://{0.netloc}".format(urlsplit(column))
    items = "".join(f'<li><a href="{e.url}" title="{e.title}">{e.title}</a></li>' for e in news)
    filler = "".join(
        f'<li><a href="/zwdt/{i}.html">要闻第{i}条：全省经济运行稳中有进</a></li>'
        for i in range(20)
    )
    site.put(
        f"{host}/zwdt/yw/index.html",
        Page(
            _encode(
                f'<html><head><meta charset="@CHARSET@"><title>要闻</title></head><body><ul>{items}{filler}</ul></body></html>',
                charset,
            )
        ),
    )
    form = '<form action="/search/s.jsp" method="get"><input type="text" name="q"><input type="submit" value="搜索"></form>'
    site.put(
        f"{host}/",
        Page(
            _encode(
                f'<html><head><meta charset="@CHARSET@"><title>门户</title></head><body>{form}<a href="/zwdt/yw/index.html">要闻</a><a href="{column}">政府工作报告</a></body></html>',
                charset,
            )
        ),
    )
    mapped = [e for kind, e in hidden if kind == "only_sitemap"]
    locations = "".join(
        f"<url><loc>{url}</loc></url>" for url in [column, *(e.url for e in mapped)]
    )
    site.put(
        f"{host}/sitemap.xml",
        Page(
            f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locations}</urlset>'.encode(),
            "application/xml",
        ),
    )
    site.put(f"{host}/robots.txt", Page(b"User-agent: *\nDisallow: /private/\n", "text/plain"))
    for kind, entry in hidden:
        if kind == "only_search":
            found = f'<html><head><meta charset="utf-8"><title>搜索结果</title></head><body><a href="{entry.url}">{entry.title}</a></body></html>'
            site.put(f"{host}/search/s.jsp", Page(found.encode()))


def _reprints(builder: _Builder, codes: Sequence[str]) -> None:
    """Add a report whose official address is dead while a reprint lives."""
    code, at = next((key for key, kind in SPECIAL.items() if kind == "reprint"), ("", 0))
    if (codes and code not in codes) or at >= len(builder.years):
        return
    site, year = builder.site, builder.years[at]
    text, rng = report(code, year, seed=builder.seed), builder.rng(int(code), year, 9)
    # The portal's own page of this year is taken away; its row stays in the registry.
    own = next(t for t in site.truth if t.region_code == code and t.year == year)
    parts_of = urlsplit(own.url)
    site.pages.pop(f"{parts_of.hostname}{parts_of.path}")
    site.truth.remove(own)
    url = "http://www.yjysbg.com/1904.html"  # a reprint that the shipped registry knows
    data = _encode(article("T11", text, rng, column="资料"), "utf-8")
    site.put(url, Page(data))
    _true(site, text, url, template="T11", data=data, date=publish_date(text, rng), charset="utf-8")
    site.source(code, text.region, own.url, kind="article", year=str(year))
    site.source(code, text.region, url, kind="article", year=str(year), source_tier="4")
