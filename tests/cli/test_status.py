"""`jana status` and `jana db upgrade`."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import column, table, update

from scanner.errors import ExitCode
from scanner.intake.commit import commit_page
from scanner.model.outcome import Refusal, RefusalReason
from scanner.record import Record, ScanFile, Sighting
from scanner.record.schema import HEAD, VERSION_TABLE
from tests.acceptance.command import Jana
from tests.record.builders import FULL, READER, decisions, printed, read, scan
from tests.record.tampering import behind


class HandClock:
    """A clock that goes only when it is pushed."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def url(home: Path) -> str:
    """Two sheets read, one of them doubtful; a page and a file refused; a page waiting."""
    url, clock = f"sqlite:///{home / 'jana.sqlite'}", HandClock()
    with Record.open(url, clock=clock) as record:
        for sheet_id, lines in zip(printed(record, *[FULL] * 3), ((10.0, 20.0), (30.0, None)), strict=False):
            read(record, sheet_id, decisions(*lines), f"{sheet_id}.pdf")
        clock.now += timedelta(minutes=5)
        stack, torn = scan(record, "stack.pdf", pages=2), scan(record, "torn.pdf")
        clock.now += timedelta(minutes=5)
        for digest, page, why in ((stack, 2, RefusalReason.NO_CODE), (torn, None, RefusalReason.TORN)):
            refusal = Refusal(digest, "x.pdf", page, why, "so it is")
            commit_page(record, refusal, reader_version=READER)
    return url


def test_the_figures_add_up_and_say_what_waits(jana: Jana, url: str) -> None:
    told = json.loads(jana("status", "--json").out)
    assert told == {
        "sheets": {"printed": 3, "outstanding": 1, "in_review": 1, "settled": 1, "void": 0},
        "pages": {"seen": 5, "read": 2, "refused": 2, "empty": 0, "waiting": 1},
        "files": {"taken": 4, "waiting": 1, "oldest_waiting_at": "2026-11-23T08:05:00Z"},
        "refused": {"no_code": 1, "torn": 1},
        "newest_outcome_at": "2026-11-23T08:10:00Z",
        "delivery": {},
    }

    lines = jana("status").out.splitlines()
    assert lines[0] == "Sheets: printed 3 = outstanding 1 + to review 1 + settled 1 + void 0"
    assert lines[1] == "Pages: seen 5 = read 2 + refused 2 + blank 0 + waiting 1"
    assert "waiting 1, the oldest since 2026-11-23T08:05:00Z" in lines[2]
    assert any(re.match(r" +1 +torn: ", line) for line in lines)


def test_when_all_is_done_nothing_waits(jana: Jana, url: str) -> None:
    with Record.open(url) as record:
        for file in record.unfinished():
            taken = record.known(file.sha256)
            assert taken is not None
            for page in taken.waiting:
                refusal = Refusal(file.sha256, "x.pdf", page, RefusalReason.NO_CODE, "")
                commit_page(record, refusal, reader_version=READER)
    told = json.loads(jana("status", "--json").out)
    assert (told["files"]["waiting"], told["files"]["oldest_waiting_at"]) == (0, None)
    assert list(told["refused"].items()) == [("no_code", 2), ("torn", 1)]
    assert "none waiting" in jana("status").out


def test_what_lies_in_the_inbox_is_told_when_the_inbox_is(jana: Jana, url: str, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    assert jana("status", "--inbox", inbox).code == ExitCode.ERROR
    for name in ("North", "done", "refused", ".jana/claims/a/token"):
        (inbox / name).mkdir(parents=True)
    assert "Inbox: nothing lies there; claimed and not finished 0" in jana("status", "--inbox", inbox).out
    for name in (
        "1.pdf",
        "North/2.pdf",
        "Thumbs.db",
        "done/3.pdf",
        "refused/4.pdf",
        "refused/4.pdf.reason.txt",
    ):
        (inbox / name).touch()
    for name in (".jana/claims/a/alive", ".jana/claims/a/token/.claim", ".jana/claims/a/token/5.pdf"):
        (inbox / name).touch()
    os.utime(inbox / "1.pdf", (1_606_118_400, 1_606_118_400))
    told = json.loads(jana("status", "--json", "--inbox", inbox).out)
    oldest = "2020-11-23T08:00:00Z"
    assert told["inbox"] == {"waiting": 2, "oldest_at": oldest, "claimed": 1, "unlisted_folders": 0}
    line = f"Inbox: lying there 2, the oldest written {oldest}; claimed and not finished 1"
    assert line in jana("status", "--inbox", inbox).out.splitlines()


def test_a_file_whose_pages_are_not_known_waits_too(jana: Jana, url: str) -> None:
    with Record.open(url) as record:
        record.take(ScanFile(sha256="ab" * 32, size_bytes=1, media="pdf"), Sighting(name=b"new"), actor="t")
    assert json.loads(jana("status", "--json").out)["files"]["waiting"] == 2


def test_the_schema_is_made_once_and_a_newer_one_is_refused(jana: Jana, home: Path) -> None:
    assert f"has schema {HEAD} now" in jana("db", "upgrade").err
    assert f"has schema {HEAD} already" in jana("db", "upgrade").err
    with behind(f"sqlite:///{home / 'jana.sqlite'}") as connection:
        connection.execute(update(table(VERSION_TABLE, column("version_num"))).values(version_num="9999"))
    answer = jana("db", "upgrade")
    assert answer.code == ExitCode.DATABASE
    assert "9999 is newer" in answer.err
    assert jana("status").code == ExitCode.DATABASE
