"""What the record says: rows as the contract has them, and figures that add up."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from scanner.intake.commit import commit_page
from scanner.model.decision import Reason, Status
from scanner.model.outcome import Refusal, RefusalReason
from scanner.record import (
    OutstandingRow,
    Record,
    RefusedRow,
    ResultRow,
    ScanFile,
    Sighting,
)
from tests.record.builders import (
    FULL,
    ITEMS,
    PRINTED_AT,
    READER,
    accepted,
    decisions,
    doubtful,
    new_sheet,
    printed,
    read,
    result,
    scan,
)

SHEET = "sheet_id,instrument,version,language,case,session,session_date,subject,rater,unit"
COLUMNS = {
    ResultRow: f"{SHEET},item,item_number,position_mm,score,status,reasons,confidence,scan_sha256,"
    "scan_name,scan_page,read_at,decided_by",
    RefusedRow: "scan_sha256,scan_name,scan_page,reason,detail,read_at",
    OutstandingRow: f"{SHEET},printed_at",
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_the_columns_are_the_contract_s(kind: type) -> None:
    assert ",".join(field.name for field in fields(kind)) == COLUMNS[kind]


def test_a_row_says_everything_about_an_item(record_url: str) -> None:
    helsinki = timezone(timedelta(hours=2))
    with Record.open(record_url, clock=lambda: datetime(2026, 3, 2, 18, 0, 0, 5, helsinki)) as record:
        [sheet_id] = printed(record)
        digest = scan(record, "päivä 2.pdf", pages=7)
        seen = [accepted("individual", 34.4995, confidence=0.995)]
        commit_page(record, result(sheet_id, seen, digest=digest, page=5), reader_version=READER)
        [row] = record.results()
    assert row == ResultRow(
        sheet_id=sheet_id,
        instrument="ors",
        version=1,
        language="fi",
        case="A-17",
        session=3,
        session_date=date(2026, 3, 2),
        subject="child",
        rater="mother",
        unit="North",
        item="individual",
        item_number=1,
        position_mm=Decimal("34.500"),
        score=Decimal("3.5"),
        status=Status.ACCEPTED,
        reasons=(),
        confidence=0.995,
        scan_sha256=digest,
        scan_name="päivä 2.pdf",
        scan_page=5,
        read_at=datetime(2026, 3, 2, 16, 0, 0, 5, tzinfo=UTC),
        decided_by="reader/1.2.3",
    )


@pytest.mark.parametrize(
    ("place", "position", "score"),
    [
        (0.0, "0.000", "0.0"),
        (-1.5, "0.000", "0.0"),
        (0.5, "0.500", "0.1"),
        (12.3455, "12.346", "1.2"),
        (99.4999, "99.500", "10.0"),
        (101.9, "100.000", "10.0"),
    ],
)
def test_positions_and_scores_are_printed_half_up(
    embedded_record: Record, place: float, position: str, score: str
) -> None:
    read(embedded_record, printed(embedded_record)[0], [accepted("individual", place)])
    [row] = embedded_record.results()
    assert (str(row.position_mm), str(row.score)) == (position, score)


def test_a_proposal_has_a_position_and_no_score(embedded_record: Record) -> None:
    lines = [doubtful("individual", 20.0, 60.0), doubtful("interpersonal")]
    read(embedded_record, printed(embedded_record)[0], lines)
    rows = [(row.status, str(row.position_mm), row.score, row.reasons) for row in embedded_record.results()]
    assert rows == [
        ("review", "20.000", None, (Reason.MULTIPLE,)),
        ("review", "None", None, (Reason.BLANK,)),
    ]


def test_rows_come_as_sheets_were_printed_and_items_stand(record: Record) -> None:
    ids = printed(record, *[FULL] * 5)
    digest = scan(record, pages=5)
    for page, number in enumerate((3, 0, 4, 1), 1):
        outcome = result(ids[number], decisions(1.0, 2.0, 3.0, 4.0), digest=digest, page=page)
        commit_page(record, outcome, reader_version=READER)
    rows = [(row.sheet_id, row.item) for row in record.results()]
    assert rows == [(ids[number], item) for number in (0, 1, 3, 4) for item in ITEMS]
    assert [row.sheet_id for row in record.outstanding_rows()] == [ids[2]]


def test_rows_come_in_lots_that_are_not_all_held_at_once(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scanner.record.results.LOT", 3)
    ids = printed(record, *[FULL] * 4)
    for number, sheet_id in enumerate(ids):
        read(record, sheet_id, decisions(1.0, 2.0), f"{number}.pdf")
    rows = record.results()
    assert next(rows).scan_name == "0.pdf"
    # While somebody reads on, others may write; the reader keeps to the moment at which it began.
    record.void(ids[3], reason="late", actor="anna")
    assert [row.scan_name for row in rows] == ["0.pdf", *[f"{n}.pdf" for n in (1, 1, 2, 2, 3, 3)]]
    assert len(list(record.results())) == 6


def test_rows_may_be_left_half_way(record: Record) -> None:
    for number, sheet_id in enumerate(printed(record, *[FULL] * 3)):
        read(record, sheet_id, decisions(1.0, 2.0), f"{number}.pdf")
    assert next(record.results()).scan_name == "0.pdf"
    printed(record)
    assert next(record.outstanding_rows()).instrument == "ors"
    assert next(record.audit_entries()).sequence == 1
    assert record.counts().printed == 4


def test_a_sheet_that_was_voided_after_reading_gives_no_values(embedded_record: Record) -> None:
    [sheet_id] = printed(embedded_record)
    read(embedded_record, sheet_id, decisions(10.0, 20.0))
    embedded_record.void(sheet_id, reason="wrong child", actor="anna")
    assert list(embedded_record.results()) == []
    assert len(embedded_record.rows_of_sheet(sheet_id)) == 2
    assert embedded_record.counts().void == 1


def test_the_name_is_the_first_one_that_was_seen(embedded_record: Record) -> None:
    digest = scan(embedded_record, "first\n.pdf", content="x")
    again = ScanFile(sha256=digest, size_bytes=1, media="pdf")
    embedded_record.take(again, Sighting(name=b"second.pdf"), actor="anna")
    commit_page(
        embedded_record,
        result(printed(embedded_record)[0], decisions(1.0), digest=digest),
        reader_version=READER,
    )
    assert [row.scan_name for row in embedded_record.results()] == ["first\\u000a.pdf"]


def test_refusals_are_listed_once_and_by_their_newest_reader(record: Record) -> None:
    digest = scan(record, pages=3)
    whole = scan(record, "locked.pdf")
    for page, reason in ((1, RefusalReason.NO_CODE), (2, RefusalReason.LOW_RESOLUTION)):
        refusal = Refusal(digest, "stack.pdf", page, reason, "Too faint.")
        commit_page(record, refusal, reader_version="1")
    commit_page(
        record, Refusal(whole, "locked.pdf", None, RefusalReason.ENCRYPTED, "Locked."), reader_version="1"
    )
    better = result(printed(record)[0], decisions(1.0), digest=digest, page=1, reader_version="2")
    commit_page(record, better, reader_version="2")
    rows = [(row.scan_name, row.scan_page, row.reason, row.detail) for row in record.refused_rows()]
    assert rows == [
        ("stack.pdf", 2, "low_resolution", "Too faint."),
        ("locked.pdf", None, "encrypted", "Locked."),
    ]
    counts = record.counts()
    assert (counts.pages_seen, counts.pages_read, counts.pages_refused, counts.pages_waiting) == (4, 1, 2, 1)


def test_an_outstanding_sheet_says_for_whom_and_when_it_was_printed(embedded_record: Record) -> None:
    new = new_sheet()
    embedded_record.register([new], printed_at=PRINTED_AT, actor="anna")
    [row] = embedded_record.outstanding_rows()
    assert row == OutstandingRow(
        *(new.sheet_id, "ors", 1, "fi", "A-17", 3, date(2026, 3, 2), "child", "mother", "North"), PRINTED_AT
    )


def test_a_sheet_that_was_only_refused_is_still_outstanding(embedded_record: Record) -> None:
    [sheet_id] = printed(embedded_record)
    refusal = Refusal(scan(embedded_record), "stack.pdf", 1, RefusalReason.NOT_REGISTERED, "Folded.")
    commit_page(embedded_record, refusal, reader_version=READER)
    assert [row.sheet_id for row in embedded_record.outstanding_rows()] == [sheet_id]
