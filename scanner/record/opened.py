"""What every part of an open record stands on: transactions, and looks at one moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from scanner.record import versions
from scanner.record.database import Database, Transaction

T = TypeVar("T")


class OpenedRecord:
    """An open database. May be used by several threads; open another one after a fork."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Do several things in one transaction; see `Database.write`.

        Sheets that are settled, changed or taken back by it get their versions with it.
        """

        def whole(tx: Transaction) -> T:
            result = work(tx)
            versions.keep(tx)
            return result

        return self._database.write(whole)

    def look(self, work: Callable[[Connection], T]) -> T:
        """Look at several things of one moment."""
        with self._database.reading() as connection:
            return work(connection)

    @property
    def central(self) -> bool:
        """Whether other machines can use it too: it is in PostgreSQL, with a queue of what is to be read."""
        return not self._database.embedded
