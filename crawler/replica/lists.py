"""List pages after the systems of the portals: where a link stands differs, the links do not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a list."""

    url: str
    title: str
    date: str


def _relative(entry: Entry, base: str) -> str:
    folder = base.rsplit("/", 1)[0] + "/"
    return "./" + entry.url.removeprefix(folder) if entry.url.startswith(folder) else entry.url


def _frame(title: str, inner: str, tail: str = "") -> str:
    menu = "".join(
        f'<li><a href="/c{i}/index.html">{n}</a></li>'
        for i, n in enumerate(("首页", "政务公开", "政务服务", "互动交流"))
    )
    return (
        f'<!DOCTYPE html><html><head><meta charset="@CHARSET@"><title>{title}</title></head><body><ul>{menu}</ul>'
        f'<div class="pos">当前位置：首页 &gt; {title}</div>{inner}{tail}<div class="foot">主办：办公厅　网站地图</div></body></html>'
    )


def _chunks(entries: Sequence[Entry], size: int) -> list[Sequence[Entry]]:
    return [entries[i : i + size] for i in range(0, len(entries), size)] or [[]]


def trs(base: str, entries: Sequence[Entry], size: int) -> dict[str, str]:
    """Relative links; further pages only through ``createPageHTML``, counted from 0."""
    chunks = _chunks(entries, size)
    stem, extension = _stem(base)
    found = {}
    for k, chunk in enumerate(chunks):
        items = "".join(
            f'<li><a href="{_relative(e, base)}" title="{escape(e.title)}">{escape(e.title[:18])}</a><span>{e.date}</span></li>'
            for e in chunk
        )
        call = f'<script>createPageHTML({len(chunks)}, {k}, "{stem}", "{extension}")</script>'
        url = base if k == 0 else _sibling(base, f"{stem}_{k}.{extension}")
        found[url] = _frame("政府工作报告", f'<ul class="list">{items}</ul>', call)
    return found


def onclick(base: str, entries: Sequence[Entry], size: int) -> dict[str, str]:
    """Links only in handlers."""
    chunks = _chunks(entries, size)
    found = {}
    for k, chunk in enumerate(chunks):
        items = "".join(
            f'<li><a href="javascript:void(0)" onclick="window.open(\'{_relative(e, base)}\')">{escape(e.title)}</a><i>{e.date}</i></li>'
            for e in chunk
        )
        stem, extension = _stem(base)
        url = base if k == 0 else _sibling(base, f"{stem}_{k}.{extension}")
        found[url] = _frame(
            "政府工作报告",
            f"<ul>{items}</ul>",
            f'<script>createPageHTML({len(chunks)},{k},"{stem}","{extension}","3")</script>',
        )
    return found


def jpage(
    base: str, entries: Sequence[Entry], size: int, *, by_post: bool = False
) -> dict[str, str]:
    """Put records in an XML store; the next groups come from a proxy address by GET or POST."""
    host = "{0.scheme}://{0.netloc}".format(urlsplit(base))
    chunks = _chunks(entries, size)

    def records(chunk: Sequence[Entry]) -> str:
        return "".join(
            f'<record><![CDATA[<li><a href="{e.url}">{escape(e.title)}</a><span>{e.date}</span></li>]]></record>'
            for e in chunk
        )

    proxy = "/module/web/jpage/dataproxy.jsp"
    following = (
        f'<nextgroup><![CDATA[<a href="{proxy}?page=1&webid=73&columnid=33720&unitid=764752"></a>]]></nextgroup>'
        if not by_post
        else ""
    )
    setup = (
        f"<script>$('#764752').jpage({{ajaxParam:{{col:1,appid:1,webid:73,path:'/',columnid:33720,sourceContentType:1,unitid:'764752',webname:'某省',permissiontype:0}},"
        f"totalRecord:{len(entries)},perPage:{max(size // 3, 1)},proxyUrl:'{proxy}'}});</script>"
    )
    store = f'<div id="764752"><script type="text/xml"><datastore>{following}<recordset>{records(chunks[0])}</recordset></datastore></script></div>'
    found = {base: _frame("政府工作报告", store, setup)}
    for k, chunk in enumerate(chunks[1:], start=1):
        more = (
            f'<nextgroup><![CDATA[<a href="{proxy}?page={k + 1}&webid=73&columnid=33720&unitid=764752"></a>]]></nextgroup>'
            if k + 1 < len(chunks) and not by_post
            else ""
        )
        start = k * size + 1
        url = (
            f"{host}{proxy}?startrecord={start}&endrecord={min(start + size - 1, len(entries))}&perpage={max(size // 3, 1)}"
            if by_post
            else f"{host}{proxy}?page={k}&webid=73&columnid=33720&unitid=764752"
        )
        found[url] = (
            f"<?xml version='1.0' encoding='utf-8'?><datastore>{more}<recordset>{records(chunk)}</recordset></datastore>"
        )
    return found


