"""Where each printed sheet stands, and what became of it at each target: the conditions behind every figure.

Each figure has a condition of its own, so that the sums are a check: a settled sheet without a version
that could be delivered, say, is settled and nothing else, and that shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    and_,
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
from scanner.model.scope import Scope
from scanner.record import versions
from scanner.record.schema import sheet
from scanner.record.schema_delivery import delivery, sheet_version
from scanner.record.scopes import reaches_sheet
from scanner.record.sheet_states import is_good, state_conditions, waiting_sheets, was_read
from scanner.record.sheets import SHEETS
from scanner.record.units import UNIT


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


SENT = (SheetCount.DELIVERED, SheetCount.PENDING, SheetCount.REJECTED, SheetCount.UNDELIVERABLE)
"""What becomes of settled sheets, over all targets or at one of them."""


def base_of(
    targets: Sequence[str],
    dialect: str,
    scope: Scope,
    others: Sequence[ColumnElement[Any]] = (),
    *,
    at_once: bool = True,
) -> Any:
    """A row for each sheet within the scope: its unit and day, where it stands, what became of it at each
    target; and `others` of its columns. With `at_once` for a query that looks at all of the rows."""
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
    columns = (
        sheet.c.id,
        UNIT.label("unit"),
        func.coalesce(sheet.c.session_date, _day(sheet.c.printed_at, dialect)).label("day"),
        # Each once: every figure would look for it again.
        is_good().label("good"),
        was_read().label("read"),
        waiting.c.sheet_id.is_not(None).label("waits"),
        and_(newest.c.id.is_not(None), newest.c.withdrawn.is_(None)).label("versioned"),
    )
    rows = select(*columns, *states, *others).select_from(joined).where(reaches_sheet(scope))
    if not at_once:
        return rows.subquery("base")
    # Worked out once: both databases would look for lines and offices again for every figure.
    return rows.cte("base").prefix_with("MATERIALIZED")


def standings(base: Any) -> dict[SheetCount, ColumnElement[bool]]:
    """Where a sheet stands; one of these holds of each."""
    each = state_conditions(base.c.good, base.c.read, base.c.waits)
    return {SheetCount(state.value): condition for state, condition in each.items()}


def settled(base: Any) -> ColumnElement[bool]:
    return standings(base)[SheetCount.SETTLED]


def conditions(base: Any, targets: Sequence[str]) -> dict[SheetCount, ColumnElement[bool]]:
    each = [of_target(base, place) for place in range(len(targets))]
    rejected = or_(false(), *(one["rejected"] for one in each))
    undeliverable = and_(not_(rejected), or_(false(), *(one["undeliverable"] for one in each)))
    delivered = and_(true(), *(one["delivered"] for one in each)) if each else false()
    under_way = and_(_holds(base), not_(delivered), *(or_(one["delivered"], one["pending"]) for one in each))
    return {
        SheetCount.PRINTED: true(),
        **standings(base),
        SheetCount.DELIVERED: delivered,
        SheetCount.PENDING: under_way,
        SheetCount.REJECTED: rejected,
        SheetCount.UNDELIVERABLE: undeliverable,
    }


def _holds(base: Any) -> ColumnElement[bool]:
    """Settled, with a version that can be delivered."""
    return and_(settled(base), base.c.versioned)


def of_target(base: Any, place: int) -> dict[str, ColumnElement[bool]]:
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


def _day(moment: ColumnElement[datetime], dialect: str) -> ColumnElement[Any]:
    """The day of a moment, in UTC."""
    if dialect == "sqlite":
        return type_coerce(func.date(moment), Date)
    return as_type(func.timezone("UTC", moment), Date)
