"""Figures that must add up, whatever happened on the way."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, select

from scanner.record.outcomes import PageKind
from scanner.record.page_waits import waits_again
from scanner.record.results import is_newest_outcome
from scanner.record.schema import outcome, page, scan_file, sheet
from scanner.record.sheet_states import states_of_sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Sheets: printed = outstanding + in_review + settled + void.
    Pages: seen = read + refused + empty + waiting."""

    printed: int
    outstanding: int
    """Not read from any scan yet."""
    in_review: int
    """At least one item waits for a person."""
    settled: int
    void: int
    pages_seen: int
    """A file that was refused as a whole counts as one page."""
    pages_read: int
    pages_refused: int
    pages_empty: int
    pages_waiting: int
    files: int
    files_unopened: int
    """Taken in, and interrupted before the number of their pages was known."""


def counts(connection: Connection) -> Counts:
    """All figures, of one moment when the connection is in one of `Database.reading`."""
    return Counts(**_sheets(connection), **_pages(connection), **_files(connection))


def _sheets(connection: Connection) -> dict[str, int]:
    states = (_number(of).label(state.value) for state, of in states_of_sheet().items())
    query = select(func.count().label("printed"), *states)
    return dict(connection.execute(query.select_from(sheet)).one()._mapping)


def _pages(connection: Connection) -> dict[str, int]:
    newest = outcome.c.id.is_(None) | is_newest_outcome()
    waiting = outcome.c.id.is_(None) | waits_again()
    query = (
        select(
            func.count().label("pages_seen"),
            *(_number(and_(outcome.c.kind == it.value, ~waiting)).label(f"pages_{it}") for it in PageKind),
            _number(waiting).label("pages_waiting"),
        )
        .select_from(page.outerjoin(outcome, outcome.c.page_id == page.c.id))
        .where(newest)
    )
    return dict(connection.execute(query).one()._mapping)


def _files(connection: Connection) -> dict[str, int]:
    unopened = and_(scan_file.c.page_count.is_(None), ~exists().where(page.c.scan_file_id == scan_file.c.id))
    query = select(func.count().label("files"), _number(unopened).label("files_unopened"))
    return dict(connection.execute(query.select_from(scan_file)).one()._mapping)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows meet a condition; 0, not NULL, in an empty table."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
