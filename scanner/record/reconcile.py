"""Where every printed sheet has got to, by unit and day, and the list behind every figure.

A sheet counts on the day of its meeting, or of its printing where it names no meeting, and in the unit
that the review page takes it for. Each figure has a condition of its own, so that the sums are a check: a
settled sheet without a version that could be delivered, say, is settled and nothing else, and that shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    and_,
    case,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy import cast as as_type

from scanner.model.delivery import DeliveryState
from scanner.record import versions
from scanner.record.results import PRINTED
from scanner.record.schema import sheet
from scanner.record.schema_delivery import delivery, sheet_version
from scanner.record.sheet_states import state_conditions, waiting_sheets
from scanner.record.sheets import SHEETS
from scanner.record.units import UNIT

LOT = 2000


class SheetCount(StrEnum):
    """The figures; printed = outstanding + in_review + settled + void, and settled = the last four."""

    PRINTED = "printed"
    OUTSTANDING = "outstanding"
    """Not read from any scan yet."""
    IN_REVIEW = "in_review"
    """At least one line waits for a person."""
    SETTLED = "settled"
    VOID = "void"
    DELIVERED = "delivered"
    """Every target has its newest version."""
    PENDING = "pending"
    """Still on its way to some target, and refused by none. Without any target: everything settled."""
    REJECTED = "rejected"
    """Some target does not want it."""
    UNDELIVERABLE = "undeliverable"
    """Some target cannot take it, and none has rejected it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCounts:
    """How many sheets; see `SheetCount`."""

    printed: int
    outstanding: int
    in_review: int
    settled: int
    void: int
    delivered: int
    pending: int
    rejected: int
    undeliverable: int

    @property
    def unaccounted(self) -> int:
        """Sheets by which the sums are wrong; 0 when everything adds up."""
        whole = self.outstanding + self.in_review + self.settled + self.void
        sent = self.delivered + self.pending + self.rejected + self.undeliverable
        return abs(self.printed - whole) + abs(self.settled - sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetCounts:
    """The settled sheets as one target has them."""

    delivered: int
    pending: int
    rejected: int
    undeliverable: int
    withdrawing: int
    """Sheets that do not hold any more what was delivered of them, and of which the target has not taken
    that in. These are void, or in review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileRow:
    """The figures of one unit on one day, or of as much as was asked for."""

    unit: str | None
    day: date | None
    counts: SheetCounts
    targets: Mapping[str, TargetCounts]
    """By each target that was named."""


@dataclass(frozen=True, slots=True)
class AccountedSheet:
    """A sheet behind a figure."""

    sheet_id: str
    instrument: str
    version: int
    language: str
    case: str | None
    session: int | None
    session_date: date | None
    subject: str | None
    rater: str | None
    unit: str | None
    printed_at: datetime
    targets: str
    """`name: state` or `name: state (reason)` of each target, separated by semicolons; empty unless it is
    settled."""


def reconcile(
    connection: Connection, targets: Sequence[str], *, by_unit: bool = False, by_day: bool = False
) -> tuple[ReconcileRow, ...]:
    """The figures over all sheets, one row for each unit, day, or both, in their order.

    Without either there is exactly one row.
    """
    base = _base(targets, connection.dialect.name)
    keys = [base.c[name] for name, wanted in (("unit", by_unit), ("day", by_day)) if wanted]
    numbers = [
        _number(condition).label(count.value) for count, condition in _conditions(base, targets).items()
    ]
    for place in range(len(targets)):
        conditions = _of_target(base, place)
        numbers += [_number(of).label(f"{word}_{place}") for word, of in conditions.items()]
    query = select(*keys, *numbers).select_from(base).group_by(*keys).order_by(*keys)
    return tuple(_row(row._mapping, targets) for row in connection.execute(query))


def listed(
    connection: Connection,
    targets: Sequence[str],
    count: SheetCount,
    *,
    unit: str | None = None,
    day: date | None = None,
    target: str | None = None,
) -> Iterator[AccountedSheet]:
    """The sheets behind a figure, as they were printed; of one unit, day or target when it is named.

    With a target a sheet counts by what became of it there alone. A unit of "" means: of none.
    """
    printed = [
        column.label(f"printed_{place}") for place, column in enumerate((*PRINTED, sheet.c.printed_at))
    ]
    base = _base(targets, connection.dialect.name, printed)
    condition = _conditions(base, targets)[count]
    if target is not None and count.value in _SENT:
        condition = _of_target(base, targets.index(target))[count.value]
    states = [column for place in range(len(targets)) for column in _told(base, place)]
    shown = [base.c[column.name] for column in printed]
    query = select(*shown, *states).where(condition).order_by(base.c.id)
    if unit is not None:
        query = query.where(base.c.unit == unit if unit else base.c.unit.is_(None))
    if day is not None:
        query = query.where(base.c.day == day)
    with connection.execution_options(yield_per=LOT).execute(query) as rows:
        for row in rows:
            first = len(shown)
            told = [(name, *row[first + 2 * i : first + 2 * i + 2]) for i, name in enumerate(targets)]
            values = (*row[:first], "; ".join(_words(*one) for one in told if one[1]))
            yield AccountedSheet(*values)


_SENT = ("delivered", "pending", "rejected", "undeliverable")


def _base(targets: Sequence[str], dialect: str, others: Sequence[ColumnElement[Any]] = ()) -> Any:
    """A row for each sheet: its unit and day, where it stands, what became of it at each target; and `others`
    of its columns."""
    waiting = waiting_sheets()
    newest = select(sheet_version).where(versions.is_newest()).subquery("newest")
    joined = SHEETS.outerjoin(waiting, waiting.c.sheet_id == sheet.c.id)
    joined = joined.outerjoin(newest, newest.c.sheet_id == sheet.c.id)
    states = []
    for place, name in enumerate(targets):
        sent, before = delivery.alias(f"sent_{place}"), delivery.alias(f"before_{place}")
        joined = joined.outerjoin(sent, and_(sent.c.version_id == newest.c.id, sent.c.target == name))
        tried = (before.c.target == name, before.c.attempts > 0, before.c.sheet_id == sheet.c.id)
        arrived = and_(newest.c.withdrawn.is_not(None), exists().where(*tried))
        states += [sent.c.state.label(f"state_{place}"), sent.c.reason.label(f"reason_{place}")]
        states.append(arrived.label(f"arrived_{place}"))
    standing = state_conditions(waiting.c.sheet_id.is_not(None))
    columns = (
        sheet.c.id,
        UNIT.label("unit"),
        func.coalesce(sheet.c.session_date, _day(sheet.c.printed_at, dialect)).label("day"),
        *(of.label(state.value) for state, of in standing.items()),
        and_(newest.c.id.is_not(None), newest.c.withdrawn.is_(None)).label("versioned"),
    )
    # Worked out once: both databases would look for lines and offices again for every figure.
    base = select(*columns, *states, *others).select_from(joined).cte("base")
    return base.prefix_with("MATERIALIZED", dialect="postgresql")


def _conditions(base: Any, targets: Sequence[str]) -> dict[SheetCount, ColumnElement[bool]]:
    each = [_of_target(base, place) for place in range(len(targets))]
    rejected = or_(false(), *(one["rejected"] for one in each))
    undeliverable = and_(not_(rejected), or_(false(), *(one["undeliverable"] for one in each)))
    delivered = and_(true(), *(one["delivered"] for one in each)) if each else false()
    under_way = and_(_holds(base), not_(delivered), *(or_(one["delivered"], one["pending"]) for one in each))
    return {
        SheetCount.PRINTED: true(),
        SheetCount.OUTSTANDING: base.c.outstanding,
        SheetCount.IN_REVIEW: base.c.in_review,
        SheetCount.SETTLED: base.c.settled,
        SheetCount.VOID: base.c.void,
        SheetCount.DELIVERED: delivered,
        SheetCount.PENDING: under_way,
        SheetCount.REJECTED: rejected,
        SheetCount.UNDELIVERABLE: undeliverable,
    }


def _holds(base: Any) -> ColumnElement[bool]:
    """Settled, with a version that can be delivered."""
    return and_(base.c.settled, base.c.versioned)


def _of_target(base: Any, place: int) -> dict[str, ColumnElement[bool]]:
    """What one target has of each sheet."""
    holds = _holds(base)
    # Without a row nobody has delivered since.
    word = func.coalesce(base.c[f"state_{place}"], DeliveryState.PENDING.value)
    taken_back = word.in_((DeliveryState.DELIVERED.value, DeliveryState.SUPERSEDED.value))
    return {
        "delivered": and_(holds, word == DeliveryState.DELIVERED.value),
        "pending": and_(holds, word.in_((DeliveryState.PENDING.value, DeliveryState.SENDING.value))),
        "rejected": and_(holds, word == DeliveryState.REJECTED.value),
        "undeliverable": and_(holds, word == DeliveryState.UNDELIVERABLE.value),
        "withdrawing": and_(base.c[f"arrived_{place}"], not_(taken_back)),
    }


def _told(base: Any, place: int) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The state at one target and its reason, of settled sheets; empty for the others."""
    state = func.coalesce(base.c[f"state_{place}"], DeliveryState.PENDING.value)
    return case((base.c.settled, state), else_=None), base.c[f"reason_{place}"]


def _words(name: str, state: str, reason: str | None) -> str:
    return f"{name}: {state} ({reason})" if reason else f"{name}: {state}"


def _row(row: Mapping[Any, Any], targets: Sequence[str]) -> ReconcileRow:
    return ReconcileRow(
        unit=row.get("unit"),
        day=row.get("day"),
        counts=SheetCounts(**{count.value: row[count.value] for count in SheetCount}),
        targets={
            name: TargetCounts(**{one.name: row[f"{one.name}_{place}"] for one in fields(TargetCounts)})
            for place, name in enumerate(targets)
        },
    )


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows meet a condition; 0, not NULL, where there are none."""
    return func.coalesce(func.sum(_one_if(condition)), 0)


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _day(moment: ColumnElement[datetime], dialect: str) -> ColumnElement[Any]:
    """The day of a moment, in UTC."""
    if dialect == "sqlite":
        return type_coerce(func.date(moment), Date)
    return as_type(func.timezone("UTC", moment), Date)
