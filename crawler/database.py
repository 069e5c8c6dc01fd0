"""The SQLite file of a store: its tables, and how it is opened."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = 1
_TABLES = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY, years TEXT NOT NULL, regions TEXT NOT NULL, sources TEXT NOT NULL,
    settings TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
    cpu_seconds REAL NOT NULL DEFAULT 0
);
CREATE TABLE item (
    id INTEGER PRIMARY KEY, url TEXT NOT NULL, body TEXT NOT NULL DEFAULT '', host TEXT NOT NULL,
    region_code TEXT NOT NULL, role TEXT NOT NULL, tier INTEGER NOT NULL DEFAULT 1,
    priority INTEGER NOT NULL DEFAULT 0, phase INTEGER NOT NULL DEFAULT 1, depth INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0,
    parent INTEGER, number INTEGER NOT NULL DEFAULT 0, parser TEXT NOT NULL DEFAULT 'auto',
    charset TEXT NOT NULL DEFAULT '', hint_year INTEGER, hint_title TEXT NOT NULL DEFAULT '',
    run INTEGER NOT NULL, leased_at REAL,
    final_url TEXT NOT NULL DEFAULT '', header_charset TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '', last_modified TEXT NOT NULL DEFAULT '',
    sha256 TEXT NOT NULL DEFAULT '', text_sha256 TEXT NOT NULL DEFAULT '', links_sha256 TEXT NOT NULL DEFAULT '',
    n_links INTEGER, n_links_before INTEGER,
    verdict TEXT NOT NULL DEFAULT '', verdict_region TEXT NOT NULL DEFAULT '', verdict_year INTEGER,
    bundle TEXT NOT NULL DEFAULT '',
    UNIQUE (url, body, region_code)
);
CREATE INDEX item_state ON item (state, host, priority);
CREATE INDEX item_region ON item (region_code, state);
CREATE TABLE fetch (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL, final_url TEXT NOT NULL,
    requested_at TEXT NOT NULL, fetched_at TEXT NOT NULL, status INTEGER, headers TEXT NOT NULL,
    chain TEXT NOT NULL, address TEXT NOT NULL, tls TEXT NOT NULL, robots TEXT NOT NULL,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, crawler TEXT NOT NULL
);
CREATE TABLE revision (
    url TEXT NOT NULL, region_code TEXT NOT NULL, number INTEGER NOT NULL, sha256 TEXT NOT NULL,
    text_sha256 TEXT NOT NULL, fetched_at TEXT NOT NULL, PRIMARY KEY (url, region_code, number)
);
CREATE TABLE robots (
    origin TEXT PRIMARY KEY, fetched_at REAL NOT NULL, status INTEGER, sha256 TEXT NOT NULL, state TEXT NOT NULL
);
CREATE TABLE host (
    host TEXT PRIMARY KEY, last_at REAL NOT NULL DEFAULT 0, ready_at REAL NOT NULL DEFAULT 0
);
CREATE TABLE cell (
    run INTEGER NOT NULL, region_code TEXT NOT NULL, year INTEGER NOT NULL, state TEXT NOT NULL,
    reason TEXT NOT NULL, url TEXT NOT NULL, raw_sha256 TEXT NOT NULL, report_id TEXT NOT NULL,
    PRIMARY KEY (run, region_code, year)
);
"""


def connect(store: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the database of a store.

    Raises
    ------
    UserError
        There is none, or it was written by another version.
    """
    path = store / "frontier.sqlite"
    if not path.is_file() and not create:
        raise UserError(
            "holds no crawl", where=str(store), fix="start one with `zhengce crawl --year 2026`"
        )
    try:
        store.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, isolation_level=None, timeout=30)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        _prepare(db, path)
    except (sqlite3.DatabaseError, OSError) as error:
        raise UserError(f"cannot be opened ({error})", where=str(path)) from error
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found == 0:
        with transaction(db):
            for statement in _TABLES.split(";"):
                if statement.strip():
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
    elif found != VERSION:
        raise UserError(
            f"has version {found}, this zhengce reads version {VERSION}", where=str(path),
            fix="replay its raw bytes with the zhengce that wrote it",
        )  # fmt: skip


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Do everything inside or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


@contextmanager
def writer_lock(store: Path) -> Iterator[None]:
    """Keep a second writer out; the lock dies with its process, however that ends.

    Raises
    ------
    UserError
        Another process is crawling into this store.
    """
    store.mkdir(parents=True, exist_ok=True)
    handle = os.open(store / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(
                "another crawl is running in this store", where=str(store),
                fix="wait for it, or choose another --store",
            ) from error  # fmt: skip
        yield
    finally:
        os.close(handle)


def rows(db: sqlite3.Connection, query: str, *values: Any) -> list[sqlite3.Row]:
    """Run a query and take all its rows."""
    return list(db.execute(query, values))
