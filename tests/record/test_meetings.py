"""The meetings of a day as their sheets are handed out, what is printed for them, and cases to look at."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from scanner.errors import JanaError
from scanner.model.case import CaseRow, SessionFacts
from scanner.model.sheet import SheetPurpose, SheetState
from scanner.record import Record
from tests.record.builders import PRINTED_AT, decisions, new_sheet, printed, read
from tests.record.test_case_import import DAY, row, take


def on(line: int, case: str, session: int, unit: str | None, time: str | None, day: date = DAY) -> CaseRow:
    return row(line, case, session, unit=unit, session_date=day, session_time=time)


def test_a_day_comes_unit_by_unit_in_its_order(record: Record) -> None:
    take(
        record,
        on(2, "a", 1, "South", None),
        on(3, "b", 7, "South", "08:00"),
        on(4, "c", 1, "North", "13:00"),
        on(5, "d", 1, "North", "09:30"),
        on(6, "e", 1, None, "07:00"),
        on(7, "f", 1, "North", "09:30"),
        on(8, "c", 2, "North", "08:00", date(2026, 12, 1)),
    )
    # Known from its sheets only: nobody planned it.
    printed(record, SheetPurpose(case="g", session=1, session_date=DAY, unit="North"))

    assert [one.case for one in record.meetings_on(DAY)] == ["d", "f", "c", "b", "a", "e"]
    assert [one.case for one in record.meetings_on(DAY, "South")] == ["b", "a"]
    assert record.meetings_on(date(2026, 12, 24)) == ()


def test_what_is_printed_and_not_void_is_known(record: Record) -> None:
    take(record, on(2, "A", 1, "North", None))
    whom = [
        SheetPurpose(case="A", session=1, subject="child", rater=who) for who in ("self", "mother", "father")
    ]
    _, mother, _ = printed(record, *whom)
    record.void(mother, reason="torn", actor="anna")

    expected = {("ors", "child", "self"), ("ors", "child", "father")}
    assert record.meeting("A", 1).printed == expected
    (met,) = record.meetings_on(DAY)
    assert met.printed == expected


def test_what_is_not_known_is_said(record: Record) -> None:
    take(record, on(2, "A", 4, "North", None))

    stranger, next_one = record.meeting("Z", 1), record.meeting("A", 5)
    assert (stranger.case_known, stranger.session_known) == (False, False)
    assert (next_one.case_known, next_one.session_known, next_one.last_session) == (True, False, 4)
    assert next_one.facts.unit == "North"
    assert next_one.plan == SessionFacts()


def test_nobody_prints_twice_what_somebody_else_has_just_printed(record: Record) -> None:
    """As when two people call the same command: both looked before either registered."""
    purpose = SheetPurpose(case="A", session=1, subject="child", rater="self")
    record.register([new_sheet(purpose)], printed_at=PRINTED_AT, actor="anna", once=True)

    mother = SheetPurpose(case="A", session=1, subject="child", rater="mother")
    with pytest.raises(JanaError, match="session 1 of case A"):
        record.register([new_sheet(mother), new_sheet(purpose)], printed_at=PRINTED_AT, actor="bo", once=True)
    assert len(record.show_case("A", actor="bo").sheets) == 1
    record.register([new_sheet(mother)], printed_at=PRINTED_AT, actor="bo", once=True)
    record.register([new_sheet(purpose)], printed_at=PRINTED_AT, actor="bo")
    assert len(record.show_case("A", actor="bo").sheets) == 3


def test_of_several_that_print_at_once_one_does(record: Record) -> None:
    take(record, on(2, "A", 1, "North", None))
    purpose = SheetPurpose(case="A", session=1, subject="child", rater="self")

    def prints(_number: int) -> bool:
        try:
            record.register([new_sheet(purpose)], printed_at=PRINTED_AT, actor="anna", once=True)
        except JanaError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(prints, range(4))) == [False, False, False, True]
    assert len(record.show_case("A", actor="bo").sheets) == 1


def test_a_case_is_shown_with_how_far_its_sheets_have_come(record: Record) -> None:
    take(record, on(2, "A", 1, "North", "09:00"))
    whom = SheetPurpose(case="A", session=1, subject="child", rater="self")
    later = SheetPurpose(case="A", session=2)
    settled, asked, void, out, loose = printed(record, whom, whom, whom, later, SheetPurpose(case="A"))
    read(record, settled, decisions(10.0, 20.0, 30.0, 40.0), name="1.pdf")
    read(record, asked, decisions(10.0, None, 30.0, 40.0), name="2.pdf")
    record.void(void, reason="torn", actor="anna")

    story = record.show_case("A", actor="anna")

    assert [(one.session, one.planned) for one in story.meetings] == [(1, True), (2, False)]
    assert {one.sheet_id: one.state for one in story.sheets} == {
        settled: SheetState.SETTLED,
        asked: SheetState.IN_REVIEW,
        void: SheetState.VOID,
        out: SheetState.OUTSTANDING,
        loose: SheetState.OUTSTANDING,
    }
    assert [one.session for one in story.sheets] == [1, 1, 1, 2, None]
    entry = list(record.audit_entries())[-1]
    assert (entry.action, entry.target) == ("case.show", f"case:{story.row}")
    (line,) = record.list_cases("North", actor="anna")
    figures = (line.sessions, line.printed, line.outstanding, line.in_review, line.settled, line.void)
    assert figures == (2, 5, 2, 1, 1, 1)
    assert record.list_cases("South", actor="anna") == ()
    with pytest.raises(JanaError, match="jana case import"):
        record.show_case("Z", actor="anna")
