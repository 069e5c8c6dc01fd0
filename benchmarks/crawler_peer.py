"""Plain Scrapy on the same replica: its defaults, its JOBDIR, its redirects.

Run as a script: ``python -m benchmarks.crawler_peer START JOBDIR PORT SEEN [HOSTS]``; every page
downloaded is a line of SEEN.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def main(start: str, jobdir: str, port: str, seen: str) -> None:
    """Follow every link of the start page, resumable by JOBDIR."""
    import scrapy
    from scrapy.crawler import CrawlerProcess

    class Resolver:
        """All names to the replica; the peer has no hosts file."""

        def __init__(self, reactor: Any) -> None:
            self.reactor = reactor

        @classmethod
        def from_crawler(cls, crawler: Any, reactor: Any) -> Any:
            del crawler
            return cls(reactor)

        def install_on_reactor(self) -> None:
            from twisted.internet.interfaces import IHostnameResolver
            from zope.interface import directlyProvides

            directlyProvides(self, IHostnameResolver)
            self.reactor.installNameResolver(self)

        def resolveHostName(  # noqa: N802 - Twisted name
            self, receiver: Any, host: str, portNumber: int = 0, *_: Any, **__: Any
        ) -> Any:
            from twisted.internet.address import IPv4Address

            receiver.resolutionBegan(self)
            receiver.addressResolved(IPv4Address("TCP", "127.0.0.1", int(port)))
            receiver.resolutionComplete()
            return self

        def cancel(self) -> None:
            """Nothing to cancel."""

    class Peer(scrapy.Spider):
        name = "peer"

        async def start(self) -> Any:
            for url in start.split(","):
                yield scrapy.Request(url)

        def parse(self, response: Any) -> Any:
            with Path(seen).open("a", encoding="utf-8") as file:
                file.write(response.url + "\n")
            for href in response.css("a::attr(href)").getall() if hasattr(response, "css") else ():
                if href.startswith(("http", "/", ".")):
                    yield response.follow(href)

    module = sys.modules[__name__]
    module.Resolver = Resolver  # type: ignore[attr-defined]
    settings = {
        "TWISTED_DNS_RESOLVER": Resolver,
        "LOG_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
    }
    if jobdir:
        settings |= {"JOBDIR": jobdir, "DOWNLOAD_DELAY": 0.1}
    process = CrawlerProcess(settings)
    process.crawl(Peer)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:5])
