"""The sheets behind every figure of `reconcile`: all of them in a stream, or a page of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, false, func, or_, select

from scanner.model.delivery import DeliveryState
from scanner.model.scope import EVERYTHING, Scope
from scanner.record.accounting import SENT, SheetCount, base_of, conditions, of_target, settled, standings
from scanner.record.results import PRINTED
from scanner.record.schema import sheet

LOT = 2000

WITHDRAWING = "withdrawing"
"""The sheets behind `TargetCounts.withdrawing`."""

LISTS = (*(count.value for count in SheetCount), WITHDRAWING)
"""Every figure that opens into a list."""

STANDINGS = (SheetCount.OUTSTANDING, SheetCount.IN_REVIEW, SheetCount.SETTLED, SheetCount.VOID)
"""One of these holds of every sheet."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTarget:
    """What became of a sheet's newest version at one target."""

    name: str
    state: DeliveryState
    reason: str | None
    """In the target's own words, or ours about why it cannot be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSheet:
    """The same, to be looked at by a person."""

    place: int
    """Grows from each sheet to the next one, for `after`."""
    sheet: AccountedSheet
    stands: SheetCount | None
    """One of `STANDINGS`; None where the figures do not add up."""
    at: tuple[AtTarget, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of which the list is wanted."""

    count: str
    """One of `LISTS`."""
    unit: str | None = None
    """Of this unit alone; "" means: of none."""
    day: date | None = None
    target: str | None = None
    """What became of the sheets there alone; else at any, as `SheetCount` says."""


def listed(
    connection: Connection, targets: Sequence[str], figure: Figure, scope: Scope = EVERYTHING
) -> Iterator[AccountedSheet]:
    """The sheets behind a figure within the scope, as they were printed."""
    query = _query(targets, connection.dialect.name, figure, scope)
    with connection.execution_options(yield_per=LOT).execute(query) as rows:
        for row in rows:
            yield _sheet(row, _at(row, targets))


def page_of(
    connection: Connection,
    targets: Sequence[str],
    figure: Figure,
    scope: Scope,
    *,
    after: int = 0,
    limit: int = 50,
) -> tuple[FoundSheet, ...]:
    """So many of them, behind the place `after`."""
    query = _query(targets, connection.dialect.name, figure, scope, after=after, at_once=False).limit(limit)
    found = []
    for row in connection.execute(query):
        at = _at(row, targets)
        holds = next((count for count in STANDINGS if row._mapping[count.value]), None)
        found.append(FoundSheet(place=row.id, sheet=_sheet(row, at), stands=holds, at=at))
    return tuple(found)


def _query(
    targets: Sequence[str],
    dialect: str,
    figure: Figure,
    scope: Scope,
    *,
    after: int = 0,
    at_once: bool = True,
) -> Select[Any]:
    columns = (*PRINTED, sheet.c.printed_at)
    printed = [column.label(f"printed_{place}") for place, column in enumerate(columns)]
    base = base_of(targets, dialect, scope, printed, at_once=at_once)
    states = [column for place in range(len(targets)) for column in _told(base, place)]
    shown = [base.c[column.name] for column in printed]
    stands = [holds.label(count.value) for count, holds in standings(base).items()]
    query = select(*shown, *states, base.c.id, *stands).where(_wanted(base, targets, figure))
    if figure.unit is not None:
        query = query.where(base.c.unit == figure.unit if figure.unit else base.c.unit.is_(None))
    if figure.day is not None:
        query = query.where(base.c.day == figure.day)
    return query.where(base.c.id > after).order_by(base.c.id)


def _wanted(base: Any, targets: Sequence[str], figure: Figure) -> ColumnElement[bool]:
    if figure.count == WITHDRAWING:
        of = targets if figure.target is None else (figure.target,)
        return or_(false(), *(of_target(base, targets.index(name))[WITHDRAWING] for name in of))
    if figure.target is not None and figure.count in SENT:
        return of_target(base, targets.index(figure.target))[figure.count]
    return conditions(base, targets)[SheetCount(figure.count)]


def _told(base: Any, place: int) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The state at one target and its reason, of settled sheets; empty for the others."""
    state = func.coalesce(base.c[f"state_{place}"], DeliveryState.PENDING.value)
    return case((settled(base), state), else_=None), base.c[f"reason_{place}"]


def _at(row: Row[Any], targets: Sequence[str]) -> tuple[AtTarget, ...]:
    """What stands behind the columns of the sheet itself: two columns for each target."""
    told = zip(targets, row[_OWN : _OWN + 2 * len(targets) : 2], row[_OWN + 1 :: 2], strict=False)
    return tuple(
        AtTarget(name=name, state=DeliveryState(state), reason=reason)
        for name, state, reason in told
        if state
    )


def _sheet(row: Row[Any], at: Sequence[AtTarget]) -> AccountedSheet:
    values: tuple[Any, ...] = (*row[:_OWN], "; ".join(_words(one) for one in at))
    return AccountedSheet(*values)


def _words(at: AtTarget) -> str:
    return f"{at.name}: {at.state} ({at.reason})" if at.reason else f"{at.name}: {at.state}"


_OWN = len(fields(AccountedSheet)) - 1
