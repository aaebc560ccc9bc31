"""The figures add up after every kind of trouble, each opens into its list, and what is wrong is said."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from scanner.delivery.target import TargetDownError
from scanner.errors import JanaError
from scanner.model.delivery import Acknowledged, Answer, Rejected, SettledSheet, Unanswered
from scanner.model.sheet import SheetPurpose
from scanner.record import AccountedSheet, Figure, MissingReason, Record, SheetCount
from tests.delivery.sending import deliver, settled, states
from tests.delivery.targets_for_tests import Box
from tests.delivery.very_many import analyse, fill
from tests.record.builders import FULL, ITEMS, PRINTED_AT, QUICK, decisions, printed, read
from tests.record.tampering import unguarded

TARGETS = ("box", "other")


def behind(record: Record, targets: Sequence[str], count: str, **chosen: Any) -> Iterator[AccountedSheet]:
    return record.reconciled_sheets(targets, Figure(count=count, **chosen))


def test_units_and_days_have_rows_of_their_own(record: Record) -> None:
    north, south = FULL, SheetPurpose(unit="South", session_date=date(2026, 3, 4))
    ids = printed(record, north, south, south, SheetPurpose())
    read(record, ids[0], decisions(10.0, 20.0, 30.0, 40.0), "a.pdf")
    read(record, ids[1], decisions(10.0, None, 30.0, 40.0), "b.pdf")
    record.void(ids[2], reason="mixed up", actor="anna")
    rows = {(row.unit, row.day): row.counts for row in record.reconcile([], by_unit=True, by_day=True)}
    assert {key: (c.settled, c.in_review, c.void, c.outstanding) for key, c in rows.items()} == {
        ("North", date(2026, 3, 2)): (1, 0, 0, 0),
        ("South", date(2026, 3, 4)): (0, 1, 1, 0),
        (None, PRINTED_AT.date()): (0, 0, 0, 1),
    }
    assert [row.counts.printed for row in record.reconcile([], by_unit=True)] in ([1, 1, 2], [1, 2, 1])
    assert sum(row.counts.printed for row in record.reconcile([], by_day=True)) == 4
    (whole,) = record.reconcile([])
    assert (whole.unit, whole.day, whole.counts.pending) == (None, None, 1)


def test_an_empty_record_adds_up_too(record: Record) -> None:
    (whole,) = record.reconcile(TARGETS)
    assert whole.counts.printed == whole.counts.unaccounted == 0
    assert record.reconcile(TARGETS, by_unit=True) == ()


def test_every_figure_opens_into_its_list(record: Record, tmp_path: Path) -> None:
    ids = settled(record, 4)
    box = Box()
    box.refuse = lambda sheet: "no columns" if sheet.sheet_id == ids[2] else None
    box.answer = lambda sheet: Rejected("no such client") if sheet.sheet_id == ids[1] else Acknowledged()
    deliver(record, box, tmp_path)
    record.void(ids[3], reason="mixed up", actor="anna")

    def listed(count: SheetCount, **chosen: Any) -> dict[str, str]:
        return {one.sheet_id: one.targets for one in behind(record, ["box"], count, **chosen)}

    assert listed(SheetCount.DELIVERED) == {ids[0]: "box: delivered"}
    assert listed(SheetCount.REJECTED) == {ids[1]: "box: rejected (no such client)"}
    assert listed(SheetCount.UNDELIVERABLE) == {ids[2]: "box: undeliverable (no columns)"}
    assert listed(SheetCount.VOID) == {ids[3]: ""}
    assert list(listed(SheetCount.PRINTED)) == ids
    assert listed(SheetCount.DELIVERED, unit="North") == {ids[0]: "box: delivered"}
    assert listed(SheetCount.DELIVERED, unit="South") == {}
    assert listed(SheetCount.DELIVERED, unit="") == {}
    assert listed(SheetCount.DELIVERED, day=date(2026, 3, 2)) != {}
    assert listed(SheetCount.DELIVERED, day=date(2026, 3, 3)) == {}


def test_a_target_can_be_looked_at_alone(record: Record, tmp_path: Path) -> None:
    [sheet_id] = settled(record)
    deliver(record, Box(), tmp_path)
    of = partial(behind, record)
    assert [one.sheet_id for one in of(TARGETS, SheetCount.DELIVERED, target="box")] == [sheet_id]
    assert list(of(TARGETS, SheetCount.DELIVERED)) == []
    [one] = of(TARGETS, SheetCount.PENDING)
    assert one.targets == "box: delivered; other: pending"


@pytest.mark.parametrize(
    "damage",
    ["DELETE FROM sheet_version", "UPDATE sheet_version SET withdrawn = 'void'"],
)
def test_figures_that_do_not_add_up_say_so(record: Record, record_url: str, damage: str) -> None:
    settled(record, 2)
    with unguarded(record_url) as connection:
        connection.execute(text(damage))
    (whole,) = record.reconcile([])
    assert whole.counts.settled == 2
    assert whole.counts.unaccounted == 2


SHEETS = st.integers(0, 3)
MARKS = st.sampled_from([(5.0, 5.0, 5.0, 5.0), (5.0, 50.0, 5.0, 5.0), (5.0, None, 5.0, 5.0)])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("scan"), SHEETS, MARKS),
        st.tuples(st.just("scan"), st.integers(0, 1), MARKS),
        st.tuples(st.just("decide"), SHEETS, st.sampled_from(ITEMS), st.sampled_from(["5", "blank"])),
        st.tuples(st.just("undo"), SHEETS, st.sampled_from(ITEMS)),
        st.tuples(st.just("void"), SHEETS),
        st.tuples(st.just("bind"), SHEETS),
        st.tuples(
            st.just("deliver"),
            st.sampled_from(TARGETS),
            st.lists(st.sampled_from(["yes", "no", "silence", "down"]), max_size=3),
        ),
        st.tuples(st.just("retry"), st.sampled_from(TARGETS)),
    ),
    max_size=9,
)


@settings(QUICK, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_it_always_adds_up(embedded_record: Record, tmp_path: Path, steps: list[tuple[Any, ...]]) -> None:
    record = embedded_record
    ids = printed(record, FULL, FULL, SheetPurpose(unit="South"), SheetPurpose())
    boxes = {name: Box(name, at_once=2) for name in TARGETS}
    for box in boxes.values():
        box.refuse = lambda sheet: "unbound" if sheet.case is None else None
    for number, step in enumerate(steps):
        take(record, boxes, ids, number, step, tmp_path)
        (whole,) = record.reconcile(TARGETS)
        assert whole.counts.unaccounted == 0
        known = record.counts()
        assert (whole.counts.printed, whole.counts.settled, whole.counts.void) == (
            known.printed,
            known.settled,
            known.void,
        )
        for one in whole.targets.values():
            sent = one.delivered + one.pending + one.rejected + one.undeliverable
            assert sent == whole.counts.settled
    for name, box in boxes.items():
        box.before = lambda: None
        box.answer = lambda sheet: Acknowledged()
        deliver(record, box, tmp_path)
        assert holds(box) == settled_now(record, name, ids)
    by = record.reconcile(TARGETS, by_unit=True, by_day=True)
    assert [row.counts.unaccounted for row in by] == [0] * len(by)
    for count in SheetCount:
        listed = list(behind(record, TARGETS, count))
        assert len(listed) == getattr(record.reconcile(TARGETS)[0].counts, count.value)


def holds(box: Box) -> dict[str, tuple[Any, ...]]:
    """What a target has in the end: the newest version of each sheet that was not taken back."""
    newest = {sheet.sheet_id: sheet for sheet in sorted(box.kept.values(), key=lambda sheet: sheet.version)}
    return {of: sheet.items for of, sheet in newest.items() if sheet.withdrawn is None}


def settled_now(record: Record, target: str, ids: list[str]) -> dict[str, tuple[Any, ...]]:
    """What it should have of these: what is settled and not refused, and what stands while a person looks
    again."""
    found = {}
    for count in (SheetCount.DELIVERED, SheetCount.REJECTED):
        for one in behind(record, [target], count):
            if one.sheet_id in ids and "rejected" not in one.targets:
                found[one.sheet_id] = record.versions_of(one.sheet_id)[-1].items
    return found | {
        one.sheet_id: last.items
        for one in behind(record, [target], SheetCount.IN_REVIEW)
        for last in record.versions_of(one.sheet_id)[-1:]
        if one.sheet_id in ids
        and last.withdrawn is None
        and was_sent(record, target, one.sheet_id, last.version)
    }


def was_sent(record: Record, target: str, sheet_id: str, version: int) -> bool:
    query = (
        "SELECT delivery.state FROM delivery JOIN sheet_version ON sheet_version.id = delivery.version_id "
        "JOIN sheet ON sheet.id = delivery.sheet_id WHERE sheet.identifier = :of AND target = :target "
        "AND sheet_version.version = :version"
    )
    values = {"of": sheet_id, "target": target, "version": version}
    state: str | None = record.look(lambda connection: connection.scalar(text(query), values))
    return state == "delivered"


def take(
    record: Record,
    boxes: dict[str, Box],
    ids: list[str],
    number: int,
    step: tuple[Any, ...],
    home: Path,
) -> None:
    """One step; what cannot be done is refused by the record, and that is all right."""
    kind = step[0]
    try:
        if kind == "scan":
            read(record, ids[step[1]], decisions(*step[2]), f"{ids[0]}-{number}.pdf")
        elif kind in ("decide", "undo"):
            change(record, ids[step[1]], *step[2:])
        elif kind == "void":
            record.void(ids[step[1]], reason="mixed up", actor="anna")
        elif kind == "bind":
            record.bind(ids[step[1]], SheetPurpose(case="C-3"), actor="anna")
        elif kind == "retry":
            record.retry_delivery(step[1], [], actor="anna")
        else:
            send(record, boxes[step[1]], list(step[2]), home)
    except JanaError:
        pass


def change(record: Record, sheet_id: str, item: str, value: str | None = None) -> None:
    seen = [state.revision for state in record.show(sheet_id).current if state.item == item]
    if not seen:
        return
    if value is None:
        record.undo(sheet_id, item, actor="bo", seen_revision=seen[0])
        return
    said = MissingReason.BLANK if value == "blank" else Decimal(value)
    record.decide(sheet_id, item, said, actor="bo", seen_revision=seen[0])


def send(record: Record, box: Box, script: list[str], home: Path) -> None:
    """Deliver to a target that behaves by a script, and well when that is over."""

    def before() -> None:
        if script and script[0] == "down":
            script.pop(0)
            raise TargetDownError("nobody is there")

    def answer(_sheet: SettledSheet) -> Answer:
        said = script.pop(0) if script else "yes"
        answers: dict[str, Answer] = {"no": Rejected("no"), "silence": Unanswered("slow")}
        return answers.get(said, Acknowledged())

    box.before, box.answer = before, answer
    deliver(record, box, home)


@pytest.mark.faults
def test_a_hundred_thousand_sheets_are_reconciled_in_seconds(postgres_url: str) -> None:
    with Record.open(postgres_url) as record:
        fill(record, 100_000)
        analyse(record)
        began = time.perf_counter()
        rows = record.reconcile(TARGETS, by_unit=True, by_day=True)
        took_s = time.perf_counter() - began
    assert sum(row.counts.printed for row in rows) == 100_001
    assert sum(row.counts.unaccounted for row in rows) == 0
    assert took_s < 5.0


def test_a_record_with_many_sheets_is_what_it_says(embedded_record: Record) -> None:
    """So that the measure above measures the real thing."""
    fill(embedded_record, 100)
    assert states(embedded_record) == {"outstanding": 11, "in_review": 10, "void": 10, "pending": 70}
