"""Keeping up the table of what waits for a person, in the transactions that change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select, update

from scanner.record.database import Transaction, insert_or_ignore
from scanner.record.schema import case, sheet
from scanner.record.schema_review import waiting_mark
from scanner.record.units import UNIT


def keep(tx: Transaction, sheet_row: int, waiting: Mapping[int, int], settled: Sequence[int]) -> None:
    """Items of a sheet that wait from now on, each by its event, and items that do so no more.

    What waits already keeps its place.
    """
    if waiting:
        unit, case_row = _whose(tx, sheet_row)
        rows = [
            {"event_id": of, "sheet_id": sheet_row, "item_number": item, "unit": unit, "case_id": case_row}
            for item, of in waiting.items()
        ]
        tx.connection.execute(insert_or_ignore(tx.connection, waiting_mark), rows)
    if settled:
        mine = (waiting_mark.c.sheet_id == sheet_row, waiting_mark.c.item_number.in_(settled))
        tx.connection.execute(delete(waiting_mark).where(*mine))


def bound(tx: Transaction, sheet_row: int) -> None:
    """A sheet was bound: what waits on it is perhaps another unit's."""
    unit, case_row = _whose(tx, sheet_row)
    mine = waiting_mark.c.sheet_id == sheet_row
    tx.connection.execute(update(waiting_mark).where(mine).values(unit=unit, case_id=case_row))


def voided(tx: Transaction, sheet_row: int) -> None:
    """A sheet that is void has nothing left for a person to settle."""
    tx.connection.execute(delete(waiting_mark).where(waiting_mark.c.sheet_id == sheet_row))


def _whose(tx: Transaction, sheet_row: int) -> tuple[str | None, int | None]:
    joined = sheet.outerjoin(case, sheet.c.case_id == case.c.id)
    query = select(UNIT, sheet.c.case_id).select_from(joined).where(sheet.c.id == sheet_row)
    unit, case_row = tx.connection.execute(query).one()
    return unit, case_row
