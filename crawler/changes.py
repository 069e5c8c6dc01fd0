"""What changed since the last run: cells, texts, and lists that suddenly yield less."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.coverage import FOUND, Cell
from crawler.database import rows, transaction
from crawler.reading import read_page

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from corpus.readers.limits import ReaderPool
    from crawler.rawstore import RawStore


@dataclass(frozen=True, slots=True)
class Alarm:
    """A list that yields nothing, or half of what it did."""

    url: str
    region_code: str
    before: int | None
    now: int
    reason: str


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell whose state or source is another than in the run before."""

    region_code: str
    year: int
    before: str
    now: str
    is_loss: bool


def drift_alarms(db: sqlite3.Connection, regions: Iterable[str], run: int) -> list[Alarm]:
    """Find lists of the registry that were asked in this run and yield too little.

    A column that was never seen to hold links is told too: it may have moved before the first
    run, and a list that is silent is not a list that is empty.
    """
    alarms = []
    query = (
        "WITH RECURSIVE pages (root, id) AS ("
        " SELECT id, id FROM item WHERE role = 'list' AND depth = 0 AND number = 0 AND phase = 1 AND parent IS NULL"
        " UNION SELECT p.root, i.id FROM pages p JOIN item i ON i.parent = p.id AND i.role IN ('list', 'data'))"
        " SELECT r.url, r.state, r.reason, SUM(i.n_links) AS n_links, SUM(i.n_links_before) AS n_links_before"
        " FROM pages p JOIN item r ON r.id = p.root JOIN item i ON i.id = p.id"
        " WHERE r.run = ? AND r.region_code = ? GROUP BY r.id ORDER BY r.url"
    )
    for region in sorted(regions):
        lists = rows(db, query, run, region)
        alive = False
        for row in lists:
            n, before = row["n_links"] or 0, row["n_links_before"]
            if row["state"] in ("gone", "failed", "blocked"):
                if before:
                    alarms.append(Alarm(row["url"], region, before, 0, row["reason"]))
                continue
            alive = alive or n > 0
            if before and n == 0:
                alarms.append(Alarm(row["url"], region, before, 0, "yields nothing"))
            elif before and n * 2 <= before:
                alarms.append(Alarm(row["url"], region, before, n, "yields half or less"))
        if lists and not alive and not any(a.region_code == region for a in alarms):
            row = lists[0]
            alarms.append(Alarm(row["url"], region, None, 0, row["reason"] or "yields nothing"))
    return alarms


def cell_changes(db: sqlite3.Connection, cells: Sequence[Cell], run: int) -> list[CellChange]:
    """Compare the matrix with that of the last finished run that asked for the same cells."""
    changes = []
    for cell in cells:
        row = db.execute(
            "SELECT state, raw_sha256 FROM cell WHERE region_code = ? AND year = ? AND run < ? ORDER BY run DESC LIMIT 1",
            (cell.region_code, cell.year, run),
        ).fetchone()
        if row is not None and row["state"] != cell.state:
            is_loss = row["state"] in FOUND and cell.state not in FOUND
            changes.append(
                CellChange(cell.region_code, cell.year, row["state"], cell.state, is_loss)
            )
    return changes


def keep_cells(db: sqlite3.Connection, cells: Sequence[Cell], run: int) -> None:
    """Keep the matrix of a run for the next one to compare with."""
    with transaction(db):
        db.executemany(
            "INSERT OR REPLACE INTO cell VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (run, c.region_code, c.year, c.state, c.reason, c.url, c.raw_sha256, c.report_id)
                for c in cells
            ],
        )


def write_diffs(db: sqlite3.Connection, raw: RawStore, pool: ReaderPool, out: Path) -> int:
    """Write what each revision of a page changed in its text, paragraph by paragraph."""
    from corpus.files import write_text

    query = (
        "SELECT b.url, b.region_code, b.number, a.sha256 AS old, b.sha256 AS new FROM revision a JOIN revision b"
        " ON a.url = b.url AND a.region_code = b.region_code AND b.number = a.number + 1 ORDER BY b.url, b.number"
    )
    n = 0
    for row in rows(db, query):
        texts = []
        for digests in (row["old"], row["new"]):
            first, *more = (raw.get(digest) for digest in digests.split())
            reading = read_page(
                pool, first, url=row["url"], region_code=row["region_code"], more=more
            )
            document = reading.document
            texts.append([*document.text.split("\n"), *document.glossary.split("\n")])
            name = f"{reading.region_code}-{reading.year}"
        lines = difflib.unified_diff(
            texts[0],
            texts[1],
            f"{row['url']} sha256:{row['old']}",
            f"{row['url']} sha256:{row['new']}",
            lineterm="",
            n=0,
        )
        stem = f"{name}-r{row['number']}-{row['new'][:8]}"
        write_text(out / "revisions" / f"{stem}.diff", "\n".join(lines) + "\n")
        n += 1
    return n
