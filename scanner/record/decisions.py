"""What people say of an item: confirmed, corrected, missing; and taking it back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sqlalchemy import select

from scanner.model.decision import Status
from scanner.model.score import LINE_MM, printed_position, score_of
from scanner.record import events, outcomes, second_looks, sheets
from scanner.record.database import Transaction
from scanner.record.events import ChangedMeanwhileError, EventKind, ItemState, MissingReason
from scanner.record.schema import outcome, reading
from scanner.texts.known_error import known_error


def decide(
    tx: Transaction,
    sheet_id: str,
    item: str,
    value: Decimal | MissingReason,
    *,
    actor: str,
    seen_revision: int,
    reading_id: int | None = None,
    second_look_share: float = 0.0,
) -> ItemState:
    """Record what a person says of an item: its place on the line in millimetres, or why it has none.

    The place that stands there already is a confirmation, another one a correction. `reading_id`
    names the reading that was looked at when the sheet has several. A share of all decisions is drawn
    for a second look by another person. Raises ChangedMeanwhileError
    unless `seen_revision` is still the item's newest, and JanaError when the sheet is void, has
    not been scanned, has no such item or reading, or the place is not on the line.
    """
    locked = _locked(tx, sheet_id)
    now_state = _history(tx, locked, item, seen_revision)[-1]
    if reading_id is not None:
        _require_reading(tx, locked, item, reading_id)
    decided = replace(
        _settled(now_state, value),
        revision=now_state.revision + 1,
        kind=EventKind.DECISION,
        actor=actor,
        at=tx.now,
        reading_id=reading_id or now_state.reading_id,
        decided_by=actor,
        restores=None,
    )
    details = events.append(tx, locked.row, [decided])
    second_looks.draw(tx, locked.row, [decided], second_look_share)
    tx.audit(actor, "item.decide", f"sheet:{sheet_id}/{item}", **details)
    return decided


def undo(tx: Transaction, sheet_id: str, item: str, *, actor: str, seen_revision: int) -> ItemState:
    """Take the last decision back that still holds; the state before it comes back as a new event.

    Raises ChangedMeanwhileError as `decide` does, and JanaError when no decision is left.
    """
    locked = _locked(tx, sheet_id)
    past = _history(tx, locked, item, seen_revision)
    holding = past[-1]
    while holding.restores is not None:
        holding = past[holding.restores - 1]
    if holding.kind is not EventKind.DECISION:
        raise known_error("undo_nothing", item=item, sheet=sheet_id)
    before = past[holding.revision - 2]
    undone = replace(
        before,
        revision=past[-1].revision + 1,
        kind=EventKind.UNDO,
        actor=actor,
        at=tx.now,
        restores=before.revision,
    )
    details = events.append(tx, locked.row, [undone])
    tx.audit(actor, "item.undo", f"sheet:{sheet_id}/{item}", **details)
    return undone


def _settled(before: ItemState, value: Decimal | MissingReason) -> ItemState:
    """The state with the person's value in it."""
    if isinstance(value, MissingReason):
        return replace(before, status=Status.MISSING, position_mm=None, score=None, missing_reason=value)
    if not 0 <= value <= LINE_MM:
        raise known_error("not_on_line", place=value, longest=LINE_MM)
    position = printed_position(float(value))
    status = Status.CONFIRMED if position == before.position_mm else Status.CORRECTED
    return replace(
        before, status=status, position_mm=position, score=score_of(float(value)), missing_reason=None
    )


def _locked(tx: Transaction, sheet_id: str) -> outcomes.LockedSheet:
    locked = outcomes.lock_sheet(tx, sheet_id)
    if locked is None:
        raise sheets.unknown(sheet_id)
    if locked.void_reason is not None:
        raise known_error("decide_void", sheet=sheet_id, reason=locked.void_reason)
    return locked


def _history(tx: Transaction, locked: outcomes.LockedSheet, item: str, seen_revision: int) -> list[ItemState]:
    """The item's events by revision, after making sure that nobody was quicker."""
    past = [state for state in events.history(tx.connection, locked.row) if state.item == item]
    if not past:
        raise known_error("decide_no_item", sheet=locked.sheet_id, item=item)
    newest = past[-1]
    if newest.revision != seen_revision:
        raise ChangedMeanwhileError(
            f"{item} of the sheet {locked.sheet_id} changed meanwhile ({newest.kind} by {newest.actor}). "
            "Look at it again."
        )
    return past


def _require_reading(tx: Transaction, locked: outcomes.LockedSheet, item: str, reading_id: int) -> None:
    query = select(reading.c.id).join(outcome).where(reading.c.id == reading_id, reading.c.item == item)
    if tx.connection.scalar(query.where(outcome.c.sheet_id == locked.row)) is None:
        raise known_error("decide_no_reading", reading=reading_id, item=item, sheet=locked.sheet_id)
