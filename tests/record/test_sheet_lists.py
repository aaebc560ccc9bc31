"""Sheets that somebody looks for, within one's reach only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from scanner.model.scope import EVERYTHING, Scope
from scanner.model.sheet import SheetPurpose
from scanner.record import Record, sheet_lists
from tests.record.builders import FULL, decisions, printed, read

NORTH = Scope(frozenset({"North"}))


def outstanding(record: Record, scope: Scope = EVERYTHING, **known: object) -> list[str]:
    found = record.look(lambda at: sheet_lists.outstanding(at, scope, **known))  # type: ignore[arg-type]
    return [sheet.sheet_id for sheet in found]


def unbound(record: Record, scope: Scope = EVERYTHING) -> list[str]:
    return [sheet.sheet_id for sheet in record.look(lambda at: sheet_lists.unbound(at, scope))]


def test_what_has_not_come_back_is_found_by_what_is_known(record: Record) -> None:
    other_day = replace(FULL, session=4, session_date=date(2026, 3, 9))
    first, later, south, back, void = printed(
        record, FULL, other_day, replace(FULL, case="S-1", unit="South"), FULL, FULL
    )
    read(record, back, decisions(1.0))
    record.void(void, reason="torn", actor="anna")
    assert outstanding(record) == [south, later, first]
    assert outstanding(record, NORTH) == [later, first]
    assert outstanding(record, reference="A-17") == [later, first]
    assert outstanding(record, reference="A-17", session_date=date(2026, 3, 9)) == [later]
    assert outstanding(record, instrument="srs") == []
    assert outstanding(record, limit=1) == [south]
    assert outstanding(record, Scope(cases=frozenset({"S-1"}))) == [south]


def test_sheets_without_a_case_are_listed_until_they_have_one(record: Record) -> None:
    pool = SheetPurpose(unit="North")
    one, other, _still_out, south = printed(record, pool, pool, pool, SheetPurpose(unit="South"))
    for sheet in (other, one, south):
        read(record, sheet, decisions(1.0), f"{sheet}.pdf")
    assert unbound(record) == [one, other, south]
    assert unbound(record, NORTH) == [one, other]
    assert record.look(lambda at: sheet_lists.unbound_left(at, NORTH)) == 2
    known = record.look(lambda at: sheet_lists.unbound_sheet(at, NORTH, one))
    assert known is not None
    assert known.page_id is not None
    assert known.read_at == record.show(one).scans[0].read_at
    assert record.look(lambda at: sheet_lists.unbound_sheet(at, NORTH, south)) is None

    record.bind(one, SheetPurpose(case="A-17"), actor="anna")
    record.void(other, reason="torn", actor="anna")
    assert unbound(record, NORTH) == []


def test_a_case_of_another_unit_is_foreign(record: Record) -> None:
    printed(
        record, replace(FULL, case="S-1", unit="South"), replace(FULL, case="N-1"), SheetPurpose(case="X")
    )

    def foreign(reference: str, scope: Scope = NORTH) -> bool:
        return record.look(lambda at: sheet_lists.case_is_foreign(at, scope, reference))

    assert foreign("S-1")
    assert not foreign("N-1")
    assert not foreign("X")
    assert not foreign("never heard of")
    assert not foreign("S-1", EVERYTHING)
    assert not foreign("S-1", Scope(frozenset({"North"}), frozenset({"S-1"})))
