"""What the record says to those who ask: current values, what was refused, what has not come back.

Rows are plain values in the order and under the names of the public contract; how they are
written to a file is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from scanner.model.decision import Reason, Status
from scanner.model.outcome import RefusalReason
from scanner.record import events, scans
from scanner.record.outcomes import PageKind
from scanner.record.page_waits import waits_again
from scanner.record.schema import WHOLE_FILE, case, event, outcome, page, reading, scan_file, sheet
from scanner.record.sheets import PURPOSE, SHEETS

LOT = 2000
"""Rows that are in memory at one time."""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One item of a sheet that has been scanned."""

    sheet_id: str
    instrument: str
    version: int
    language: str
    case: str | None
    session: int | None
    session_date: date | None
    subject: str | None
    rater: str | None
    unit: str | None
    item: str
    item_number: int
    position_mm: Decimal | None
    """Always with three decimals, so that `str` gives the printed form."""
    score: Decimal | None
    """Always with one decimal; None unless settled."""
    status: Status
    reasons: tuple[Reason, ...]
    confidence: float | None
    scan_sha256: str
    scan_name: str
    """Escaped, so that it is harmless on a screen."""
    scan_page: int
    read_at: datetime
    decided_by: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A page, or a whole file when `scan_page` is None, that was not read."""

    scan_sha256: str
    scan_name: str
    scan_page: int | None
    reason: RefusalReason
    detail: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class OutstandingRow:
    """A sheet that was printed, is not void, and has not been read from any scan."""

    sheet_id: str
    instrument: str
    version: int
    language: str
    case: str | None
    session: int | None
    session_date: date | None
    subject: str | None
    rater: str | None
    unit: str | None
    printed_at: datetime


def result_rows(connection: Connection) -> Iterator[ResultRow]:
    """Every item of every scanned sheet that is not void, as sheets were printed, items top down."""
    # By the event's column, because SQLite then walks its index instead of sorting everything first.
    query = _results().where(sheet.c.voided_at.is_(None)).order_by(event.c.sheet_id, event.c.item_number)
    return _rows(connection, query)


def rows_of_sheet(connection: Connection, sheet_id: str) -> tuple[ResultRow, ...]:
    """The same for one sheet, void or not; empty when it has not been read."""
    query = _results().where(sheet.c.identifier == sheet_id).order_by(event.c.item_number)
    return tuple(_rows(connection, query))


def refused_rows(connection: Connection) -> Iterator[RefusedRow]:
    """What was refused, and is neither read since nor to be read again, oldest first."""
    columns = (scan_file.c.id, scan_file.c.sha256, page.c.number)
    query = (
        select(*columns, outcome.c.reason, outcome.c.detail, outcome.c.read_at)
        .join(page, outcome.c.page_id == page.c.id)
        .join(scan_file, page.c.scan_file_id == scan_file.c.id)
        .where(outcome.c.kind == PageKind.REFUSED.value, is_newest_outcome(), ~waits_again())
        .order_by(outcome.c.id)
    )
    for lot, names in _lots(connection, query):
        for file, sha256, number, reason, detail, read_at in lot:
            scan_page = None if number == WHOLE_FILE else number
            yield RefusedRow(sha256, names[file], scan_page, RefusalReason(reason), detail, read_at)


def outstanding_rows(connection: Connection) -> Iterator[OutstandingRow]:
    """Sheets that have not come back, as they were printed."""
    read = exists().where(event.c.sheet_id == sheet.c.id)
    query: Select[Any] = (
        select(*PRINTED, sheet.c.printed_at)
        .select_from(SHEETS)
        .where(sheet.c.voided_at.is_(None), ~read)
        .order_by(sheet.c.id)
    )
    with connection.execution_options(yield_per=LOT).execute(query) as rows:
        for row in rows:
            yield OutstandingRow(*row)


@cache
def is_newest_outcome() -> Any:
    """No later reader version has looked at the page again."""
    later = outcome.alias("later")
    return ~exists().where(later.c.page_id == outcome.c.page_id, later.c.id > outcome.c.id)


PRINTED = (sheet.c.identifier, sheet.c.instrument, sheet.c.version, sheet.c.language, *PURPOSE)
"""What every row begins with, in its order."""


@cache
def _results() -> Select[Any]:
    """For each current value: the scan file, what a ResultRow begins with, and the rest."""
    state = (
        event.c.position_um,
        event.c.score_tenths,
        event.c.status,
        event.c.reasons,
        event.c.confidence,
        event.c.decided_by,
    )
    source = (scan_file.c.sha256, page.c.number, outcome.c.read_at)
    return (
        select(scan_file.c.id, *PRINTED, event.c.item, event.c.item_number, *state, *source)
        .select_from(sheet)
        .outerjoin(case, sheet.c.case_id == case.c.id)
        .join(event, event.c.sheet_id == sheet.c.id)
        .join(reading, event.c.reading_id == reading.c.id)
        .join(outcome, reading.c.outcome_id == outcome.c.id)
        .join(page, outcome.c.page_id == page.c.id)
        .join(scan_file, page.c.scan_file_id == scan_file.c.id)
        .where(events.is_newest())
    )


def _rows(connection: Connection, query: Select[Any]) -> Iterator[ResultRow]:
    for lot, names in _lots(connection, query):
        for file, *item, position_um, tenths, status, why, confidence, by, sha256, number, read_at in lot:
            values = (events.position(position_um), events.score_value(tenths), Status(status))
            origin = (sha256, names[file], number, read_at, by)
            row: tuple[Any, ...] = (*item, *values, events.reasons(why), confidence, *origin)
            yield ResultRow(*row)


def _lots(connection: Connection, query: Select[Any]) -> Iterator[tuple[list[Any], dict[int, str]]]:
    """Rows piece by piece, with the names of the files that their first columns mention."""
    # Closed even when the caller stops half-way: PostgreSQL keeps the rest of the rows ready.
    with connection.execution_options(yield_per=LOT).execute(query) as rows:
        for lot in rows.partitions():
            yield list(lot), scans.first_names(connection, {row[0] for row in lot})
