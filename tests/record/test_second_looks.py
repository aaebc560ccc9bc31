"""Second looks: drawn by chance, given blind by somebody else, counted, and a conflict where they differ."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from scanner.errors import JanaError
from scanner.intake.commit import commit_page
from scanner.model.binomial import exact_interval
from scanner.model.decision import Decision, Reason, Status
from scanner.model.scope import EVERYTHING, Scope
from scanner.model.sheet import SheetPurpose
from scanner.record import BlindLook, ChangedMeanwhileError, EventKind, MissingReason, Record
from tests.record.builders import READER, accepted, decisions, doubtful, printed, read, result, scan

ITEM = "individual"


def looked_at(record: Record, sheet_id: str, lines: list[Decision], share: float = 1.0) -> None:
    page = result(sheet_id, lines, digest=scan(record))
    commit_page(record, page, reader_version=READER, second_look_share=share)


def for_bo(record: Record) -> tuple[BlindLook, ...]:
    return record.second_looks(EVERYTHING, actor="bo")


@pytest.fixture
def sheet_id(record: Record) -> str:
    return printed(record, SheetPurpose(unit="North"))[0]


def test_only_what_is_settled_is_drawn(record: Record, sheet_id: str) -> None:
    looked_at(record, sheet_id, [accepted(ITEM, 40.0), doubtful("social", 10.0), accepted("overall", 50.0)])
    assert [(look.item, look.item_number) for look in for_bo(record)] == [(ITEM, 1), ("overall", 4)]
    assert record.second_looks_left(EVERYTHING, actor="bo") == 2
    first, second = for_bo(record)
    assert record.second_looks(EVERYTHING, actor="bo", limit=1) == (first,)
    assert record.second_looks(EVERYTHING, actor="bo", after=first.look_id) == (second,)


def test_a_share_is_drawn_by_chance(record: Record) -> None:
    sheets = printed(record, *[SheetPurpose()] * 40)
    for number, each in enumerate(sheets):
        page = result(each, decisions(10.0, 20.0, 30.0, 40.0), digest=scan(record, f"{number}.pdf"))
        commit_page(record, page, reader_version=READER, second_look_share=0.5)
    # 160 lines, each by the toss of a coin: outside of this in one run of a million million.
    assert 35 < record.second_looks_left(EVERYTHING, actor="bo") < 125
    drawn = {(look.sheet_id, look.item) for look in record.second_looks(EVERYTHING, actor="bo", limit=200)}
    assert len({item for _, item in drawn}) == 4


@pytest.mark.parametrize(("share", "odds", "drawn"), [(1.0, 0.0, 0), (0.25, 4.0, 2)])
def test_lines_are_drawn_on_pages_that_were_picked(
    record: Record, sheet_id: str, share: float, odds: float, drawn: int
) -> None:
    lines = [accepted(ITEM, 40.0), accepted("overall", 50.0)]
    page = replace(result(sheet_id, lines, digest=scan(record)), second_look_odds=odds)
    commit_page(record, page, reader_version=READER, second_look_share=share)
    assert len(for_bo(record)) == drawn


def test_none_is_drawn_unless_a_share_is_named(record: Record, sheet_id: str) -> None:
    read(record, sheet_id, decisions(10.0, 20.0))
    record.decide(sheet_id, ITEM, Decimal("10"), actor="anna", seen_revision=1)
    assert for_bo(record) == ()


def test_a_look_says_nothing_of_the_value(record: Record, sheet_id: str) -> None:
    looked_at(record, sheet_id, [accepted(ITEM, 43.217)])
    (look,) = for_bo(record)
    fields = {name: getattr(look, name) for name in BlindLook.__slots__}
    assert set(fields) & {"position_mm", "score", "reasons", "status", "decided_by", "marks"} == set()
    assert "43" not in str({name: value for name, value in fields.items() if name != "sheet_id"})
    assert record.look_at_crop(EVERYTHING, look.reading_id, actor="bo") is not None


@pytest.mark.parametrize(
    ("seen", "agrees"), [("41.0", True), ("39.0", True), ("41.001", False), ("38.9", False)]
)
def test_a_millimetre_is_agreement(record: Record, sheet_id: str, seen: str, agrees: bool) -> None:
    looked_at(record, sheet_id, [accepted(ITEM, 40.0)])
    assert (
        record.answer_second_look(EVERYTHING, for_bo(record)[0].look_id, Decimal(seen), actor="bo") is agrees
    )
    assert for_bo(record) == ()
    (state,) = record.show(sheet_id).current
    assert state.status is (Status.ACCEPTED if agrees else Status.REVIEW)
    assert record.verify().fault is None


def test_a_disagreement_leaves_the_value_and_goes_to_a_person(record: Record, sheet_id: str) -> None:
    looked_at(record, sheet_id, [accepted(ITEM, 40.0)])
    record.answer_second_look(EVERYTHING, for_bo(record)[0].look_id, MissingReason.ILLEGIBLE, actor="bo")

    (mark,) = record.waiting(EVERYTHING)
    assert (mark.kind, mark.actor, mark.score) == (EventKind.CONFLICT, "bo", Decimal("4.0"))
    assert mark.reasons == (Reason.CONFLICT,)
    (opinion,) = mark.opinions
    assert (opinion.by, opinion.position_mm, opinion.missing_reason) == ("bo", None, "illegible")
    entry = list(record.audit_entries())[-1]
    assert (entry.actor, entry.action, entry.target) == ("bo", "look.answer", f"sheet:{sheet_id}/{ITEM}")
    assert "illegible" not in entry.detail


def test_who_decided_does_not_look_again(record: Record, sheet_id: str) -> None:
    read(record, sheet_id, decisions(None))
    record.decide(sheet_id, ITEM, MissingReason.BLANK, actor="anna", seen_revision=1, second_look_share=1.0)
    assert record.second_looks(EVERYTHING, actor="anna") == ()
    assert record.second_looks_left(EVERYTHING, actor="anna") == 0
    (look,) = for_bo(record)
    with pytest.raises(JanaError, match="somebody else"):
        record.answer_second_look(EVERYTHING, look.look_id, MissingReason.BLANK, actor="anna")
    assert record.answer_second_look(EVERYTHING, look.look_id, MissingReason.BLANK, actor="bo")
    assert record.agreements().people.agreed == 1


def test_a_value_that_changed_is_not_looked_at_any_more(record: Record, sheet_id: str) -> None:
    looked_at(record, sheet_id, [accepted(ITEM, 40.0)])
    (look,) = for_bo(record)
    record.decide(sheet_id, ITEM, Decimal("41"), actor="anna", seen_revision=1)
    assert for_bo(record) == ()
    with pytest.raises(ChangedMeanwhileError):
        record.answer_second_look(EVERYTHING, look.look_id, Decimal("40"), actor="bo")
    assert record.agreements().machine.looks == 0


def test_void_sheets_and_purged_pictures_are_not_looked_at(record: Record) -> None:
    one, two = printed(record, SheetPurpose(), SheetPurpose())
    for number, each in enumerate((one, two)):
        page = result(each, [accepted(ITEM, 40.0)], digest=scan(record, f"{number}.pdf"))
        commit_page(record, page, reader_version=READER, second_look_share=1.0)
    record.void(one, reason="so", actor="anna")
    assert [look.sheet_id for look in for_bo(record)] == [two]
    record.purge_crops(two, actor="anna")
    assert for_bo(record) == ()


def test_what_is_not_within_reach_is_not_there(record: Record, sheet_id: str) -> None:
    looked_at(record, sheet_id, [accepted(ITEM, 40.0)])
    (look,) = for_bo(record)
    south = Scope(frozenset({"South"}))
    assert record.second_looks(south, actor="bo") == ()
    assert record.answer_second_look(south, look.look_id, Decimal("40"), actor="bo") is None
    assert record.answer_second_look(EVERYTHING, look.look_id + 1, Decimal("40"), actor="bo") is None
    with pytest.raises(JanaError, match="not on the line"):
        record.answer_second_look(EVERYTHING, look.look_id, Decimal("100.1"), actor="bo")
    assert record.agreements(south).machine.looks == 0


def test_of_two_who_look_at_once_one_is_heard(record: Record, sheet_id: str) -> None:
    looked_at(record, sheet_id, [accepted(ITEM, 40.0)])
    (look,) = for_bo(record)
    together = threading.Barrier(2)

    def answered(actor: str) -> bool | type[Exception] | None:
        together.wait()
        try:
            return record.answer_second_look(EVERYTHING, look.look_id, Decimal("70"), actor=actor)
        except ChangedMeanwhileError:
            return ChangedMeanwhileError

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(answered, ("bo", "cecilia")))
    assert sorted(map(str, ends)) == sorted(map(str, (False, ChangedMeanwhileError)))
    assert len(record.show(sheet_id).history) == 2
    assert (
        record.done_since("bo", record.moment().replace(year=2000))
        + record.done_since("cecilia", record.moment().replace(year=2000))
        == 1
    )


def test_the_figures_of_agreement(record: Record) -> None:
    nothing = record.agreements().machine
    assert (nothing.looks, nothing.share, nothing.low, nothing.high) == (0, None, 0.0, 1.0)
    sheets = printed(record, *[SheetPurpose(unit="North")] * 5)
    for number, each in enumerate(sheets):
        page = result(each, [accepted(ITEM, 40.0)], digest=scan(record, f"{number}.pdf"))
        commit_page(record, page, reader_version=READER, second_look_share=1.0)
    for look, seen in zip(for_bo(record), ("40.2", "39.9", "40", "45"), strict=False):
        record.answer_second_look(EVERYTHING, look.look_id, Decimal(seen), actor="bo")
    record.answer_second_look(EVERYTHING, for_bo(record)[0].look_id, MissingReason.BLANK, actor="bo")

    figures = record.agreements(Scope(frozenset({"North"})))
    assert (figures.machine.looks, figures.machine.agreed, figures.machine.share) == (5, 3, 0.6)
    assert (figures.machine.low, figures.machine.high) == exact_interval(3, 5)
    assert figures.machine.mean_difference_mm == pytest.approx((0.2 + 0.1 + 0 + 5) / 4)
    assert figures.people.looks == 0
