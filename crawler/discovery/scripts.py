"""Links that only a script knows: paging calls, XML stores, records in JSON, data addresses."""

from __future__ import annotations

import html
import json
import re
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.addresses import normalise
from crawler.discovery.markup import quoted_addresses, read_markup
from crawler.discovery.model import Found, Link, LinkKind

if TYPE_CHECKING:
    from collections.abc import Iterator

# createPageHTML(3, 0, "index", "html"), createPageHTML('box', 7, 1, 'list3', 'shtml', 120)
_PAGING = re.compile(r"\b\w*page\w*\s*\(([^()]{5,200})\)", re.IGNORECASE)
_VARIABLE = re.compile(r"\b([A-Za-z_]\w{0,40})\s*=\s*[\"']?(\d{1,4})[\"']?\s*(?:[;,\n/]|$)")
_PAGE_COUNT = re.compile(
    r"(?:count_?page|page_?count|total_?pages?|n?page_?total)s?", re.IGNORECASE
)
_EXTENSION = re.compile(r"s?html?|jsp|aspx?|php", re.IGNORECASE)
_DATA = re.compile(
    r"\.json\b|/api/|\w*list\w*\.(?:do|action|jsp|ashx)\b|(?:list|data|news)[\w-]*\.js\b|dataproxy|/jpage|list(?:data|json)|getlist|query(?:list|data)|/interface/|search(?:list|json)",
    re.IGNORECASE,
)
_ASSET = re.compile(
    r"\.(?:css|png|jpe?g|gif|ico|svg|woff2?)\b|(?:jquery|bootstrap|min|common|swiper)[\w.-]*\.js\b",
    re.IGNORECASE,
)
_TITLE_KEY = re.compile(
    r"(?:doc|art|article|info|news|con)?_?(?:title|name|subject|bt|biaoti|caption)\w{0,3}$",
    re.IGNORECASE,
)
_URL_VALUE = re.compile(r"(?:https?:)?(?:\.{0,2}/)?[^\s<>\"'{}|\\^`]{1,400}")
_URL_KEY = re.compile(
    r"(?:\w*url\w*|\w*link\w*|href|path|addr(?:ess)?|src|file|staticpath)$", re.IGNORECASE
)
_OBJECT = re.compile(r"\{[^{}]{8,4000}\}")
_PAIR = re.compile(
    r"""["']?([A-Za-z_]\w{0,40})["']?\s*:\s*(["'])((?:\\.|(?!\2)[^\\\n]){0,600})\2"""
)
_ITEM_BLOCK = re.compile(
    r"<(item|entry|doc|row|record|article|info|news)\b[^>]*>(.{5,2000}?)</\1>",
    re.IGNORECASE | re.DOTALL,
)
_CHILD = re.compile(r"<(\w{1,30})\b[^>]*>([^<]{1,600}|<!\[CDATA\[.{1,600}?\]\]>)</\1>", re.DOTALL)
_JPAGE = re.compile(
    r"\b(col|appid|webid|path|columnid|sourceContentType|unitid|webname|permissiontype)\s*:\s*['\"]?([^,'\"}]*)",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\b(totalRecord|totalPage|perPage)\s*:\s*(\d{1,6})", re.IGNORECASE)
_MAX_PAGES = 60
_MAX_JSON = 4_000_000


def paging_calls(text: str, base: str, found: Found, numbers_of: dict[str, str]) -> bool:
    """Addresses of the further pages that a paging function would write.

    The count starts at 0 on TRS systems, whose second page is ``index_1``; systems that give a
    box's name first or count from 1 name it ``index_2``.
    """
    called = False
    for match in _PAGING.finditer(text):
        args = [a.strip().strip("'\"") for a in match[1].split(",")]
        args = [numbers_of.get(a, a) for a in args]
        numbers = [int(a) for a in args if re.fullmatch(r"\d{1,4}", a)]
        at = next((i for i, a in enumerate(args) if _EXTENSION.fullmatch(a.lstrip("."))), 0)
        if len(numbers) < 2 or at < 1 or not re.fullmatch(r"[\w\-]{1,120}", args[at - 1]):
            continue
        called = True
        stem, extension = args[at - 1], args[at].lstrip(".")
        total, current = numbers[0], numbers[1]
        from_two = current == 1 and not urlsplit(base).path.endswith(f"_1.{extension}")
        pages = range(2, total + 1) if from_two else range(1, total)
        kind: LinkKind = "part" if _is_own_stem(base, stem) else "page"
        for number in list(pages)[:_MAX_PAGES]:
            url = normalise(f"{stem}_{number}.{extension}", base)
            found.add(Link(url, "", kind, number=number))
    return called


def number_variables(text: str) -> dict[str, str]:
    """Read the numbers that a page's scripts give names to: ``var countPage = 3``."""
    return {m[1]: m[2] for m in _VARIABLE.finditer(text)}


def counted_pages(base: str, found: Found, numbers_of: dict[str, str]) -> None:
    """Guess the further pages of a list whose script writes the links itself, from a count of pages."""
    total = next((int(v) for k, v in numbers_of.items() if _PAGE_COUNT.fullmatch(k)), 0)
    name = urlsplit(base).path.rsplit("/", 1)[-1]
    stem, _, extension = name.partition(".")
    for number in range(1, min(total, _MAX_PAGES)):
        found.add(
            Link(
                normalise(f"{stem or 'index'}_{number}.{extension or 'html'}", base),
                "",
                "page",
                number=number,
            )
        )


def _is_own_stem(base: str, stem: str) -> bool:
    """Pages named after the page itself are parts of an article; ``index`` and lists are not."""
    name = urlsplit(base).path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    own = re.sub(r"_\d{1,3}$", "", name)
    return own == stem and bool(re.search(r"\d{4,}", stem))


def stores(text: str, base: str, found: Found) -> int:
    """Read the records of an XML store (hanweb jpage) and the address of its next group."""
    n_records = 0
    for record in _elements(text, "record"):
        n_records += 1
        read_markup(_inner(record), base, found)
    for group in _elements(text, "nextgroup"):
        inner = Found()
        read_markup(_inner(group), base, inner)
        for link in inner.links:
            found.add(Link(link.url, "", "data"))
    return n_records


def _elements(text: str, name: str) -> Iterator[str]:
    """Yield what stands in elements of a name, in one pass: a pattern would look ahead again and again."""
    lower, at = text.lower(), 0
    for _ in range(20_000):
        start = lower.find(f"<{name}", at)
        begin = lower.find(">", start) + 1 if start >= 0 else 0
        end = lower.find(f"</{name}", begin) if begin > 0 else -1
        if end < 0:
            return
        yield text[begin:end]
        at = end + len(name) + 2


def _inner(text: str) -> str:
    start = text.find("<![CDATA[")
    end = text.find("]]>", start) if start >= 0 else -1
    return text[start + 9 : end] if end >= 0 else html.unescape(text)


def jpage_groups(script: str, base: str, n_records: int, found: Found) -> None:
    """POST requests for the records beyond those in the page, as hanweb's own script sends them."""
    counts = {k.lower(): int(v) for k, v in _COUNT.findall(script)}
    fields = dict(_JPAGE.findall(script))
    total, per_page = counts.get("totalrecord", 0), counts.get("perpage", 0)
    if not ({"columnid", "unitid"} <= {k.lower() for k in fields}) or not per_page:
        return
    proxy = next(
        (a for a in quoted_addresses(script) if "dataproxy" in a), "/module/web/jpage/dataproxy.jsp"
    )
    size = 3 * per_page
    for start in list(range(max(n_records, 1) + 1, total + 1, size))[:_MAX_PAGES]:
        end = min(start + size - 1, total)
        url = normalise(
            f"{proxy.split('?')[0]}?startrecord={start}&endrecord={end}&perpage={per_page}", base
        )
        found.add(Link(url, "", "data", body=urlencode(sorted(fields.items()))))


def data_addresses(script: str, base: str, found: Found) -> None:
    """Addresses in a script that promise records rather than a page."""
    for address in quoted_addresses(script)[:400]:
        if _DATA.search(address) and not _ASSET.search(address):
            found.add(Link(normalise(address, base), "", "data"))


def json_links(text: str, base: str, found: Found) -> int:
    """Read records with an address and a title in JSON, whole or inside a script."""
    n_records = 0
    for value in _json_values(text):
        for record in _records(value):
            n_records += 1
            found.add(Link(normalise(record[0], base), record[1]))
    return n_records


def literal_links(text: str, base: str, found: Found) -> int:
    """Read records of JavaScript that is no JSON: ``{title: '…', url: '…'}``."""
    n_records = 0
    for block in _OBJECT.finditer(text[:_MAX_JSON]):
        pairs = {
            m[1]: html.unescape(m[3].replace("\\/", "/").replace("\\'", "'"))
            for m in _PAIR.finditer(block[0])
        }
        for address, title in _record(pairs):
            if title:  # settings of a request have an address too
                n_records += 1
                found.add(Link(normalise(address, base), title))
    return n_records


def markup_in_json(text: str, base: str, found: Found) -> None:
    """Read links of markup that stands in strings of JSON."""
    for value in _json_values(text):
        waiting = deque([value])
        for _ in range(20_000):
            if not waiting:
                break
            value = waiting.pop()
            if isinstance(value, str) and "<a" in value.lower():
                read_markup(value, base, found)
            elif isinstance(value, (list, dict)):
                waiting.extend(value.values() if isinstance(value, dict) else value)


def xml_items(text: str, base: str, found: Found) -> None:
    """Read items of XML that have title and address as elements of their own: RSS and the like."""
    for match in _ITEM_BLOCK.finditer(text[:500_000]):
        pairs = {m[1]: html.unescape(_inner(m[2])).strip() for m in _CHILD.finditer(match[2])}
        for address, title in _record(pairs):
            found.add(Link(normalise(address, base), title))


def unjoined(script: str) -> str:
    """Undo what a script does to markup in its strings: joined pieces, escaped quotes and slashes."""
    script = re.sub(r"(['\"])\s*\+\s*(['\"])", lambda m: "" if m[1] == m[2] else m[0], script)
    return script.replace("\\'", "'").replace('\\"', '"').replace("\\/", "/")


def _json_values(text: str) -> Iterator[Any]:
    """Decode the JSON values of a text, outermost first; what is no JSON is skipped."""
    decoder = json.JSONDecoder(strict=False)
    at, tries = 0, 0
    text = text[:_MAX_JSON]
    while tries < 60:
        match = re.compile(r"[\[{]\s*[\"{\[]").search(text, at)
        if match is None:
            return
        tries += 1
        try:
            value, at = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            at = match.start() + 1
            continue
        yield value


def _records(value: Any) -> Iterator[tuple[str, str]]:
    """Walk a value without recursion and yield (address, title) of each record."""
    waiting = deque([value])
    for _ in range(200_000):
        if not waiting:
            return
        value = waiting.popleft()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            yield from _record(value)
            waiting.extend(v for v in value.values() if isinstance(v, (list, dict)))


def _record(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    texts = {k: v for k, v in value.items() if isinstance(v, str) and v}
    title = next((v for k, v in texts.items() if _TITLE_KEY.search(k)), "")
    if not title:
        title = max(
            (v for v in texts.values() if re.search(r"[\u4e00-\u9fff]", v) and len(v) < 200),
            key=len,
            default="",
        )
    addresses = [
        v
        for k, v in texts.items()
        if _URL_KEY.search(k) and _URL_VALUE.fullmatch(v) and ("/" in v or "." in v)
    ]
    for address in addresses[:3]:
        yield address, re.sub(r"<[^>]*>", "", title)[:300]


def next_numbered(url: str, body: str, n_records: int, text: str) -> Iterator[Link]:
    """Give the next page of a data address that counts its pages in the query."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    for at, (key, value) in enumerate(pairs):
        if not re.fullmatch(
            r"(?:page(?:no|num|index)?|p|pn|current(?:page)?|pageNumber)", key, re.IGNORECASE
        ):
            continue
        if not value.isdigit() or not n_records or int(value) >= _MAX_PAGES:
            return
        total = re.search(
            r'"(?:pages|total_?pages?|page_?count|pageTotal)"\s*:\s*"?(\d{1,5})',
            text,
            re.IGNORECASE,
        )
        if total and int(value) >= int(total[1]):
            return
        following = [*pairs[:at], (key, str(int(value) + 1)), *pairs[at + 1 :]]
        target = parts._replace(query=urlencode(following)).geturl()
        yield Link(normalise(target), "", "data", body=body)
        return
