"""The outbox of one target: everything once, the newest version only, whatever the target does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from scanner.delivery.target import TargetDownError
from scanner.model.delivery import Acknowledged, Answer, Rejected, SettledSheet, Unanswered, Withdrawal
from scanner.model.sheet import SheetPurpose
from scanner.record import Figure, Lease, LeaseLostError, MissingReason, Record, Sending
from tests.delivery.sending import RULES, correct, deliver, outbox, settled, states
from tests.delivery.targets_for_tests import Box
from tests.record.builders import FULL, decisions, printed, read
from tests.record.tampering import behind


class Clock:
    """A clock that a test turns on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def test_every_settled_sheet_arrives_once_in_batches(record: Record, tmp_path: Path) -> None:
    ids = settled(record, 25)
    printed(record, FULL)
    box = Box(at_once=10)
    tally = deliver(record, box, tmp_path)
    assert (tally.delivered, tally.rejected, tally.down) == (25, 0, None)
    assert [len(keys) for _, keys in box.batches] == [10, 10, 5]
    assert len({batch for batch, _ in box.batches}) == 3
    assert [sheet.sheet_id for sheet in box.kept.values()] == ids
    assert states(record) == {"outstanding": 1, "delivered": 25}
    assert deliver(record, box, tmp_path).delivered == 0
    assert len(box.batches) == 3


def test_what_is_sent_is_in_the_audit_before_it_is_sent(record: Record, tmp_path: Path) -> None:
    [sheet_id] = settled(record)
    box = Box()
    seen: list[str] = []
    box.before = lambda: seen.extend(e.detail for e in record.audit_entries() if e.action == "delivery.send")
    deliver(record, box, tmp_path)
    assert len(seen) == 1
    assert f"{sheet_id}-1" in seen[0]
    assert box.batches[0][0] in seen[0]
    assert record.verify().fault is None


def test_one_that_is_rejected_holds_up_no_other_and_can_be_sent_again(record: Record, tmp_path: Path) -> None:
    ids = settled(record, 3)
    box = Box()
    box.answer = lambda sheet: Rejected("no such client") if sheet.sheet_id == ids[1] else Acknowledged()
    assert deliver(record, box, tmp_path).rejected == 1
    assert states(record) == {"delivered": 2, "rejected": 1}
    assert deliver(record, box, tmp_path).rejected == 0
    box.answer = lambda sheet: Acknowledged()
    assert record.retry_delivery("box", [ids[1]], actor="anna") == 1
    assert deliver(record, box, tmp_path).delivered == 1
    assert states(record) == {"delivered": 3}


def test_what_cannot_be_sent_is_not_and_says_why(record: Record, tmp_path: Path) -> None:
    settled(record, 2)
    settled(record, 1, purpose=SheetPurpose())
    box = Box()
    box.refuse = lambda sheet: "it is not bound to a case" if sheet.case is None else None
    deliver(record, box, tmp_path)
    assert states(record) == {"delivered": 2, "undeliverable": 1}
    assert all(sheet.case is not None for sheet in box.kept.values())
    [listed] = record.reconciled_sheets(["box"], Figure(count="undeliverable"))
    assert listed.targets == "box: undeliverable (it is not bound to a case)"


