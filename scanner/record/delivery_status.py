"""How the work for each target stands, and what would be sent to it next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, exists, func, or_, select

from scanner.model.delivery import DeliveryState, SettledSheet
from scanner.record import reconcile, versions
from scanner.record.reconcile import TargetCounts
from scanner.record.schema_delivery import delivery, delivery_target, sheet_version
from scanner.record.schema_review import waiting_mark


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStatus:
    """One target at one moment."""

    counts: TargetCounts
    oldest_waiting_at: datetime | None
    """When the oldest version that it does not have was settled, of those that are to be sent."""
    answered_at: datetime | None
    """When it last answered."""
    trouble: str | None
    """Why it did not answer the last time; None while it does."""
    rests_until: datetime | None
    """Until when it is left alone; None while it answers."""
    failures: int
    """How many times in a row it did not answer."""


def status(connection: Connection, targets: Sequence[str]) -> Mapping[str, TargetStatus]:
    """Of each of these, also of one that nothing was ever delivered to."""
    (whole,) = reconcile.reconcile(connection, targets)
    rows = {row.name: row for row in connection.execute(select(delivery_target))}
    found = {}
    for name in targets:
        row = rows.get(name)
        found[name] = TargetStatus(
            counts=whole.targets[name],
            oldest_waiting_at=_oldest(connection, name),
            answered_at=None if row is None else row.answered_at,
            trouble=None if row is None else row.trouble,
            rests_until=None if row is None else row.rests_until,
            failures=0 if row is None else row.failures,
        )
    return found


def undelivered(connection: Connection, target: str, limit: int) -> tuple[SettledSheet, ...]:
    """Newest versions that are to be sent to a target, or would be put into its outbox now."""
    sent = delivery.alias("sent")
    tried = exists().where(
        sent.c.sheet_id == sheet_version.c.sheet_id, sent.c.target == target, sent.c.attempts > 0
    )
    waits = exists().where(waiting_mark.c.sheet_id == sheet_version.c.sheet_id)
    query = (
        select(sheet_version.c.id)
        .outerjoin(delivery, (delivery.c.version_id == sheet_version.c.id) & (delivery.c.target == target))
        .where(
            versions.is_newest(),
            or_(delivery.c.state.is_(None), delivery.c.state.in_(_OPEN)),
            case((sheet_version.c.withdrawn.is_(None), ~waits), else_=tried),
        )
        .order_by(sheet_version.c.id)
        .limit(limit)
    )
    rows = list(connection.scalars(query))
    sheets = versions.settled_sheets(connection, rows)
    return tuple(sheets[row] for row in rows)


def refused(connection: Connection, target: str) -> tuple[tuple[SettledSheet, str], ...]:
    """Newest versions that a target has rejected or could not take, in the order of the sheets; and why."""
    query = (
        select(delivery.c.version_id, delivery.c.reason)
        .join(sheet_version, delivery.c.version_id == sheet_version.c.id)
        .where(delivery.c.target == target, delivery.c.state.in_(_REFUSED), versions.is_newest())
        .order_by(delivery.c.sheet_id)
    )
    rows = connection.execute(query).all()
    sheets = versions.settled_sheets(connection, [row.version_id for row in rows])
    return tuple((sheets[row.version_id], row.reason or "") for row in rows)


_REFUSED = (DeliveryState.REJECTED.value, DeliveryState.UNDELIVERABLE.value)
_OPEN = (DeliveryState.PENDING.value, DeliveryState.SENDING.value)


def _oldest(connection: Connection, target: str) -> datetime | None:
    mine = (delivery.c.target == target, delivery.c.state.in_(_OPEN))
    query = select(func.min(sheet_version.c.at)).join(delivery, delivery.c.version_id == sheet_version.c.id)
    found: datetime | None = connection.scalar(query.where(*mine))
    return found
