"""Which decision somebody would take back next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from scanner.record.events import EventKind
from scanner.record.schema import event, sheet

LOOKED_THROUGH = 200
"""Decisions of one person that are looked through for one that still holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDecision:
    """A decision that still holds."""

    sheet_id: str
    item: str
    seen_revision: int
    """The item's newest revision: what taking it back has to name."""


def last_own(connection: Connection, account: str, since: datetime) -> OwnDecision | None:
    """The newest decision of an account since a moment that nobody has taken back or changed.

    None when there is none among its last decisions.
    """
    query = (
        select(event.c.sheet_id, event.c.item, event.c.item_number, event.c.revision, sheet.c.identifier)
        .join(sheet, event.c.sheet_id == sheet.c.id)
        .where(event.c.kind == EventKind.DECISION.value, event.c.actor == account, event.c.at >= since)
        .where(sheet.c.voided_at.is_(None))
        .order_by(event.c.id.desc())
        .limit(LOOKED_THROUGH)
    )
    for row in connection.execute(query).all():
        newest, holding = _holding(connection, row.sheet_id, row.item_number)
        if holding == row.revision:
            return OwnDecision(sheet_id=row.identifier, item=row.item, seen_revision=newest)
    return None


def _holding(connection: Connection, sheet_row: int, item_number: int) -> tuple[int, int]:
    """An item's newest revision, and the revision whose state that one brought back, or is."""
    columns = (event.c.revision, event.c.restores)
    mine = (event.c.sheet_id == sheet_row, event.c.item_number == item_number)
    rows = connection.execute(select(*columns).where(*mine)).all()
    past: dict[int, int | None] = {row.revision: row.restores for row in rows}
    newest = max(past)
    holding = newest
    while (restored := past[holding]) is not None:
        holding = restored
    return newest, holding
