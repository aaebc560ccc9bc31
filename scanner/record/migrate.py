"""Bringing a record's schema up to this version of the product.

A migration runs in one transaction under a lock, on both databases: another process that opens
the record meanwhile waits, and a killed migration leaves the old schema. There is no downgrade;
the backup that was made before is the way back.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from pathlib import Path

from sqlalchemy import URL, Connection, column, func, inspect, select, table

from scanner.errors import DatabaseError, SchemaError
from scanner.record import audit_chain, queue, trouble, versions
from scanner.record.database import PAUSES_S, Database
from scanner.record.schema import HEAD, VERSION_TABLE, metadata

LOCK_KEY = 0x6A616E61_4D494752
"""PostgreSQL's advisory lock for migrations; any fixed number does."""

MIGRATIONS = Path(__file__).parent / "migrations"


def prepare(database: Database) -> str | None:
    """Create or upgrade the schema, unless it is there already; which one was there (None: none).

    Raises DatabaseError for a schema that this version does not know.
    """
    if database.embedded:
        _make_private_file(database.url)
    with database.reading() as connection:
        if installed(connection) == HEAD and _has_queue(connection, database):
            return HEAD
    if database.embedded:
        prepare_file(database)
    with database.administering() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(LOCK_KEY)))
        # Somebody else may have done it while this process waited for the lock.
        before = installed(connection)
        if before != HEAD:
            _upgrade(connection, database)
        if not _has_queue(connection, database):
            queue.prepare(connection)
    return before


def prepare_file(database: Database) -> None:
    """Make the file of an embedded record, its owner's alone, ready for readers beside a writer."""
    _make_private_file(database.url)
    _turn_log_on(database)


def remove_empty(database: Database) -> None:
    """Take our tables out of a central database that holds no case, no sheet and no scan."""
    with database.administering() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql(f"DROP TABLE {VERSION_TABLE}")
        connection.exec_driver_sql("DROP FUNCTION refuse_change()")


def refuse_unknown(version: str | None) -> None:
    """Raises SchemaError for a schema that a newer version made."""
    known = {path.stem[1:5] for path in (MIGRATIONS / "versions").glob("v[0-9]*.py")}
    if version is not None and version not in known:
        raise SchemaError(
            f"The record's schema {version} is newer than this version of the product knows. "
            "Update the product; nothing was changed."
        )


def require_current(database: Database) -> None:
    """Refuse a record whose schema is not this version's; for readers, who may not upgrade it."""
    with database.reading() as connection:
        version = installed(connection)
    if version != HEAD:
        refuse_unknown(version)
        raise DatabaseError(
            "The record was made by an older version of this product: upgrade it with `jana db upgrade`."
        )


def installed(connection: Connection) -> str | None:
    """The version of the schema, or None for an empty database."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return None if version is None else str(version)


def _has_queue(connection: Connection, database: Database) -> bool:
    """The queue is procrastinate's, so are its migrations; an embedded record needs none."""
    return database.embedded or queue.is_prepared(connection)


def _upgrade(connection: Connection, database: Database) -> None:
    # Imported here only: it takes as long as everything else, and nearly every run does without.
    from alembic import command
    from alembic.config import Config

    refuse_unknown(installed(connection))
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
    now = database.now()
    drafts = [audit_chain.Draft("jana", "record.schema", "record", {"version": HEAD})]
    drafts += versions.add_missing(connection, now)
    audit_chain.append(connection, drafts, at=now, token=secrets.token_hex(16))


def _make_private_file(url: URL) -> None:
    """An embedded record holds clients' data: its owner alone may read it, from the first byte."""
    path = Path(str(url.database))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise DatabaseError(
            f"The record {path} cannot be made: {error.strerror}. "
            "Give yourself the right to write there, or set JANA_HOME to another folder."
        ) from error


def _turn_log_on(database: Database) -> None:
    """SQLite answers `busy` at once, without waiting, when two processes do this together."""
    for pause_s in (*PAUSES_S, None):
        try:
            database.keep_log_beside()
        except sqlite3.OperationalError as error:
            if pause_s is None or trouble.embedded_code(error) not in trouble.LOCKED:
                raise trouble.embedded(error, database.url) or error from error
            time.sleep(pause_s)
        else:
            return
