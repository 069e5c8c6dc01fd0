"""The matrix of regions and years: one state and a reason for every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from corpus.regions import regions
from crawler.database import rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from crawler.overrides import Override
    from crawler.publish import Candidate

CellState = Literal[
    "ok_official", "ok_reprint", "pdf_only", "needs_ocr", "not_published_yet", "gap_confirmed", "blocked",
    "dead", "quarantined", "unknown",
]  # fmt: skip
STATES: tuple[CellState, ...] = (
    "ok_official", "ok_reprint", "pdf_only", "needs_ocr", "not_published_yet", "gap_confirmed", "blocked",
    "dead", "quarantined", "unknown",
)  # fmt: skip
FOUND: frozenset[str] = frozenset(("ok_official", "ok_reprint", "pdf_only"))
#: Nobody has to look at these.
SETTLED: frozenset[str] = FOUND | {"gap_confirmed", "not_published_yet"}
COLUMNS = ("region_code", "year", "state", "reason", "url", "raw_sha256", "report_id")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the matrix; the fields are the columns of ``coverage.csv``."""

    region_code: str
    year: int
    state: CellState
    reason: str = ""
    url: str = ""
    raw_sha256: str = ""
    report_id: str = ""

    @property
    def region(self) -> str:
        """Name of the region."""
        return regions()[self.region_code].name


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of an item that brought no report."""

    state: CellState
    reason: str
    url: str
    sha256: str
    year: int | None


def matrix(
    db: sqlite3.Connection, chosen: Mapping[str, Candidate], *, region_codes: Sequence[str],
    years: Sequence[int], this_year: int, overrides: Iterable[Override] = (),
) -> list[Cell]:  # fmt: skip
    """State of every cell asked for, in the order of code and year."""
    evidence = {region: _evidence(db, region) for region in region_codes}
    confirmed = {(o.region_code, o.year): o for o in overrides if o.kind == "gap"}
    cells = []
    for region in sorted(region_codes):
        for year in sorted(years):
            candidate = chosen.get(f"{region}-{year}")
            if candidate is not None:
                cells.append(_found(region, year, candidate))
            elif (region, year) in confirmed:
                override = confirmed[region, year]
                cells.append(
                    Cell(
                        region,
                        year,
                        "gap_confirmed",
                        f"{override.why} ({override.who}, {override.when})",
                    )
                )
            else:
                cells.append(_not_found(region, year, evidence[region], this_year))
    return cells


def _found(region: str, year: int, candidate: Candidate) -> Cell:
    stored, document = candidate.stored, candidate.reading.document
    state: CellState = "ok_official" if stored.tier == 1 else "ok_reprint"
    if document.container == "pdf" and stored.tier == 1:
        state = "pdf_only"
    reason = (
        "deleted_at_source"
        if stored.state == "gone"
        else f"tier_{stored.tier}"
        if stored.tier > 1
        else ""
    )
    return Cell(region, year, state, reason, stored.url, stored.digests[0], f"{region}-{year}")


_RANK: dict[str, int] = {"needs_ocr": 0, "quarantined": 1, "blocked": 2, "dead": 3, "unknown": 4}


def _not_found(region: str, year: int, evidence: Sequence[Evidence], this_year: int) -> Cell:
    """Take the best that is known: of an address of this very year, else of the region's lists."""
    own = [e for e in evidence if e.year == year]
    general = [e for e in evidence if e.year is None]
    for group in (own, general):
        if group:
            best = min(group, key=lambda e: (_RANK[e.state], e.url))
            if group is own or best.state in ("blocked", "dead"):
                if year >= this_year and best.state == "dead" and group is general:
                    break
                return Cell(region, year, best.state, best.reason, best.url, best.sha256)
    if year >= this_year:
        return Cell(
            region, year, "not_published_yet", "no page of this year found; open until 31 December"
        )
    return Cell(region, year, "unknown", "no page of this year found")


def _evidence(db: sqlite3.Connection, region: str) -> list[Evidence]:
    query = (
        "SELECT url, role, phase, state, reason, verdict, verdict_region, verdict_year, hint_year, sha256 FROM item"
        " WHERE region_code = ? AND state NOT IN ('deferred') AND role IN ('article', 'list') ORDER BY url"
    )
    found = []
    for row in rows(db, query, region):
        own = row["verdict_year"] if row["verdict_region"] == region else None
        year = row["hint_year"] or own
        state = _state_of(row["state"], row["reason"], row["verdict"])
        is_list = row["role"] == "list"
        # A fallback's own failure says nothing of a cell; nor does a list that is in order.
        if state is None or (is_list and (row["phase"] > 1 or state == "quarantined")):
            continue
        if year is None and not is_list:
            continue
        found.append(
            Evidence(state, row["reason"] or row["verdict"], row["url"], row["sha256"], year)
        )
    return found


def _state_of(state: str, reason: str, verdict: str) -> CellState | None:
    if state == "blocked":
        return "blocked"
    if state == "gone":
        return "dead"
    if state == "failed" and ("no_address" in reason or "connect_failed" in reason):
        return "dead"
    if state == "failed":
        return (
            "blocked"
            if reason.startswith(("http_", "robots_", "circuit", "retry_after", "host_stopped"))
            else "dead"
        )
    if state in ("queued", "leased"):
        return "unknown"
    if verdict == "needs_ocr":
        return "needs_ocr"
    return (
        None
        if verdict in ("ok", "") or verdict.startswith(("decoy", "other_region"))
        else "quarantined"
    )


def counts(cells: Iterable[Cell]) -> dict[CellState, int]:
    """Count the cells in each state; they add up to the size of the matrix."""
    found = dict.fromkeys(STATES, 0)
    for cell in cells:
        found[cell.state] += 1
    return found
