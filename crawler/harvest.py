"""The crawl itself: one worker a host slot, one item at a time, fallbacks where cells are missing."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crawler.addresses import RefusedError, normalise
from crawler.discovery.model import Found
from crawler.discovery.parsers import read_links
from crawler.frontier import now
from crawler.items import Exchange, Item, New, Result
from crawler.outcome import is_block, is_fault, judge_status
from crawler.pacing import MAX_WAIT, back_off, retry_after
from crawler.plan import LISTS, Context, make_plan
from crawler.reading import BLOCKS, read_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corpus.readers.limits import ReaderPool
    from crawler.addresses import Gate
    from crawler.fetcher import Fetcher
    from crawler.frontier import Bundle, Frontier
    from crawler.pacing import Slot
    from crawler.rawstore import RawStore
    from crawler.reading import Reading

MAX_FAULTS = 5
MAX_BLOCKS = 3


@dataclass(slots=True)
class Harvest:
    """State of a running crawl that may be lost: everything else is in the frontier.

    Attributes
    ----------
    gates : mapping of str to Gate
        What addresses may be asked for each region.
    columns : mapping of str to sequence of str
        Addresses of each region's lists.
    """

    fetcher: Fetcher
    frontier: Frontier
    raw: RawStore
    pool: ReaderPool
    gates: Mapping[str, Gate]
    columns: Mapping[str, Sequence[str]]
    report: Any = None
    _workers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _slots: dict[str, str] = field(default_factory=dict)
    _faulty: dict[str, set[str]] = field(default_factory=dict)
    _closed: dict[str, tuple[str, str]] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _settling: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def run(self) -> None:
        """Work until nothing is queued and no fallback is left."""
        await self._settle_regions()
        while True:
            self._wake.clear()
            await self._employ()
            if not self._workers:
                # Hosts given up on leave their regions at rest without a worker to say so.
                await self._settle_regions()
                if not self.frontier.waiting_hosts():
                    return
                continue
            await self._wake.wait()
            for name in [n for n, task in self._workers.items() if task.done()]:
                self._workers.pop(name).result()  # an error of ours ends the crawl, loudly

    async def _employ(self) -> None:
        """Give every host slot that has items and no worker one."""
        waiting: dict[str, set[str]] = {}
        for host in self.frontier.waiting_hosts():
            if host not in self._slots:
                self._slots[host] = await self.fetcher.slot_of(host)
                last_at, ready_at = self.frontier.pace_of(host)
                self.fetcher.pacer.restore(self._slots[host], last_at=last_at, ready_at=ready_at)
            waiting.setdefault(self._slots[host], set()).add(host)
        for name in sorted(waiting):
            if name not in self._workers:
                task = asyncio.create_task(self._work(name))
                task.add_done_callback(lambda _: self._wake.set())
                self._workers[name] = task

    def _hosts(self, name: str) -> list[str]:
        return [host for host, slot in self._slots.items() if slot == name]

    async def _work(self, name: str) -> None:
        """Serve one slot until it has nothing left."""
        while True:
            if name in self._closed:
                self.frontier.close_host(self._hosts(name), *self._closed[name])
            item = self.frontier.peek(self._hosts(name))
            if item is None:
                return
            await self._serve(item, name)
            await self._settle_region(item.region_code)
            self._wake.set()

    async def _serve(self, item: Item, name: str) -> None:
        headers = {}
        if item.sha256 and item.etag:
            headers["If-None-Match"] = item.etag
        if item.sha256 and item.last_modified:
            headers["If-Modified-Since"] = item.last_modified
        exchange = await self.fetcher.fetch(
            item.url, self.gates[item.region_code], body=item.body, headers=headers,
            on_send=functools.partial(self.frontier.lease, item),
        )  # fmt: skip
        result = judge_status(item, exchange) or await self._read(item, exchange)
        if result.keep:
            result.sha256 = self.raw.put(exchange.data)
        self.frontier.complete(item, exchange, result)
        self._heed(item, exchange, result, name)
        if self.report is not None:
            self.report(item, exchange, result)

    def _heed(self, item: Item, exchange: Exchange, result: Result, name: str) -> None:
        """Slow down, or stop asking a host, after what it answered."""
        slot = self.fetcher.pacer.slot(name)
        if exchange.error.startswith("robots_unreachable"):
            self._closed[name] = ("failed", exchange.error)
        elif is_fault(exchange):
            self._fault(item, exchange, slot, name)
        elif is_block(result):
            slot.n_blocks += 1
            if slot.n_blocks >= MAX_BLOCKS:
                self._closed[name] = ("blocked", f"host_stopped:{result.reason}")
        elif exchange.status is not None and not exchange.error:
            slot.n_faults = slot.n_blocks = 0
            self._faulty.pop(name, None)

    def _fault(self, item: Item, exchange: Exchange, slot: Slot, name: str) -> None:
        slot.n_faults += 1
        failing = self._faulty.setdefault(name, set())
        failing.add(item.url)
        wait = retry_after(exchange.header("retry-after"))
        # A little more than was asked for: clocks differ, and sooner is the one wrong answer.
        wait = back_off(slot.delay, slot.n_faults) if wait is None else wait + 0.2
        if wait > MAX_WAIT:
            self._closed[name] = ("failed", "retry_after_too_long")
        elif slot.n_faults >= MAX_FAULTS and len(failing) >= 3:
            self._closed[name] = ("failed", "circuit_open")
        else:
            self.frontier.hold(item.host, self.fetcher.pacer.slow_down(name, wait))

    async def _read(self, item: Item, exchange: Exchange) -> Result:
        """Compare with what is kept, read what is new, and plan what follows."""
        kept = exchange.status == 304
        data = self.raw.get(item.sha256) if kept else exchange.data
        if kept or self._digest(data) == item.sha256:
            outcome = "unchanged_304" if kept else "unchanged_bytes"
            plan = await self._plan(item, item.verdict, data, exchange)
            state, reason = _place(item.verdict)
            return Result(state, reason, outcome, sha256=item.sha256, new=list(plan.new))
        charset = exchange.charset or item.charset
        verdict, region, year, text = "", "", None, ""
        glossary: list[New] = []
        if item.role not in ("data", "sitemap", "glossary"):
            reading = await self._in_thread(
                read_page,
                self.pool,
                data,
                url=item.url,
                region_code=item.region_code,
                charset=charset,
            )
            verdict, region, year, text = (
                reading.verdict,
                reading.region_code,
                reading.year,
                reading.text_sha256,
            )
            glossary = self._glossary_of(item, reading, exchange.final_url)
        plan = await self._plan(item, verdict, data, exchange)
        same = (
            bool(item.sha256)
            and (verdict, region, year, text)
            == (item.verdict, item.verdict_region, item.verdict_year, item.text_sha256)
            and (verdict == "ok" or plan.links_sha256 == item.links_sha256)
            and item.role != "part"
        )
        state, reason = _place(verdict)
        if verdict == "moved" and not plan.new:
            state, reason = "blocked", "move_refused"
        outcome = "unchanged_text" if same else "changed" if item.sha256 else "new"
        return Result(
            state, reason, outcome, keep=not same, sha256=self._digest(data), text_sha256=text,
            links_sha256=plan.links_sha256, n_links=plan.n_reports if item.role in LISTS else None,
            verdict=verdict, verdict_region=region, verdict_year=year, new=[*plan.new, *glossary],
        )  # fmt: skip

    def _glossary_of(self, item: Item, reading: Reading, base: str) -> list[New]:
        """Ask for the page of notes that an accepted report links to."""
        url = normalise(reading.document.glossary_url, base)
        if reading.verdict != "ok" or reading.document.glossary or not url:
            return []
        try:
            self.gates[item.region_code].check(url)
        except RefusedError:
            return []
        return [
            New(url, item.region_code, "glossary", tier=item.tier, parent=item.id, phase=item.phase)
        ]

    async def _plan(self, item: Item, verdict: str, data: bytes, exchange: Exchange) -> Any:
        found = Found()
        if verdict not in ("ok", *BLOCKS) or item.role in LISTS:
            charset = exchange.charset or item.header_charset or item.charset
            found = await self._in_thread(
                read_links, data, exchange.final_url if exchange.status != 304 else item.final_url or item.url,
                charset=charset, body=item.body, parser=item.parser,
            )  # fmt: skip
        parent = self.frontier.links_of(item.parent) if item.parent else ""
        context = Context(
            self.frontier.years, self.gates[item.region_code],
            tuple(self.columns.get(item.region_code, ())), parent,
        )  # fmt: skip
        return make_plan(item, verdict, found, context)

    @staticmethod
    async def _in_thread(work: Any, *values: Any, **named: Any) -> Any:
        call = functools.partial(work, *values, **named)
        return await asyncio.get_running_loop().run_in_executor(None, call)

    @staticmethod
    def _digest(data: bytes) -> str:
        import hashlib

        return hashlib.sha256(data).hexdigest()

    async def _settle_regions(self) -> None:
        for region in sorted(self.gates):
            await self._settle_region(region)

    async def _settle_region(self, region: str) -> None:
        """Join articles whose pages are all there; begin the next fallback of a region at rest.

        Reading goes on in a thread. Nobody else changes the region meanwhile: it has nothing
        queued or leased, and only the holder of its lock can queue more. A kill before a bundle
        is settled leaves it open, and the next process settles it first.
        """
        async with self._settling.setdefault(region, asyncio.Lock()):
            if self.frontier.is_busy(region):
                return
            for bundle in self.frontier.open_bundles(region):
                reading = await self._in_thread(self._read_bundle, bundle, region)
                self.frontier.settle_bundle(bundle, reading, fetched_at=now())
            self.frontier.advance(region)

    def _read_bundle(self, bundle: Bundle, region: str) -> Reading:
        first, *more = [self.raw.get(digest) for digest in bundle.digests]
        return read_page(
            self.pool, first, url=bundle.url, region_code=region, charset=bundle.charset, more=more
        )


def _place(verdict: str) -> tuple[Any, str]:
    """State and reason of an item by what its page was judged to be."""
    if verdict in BLOCKS:
        return "blocked", verdict
    if verdict == "soft_404":
        return "gone", verdict
    return "done", "" if verdict == "ok" else verdict
