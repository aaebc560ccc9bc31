"""Values that another person looks at once more, without knowing them.

Which ones is chance, drawn in the transaction that writes the value, so that nobody can know before.
Whoever had a hand in a value does not get it to look at. What agrees is only counted; what does not
makes a conflict: the value stands, and goes to a person with both.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, and_, case, exists, func, insert, select, update

from scanner.model.binomial import exact_interval
from scanner.model.decision import Status
from scanner.model.scope import Scope
from scanner.model.score import LINE_MM, printed_position
from scanner.record import events, outcomes, scans
from scanner.record.database import Transaction
from scanner.record.events import ChangedMeanwhileError, EventKind, ItemState, MissingReason
from scanner.record.schema import crop, event, outcome, page, reading, sheet
from scanner.record.schema_review import page_picture, second_look
from scanner.record.scopes import reaches_sheet
from scanner.record.sheets import SHEETS
from scanner.texts.known_error import known_error

AGREE_MM = Decimal(1)
"""Two who look at the same mark agree when their places are no further apart."""

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindLook:
    """A line to look at, without anything that was said of it."""

    look_id: int
    sheet_id: str
    instrument: str
    version: int
    language: str
    item: str
    item_number: int
    reading_id: int
    page_id: int
    scan_name: str
    scan_page: int
    office: str | None
    has_picture: bool
    """There is one of the whole page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often a second look agreed with the value that stood."""

    looks: int
    agreed: int
    low: float
    high: float
    """Exact 95 % interval of the share that agrees (Clopper-Pearson); 0 to 1 while nobody has looked."""
    mean_difference_mm: float | None
    """Of those where both saw a place; None when there are none."""

    @property
    def share(self) -> float | None:
        """None while nobody has looked."""
        return self.agreed / self.looks if self.looks else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreements:
    """Apart, because they answer different questions."""

    machine: Agreement
    """Lines that the reader had accepted alone."""
    people: Agreement
    """Lines that a person had decided."""


def draw(tx: Transaction, sheet_row: int, states: Iterable[ItemState], share: float) -> bool:
    """Choose a `share` of these new values for a second look, by chance; whether any was chosen."""
    rows = [
        {
            "sheet_id": sheet_row,
            "item": state.item,
            "item_number": state.item_number,
            "revision": state.revision,
            "reading_id": state.reading_id,
            "drawn_at": tx.now,
        }
        for state in states
        if state.status is not Status.REVIEW and secrets.randbelow(_MILLION) < share * _MILLION
    ]
    if rows:
        tx.connection.execute(insert(second_look), rows)
    return bool(rows)


def to_look_at(
    connection: Connection, scope: Scope, *, actor: str, after: int | None = None, limit: int = 20
) -> tuple[BlindLook, ...]:
    """What there is to look at for somebody, the longest drawn first, behind the look `after`."""
    query = _open(scope, actor).where(second_look.c.id > (after or 0)).order_by(second_look.c.id)
    rows = connection.execute(query.limit(limit)).all()
    files = {row.scan_file_id for row in rows}
    names, offices = scans.first_names(connection, files), scans.first_offices(connection, files)
    return tuple(
        BlindLook(
            look_id=row.id,
            sheet_id=row.identifier,
            instrument=row.instrument,
            version=row.version,
            language=row.language,
            item=row.item,
            item_number=row.item_number,
            reading_id=row.reading_id,
            page_id=row.page_id,
            scan_name=names[row.scan_file_id],
            scan_page=row.number,
            office=offices[row.scan_file_id],
            has_picture=bool(row.has_picture),
        )
        for row in rows
    )


def left(connection: Connection, scope: Scope, *, actor: str) -> int:
    """How many there are to look at for somebody."""
    return int(
        connection.execute(select(func.count()).select_from(_open(scope, actor).subquery())).scalar_one()
    )


def answer(
    tx: Transaction, scope: Scope, look_id: int, value: Decimal | MissingReason, *, actor: str
) -> bool | None:
    """Record what somebody sees; whether it agrees with the value that stands. None: no such look here.

    Raises ChangedMeanwhileError when somebody else was quicker or the value has changed, JanaError for a
    place that is not on the line, or for somebody who had a hand in the value.
    """
    if not isinstance(value, MissingReason) and not 0 <= value <= LINE_MM:
        raise known_error("not_on_line", place=value, longest=LINE_MM)
    known: Any = select(second_look, sheet.c.identifier).select_from(SHEETS).join(second_look)
    found = tx.connection.execute(known.where(second_look.c.id == look_id, reaches_sheet(scope))).first()
    if found is None:
        return None
    locked = outcomes.lock_sheet(tx, found.identifier)
    if locked is None:
        return None
    target = f"{found.item} of the sheet {locked.sheet_id}"
    past = [state for state in events.history(tx.connection, locked.row) if state.item == found.item]
    if any(state.actor == actor for state in past):
        raise known_error("look_own", item=found.item, sheet=locked.sheet_id)
    standing, seen = past[-1], _seen(value)
    agrees = _agree(standing, seen)
    mine = (second_look.c.id == look_id, second_look.c.answered_at.is_(None))
    answered = update(second_look).where(*mine, second_look.c.revision == standing.revision)
    answered = answered.values(
        answered_at=tx.now,
        answered_by=actor,
        position_um=None if seen[0] is None else int(seen[0].scaleb(3)),
        missing_reason=None if seen[1] is None else seen[1].value,
        agrees=agrees,
    )
    if tx.connection.execute(answered.returning(second_look.c.id)).first() is None:
        raise ChangedMeanwhileError(f"{target} changed meanwhile, or somebody else has looked at it.")
    details = {} if agrees else events.append(tx, locked.row, [events.in_conflict(standing, actor, tx.now)])
    tx.audit(actor, "look.answer", f"sheet:{locked.sheet_id}/{found.item}", look=look_id, **details)
    return agrees


def agreements(connection: Connection, scope: Scope) -> Agreements:
    """The figures of the sheets within a scope."""
    difference = func.abs(event.c.position_um - second_look.c.position_um)
    machine = (event.c.kind == EventKind.READING.value).label("machine")
    query: Any = (
        select(
            machine,
            func.count().label("looks"),
            func.sum(case((second_look.c.agrees.is_(True), 1), else_=0)).label("agreed"),
            func.avg(difference).label("mean_um"),
        )
        .select_from(SHEETS)
        .join(second_look, second_look.c.sheet_id == sheet.c.id)
        .join(event, _of_event())
        .where(second_look.c.answered_at.is_not(None), reaches_sheet(scope))
        .group_by(machine)
    )
    rows = {bool(row.machine): row for row in connection.execute(query)}
    return Agreements(machine=_agreement(rows.get(True)), people=_agreement(rows.get(False)))


def _agreement(row: Any) -> Agreement:
    looks, agreed = (0, 0) if row is None else (int(row.looks), int(row.agreed))
    low, high = exact_interval(agreed, looks) if looks else (0.0, 1.0)
    mean_um = None if row is None else row.mean_um
    return Agreement(
        looks=looks,
        agreed=agreed,
        low=low,
        high=high,
        mean_difference_mm=None if mean_um is None else float(mean_um) / 1000,
    )


def _open(scope: Scope, actor: str) -> Select[Any]:
    """Looks that nobody has given, at values that still stand and lines of which there is a picture."""
    hand = event.alias("hand")
    had_a_hand = exists().where(
        hand.c.sheet_id == second_look.c.sheet_id,
        hand.c.item_number == second_look.c.item_number,
        hand.c.actor == actor,
    )
    query: Any = (
        select(
            *(second_look.c[name] for name in ("id", "item", "item_number", "reading_id")),
            *(sheet.c[name] for name in ("identifier", "instrument", "version", "language")),
            *(outcome.c.page_id, page.c.number, page.c.scan_file_id),
            exists().where(page_picture.c.page_id == page.c.id).label("has_picture"),
        )
        .select_from(SHEETS)
        .join(second_look, second_look.c.sheet_id == sheet.c.id)
        .join(event, _of_event())
        .join(reading, reading.c.id == second_look.c.reading_id)
        .join(outcome, outcome.c.id == reading.c.outcome_id)
        .join(page, page.c.id == outcome.c.page_id)
        .where(second_look.c.answered_at.is_(None), events.is_newest(), sheet.c.voided_at.is_(None))
        .where(exists().where(crop.c.reading_id == second_look.c.reading_id))
    )
    wanted: Select[Any] = query.where(~had_a_hand, reaches_sheet(scope))
    return wanted


def _of_event() -> Any:
    """The event whose value is looked at."""
    return and_(
        event.c.sheet_id == second_look.c.sheet_id,
        event.c.item_number == second_look.c.item_number,
        event.c.revision == second_look.c.revision,
    )


def _seen(value: Decimal | MissingReason) -> tuple[Decimal | None, MissingReason | None]:
    return (None, value) if isinstance(value, MissingReason) else (printed_position(float(value)), None)


def _agree(standing: ItemState, seen: tuple[Decimal | None, MissingReason | None]) -> bool:
    place, missing = seen
    if place is None or standing.missing_reason is not None or standing.position_mm is None:
        return missing == standing.missing_reason
    return abs(place - standing.position_mm) <= AGREE_MM
