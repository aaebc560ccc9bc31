"""A copy of the whole record at one moment, while others go on writing; and putting it back.

SQLite copies itself (its online backup); PostgreSQL's own programs do it for the central database,
in the snapshot of a transaction of ours, so that what we say of the copy is what is in it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from scanner.errors import DatabaseError, JanaError
from scanner.record import central_copy, kept, migrate, trouble
from scanner.record.audit_chain import Anchor
from scanner.record.database import BUSY_S, Database
from scanner.record.schema import HEAD, case, scan_file, sheet
from scanner.record.schema_access import PASSING
from scanner.record.verify import AuditCheck, verify


@dataclass(frozen=True, slots=True)
class RecordCopy:
    """What is in a copy."""

    kind: str
    """`sqlite` or `postgresql`: a copy of one cannot be put back into the other."""
    schema: str
    audit: AuditCheck
    """Of the copied moment."""
    scans: tuple[str, ...]
    """Hashes of the scan files whose bytes are in the scan store."""


def kind_of(database: Database) -> str:
    return "sqlite" if database.embedded else "postgresql"


def copy_to(database: Database, target: Path, anchor: Anchor | None = None) -> RecordCopy:
    """Copy the record into a new file, and look through the copy before it is called one.

    Raises DatabaseError when that fails, JanaError when a program that it takes is missing.
    """
    if database.embedded:
        copy_file(Path(str(database.url.database)), target)
        _forget_sessions(target)
        copied = Database(f"sqlite:///{target}", read_only=True)
        try:
            with copied.reading() as connection:
                return _described(connection, "sqlite", anchor)
        finally:
            copied.close()
    with database.reading() as connection:
        described = _described(connection, "postgresql", anchor)
        snapshot = str(connection.scalar(select(func.pg_export_snapshot())))
        central_copy.dump(connection, database.url, snapshot, target)
    return described


def put_back(database: Database, copy: Path, *, replace: bool) -> Path | None:
    """Make the record what the copy says; where an embedded record that was there before is now.

    Happens wholly or not at all. A record that holds cases, sheets or scans is left alone unless `replace`
    is given: then JanaError is raised.
    """
    if not replace and holds_data(database):
        raise JanaError(
            f"The record {trouble.shown(database.url)} holds cases, sheets or scans already; nothing was "
            "changed. Point JANA_HOME or JANA_DATABASE_URL at an empty place, or say --replace."
        )
    if database.embedded:
        return _put_back_file(database, copy)
    _put_back_central(database, copy)
    return None


def holds_data(database: Database) -> bool:
    """Whether anything would be lost with this record. Raises DatabaseError when it cannot be read."""
    if database.embedded and not Path(str(database.url.database)).exists():
        return False
    with database.reading() as connection:
        if migrate.installed(connection) is None:
            return False
        rows = (select(table.c.id).limit(1) for table in (case, sheet, scan_file))
        return any(connection.execute(query).first() is not None for query in rows)


def copy_file(source: Path, target: Path) -> None:
    """SQLite's online backup in one step: a moment of the record, without stopping its writers."""
    target.touch(mode=0o600)
    with _told(source), _opened(source) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
        found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise DatabaseError(f"The database file {source} is damaged ({found}): put an earlier backup back.")
    _sync(target)


def _forget_sessions(copy: Path) -> None:
    """Nobody who was signed in when the copy was made is to be so when it is put back."""
    with _told(copy), closing(sqlite3.connect(copy, isolation_level=None)) as opened:
        opened.execute("PRAGMA secure_delete = ON")
        for name in PASSING:
            opened.execute(f"DELETE FROM {name}")  # noqa: S608 - our own word
    _sync(copy)


def _described(connection: Connection, kind: str, anchor: Anchor | None) -> RecordCopy:
    return RecordCopy(
        kind=kind,
        schema=migrate.installed(connection) or HEAD,
        audit=verify(connection, anchor),
        scans=kept.stored_scans(connection),
    )


def _put_back_file(database: Database, copy: Path) -> Path | None:
    path = Path(str(database.url.database))
    before = _set_aside(path) if path.exists() and path.stat().st_size else None
    migrate.prepare_file(database)
    with _told(path), _opened(copy) as origin, closing(sqlite3.connect(path, timeout=BUSY_S)) as target:
        origin.backup(target)
    return before


def _set_aside(path: Path) -> Path:
    """A copy of the record that is about to be replaced; one that is no database is moved away."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    before = path.with_name(f"{path.name}.before-{moment}")
    try:
        copy_file(path, before)
    except DatabaseError:
        before.unlink(missing_ok=True)
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + ending).rename(before.with_name(before.name + ending))
    return before


def _put_back_central(database: Database, copy: Path) -> None:
    with database.reading() as connection:
        version = migrate.installed(connection)
    if version is not None and version != central_copy.schema_of(copy):
        if holds_data(database):
            raise JanaError(
                f"The record in {trouble.shown(database.url)} has another schema than the backup. "
                "Make a new, empty database, point JANA_DATABASE_URL at it, and restore there."
            )
        migrate.remove_empty(database)
    central_copy.restore(database.url, copy)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    # By its URI, so that a file that is not there is not made.
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)) as opened:
        yield opened


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        url = Database(f"sqlite:///{path}").url
        raise trouble.embedded(error, url) or DatabaseError(f"{path} cannot be copied: {error}.") from error


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
