"""Marks that wait for a person, with all that is needed to settle them and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select

from scanner.model.decision import Reason, Status, Verdict
from scanner.model.scope import Scope
from scanner.record import events, scans
from scanner.record.events import EventKind, MissingReason
from scanner.record.outcomes import Standing
from scanner.record.schema import event, outcome, page, reading, sheet
from scanner.record.schema_review import second_look, waiting_mark
from scanner.record.scopes import reaches_mark, reaches_sheet
from scanner.record.sheets import SHEETS
from scanner.record.units import UNIT


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMark:
    """Ink on a line that might be the mark."""

    kind: str
    """A value of `scanner.model.reading.MarkKind`."""
    position_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLine:
    """One reading of the item: the line as one scan shows it."""

    reading_id: int
    page_id: int
    position_mm: float | None
    verdict: Verdict
    standing: Standing
    reasons: tuple[Reason, ...]
    marks: tuple[SeenMark, ...]
    """Strongest first."""
    scan_name: str
    """Fit to be shown."""
    scan_page: int
    office: str | None
    """In whose folder the scan was first met."""
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """What somebody saw who did not know the value that stands."""

    by: str
    at: datetime
    position_mm: Decimal | None
    missing_reason: MissingReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMark:
    """An item, its state now, and every reading of it."""

    place: int
    """Its place in the queue, for `after`; 0 when it does not wait."""
    waiting_since: datetime | None
    sheet_id: str
    instrument: str
    version: int
    language: str
    unit: str | None
    item: str
    item_number: int
    revision: int
    """To be named by whoever decides."""
    kind: EventKind
    """What happened last."""
    actor: str
    """Whose doing that was."""
    status: Status
    reading_id: int
    """The reading to look at first."""
    position_mm: Decimal | None
    """The value that stands when there is a score, else a proposal, or None."""
    score: Decimal | None
    missing_reason: MissingReason | None
    """Stands as well as a score does, while a conflict waits."""
    decided_by: str
    reasons: tuple[Reason, ...]
    readings: tuple[SeenLine, ...]
    """Oldest first."""
    opinions: tuple[SecondOpinion, ...]
    """Of second looks that did not agree with the value that stands, since it waits."""


def waiting(
    connection: Connection, scope: Scope, *, after: int | None = None, limit: int = 20
) -> tuple[WaitingMark, ...]:
    """The marks that have waited longest, or the next ones behind the place `after`.

    A place in the queue is never given to another mark. One that was recorded by a slower writer may
    turn up before `after`: who comes to the end begins at the front again.
    """
    query = (
        _marks()
        .join(waiting_mark, _same_item(waiting_mark))
        .where(waiting_mark.c.event_id.in_(_places(connection, scope, after or 0, limit)))
        .order_by(waiting_mark.c.event_id)
        .add_columns(waiting_mark.c.event_id.label("place"))
    )
    return _filled(connection, connection.execute(query).all())


def mark(connection: Connection, scope: Scope, sheet_id: str, item: str) -> WaitingMark | None:
    """One item as it stands, whether it waits or not; None when it is not within the scope."""
    query = (
        _marks()
        .outerjoin(waiting_mark, _same_item(waiting_mark))
        .where(reaches_sheet(scope), sheet.c.identifier == sheet_id, event.c.item == item)
        .add_columns(func.coalesce(waiting_mark.c.event_id, 0).label("place"))
    )
    return next(iter(_filled(connection, connection.execute(query).all())), None)


def left(connection: Connection, scope: Scope) -> int:
    """How many marks wait."""
    query = select(func.count()).select_from(waiting_mark).where(reaches_mark(scope))
    return int(connection.execute(query).scalar_one())


def done_since(connection: Connection, account: str, moment: datetime) -> int:
    """How many decisions and second looks somebody has made since a moment."""
    decided = select(func.count()).where(
        event.c.kind == EventKind.DECISION.value, event.c.actor == account, event.c.at >= moment
    )
    looked = select(func.count()).where(
        second_look.c.answered_by == account, second_look.c.answered_at >= moment
    )
    return sum(int(connection.execute(query).scalar_one()) for query in (decided, looked))


def seen_lines(
    connection: Connection, items: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], list[SeenLine]]:
    """Every reading of some items, oldest first; an item is the row of a sheet and the item's number."""
    query: Any = (
        select(reading, outcome.c.sheet_id, outcome.c.read_at, outcome.c.page_id, page.c.number)
        .add_columns(page.c.scan_file_id)
        .join(outcome, reading.c.outcome_id == outcome.c.id)
        .join(page, outcome.c.page_id == page.c.id)
        .where(outcome.c.sheet_id.in_({of for of, _ in items}))
        .where(reading.c.item_number.in_({number for _, number in items}))
        .order_by(reading.c.id)
    )
    rows = [row for row in connection.execute(query) if (row.sheet_id, row.item_number) in set(items)]
    files = {row.scan_file_id for row in rows}
    names, offices = scans.first_names(connection, files), scans.first_offices(connection, files)
    found: dict[tuple[int, int], list[SeenLine]] = {}
    for row in rows:
        line = _line(row, names[row.scan_file_id], offices[row.scan_file_id])
        found.setdefault((row.sheet_id, row.item_number), []).append(line)
    return found


