"""Whose a sheet is: the unit that it was printed for, else its case's, else the office that scanned it."""

from __future__ import annotations

from sqlalchemy import func, select

from scanner.record.schema import case, outcome, page, sheet, sighting

_SCANNED_AT = (
    select(sighting.c.office)
    .select_from(sighting.join(page, page.c.scan_file_id == sighting.c.scan_file_id))
    .join(outcome, outcome.c.page_id == page.c.id)
    .where(outcome.c.sheet_id == sheet.c.id, sighting.c.office.is_not(None))
    .order_by(sighting.c.id)
    .limit(1)
    .correlate(sheet)
    .scalar_subquery()
)

UNIT = func.coalesce(sheet.c.unit, case.c.unit, _SCANNED_AT)
"""For queries over sheets with their cases outer joined. Both databases look for an office only where
nothing else is known."""
