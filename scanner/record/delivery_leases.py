"""Who delivers to a target: one process at a time, by a lease that it renews while it works.

Times are those of the process that writes. Where two machines' clocks differ by more than a lease, or
a process sleeps for longer, both may send the same batch for a moment: the target takes it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update

from scanner.errors import JanaError
from scanner.model.delivery import DeliveryState
from scanner.record.database import Transaction, add_if_new
from scanner.record.schema_delivery import delivery, delivery_target


class LeaseLostError(JanaError):
    """Another process delivers to this target now: leave everything to it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to deliver to a target."""

    target: str
    holder: str
    """Where the process runs, a space, and something random."""


def hold(tx: Transaction, lease: Lease, lease_s: float, *, alone: bool) -> bool:
    """Take the lease on a target; False while another process has it. Never the same lease twice.

    `alone` says that no other process of this place lives, so that a lease that one of them left behind
    is worth nothing.
    """
    add_if_new(tx.connection, delivery_target, {"name": lease.target})
    row = _row(tx, lease.target)
    place = lease.holder.rpartition(" ")[0] + " "
    theirs = row.held_by is not None and row.held_until > tx.now
    if theirs and not (alone and row.held_by.startswith(place)):
        return False
    change(tx, lease, held_by=lease.holder, held_until=tx.now + timedelta(seconds=lease_s))
    return True


def renew(tx: Transaction, lease: Lease, lease_s: float) -> None:
    """Keep the lease for so long from now. Raises LeaseLostError, also when nobody has it any more."""
    held(tx, lease)
    change(tx, lease, held_until=tx.now + timedelta(seconds=lease_s))


def let_go(tx: Transaction, lease: Lease) -> None:
    """Give the lease back, if it is still ours."""
    mine = (delivery_target.c.name == lease.target, delivery_target.c.held_by == lease.holder)
    tx.connection.execute(update(delivery_target).where(*mine).values(held_by=None, held_until=None))


def rests_until(tx: Transaction, lease: Lease) -> datetime | None:
    """Until when the target is left alone; None when it is not. Raises LeaseLostError."""
    until: datetime | None = held(tx, lease).rests_until
    return until if until is not None and until > tx.now else None


def hurry(tx: Transaction, lease: Lease) -> None:
    """Whatever waits for another try is due now. Raises LeaseLostError."""
    held(tx, lease)
    change(tx, lease, rests_until=None)
    waiting = (delivery.c.target == lease.target, delivery.c.state == DeliveryState.PENDING.value)
    tried = update(delivery).where(*waiting, delivery.c.next_at.is_not(None))
    tx.connection.execute(tried.values(next_at=None))


def _row(tx: Transaction, target: str) -> Row[Any]:
    """The target's row, kept from others until the transaction ends."""
    query = select(delivery_target).where(delivery_target.c.name == target).with_for_update()
    return tx.connection.execute(query).one()


def held(tx: Transaction, lease: Lease) -> Row[Any]:
    """The target's row, kept from others until the transaction ends. Raises LeaseLostError."""
    row = _row(tx, lease.target)
    if row.held_by != lease.holder:
        raise LeaseLostError(f"Another process has taken over the delivery to {lease.target}.")
    return row


def change(tx: Transaction, lease: Lease, **values: object) -> None:
    """Write columns of the target's row."""
    mine = delivery_target.c.name == lease.target
    tx.connection.execute(update(delivery_target).where(mine).values(values))
