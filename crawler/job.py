"""A crawl put together: registry, store, network, then Scrapy's process around it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from configs.errors import UserError
from crawler.addresses import Gate
from crawler.database import connect, rows, writer_lock
from crawler.frontier import Frontier
from crawler.items import New
from crawler.plan import search_items
from crawler.rawstore import RawStore
from crawler.resolver import Network
from crawler.version import default_contact, user_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from corpus.readers.limits import ReaderPool
    from crawler.overrides import Override
    from crawler.registry import Source

DELAY = 2.0


@dataclass(slots=True)
class Job:
    """Everything that a harvest needs."""

    frontier: Frontier
    raw: RawStore
    network: Network
    pool: ReaderPool
    gates: dict[str, Gate]
    columns: dict[str, tuple[str, ...]]
    delay: float
    report: Callable[..., None] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What a user asked for.

    Attributes
    ----------
    years, regions : tuple
        Cells to fill.
    delay : float
        Least seconds between two requests to one host.
    contact : str
        Goes into the User-Agent.
    """

    years: tuple[int, ...]
    regions: tuple[str, ...]
    sources: Path
    store: Path
    delay: float = DELAY
    contact: str = ""
    timeout: float = 50.0
    network: Network = field(default_factory=Network)
    overrides: tuple[Override, ...] = ()


def crawl(
    order: Order, sources: Sequence[Source], *, report: Callable[..., None] | None = None
) -> int:
    """Fetch everything that an order asks for into its store; returns the number of the run.

    Raises
    ------
    UserError
        The store is in use or of another version.
    """
    from corpus.readers.limits import ReaderPool

    chosen = [s for s in sources if s.is_enabled and s.region_code in order.regions]
    if not chosen:
        raise UserError(
            "no source of the registry is enabled for these regions", where=str(order.sources)
        )
    with writer_lock(order.store), ReaderPool(2) as pool:
        db = connect(order.store, create=True)
        try:
            frontier, raw = Frontier(db), RawStore(order.store / "raw")
            settings = json.dumps({"delay": order.delay, "contact": order.contact})
            goes_on = frontier.begin(
                years=order.years,
                regions=order.regions,
                sources=str(order.sources),
                settings=settings,
            )
            raw.sweep(known_digests(db))
            if not goes_on:
                frontier.add(seeds(chosen, order.years))
            frontier.add(confirmed(order))
            _run(
                Job(
                    frontier, raw, order.network, pool, *_places(chosen, order), order.delay, report
                ),
                order,
            )
            frontier.finish()
            return frontier.run
        finally:
            db.close()


def _places(
    sources: Iterable[Source], order: Order
) -> tuple[dict[str, Gate], dict[str, tuple[str, ...]]]:
    """Per region: the hosts of its rows, and the addresses of its lists."""
    hosts: dict[str, set[str]] = {region: set() for region in order.regions}
    columns: dict[str, list[str]] = {region: [] for region in order.regions}
    for source in sources:
        hosts[source.region_code] |= source.hosts
        if source.kind == "list":
            columns[source.region_code].append(source.url)
    for override in order.overrides:
        if override.kind == "address" and override.region_code in hosts:
            hosts[override.region_code].add(urlsplit(override.url).hostname or "")
    ports = order.network.hosts.ports
    gates = {region: Gate(frozenset(names), ports) for region, names in hosts.items()}
    return gates, {region: tuple(sorted(urls)) for region, urls in columns.items()}


def seeds(sources: Iterable[Source], years: tuple[int, ...]) -> Iterator[New]:
    """First items of a run: lists and addresses of the registry, and the fallbacks of each host."""
    for source in sources:
        if not source.covers(years):
            continue
        base = {"region_code": source.region_code, "tier": source.tier, "charset": source.charset}
        if source.kind in ("article", "pdf"):
            yield New(source.url, role="article", hint_year=source.year, **base)  # type: ignore[arg-type]
        elif source.kind == "search":
            yield from search_items(source.url, source.region_code, source.tier, years)
        elif source.kind == "sitemap":
            yield New(source.url, role="sitemap", phase=3, **base)  # type: ignore[arg-type]
        elif source.kind == "list":
            yield New(source.url, role="list", parser=source.list_parser, **base)  # type: ignore[arg-type]
            parts = urlsplit(source.url)
            origin = f"{parts.scheme}://{parts.netloc}"
            yield New(f"{origin}/", role="home", phase=3, **base)  # type: ignore[arg-type]
            yield New(f"{origin}/sitemap.xml", role="sitemap", phase=3, **base)  # type: ignore[arg-type]


def confirmed(order: Order) -> Iterator[New]:
    """Addresses that a person found; they are official as far as that person says so."""
    for override in order.overrides:
        if override.kind == "address" and override.region_code in order.regions:
            yield New(override.url, override.region_code, "article", hint_year=override.year)


def known_digests(db: Any) -> set[str]:
    """Hashes of all bytes that the log names as kept."""
    query = (
        "SELECT sha256 FROM item UNION SELECT sha256 FROM revision UNION SELECT sha256 FROM robots"
        " UNION SELECT sha256 FROM fetch WHERE outcome IN ('new', 'changed', 'robots')"
    )
    return {digest for row in rows(db, query) for digest in row["sha256"].split()}


def _run(job: Job, order: Order) -> None:
    """Run Scrapy's process until the harvest is done."""
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawler.scrapy_settings import scrapy_settings
    from crawler.spider import ReportSpider

    agent = user_agent(order.contact or default_contact())
    settings = Settings(
        scrapy_settings(
            agent=agent, delay=order.delay, network=order.network, timeout=order.timeout
        )
    )
    failures: list[BaseException] = []
    process = AsyncCrawlerProcess(settings)
    process.crawl(ReportSpider, job=job, failures=failures)
    before = time.process_time()
    process.start(install_signal_handlers=False)
    job.frontier.spend(time.process_time() - before)
    if failures:
        raise failures[0]
