"""Pools: which sentences measure quality, which are coded twice, which a model learns from."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

#: Of the reports go to evaluation, when sentences come without a pool.
EVALUATION_SHARE = 0.2
#: Of all sentences are coded by two people outside of evaluation, at least.
OVERLAP_SHARE = 0.2
#: Below this many reports none is set aside: the evaluation would be about one report.
MIN_REPORTS = 5
_CODERS = {"evaluation": 2, "overlap": 2, "training": 1, "candidate": 1}


def coders_needed(role: str) -> int:
    """People who code a sentence of a pool."""
    return _CODERS[role]


def priority_of(identity: str, salt: str = "order") -> float:
    """Place in the common order, 0-1: random to look at, the same on every machine."""
    return int(hashlib.sha256(f"{salt}\0{identity}".encode()).hexdigest()[:12], 16) / 16**12


@dataclass(frozen=True, slots=True)
class _Unit:
    id: int
    hash: str
    report: str


def assign(db: sqlite3.Connection) -> Counter[str]:
    """Give pools to sentences that came without one.

    A fifth of the reports at random becomes evaluation, with all its sentences; of the rest as
    many sentences at random are coded twice as make a fifth of all; the others are for training.
    Sentences without a report count as a report each. Choices are by hash, so the same file gives
    the same pools on every machine.
    """
    rows = db.execute(
        "SELECT id, hash, report_id FROM sentence WHERE role = 'candidate' AND pool = ''"
    )
    units = [_Unit(r["id"], r["hash"], r["report_id"] or r["hash"]) for r in rows]
    if not units:
        return Counter()
    reports = sorted({u.report for u in units}, key=lambda r: priority_of(r, "report"))
    n_aside = round(EVALUATION_SHARE * len(reports)) if len(reports) >= MIN_REPORTS else 0
    aside = set(reports[:n_aside])
    rest = sorted(
        (u for u in units if u.report not in aside), key=lambda u: priority_of(u.hash, "overlap")
    )
    n_double = min(ceil(OVERLAP_SHARE * len(units)), len(rest))
    share = n_aside / len(reports)
    for unit in (u for u in units if u.report in aside):
        _put(db, unit.id, "evaluation", share)
    for place, unit in enumerate(rest):
        role = "overlap" if place < n_double else "training"
        chance = n_double / len(rest) if role == "overlap" else 1 - n_double / len(rest)
        _put(db, unit.id, role, (1 - share) * chance)
    return Counter(
        {
            "evaluation": len(units) - len(rest),
            "overlap": n_double,
            "training": len(rest) - n_double,
        }
    )


def _put(db: sqlite3.Connection, number: int, role: str, inclusion: float) -> None:
    db.execute(
        "UPDATE sentence SET pool = ?1, role = ?1, inclusion = ?2, n_required = ?3 WHERE id = ?4",
        (role, inclusion, coders_needed(role), number),
    )
