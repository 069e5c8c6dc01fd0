"""What a page leads to: a pure function of its links and of what it was judged to be."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from crawler.addresses import Gate, RefusedError
from crawler.discovery.titles import is_column, is_file, may_be_of, promise
from crawler.items import Item, New

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.discovery.model import Found, Link

MAX_DEPTH = 4
MAX_LIST_PAGES = 40
_MAX = {"unclear": 60, "file": 6, "data": 8, "column": 8, "map": 60, "frame": 4}
#: Places whose every link counts.
LISTS = ("list", "data", "home", "search", "sitemap")
_HINT = re.compile(r"gzbg|gongzuobaogao|zfbg|workreport|work_report|report|gb\d{4}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Plan:
    """Items to add, and how many links promised a report."""

    new: tuple[New, ...]
    n_reports: int
    links_sha256: str


@dataclass(frozen=True, slots=True)
class Context:
    """What the plan of a page may depend on besides the page.

    Attributes
    ----------
    years : tuple of int
        Years asked for.
    columns : tuple of str
        Addresses of the region's lists in the registry.
    parent_links : str
        ``links_sha256`` of the page that led here, to notice pages that repeat for ever.
    """

    years: tuple[int, ...]
    gate: Gate
    columns: tuple[str, ...] = ()
    parent_links: str = ""


def make_plan(item: Item, verdict: str, found: Found, context: Context) -> Plan:
    """Choose the links to follow.

    Parameters
    ----------
    item : Item
        What the page was fetched for.
    verdict : str
        ``ok``, or why the page is no report.
    """
    links = [link for link in found.links if _passes(link, context.gate)]
    reports = [
        link for link in links if link.kind == "link" and promise(link.title).interest == "report"
    ]
    digest = hashlib.sha256("\n".join(sorted({link.url for link in reports})).encode()).hexdigest()
    stops = verdict in ("blocked_waf", "blocked_challenge", "login_required", "soft_404")
    if item.role in ("part", "glossary") or stops or item.depth > MAX_DEPTH:
        return Plan((), len(reports), digest)
    if verdict == "ok" and item.role not in LISTS:
        return Plan((), 0, digest)
    new = [*_parts(item, links), *_moves(item, links)]
    if item.role in LISTS or not verdict.startswith("decoy"):
        new += _reports(item, reports, context)
    if item.role == "article":
        new += _files(item, links, verdict)
    if item.role in LISTS or verdict in ("index_page", "no_text", "not_named"):
        new += _further(item, links, repeats=digest == context.parent_links)
    if item.role in LISTS:
        new += [*_unclear(item, links), *_searches(item, links, context)]
    if item.role == "home":
        new += _columns(item, links)
    if item.role == "sitemap":
        new += _mapped(item, links, context)
    return Plan(tuple(new), len(reports), digest)


def _passes(link: Link, gate: Gate) -> bool:
    try:
        gate.check(link.url.replace("{query}", ""))
    except RefusedError:
        return False
    return True


def _new(item: Item, link: Link, role: str, **more: object) -> New:
    base = {
        "url": link.url, "region_code": item.region_code, "role": role, "tier": item.tier, "body": link.body,
        "phase": item.phase, "depth": item.depth + 1, "charset": item.charset,
    }  # fmt: skip
    return New(**{**base, **more})  # type: ignore[arg-type]


def _reports(item: Item, reports: Iterable[Link], context: Context) -> Iterator[New]:
    for link in reports:
        promised = promise(link.title)
        if may_be_of(promised, context.years):
            yield _new(item, link, "article", hint_year=promised.year, hint_title=link.title)


def _unclear(item: Item, links: Iterable[Link]) -> Iterator[New]:
    """Links whose title says nothing wait until a cell is missing."""
    unclear = [
        link for link in links
        if link.kind == "link" and link.url != item.url and promise(link.title).interest == "unclear"
        and (is_file(link.url) or re.search(r"\d{3,}|\.s?html?$", urlsplit(link.url).path))
    ]  # fmt: skip
    for link in unclear[: _MAX["unclear"]]:
        yield _new(item, link, "article", phase=max(item.phase, 2), hint_title=link.title)


def _parts(item: Item, links: Iterable[Link]) -> Iterator[New]:
    """Further pages of an article: named by a paging call, or after the article itself."""
    if item.role != "article":
        return
    stem, dot, extension = item.url.rpartition(".")
    own = (
        re.compile(re.escape(stem) + r"[_-](\d{1,3})" + re.escape(dot + extension)) if dot else None
    )
    for link in links:
        match = own.fullmatch(link.url) if own else None
        if link.kind == "part" or match:
            number = link.number or (int(match[1]) if match else 0)
            yield _new(item, link, "part", parent=item.id, number=number, depth=item.depth,
                       hint_year=item.hint_year, hint_title=item.hint_title)  # fmt: skip


def _moves(item: Item, links: Iterable[Link]) -> Iterator[New]:
    for link in [link for link in links if link.kind == "move"][:2]:
        yield _new(item, link, item.role, hint_year=item.hint_year, hint_title=item.hint_title)


def _files(item: Item, links: list[Link], verdict: str) -> Iterator[New]:
    """Files of a page that is itself no report: attachments, and what it shows in a frame."""
    if verdict.startswith("decoy") and verdict not in ("decoy_news", "decoy_media"):
        return
    files = [
        link for link in links
        if link.kind in ("link", "part") and is_file(link.url)
        and promise(link.title).reason in ("", "not_named")
    ]  # fmt: skip
    shown = [link for link in links if link.kind == "frame"]
    for link in [*shown[: _MAX["frame"]], *files[: _MAX["file"]]]:
        title = link.title if promise(link.title).interest == "report" else item.hint_title
        yield _new(
            item,
            link,
            "article",
            hint_year=promise(link.title).year or item.hint_year,
            hint_title=title,
        )


def _further(item: Item, links: Iterable[Link], *, repeats: bool) -> Iterator[New]:
    """Further pages of a list, as long as they bring something else than the page before."""
    folder = item.url.rsplit("/", 1)[0]
    if item.number >= MAX_LIST_PAGES or (repeats and item.number):
        return
    for link in links:
        same = (
            link.url.startswith(folder + "/") or urlsplit(link.url).path == urlsplit(item.url).path
        )
        if link.kind == "page" and same and item.role not in ("home", "sitemap"):
            yield _new(
                item,
                link,
                "list",
                depth=item.depth,
                parent=item.id,
                number=item.number + 1,
                parser=item.parser,
            )
    frames = [link for link in links if link.kind == "frame" and not is_file(link.url)]
    for link in frames[: _MAX["frame"]]:
        yield _new(item, link, "list", parent=item.id)
    data = [link for link in links if link.kind == "data"]
    for link in data[: 60 if any(link.body for link in data) else _MAX["data"]]:
        yield _new(item, link, "sitemap" if item.role == "sitemap" else "data",
                   depth=item.depth, parent=item.id, number=item.number + 1)  # fmt: skip


def _searches(item: Item, links: Iterable[Link], context: Context) -> Iterator[New]:
    """Ask the site's own search, the last resort: once for each year that may be missing."""
    for link in [link for link in links if link.kind == "search"][:1]:
        yield from search_items(link.url, item.region_code, item.tier, context.years)


def search_items(
    template: str, region_code: str, tier: int, years: Iterable[int], phase: int = 4
) -> Iterator[New]:
    """Make the queries of a search address with ``{query}``: in general, then by year."""
    for year in (None, *years):
        query = quote(f"{year or ''}{'年' if year else ''}政府工作报告")
        yield New(template.replace("{query}", query), region_code, "search", tier=tier,
                  phase=phase if year is None else phase + 1, hint_year=year)  # fmt: skip


def _columns(item: Item, links: Iterable[Link]) -> Iterator[New]:
    columns = [link for link in links if link.kind == "link" and is_column(link.title)]
    for link in columns[: _MAX["column"]]:
        yield _new(item, link, "list")


def _mapped(item: Item, links: list[Link], context: Context) -> Iterator[New]:
    """Addresses of a sitemap have no titles: those of the column, or named after a report."""
    folders = [column.rsplit("/", 1)[0] + "/" for column in context.columns]
    plain = [link for link in links if link.kind == "link"]
    near = [link for link in plain if link.url.startswith(tuple(folders)) or _HINT.search(link.url)]
    for link in (near or plain)[: _MAX["map"]]:
        yield _new(item, link, "article")
