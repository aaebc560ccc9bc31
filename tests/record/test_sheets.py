"""Sheets: registered, found, bound, voided."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from forms.layout import layout_from_json, layout_to_json
from scanner.errors import JanaError
from scanner.model.sheet import KnownSheet, SheetPurpose
from scanner.record import Record, sheet_lookup
from scanner.record.schema import case, layout, session
from tests.record.builders import FULL, PRINTED_AT, new_sheet, printed

POOL = SheetPurpose()
UNKNOWN = "J1" + "0" * 16


def sheet(record: Record, sheet_id: str) -> KnownSheet:
    found = record.find(sheet_id)
    assert found is not None
    return found


def test_a_sheet_is_found_as_it_was_printed(record: Record) -> None:
    purposes = [
        FULL,
        POOL,
        SheetPurpose(case="A-17"),
        SheetPurpose(case="A-17", session_date=date(2026, 3, 2)),
        SheetPurpose(session=4, rater="father"),
        SheetPurpose(unit="North", subject="mother"),
    ]
    sheets = [new_sheet(purpose, "sv") for purpose in purposes]
    record.register(sheets, printed_at=PRINTED_AT, actor="anna")
    for new in sheets:
        assert sheet(record, new.sheet_id) == KnownSheet(
            sheet_id=new.sheet_id,
            instrument="ors",
            version=1,
            language="sv",
            layout=layout_from_json(layout_to_json(new.layout)),
            purpose=new.purpose,
            void_reason=None,
        )
        assert record.show(new.sheet_id).printed_at == PRINTED_AT


def test_what_was_never_printed_is_not_found(embedded_record: Record) -> None:
    printed(embedded_record)
    assert embedded_record.find(UNKNOWN) is None
    with pytest.raises(JanaError, match="not in this record"):
        embedded_record.show(UNKNOWN)


def test_a_reader_process_finds_sheets_that_were_printed_later(record: Record, record_url: str) -> None:
    lookup = sheet_lookup(record_url)
    [sheet_id] = printed(record)
    assert lookup(sheet_id) == record.find(sheet_id)
    record.void(sheet_id, reason="torn", actor="anna")
    found = lookup(sheet_id)
    assert found is not None
    assert found.void_reason == "torn"
    lookup.__self__.close()  # type: ignore[attr-defined]


def test_sheets_of_one_layout_store_it_once(record: Record) -> None:
    printed(record, POOL, POOL)
    record.register([new_sheet(), new_sheet(language="sv")], printed_at=PRINTED_AT, actor="anna")
    assert len(record.write(lambda tx: tx.connection.scalars(select(layout.c.id)).all())) == 2


def test_no_sheets_are_no_trouble(embedded_record: Record) -> None:
    embedded_record.register([], printed_at=PRINTED_AT, actor="anna")
    assert embedded_record.counts().printed == 0


def test_cases_and_sessions_are_made_once_when_first_named(record: Record) -> None:
    first = replace(FULL, session_date=None)
    moved = replace(FULL, session_date=date(2026, 3, 9), unit="South")
    ids = printed(record, first, FULL, moved)
    assert [sheet(record, sheet_id).purpose for sheet_id in ids] == [first, FULL, moved]
    rows = record.write(
        lambda tx: (
            tx.connection.execute(select(case.c.reference, case.c.unit)).all(),
            tx.connection.execute(select(session.c.number, session.c.date)).all(),
        )
    )
    assert rows == ([("A-17", "North")], [(3, date(2026, 3, 2))])


def test_two_processes_that_print_for_the_same_families_do_not_disturb_each_other(record_url: str) -> None:
    families = [SheetPurpose(case=f"F-{number % 7}", session=number % 3) for number in range(30)]

    def work(order: int) -> None:
        with Record.open(record_url) as record:
            for _ in range(3):
                printed(record, *families[::order])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, (1, -1)))
    with Record.open(record_url) as record:
        assert record.counts().printed == 180
        assert len(record.write(lambda tx: tx.connection.scalars(select(case.c.id)).all())) == 7
        assert record.verify().fault is None


def test_a_sheet_of_the_pool_is_bound_once(record: Record) -> None:
    [sheet_id] = printed(record, POOL)
    record.bind(sheet_id, FULL, actor="anna")
    assert sheet(record, sheet_id).purpose == FULL
    with pytest.raises(JanaError, match="bound already, to case A-17"):
        record.bind(sheet_id, replace(FULL, case="B-2"), actor="anna")
    assert sheet(record, sheet_id).purpose == FULL


def test_what_is_printed_on_a_sheet_is_not_contradicted(record: Record) -> None:
    [sheet_id] = printed(record, SheetPurpose(rater="mother", unit="North"))
    with pytest.raises(JanaError, match="printed with rater mother"):
        record.bind(sheet_id, replace(FULL, rater="father"), actor="anna")
    record.bind(sheet_id, SheetPurpose(case="A-17", rater="mother"), actor="anna")
    assert sheet(record, sheet_id).purpose == SheetPurpose(case="A-17", rater="mother", unit="North")


def test_binding_needs_a_case_and_a_known_sheet(embedded_record: Record) -> None:
    [sheet_id] = printed(embedded_record, POOL)
    with pytest.raises(JanaError, match="Say which case"):
        embedded_record.bind(sheet_id, SheetPurpose(rater="self"), actor="anna")
    with pytest.raises(JanaError, match="not in this record"):
        embedded_record.bind(UNKNOWN, FULL, actor="anna")


def test_a_void_sheet_stays_void_and_says_why(record: Record) -> None:
    [sheet_id] = printed(record, POOL)
    with pytest.raises(JanaError, match="Say why"):
        record.void(sheet_id, reason="  ", actor="anna")
    record.void(sheet_id, reason="printed twice", actor="anna")
    assert sheet(record, sheet_id).void_reason == "printed twice"
    with pytest.raises(JanaError, match=r"is void.*printed twice"):
        record.void(sheet_id, reason="again", actor="bo")
    with pytest.raises(JanaError, match=r"is void.*printed twice"):
        record.bind(sheet_id, FULL, actor="bo")
    story = record.show(sheet_id)
    assert (story.voided_by, story.sheet.void_reason) == ("anna", "printed twice")
    assert story.voided_at is not None


def test_of_two_who_bind_one_sheet_one_is_told(record_url: str) -> None:
    with Record.open(record_url) as record:
        [sheet_id] = printed(record, POOL)

        def bind(number: int) -> str:
            try:
                record.bind(sheet_id, SheetPurpose(case=f"C-{number}"), actor="anna")
            except JanaError as error:
                return str(error)
            return "bound"

        with ThreadPoolExecutor(4) as pool:
            said = sorted(pool.map(bind, range(4)))
        assert [text.count("bound already") for text in said] == [1, 1, 1, 0]
