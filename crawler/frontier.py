"""The crash-safe frontier: leases, and one transaction for everything a response brings."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crawler.database import rows, transaction
from crawler.items import PRIORITY, Exchange, Item, New, Result
from crawler.version import CRAWLER

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence

    from crawler.reading import Reading

# An item that was asked for already comes first: Retry-After is about it.
_ITEM = ", ".join(f.name for f in fields(Item))


def now() -> str:
    """Now, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Bundle:
    """An article of several pages.

    Attributes
    ----------
    digests : list of str
        Raw bytes of its pages, in order.
    judged : str
        The key of the pages that were judged last.
    """

    id: int
    url: str
    charset: str
    digests: list[str]
    judged: str

    @property
    def key(self) -> str:
        """Names the pages: another key means that one of them changed."""
        return hashlib.sha256("\n".join(self.digests).encode()).hexdigest()


class Frontier:
    """Items to fetch and the log of what was fetched, in one SQLite file.

    A kill between two statements loses nothing: an item is leased in one transaction before its
    request is sent, and what the response brings (log entry, new state, links) is one more.
    Whoever opens the store under its lock takes the leases of the dead process back.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.run = 0
        self.years: tuple[int, ...] = ()

    def begin(
        self, *, years: Sequence[int], regions: Sequence[str], sources: str, settings: str
    ) -> bool:
        """Open a run, or go on with an unfinished one of the same years and regions.

        Returns
        -------
        bool
            Whether an unfinished run goes on.
        """
        self.years = tuple(years)
        wanted = (json.dumps(list(years)), json.dumps(list(regions)))
        last = self.db.execute("SELECT * FROM run ORDER BY id DESC LIMIT 1").fetchone()
        goes_on = (
            last is not None
            and last["finished_at"] is None
            and (last["years"], last["regions"]) == wanted
        )
        with transaction(self.db):
            if goes_on:
                self.run = last["id"]
                self._take_leases_back()
            else:
                self.run = (
                    self.db.execute(
                        "INSERT INTO run (years, regions, sources, settings, started_at) VALUES (?, ?, ?, ?, ?)",
                        (*wanted, sources, settings, now()),
                    ).lastrowid
                    or 0
                )
                self._ask_again(regions)
        return goes_on

    def _take_leases_back(self) -> None:
        self.db.execute("UPDATE item SET state = 'queued' WHERE state = 'leased'")

    def _ask_again(self, regions: Sequence[str]) -> None:
        """Queue what earlier runs saw: pages change, heal and vanish.

        Fallbacks that brought no report wait until a cell is missing again. Articles whose title
        or text names another year than those asked for stay as they are.
        """
        marks = ",".join("?" * len(regions))
        low, high = (min(self.years) - 1, max(self.years) + 1) if self.years else (0, 9999)
        self.db.execute(
            f"UPDATE item SET attempts = 0, run = ?, n_links_before = n_links,"  # noqa: S608 - marks only
            f" state = CASE WHEN phase > 1 AND verdict <> 'ok' THEN 'deferred' ELSE 'queued' END"
            f" WHERE region_code IN ({marks}) AND (COALESCE(verdict_year, hint_year) IS NULL"
            f" OR COALESCE(verdict_year, hint_year) BETWEEN ? AND ?)",
            (self.run, *regions, low, high),
        )
        # What an unfinished run left of other regions waits for a run that asks for them.
        self.db.execute(
            f"UPDATE item SET state = 'deferred' WHERE region_code NOT IN ({marks})"  # noqa: S608
            " AND state IN ('queued', 'leased')",
            tuple(regions),
        )
        self.db.execute("UPDATE item SET state = 'queued' WHERE state = 'leased'")

    def spend(self, cpu_seconds: float) -> None:
        """Add processor time of this process to the run's account."""
        self.db.execute(
            "UPDATE run SET cpu_seconds = cpu_seconds + ? WHERE id = ?", (cpu_seconds, self.run)
        )

    def finish(self) -> None:
        """Close the run."""
        self.db.execute("UPDATE run SET finished_at = ? WHERE id = ?", (now(), self.run))

    def add(self, new: Iterable[New], *, state: str = "") -> None:
        """Put items in; one that is there already keeps its record and may be moved forward."""
        with transaction(self.db):
            for item in new:
                self._add(item, state)

    def _add(self, item: New, state: str = "") -> None:
        from urllib.parse import urlsplit

        place = state or ("queued" if item.phase == 1 else "deferred")
        priority = item.priority or PRIORITY[item.role]
        self.db.execute(
            "INSERT INTO item (url, body, host, region_code, role, tier, priority, phase, depth, state, parent, number,"
            " parser, charset, hint_year, hint_title, run) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
            " ON CONFLICT (url, body, region_code) DO UPDATE SET"
            " hint_title = MAX(hint_title, excluded.hint_title), hint_year = COALESCE(hint_year, excluded.hint_year),"
            " tier = MIN(tier, excluded.tier), phase = MIN(phase, excluded.phase), depth = MIN(depth, excluded.depth),"
            " parent = CASE WHEN excluded.role = 'part' THEN excluded.parent ELSE parent END,"
            " number = CASE WHEN excluded.role = 'part' THEN excluded.number ELSE number END,"
            " role = CASE WHEN excluded.role = 'part' THEN 'part' ELSE role END,"
            " state = CASE WHEN state = 'deferred' AND excluded.state = 'queued' THEN 'queued' ELSE state END",
            (item.url, item.body, urlsplit(item.url).hostname or "", item.region_code, item.role, item.tier,
             priority, item.phase, item.depth, place, item.parent, item.number, item.parser, item.charset,
             item.hint_year, item.hint_title[:300], self.run),
        )  # fmt: skip

    def peek(self, hosts: Collection[str]) -> Item | None:
        """Next item of some hosts, without taking it."""
        marks = ",".join("?" * len(hosts))
        row = self.db.execute(
            f"SELECT {_ITEM} FROM item WHERE state = 'queued' AND host IN ({marks})"  # noqa: S608 - own names
            " ORDER BY attempts DESC, priority, depth, number, url LIMIT 1",
            tuple(sorted(hosts)),
        ).fetchone()
        return Item(**dict(row)) if row else None

    def lease(self, item: Item) -> None:
        """Take an item just before its request is sent."""
        with transaction(self.db):
            self.db.execute(
                "UPDATE item SET state = 'leased', leased_at = ?, attempts = attempts + 1, run = ? WHERE id = ?",
                (time.time(), self.run, item.id),
            )
            self._touch(item.host)

    def touch(self, host: str) -> None:
        """Note that a request leaves for a host; spacing holds across restarts."""
        with transaction(self.db):
            self._touch(host)

    def _touch(self, host: str) -> None:
        self.db.execute(
            "INSERT INTO host (host, last_at) VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET last_at = excluded.last_at",
            (host, time.time()),
        )

    def hold(self, host: str, until: float) -> None:
        """Keep a host alone until a time, also after a restart."""
        self.db.execute(
            "INSERT INTO host (host, ready_at) VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET ready_at = excluded.ready_at",
            (host, until),
        )

    def pace_of(self, host: str) -> tuple[float, float]:
        """When the last request left for a host, and until when it is to be left alone."""
        row = self.db.execute(
            "SELECT last_at, ready_at FROM host WHERE host = ?", (host,)
        ).fetchone()
        return (row["last_at"], row["ready_at"]) if row else (0.0, 0.0)

    def complete(self, item: Item, exchange: Exchange, result: Result) -> None:
        """Write all that a response brings in one transaction."""
        with transaction(self.db):
            self._log(item, exchange, result)
            self._update(item, exchange, result)
            if result.outcome in ("new", "changed") and result.text_sha256:
                self._revise(item, exchange, result)
            for new in result.new:
                self._add(new)

    def log_only(
        self, url: str, exchange: Exchange, *, outcome: str, reason: str, sha256: str
    ) -> None:
        """Log a request that is no item's: robots.txt."""
        with transaction(self.db):
            self._entry(url, "", exchange, outcome, reason, sha256)

    def _log(self, item: Item, exchange: Exchange, result: Result) -> None:
        self._entry(
            item.url,
            item.body,
            exchange,
            result.outcome or result.state,
            result.reason,
            result.sha256,
        )

    def _entry(
        self, url: str, body: str, x: Exchange, outcome: str, reason: str, sha256: str
    ) -> None:
        self.db.execute(
            "INSERT INTO fetch (run, url, body, final_url, requested_at, fetched_at, status, headers, chain, address,"
            " tls, robots, sha256, size, outcome, reason, crawler) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (self.run, url, body, x.final_url, x.requested_at, x.fetched_at, x.status,
             json.dumps(x.headers, ensure_ascii=False), json.dumps(x.chain), x.address, x.tls, x.robots, sha256,
             len(x.data), outcome, reason, CRAWLER),
        )  # fmt: skip

    def _update(self, item: Item, x: Exchange, result: Result) -> None:
        values: dict[str, Any] = {"state": result.state, "reason": result.reason, "leased_at": None}
        if result.outcome in ("new", "changed"):
            values |= {
                "sha256": result.sha256, "text_sha256": result.text_sha256, "final_url": x.final_url,
                "header_charset": x.charset, "links_sha256": result.links_sha256, "n_links": result.n_links,
                "verdict": result.verdict, "verdict_region": result.verdict_region,
                "verdict_year": result.verdict_year,
            }  # fmt: skip
        if x.status == 200 and not x.error:
            values |= {"etag": x.header("etag")[:500], "last_modified": _usable(x)}
        names = ", ".join(f"{name} = ?" for name in values)
        self.db.execute(f"UPDATE item SET {names} WHERE id = ?", (*values.values(), item.id))  # noqa: S608

    def _revise(self, item: Item, x: Exchange, result: Result) -> None:
        """Give numbers to the versions of a page's text: 1, 2, ...; the old ones are kept."""
        self._number(item.url, item.region_code, result.sha256, result.text_sha256, x.fetched_at)

    def _number(
        self, url: str, region: str, sha256: str, text_sha256: str, fetched_at: str
    ) -> None:
        last = self.db.execute(
            "SELECT number, text_sha256 FROM revision WHERE url = ? AND region_code = ? ORDER BY number DESC LIMIT 1",
            (url, region),
        ).fetchone()
        if last is None or last["text_sha256"] != text_sha256:
            number = last["number"] + 1 if last else 1
            self.db.execute(
                "INSERT INTO revision VALUES (?, ?, ?, ?, ?, ?)",
                (url, region, number, sha256, text_sha256, fetched_at),
            )

    def close_host(self, hosts: Collection[str], state: str, reason: str) -> None:
        """Give up on what is still queued for some hosts in this run."""
        marks = ",".join("?" * len(hosts))
        self.db.execute(
            f"UPDATE item SET state = ?, reason = ? WHERE state = 'queued' AND host IN ({marks})",  # noqa: S608
            (state, reason, *sorted(hosts)),
        )

    def waiting_hosts(self) -> list[str]:
        """Hosts that have queued items."""
        return [
            r["host"]
            for r in rows(
                self.db, "SELECT DISTINCT host FROM item WHERE state = 'queued' ORDER BY host"
            )
        ]

    def links_of(self, item: int) -> str:
        """Read the hash of the report links of a page."""
        row = self.db.execute("SELECT links_sha256 FROM item WHERE id = ?", (item,)).fetchone()
        return str(row["links_sha256"]) if row else ""

    def is_busy(self, region: str) -> bool:
        """Whether a region has anything queued or on its way."""
        query = "SELECT 1 FROM item WHERE region_code = ? AND state IN ('queued', 'leased') LIMIT 1"
        return self.db.execute(query, (region,)).fetchone() is not None

    def open_bundles(self, region: str) -> list[Bundle]:
        """Articles of several pages, all pages there, whose whole was not yet judged."""
        found: dict[int, Bundle] = {}
        query = (
            "SELECT a.id, a.url, a.sha256 AS first, a.header_charset, a.charset, a.bundle, p.sha256 FROM item a"
            " JOIN item p ON p.parent = a.id AND p.role = 'part' WHERE a.region_code = ? AND a.sha256 <> ''"
            " AND p.sha256 <> '' ORDER BY a.id, p.number, p.url"
        )
        for row in rows(self.db, query, region):
            bundle = found.setdefault(
                row["id"],
                Bundle(
                    row["id"],
                    row["url"],
                    row["header_charset"] or row["charset"],
                    [row["first"]],
                    row["bundle"],
                ),
            )
            bundle.digests.append(row["sha256"])
        return [bundle for bundle in found.values() if bundle.key != bundle.judged]

    def settle_bundle(self, bundle: Bundle, reading: Reading, *, fetched_at: str) -> None:
        """Write the judgement of an article of several pages."""
        with transaction(self.db):
            self.db.execute(
                "UPDATE item SET bundle = ?, verdict = ?, verdict_region = ?, verdict_year = ?, text_sha256 = ?,"
                " reason = ? WHERE id = ?",
                (bundle.key, reading.verdict, reading.region_code, reading.year, reading.text_sha256,
                 "" if reading.verdict == "ok" else reading.verdict, bundle.id),
            )  # fmt: skip
            row = self.db.execute(
                "SELECT url, region_code FROM item WHERE id = ?", (bundle.id,)
            ).fetchone()
            if reading.text_sha256:
                self._number(
                    row["url"],
                    row["region_code"],
                    " ".join(bundle.digests),
                    reading.text_sha256,
                    fetched_at,
                )

    def missing(self, region: str) -> set[int]:
        """Years asked for without an accepted report."""
        found = rows(
            self.db,
            "SELECT DISTINCT verdict_year FROM item WHERE region_code = ? AND verdict = 'ok'",
            region,
        )
        return set(self.years) - {r["verdict_year"] for r in found}

    def advance(self, region: str) -> bool:
        """Let the next fallback of a region begin when it has nothing left and cells are missing."""
        missing = self.missing(region)
        if self.is_busy(region) or not missing:
            return False
        marks = ",".join("?" * len(missing))
        wanted = f"region_code = ? AND state = 'deferred' AND (hint_year IS NULL OR hint_year IN ({marks}))"
        values = (region, *sorted(missing))
        phase = self.db.execute(f"SELECT MIN(phase) FROM item WHERE {wanted}", values).fetchone()[0]  # noqa: S608
        if phase is None:
            return False
        with transaction(self.db):
            self.db.execute(
                f"UPDATE item SET state = 'queued' WHERE {wanted} AND phase = ?",  # noqa: S608
                (*values, phase),
            )
        return True


def _usable(x: Exchange) -> str:
    """Last-Modified, unless it lies ahead: a server would answer 304 to it whatever changes."""
    from email.utils import parsedate_to_datetime

    value = x.header("last-modified")[:100]
    try:
        when = parsedate_to_datetime(value)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
    except (TypeError, ValueError, IndexError):
        return ""
    return value if when <= datetime.now(UTC) else ""
