"""People, passwords, sessions: team mode begins with the first account.

Without accounts there is one person, ``local``, who may do everything from this machine.
Passwords are kept as argon2id hashes, session tokens as SHA-256: neither can be read back.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from annotation_ui.labelling.problems import TooOftenError, UnknownPersonError
from annotation_ui.labelling.store import note, now
from configs.errors import UserError, shown

if TYPE_CHECKING:
    import sqlite3

    from annotation_ui.labelling.store import Store

ROLES = ("annotator", "adjudicator", "admin")
LOCAL = "local"
SESSION_SECONDS = 12 * 3600.0
#: Failed attempts allowed for one name within the window, then it is closed for as long.
MAX_FAILURES, WINDOW_SECONDS = 5, 900.0
MIN_PASSWORD, MAX_PASSWORD = 8, 256
_NAME = re.compile(r"[\w.@-]{1,64}")


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks.

    Attributes
    ----------
    csrf : str
        Token that every changing request of the session must carry.
    """

    name: str
    role: str
    csrf: str
    team: bool

    def may(self, role: str) -> bool:
        """Tell whether the role covers another: admin > adjudicator > annotator."""
        return ROLES.index(self.role) >= ROLES.index(role)


@cache
def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """Hash of nothing: an unknown name takes as long as a wrong password."""
    return str(_hasher().hash(secrets.token_urlsafe(16)))


def is_team(db: sqlite3.Connection) -> bool:
    """Tell whether there are accounts."""
    return db.execute("SELECT 1 FROM account LIMIT 1").fetchone() is not None


def add_account(store: Store, name: str, role: str, password: str, *, by: str) -> None:
    """Add a person, or give a known one a new role and password.

    Raises
    ------
    UserError
        A name, role or password that is not allowed.
    """
    if not _NAME.fullmatch(name):
        raise UserError(f"name {shown(name)} cannot be used", fix="letters, digits, . @ _ - only")
    if role not in ROLES:
        raise UserError(f"role {shown(role)} is unknown", fix=f"use one of {', '.join(ROLES)}")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise UserError(
            f"the password has {len(password)} characters",
            fix=f"use {MIN_PASSWORD} to {MAX_PASSWORD}",
        )
    hashed = _hasher().hash(password)
    with store.writing() as db:
        db.execute(
            "INSERT INTO account (name, role, password, created_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET role = excluded.role, password = excluded.password, active = 1",
            (name, role, hashed, now()),
        )
        db.execute("DELETE FROM session WHERE name = ?", (name,))
        note(db, by, "account", f"{name}: {role}")


def close_account(store: Store, name: str, *, by: str) -> None:
    """Let a person in no more; their labels stay."""
    with store.writing() as db:
        if db.execute("UPDATE account SET active = 0 WHERE name = ?", (name,)).rowcount == 0:
            raise UserError(f"there is no account {shown(name)}")
        db.execute("DELETE FROM session WHERE name = ?", (name,))
        note(db, by, "account", f"{name}: closed")


def accounts(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """List accounts without their passwords."""
    rows = db.execute("SELECT name, role, active, created_at FROM account ORDER BY name")
    return [{**dict(row), "active": bool(row["active"])} for row in rows]


def log_in(store: Store, name: str, password: str, address: str) -> tuple[str, Person]:
    """Check a password; returns the session token for the cookie, and who it is.

    Raises
    ------
    TooOftenError
        After too many failures for this name.
    UnknownPersonError
        Wrong name or password; it is not said which.
    """
    moment, key = time.time(), f"{name[:64]}|{address}"
    with store.reading() as db:
        failures = db.execute(
            "SELECT count(*) FROM failure WHERE key = ? AND at > ?", (key, moment - WINDOW_SECONDS)
        ).fetchone()[0]
        row = db.execute("SELECT * FROM account WHERE name = ? AND active", (name,)).fetchone()
    if failures >= MAX_FAILURES:
        raise TooOftenError(
            "too many failed attempts",
            where="log-in",
            fix=f"wait {WINDOW_SECONDS / 60:.0f} minutes",
        )
    if not _matches(row["password"] if row else _nobody(), password) or row is None:
        with store.writing() as db:
            db.execute("DELETE FROM failure WHERE at < ?", (moment - WINDOW_SECONDS,))
            db.execute("INSERT INTO failure VALUES (?, ?)", (key, moment))
            note(db, name[:64], "log-in failed", address)
        raise UnknownPersonError("name or password is wrong", where="log-in", fix="try again")
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with store.writing() as db:
        db.execute("DELETE FROM session WHERE expires < ?", (moment,))
        db.execute("DELETE FROM failure WHERE key = ?", (key,))
        db.execute(
            "INSERT INTO session VALUES (?, ?, ?, ?)",
            (_kept(token), name, csrf, moment + SESSION_SECONDS),
        )
        note(db, name, "log-in", address)
    return token, Person(name, row["role"], csrf, True)


def _matches(hashed: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return bool(_hasher().verify(hashed, password[:MAX_PASSWORD]))
    except (VerificationError, InvalidHashError):
        return False


def _kept(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def person_of(db: sqlite3.Connection, token: str, local_csrf: str) -> Person | None:
    """Tell who a session token belongs to; without accounts it is the one local person."""
    if not is_team(db):
        return Person(LOCAL, "admin", local_csrf, False)
    row = db.execute(
        "SELECT s.name, s.csrf, a.role FROM session s JOIN account a ON a.name = s.name"
        " WHERE s.token = ? AND s.expires > ? AND a.active",
        (_kept(token), time.time()),
    ).fetchone()
    return Person(row["name"], row["role"], row["csrf"], True) if row else None


def log_out(store: Store, token: str) -> None:
    """End a session."""
    with store.writing() as db:
        db.execute("DELETE FROM session WHERE token = ?", (_kept(token),))
