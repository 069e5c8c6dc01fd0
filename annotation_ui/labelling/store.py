"""The annotation store: SQLite in WAL mode, synchronous=FULL, one writer, short transactions.

An acknowledged label is on disk: every writing block is one ``BEGIN IMMEDIATE`` transaction, and
with ``synchronous=FULL`` its commit waits for the disk. Readers never wait for the writer.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from annotation_ui.labelling.schema import DDL, VERSION
from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER, FILE = "annotation", "annotation.sqlite"
#: Seconds that a connection waits for another process's transaction; ours take milliseconds.
PATIENCE = 15.0


def now() -> str:
    """Time as it is stored: UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """One project's annotations.

    Parameters
    ----------
    path : Path
        The SQLite file; made if absent.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect()
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise UserError(
                f"cannot be opened as an annotation store ({error})",
                where=str(path),
                fix="give another --project, or restore the file from a copy",
            ) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.row_factory = sqlite3.Row
        return connection

    def _prepare(self) -> None:
        """Make the tables; two processes that start together make them once."""
        with self.writing() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                # executescript would commit before it begins; statement by statement it is atomic.
                for statement in _statements(DDL):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")
                # Browsers keep unsent labels under the project's name.
                db.execute("INSERT INTO meta VALUES ('project', ?)", (uuid.uuid4().hex,))
            elif version != VERSION:
                raise UserError(
                    f"was written by another version (its format is {version}, ours {VERSION})",
                    where=str(self.path),
                    fix="use the zhengce that made it to `annotate export`, then import here",
                )

    @contextmanager
    def writing(self, *, keep: bool = True) -> Iterator[sqlite3.Connection]:
        """Hold the write lock for one transaction; nothing of it stays if the block fails.

        Parameters
        ----------
        keep : bool
            False takes everything back at the end: to see what would come of it.
        """
        with self._lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT" if keep else "ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the store, whatever is being written."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            self._readers.append(connection)
        if connection.in_transaction:  # a reading block within another shares its view
            yield connection
            return
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close every connection."""
        for connection in (*self._readers, self._writer):
            connection.close()

    def get(self, key: str, default: str = "") -> str:
        """Read a setting."""
        with self.reading() as db:
            row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else default

    def put(self, key: str, value: str) -> None:
        """Keep a setting."""
        with self.writing() as db:
            db.execute("REPLACE INTO meta VALUES (?, ?)", (key, value))


def _statements(script: str) -> Iterator[str]:
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def open_store(project: Path) -> Store:
    """Open a project's annotations, making them if there are none."""
    return Store(project / FOLDER / FILE)


def note(db: sqlite3.Connection, who: str, action: str, detail: str = "") -> None:
    """Write a line of the audit log within a transaction."""
    db.execute(
        "INSERT INTO audit (at, who, action, detail) VALUES (?, ?, ?, ?)",
        (now(), who, action, detail),
    )