def test_many_that_cannot_be_sent_hide_nothing_behind_them(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scanner.record.deliveries.LOOK", 3)
    ids = settled(record, 9)
    box = Box(at_once=2)
    box.refuse = lambda sheet: None if sheet.sheet_id in ids[-2:] else "no"
    deliver(record, box, tmp_path)
    assert states(record) == {"delivered": 2, "undeliverable": 7}


def test_a_sheet_that_waits_for_another_is_looked_at_again_later(embedded_url: str, tmp_path: Path) -> None:
    clock = Clock()
    with Record.open(embedded_url, clock=clock) as record:
        first, _ = settled(record, 2)
        box = Box()
        box.hold_back = lambda sheet: "waits for the srs" if sheet.sheet_id == first else None
        assert deliver(record, box, tmp_path).delivered == 1
        box.hold_back = lambda sheet: None
        assert deliver(record, box, tmp_path, hurry=False).delivered == 0
        clock.pass_s(61)
        assert deliver(record, box, tmp_path, hurry=False).delivered == 1


def test_a_target_that_is_down_is_left_alone_for_longer_and_longer(embedded_url: str, tmp_path: Path) -> None:
    clock = Clock()
    with Record.open(embedded_url, clock=clock) as record:
        settled(record, 3)
        box = Box(at_once=2)

        def down() -> None:
            raise TargetDownError("nobody is there")

        box.before = down
        rests = []
        for _ in range(5):
            assert deliver(record, box, tmp_path, hurry=False).down == "nobody is there"
            assert deliver(record, box, tmp_path, hurry=False).resting
            until = record.target_status(["box"])["box"].rests_until
            assert until is not None
            rests.append((until - clock.now).total_seconds())
            clock.pass_s(rests[-1])
        assert rests == [10, 20, 40, 80, 100]
        assert len(set(box.batches)) == 1, "the same batch, with the same sheets, each time"
        assert record.target_status(["box"])["box"].failures == 5
        box.before = lambda: None
        assert deliver(record, box, tmp_path, hurry=False).delivered == 3
        status = record.target_status(["box"])["box"]
        assert (status.trouble, status.rests_until, status.failures) == (None, None, 0)


def test_a_target_may_say_when_to_come_back(embedded_url: str, tmp_path: Path) -> None:
    clock = Clock()
    with Record.open(embedded_url, clock=clock) as record:
        settled(record)
        box = Box()

        def later() -> None:
            raise TargetDownError("too many", retry_after_s=3600)

        box.before = later
        deliver(record, box, tmp_path)
        assert record.target_status(["box"])["box"].rests_until == clock.now + timedelta(hours=1)


def test_sheets_without_an_answer_come_again_and_the_others_go_on(embedded_url: str, tmp_path: Path) -> None:
    clock = Clock()
    with Record.open(embedded_url, clock=clock) as record:
        ids = settled(record, 4)
        box = Box(at_once=2)
        box.answer = lambda sheet: Unanswered("too slow") if sheet.sheet_id == ids[0] else Acknowledged()
        tally = deliver(record, box, tmp_path)
        assert (tally.delivered, tally.unanswered, tally.down) == (3, 1, None)
        assert states(record) == {"delivered": 3, "pending": 1}
        box.answer = lambda sheet: Acknowledged()
        assert deliver(record, box, tmp_path, hurry=False).delivered == 0
        clock.pass_s(10)
        assert deliver(record, box, tmp_path, hurry=False).delivered == 1


def test_when_nothing_is_answered_the_target_is_down(record: Record, tmp_path: Path) -> None:
    settled(record, 4)
    box = Box(at_once=2)
    box.answer = lambda sheet: Unanswered("too slow")
    assert deliver(record, box, tmp_path).down == "too slow"
    assert len(box.batches) == 1


def test_too_few_answers_are_none(record: Record, tmp_path: Path) -> None:
    settled(record, 3)
    box = Box()
    real = box.deliver

    def nonsense(batch_id: str, sheets: list[SettledSheet]) -> list[Answer]:
        return list(real(batch_id, sheets))[:1]

    box.deliver = nonsense  # type: ignore[method-assign,assignment]
    assert "1 answers came for 3 sheets" in str(deliver(record, box, tmp_path).down)
    assert states(record) == {"pending": 3}
    box.deliver = real  # type: ignore[method-assign]
    assert deliver(record, box, tmp_path).delivered == 3
    assert box.batches[0] == box.batches[1]


def test_a_crash_between_sending_and_writing_down_sends_the_same_batch(
    record: Record, tmp_path: Path
) -> None:
    settled(record, 3)
    box = Box(at_once=2)

    def crash() -> None:
        raise KeyboardInterrupt

    box.after = crash
    with pytest.raises(KeyboardInterrupt):
        deliver(record, box, tmp_path)
    box.after = lambda: None
    settled(record, 1)
    assert deliver(record, box, tmp_path).delivered == 4
    assert box.batches[0] == box.batches[1]
    assert len(box.kept) == 4


def test_a_correction_after_delivery_goes_out_as_a_new_version(record: Record, tmp_path: Path) -> None:
    [sheet_id] = settled(record)
    box = Box()
    deliver(record, box, tmp_path)
    correct(record, sheet_id, "social", "77")
    assert states(record) == {"pending": 1}
    deliver(record, box, tmp_path)
    assert list(box.kept) == [f"{sheet_id}-1", f"{sheet_id}-2"]
    assert str(box.kept[f"{sheet_id}-2"].items[2].score) == "7.7"
    assert states(record) == {"delivered": 1}


def test_only_the_newest_version_is_sent(record: Record, tmp_path: Path) -> None:
    [sheet_id] = settled(record)
    box = Box()
    box.answer = lambda sheet: Rejected("no") if sheet.version == 1 else Acknowledged()
    deliver(record, box, tmp_path)
    for place in ("70", "80"):
        correct(record, sheet_id, "social", place)
    deliver(record, box, tmp_path)
    assert list(box.kept) == [f"{sheet_id}-3"]
    assert states(record) == {"delivered": 1}


def test_a_new_target_gets_all_that_holds(record: Record, tmp_path: Path) -> None:
    good, corrected, void = settled(record, 3)
    deliver(record, Box(), tmp_path)
    correct(record, corrected, "social", "70")
    record.void(void, reason="mixed up", actor="anna")
    other = Box("other")
    deliver(record, other, tmp_path)
    assert list(other.kept) == [f"{good}-1", f"{corrected}-2"]
    assert states(record, ["other"]) == {"delivered": 2, "void": 1}
    assert states(record, ["box", "other"]) == {"delivered": 1, "pending": 1, "void": 1}


def test_a_void_sheet_is_taken_back_where_it_was_delivered(record: Record, tmp_path: Path) -> None:
    sent, unsent = settled(record, 2)
    box = Box()
    box.refuse = lambda sheet: None if sheet.sheet_id == sent else "no"
    deliver(record, box, tmp_path)
    for sheet_id in (sent, unsent):
        record.void(sheet_id, reason="mixed up", actor="anna", withdrawal=Withdrawal.WRONG_PERSON)
    assert record.reconcile(["box"])[0].targets["box"].withdrawing == 1
    deliver(record, box, tmp_path)
    assert list(box.kept) == [f"{sent}-1", f"{sent}-2"]
    assert box.kept[f"{sent}-2"].withdrawn is Withdrawal.WRONG_PERSON
    assert record.reconcile(["box"])[0].targets["box"].withdrawing == 0
    assert states(record) == {"void": 2}


def test_what_may_have_arrived_is_taken_back_too(record: Record, tmp_path: Path) -> None:
    [sheet_id] = settled(record)
    box = Box()
    box.answer = lambda sheet: Unanswered("too slow")
    deliver(record, box, tmp_path)
    record.void(sheet_id, reason="mixed up", actor="anna")
    box.answer = lambda sheet: Acknowledged()
    deliver(record, box, tmp_path)
    assert list(box.kept) == [f"{sheet_id}-2"]


def test_nothing_of_a_sheet_that_waits_for_a_person_is_sent(record: Record, tmp_path: Path) -> None:
    [sheet_id] = settled(record)
    read(record, sheet_id, decisions(10.0, 80.0, 30.0, 0.0), "again.pdf")
    box = Box()
    deliver(record, box, tmp_path)
    assert box.kept == {}
    assert states(record) == {"in_review": 1}
    correct(record, sheet_id, "interpersonal", "20")
    deliver(record, box, tmp_path)
    assert list(box.kept) == [f"{sheet_id}-2"]


def test_a_decision_taken_back_after_delivery_is_taken_back_there(record: Record, tmp_path: Path) -> None:
    [sheet_id] = printed(record)
    read(record, sheet_id, decisions(10.0, 20.0, 30.0, None))
    record.decide(sheet_id, "overall", MissingReason.LOST, actor="bo", seen_revision=1)
    box = Box()
    deliver(record, box, tmp_path)
    record.undo(sheet_id, "overall", actor="bo", seen_revision=2)
    assert states(record) == {"in_review": 1}
    deliver(record, box, tmp_path)
    assert [sheet.withdrawn for sheet in box.kept.values()] == [None, Withdrawal.REOPENED]


def test_two_processes_do_not_deliver_to_one_target(record: Record, tmp_path: Path) -> None:
    """The second looks while the first is in the middle of a batch: from another home, so that only the lease
    in the record tells."""
    settled(record, 4)
    box, other = Box(at_once=2), Box(at_once=2)
    seen = []
    for home in (tmp_path / "a", tmp_path):
        box.before = lambda home=home: seen.append(deliver(record, other, home).busy)  # type: ignore[misc]
        deliver(record, box, tmp_path)
        settled(record, 2)
    assert seen == [True, True, True]
    assert other.batches == []


def test_a_dead_process_of_this_place_keeps_nobody_waiting(record: Record, tmp_path: Path) -> None:
    settled(record)
    box = Box()
    dead = outbox(record, box, tmp_path)._place.name
    for holder, busy in ((f"{dead} 1", False), ("elsewhere 1", True)):
        with_lease = Lease("box", holder)
        record.write(lambda tx: None)
        assert record.hold_target(with_lease, 600, alone=False)
        assert deliver(record, box, tmp_path).busy is busy
    assert len(box.kept) == 1


def test_a_lease_that_has_run_out_is_worth_nothing(embedded_url: str, tmp_path: Path) -> None:
    clock = Clock()
    with Record.open(embedded_url, clock=clock) as record:
        settled(record)
        mine = Lease("box", "elsewhere 1")
        assert record.hold_target(mine, 60, alone=False)
        clock.pass_s(59)
        record.renew_target(mine, 60)
        clock.pass_s(59)
        assert deliver(record, Box(), tmp_path).busy
        clock.pass_s(2)
        box = Box()
        assert deliver(record, box, tmp_path).delivered == 1
        with pytest.raises(LeaseLostError):
            record.renew_target(mine, 60)


def test_who_slept_past_its_lease_changes_nothing_any_more(embedded_url: str, tmp_path: Path) -> None:
    clock = Clock()
    with Record.open(embedded_url, clock=clock) as record:
        ids = settled(record, 2)
        slow, quick = Box(), Box()

        def sleep() -> None:
            clock.pass_s(61)
            deliver(record, quick, tmp_path / "elsewhere")

        slow.after = sleep
        slow.answer = lambda sheet: Rejected("never mind")
        assert deliver(record, slow, tmp_path).busy
        assert slow.batches == quick.batches
        assert states(record) == {"delivered": 2}
        assert list(quick.kept) == [f"{sheet_id}-1" for sheet_id in ids]


def test_a_batch_is_finished_once(record: Record) -> None:
    settled(record, 1)
    lease = Lease("box", "here 1")
    yes: Callable[[SettledSheet], str | None] = lambda sheet: None  # noqa: E731
    sending = Sending(
        at_once=5, refuses=yes, waits=lambda sheets: [None] * len(sheets), pause_s=lambda tries: 1.0
    )
    assert record.hold_target(lease, 60, alone=False)
    record.enrol(lease)
    batch = record.next_batch(lease, sending, batch_id="b", actor="a")
    assert batch is not None
    record.finish_batch(lease, sending, batch, [Acknowledged()], actor="a")
    with pytest.raises(LeaseLostError):
        record.finish_batch(lease, sending, batch, [Rejected("no")], actor="a")
    assert states(record) == {"delivered": 1}


def test_a_stop_lets_the_batch_end_and_begins_no_other(record: Record, tmp_path: Path) -> None:
    settled(record, 4)
    stop = threading.Event()
    box = Box(at_once=2)
    box.before = stop.set
    outbox(record, box, tmp_path, stop=stop).run(hurry=True)
    assert states(record) == {"delivered": 2, "pending": 2}


def test_every_try_can_be_read_afterwards(record: Record, record_url: str, tmp_path: Path) -> None:
    ids = settled(record, 2)
    box = Box()

    def down() -> None:
        raise TargetDownError("nobody is there")

    box.before = down
    deliver(record, box, tmp_path)
    box.before = lambda: None
    box.answer = lambda sheet: Rejected("no such client") if sheet.sheet_id == ids[0] else Acknowledged("17")
    deliver(record, box, tmp_path)
    with behind(record_url) as connection:
        rows = connection.execute(text("SELECT answer, detail FROM delivery_attempt ORDER BY id"))
        assert [tuple(row) for row in rows] == [
            ("down", "nobody is there"),
            ("rejected", "no such client"),
            ("delivered", "17"),
        ]
    assert RULES.pause_s == 10
