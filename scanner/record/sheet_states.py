"""How far a sheet has come: the one place that says which are outstanding, in review, settled or void."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Subquery, and_, exists, not_, select
from sqlalchemy import case as choice

from scanner.model.decision import Status
from scanner.model.sheet import SheetState
from scanner.record import events
from scanner.record.schema import event, sheet


def state_conditions(waits: ColumnElement[bool] | None = None) -> dict[SheetState, ColumnElement[bool]]:
    """What each state means of a row of `sheet`; exactly one of them holds.

    `waits` says that a line of the sheet waits for a person, where that was joined already.
    """
    good, read = sheet.c.voided_at.is_(None), exists().where(event.c.sheet_id == sheet.c.id)
    waiting = _waits() if waits is None else waits
    return {
        SheetState.OUTSTANDING: and_(good, not_(read)),
        SheetState.IN_REVIEW: and_(good, read, waiting),
        SheetState.SETTLED: and_(good, read, not_(waiting)),
        SheetState.VOID: not_(good),
    }


def state_word() -> ColumnElement[str]:
    """The same as one value, the word of a `SheetState`."""
    return choice(*((condition, state.value) for state, condition in state_conditions().items()))


def waiting_sheets() -> Subquery:
    """The sheets with a line that waits, by `sheet_id`: where all sheets are looked at, joining these is
    quicker than asking for each."""
    lines = select(event.c.sheet_id).where(event.c.status == Status.REVIEW.value, events.is_newest())
    return lines.distinct().subquery("waiting")


def _waits() -> ColumnElement[bool]:
    mine = (event.c.sheet_id == sheet.c.id, event.c.status == Status.REVIEW.value, events.is_newest())
    return exists().where(*mine)