def twice(base: str, entries: Sequence[Entry], size: int) -> dict[str, str]:
    """Every link twice, by title and by index number."""
    found = {}
    chunks = _chunks(entries, size)
    for k, chunk in enumerate(chunks):
        rows = "".join(
            f'<tr><td><a href="{e.url}">000014349/{e.date[:4]}-{i:05d}</a></td><td><a href="{e.url}" title="{escape(e.title)}">{escape(e.title)}</a></td><td>{e.date}</td></tr>'
            for i, e in enumerate(chunk)
        )
        joint = "&" if "?" in base else "?"
        url = base if k == 0 else f"{base}{joint}page={k + 1}"
        links = "".join(
            f'<a href="{base if j == 0 else f"{base}{joint}page={j + 1}"}">{j + 1}</a>'
            for j in range(len(chunks))
        )
        found[url] = _frame(
            "政府工作报告",
            f"<table>{rows}</table>",
            f'<div class="pg">{links}<a href="{base}{joint}page={min(k + 2, len(chunks))}">下一页</a></div>',
        )
    return found


def numbered(base: str, entries: Sequence[Entry], size: int) -> dict[str, str]:
    """Plain links; page k is ``list_k``, from 2, by anchors."""
    chunks = _chunks(entries, size)
    stem, extension = _stem(base)
    found = {}
    for k, chunk in enumerate(chunks):
        items = "".join(
            f'<li><span>{e.date}</span><a target="_blank" href="{urlsplit(e.url).path}">{escape(e.title)}</a></li>'
            for e in chunk
        )
        following = (
            f'<a class="next" href="{stem}_{k + 2}.{extension}">下一页</a>'
            if k + 1 < len(chunks)
            else ""
        )
        url = base if k == 0 else _sibling(base, f"{stem}_{k + 1}.{extension}")
        found[url] = _frame("政府工作报告", f"<ul>{items}</ul>", following)
    return found


def by_json(base: str, entries: Sequence[Entry], size: int) -> dict[str, str]:
    """Make a page that loads its records by script as JSON, page by page."""
    host = "{0.scheme}://{0.netloc}".format(urlsplit(base))
    chunks = _chunks(entries, size)
    found = {
        base: _frame(
            "政府工作报告",
            '<div id="list"></div>',
            '<script>var api="/gkmlpt/api/all/45?page=1&sid=2";load(api);</script>',
        )
    }
    for k, chunk in enumerate(chunks, start=1):
        records = [
            {"id": i, "title": e.title, "url": e.url + "#45", "date": e.date}
            for i, e in enumerate(chunk)
        ]
        found[f"{host}/gkmlpt/api/all/45?page={k}&sid=2"] = json.dumps(
            {"total": len(entries), "pages": len(chunks), "articles": records}, ensure_ascii=False
        )
    return found


def table(base: str, entries: Sequence[Entry], size: int) -> dict[str, str]:
    """Make an old page: one table, links with quotes left out."""
    del size
    rows = "".join(
        f"<tr><td>·<a href={e.url} target=_blank>{escape(e.title)}</a></td><td>[{e.date}]</td></tr>"
        for e in entries
    )
    return {base: _frame("政府工作报告", f"<table>{rows}</table>")}


def _stem(base: str) -> tuple[str, str]:
    name = urlsplit(base).path.rsplit("/", 1)[-1]
    stem, _, extension = name.partition(".")
    return stem or "index", extension or "html"


def _sibling(base: str, name: str) -> str:
    return base.split("?")[0].rsplit("/", 1)[0] + "/" + name


FORMS: dict[str, Callable[[str, Sequence[Entry], int], dict[str, str]]] = {
    "trs": trs, "onclick": onclick, "jpage": jpage, "twice": twice, "numbered": numbered, "json": by_json, "table": table,
}  # fmt: skip
