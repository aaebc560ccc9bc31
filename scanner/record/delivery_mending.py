"""What people do about sheets that a target refused: have them sent again, or see to them there by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, insert, select, update

from scanner.errors import JanaError
from scanner.model.delivery import DeliveryState
from scanner.record.database import Transaction
from scanner.record.schema import sheet
from scanner.record.schema_delivery import delivery, delivery_attempt

BY_HAND = "by hand"
"""Stands where else the target's own name for a delivery does, and as the batch of such an attempt."""


def retry(tx: Transaction, target: str, sheet_ids: Sequence[str], *, actor: str) -> int:
    """Put what was rejected or undeliverable (of these sheets, or without any: of all) in line again.

    Returns how many deliveries that were. Raises JanaError for a sheet that has none of these there.
    """
    rows = _refused(tx, target, sheet_ids)
    _change(tx, rows, state=DeliveryState.PENDING.value, next_at=None, reason=None)
    if rows:
        tx.audit(actor, "delivery.retry", f"target:{target}", count=len(rows))
    return len(rows)


def done_by_hand(tx: Transaction, target: str, sheet_ids: Sequence[str], *, actor: str) -> int:
    """Write down that somebody saw to these sheets in the target itself: it is as their newest versions say.

    Returns how many deliveries that were. Raises JanaError for a sheet of which nothing was refused there.
    """
    rows = _refused(tx, target, sheet_ids)
    # At least one attempt, so that the target is known to hold something that may have to be taken back.
    tried = func.coalesce(func.nullif(delivery.c.attempts, 0), 1)
    _change(tx, rows, state=DeliveryState.DELIVERED.value, remote_id=BY_HAND, reason=None, attempts=tried)
    if rows:
        said = {"target": target, "batch": BY_HAND, "at": tx.now, "answer": BY_HAND, "detail": actor}
        tx.connection.execute(insert(delivery_attempt), [{**said, "delivery_id": row.id} for row in rows])
        sheets = sorted({row.identifier for row in rows})
        tx.audit(actor, "delivery.by_hand", f"target:{target}", sheets=sheets)
    return len(rows)


def _refused(tx: Transaction, target: str, sheet_ids: Sequence[str]) -> list[Row[Any]]:
    states = (DeliveryState.REJECTED.value, DeliveryState.UNDELIVERABLE.value)
    wanted = [delivery.c.target == target, delivery.c.state.in_(states)]
    if sheet_ids:
        wanted.append(sheet.c.identifier.in_(sheet_ids))
    query: Select[Any] = select(delivery.c.id, sheet.c.identifier).join(
        sheet, delivery.c.sheet_id == sheet.c.id
    )
    rows = list(tx.connection.execute(query.where(*wanted).with_for_update(of=delivery)))
    missing = sorted(set(sheet_ids) - {row.identifier for row in rows})
    if missing:
        raise JanaError(
            f"Nothing of the sheet {missing[0]} was rejected by {target}, and nothing was undeliverable "
            "there: nothing was changed."
        )
    return rows


def _change(tx: Transaction, rows: Sequence[Row[Any]], **values: Any) -> None:
    change = update(delivery).where(delivery.c.id == bindparam("of"))
    if rows:
        changed = change.values(**values, changed_at=tx.now)
        tx.connection.execute(changed, [{"of": row.id} for row in rows])
