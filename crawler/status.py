"""How far a crawl is, in lines for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crawler.database import connect, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def status_lines(store: Path) -> Iterator[str]:
    """Tell runs, items by state, what was fetched, hosts in trouble, and cells by state."""
    db = connect(store)
    try:
        for run in rows(db, "SELECT * FROM run ORDER BY id"):
            years, regions = json.loads(run["years"]), json.loads(run["regions"])
            span = f"{years[0]}-{years[-1]}" if len(years) > 1 else str(years[0])
            end = (
                f"finished {run['finished_at']}"
                if run["finished_at"]
                else "not finished: `zhengce crawl resume`"
            )
            yield f"run {run['id']}: {span}, {len(regions)} regions, begun {run['started_at']}, {end}"
        for title, query in _QUERIES:
            found = rows(db, query)
            if found:
                yield title + ": " + ", ".join(f"{row[0] or '-'} {row[1]}" for row in found)
    finally:
        db.close()


_QUERIES = (
    ("items", "SELECT state, COUNT(*) FROM item GROUP BY state ORDER BY state"),
    ("requests", "SELECT outcome, COUNT(*) FROM fetch GROUP BY outcome ORDER BY outcome"),
    ("pages refused", "SELECT verdict, COUNT(*) FROM item WHERE verdict NOT IN ('', 'ok') GROUP BY verdict ORDER BY 2 DESC, 1 LIMIT 12"),
    ("not fetched", "SELECT reason, COUNT(*) FROM item WHERE state IN ('failed', 'blocked', 'gone') GROUP BY reason ORDER BY 2 DESC, 1 LIMIT 12"),
    ("hosts in trouble", "SELECT host, COUNT(*) FROM item WHERE state IN ('failed', 'blocked') GROUP BY host ORDER BY 2 DESC, 1 LIMIT 8"),
    ("cells of the last run", "SELECT state, COUNT(*) FROM cell WHERE run = (SELECT MAX(run) FROM cell) GROUP BY state ORDER BY state"),
)  # fmt: skip
