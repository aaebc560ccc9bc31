"""What waits for a person: the oldest first, within one's reach only, with all it takes to settle it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from scanner.errors import JanaError
from scanner.model.decision import Reason, Status
from scanner.model.scope import EVERYTHING, Scope
from scanner.model.sheet import SheetPurpose
from scanner.record import EventKind, MissingReason, Record, ScanFile, Sighting, WaitingMark
from tests.record.builders import ITEMS, QUICK, accepted, decisions, doubtful, printed, read, scan
from tests.record.tampering import behind

NORTH = Scope(frozenset({"North"}))


def at_office(record: Record, name: str, office: str | None) -> None:
    """The bytes that `read` will take in for this name were in the folder of an office."""
    digest = scan(record, name)
    file = ScanFile(sha256=digest, size_bytes=4096, media="pdf")
    record.take(file, Sighting(name=name.encode(), office=office), actor="anna")


def places(marks: tuple[WaitingMark, ...]) -> list[tuple[str, str]]:
    return [(mark.sheet_id, mark.item) for mark in marks]


def test_the_longest_waiting_come_first_and_go_on_behind_a_place(record: Record) -> None:
    one, two = printed(record, SheetPurpose(), SheetPurpose())
    read(record, two, decisions(10.0, None, None), "two.pdf")
    read(record, one, decisions(None, 20.0), "one.pdf")
    expected = [(two, "interpersonal"), (two, "social"), (one, "individual")]

    marks = record.waiting(EVERYTHING)
    assert places(marks) == expected
    assert record.marks_left(EVERYTHING) == 3
    first = record.waiting(EVERYTHING, limit=2)
    assert first == marks[:2]
    assert record.waiting(EVERYTHING, after=first[-1].place) == marks[2:]
    assert record.waiting(EVERYTHING, after=marks[-1].place) == ()

    record.decide(two, "interpersonal", MissingReason.BLANK, actor="anna", seen_revision=1)
    assert places(record.waiting(EVERYTHING)) == expected[1:]
    record.undo(two, "interpersonal", actor="anna", seen_revision=2)
    assert places(record.waiting(EVERYTHING)) == [*expected[1:], expected[0]]


def test_a_mark_says_all_that_is_needed(record: Record) -> None:
    (sheet_id,) = printed(record, SheetPurpose(unit="North"))
    at_office(record, "a\n.pdf", "Kallio")
    read(record, sheet_id, [doubtful("individual", 40.0, 61.5, reasons=[Reason.MULTIPLE])], "a\n.pdf")

    (mark,) = record.waiting(EVERYTHING)
    assert (mark.sheet_id, mark.instrument, mark.version, mark.language) == (sheet_id, "ors", 1, "fi")
    assert (mark.unit, mark.item, mark.item_number, mark.revision) == ("North", "individual", 1, 1)
    assert (mark.status, mark.kind) == (Status.REVIEW, EventKind.READING)
    assert (mark.position_mm, mark.score, mark.reasons) == (Decimal("40.000"), None, (Reason.MULTIPLE,))
    (line,) = mark.readings
    assert line.reading_id == mark.reading_id
    assert [seen.position_mm for seen in line.marks] == [40.0, 61.5]
    assert (line.scan_name, line.scan_page, line.office) == ("a\\u000a.pdf", 1, "Kallio")
    assert mark.waiting_since == line.read_at
    assert mark.opinions == ()


def test_a_conflict_shows_what_stands_and_every_reading(record: Record) -> None:
    (sheet_id,) = printed(record)
    read(record, sheet_id, [accepted("individual", 40.0)], "first.pdf")
    read(record, sheet_id, [accepted("individual", 40.2)], "again.pdf")
    read(record, sheet_id, [accepted("individual", 70.0)], "other.pdf")

    (mark,) = record.waiting(EVERYTHING)
    assert (mark.score, mark.status, mark.kind) == (Decimal("4.0"), Status.REVIEW, EventKind.CONFLICT)
    assert [line.position_mm for line in mark.readings] == [40.0, 40.2, 70.0]
    assert [line.standing.value for line in mark.readings] == ["first", "sighting", "conflict"]
    before = mark.place
    read(record, sheet_id, [accepted("individual", 20.0)], "third.pdf")
    (mark,) = record.waiting(EVERYTHING)
    assert (mark.place, mark.revision) == (before, 3), "it keeps its place"


def test_one_mark_is_shown_whether_it_waits_or_not(record: Record) -> None:
    (sheet_id,) = printed(record)
    read(record, sheet_id, decisions(40.0, None))
    settled = record.mark(EVERYTHING, sheet_id, "individual")
    assert settled is not None
    assert (settled.place, settled.waiting_since, settled.score) == (0, None, Decimal("4.0"))
    waits = record.mark(EVERYTHING, sheet_id, "interpersonal")
    assert waits == record.waiting(EVERYTHING)[0]
    assert record.mark(EVERYTHING, sheet_id, "nothing") is None
    assert record.mark(NORTH, "J1000000000000000", "individual") is None


def test_void_sheets_wait_no_more(record: Record) -> None:
    (sheet_id,) = printed(record)
    read(record, sheet_id, decisions(None, None))
    record.void(sheet_id, reason="handed to the wrong person", actor="anna")
    assert record.waiting(EVERYTHING) == ()
    assert record.marks_left(EVERYTHING) == 0


REACHED = {
    # purpose, office: who reaches it beside those who reach everything
    "printed for the unit": (SheetPurpose(unit="North", case="A-1"), None, {"North"}),
    "of another unit, scanned here": (SheetPurpose(unit="South"), "North", {"South"}),
    "of the unit's case": (SheetPurpose(case="N-1"), None, {"North", "own case"}),
    "from nowhere, scanned here": (SheetPurpose(), "North", {"North"}),
    "from nowhere": (SheetPurpose(), None, set()),
    "of an own case elsewhere": (SheetPurpose(unit="South", case="N-1"), None, {"South", "own case"}),
}
SCOPES = {
    "North": NORTH,
    "South": Scope(frozenset({"South"})),
    "own case": Scope(cases=frozenset({"N-1"})),
    "nothing": Scope(),
}


@pytest.mark.parametrize("situation", REACHED)
def test_only_what_is_within_reach_is_there(record: Record, situation: str) -> None:
    printed(record, SheetPurpose(case="N-1", unit="North"))
    purpose, office, who = REACHED[situation]
    (sheet_id,) = printed(record, purpose)
    at_office(record, "one.pdf", office)
    read(record, sheet_id, decisions(None), "one.pdf")
    (mark,) = record.waiting(EVERYTHING)

    for name, scope in SCOPES.items():
        reached = name in who
        assert bool(record.waiting(scope)) == reached, name
        assert record.marks_left(scope) == int(reached)
        assert (record.mark(scope, sheet_id, "individual") is not None) == reached
        assert record.reaches_sheet(scope, sheet_id) == reached
        assert (record.look_at_crop(scope, mark.reading_id, actor="anna") is not None) == reached
    looks = [entry for entry in record.audit_entries() if entry.action == "crop.look"]
    assert len(looks) == len(who)
    assert {entry.target for entry in looks} <= {f"sheet:{sheet_id}/individual"}


def test_a_sheet_that_is_bound_waits_elsewhere(record: Record) -> None:
    printed(record, SheetPurpose(case="N-1", unit="North"))
    (sheet_id,) = printed(record, SheetPurpose())
    at_office(record, "one.pdf", "South")
    read(record, sheet_id, decisions(None), "one.pdf")
    assert len(record.waiting(SCOPES["South"])) == 1
    record.bind(sheet_id, SheetPurpose(case="N-1"), actor="anna")
    reached = {name: len(record.waiting(scope)) for name, scope in SCOPES.items()}
    assert reached == {"North": 1, "South": 0, "own case": 1, "nothing": 0}


def test_a_look_that_cannot_be_logged_is_no_look(record: Record, record_url: str) -> None:
    (sheet_id,) = printed(record)
    read(record, sheet_id, decisions(None))
    (mark,) = record.waiting(EVERYTHING)
    with behind(record_url) as connection:
        connection.execute(text("ALTER TABLE audit RENAME TO audit_gone"))
    with pytest.raises(Exception, match="audit"):
        record.look_at_crop(EVERYTHING, mark.reading_id, actor="anna")


class Day:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def day() -> Day:
    return Day()


@pytest.fixture
def dated(record_url: str, day: Day) -> Iterator[Record]:
    with Record.open(record_url, clock=day) as opened:
        yield opened


def test_what_was_done_today_is_counted_for_each(dated: Record, day: Day) -> None:
    (sheet_id,) = printed(dated)
    read(dated, sheet_id, decisions(None, None, None, None))
    dated.decide(sheet_id, ITEMS[0], MissingReason.BLANK, actor="anna", seen_revision=1)
    day.now += timedelta(days=1)
    dated.decide(sheet_id, ITEMS[1], MissingReason.BLANK, actor="anna", seen_revision=1)
    dated.decide(sheet_id, ITEMS[2], MissingReason.BLANK, actor="bo", seen_revision=1)
    dated.decide(sheet_id, ITEMS[3], Decimal("10"), actor="anna", seen_revision=1)
    dated.undo(sheet_id, ITEMS[3], actor="anna", seen_revision=2)
    assert dated.done_since("anna", day.now) == 2
    assert dated.done_since("anna", day.now - timedelta(days=1)) == 3
    assert dated.done_since("cecilia", day.now - timedelta(days=9)) == 0


STEPS = ("read", "other", "decide", "undo", "void")


@settings(QUICK, max_examples=8)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 1)), min_size=4, max_size=10))
def test_the_table_says_what_the_events_say(embedded_template: Path, steps: list[tuple[str, int]]) -> None:
    """Kept up step by step, it is always what would be found by going through all events."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.sqlite"
        shutil.copyfile(embedded_template, path)
        _tried(path, steps)


def _tried(path: Path, steps: list[tuple[str, int]]) -> None:
    with Record.open(f"sqlite:///{path}") as record:
        sheets = printed(record, SheetPurpose(), SheetPurpose())
        for number, (step, which) in enumerate(steps):
            _step(record, step, sheets[which], number)
            expected = {(row.sheet_id, row.item) for row in record.results() if row.status is Status.REVIEW}
            assert set(places(record.waiting(EVERYTHING))) == expected
            assert record.marks_left(EVERYTHING) == len(expected)


def _step(record: Record, step: str, sheet_id: str, number: int) -> None:
    current = {state.item: state for state in record.show(sheet_id).current}
    revision = current["individual"].revision if current else 0
    with suppress(JanaError):
        if step in ("read", "other"):
            read(record, sheet_id, decisions(None if step == "read" else 30.0, 20.0), f"{number}.pdf")
        elif step == "decide":
            record.decide(sheet_id, "individual", Decimal("9"), actor="anna", seen_revision=revision)
        elif step == "undo":
            record.undo(sheet_id, "individual", actor="anna", seen_revision=revision)
        else:
            record.void(sheet_id, reason="so", actor="anna")
