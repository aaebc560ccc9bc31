"""The record's methods about cases and their meetings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from scanner.errors import JanaError
from scanner.model.case import CaseRow, Meeting
from scanner.record import case_import, case_story, cases, meetings
from scanner.record.case_import import RowsInTheWayError
from scanner.record.case_ledger import CaseImport
from scanner.record.case_story import CaseLine, CaseStory
from scanner.record.database import Transaction
from scanner.record.opened import OpenedRecord


class CaseMethods(OpenedRecord):
    """Cases are named by their reference."""

    def weigh_cases(self, rows: Sequence[CaseRow]) -> CaseImport:
        """What rows of a table would bring, without writing anything."""
        return self.look(lambda connection: case_import.weigh(connection, rows))

    def take_cases(self, rows: Sequence[CaseRow], *, keep_good: bool, actor: str) -> tuple[CaseImport, bool]:
        """Write what rows of a table bring, and whether that was done: when some of them are wrong,
        nothing is written unless the good ones are to be kept."""
        try:
            return self.write(lambda tx: case_import.take(tx, rows, keep_good=keep_good, actor=actor)), True
        except RowsInTheWayError as error:
            return error.brought, False

    def close_case(self, reference: str, on: date | None, retention: str | None, *, actor: str) -> None:
        """Close a case, or (`on` None) open it again; see `cases.close`."""
        self.write(lambda tx: cases.close(tx, reference, on, retention, actor=actor))

    def meetings_on(self, day: date, unit: str | None = None) -> tuple[Meeting, ...]:
        """Meetings that were planned for a day, in the order in which sheets are handed out."""
        return self.look(lambda connection: meetings.meetings_on(connection, day, unit))

    def meeting(self, reference: str, number: int) -> Meeting:
        """One meeting, also when it, or its case, is not in the record yet."""
        return self.look(lambda connection: meetings.meeting(connection, reference, number))

    def show_case(self, reference: str, *, actor: str) -> CaseStory:
        """All of a case; the look is in the log. Raises JanaError when it is not in this record."""

        def work(tx: Transaction) -> CaseStory:
            told = case_story.story(tx.connection, reference)
            if told is None:
                raise JanaError(
                    f"The case {reference} is not in this record: take it in with `jana case import`, or "
                    "look whether JANA_HOME or JANA_DATABASE_URL names the right record."
                )
            tx.audit(actor, "case.show", f"case:{told.row}")
            return told

        return self.write(work)

    def list_cases(self, unit: str | None = None, *, actor: str) -> tuple[CaseLine, ...]:
        """All cases, or those of a unit; the look is in the log."""

        def work(tx: Transaction) -> tuple[CaseLine, ...]:
            lines = case_story.case_lines(tx.connection, unit)
            tx.audit(actor, "case.list", "cases", count=len(lines))
            return lines

        return self.write(work)
