"""What people say of an item, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from scanner.errors import JanaError
from scanner.model.decision import Reason, Status
from scanner.record import ChangedMeanwhileError, ItemState, MissingReason, Record, ResultRow
from tests.record.builders import accepted, doubtful, printed, read

EMBEDDED = pytest.mark.parametrize("record_url", ["embedded"], indirect=True)
"""For what does not depend on the database."""


@pytest.fixture
def sheet_id(record: Record) -> Iterator[str]:
    """A sheet with an accepted item, two proposals and a blank line."""
    [sheet_id] = printed(record)
    lines = [
        accepted("individual", 10.0),
        doubtful("interpersonal", 33.3336, 70.0),
        doubtful("social", 50.0, reasons=[Reason.FAINT]),
        doubtful("overall"),
    ]
    read(record, sheet_id, lines)
    yield sheet_id
    assert record.verify().fault is None


def row(record: Record, sheet_id: str, item: str) -> ResultRow:
    [found] = [row for row in record.rows_of_sheet(sheet_id) if row.item == item]
    return found


def values(record: Record, sheet_id: str, item: str) -> tuple[Status, str, str, str]:
    found = row(record, sheet_id, item)
    return found.status, str(found.position_mm), str(found.score), found.decided_by


def newest(record: Record, sheet_id: str, item: str) -> ItemState:
    [state] = [state for state in record.show(sheet_id).current if state.item == item]
    return state


@EMBEDDED
def test_saying_what_stands_there_confirms_it(record: Record, sheet_id: str) -> None:
    said = record.decide(sheet_id, "interpersonal", Decimal("33.334"), actor="bo", seen_revision=1)
    assert (said.status, said.revision) == (Status.CONFIRMED, 2)
    assert values(record, sheet_id, "interpersonal") == ("confirmed", "33.334", "3.3", "bo")
    assert row(record, sheet_id, "interpersonal").reasons == (Reason.MULTIPLE,)


@EMBEDDED
def test_another_place_corrects_it(record: Record, sheet_id: str) -> None:
    record.decide(sheet_id, "individual", Decimal("69.95"), actor="bo", seen_revision=1)
    assert values(record, sheet_id, "individual") == ("corrected", "69.950", "7.0", "bo")


@EMBEDDED
def test_an_item_may_have_no_value_for_a_reason(record: Record, sheet_id: str) -> None:
    for revision, reason in enumerate(MissingReason, 1):
        said = record.decide(sheet_id, "overall", reason, actor="bo", seen_revision=revision)
        assert said.missing_reason is reason
        assert values(record, sheet_id, "overall") == ("missing", "None", "None", "bo")


@EMBEDDED
def test_a_place_for_a_missing_item_gives_it_a_value_again(record: Record, sheet_id: str) -> None:
    record.decide(sheet_id, "social", MissingReason.ILLEGIBLE, actor="bo", seen_revision=1)
    said = record.decide(sheet_id, "social", Decimal(50), actor="cy", seen_revision=2)
    assert said.missing_reason is None
    assert values(record, sheet_id, "social") == ("corrected", "50.000", "5.0", "cy")


@EMBEDDED
def test_a_place_off_the_line_is_refused(record: Record, sheet_id: str) -> None:
    for place in ("-0.001", "100.001", "1000"):
        with pytest.raises(JanaError, match="not on the line"):
            record.decide(sheet_id, "social", Decimal(place), actor="bo", seen_revision=1)
    assert values(record, sheet_id, "social") == ("review", "50.000", "None", "reader/1.2.3")


def test_who_looked_at_something_older_is_told(record: Record, sheet_id: str) -> None:
    record.decide(sheet_id, "social", Decimal(51), actor="bo", seen_revision=1)
    for attempt in (1, 3):
        with pytest.raises(ChangedMeanwhileError, match=r"changed meanwhile \(decision by bo"):
            record.decide(sheet_id, "social", Decimal(52), actor="cy", seen_revision=attempt)
    with pytest.raises(ChangedMeanwhileError):
        record.undo(sheet_id, "social", actor="cy", seen_revision=1)
    assert values(record, sheet_id, "social") == ("corrected", "51.000", "5.1", "bo")


def test_of_two_reviewers_on_one_mark_one_is_told(record: Record, sheet_id: str) -> None:
    def decide(place: int) -> bool:
        try:
            record.decide(sheet_id, "social", Decimal(place), actor=f"r{place}", seen_revision=1)
        except ChangedMeanwhileError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(decide, (20, 30, 40, 60))) == 1
    assert newest(record, sheet_id, "social").revision == 2


def test_undoing_brings_back_what_was_there_as_something_new(record: Record, sheet_id: str) -> None:
    before = values(record, sheet_id, "social")
    record.decide(sheet_id, "social", Decimal(20), actor="bo", seen_revision=1)
    record.decide(sheet_id, "social", MissingReason.REFUSED, actor="cy", seen_revision=2)
    record.undo(sheet_id, "social", actor="cy", seen_revision=3)
    assert values(record, sheet_id, "social") == ("corrected", "20.000", "2.0", "bo")
    record.undo(sheet_id, "social", actor="cy", seen_revision=4)
    assert values(record, sheet_id, "social") == before
    with pytest.raises(JanaError, match="no decision to take back"):
        record.undo(sheet_id, "social", actor="cy", seen_revision=5)
    record.decide(sheet_id, "social", Decimal(30), actor="bo", seen_revision=5)
    record.undo(sheet_id, "social", actor="bo", seen_revision=6)
    assert values(record, sheet_id, "social") == before
    kinds = [state.kind for state in record.show(sheet_id).history if state.item == "social"]
    assert kinds == ["reading", "decision", "decision", "undo", "undo", "decision", "undo"]


@EMBEDDED
def test_a_machine_s_reading_cannot_be_undone(record: Record, sheet_id: str) -> None:
    with pytest.raises(JanaError, match="no decision"):
        record.undo(sheet_id, "individual", actor="bo", seen_revision=1)


def test_a_conflict_after_a_decision_keeps_its_value_until_somebody_decides(
    record: Record, sheet_id: str
) -> None:
    record.decide(sheet_id, "interpersonal", Decimal("33.334"), actor="bo", seen_revision=1)
    lines = [
        accepted("individual", 10.2),
        accepted("interpersonal", 70.0),
        doubtful("social", 50.0),
        doubtful("overall"),
    ]
    read(record, sheet_id, lines, "later.pdf")
    assert values(record, sheet_id, "interpersonal") == ("review", "33.334", "3.3", "bo")
    assert row(record, sheet_id, "interpersonal").reasons == (Reason.MULTIPLE, Reason.CONFLICT)
    with pytest.raises(JanaError, match="no decision"):
        record.undo(sheet_id, "interpersonal", actor="bo", seen_revision=3)
    second = record.show(sheet_id).scans[1].readings[1]
    record.decide(
        sheet_id,
        "interpersonal",
        Decimal(70),
        actor="cy",
        seen_revision=3,
        reading_id=second.reading_id,
    )
    settled = row(record, sheet_id, "interpersonal")
    assert (settled.status, str(settled.score), settled.scan_name) == ("corrected", "7.0", "later.pdf")


@EMBEDDED
def test_a_reading_of_something_else_cannot_be_pointed_at(record: Record, sheet_id: str) -> None:
    other = record.show(sheet_id).scans[0].readings[0]
    with pytest.raises(JanaError, match="none of social"):
        record.decide(
            sheet_id, "social", Decimal(5), actor="bo", seen_revision=1, reading_id=other.reading_id
        )


@EMBEDDED
def test_what_was_not_scanned_or_is_void_is_not_decided_on(record: Record, sheet_id: str) -> None:
    [waiting] = printed(record)
    for where, item, why in (
        (waiting, "social", "has not been scanned"),
        (sheet_id, "smell", "has no item smell"),
        ("J1" + "0" * 16, "social", "not in this record"),
    ):
        with pytest.raises(JanaError, match=why):
            record.decide(where, item, Decimal(5), actor="bo", seen_revision=1)
    record.void(sheet_id, reason="wrong child", actor="anna")
    with pytest.raises(JanaError, match=r"void \(wrong child"):
        record.decide(sheet_id, "social", Decimal(5), actor="bo", seen_revision=1)


def test_the_picture_and_the_evidence_of_a_line_can_be_looked_at(record: Record, sheet_id: str) -> None:
    reading_id = newest(record, sheet_id, "interpersonal").reading_id
    assert record.crop_png(reading_id) == b"\x89PNGinterpersonal"
    assert [mark.position_mm for mark in record.measured(reading_id).candidates] == [33.3336, 70.0]
    assert record.crop_png(10**6) is None
    with pytest.raises(LookupError):
        record.measured(10**6)
