"""A crawl to look at: the replica on this machine, crawled from beginning to end."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.finish import finish
from crawler.hosts import read_hosts
from crawler.job import Order, crawl
from crawler.registry import choose_regions, read_registry
from crawler.replica.serve import small_site, write_lists
from crawler.replica.server import Replica
from crawler.resolver import Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.finish import Summary


def run_demo(
    store: Path,
    *,
    seed: int,
    n_regions: int,
    report: Any,
    say: Callable[[str], object],
    delay: float = 0.2,
) -> Summary:
    """Serve some provinces, crawl their reports of 2024 to 2026, and publish."""
    years = (2024, 2025, 2026)
    say(f"making a replica of {n_regions} portals (invented pages around real report texts) ...")
    with (
        Replica(small_site(seed, n_regions, years)) as replica,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        write_lists(replica, hosts=folder / "hosts.csv", sources=folder / "sources.csv")
        sources = read_registry(folder / "sources.csv")
        network = Network(read_hosts(folder / "hosts.csv", allowed=True))
        order = Order(
            years,
            choose_regions([], sources),
            folder / "sources.csv",
            store,
            delay=delay,
            network=network,
        )
        say(f"crawling it, {delay} s between two requests to a host ...")
        crawl(order, sources, report=report)
        robots = sum(1 for s in replica.log if s.path == "/robots.txt")
        say(f"the portals were asked {len(replica.log)} times ({robots} robots.txt)")
    return finish(store, store, keep=True)
