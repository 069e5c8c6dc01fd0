"""One address to bytes: turn of the host, robots.txt, redirects one by one, every hop checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from crawler.addresses import Gate, RefusedError, normalise
from crawler.bodies import BadBodyError, decoded
from crawler.frontier import now
from crawler.items import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.frontier import Frontier
    from crawler.pacing import Pacer
    from crawler.resolver import Network

MAX_HOPS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class Asks(Protocol):
    """Whether an origin's robots.txt lets an address be asked for."""

    async def decide(self, url: str, gate: Gate) -> str:
        """Return ``allowed``, ``disallowed`` or ``unreachable:<reason>``."""


@dataclass(slots=True)
class Fetcher:
    """Sends requests through Scrapy's downloader.

    Attributes
    ----------
    engine : ExecutionEngine
        Scrapy's engine of the running crawl.
    robots : Asks or None
        Set after construction: robots.txt files are fetched by this object too.
    """

    engine: Any
    network: Network
    pacer: Pacer
    frontier: Frontier
    robots: Asks | None = None

    async def fetch(
        self,
        url: str,
        gate: Gate,
        *,
        body: str = "",
        headers: dict[str, str] | None = None,
        on_send: Callable[[], None] | None = None,
        heed_robots: bool = True,
    ) -> Exchange:
        """Ask for an address and follow where it is sent on to, at most five times."""
        begun, target = now(), url
        chain: list[tuple[int, str]] = []
        seen = {url}
        robots = ""
        while True:
            lost = Exchange(url, target, begun, now(), chain=tuple(chain), robots=robots)
            try:
                gate.check(target)
            except RefusedError as error:
                why = "redirect_refused" if chain else "refused"
                return replace(lost, error=f"{why}:{error}")
            if heed_robots and self.robots is not None:
                robots = await self.robots.decide(target, gate)
                if robots != "allowed":
                    return replace(lost, robots=robots, error=f"robots_{robots}")
            hop = await self._hop(target, gate, body=body, headers=headers, on_send=on_send)
            hop = replace(hop, url=url, requested_at=begun, chain=tuple(chain), robots=robots)
            location = hop.header("location")
            if hop.error or hop.status not in _REDIRECTS or not location:
                return hop
            chain.append((hop.status or 0, target))
            following = normalise(location, target)
            if not following:
                return replace(
                    hop, error=f"redirect_refused:scheme:{urlsplit(location).scheme[:20]}"
                )
            if following in seen or len(chain) > MAX_HOPS:
                return replace(hop, error="redirect_loop", chain=tuple(chain))
            seen.add(following)
            target, body, on_send = following, "", None

    async def _hop(
        self, url: str, gate: Gate, *, body: str, headers: dict[str, str] | None,
        on_send: Callable[[], None] | None,
    ) -> Exchange:  # fmt: skip
        host = urlsplit(url).hostname or ""
        name = await self.slot_of(host)
        async with self.pacer.turn(name):
            if on_send is not None:
                on_send()
            else:
                self.frontier.touch(host)
            return await self._send(url, gate, body, headers or {})

    async def slot_of(self, host: str) -> str:
        """Name of the pacing slot of a host; its look-up does not hold up the others."""
        return await asyncio.get_running_loop().run_in_executor(None, self.network.slot, host)

    async def _send(self, url: str, gate: Gate, body: str, headers: dict[str, str]) -> Exchange:
        from scrapy import Request

        request = Request(
            await asyncio.get_running_loop().run_in_executor(None, self.network.hosts.wire, url),
            method="POST" if body else "GET",
            body=body.encode(),
            headers={
                **headers,
                **({"Content-Type": "application/x-www-form-urlencoded"} if body else {}),
            },
            meta={"zhengce_gate": gate},
            dont_filter=True,
        )
        lost = Exchange(url, url, now(), now())
        try:
            response = await self.engine.download_async(request)
        except Exception as error:
            return replace(lost, fetched_at=now(), error=self._why(error, url))
        return self._exchange(response, lost)

    def _exchange(self, response: Any, lost: Exchange) -> Exchange:
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1", "replace"))
            for name, values in response.headers.items()
            for value in values
        )
        found = replace(
            lost, status=response.status, headers=headers, fetched_at=now(),
            address=str(response.ip_address or ""), tls="verified" if response.certificate else "",
            is_cut="dataloss" in response.flags or "partial" in response.flags,
        )  # fmt: skip
        try:
            return replace(found, data=decoded(response.body, found.header("content-encoding")))
        except BadBodyError as error:
            return replace(found, error=str(error))

    def _why(self, error: Exception, url: str) -> str:
        """Reason code of a request that brought no response."""
        name, text = type(error).__name__, str(error)
        host = urlsplit(url).hostname or ""
        if name == "IgnoreRequest":
            return text if text.startswith("refused") else "ignored"
        if name == "CannotResolveHostError":
            refused = self.network.refused.get(host)
            return f"refused:{refused}" if refused else "no_address"
        if name == "DownloadTimeoutError":
            return "too_slow"
        if name == "DownloadCancelledError":
            return "too_large"
        if name == "DownloadConnectionRefusedError":
            return "connect_failed"
        if "certificate" in text or "SSL" in text or "TLS" in text or "hostname" in text.lower():
            return "tls_failed"
        return (
            "connection_lost"
            if name in ("DownloadFailedError", "ResponseDataLossError")
            else f"connect_failed:{name}"
        )
