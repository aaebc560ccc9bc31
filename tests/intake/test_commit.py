"""Writing down what became of a page: first, again, differently, void, twice at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from scanner.errors import JanaError
from scanner.intake.commit import Committed, commit_page
from scanner.model.decision import Decision, Reason, Status
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import PageSource
from scanner.model.result import EmptyPage, PageOutcome
from scanner.record import MissingReason, PageKind, Record, ResultRow, Standing
from tests.record.builders import (
    FULL,
    ITEMS,
    READER,
    accepted,
    decisions,
    doubtful,
    line,
    printed,
    read,
    result,
    scan,
)

Brief = tuple[str, Status, str, str, tuple[Reason, ...]]


def brief(row: ResultRow) -> Brief:
    return row.item, row.status, str(row.position_mm), str(row.score), row.reasons


def rows(record: Record, sheet_id: str) -> list[Brief]:
    return [brief(row) for row in record.rows_of_sheet(sheet_id)]


def test_the_first_reading_becomes_the_value(record: Record) -> None:
    [sheet_id] = printed(record)
    lines = [accepted("individual", 10.04), doubtful("interpersonal", 20.0, 60.0), doubtful("social")]
    committed = read(record, sheet_id, lines)
    assert (committed.outcome.kind, committed.outcome.standing) == (PageKind.READ, Standing.FIRST)
    assert (committed.outcome.sheet_id, committed.already) == (sheet_id, False)
    assert rows(record, sheet_id) == [
        ("individual", "accepted", "10.040", "1.0", ()),
        ("interpersonal", "review", "20.000", "None", (Reason.MULTIPLE,)),
        ("social", "review", "None", "None", (Reason.BLANK,)),
    ]
    assert {row.decided_by for row in record.results()} == {f"reader/{READER}"}


def test_the_same_sheet_again_is_a_sighting_and_the_first_reading_stays(record: Record) -> None:
    [sheet_id] = printed(record)
    read(record, sheet_id, decisions(10.0, 20.0, None))
    before = list(record.results())
    again = read(record, sheet_id, decisions(10.9, 19.1, None), "again.pdf")
    assert again.outcome.standing is Standing.SIGHTING
    assert list(record.results()) == before
    assert [scan.standing for scan in record.show(sheet_id).scans] == ["first", "sighting"]
    assert len(record.show(sheet_id).history) == 3


def test_agreement_does_not_creep_along_the_line(embedded_record: Record) -> None:
    [sheet_id] = printed(embedded_record)
    for number, place in enumerate((10.0, 10.9)):
        read(embedded_record, sheet_id, decisions(place), f"{number}.pdf")
    drifted = read(embedded_record, sheet_id, decisions(11.8), "drifted.pdf")
    assert drifted.outcome.standing is Standing.CONFLICT


def test_an_item_that_differs_goes_to_a_person_and_its_value_stands(record: Record) -> None:
    [sheet_id] = printed(record)
    read(record, sheet_id, decisions(10.0, 20.0, 30.0, None))
    other = read(record, sheet_id, decisions(10.2, 25.0, None, 40.0), "later.pdf")
    assert other.outcome.standing is Standing.CONFLICT
    assert rows(record, sheet_id) == [
        ("individual", "accepted", "10.000", "1.0", ()),
        ("interpersonal", "review", "20.000", "2.0", (Reason.CONFLICT,)),
        ("social", "review", "30.000", "3.0", (Reason.CONFLICT,)),
        ("overall", "review", "None", "None", (Reason.BLANK, Reason.CONFLICT)),
    ]
    assert {row.scan_name for row in record.rows_of_sheet(sheet_id)} == {"stack.pdf"}
    kept = [[seen.position_mm for seen in scan.readings] for scan in record.show(sheet_id).scans]
    assert kept == [[10.0, 20.0, 30.0, None], [10.2, 25.0, None, 40.0]]


def test_a_reading_that_was_in_conflict_before_is_nothing_new(embedded_record: Record) -> None:
    [sheet_id] = printed(embedded_record)
    read(embedded_record, sheet_id, decisions(10.0))
    read(embedded_record, sheet_id, decisions(60.0), "second.pdf")
    embedded_record.decide(sheet_id, "individual", MissingReason.ILLEGIBLE, actor="bo", seen_revision=2)
    for number, place in enumerate((10.1, 60.1)):
        again = read(embedded_record, sheet_id, decisions(place), f"again {number}.pdf")
        assert again.outcome.standing is Standing.SIGHTING
    assert [status for _, status, *_ in rows(embedded_record, sheet_id)] == ["missing"]
    third = read(embedded_record, sheet_id, decisions(80.0), "third.pdf")
    assert third.outcome.standing is Standing.CONFLICT
    assert rows(embedded_record, sheet_id) == [("individual", "review", "None", "None", (Reason.CONFLICT,))]


def test_a_sheet_that_agrees_in_any_state_changes_nothing(embedded_record: Record) -> None:
    [sheet_id] = printed(embedded_record)
    read(embedded_record, sheet_id, decisions(10.0, None))
    embedded_record.decide(sheet_id, "interpersonal", MissingReason.BLANK, actor="bo", seen_revision=1)
    before = list(embedded_record.results())
    assert (
        read(embedded_record, sheet_id, decisions(10.0, None), "b.pdf").outcome.standing is Standing.SIGHTING
    )
    assert list(embedded_record.results()) == before


def test_a_sheet_that_was_never_printed_here_is_refused(record: Record) -> None:
    committed = read(record, "J1" + "0" * 16, decisions(10.0))
    assert committed.outcome.reason is RefusalReason.UNKNOWN_SHEET
    assert [row.reason for row in record.refused_rows()] == ["unknown_sheet"]
    assert list(record.results()) == []


def test_a_void_sheet_that_comes_back_is_refused_and_can_be_found(record: Record) -> None:
    [sheet_id] = printed(record)
    record.void(sheet_id, reason="wrong child", actor="anna")
    committed = read(record, sheet_id, decisions(10.0))
    assert (committed.outcome.kind, committed.outcome.reason) == ("refused", "void_sheet")
    assert committed.outcome.sheet_id == sheet_id
    [seen] = record.show(sheet_id).scans
    assert (seen.refusal, seen.scan_name) == (RefusalReason.VOID_SHEET, "stack.pdf")
    assert rows(record, sheet_id) == []
    assert record.counts().void == 1


def test_committing_the_same_page_again_changes_nothing(record: Record) -> None:
    [sheet_id] = printed(record)
    digest = scan(record, pages=3)
    outcomes: list[PageOutcome] = [
        result(sheet_id, decisions(10.0, None), digest=digest, page=1),
        Refusal(digest, "stack.pdf", 2, RefusalReason.NO_CODE, "No code."),
        EmptyPage(PageSource(digest, "stack.pdf", 3)),
    ]
    first = [commit_page(record, outcome, reader_version=READER) for outcome in outcomes]
    before = (list(record.results()), record.counts(), list(record.audit_entries()))
    again = [commit_page(record, outcome, reader_version=READER) for outcome in outcomes]
    assert [one.already for one in first + again] == [False] * 3 + [True] * 3
    assert [one.outcome for one in first] == [one.outcome for one in again]
    assert (list(record.results()), record.counts(), list(record.audit_entries())) == before


def test_a_page_that_had_another_outcome_keeps_it(record: Record) -> None:
    [sheet_id] = printed(record)
    digest = scan(record)
    refusal = Refusal(digest, "stack.pdf", 1, RefusalReason.CRASHED, "The decoder fell over.")
    commit_page(record, refusal, reader_version=READER)
    late = commit_page(record, result(sheet_id, decisions(1.0), digest=digest), reader_version=READER)
    assert (late.already, late.outcome.reason) == (True, RefusalReason.CRASHED)
    assert rows(record, sheet_id) == []
    assert record.verify().fault is None


def test_a_newer_reader_may_read_a_page_again(record: Record) -> None:
    [sheet_id] = printed(record)
    digest = scan(record)
    for version, place, standing in (("1", 10.0, "first"), ("2", 10.3, "sighting"), ("3", 50.0, "conflict")):
        outcome = result(sheet_id, decisions(place), digest=digest, reader_version=version)
        committed = commit_page(record, outcome, reader_version=version)
        assert (committed.already, committed.outcome.standing) == (False, standing)
    assert record.counts().pages_read == 1


def test_an_accepted_line_without_a_position_is_a_bug_that_leaves_nothing(embedded_record: Record) -> None:
    [sheet_id] = printed(embedded_record)
    impossible = replace(accepted("individual", 10.0), reading=line("individual"))
    with pytest.raises(ValueError, match="without a position"):
        read(embedded_record, sheet_id, [impossible])
    assert embedded_record.counts().pages_waiting == 1
    assert embedded_record.counts().outstanding == 1


def together(record: Record, sheet_id: str, readings: list[tuple[Decision, ...]]) -> list[Committed]:
    """Commit several readings of one sheet, each from a file of its own, at the same moment."""
    digests = [scan(record, f"{sheet_id} {number}.pdf") for number in range(len(readings))]
    start = Barrier(len(readings))

    def commit(number: int) -> Committed:
        start.wait(30)
        outcome = result(sheet_id, readings[number], digest=digests[number])
        return commit_page(record, outcome, reader_version=READER)

    with ThreadPoolExecutor(len(readings)) as pool:
        return list(pool.map(commit, range(len(readings))))


def test_of_two_first_readings_at_once_one_is_second(record: Record) -> None:
    for sheet_id in printed(record, *[FULL] * 4):
        committed = together(record, sheet_id, [decisions(10.0, 20.0, 30.0, 40.0)] * 2)
        assert sorted(str(one.outcome.standing) for one in committed) == ["first", "sighting"]
    assert len(list(record.results())) == 4 * len(ITEMS)
    assert record.verify().fault is None


def test_of_two_different_readings_at_once_neither_is_lost(record: Record) -> None:
    for sheet_id in printed(record, *[FULL] * 3):
        committed = together(record, sheet_id, [decisions(10.0), decisions(80.0), decisions(50.0)])
        assert sorted(str(one.outcome.standing) for one in committed) == ["conflict", "conflict", "first"]
        [row] = record.rows_of_sheet(sheet_id)
        assert (row.status, row.reasons) == ("review", (Reason.CONFLICT,))
        assert len(record.show(sheet_id).history) == 3
    assert record.verify().fault is None


def test_of_two_commits_of_one_page_at_once_one_counts(record: Record) -> None:
    [sheet_id] = printed(record)
    outcome = result(sheet_id, decisions(10.0), digest=scan(record))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: commit_page(record, outcome, reader_version=READER), range(4)))
    assert sorted(one.already for one in done) == [False, True, True, True]
    assert len(record.show(sheet_id).history) == 1


def test_a_sheet_voided_while_it_is_read_is_either_read_or_refused(record: Record) -> None:
    for number, sheet_id in enumerate(printed(record, *[FULL] * 4)):
        outcome = result(sheet_id, decisions(10.0), digest=scan(record, f"{number}.pdf"))
        with ThreadPoolExecutor(2) as pool:
            voiding = pool.submit(record.void, sheet_id, reason="late", actor="anna")
            committing = pool.submit(commit_page, record, outcome, reader_version=READER)
            voiding.result()
            kind = committing.result().outcome.kind
        assert bool(rows(record, sheet_id)) == (kind is PageKind.READ)
        with pytest.raises(JanaError, match="void"):
            record.decide(sheet_id, "individual", MissingReason.LOST, actor="bo", seen_revision=1)
    counts = record.counts()
    assert (counts.void, counts.settled, counts.outstanding) == (4, 0, 0)
