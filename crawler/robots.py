"""robots.txt of each origin: fetched in the host's turn, kept a day, obeyed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.version import ROBOTS_NAME

if TYPE_CHECKING:
    from crawler.addresses import Gate
    from crawler.fetcher import Fetcher
    from crawler.items import Exchange
    from crawler.rawstore import RawStore

KEPT = 24 * 3600.0
MAX_SIZE = 4 * 1024 * 1024  # RFC 9309 asks to read 500 KiB; a rule further down is a rule too
MAX_TRIES = 3
MAX_CRAWL_DELAY = 30.0


@dataclass(slots=True)
class _Rules:
    state: str
    parser: Any = None


@dataclass(slots=True)
class Robots:
    """Rules of the origins met so far; those of earlier runs come from the store."""

    fetcher: Fetcher
    raw: RawStore
    _known: dict[str, _Rules] = field(default_factory=dict)
    _locks: dict[str, Any] = field(default_factory=dict)

    async def decide(self, url: str, gate: Gate) -> str:
        """Return ``allowed``, ``disallowed`` or ``unreachable:<reason>``."""
        import asyncio

        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        # One look at an origin at a time; the rules may be there when the lock is ours.
        async with self._locks.setdefault(origin, asyncio.Lock()):
            if origin not in self._known:
                self._known[origin] = self._stored(origin) or await self._ask(origin, gate)
        rules = self._known[origin]
        if rules.state != "rules":
            return rules.state
        return "allowed" if rules.parser.can_fetch(url, ROBOTS_NAME) else "disallowed"

    def _stored(self, origin: str) -> _Rules | None:
        row = self.fetcher.frontier.db.execute(
            "SELECT * FROM robots WHERE origin = ? AND fetched_at > ?", (origin, time.time() - KEPT)
        ).fetchone()
        if row is None:
            return None
        return (
            self._rules(origin, self.raw.get(row["sha256"]))
            if row["state"] == "rules"
            else _Rules(row["state"])
        )

    async def _ask(self, origin: str, gate: Gate) -> _Rules:
        """Fetch the file; an origin that cannot say what it allows is not crawled.

        4xx means that there are no rules; 429, 5xx and silence mean to wait (RFC 9309, 2.3.1).
        """
        from crawler.pacing import MAX_WAIT, back_off, retry_after

        url = f"{origin}/robots.txt"
        rules = _Rules("unreachable:unknown")
        for attempt in range(1, MAX_TRIES + 1):
            exchange = await self.fetcher.fetch(url, gate, heed_robots=False)
            rules = self._judge(origin, exchange)
            kept = self.raw.put(exchange.data[:MAX_SIZE]) if rules.state == "rules" else ""
            self.fetcher.frontier.log_only(
                url, exchange, outcome="robots", reason=rules.state, sha256=kept
            )
            if not rules.state.startswith("unreachable"):
                self._store(origin, exchange, rules, kept)
                break
            if attempt == MAX_TRIES or exchange.error.startswith(("refused", "no_address", "tls")):
                break
            host = urlsplit(origin).hostname or ""
            name = await self.fetcher.slot_of(host)
            wait = retry_after(exchange.header("retry-after"))
            wait = back_off(self.fetcher.pacer.delay, attempt) if wait is None else wait + 0.1
            if wait > MAX_WAIT:
                break
            self.fetcher.frontier.hold(host, self.fetcher.pacer.slow_down(name, wait))
        return rules

    def _judge(self, origin: str, exchange: Exchange) -> _Rules:
        status = exchange.status or 0
        if exchange.error.startswith("redirect"):
            return _Rules("allowed")  # RFC 9309: a redirect that leads nowhere is an absent file
        if exchange.error or status == 429 or status >= 500:
            return _Rules(f"unreachable:{exchange.error or f'http_{status}'}")
        if status != 200:
            return _Rules("allowed")
        return self._rules(origin, exchange.data[:MAX_SIZE])

    def _rules(self, origin: str, data: bytes) -> _Rules:
        from protego import Protego

        from corpus.readers.charset import decode

        parser = Protego.parse(decode(data, meta=False).text.lstrip("\ufeff"))
        delay = parser.crawl_delay(ROBOTS_NAME)
        if delay:
            host = urlsplit(origin).hostname or ""
            slot = self.fetcher.pacer.slot(self.fetcher.network.slot(host))
            slot.delay = max(slot.delay, min(float(delay), MAX_CRAWL_DELAY))
        return _Rules("rules", parser)

    def _store(self, origin: str, exchange: Exchange, rules: _Rules, kept: str) -> None:
        self.fetcher.frontier.db.execute(
            "INSERT OR REPLACE INTO robots VALUES (?, ?, ?, ?, ?)",
            (origin, time.time(), exchange.status, kept, rules.state),
        )
