"""Cases and meetings from a table: taken over once, changed when told so, contradictions named."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import Any

import pytest

from scanner.model.case import AgeBand, CaseFacts, CaseOutcome, CaseRow, SessionFacts
from scanner.model.sheet import SheetPurpose
from scanner.record import CaseChange, CaseImport, Record, Transaction
from scanner.record.accounts import NewAccount
from scanner.record.case_import import _insert_cases, _load
from scanner.record.copying import holds_data
from scanner.record.database import Database
from tests.record.builders import FULL, printed

DAY = date(2026, 11, 30)


def row(line: int, case: str, session: int | None = None, **said: Any) -> CaseRow:
    meeting = {name: said.pop(name) for name in SessionFacts.__slots__ if name in said}
    professional = said.pop("professional", None)
    emptied = frozenset(said.pop("emptied", ()))
    return CaseRow(
        line=line,
        case=case,
        facts=CaseFacts(**said),
        session=session,
        meeting=SessionFacts(**meeting),
        professional=professional,
        emptied=emptied,
    )


def take(record: Record, *rows: CaseRow, keep_good: bool = False) -> CaseImport:
    brought, taken = record.take_cases(rows, keep_good=keep_good, actor="anna")
    assert taken == (keep_good or not brought.troubles)
    return brought


def actions(record: Record) -> list[str]:
    return [entry.action for entry in record.audit_entries()]


PLANNED = (
    row(2, "A", 1, unit="North", age_band=AgeBand.CHILD, session_date=DAY, raters=("self", "mother")),
    row(3, "A", 2, session_time="09:30", own=("mother",), instruments=("cors",), language="sv", subject="c2"),
    row(4, "B", opened=DAY, outcome=CaseOutcome.OPEN, retention_class="long"),
)


def test_a_table_is_taken_over_once(record: Record) -> None:
    brought = take(record, *PLANNED)

    assert brought == CaseImport(
        new_cases=("A", "B"), new_sessions=(("A", 1), ("A", 2)), changes=(), troubles=()
    )
    first, second = record.meeting("A", 1), record.meeting("A", 2)
    assert first.facts == CaseFacts(unit="North", age_band=AgeBand.CHILD)
    assert first.plan == SessionFacts(session_date=DAY, raters=("self", "mother"))
    assert second.plan == PLANNED[1].meeting
    assert record.show_case("B", actor="anna").facts == PLANNED[2].facts
    assert actions(record)[-2:] == ["case.import", "case.show"]

    before = actions(record)
    assert take(record, *PLANNED) == CaseImport(new_cases=(), new_sessions=(), changes=(), troubles=())
    assert record.weigh_cases(PLANNED).new_cases == ()
    assert actions(record) == before
    assert record.verify().fault is None


def test_what_it_would_bring_is_told_without_writing(record: Record) -> None:
    before = actions(record)
    assert record.weigh_cases(PLANNED).new_sessions == (("A", 1), ("A", 2))
    assert record.list_cases(actor="anna") == ()
    assert actions(record) == [*before, "case.list"]


def test_changes_of_what_is_known_are_listed_and_logged(record: Record) -> None:
    take(record, *PLANNED)
    later = date(2026, 12, 1)
    rows = (
        row(2, "A", 1, unit="South", session_date=later, raters=("self",)),
        row(3, "B", closed=later, outcome=CaseOutcome.CLOSED_PLANNED),
    )

    assert take(record, *rows).changes == (
        CaseChange("A", None, "unit", "North", "South"),
        CaseChange("B", None, "closed", None, later),
        CaseChange("B", None, "outcome", CaseOutcome.OPEN, CaseOutcome.CLOSED_PLANNED),
        CaseChange("A", 1, "session_date", DAY, later),
        CaseChange("A", 1, "raters", ("self", "mother"), ("self",)),
    )
    found = record.meeting("A", 1)
    assert (found.facts.unit, found.facts.age_band) == ("South", AgeBand.CHILD)
    assert found.plan == SessionFacts(session_date=later, raters=("self",))
    logged = list(record.audit_entries())[-3:]
    assert [entry.action for entry in logged] == ["case.change", "case.change", "session.change"]
    assert not any("South" in entry.detail or "2026" in entry.detail for entry in logged)


def test_what_is_emptied_is_not_known_any_more(record: Record) -> None:
    take(record, *PLANNED)
    rows = (
        row(2, "A", 1, emptied=["unit", "session_date"]),
        row(3, "B", 1, emptied=["retention_class", "subject"]),
    )

    assert take(record, *rows).changes == (
        CaseChange("A", None, "unit", "North", None),
        CaseChange("B", None, "retention_class", "long", None),
        CaseChange("A", 1, "session_date", DAY, None),
    )
    found = record.meeting("A", 1)
    assert found.facts == CaseFacts(age_band=AgeBand.CHILD)
    assert found.plan == SessionFacts(raters=("self", "mother"))
    assert take(record, *rows).changes == ()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((row(2, "C", unit="N"), row(3, "C", unit="S")), (3, "unit is S, but line 2 says N")),
        (
            (row(2, "C", 1, raters=("self",)), row(3, "C", 1, raters=("self", "mother"))),
            (3, "raters is self mother, but line 2 says self"),
        ),
        ((row(2, "C", opened=DAY, closed=date(2026, 1, 1)),), (2, "closed 2026-01-01 is before opened")),
        ((row(2, "C", outcome=CaseOutcome.CLOSED_PLANNED),), (2, "say when, in closed")),
        (
            (row(2, "C", outcome=CaseOutcome.OPEN, closed=DAY),),
            (2, "outcome is open, but the case was closed"),
        ),
        (
            (row(2, "C", 4, closed=DAY, session_date=date(2026, 12, 1)),),
            (2, "session 4 is on 2026-12-01, but the case was closed on 2026-11-30"),
        ),
        ((row(2, "C", professional="nobody"),), (2, "there is no account 'nobody'")),
        ((row(2, "A-17", age_band=AgeBand.ADULT),), (2, "age_band is child and stays so")),
        ((row(2, "A-17", emptied=["age_band"]),), (2, "age_band is child and stays so")),
        ((row(2, "C", unit="N"), row(3, "C", emptied=["unit"])), (3, "unit is -, but line 2 says N")),
        (
            (row(2, "C", outcome=CaseOutcome.CLOSED_PLANNED, emptied=["closed"]),),
            (2, "say when, in closed"),
        ),
    ],
)
def test_contradictions_are_named_and_nothing_is_taken_unless_told_so(
    record: Record, rows: tuple[CaseRow, ...], said: tuple[int, str]
) -> None:
    take(record, row(2, "A-17", age_band=AgeBand.CHILD))
    printed(record, FULL)
    good = row(9, "D", 1, unit="N")
    before = actions(record)

    (trouble,) = take(record, *rows, good).troubles
    assert trouble.line == said[0]
    assert said[1] in trouble.words
    assert {line.case for line in record.list_cases(actor="anna")} == {"A-17"}
    assert actions(record) == [*before, "case.list"]

    brought = take(record, *rows, good, keep_good=True)
    assert brought.troubles == (trouble,)
    assert ("D", 1) in brought.new_sessions
    assert record.meeting("D", 1).facts.unit == "N"


def test_an_age_band_may_be_mended_before_anything_is_printed(record: Record) -> None:
    take(record, row(2, "A", age_band=AgeBand.ADULT))
    (change,) = take(record, row(2, "A", age_band=AgeBand.CHILD)).changes
    assert (change.before, change.after) == (AgeBand.ADULT, AgeBand.CHILD)


def test_cases_become_a_professionals_own(record: Record) -> None:
    anna = record.add_account(NewAccount(name="anna", roles=("professional",)), actor="admin")
    rows = (row(2, "A", professional="Anna"), row(3, "B"))
    assert take(record, *rows).changes == ()
    assert take(record, row(2, "B", professional="anna")).changes == (
        CaseChange("B", None, "professional", None, "anna"),
    )
    assert take(record, row(2, "B", professional="anna")).changes == ()

    found = record.account(anna.account_id)
    assert found is not None
    assert found.cases == {"A", "B"}
    assert record.show_case("A", actor="x").professionals == ("anna",)


def test_a_case_that_somebody_else_makes_meanwhile_is_not_new(record: Record) -> None:
    """Between the look and the writing: nothing of this try stays, and the next one sees it."""

    def work(tx: Transaction) -> bool:
        rows = (row(2, "A"), row(3, "B", unit="N"))
        ledger = _load(tx.connection, rows, lock=True)
        for one in rows:
            ledger.enter(one)
        assert _insert_cases(tx.connection, ["A"], ledger)
        return _insert_cases(tx.connection, ["A", "B"], ledger)

    assert record.write(work) is False
    assert [line.case for line in record.list_cases(actor="anna")] == ["A"]


def test_what_sheets_made_known_is_not_new(record: Record) -> None:
    printed(record, SheetPurpose(case="A", session=2, unit="North"))
    brought = take(record, row(2, "A", 2, session_date=DAY), row(3, "A", 3))

    assert (brought.new_cases, brought.new_sessions) == ((), (("A", 3),))
    assert brought.changes == (CaseChange("A", 2, "session_date", None, DAY),)
    assert [one.case for one in record.meetings_on(DAY)] == ["A"]


def test_a_record_with_a_case_and_no_sheet_is_not_thrown_away_for_a_backup(
    record: Record, record_url: str
) -> None:
    with closing(Database(record_url)) as database:
        assert not holds_data(database)
        take(record, row(2, "A"))
        assert holds_data(database)


def test_reopening_a_case_reopens_its_outcome(record: Record) -> None:
    take(record, row(2, "A", closed=DAY, outcome=CaseOutcome.CLOSED_UNPLANNED))
    record.close_case("A", None, None, actor="anna")
    facts = record.show_case("A", actor="anna").facts
    assert (facts.closed, facts.outcome) == (None, CaseOutcome.OPEN)


def test_more_rows_than_fit_in_a_statement_are_taken_in_lots(record: Record) -> None:
    rows = [row(n, f"case-{n}", n, unit="North", session_date=DAY, raters=("self",)) for n in range(1, 700)]
    assert len(take(record, *rows).new_sessions) == 699
    assert take(record, *rows).changes == ()
    assert len(record.meetings_on(DAY)) == 699
