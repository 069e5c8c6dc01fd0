"""Links of one response: every way to write them is tried; a row may name a single one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from corpus.readers.charset import decode
from crawler.addresses import normalise
from crawler.discovery.markup import frames, moves, read_markup
from crawler.discovery.model import Found, Link
from crawler.discovery.scripts import (
    counted_pages,
    data_addresses,
    jpage_groups,
    json_links,
    literal_links,
    markup_in_json,
    next_numbered,
    number_variables,
    paging_calls,
    stores,
    unjoined,
    xml_items,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PAGE = 4 * 1024 * 1024
_LOC = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\]\s]{1,2000})", re.IGNORECASE)
_TAG = re.compile(r"<(?:[a-z!?/])", re.IGNORECASE)
_MAP = re.compile(r"<(?:urlset|sitemapindex)\b", re.IGNORECASE)
_SCRIPT_MARKUP = re.compile(r"<a\s", re.IGNORECASE)


def read_links(
    data: bytes, url: str, *, charset: str = "", body: str = "", parser: str = "auto"
) -> Found:
    """Find the links of a response.

    Parameters
    ----------
    data : bytes
        The body; beyond 4 MiB nothing is read, no list is that long.
    url : str
        Address that it was read from.
    charset : str
        Charset of the HTTP header.
    body : str
        Form fields of the request, handed on to the next page of the same records.
    parser : str
        A name of `PARSERS`.
    """
    text = decode(data[:MAX_PAGE], declared=charset or None).text
    found = Found()
    PARSERS[parser](text, url, body, found)
    found.links = [link for link in found.links if link.url != url or link.body != body]
    return found


def _auto(text: str, url: str, body: str, found: Found) -> None:
    head = text.lstrip("\ufeff \t\r\n")[:1]
    if head in ("{", "["):
        _json(text, url, body, found)
    elif _MAP.search(text[:4000]) and "<html" not in text[:4000].lower():
        _sitemap(text, url, body, found)
    elif not _TAG.search(text[:2000]):
        _script(text, url, body, found)
    else:
        _html(text, url, body, found)


def _html(text: str, url: str, body: str, found: Found) -> None:
    # The records of a store stand in a script, or are the whole answer.
    n_records = stores(text, url, found)
    if re.match(r"\s*<\?xml|\s*<(?:rss|feed|list|data|root|items)\b", text[:300], re.IGNORECASE):
        xml_items(text, url, found)
    scripts = read_markup(text, url, found)
    for frame in frames(text, url):
        found.add(frame)
    plain = re.sub(
        r"<[^>]{0,5000}>|\s+",
        "",
        re.sub(r"<(script|style)\b.*?</\1", "", text[:200_000], flags=re.DOTALL | re.IGNORECASE),
    )
    for move in moves(scripts, url, len(plain)):
        found.add(move)
    if n_records:
        jpage_groups(text, url, n_records, found)
    numbers_of = number_variables("\n".join(scripts))
    called = False
    for script in scripts:
        called = paging_calls(script, url, found, numbers_of) or called
        if "<record" in script.lower():
            continue
        data_addresses(script, url, found)
        json_links(script, url, found)
        literal_links(script, url, found)
        if _SCRIPT_MARKUP.search(script):
            read_markup(unjoined(script), url, found)
    if not called and not found.of("page"):
        counted_pages(url, found, numbers_of)
    if n_records and "dataproxy" in url:
        for link in next_numbered(url, body, n_records, text):
            found.add(link)


def _script(text: str, url: str, body: str, found: Found) -> None:
    """Read an answer that is JavaScript: JSON in a call, or records in a variable."""
    n_records = json_links(text, url, found) or literal_links(text, url, found)
    markup_in_json(text, url, found)
    if _SCRIPT_MARKUP.search(text):
        read_markup(unjoined(text), url, found)
    for link in next_numbered(url, body, n_records, text):
        found.add(link)


def _json(text: str, url: str, body: str, found: Found) -> None:
    n_records = json_links(text, url, found)
    markup_in_json(text, url, found)
    for link in next_numbered(url, body, n_records, text):
        found.add(link)


def _sitemap(text: str, url: str, body: str, found: Found) -> None:
    del body
    for match in list(_LOC.finditer(text))[:20_000]:
        target = normalise(match[1].replace("&amp;", "&"), url)
        is_map = bool(re.search(r"sitemap[^/]*\.xml", target, re.IGNORECASE))
        found.add(Link(target, "", "data" if is_map else "link"))


#: Parsers that a registry row may name.
PARSERS: dict[str, Callable[[str, str, str, Found], None]] = {
    "auto": _auto,
    "html": _html,
    "json": _json,
    "sitemap": _sitemap,
}
