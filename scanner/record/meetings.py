"""Cases and their meetings as they stand: what is known, what is planned, what is printed already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select

from scanner.model.case import AgeBand, CaseFacts, CaseOutcome, Meeting, PrintedRating, SessionFacts
from scanner.model.sheet import SheetPurpose
from scanner.record.schema import case, session, sheet
from scanner.record.schema_cases import session_plan

FACTS = (
    case.c.unit,
    case.c.age_band,
    case.c.opened,
    case.c.closed,
    case.c.outcome,
    case.c.retention_class,
)
PLAN = (
    session.c.date.label("session_date"),
    session_plan.c.session_time,
    session_plan.c.subject,
    session_plan.c.raters,
    session_plan.c.own,
    session_plan.c.instruments,
    session_plan.c.language,
)
PLANNED_SESSIONS = session.outerjoin(
    session_plan,
    and_(session_plan.c.case_id == session.c.case_id, session_plan.c.session_number == session.c.number),
)


def meetings_on(connection: Connection, day: date, unit: str | None) -> tuple[Meeting, ...]:
    """Meetings that were planned for that day (None for `unit`: of all units): unit by unit, in the
    order of the day, by their case."""
    query = _meetings().where(session.c.date == day, session_plan.c.case_id.is_not(None))
    if unit is not None:
        query = query.where(case.c.unit == unit)
    planned = [_meeting(row) for row in connection.execute(query)]
    printed = _printed(connection, session.c.date == day)
    found = (_with(meeting, printed) for meeting in planned)
    return tuple(sorted(found, key=_by_handing_out))


def meeting(connection: Connection, reference: str, number: int) -> Meeting:
    """One meeting, also when it, or its case, is not in the record."""
    row = connection.execute(
        _meetings().where(case.c.reference == reference, session.c.number == number)
    ).first()
    if row is not None:
        mine = and_(case.c.reference == reference, session.c.number == number)
        return _with(_meeting(row), _printed(connection, mine))
    query: Select[Any] = select(case.c.id, *FACTS).where(case.c.reference == reference)
    known = connection.execute(query).first()
    if known is None:
        return Meeting(case=reference, session=number, case_known=False, session_known=False)
    last = connection.scalar(select(func.max(session.c.number)).where(session.c.case_id == known.id))
    return Meeting(
        case=reference, session=number, facts=facts_of(known), session_known=False, last_session=last
    )


def printed_twice(connection: Connection, purposes: Sequence[tuple[str, SheetPurpose]]) -> list[SheetPurpose]:
    """Of instruments with their purposes, those for which there is a good sheet.

    Locks the meetings, so that nobody else prints for them before this transaction ends.
    """
    wanted = {(str(purpose.case), int(purpose.session or 0)) for _, purpose in purposes}
    twice = []
    for reference, number in sorted(wanted):
        mine = and_(case.c.reference == reference, session.c.number == number)
        held = select(session.c.number).join(case).where(mine).with_for_update(of=session)
        connection.execute(held).all()
        there = _printed(connection, mine).get((reference, number), frozenset())
        twice += [
            purpose
            for instrument, purpose in purposes
            if (purpose.case, purpose.session) == (reference, number)
            and (instrument, purpose.subject, purpose.rater) in there
        ]
    return twice


def facts_of(row: Row[Any]) -> CaseFacts:
    """From a row that has `FACTS`."""
    return CaseFacts(
        unit=row.unit,
        age_band=None if row.age_band is None else AgeBand(row.age_band),
        opened=row.opened,
        closed=row.closed,
        outcome=None if row.outcome is None else CaseOutcome(row.outcome),
        retention_class=row.retention_class,
    )


def plan_of(row: Row[Any]) -> SessionFacts:
    """From a row that has `PLAN`."""
    return SessionFacts(
        session_date=row.session_date,
        session_time=row.session_time,
        subject=row.subject,
        raters=_words(row.raters),
        own=_words(row.own),
        instruments=_words(row.instruments),
        language=row.language,
    )


def _words(stored: str | None) -> tuple[str, ...] | None:
    return None if stored is None else tuple(stored.split())


def _meetings() -> Select[Any]:
    columns = (case.c.reference, session.c.number, *FACTS, *PLAN)
    return select(*columns).select_from(PLANNED_SESSIONS.join(case, session.c.case_id == case.c.id))


def _meeting(row: Row[Any]) -> Meeting:
    return Meeting(case=row.reference, session=row.number, facts=facts_of(row), plan=plan_of(row))


def _printed(
    connection: Connection, which: ColumnElement[bool]
) -> dict[tuple[str, int], frozenset[PrintedRating]]:
    """What is printed and not void, by the reference of the case and the number of the meeting."""
    query = (
        select(case.c.reference, session.c.number, sheet.c.instrument, sheet.c.subject, sheet.c.rater)
        .select_from(session.join(case, session.c.case_id == case.c.id))
        .join(sheet, and_(sheet.c.case_id == session.c.case_id, sheet.c.session_number == session.c.number))
        .where(which, sheet.c.voided_at.is_(None))
    )
    found: dict[tuple[str, int], set[PrintedRating]] = {}
    for row in connection.execute(query):
        rating = (row.instrument, row.subject, row.rater)
        found.setdefault((row.reference, row.number), set()).add(rating)
    return {key: frozenset(ratings) for key, ratings in found.items()}


def _with(found: Meeting, printed: dict[tuple[str, int], frozenset[PrintedRating]]) -> Meeting:
    return Meeting(
        case=found.case,
        session=found.session,
        facts=found.facts,
        plan=found.plan,
        last_session=found.session,
        printed=printed.get((found.case, found.session), frozenset()),
    )


def _by_handing_out(found: Meeting) -> tuple[bool, str, bool, str, str, int]:
    """Unit by unit, then by the time of day; what has none comes last."""
    unit, time = found.facts.unit, found.plan.session_time
    return (unit is None, unit or "", time is None, time or "", found.case, found.session)
