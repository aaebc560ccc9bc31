"""The way to the database: connections, transactions, and trying a whole transaction again.

SQLite and PostgreSQL differ only in here and in `trouble`: how a transaction begins, which
locks there are, how an insert that may be there already is spelt.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError

from scanner.errors import DatabaseError, SettingsError
from scanner.record import audit_chain, trouble

T = TypeVar("T")
Clock = Callable[[], datetime]

PAUSES_S = (0.05, 0.2, 0.8, 2.0)
"""Waits before the tries after the first; who needs to outlast a longer outage tries again later."""

BUSY_S = 10
"""How long SQLite itself waits for another writer, at each try."""

CONNECT_S = 10


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Touch:
    """Who changed what a sheet holds, or may have."""

    actor: str
    withdrawal: str = "void"
    """Of a sheet that is void now: why what was delivered of it is to be taken back."""


@dataclass(slots=True)
class Transaction:
    """One write that happens wholly or not at all, with its entries for the audit."""

    connection: Connection
    now: datetime
    """The moment that everything written here bears."""
    entries: list[audit_chain.Draft] = field(default_factory=list)
    touched: dict[int, Touch] = field(default_factory=dict)
    """Rows of sheets whose values, or whose case, were changed: their versions follow at the end."""

    def audit(self, actor: str, action: str, target: str, **detail: audit_chain.Detail) -> None:
        """Note an entry. It joins the chain last, so that its lock is held for a moment only."""
        self.entries.append(audit_chain.Draft(actor, action, target, detail))


class Database:
    """One record's database. May be used by several threads; never across a fork."""

    def __init__(self, url: str, *, read_only: bool = False, clock: Clock = utc_now) -> None:
        """Opens no connection yet. Raises SettingsError for a URL that is none of ours."""
        self.url = parsed(url)
        self.read_only = read_only
        self.clock = clock
        self._engine = _embedded_engine(self.url, read_only) if self.embedded else _central_engine(self.url)
        # Writers of SQLite queue at BEGIN; a reader that turned writer half-way would be refused.
        self._writer = self._engine.execution_options(begin="BEGIN IMMEDIATE")

    @property
    def embedded(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def now(self) -> datetime:
        """The moment to record, whatever zone the clock ticks in."""
        return self.clock().astimezone(UTC)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reads that all see the same moment of the record."""
        try:
            with self._engine.connect() as connection:
                if not self.embedded:
                    connection = connection.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            raise self._shown(error) from error

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction and return what it returns.

        It is run again from its beginning when the database says that somebody else was in the
        way, or when the connection is lost; so it must do nothing but write through the
        transaction. When the connection is lost during COMMIT, the token of this write in the
        audit tells whether it took place. Raises DatabaseError when the tries are used up.
        """
        if self.read_only:
            raise RuntimeError("this record was opened for reading only")
        token = secrets.token_hex(16)
        finished: list[T] = []
        for pause_s in (*PAUSES_S, None):
            try:
                return self._attempt(work, token, finished)
            except DBAPIError as error:
                if pause_s is None or not trouble.is_transient(error):
                    raise self._shown(error) from error
                time.sleep(pause_s)
        raise AssertionError("unreachable")

    def _attempt(self, work: Callable[[Transaction], T], token: str, finished: list[T]) -> T:
        """One try. `finished` holds the result of an earlier try that may have been committed."""
        with self._writer.connect() as connection, connection.begin():
            if finished and audit_chain.holds(connection, token):
                return finished[-1]
            transaction = Transaction(connection, self.now())
            result = work(transaction)
            audit_chain.append(connection, transaction.entries, at=transaction.now, token=token)
            finished.append(result)
        return result

    @contextmanager
    def administering(self) -> Iterator[Connection]:
        """A write transaction without an audit token, for setting up the schema."""
        try:
            with self._writer.connect() as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise self._shown(error) from error

    def keep_log_beside(self) -> None:
        """Turn SQLite's write-ahead log on, for good: readers then never wait for the writer."""
        with self._engine.connect() as connection:
            # Past SQLAlchemy, which would begin a transaction first; this works outside of one only.
            connection.connection.cursor().execute("PRAGMA journal_mode = WAL")

    def _shown(self, error: DBAPIError) -> Exception:
        return trouble.translated(error, self.url) or error


def parsed(url: str) -> URL:
    """The URL with the driver that is installed. The text is not repeated in an error: it may
    hold a password."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError(
            "JANA_DATABASE_URL is not a database URL. Write it like "
            "postgresql://user@host/database or sqlite:///folder/record.sqlite"
        ) from None
    if parts.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return parts.set(drivername="postgresql+psycopg")
    if parts.drivername in ("sqlite", "sqlite+pysqlite") and parts.database not in (None, "", ":memory:"):
        return parts
    raise SettingsError(
        f"JANA_DATABASE_URL begins with {parts.drivername!r}: the record is kept in PostgreSQL "
        "(postgresql://user@host/database) or in an SQLite file (sqlite:///folder/record.sqlite)."
    )


def is_central(url: str) -> bool:
    """Whether a record is in PostgreSQL. Raises SettingsError for a URL that is none of ours."""
    return parsed(url).get_backend_name() == "postgresql"


def insert_or_ignore(connection: Connection, table: Table) -> Insert:
    """INSERT that passes over rows which a unique constraint knows already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def add_if_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert one row unless it is there; whether it was new."""
    # Asked for what it wrote, because PostgreSQL's driver does not count such rows.
    adding = insert_or_ignore(connection, table).returning(*table.primary_key.columns)
    return connection.execute(adding, dict(row)).first() is not None


def in_lots(rows: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Pieces small enough for the number of parameters that a statement may have."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _central_engine(url: URL) -> Engine:
    # A pooled connection may have died since; asking first costs less than a failed transaction.
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_S, "application_name": "jana"},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # What is read in lots is read to its end: plans for a quick first row take minutes for all of them.
        with connection.cursor() as cursor:
            cursor.execute("SET cursor_tuple_fraction = 1")
        connection.commit()

    return engine


def _embedded_engine(url: URL, read_only: bool) -> Engine:
    path = Path(str(url.database))
    if read_only and not path.exists():
        raise DatabaseError(f"There is no record at {path} yet. Print sheets first, or correct JANA_HOME.")
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # The driver's own BEGIN comes too late and in the wrong kind: switch it off.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        # What is purged is to be gone from the file too.
        connection.execute("PRAGMA secure_delete = ON")
        # A row must outlive a power cut, because the scan is moved away once it is there.
        connection.execute("PRAGMA synchronous = FULL")
        if read_only:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine
