"""The outbox: which version of which sheet goes to which target, written down before anything is sent.

Each function makes sure that its process still has the lease on the target. A batch stays `sending`
until there is an answer, whoever dies meanwhile, and goes out again with the same name and the same
sheets. Only the newest version of a sheet is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, exists, func, insert, literal, or_, select, update

from scanner.errors import JanaError
from scanner.model.delivery import (
    Acknowledged,
    Answer,
    DeliveryState,
    Rejected,
    SettledSheet,
    Unanswered,
)
from scanner.record import delivery_leases as leases
from scanner.record import versions
from scanner.record.database import Transaction, insert_or_ignore
from scanner.record.delivery_leases import Lease, LeaseLostError
from scanner.record.schema import sheet
from scanner.record.schema_delivery import delivery, delivery_attempt, sheet_version
from scanner.record.schema_review import waiting_mark

LOOK = 500
"""Deliveries that are looked at together when a batch is put together."""

WAIT_S = 60.0
"""After this a sheet that waits for another one is looked at again."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes out together."""

    batch_id: str
    rows: tuple[int, ...]
    """Of the deliveries, beside the sheets."""
    sheets: tuple[SettledSheet, ...]
    """Empty when everything that was looked at cannot be sent: there may be more."""
    again: bool
    """It may have been sent before."""


def enrol(tx: Transaction, lease: Lease) -> int:
    """Give every newest version that the target has not seen its place in the outbox; how many.

    Older versions that are not under way give way. Raises LeaseLostError.
    """
    row = leases.held(tx, lease)
    known = tx.connection.scalar(select(func.count()).select_from(sheet_version)) or 0
    if known == row.versions_seen:
        return 0
    there = exists().where(delivery.c.version_id == sheet_version.c.id, delivery.c.target == lease.target)
    state, at = literal(DeliveryState.PENDING.value), literal(tx.now, delivery.c.changed_at.type)
    new = select(sheet_version.c.id, sheet_version.c.sheet_id, literal(lease.target), state, at)
    new = new.where(versions.is_newest(), ~there).order_by(sheet_version.c.id)
    columns = ["version_id", "sheet_id", "target", "state", "changed_at"]
    adding = insert_or_ignore(tx.connection, delivery).from_select(columns, new)
    added = len(tx.connection.execute(adding.returning(delivery.c.id)).all())
    later = delivery.alias("later")
    mine = (later.c.sheet_id == delivery.c.sheet_id, later.c.target == delivery.c.target)
    outdated = exists().where(*mine, later.c.version_id > delivery.c.version_id)
    open_states = ("pending", "rejected", "undeliverable")
    gone = update(delivery).where(
        delivery.c.target == lease.target, delivery.c.state.in_(open_states), outdated
    )
    values = {"state": DeliveryState.SUPERSEDED.value, "next_at": None, "changed_at": tx.now}
    tx.connection.execute(gone.values(values))
    leases.change(tx, lease, versions_seen=known)
    return added


def begin(
    tx: Transaction,
    lease: Lease,
    *,
    batch_id: str,
    at_once: int,
    refuses: Callable[[SettledSheet], str | None],
    waits: Callable[[Sequence[SettledSheet]], Sequence[str | None]],
    actor: str,
) -> Batch | None:
    """Write down what is sent next; None when nothing is due. Raises LeaseLostError.

    A batch that has no answer comes first, as it was. `refuses` says why a sheet cannot be sent at all,
    `waits` what each of some is still to wait for; they must change nothing.
    """
    leases.held(tx, lease)
    sending = delivery.c.state == DeliveryState.SENDING.value
    mine = _select(tx, delivery.c.target == lease.target, sending)
    if mine:
        return _send(tx, lease, mine, mine[0].batch, actor, again=True)
    due = tx.connection.execute(_due(tx, lease.target).limit(max(at_once, LOOK))).all()
    sheets = versions.settled_sheets(tx.connection, [row.version_id for row in due])
    fit: list[Row[Any]] = []
    for row in due:
        what = sheets[row.version_id]
        if what.withdrawn is not None and not _may_have_arrived(tx, row):
            _set(tx, row, DeliveryState.SUPERSEDED, "never sent")
        elif (why := refuses(what)) is not None:
            _set(tx, row, DeliveryState.UNDELIVERABLE, why)
        else:
            fit.append(row)
    chosen: list[Row[Any]] = []
    for row, why in zip(fit, waits([sheets[row.version_id] for row in fit]), strict=True):
        if why is not None:
            _set(tx, row, DeliveryState.PENDING, why, next_at=tx.now + timedelta(seconds=WAIT_S))
        elif len(chosen) < at_once:
            chosen.append(row)
    if chosen:
        return _send(tx, lease, chosen, batch_id, actor, again=False)
    return Batch(batch_id, (), (), again=False) if due else None


def finish(
    tx: Transaction,
    lease: Lease,
    batch: Batch,
    answers: Sequence[Answer],
    *,
    pause_s: Callable[[int], float],
    actor: str,
) -> None:
    """Write down what the target answered for each sheet of a batch. Raises LeaseLostError.

    `pause_s` says how long to leave a sheet that was sent so many times without an answer.
    """
    leases.held(tx, lease)
    rows = _select(tx, delivery.c.id.in_(batch.rows), delivery.c.batch == batch.batch_id)
    tries = {row.id: row.attempts for row in rows}
    if len(tries) != len(batch.rows):
        raise LeaseLostError(f"Another process has finished this batch for {lease.target} meanwhile.")
    changes, attempts = [], []
    for row, answer in zip(batch.rows, answers, strict=True):
        state, remote_id, detail = _outcome(answer)
        later = timedelta(seconds=pause_s(tries[row])) if isinstance(answer, Unanswered) else None
        changes.append(
            {
                "of": row,
                "to": state.value,
                "remote": remote_id,
                "why": detail,
                "later": None if later is None else tx.now + later,
            }
        )
        said = "unanswered" if isinstance(answer, Unanswered) else state.value
        attempts.append(_attempt(tx, lease, batch, said, detail or remote_id) | {"delivery_id": row})
    change = update(delivery).where(delivery.c.id == bindparam("of"))
    values: dict[str, Any] = {
        "state": bindparam("to"),
        "remote_id": bindparam("remote"),
        "reason": bindparam("why"),
    }
    values |= {"next_at": bindparam("later"), "batch": None, "changed_at": tx.now}
    tx.connection.execute(change.values(values), changes)
    tx.connection.execute(insert(delivery_attempt), attempts)
    answered = sum(not isinstance(answer, Unanswered) for answer in answers)
    if answered:
        leases.change(tx, lease, failures=0, rests_until=None, trouble=None, answered_at=tx.now)
    refused = sum(isinstance(answer, Rejected) for answer in answers)
    tx.audit(
        actor,
        "delivery.answer",
        f"target:{lease.target}",
        batch=batch.batch_id,
        delivered=answered - refused,
        rejected=refused,
        unanswered=len(answers) - answered,
    )


def went_down(
    tx: Transaction, lease: Lease, batch: Batch | None, why: str, pause_s: Callable[[int], float]
) -> datetime:
    """Write down that a target does not answer, and until when it is left alone. Raises LeaseLostError."""
    failures = leases.held(tx, lease).failures + 1
    until = tx.now + timedelta(seconds=pause_s(failures))
    leases.change(tx, lease, failures=failures, rests_until=until, trouble=why)
    if batch is not None:
        tx.connection.execute(insert(delivery_attempt), [_attempt(tx, lease, batch, "down", why)])
    return until


def retry(tx: Transaction, target: str, sheet_ids: Sequence[str], *, actor: str) -> int:
    """Put what was rejected or undeliverable (of these sheets, or without any: of all) in line again.

    Returns how many deliveries that were. Raises JanaError for a sheet that has none of these there.
    """
    states = (DeliveryState.REJECTED.value, DeliveryState.UNDELIVERABLE.value)
    wanted = [delivery.c.target == target, delivery.c.state.in_(states)]
    if sheet_ids:
        wanted.append(sheet.c.identifier.in_(sheet_ids))
    query = select(delivery.c.id, sheet.c.identifier).join(sheet, delivery.c.sheet_id == sheet.c.id)
    rows = tx.connection.execute(query.where(*wanted).with_for_update(of=delivery)).all()
    missing = sorted(set(sheet_ids) - {row.identifier for row in rows})
    if missing:
        raise JanaError(
            f"Nothing of the sheet {missing[0]} was rejected by {target}, and nothing was undeliverable "
            "there: nothing was changed."
        )
    again = {"state": DeliveryState.PENDING.value, "next_at": None, "reason": None, "changed_at": tx.now}
    change = update(delivery).where(delivery.c.id == bindparam("of")).values(again)
    if rows:
        tx.connection.execute(change, [{"of": row.id} for row in rows])
        tx.audit(actor, "delivery.retry", f"target:{target}", count=len(rows))
    return len(rows)


def _due(tx: Transaction, target: str) -> Any:
    """Deliveries that can be sent now, first come first; none of a sheet that has a newer version already,
    or of values on a sheet that waits for a person."""
    waits = exists().where(waiting_mark.c.sheet_id == delivery.c.sheet_id)
    return (
        select(delivery)
        .join(sheet_version, delivery.c.version_id == sheet_version.c.id)
        .where(
            delivery.c.target == target,
            delivery.c.state == DeliveryState.PENDING.value,
            or_(delivery.c.next_at.is_(None), delivery.c.next_at <= tx.now),
            or_(sheet_version.c.withdrawn.is_not(None), ~waits),
            versions.is_newest(),
        )
        .order_by(delivery.c.id)
    )


def _may_have_arrived(tx: Transaction, row: Row[Any]) -> bool:
    """Whether the target may hold values of an earlier version that were not taken back since."""
    query = (
        select(delivery.c.state, delivery.c.attempts, sheet_version.c.withdrawn)
        .join(sheet_version, delivery.c.version_id == sheet_version.c.id)
        .where(
            delivery.c.sheet_id == row.sheet_id,
            delivery.c.target == row.target,
            delivery.c.version_id < row.version_id,
            delivery.c.attempts > 0,
            delivery.c.state != DeliveryState.REJECTED.value,
        )
        .order_by(delivery.c.version_id.desc())
    )
    for earlier in tx.connection.execute(query):
        if earlier.withdrawn is None:
            return True
        if earlier.state == DeliveryState.DELIVERED.value:
            return False
    return False


def _send(
    tx: Transaction, lease: Lease, rows: Sequence[Row[Any]], batch_id: str, actor: str, *, again: bool
) -> Batch:
    change = update(delivery).where(delivery.c.id == bindparam("of"))
    values: dict[str, Any] = {"state": DeliveryState.SENDING.value, "batch": batch_id, "next_at": None}
    values |= {"attempts": delivery.c.attempts + 1, "changed_at": tx.now}
    tx.connection.execute(change.values(values), [{"of": row.id} for row in rows])
    sheets = versions.settled_sheets(tx.connection, [row.version_id for row in rows])
    batch = Batch(
        batch_id=batch_id,
        rows=tuple(row.id for row in rows),
        sheets=tuple(sheets[row.version_id] for row in rows),
        again=again,
    )
    # What leaves the house is in the audit before it leaves.
    keys = [what.key for what in batch.sheets]
    tx.audit(actor, "delivery.send", f"target:{lease.target}", batch=batch_id, sheets=keys)
    return batch


def _outcome(answer: Answer) -> tuple[DeliveryState, str | None, str | None]:
    """The state that an answer leads to, the target's name for it, and what to show a person."""
    match answer:
        case Acknowledged(remote_id):
            return DeliveryState.DELIVERED, remote_id, None
        case Rejected(reason):
            return DeliveryState.REJECTED, None, reason
        case Unanswered(why):
            return DeliveryState.PENDING, None, why


def _set(
    tx: Transaction, row: Row[Any], state: DeliveryState, why: str, next_at: datetime | None = None
) -> None:
    values = {"state": state.value, "reason": why, "next_at": next_at, "changed_at": tx.now}
    tx.connection.execute(update(delivery).where(delivery.c.id == row.id).values(values))


def _attempt(tx: Transaction, lease: Lease, batch: Batch, answer: str, detail: str | None) -> dict[str, Any]:
    return {
        "target": lease.target,
        "batch": batch.batch_id,
        "delivery_id": None,
        "at": tx.now,
        "answer": answer,
        "detail": detail,
    }


def _select(tx: Transaction, *conditions: ColumnElement[bool]) -> Sequence[Row[Any]]:
    return tx.connection.execute(select(delivery).where(*conditions).order_by(delivery.c.id)).all()