def _places(connection: Connection, scope: Scope, after: int, limit: int) -> list[int]:
    """Found first and by themselves: left to join everything at once, a planner may begin at the sheets."""
    query = select(waiting_mark.c.event_id).where(waiting_mark.c.event_id > after, reaches_mark(scope))
    return list(connection.scalars(query.order_by(waiting_mark.c.event_id).limit(limit)))


def _marks() -> Select[Any]:
    """The newest state of items, with their sheets."""
    sheets = (sheet.c.identifier, sheet.c.instrument, sheet.c.version, sheet.c.language)
    return (
        select(event, *sheets, UNIT.label("sheet_unit"))
        .select_from(SHEETS)
        .join(event, event.c.sheet_id == sheet.c.id)
        .where(events.is_newest())
    )


def _same_item(table: Any) -> Any:
    return and_(table.c.sheet_id == event.c.sheet_id, table.c.item_number == event.c.item_number)


def _filled(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[WaitingMark, ...]:
    """The marks of these rows, with their readings and what others saw."""
    if not rows:
        return ()
    lines = seen_lines(connection, [(row.sheet_id, row.item_number) for row in rows])
    places = {row.place for row in rows}
    began_at = select(event.c.id, event.c.at).where(event.c.id.in_(places))
    since = {of: at for of, at in connection.execute(began_at)}  # noqa: C416 - rows, not pairs
    opinions = _opinions(connection, {row.sheet_id for row in rows})
    filled = []
    for row in rows:
        item, state, began = (row.sheet_id, row.item_number), events.state(row), since.get(row.place)
        filled.append(
            WaitingMark(
                place=row.place,
                waiting_since=began,
                sheet_id=row.identifier,
                instrument=row.instrument,
                version=row.version,
                language=row.language,
                unit=row.sheet_unit,
                item=state.item,
                item_number=state.item_number,
                revision=state.revision,
                kind=state.kind,
                actor=state.actor,
                status=state.status,
                reading_id=state.reading_id,
                position_mm=state.position_mm,
                score=state.score,
                missing_reason=state.missing_reason,
                decided_by=state.decided_by,
                reasons=state.reasons,
                readings=tuple(lines.get(item, ())),
                opinions=tuple(it for it in opinions.get(item, ()) if began is not None and it.at >= began),
            )
        )
    return tuple(filled)


def _opinions(connection: Connection, sheets: set[int]) -> dict[tuple[int, int], list[SecondOpinion]]:
    query = (
        select(second_look)
        .where(second_look.c.sheet_id.in_(sheets), second_look.c.agrees.is_(False))
        .order_by(second_look.c.answered_at)
    )
    found: dict[tuple[int, int], list[SecondOpinion]] = {}
    for row in connection.execute(query):
        opinion = SecondOpinion(
            by=row.answered_by,
            at=row.answered_at,
            position_mm=events.position(row.position_um),
            missing_reason=None if row.missing_reason is None else MissingReason(row.missing_reason),
        )
        found.setdefault((row.sheet_id, row.item_number), []).append(opinion)
    return found


def _line(row: Row[Any], scan_name: str, office: str | None) -> SeenLine:
    return SeenLine(
        reading_id=row.id,
        page_id=row.page_id,
        position_mm=row.position_mm,
        verdict=Verdict(row.verdict),
        standing=Standing(row.standing),
        reasons=events.reasons(row.reasons),
        marks=tuple(SeenMark(kind=it["kind"], position_mm=it["position_mm"]) for it in row.candidates),
        scan_name=scan_name,
        scan_page=row.number,
        office=office,
        read_at=row.read_at,
    )
