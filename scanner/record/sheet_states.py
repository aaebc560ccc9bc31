"""How far a sheet has come: the one place that says which are outstanding, in review, settled or void."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Subquery, and_, exists, not_, select
from sqlalchemy import case as choice

from scanner.model.decision import Status
from scanner.model.sheet import SheetState
from scanner.record import events
from scanner.record.schema import event, sheet


def state_conditions(
    good: ColumnElement[bool], read: ColumnElement[bool], waits: ColumnElement[bool]
) -> dict[SheetState, ColumnElement[bool]]:
    """What each state means, by what `is_good`, `was_read` and `waits` say; exactly one of them holds."""
    return {
        SheetState.OUTSTANDING: and_(good, not_(read)),
        SheetState.IN_REVIEW: and_(good, read, waits),
        SheetState.SETTLED: and_(good, read, not_(waits)),
        SheetState.VOID: not_(good),
    }


def states_of_sheet() -> dict[SheetState, ColumnElement[bool]]:
    """The same of a row of `sheet`."""
    return state_conditions(is_good(), was_read(), _waits())


def state_word() -> ColumnElement[str]:
    """The same as one value, the word of a `SheetState`."""
    return choice(*((condition, state.value) for state, condition in states_of_sheet().items()))


def is_good() -> ColumnElement[bool]:
    """Nobody has declared the sheet void."""
    return sheet.c.voided_at.is_(None)


def was_read() -> ColumnElement[bool]:
    """Lines of the sheet have been read from some scan."""
    return exists().where(event.c.sheet_id == sheet.c.id)


def waiting_sheets() -> Subquery:
    """The sheets with a line that waits, by `sheet_id`: where all sheets are looked at, joining these is
    quicker than asking for each."""
    lines = select(event.c.sheet_id).where(event.c.status == Status.REVIEW.value, events.is_newest())
    return lines.distinct().subquery("waiting")


def _waits() -> ColumnElement[bool]:
    mine = (event.c.sheet_id == sheet.c.id, event.c.status == Status.REVIEW.value, events.is_newest())
    return exists().where(*mine)
