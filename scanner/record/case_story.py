"""A case as people look at it: its meetings and sheets, how far each has come; and all cases in a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from scanner.model.case import CaseFacts, SessionFacts
from scanner.model.sheet import SheetState
from scanner.record.meetings import FACTS, PLAN, PLANNED_SESSIONS, facts_of, plan_of
from scanner.record.schema import case, session, sheet
from scanner.record.schema_access import account, account_case
from scanner.record.schema_cases import session_plan
from scanner.record.sheet_states import state_word


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSheet:
    """A sheet of a case."""

    sheet_id: str
    instrument: str
    language: str
    session: int | None
    session_date: date | None
    """As it stands on the sheet."""
    subject: str | None
    rater: str | None
    printed_at: datetime
    state: SheetState


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMeeting:
    """A meeting of a case."""

    session: int
    plan: SessionFacts
    planned: bool
    """Somebody planned it; else it is known from its sheets only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStory:
    """All of a case."""

    row: int
    """Its number in the database, by which the log names it."""
    case: str
    facts: CaseFacts
    professionals: tuple[str, ...]
    """Names of the accounts whose case it is."""
    meetings: tuple[CaseMeeting, ...]
    sheets: tuple[CaseSheet, ...]
    """By meeting, as they were printed; those without a meeting come last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case in the list. Printed = outstanding + in_review + settled + void."""

    case: str
    facts: CaseFacts
    sessions: int
    printed: int
    outstanding: int
    in_review: int
    settled: int
    void: int


def story(connection: Connection, reference: str) -> CaseStory | None:
    """All of a case, or None when it is not in the record."""
    query: Select[Any] = select(case.c.id, *FACTS).where(case.c.reference == reference)
    row = connection.execute(query).first()
    if row is None:
        return None
    people = select(account.c.name).join(account_case).where(account_case.c.case_id == row.id)
    return CaseStory(
        row=row.id,
        case=reference,
        facts=facts_of(row),
        professionals=tuple(connection.scalars(people.order_by(account.c.name))),
        meetings=_meetings(connection, row.id),
        sheets=_sheets(connection, row.id),
    )


def case_lines(connection: Connection, unit: str | None) -> tuple[CaseLine, ...]:
    """All cases (of a unit, where one is named) by unit and reference, with the number of their sheets."""
    sessions = select(func.count()).where(session.c.case_id == case.c.id).correlate(case).scalar_subquery()
    query: Select[Any] = select(case.c.id, case.c.reference, *FACTS, sessions.label("sessions"))
    if unit is not None:
        query = query.where(case.c.unit == unit)
    numbers = _numbers(connection)
    found = [
        CaseLine(
            case=row.reference,
            facts=facts_of(row),
            sessions=row.sessions,
            printed=sum(numbers.get(row.id, {}).values()),
            **{state.value: numbers.get(row.id, {}).get(state, 0) for state in SheetState},
        )
        for row in connection.execute(query)
    ]
    return tuple(sorted(found, key=lambda line: (line.facts.unit is None, line.facts.unit or "", line.case)))


def _numbers(connection: Connection) -> dict[int, dict[SheetState, int]]:
    """Sheets of each case by their state."""
    states = select(sheet.c.case_id, state_word().label("state")).where(sheet.c.case_id.is_not(None))
    each = states.subquery()
    query = select(each.c.case_id, each.c.state, func.count().label("number")).group_by(*each.c)
    found: dict[int, dict[SheetState, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.case_id, {})[SheetState(row.state)] = row.number
    return found


def _meetings(connection: Connection, of: int) -> tuple[CaseMeeting, ...]:
    query: Select[Any] = (
        select(session.c.number, session_plan.c.case_id.label("planned"), *PLAN)
        .select_from(PLANNED_SESSIONS)
        .where(session.c.case_id == of)
        .order_by(session.c.number)
    )
    return tuple(
        CaseMeeting(session=row.number, plan=plan_of(row), planned=row.planned is not None)
        for row in connection.execute(query)
    )


def _sheets(connection: Connection, of: int) -> tuple[CaseSheet, ...]:
    query = (
        select(sheet, state_word().label("state"))
        .where(sheet.c.case_id == of)
        .order_by(sheet.c.session_number.is_(None), sheet.c.session_number, sheet.c.id)
    )
    return tuple(
        CaseSheet(
            sheet_id=row.identifier,
            instrument=row.instrument,
            language=row.language,
            session=row.session_number,
            session_date=row.session_date,
            subject=row.subject,
            rater=row.rater,
            printed_at=row.printed_at,
            state=SheetState(row.state),
        )
        for row in connection.execute(query)
    )
