"""After the fetching: corpus, matrix, page and alarms of a store, written below a folder."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from crawler.changes import Alarm, CellChange, cell_changes, drift_alarms, keep_cells, write_diffs
from crawler.coverage import COLUMNS, SETTLED, Cell, counts, matrix
from crawler.coverage_page import coverage_page
from crawler.database import connect, rows
from crawler.overrides import read_overrides
from crawler.publish import publish, write_published
from crawler.rawstore import RawStore

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from crawler.coverage import CellState


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to.

    Attributes
    ----------
    n_reports, n_documents, n_revisions : int
    counts : dict
        Cells in each state.
    to_look_at : int
        Cells, alarms and losses that a person should see; exit code 1 when there is one.
    """

    n_reports: int
    n_documents: int
    n_revisions: int
    counts: dict[CellState, int]
    alarms: tuple[Alarm, ...]
    changes: tuple[CellChange, ...]
    to_look_at: int


def finish(store: Path, out: Path, *, workers: int = 2, keep: bool = False) -> Summary:
    """Publish a store: offline, from its raw bytes.

    Parameters
    ----------
    store, out : Path
        The store, and the folder to write ``documents.csv``, ``report.parquet``, ``sentence.parquet``,
        ``text/``, ``coverage.csv``, ``coverage.html`` and ``revisions/`` to.
    keep : bool
        Whether the matrix is remembered for the next run to compare with.
    """
    from corpus.readers.limits import ReaderPool

    db = connect(store)
    try:
        raw = RawStore(store / "raw")
        run = last_run(db)
        years, codes = json.loads(run["years"]), json.loads(run["regions"])
        listing = store / "overrides.csv"
        overrides = read_overrides(listing if listing.is_file() else None)
        rejected = {f"{o.region_code}-{o.year} {o.url}" for o in overrides if o.kind == "reject"}
        with ReaderPool(workers) as pool:
            published = publish(db, raw, pool, rejected=rejected)
            write_published(published, out)
            n_revisions = write_diffs(db, raw, pool, out)
        cells = matrix(
            db, published.chosen, region_codes=codes, years=years,
            this_year=int(run["started_at"][:4]), overrides=overrides,
        )  # fmt: skip
        alarms = drift_alarms(db, codes, run["id"])
        changes = cell_changes(db, cells, run["id"])
        write_coverage(cells, alarms, changes, out)
        if keep:
            keep_cells(db, cells, run["id"])
        open_cells = sum(cell.state not in SETTLED for cell in cells)
        return Summary(
            len(published.reports), len(published.documents), n_revisions, counts(cells), tuple(alarms),
            tuple(changes), open_cells + len(alarms) + sum(c.is_loss for c in changes),
        )  # fmt: skip
    finally:
        db.close()


def last_run(db: sqlite3.Connection) -> sqlite3.Row:
    """Read the run that was begun last."""
    from configs.errors import UserError

    found = rows(db, "SELECT * FROM run ORDER BY id DESC LIMIT 1")
    if not found:
        raise UserError(
            "holds no run", where="store", fix="start one with `zhengce crawl --year 2026`"
        )
    return found[0]


def write_coverage(
    cells: list[Cell], alarms: list[Alarm], changes: list[CellChange], out: Path
) -> None:
    """Write the matrix as CSV and as a page."""
    import pandas as pd

    from corpus.csvfiles import write_csv
    from corpus.files import write_text

    frame = pd.DataFrame([astuple(cell) for cell in cells], columns=list(COLUMNS))
    write_csv(out / "coverage.csv", frame)
    write_text(out / "coverage.html", coverage_page(cells, alarms, changes))
