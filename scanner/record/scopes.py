"""What is within somebody's reach, as conditions of a query: of a sheet, of a page, of a reading."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, true

from scanner.model.scope import Scope
from scanner.record.schema import case, outcome, page, reading, sheet, sighting
from scanner.record.schema_review import waiting_mark
from scanner.record.sheets import SHEETS
from scanner.record.units import UNIT


def reaches_sheet(scope: Scope) -> ColumnElement[bool]:
    """The sheet is within the scope; for a query over `sheets.SHEETS`."""
    if scope.units is None:
        return true()
    reached = []
    if scope.units:
        reached.append(UNIT.in_(scope.units))
    if scope.cases:
        reached.append(case.c.reference.in_(scope.cases))
    return or_(*reached) if reached else ~true()


def reaches_mark(scope: Scope) -> ColumnElement[bool]:
    """The mark that waits is; for a query over `waiting_mark`, which knows whose it is."""
    if scope.units is None:
        return true()
    reached = []
    if scope.units:
        reached.append(waiting_mark.c.unit.in_(scope.units))
    if scope.cases:
        own = select(case.c.id).where(case.c.reference.in_(scope.cases))
        reached.append(waiting_mark.c.case_id.in_(own))
    return or_(*reached) if reached else ~true()


def reaches_page(scope: Scope) -> ColumnElement[bool]:
    """The page is; for a query over `page` with its newest `outcome`, and
    sheet and case outer joined."""
    if scope.units is None:
        return true()
    here = exists().where(sighting.c.scan_file_id == page.c.scan_file_id, sighting.c.office.in_(scope.units))
    known = and_(outcome.c.sheet_id.is_not(None), reaches_sheet(scope))
    return or_(known, and_(outcome.c.sheet_id.is_(None), here))


def sheet_reached(connection: Connection, scope: Scope, sheet_id: str) -> bool:
    """Whether there is such a sheet within the scope."""
    query = select(sheet.c.id).select_from(SHEETS)
    found = connection.scalar(query.where(sheet.c.identifier == sheet_id, reaches_sheet(scope)))
    return found is not None


def place_of_reading(connection: Connection, scope: Scope, reading_id: int) -> tuple[str, str] | None:
    """The sheet and the item of a reading; None when it is not within the scope, or there is none."""
    query: Any = (
        select(sheet.c.identifier, reading.c.item)
        .select_from(SHEETS)
        .join(outcome, outcome.c.sheet_id == sheet.c.id)
        .join(reading, reading.c.outcome_id == outcome.c.id)
        .where(reading.c.id == reading_id, reaches_sheet(scope))
    )
    row = connection.execute(query).first()
    return None if row is None else (row.identifier, row.item)
