"""What goes wrong between us and a database: is it worth another try, and what to tell a person.

Messages say what to do next, and never hold a password or a value from a row.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from scanner.errors import DatabaseError

TRY_AGAIN = frozenset({"40001", "40P01", "55P03"})
"""SQLSTATE: serialisation failure, deadlock, lock not available."""

LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

CONNECTION_LOST = ("08", "57P")
"""SQLSTATE classes: connection exception, and operator intervention (shutdown, crash)."""

EMBEDDED_REMEDY = {
    sqlite3.SQLITE_BUSY: "Another program keeps it locked: end that program, or try again later.",
    sqlite3.SQLITE_LOCKED: "Another program keeps it locked: end that program, or try again later.",
    sqlite3.SQLITE_FULL: "The disk is full: make room, then try again. Nothing was recorded by halves.",
    sqlite3.SQLITE_READONLY: "It cannot be written: give yourself the right to write to it and its folder.",
    sqlite3.SQLITE_CANTOPEN: "It cannot be opened: look whether its folder is there and may be written to.",
    sqlite3.SQLITE_NOTADB: "It is not a database: move it away, or put the backup back.",
    sqlite3.SQLITE_CORRUPT: "It is damaged: put the backup back.",
    sqlite3.SQLITE_IOERR: "The disk fails: look at the disk, then try again.",
}

CENTRAL_REMEDY = {
    "28": "The server refuses the user or the password: correct them in JANA_DATABASE_URL.",
    "3D": "The server has no database of that name: create it, or correct JANA_DATABASE_URL.",
    "42501": "The user lacks a right there: it must own its schema, or be granted CREATE and USAGE on it.",
    "53": "The server has run out of room, memory or connections: mend that, then try again.",
    "25006": "The server takes no writes (a standby?): point JANA_DATABASE_URL at the primary.",
}

UNREACHABLE = "Check that the server runs and that JANA_DATABASE_URL is right, then try again."


def is_lost(error: DBAPIError) -> bool:
    """The connection is gone, so whether a COMMIT under way took place is not known."""
    state = _state(error)
    return error.connection_invalidated or state.startswith(CONNECTION_LOST)


def is_transient(error: DBAPIError) -> bool:
    """Whether the whole transaction may succeed if it is run once more."""
    if isinstance(error.orig, sqlite3.Error):
        return embedded_code(error.orig) in LOCKED
    refused_connection = isinstance(error, OperationalError) and not _state(error)
    return _state(error) in TRY_AGAIN or is_lost(error) or refused_connection


def translated(error: DBAPIError, url: URL) -> DatabaseError | None:
    """The error to show for `error`, or None when it is a mistake of ours and no trouble of theirs."""
    if isinstance(error.orig, sqlite3.Error):
        return embedded(error.orig, url)
    remedy = _central_remedy(error)
    if remedy is None:
        return None
    return DatabaseError(f"The database {shown(url)} cannot be used. {remedy}{_reason(error, url)}")


def embedded(error: sqlite3.Error, url: URL) -> DatabaseError | None:
    """The same for SQLite's own errors."""
    remedy = EMBEDDED_REMEDY.get(embedded_code(error))
    return DatabaseError(f"The database file {url.database} cannot be used. {remedy}") if remedy else None


def embedded_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; the upper bytes only say in which corner it arose."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def shown(url: URL) -> str:
    """The URL without anything secret: no password, no parameters but the host."""
    host = url.query.get("host")
    safe = url.set(query={"host": host} if host else {})
    return safe.render_as_string(hide_password=True)


def _central_remedy(error: DBAPIError) -> str | None:
    state = _state(error)
    for start, remedy in CENTRAL_REMEDY.items():
        if state.startswith(start):
            return remedy
    if state in TRY_AGAIN:
        return "Others keep changing the same rows: try again."
    if is_lost(error) or isinstance(error, OperationalError):
        return _guessed_remedy(str(error.orig))
    return None


def _guessed_remedy(text: str) -> str:
    """libpq reports a refused log-in without a SQLSTATE, in words only."""
    if "authentication failed" in text or "no password supplied" in text:
        return CENTRAL_REMEDY["28"]
    if "does not exist" in text and "database" in text:
        return CENTRAL_REMEDY["3D"]
    return UNREACHABLE


def _reason(error: DBAPIError, url: URL) -> str:
    """The driver's first line, in brackets, with every secret of the URL blotted out."""
    line = next(iter(str(error.orig).strip().splitlines()), "")
    for secret in (url.password, url.query.get("password")):
        if secret:
            line = line.replace(str(secret), "***")
    return f" ({line})" if line else ""


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
