"""Versions follow from what happens to a sheet: one for each content that it has had while it was settled."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from scanner.model.decision import Status
from scanner.model.delivery import SettledSheet, Withdrawal
from scanner.model.sheet import SheetPurpose
from scanner.record import MissingReason, Record, versions
from tests.record.builders import FULL, ITEMS, QUICK, decisions, printed, read
from tests.record.tampering import behind, unguarded

PLACES = (10.0, 20.04, 30.0, 40.0)


def of(record: Record, sheet_id: str) -> tuple[SettledSheet, ...]:
    return record.look(lambda connection: versions.versions_of(connection, sheet_id))


def revision(record: Record, sheet_id: str, item: str) -> int:
    return next(state.revision for state in record.show(sheet_id).current if state.item == item)


def decide(record: Record, sheet_id: str, item: str, value: str | MissingReason) -> None:
    said = value if isinstance(value, MissingReason) else Decimal(value)
    record.decide(sheet_id, item, said, actor="bo", seen_revision=revision(record, sheet_id, item))


def undo(record: Record, sheet_id: str, item: str) -> None:
    record.undo(sheet_id, item, actor="bo", seen_revision=revision(record, sheet_id, item))


def test_a_sheet_that_the_reader_settles_has_a_version_with_all_that_is_known(record: Record) -> None:
    [sheet_id] = printed(record)
    read(record, sheet_id, decisions(*PLACES))
    [version] = of(record, sheet_id)
    told = record.show(sheet_id)
    assert (version.sheet_id, version.version, version.withdrawn) == (sheet_id, 1, None)
    assert (version.instrument, version.instrument_version, version.language) == ("ors", 1, "fi")
    assert {name: getattr(version, name) for name in SheetPurpose.__slots__} == {
        name: getattr(FULL, name) for name in SheetPurpose.__slots__
    }
    assert [(item.item, item.item_number) for item in version.items] == list(
        zip(ITEMS, range(1, 5), strict=True)
    )
    assert [str(item.position_mm) for item in version.items] == ["10.000", "20.040", "30.000", "40.000"]
    assert [str(item.score) for item in version.items] == ["1.0", "2.0", "3.0", "4.0"]
    assert str(version.total) == "10.0"
    assert version.read_at == told.scans[0].read_at == version.settled_at
    assert (version.reader_version, version.scan_sha256) == ("1.2.3", told.scans[0].scan_sha256)


def test_nothing_is_settled_before_its_last_line_is(record: Record) -> None:
    [sheet_id] = printed(record)
    read(record, sheet_id, decisions(10.0, None, 30.0, None))
    assert of(record, sheet_id) == ()
    decide(record, sheet_id, "interpersonal", "55.55")
    assert of(record, sheet_id) == ()
    decide(record, sheet_id, "overall", MissingReason.REFUSED)
    [version] = of(record, sheet_id)
    assert [item.status for item in version.items] == ["accepted", "corrected", "accepted", "missing"]
    assert version.items[3].missing_reason == "refused"
    assert version.items[3].score is version.items[3].position_mm is version.total is None
    assert version.items[1].decided_by == "bo"


def test_a_correction_is_a_version_and_the_old_one_stays_as_it_was(record: Record) -> None:
    [sheet_id] = printed(record)
    read(record, sheet_id, decisions(*PLACES))
    before = of(record, sheet_id)
    decide(record, sheet_id, "social", "99.9")
    after = of(record, sheet_id)
    assert after[:1] == before
    assert [version.version for version in after] == [1, 2]
    assert str(after[1].items[2].score) == "10.0"
    undo(record, sheet_id, "social")
    assert [version.version for version in of(record, sheet_id)] == [1, 2, 3]
    assert of(record, sheet_id)[2].items == before[0].items


def test_a_sheet_that_comes_back_differently_keeps_its_version_until_a_person_decides(record: Record) -> None:
    [sheet_id] = printed(record)
    read(record, sheet_id, decisions(*PLACES))
    read(record, sheet_id, decisions(10.0, 80.0, 30.0, 40.0), "again.pdf")
    assert record.counts().in_review == 1
    assert [version.version for version in of(record, sheet_id)] == [1]
    decide(record, sheet_id, "interpersonal", "80")
    assert [str(version.total) for version in of(record, sheet_id)] == ["10.0", "16.0"]


def test_a_sighting_is_no_version(record: Record) -> None:
    [sheet_id] = printed(record)
    read(record, sheet_id, decisions(*PLACES))
    read(record, sheet_id, decisions(*PLACES), "again.pdf")
    assert len(of(record, sheet_id)) == 1


def test_a_decision_that_is_taken_back_takes_the_version_back(record: Record) -> None:
    [sheet_id] = printed(record)
    read(record, sheet_id, decisions(10.0, 20.0, 30.0, None))
    decide(record, sheet_id, "overall", "70")
    undo(record, sheet_id, "overall")
    first, second = of(record, sheet_id)
    assert second.withdrawn is Withdrawal.REOPENED
    assert second.items == first.items
    decide(record, sheet_id, "overall", "70")
    assert [version.withdrawn for version in of(record, sheet_id)] == [None, Withdrawal.REOPENED, None]


@pytest.mark.parametrize("why", [Withdrawal.VOID, Withdrawal.WRONG_PERSON])
def test_voiding_withdraws_what_was_settled(record: Record, why: Withdrawal) -> None:
    settled, unread = printed(record, FULL, FULL)
    read(record, settled, decisions(*PLACES))
    for sheet_id in (settled, unread):
        record.void(sheet_id, reason="mixed up", actor="anna", withdrawal=why)
    assert [version.withdrawn for version in of(record, settled)] == [None, why]
    assert of(record, unread) == ()


def test_binding_a_settled_sheet_is_a_version(record: Record) -> None:
    [sheet_id] = printed(record, SheetPurpose(rater="self"))
    read(record, sheet_id, decisions(*PLACES))
    record.bind(sheet_id, SheetPurpose(case="B-2", session=1), actor="anna")
    assert [version.case for version in of(record, sheet_id)] == [None, "B-2"]


def test_the_audit_vouches_for_versions(record: Record, record_url: str) -> None:
    [sheet_id] = printed(record)
    read(record, sheet_id, decisions(*PLACES))
    assert record.verify().fault is None
    details = [entry.detail for entry in record.audit_entries() if entry.action == "sheet.settle"]
    assert len(details) == 1
    assert "score" not in details[0]
    with unguarded(record_url) as connection:
        change = "UPDATE sheet_version SET content = replace(content, 'score_tenths', 'SCORE_TENTHS')"
        connection.execute(text(change))
    fault = record.verify().fault
    assert fault is not None
    assert "version of a sheet that the entry vouches for was changed" in fault.what


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("DELETE FROM sheet_version", "is missing"),
        (
            "INSERT INTO sheet_version (sheet_id, version, content, at, salt) "
            "SELECT sheet_id, 2, content, at, salt FROM sheet_version",
            "no entry vouches for",
        ),
    ],
)
def test_versions_that_were_removed_or_slipped_in_are_found(
    record: Record, record_url: str, change: str, what: str
) -> None:
    read(record, printed(record)[0], decisions(*PLACES))
    with unguarded(record_url) as connection:
        connection.execute(text(change))
    fault = record.verify().fault
    assert fault is not None
    assert what in fault.what


def test_an_older_record_gets_versions_of_what_is_settled_already(record: Record, record_url: str) -> None:
    good, waiting, void, unread = printed(record, FULL, FULL, FULL, FULL)
    read(record, good, decisions(*PLACES), "a.pdf")
    read(record, waiting, decisions(10.0, None, 20.0, 30.0), "b.pdf")
    read(record, void, decisions(*PLACES), "c.pdf")
    record.void(void, reason="mixed up", actor="anna")
    expected = of(record, good)
    with unguarded(record_url) as connection:
        connection.execute(text("DELETE FROM sheet_version"))

    def again(tx: Any) -> None:
        tx.entries.extend(versions.add_missing(tx.connection, expected[0].settled_at))

    record.write(again)
    assert of(record, good) == expected
    for other in (waiting, void, unread):
        assert of(record, other) == ()
    record.write(again)
    with behind(record_url) as connection:
        assert connection.scalar(text("SELECT count(*) FROM sheet_version")) == 1


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("scan"), st.lists(st.sampled_from([None, 5.0, 50.0]), min_size=4, max_size=4)),
        st.tuples(st.just("decide"), st.sampled_from(ITEMS), st.sampled_from(["5", "50", "blank"])),
        st.tuples(st.just("undo"), st.sampled_from(ITEMS)),
    ),
    min_size=1,
    max_size=8,
)


@settings(QUICK, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_newest_version_always_says_what_the_settled_sheet_holds(
    embedded_record: Record, steps: list[tuple[Any, ...]]
) -> None:
    record = embedded_record
    [sheet_id] = printed(record)
    for number, step in enumerate(steps):
        if step[0] == "scan":
            read(record, sheet_id, decisions(*step[1]), f"{sheet_id}-{number}.pdf")
        elif not record.show(sheet_id).current:
            continue
        elif step[0] == "decide":
            decide(record, sheet_id, step[1], MissingReason.BLANK if step[2] == "blank" else step[2])
        else:
            told = [state for state in record.show(sheet_id).history if state.item == step[1]]
            holding = told[-1]
            while holding.restores is not None:
                holding = told[holding.restores - 1]
            if holding.kind == "decision":
                undo(record, sheet_id, step[1])
        check(record, sheet_id)


def check(record: Record, sheet_id: str) -> None:
    now, held = record.show(sheet_id).current, of(record, sheet_id)
    assert [version.version for version in held] == list(range(1, len(held) + 1))
    for one, other in pairwise(held):
        assert (one.items, one.withdrawn) != (other.items, other.withdrawn)
    if now and all(state.status is not Status.REVIEW for state in now):
        assert held[-1].withdrawn is None
        stated = [(item.item, item.score, item.missing_reason, item.decided_by) for item in held[-1].items]
        assert stated == [(s.item, s.score, s.missing_reason, s.decided_by) for s in now]
    elif held and held[-1].withdrawn is None:
        assert all(state.score is not None or state.missing_reason is not None for state in now)
