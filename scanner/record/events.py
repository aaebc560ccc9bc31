"""What happened to each item of each sheet: machine reading, conflict, decision, undo.

Events are only ever added. Each holds the whole state of its item after it, so the current
value is the state of the newest one, and undoing is adding a state that was there before. The
revision counts an item's events from 1; being unique, it lets one of two writers through and
tells the other that somebody was quicker.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, insert, select

from scanner.errors import JanaError
from scanner.model.decision import Reason, Status
from scanner.record import waiting_marks
from scanner.record.audit_chain import digest_of
from scanner.record.database import Touch, Transaction
from scanner.record.schema import event


class EventKind(StrEnum):
    """What can happen to an item."""

    READING = "reading"
    """The reader saw it for the first time."""
    CONFLICT = "conflict"
    """The sheet came back with another mark here."""
    DECISION = "decision"
    """A person said what holds."""
    UNDO = "undo"
    """A person took the last decision back."""


class ChangedMeanwhileError(JanaError):
    """Somebody, or another scan, changed the item after it was looked at."""


class MissingReason(StrEnum):
    """Why an item has no value, as a person found."""

    BLANK = "blank"
    REFUSED = "refused"
    """The client did not want to answer."""
    ILLEGIBLE = "illegible"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemState:
    """An event, and where it left its item."""

    item: str
    item_number: int
    revision: int
    kind: EventKind
    actor: str
    """Whose doing the event was: `reader/<version>` or an account."""
    at: datetime
    reading_id: int
    """The reading that the state is based on, and so the picture to look at."""
    status: Status
    position_mm: Decimal | None
    """Three decimals, 0 to 100; only a proposal when there is no score."""
    score: Decimal | None
    """One decimal; None unless settled. A settled value keeps it while a conflict waits."""
    missing_reason: MissingReason | None
    reasons: tuple[Reason, ...]
    confidence: float | None
    decided_by: str
    """Who the state's value comes from."""
    restores: int | None = None
    """Of an undo: the revision whose state it brought back."""


def append(tx: Transaction, sheet_row: int, states: Sequence[ItemState]) -> dict[str, list[int] | str]:
    """Add events; returns what the audit must say of them, so that it vouches for each.

    Raises sqlalchemy's IntegrityError when an item has such a revision already; callers hold
    the sheet's lock and have looked, so that is a mistake in the code.
    """
    rows = [_row(sheet_row, state) for state in states]
    adding = insert(event).returning(event.c.id, sort_by_parameter_order=True)
    ids = list(tx.connection.scalars(adding, rows))
    pairs = list(zip(states, ids, strict=True))
    waiting = {state.item_number: of for state, of in pairs if state.status is Status.REVIEW}
    settled = [state.item_number for state, _ in pairs if state.status is not Status.REVIEW]
    waiting_marks.keep(tx, sheet_row, waiting, settled)
    tx.touched[sheet_row] = Touch(states[-1].actor)
    return {"events": ids, "seal": seal([tuple(row[name] for name in SEALED) for row in rows])}


def in_conflict(before: ItemState, actor: str, at: datetime) -> ItemState:
    """Back to a person, with the value that was settled still standing."""
    others = tuple(reason for reason in before.reasons if reason is not Reason.CONFLICT)
    return replace(
        before,
        revision=before.revision + 1,
        kind=EventKind.CONFLICT,
        actor=actor,
        at=at,
        status=Status.REVIEW,
        reasons=(*others, Reason.CONFLICT),
        restores=None,
    )


def current(connection: Connection, sheet_row: int) -> tuple[ItemState, ...]:
    """The newest state of each item of a sheet, in the items' order; empty before it was scanned."""
    query = select(event).where(event.c.sheet_id == sheet_row, is_newest())
    return tuple(state(row) for row in connection.execute(query.order_by(event.c.item_number)))


def history(connection: Connection, sheet_row: int) -> tuple[ItemState, ...]:
    """All events of a sheet, oldest first."""
    query = select(event).where(event.c.sheet_id == sheet_row)
    return tuple(state(row) for row in connection.execute(query.order_by(event.c.id)))


@cache
def is_newest() -> ColumnElement[bool]:
    """No later event of the same item. Revisions have no gaps, so looking for the next one is enough."""
    later = event.alias("later")
    return ~exists().where(
        and_(
            later.c.sheet_id == event.c.sheet_id,
            later.c.item_number == event.c.item_number,
            later.c.revision == event.c.revision + 1,
        )
    )


def state(row: Row[Any]) -> ItemState:
    """From a row with the table's columns."""
    return ItemState(
        item=row.item,
        item_number=row.item_number,
        revision=row.revision,
        kind=EventKind(row.kind),
        actor=row.actor,
        at=row.at,
        reading_id=row.reading_id,
        status=Status(row.status),
        position_mm=position(row.position_um),
        score=score_value(row.score_tenths),
        missing_reason=None if row.missing_reason is None else MissingReason(row.missing_reason),
        reasons=reasons(row.reasons),
        confidence=row.confidence,
        decided_by=row.decided_by,
        restores=row.restores,
    )


def position(position_um: int | None) -> Decimal | None:
    """Millimetres with three decimals."""
    return None if position_um is None else Decimal(position_um).scaleb(-3)


@cache
def score_value(score_tenths: int | None) -> Decimal | None:
    """The score with one decimal."""
    return None if score_tenths is None else Decimal(score_tenths).scaleb(-1)


@cache
def reasons(text: str) -> tuple[Reason, ...]:
    return tuple(Reason(word) for word in text.split(";") if word)


SEALED = (
    "sheet_id",
    "item",
    "item_number",
    "revision",
    "kind",
    "actor",
    "at",
    "reading_id",
    "status",
    "position_um",
    "score_tenths",
    "missing_reason",
    "reasons",
    "confidence",
    "decided_by",
    "restores",
    "salt",
)
"""What the audit vouches for. Fixed: a column that comes later needs a seal of its own."""


def seal(rows: Sequence[tuple[Any, ...]]) -> str:
    """One digest of several events. Their salts keep scores from being guessed from it, and go with
    the events when a person's data are erased."""
    return digest_of([[v.isoformat() if isinstance(v, datetime) else v for v in row] for row in rows])


def unsealed(connection: Connection, wanted: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """What the seals of these events were made of, as it stands there now."""
    columns = [event.c[name] for name in SEALED]
    query = select(event.c.id, *columns).where(event.c.id.in_(wanted))
    return {row.id: tuple(row)[1:] for row in connection.execute(query)}


def _row(sheet_row: int, state: ItemState) -> dict[str, Any]:
    return {
        "sheet_id": sheet_row,
        "item": state.item,
        "item_number": state.item_number,
        "revision": state.revision,
        "kind": state.kind.value,
        "actor": state.actor,
        "at": state.at,
        "reading_id": state.reading_id,
        "status": state.status.value,
        "position_um": None if state.position_mm is None else int(state.position_mm.scaleb(3)),
        "score_tenths": None if state.score is None else int(state.score.scaleb(1)),
        "missing_reason": None if state.missing_reason is None else state.missing_reason.value,
        "reasons": ";".join(state.reasons),
        "confidence": state.confidence,
        "decided_by": state.decided_by,
        "restores": state.restores,
        "salt": secrets.token_hex(16),
    }
