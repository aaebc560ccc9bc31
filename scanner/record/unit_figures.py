"""Figures of units: how their sheets stand, and who settled the lines. Counts only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, exists, func, select

from scanner.model.decision import Status
from scanner.record import schema
from scanner.record.events import is_newest
from scanner.record.schema import event, sheet
from scanner.record.sheets import SHEETS
from scanner.record.units import UNIT


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFigures:
    """Of one unit."""

    unit: str | None
    """None: of sheets of which no unit is known."""
    printed: int
    outstanding: int
    in_review: int
    settled: int
    void: int
    """Sheets: printed = outstanding + in_review + settled + void."""
    lines: dict[Status, int]
    """Lines of sheets that are not void, by how they stand."""


def of_units(connection: Connection, units: frozenset[str] | None) -> tuple[UnitFigures, ...]:
    """Figures of these units (None: all), by name; those without any sheet are left out."""
    reached = UNIT.in_(units) if units is not None else None
    good = sheet.c.voided_at.is_(None)
    read = exists().where(event.c.sheet_id == sheet.c.id)
    waits = exists().where(event.c.sheet_id == sheet.c.id, event.c.status == Status.REVIEW.value, is_newest())
    states = {
        "outstanding": and_(good, ~read),
        "in_review": and_(good, waits),
        "settled": and_(good, read, ~waits),
        "void": ~good,
    }
    sums = [
        func.coalesce(func.sum(case((which, 1), else_=0)), 0).label(name) for name, which in states.items()
    ]
    query = (
        select(UNIT.label("unit"), func.count().label("printed"), *sums).select_from(SHEETS).group_by(UNIT)
    )
    rows = connection.execute(query if reached is None else query.where(reached)).all()
    lines = _lines(connection, units)
    found = [UnitFigures(**row._mapping, lines=lines.get(row.unit, {})) for row in rows]
    return tuple(sorted(found, key=lambda figures: (figures.unit is None, figures.unit or "")))


def _lines(connection: Connection, units: frozenset[str] | None) -> dict[str | None, dict[Status, int]]:
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
