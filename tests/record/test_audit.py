"""The audit: written with every change, and nobody can alter it unseen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from scanner.record import Anchor, Record
from scanner.record.events import MissingReason
from scanner.record.schema import audit, event
from tests.record.builders import FULL, decisions, printed, read
from tests.record.tampering import unguarded


def keep_busy(record: Record) -> None:
    """Fourteen entries, three of which vouch for events."""
    for number in range(3):
        [sheet_id] = printed(record)
        read(record, sheet_id, decisions(10.0 + number, None), f"{number}.pdf")
    record.append_audit("bo", "results.read", "results", rows=6, digest="ab" * 32)
    assert record.verify().fault is None


def swap(connection: Connection) -> None:
    """Exchange what two entries say, down to their digests, but not their places."""
    columns = [column for column in audit.c if column.name != "sequence"]
    rows = {
        row.sequence: {column.name: row._mapping[column] for column in columns}
        for row in connection.execute(select(audit).where(audit.c.sequence.in_([5, 6])))
    }
    connection.execute(delete(audit).where(audit.c.sequence.in_([5, 6])))
    connection.execute(insert(audit), [{"sequence": 5, **rows[6]}, {"sequence": 6, **rows[5]}])


def renumber(connection: Connection) -> None:
    connection.execute(delete(audit).where(audit.c.sequence == 5))
    for number in range(6, 15):
        connection.execute(update(audit).where(audit.c.sequence == number).values(sequence=number - 1))


TAMPERING: dict[str, tuple[Callable[[Connection], object], int | None, str]] = {
    "an edited actor": (
        lambda c: c.execute(update(audit).where(audit.c.sequence == 4).values(actor="bo")),
        4,
        "was changed",
    ),
    "an edited detail": (
        lambda c: c.execute(update(audit).where(audit.c.sequence == 12).values(detail="{}")),
        12,
        "was changed",
    ),
    "an entry removed": (lambda c: c.execute(delete(audit).where(audit.c.sequence == 5)), 5, "is missing"),
    "the first entry removed": (
        lambda c: c.execute(delete(audit).where(audit.c.sequence == 1)),
        1,
        "is missing",
    ),
    "an entry removed and the others moved up": (renumber, 5, "does not continue"),
    "two entries exchanged": (swap, 5, "does not continue"),
    "a changed value": (
        lambda c: c.execute(update(event).where(event.c.id == 1).values(position_um=90000)),
        5,
        "event that the entry vouches for was changed",
    ),
    "a removed value": (
        lambda c: c.execute(delete(event).where(event.c.id == 4)),
        9,
        "event that the entry vouches for is missing",
    ),
    "a value that was put in": (
        lambda c: c.execute(
            insert(event).from_select(
                [column.name for column in event.c if column.name != "id"],
                select(
                    *[
                        event.c.revision + 1 if column.name == "revision" else column
                        for column in event.c
                        if column.name != "id"
                    ]
                ).where(event.c.id == 1),
            )
        ),
        None,
        "events that no entry vouches for",
    ),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_the_first_bad_entry_is_named(embedded_record: Record, embedded_url: str, how: str) -> None:
    keep_busy(embedded_record)
    expect_fault(embedded_record, embedded_url, how)


@pytest.mark.parametrize("how", ["an edited actor", "a changed value"])
def test_the_first_bad_entry_is_named_on_the_central_database_too(postgres_url: str, how: str) -> None:
    with Record.open(postgres_url) as record:
        keep_busy(record)
        expect_fault(record, postgres_url, how)


def expect_fault(record: Record, url: str, how: str) -> None:
    tamper, sequence, what = TAMPERING[how]
    with unguarded(url) as connection:
        tamper(connection)
    fault = record.verify().fault
    assert fault is not None
    assert fault.sequence == sequence
    assert what in fault.what


def test_entries_cut_off_at_the_end_show_beside_an_anchor(embedded_record: Record, embedded_url: str) -> None:
    keep_busy(embedded_record)
    anchor = embedded_record.verify().head
    assert anchor is not None
    assert anchor.sequence == 14
    with unguarded(embedded_url) as connection:
        connection.execute(delete(audit).where(audit.c.sequence == anchor.sequence))
    assert embedded_record.verify().fault is None
    fault = embedded_record.verify(anchor).fault
    assert fault is not None
    assert "cut off" in fault.what


def test_an_anchor_stays_good_while_the_chain_grows(embedded_record: Record) -> None:
    keep_busy(embedded_record)
    anchor = embedded_record.verify().head
    embedded_record.append_audit("bo", "results.read", "results")
    assert embedded_record.verify(anchor).fault is None
    forged = Anchor(3, "0" * 64)
    fault = embedded_record.verify(forged).fault
    assert fault is not None
    assert fault.sequence == 3


def test_an_empty_record_verifies(embedded_record: Record) -> None:
    check = embedded_record.verify()
    assert (check.entries, check.fault) == (1, None)


def test_every_change_says_who_did_it_and_holds_no_score(embedded_record: Record) -> None:
    [sheet_id] = printed(embedded_record)
    read(embedded_record, sheet_id, decisions(43.21, None))
    embedded_record.decide(sheet_id, "interpersonal", MissingReason.BLANK, actor="bo", seen_revision=1)
    embedded_record.undo(sheet_id, "interpersonal", actor="bo", seen_revision=2)
    embedded_record.void(sheet_id, reason="Liisa was absent", actor="anna")
    entries = list(embedded_record.audit_entries())
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("jana", "record.schema"),
        ("anna", "sheet.print"),
        ("anna", "scan.take"),
        ("anna", "scan.pages"),
        ("reader/1.2.3", "page.read"),
        ("bo", "item.decide"),
        ("bo", "sheet.settle"),
        ("bo", "item.undo"),
        ("bo", "sheet.withdraw"),
        ("anna", "sheet.void"),
    ]
    everything = " ".join(f"{entry.target} {entry.detail}" for entry in entries)
    for secret in ("43.2", "4.3", "43210", "Liisa", "A-17", "child", "stack.pdf", FULL.rater or ""):
        assert secret not in everything


def test_what_the_audit_says_of_a_value_does_not_give_it_away(embedded_record: Record) -> None:
    # Without salt, somebody could try all scores until the digest fits.
    for number, sheet_id in enumerate(printed(embedded_record, FULL, FULL)):
        read(embedded_record, sheet_id, decisions(10.0), f"{number}.pdf")
    with embedded_record._database.reading() as connection:
        salts = list(connection.scalars(select(event.c.salt)))
    assert len(set(salts)) == 2
    assert all(len(salt) == 32 for salt in salts)


def test_writers_at_the_same_time_do_not_fork_the_chain(record_url: str) -> None:
    def write(number: int) -> None:
        with Record.open(record_url) as record:
            for count in range(15):
                record.append_audit(f"writer-{number}", "results.read", "results", count=count)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    with Record.open(record_url) as record:
        check = record.verify()
        written = [(entry.actor, entry.detail) for entry in record.audit_entries()][1:]
    assert (check.entries, check.fault) == (46, None)
    assert len(set(written)) == 45
