"""A table of cases beside the record: what it brings, what it changes, where it contradicts.

Pure: the record's side is handed in, nothing is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Generic, TypeVar

from scanner.model.case import CaseFacts, CaseOutcome, CaseRow, RowTrouble, SessionFacts
from scanner.record.accounts import Account
from scanner.texts.row_error import RowError

F = TypeVar("F", CaseFacts, SessionFacts)
MeetingKey = tuple[str, int]
"""Reference of the case, and number of the meeting."""


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One thing of a case or a meeting that the table says otherwise than the record."""

    case: str
    session: int | None
    """None: it is about the case as a whole."""
    column: str
    before: object
    """None: nothing was known."""
    after: object
    """None: it was emptied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseImport:
    """What a table brings, or brought."""

    new_cases: tuple[str, ...]
    new_sessions: tuple[MeetingKey, ...]
    changes: tuple[CaseChange, ...]
    """Of cases and meetings that were in the record before."""
    troubles: tuple[RowTrouble, ...]
    """Rows that contradict the record or each other."""


@dataclass(slots=True)
class Thing(Generic[F]):
    """A case or a meeting while rows are weighed."""

    before: F | None
    """None: it is new."""
    after: F
    said: dict[str, tuple[object, int]] = field(default_factory=dict)
    """What rows of this table said of it, and on which line."""
    named: bool = False
    """A row of this table names it."""

    def with_said(self, given: F, emptied: Collection[str], line: int) -> Thing[F]:
        """The same after a row; what the row leaves empty stays, unless it is to be emptied. Raises RowError
        when an earlier row of the table says otherwise."""
        values: dict[str, Any] = {
            name: value for name, value in _values(given).items() if value is not None or name in emptied
        }
        for name, value in values.items():
            other, where = self.said.get(name, (value, 0))
            if other != value:
                raise RowError("contradicts", name=name, value=_shown(value), line=where, other=_shown(other))
        said = {name: (value, line) for name, value in values.items()}
        return Thing(self.before, replace(self.after, **values), said | self.said, named=True)

    def changes(self, reference: str, number: int | None) -> list[CaseChange]:
        if self.before is None:
            return []
        before, after = _values(self.before), _values(self.after)
        return [
            CaseChange(reference, number, name, before[name], value)
            for name, value in after.items()
            if value != before[name]
        ]


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The record's side at first; row by row it becomes what the table wants."""

    rows: Mapping[str, int]
    """Database rows of the cases that are there."""
    printed: frozenset[str]
    """Cases for which a sheet was printed."""
    accounts: Mapping[str, Account | None]
    """By name; None: there is none of that name."""
    cases: dict[str, Thing[CaseFacts]]
    meetings: dict[MeetingKey, Thing[SessionFacts]]
    gifts: dict[tuple[str, str], Account] = field(default_factory=dict)
    """Cases, with the name of an account, that become somebody's own."""

    def enter(self, row: CaseRow) -> None:
        """Take a row over, wholly or not at all. Raises RowError with what is wrong with it."""
        known = self.cases.get(row.case, Thing(None, CaseFacts()))
        thing = known.with_said(row.facts, row.emptied, row.line)
        self._check_case(row, thing)
        if row.session is not None:
            key = (row.case, row.session)
            met = self.meetings.get(key, Thing(None, SessionFacts()))
            meeting = met.with_said(row.meeting, row.emptied, row.line)
            _check_meeting(row, meeting, thing)
        if row.professional is not None:
            account = self.accounts.get(row.professional)
            if account is None:
                raise RowError("no_account", given=repr(row.professional))
            if row.case not in account.cases:
                self.gifts[row.case, row.professional] = account
        self.cases[row.case] = thing
        if row.session is not None:
            self.meetings[key] = meeting

    def _check_case(self, row: CaseRow, thing: Thing[CaseFacts]) -> None:
        before, now, said = thing.before or CaseFacts(), thing.after, row.facts
        if before.age_band not in (None, now.age_band) and row.case in self.printed:
            raise RowError("age_band_stays", value=before.age_band)
        if now.opened and now.closed and now.closed < now.opened and (said.opened or said.closed):
            raise RowError("closed_before", closed=now.closed, opened=now.opened)
        if now.outcome is not None and (said.outcome or said.closed or "closed" in row.emptied):
            if now.outcome is CaseOutcome.OPEN and now.closed is not None:
                raise RowError("open_but_closed", closed=now.closed)
            if now.outcome is not CaseOutcome.OPEN and now.closed is None:
                raise RowError("closed_when", outcome=now.outcome)

    def brought(self, troubles: tuple[RowTrouble, ...]) -> CaseImport:
        """All that the entered rows bring, by case and meeting."""
        changes = [
            change for name, thing in sorted(self.cases.items()) for change in thing.changes(name, None)
        ]
        changes += [
            CaseChange(name, None, "professional", None, person)
            for name, person in sorted(self.gifts)
            if name in self.rows
        ]
        for (name, number), meeting in sorted(self.meetings.items()):
            changes += meeting.changes(name, number)
        return CaseImport(
            new_cases=tuple(sorted(name for name, thing in self.cases.items() if thing.before is None)),
            new_sessions=tuple(sorted(key for key, thing in self.meetings.items() if thing.before is None)),
            changes=tuple(changes),
            troubles=troubles,
        )


def _check_meeting(row: CaseRow, meeting: Thing[SessionFacts], thing: Thing[CaseFacts]) -> None:
    day, closed = meeting.after.session_date, thing.after.closed
    if day and closed and day > closed and (row.meeting.session_date or row.facts.closed):
        raise RowError("session_after", session=row.session, day=day, closed=closed)


def _values(facts: CaseFacts | SessionFacts) -> dict[str, object]:
    return {one.name: getattr(facts, one.name) for one in fields(facts)}


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return " ".join(value) if isinstance(value, tuple) else str(value)
