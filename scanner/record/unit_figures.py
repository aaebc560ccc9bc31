"""Figures of units: who settled the lines. Counts only; those of sheets are in `reconcile`."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from scanner.model.decision import Status
from scanner.record import schema
from scanner.record.events import is_newest
from scanner.record.schema import event, sheet
from scanner.record.sheets import SHEETS
from scanner.record.units import UNIT


def lines_of_units(
    connection: Connection, units: frozenset[str] | None
) -> dict[str | None, dict[Status, int]]:
    """By unit, of these units (None: all): lines of sheets that are not void, by how they stand."""
    query = (
        select(UNIT.label("unit"), event.c.status, func.count().label("number"))
        .select_from(SHEETS)
        .join(event, event.c.sheet_id == schema.sheet.c.id)
        .where(is_newest(), sheet.c.voided_at.is_(None))
        .group_by(UNIT, event.c.status)
    )
    found: dict[str | None, dict[Status, int]] = {}
    for row in connection.execute(query if units is None else query.where(UNIT.in_(units))):
        found.setdefault(row.unit, {})[Status(row.status)] = row.number
    return found
