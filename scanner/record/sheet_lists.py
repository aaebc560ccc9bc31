"""Sheets that somebody looks for: those that have not come back, and those that came back without a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, select

from scanner.model.scope import Scope
from scanner.model.sheet import SheetPurpose
from scanner.record.schema import case, event, outcome, sheet
from scanner.record.scopes import reaches_sheet
from scanner.record.sheets import PURPOSE, SHEETS, purpose_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSheet:
    """A sheet on a list."""

    sheet_id: str
    instrument: str
    language: str
    purpose: SheetPurpose
    printed_at: datetime
    read_at: datetime | None
    """When it was first read; None: it has not come back."""
    page_id: int | None
    """The page on which it was first read."""


def outstanding(
    connection: Connection,
    scope: Scope,
    *,
    reference: str | None = None,
    session_date: date | None = None,
    instrument: str | None = None,
    limit: int = 20,
) -> tuple[ListedSheet, ...]:
    """Sheets that were printed and have not come back, the newest first, that fit what is known of one."""
    query = _listed(scope).where(~_has_events()).order_by(sheet.c.id.desc()).limit(limit)
    if reference is not None:
        query = query.where(case.c.reference == reference)
    if session_date is not None:
        query = query.where(sheet.c.session_date == session_date)
    if instrument is not None:
        query = query.where(sheet.c.instrument == instrument)
    return tuple(_sheet(row, None, None) for row in connection.execute(query))


def unbound(connection: Connection, scope: Scope, *, limit: int = 100) -> tuple[ListedSheet, ...]:
    """Sheets without a case that have come back, the oldest first."""
    query = _unbound(_listed(scope)).order_by(sheet.c.id).limit(limit)
    return _came_back(connection, connection.execute(query).all())


def unbound_sheet(connection: Connection, scope: Scope, sheet_id: str) -> ListedSheet | None:
    """One of them; None when it is none."""
    query = _unbound(_listed(scope)).where(sheet.c.identifier == sheet_id)
    return next(iter(_came_back(connection, connection.execute(query).all())), None)


def unbound_left(connection: Connection, scope: Scope) -> int:
    """How many these are."""
    query = _unbound(select(func.count()).select_from(SHEETS).where(reaches_sheet(scope), _good()))
    return int(connection.execute(query).scalar_one())


def case_is_foreign(connection: Connection, scope: Scope, reference: str) -> bool:
    """Whether there is such a case, and it is of a unit outside of the scope."""
    unit = connection.scalar(select(case.c.unit).where(case.c.reference == reference))
    if unit is None or scope.units is None:
        return False
    return unit not in scope.units and reference not in scope.cases


def _listed(scope: Scope) -> Select[Any]:
    columns = (sheet.c[name] for name in ("id", "identifier", "instrument", "language", "printed_at"))
    return select(*columns, *PURPOSE).select_from(SHEETS).where(reaches_sheet(scope), _good())


def _unbound(query: Select[Any]) -> Select[Any]:
    return query.where(sheet.c.case_id.is_(None), _has_events())


def _good() -> Any:
    return sheet.c.voided_at.is_(None)


def _has_events() -> Any:
    return exists().where(event.c.sheet_id == sheet.c.id)


def _came_back(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[ListedSheet, ...]:
    """The sheets of these rows, with where each was first read."""
    first = select(outcome.c.sheet_id, func.min(outcome.c.id).label("id")).group_by(outcome.c.sheet_id)
    reads = first.where(outcome.c.sheet_id.in_([row.id for row in rows])).subquery()
    columns = (outcome.c.sheet_id, outcome.c.read_at, outcome.c.page_id)
    seen = {
        row.sheet_id: row
        for row in connection.execute(select(*columns).join(reads, reads.c.id == outcome.c.id))
    }
    return tuple(_sheet(row, seen[row.id].read_at, seen[row.id].page_id) for row in rows)


def _sheet(row: Row[Any], read_at: datetime | None, page_id: int | None) -> ListedSheet:
    return ListedSheet(
        sheet_id=row.identifier,
        instrument=row.instrument,
        language=row.language,
        purpose=purpose_of(row),
        printed_at=row.printed_at,
        read_at=read_at,
        page_id=page_id,
    )
