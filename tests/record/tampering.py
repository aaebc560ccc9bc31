"""Going behind the record's back, as somebody with the database's own tools would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text

from scanner.record.database import parsed
from scanner.record.schema import APPEND_ONLY


@contextmanager
def behind(url: str) -> Iterator[Connection]:
    """A plain connection in a transaction, without any of the record's manners."""
    engine = create_engine(parsed(url))
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


@contextmanager
def unguarded(url: str) -> Iterator[Connection]:
    """The same, with the guards of the append-only tables out of the way."""
    with behind(url) as connection:
        for table in APPEND_ONLY:
            if connection.dialect.name == "sqlite":
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER {table}_refuses_{verb}"))
            else:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {table}_refuses_change"))
        yield connection
