"""How far everybody is, how long a sentence takes, and when the work will be done."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

    from corpus.rubric import Rubric

#: Labels that the pace is taken from: the last ones, since coders get faster.
RECENT = 200


def progress(db: sqlite3.Connection, rubric: Rubric, *, only: str | None = None) -> dict[str, Any]:
    """Progress by person, pool and dimension.

    Parameters
    ----------
    only : str, optional
        Show one person, and none of the levels that others gave.
    """
    pools = [dict(row) for row in db.execute(
        "SELECT role AS pool, count(*) AS sentences, sum(n_required) AS needed,"
        " sum(min(n_labels, n_required)) AS done FROM sentence WHERE role <> 'candidate'"
        " GROUP BY role ORDER BY role"
    )]  # fmt: skip
    left = sum(p["needed"] - p["done"] for p in pools)
    people = [_person(name, rows, rubric) for name, rows in _labels(db, only).items()]
    pace = sum(p["per_hour"] or 0 for p in people)
    return {
        "pools": pools,
        "left": left,
        "people": sorted(people, key=lambda p: p["name"]),
        "hours_left": round(left / pace, 1) if pace and left else (0.0 if not left else None),
        "finish": _finish(left, people),
        "relabel": db.execute(
            "SELECT count(*) FROM relabel WHERE ?1 IS NULL OR who = ?1", (only,)
        ).fetchone()[0],
    }


def _labels(db: sqlite3.Connection, only: str | None) -> dict[str, list[sqlite3.Row]]:
    rows = db.execute(
        "SELECT l.who, e.at, l.coding, s.role FROM label l JOIN event e ON e.id = l.event"
        " JOIN sentence s ON s.id = l.sentence"
        " WHERE NOT l.machine AND (?1 IS NULL OR l.who = ?1) ORDER BY e.seq",
        (only,),
    )
    found: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in rows:
        found[row["who"]].append(row)
    return found


def _person(name: str, rows: list[sqlite3.Row], rubric: Rubric) -> dict[str, Any]:
    codings = [json.loads(row["coding"]) for row in rows]
    times = [c["duration_ms"] / 1000 for c in codings if c.get("duration_ms")]
    levels = {
        d: [sum(c["levels"][i] == level.value for c in codings) for level in rubric.levels]
        for i, d in enumerate(rubric.dimension_ids)
    }
    by_pool: dict[str, int] = defaultdict(int)
    for row in rows:
        by_pool[row["role"]] += 1
    seconds = median(times[-RECENT:]) if times else None
    return {
        "name": name,
        "labels": len(rows),
        "by_pool": dict(sorted(by_pool.items())),
        "levels": levels,
        "seconds": None if seconds is None else round(seconds, 1),
        "per_hour": None if not seconds else round(3600 / seconds, 1),
        "today": sum(row["at"][:10] == datetime.now(UTC).date().isoformat() for row in rows),
        "per_day": _per_day(rows),
        "unsure": sum(c.get("confidence") == "low" for c in codings),
    }


def _per_day(rows: list[sqlite3.Row]) -> float | None:
    days = {row["at"][:10] for row in rows if row["at"]}
    return round(len(rows) / len(days), 1) if days else None


def _finish(left: int, people: list[dict[str, Any]]) -> str | None:
    """Day on which the work ends if everybody goes on as on the days they worked."""
    daily = sum(p["per_day"] or 0 for p in people)
    if not left:
        return datetime.now(UTC).date().isoformat()
    if not daily or left / daily > 3650:
        return None
    return (datetime.now(UTC) + timedelta(days=left / daily)).date().isoformat()
