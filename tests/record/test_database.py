"""Transactions under trouble: refused, retried, lost on the way, killed half-way."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from scanner.errors import DatabaseError, ExitCode, SettingsError
from scanner.intake.commit import commit_page
from scanner.record import Record, Transaction, database
from scanner.record.audit_chain import Anchor
from scanner.record.schema import case
from tests.record.builders import PRINTED_AT, READER, decisions, new_sheet, printed, read, result, scan
from tests.record.reply_thief import ReplyThief


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(database, "BUSY_S", 0.05)


def add_case(tx: Transaction, reference: str = "A-17") -> str:
    database.add_if_new(tx.connection, case, {"reference": reference})
    tx.audit("anna", "case.add", f"case:{reference}")
    return reference


def cases(record: Record) -> list[str]:
    return record.write(lambda tx: list(tx.connection.scalars(select(case.c.reference))))


def audited(record: Record) -> list[str]:
    return [entry.action for entry in record.audit_entries()][1:]


# What may be wrong with the URL or the database


@pytest.mark.parametrize(
    "url",
    ["", "record.sqlite", "mysql://anna:geheim@db/jana", "sqlite://", "postgresql://anna:geheim@db:port/x"],
)
def test_a_url_that_is_none_of_ours_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="JANA_DATABASE_URL") as caught:
        Record.open(url)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna:geheim@127.0.0.1:1/jana",
        "postgresql://anna@/jana?host=/nowhere&password=geheim",
    ],
)
def test_a_server_that_cannot_be_reached_is_named_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseError, match="Check that the server runs") as caught:
        Record.open(url)
    assert "geheim" not in str(caught.value)
    assert caught.value.exit_code is ExitCode.DATABASE


def test_a_driver_that_blurts_out_the_password_is_hushed() -> None:
    with pytest.raises(DatabaseError) as caught:
        Record.open("postgresql://anna:geheim@/jana?host=/run/geheim")
    assert "*** failed" in str(caught.value) or "/run/***" in str(caught.value)


def test_a_database_that_is_not_there_is_said_to_be_missing(postgres_url: str) -> None:
    missing = postgres_url.replace("/test_", "/gone_")
    with pytest.raises(DatabaseError, match="no database of that name"):
        Record.open(missing)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    path.write_bytes(b"minutes of the last meeting" * 100)
    with pytest.raises(DatabaseError, match=r"record\.sqlite cannot be used. It is not a database"):
        Record.open(f"sqlite:///{path}")
    assert path.read_bytes() == b"minutes of the last meeting" * 100


def test_a_folder_in_the_file_s_place_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot be"):
        Record.open(f"sqlite:///{tmp_path}")


def test_a_file_that_somebody_else_keeps_locked_is_given_up_in_time(embedded_url: str) -> None:
    with Record.open(embedded_url) as record:
        other = sqlite3.connect(embedded_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match="keeps it locked"):
            record.write(add_case)
        other.execute("ROLLBACK")
        other.close()
        assert record.write(add_case) == "A-17"


def test_a_full_disk_leaves_what_was_there(embedded_url: str) -> None:
    with Record.open(embedded_url) as record:
        record.write(add_case)

        def too_much(tx: Transaction) -> None:
            tx.connection.execute(text("PRAGMA max_page_count = 1"))
            for number in range(5000):
                add_case(tx, f"{number:0100}")

        with pytest.raises(DatabaseError, match="disk is full"):
            record.write(too_much)
    with Record.open(embedded_url) as record:
        assert cases(record) == ["A-17"]
        assert audited(record) == ["case.add"]


def test_readers_cannot_write(record_url: str) -> None:
    with Record.open(record_url, read_only=True) as record:
        assert record.find("J1" + "0" * 16) is None
        with pytest.raises(RuntimeError, match="for reading only"):
            record.write(add_case)


# All or nothing


def test_a_mistake_half_way_leaves_nothing(record: Record) -> None:
    def half(tx: Transaction) -> None:
        add_case(tx)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record.write(half)
    assert cases(record) == []
    assert audited(record) == []


def test_sheets_are_recorded_all_or_none(record: Record) -> None:
    known = new_sheet()
    record.register([known], printed_at=PRINTED_AT, actor="anna")
    with pytest.raises(Exception, match="in the record already"):
        record.register([new_sheet(), known], printed_at=PRINTED_AT, actor="anna")
    assert record.counts().printed == 1


KILLED = """
    import os, signal, sys
    from scanner.intake import commit
    from scanner.record import Record
    from tests.record.builders import decisions, printed, result, scan

    def commit_and_die(tx):
        commit._commit(tx, outcome, "1.2.3")
        print("written", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

    record = Record.open(sys.argv[1])
    outcome = result(printed(record)[0], decisions(10.0, 20.0), digest=scan(record))
    record.write(commit_and_die)
"""


def test_a_process_that_is_killed_half_way_leaves_nothing_half(record_url: str) -> None:
    program = [sys.executable, "-c", textwrap.dedent(KILLED), record_url]
    killed = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "written\n"), killed.stderr
    with Record.open(record_url) as record:
        assert list(record.results()) == []
        assert record.counts().outstanding == 1
        assert record.counts().pages_waiting == 1
        assert record.verify().fault is None
        [unfinished] = record.unfinished()
        taken = record.known(unfinished.sha256)
        assert taken is not None
        assert taken.waiting == (1,)
        # The next run finds the work and does it.
        [waiting] = record.outstanding_rows()
        read(record, waiting.sheet_id, decisions(10.0, 20.0))
        assert record.unfinished() == []


# Once more


def test_a_transaction_that_lost_against_another_is_run_again_from_its_beginning(postgres_url: str) -> None:
    runs = []

    def clumsy(tx: Transaction) -> str:
        runs.append(add_case(tx))
        if len(runs) == 1:
            tx.connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$"))
        return "done"

    with Record.open(postgres_url) as record:
        assert record.write(clumsy) == "done"
        assert (len(runs), cases(record), audited(record)) == (2, ["A-17"], ["case.add"])


def test_a_transaction_whose_connection_is_cut_is_run_again(postgres_url: str) -> None:
    runs = []

    def cut(tx: Transaction) -> None:
        runs.append(add_case(tx))
        if len(runs) == 1:
            tx.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with Record.open(postgres_url) as record:
        record.write(cut)
        assert (len(runs), cases(record), audited(record)) == (2, ["A-17"], ["case.add"])


def test_trouble_that_does_not_pass_is_reported(postgres_url: str) -> None:
    def unlucky(tx: Transaction) -> None:
        tx.connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$"))

    with Record.open(postgres_url) as record, pytest.raises(DatabaseError, match="try again"):
        record.write(unlucky)


@pytest.fixture
def thief(postgres_server: str) -> Iterator[tuple[ReplyThief, Path]]:
    # A short path, because the address of a socket may have about a hundred bytes only.
    with tempfile.TemporaryDirectory() as folder:
        thief = ReplyThief(Path(folder), postgres_server)
        yield thief, Path(folder)
        thief.close()


def test_a_commit_whose_reply_is_lost_is_not_done_twice(
    postgres_url: str, thief: tuple[ReplyThief, Path]
) -> None:
    robbed, folder = thief
    runs: list[int] = []

    def log(tx: Transaction) -> int:
        runs.append(len(runs))
        tx.audit("anna", "results.read", "results")
        return runs[-1]

    with Record.open(f"{postgres_url.partition('?')[0]}?host={folder}") as record:
        robbed.lurking = True
        assert record.write(log) == 0
        assert (robbed.lurking, runs, audited(record)) == (False, [0], ["results.read"])
        assert isinstance(record.verify().head, Anchor)


def test_a_page_whose_commit_is_interrupted_is_read_once(
    postgres_url: str, thief: tuple[ReplyThief, Path]
) -> None:
    robbed, folder = thief
    with Record.open(f"{postgres_url.partition('?')[0]}?host={folder}") as record:
        seen = result(printed(record)[0], decisions(10.0, 20.0), digest=scan(record))
        robbed.lurking = True
        committed = commit_page(record, seen, reader_version=READER)
        assert robbed.lurking is False
        assert committed.already is False
        assert [row.position_mm for row in record.results()] == [10, 20]
        assert record.verify().fault is None
