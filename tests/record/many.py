"""A record with very many sheets, made by statements over whole tables: for measuring, not for judging."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from scanner.record import Record, Transaction, versions
from scanner.record.schema import event, outcome, page, reading, scan_file, sheet
from tests.record.builders import ITEMS, PRINTED_AT, READER, printed

LOT = 5000
AT = datetime(2026, 3, 3, tzinfo=UTC)


def fill(record: Record, count: int) -> None:
    """So many sheets of forty units and a hundred days: of ten, one is outstanding, one waits for a person,
    one is void, and the others are settled."""
    printed(record)
    for start in range(0, count, LOT):
        record.write(lambda tx, start=start: _lot(tx, start, min(LOT, count - start)))  # type: ignore[misc]

    def settle(tx: Transaction) -> None:
        tx.entries.extend(versions.add_missing(tx.connection, AT))

    record.write(settle)


def analyse(record: Record) -> None:
    """What PostgreSQL does by itself after some minutes."""
    if record.central:
        record.write(lambda tx: tx.connection.execute(text("ANALYZE")))


def _lot(tx: Transaction, start: int, count: int) -> None:
    first = 10 + start
    numbers = range(first, first + count)
    of = {"version": 1, "language": "fi", "layout_id": 1, "printed_at": PRINTED_AT, "instrument": "ors"}
    sheets = [
        of
        | {
            "id": number,
            "identifier": f"J1{number:016d}",
            "unit": f"unit {number % 40}",
            "session_date": date(2026, 3, 2) + timedelta(days=number % 100),
            "voided_at": AT if number % 10 == 2 else None,
        }
        for number in numbers
    ]
    read = [number for number in numbers if number % 10]
    file = {"size_bytes": 1, "media": "pdf", "taken_at": AT, "finished_at": AT, "page_count": 1}
    files = [file | {"id": number, "sha256": f"{number:064d}"} for number in read]
    pages = [{"id": number, "scan_file_id": number, "number": 1} for number in read]
    seen = {"reader_version": READER, "kind": "read", "standing": "first", "read_at": AT}
    outcomes = [seen | {"id": number, "page_id": number, "sheet_id": number} for number in read]
    tables = ((sheet, sheets), (scan_file, files), (page, pages), (outcome, outcomes))
    for table, rows in tables:
        tx.connection.execute(insert(table), rows)
    tx.connection.execute(insert(reading), [_reading(number, item) for number in read for item in range(4)])
    tx.connection.execute(insert(event), [_event(number, item) for number in read for item in range(4)])


def _reading(number: int, item: int) -> dict[str, Any]:
    measured = {"position_mm": 50.0, "verdict": "accepted", "reasons": "", "standing": "first"}
    place = {"id": number * 4 + item, "outcome_id": number, "item": ITEMS[item], "item_number": item + 1}
    return measured | place | {"evidence": {}, "candidates": []}


def _event(number: int, item: int) -> dict[str, Any]:
    waits = number % 10 == 1 and item == 2
    by = {"actor": f"reader/{READER}", "decided_by": f"reader/{READER}", "at": AT, "salt": "0" * 32}
    of = {"sheet_id": number, "reading_id": number * 4 + item}
    place = of | {"item": ITEMS[item], "item_number": item + 1}
    value = {"position_um": 50_000, "score_tenths": None if waits else 50, "reasons": ""}
    status = "review" if waits else "accepted"
    return by | place | value | {"revision": 1, "kind": "reading", "status": status}
