"""Files: their bytes once, every meeting, and what is left to read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from sqlalchemy import select

from scanner.intake.commit import commit_page
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import PageSource
from scanner.model.result import EmptyPage
from scanner.record import FinishedFile, Record, ScanFile, Sighting, TakenFile
from scanner.record.scans import MOST_ATTEMPTS
from scanner.record.schema import sighting
from tests.record.builders import READER, decisions, printed, result, scan

DIGEST = sha256(b"stack").hexdigest()
FILE = ScanFile(sha256=DIGEST, size_bytes=2**40, media="pdf")


def take(record: Record, name: bytes = b"stack.pdf") -> TakenFile:
    return record.take(FILE, Sighting(name=name, folder=b"/inbox/\xff", office="North"), actor="anna")


def empty(record: Record, page: int) -> None:
    commit_page(record, EmptyPage(PageSource(DIGEST, "stack.pdf", page)), reader_version=READER)


def refuse(record: Record, page: int | None, reason: RefusalReason) -> None:
    refusal = Refusal(DIGEST, "stack.pdf", page, reason, "Look at it.")
    commit_page(record, refusal, reader_version=READER)


def test_the_same_bytes_are_one_file_met_twice(record: Record) -> None:
    assert take(record).new
    again = take(record, b"copy\xff.pdf")
    assert not again.new
    names = record.write(lambda tx: list(tx.connection.scalars(select(sighting.c.name))))
    assert names == [b"stack.pdf", b"copy\xff.pdf"]
    assert record.counts().files == 1


def test_a_file_is_seen_before_only_when_every_page_has_its_outcome(record: Record) -> None:
    assert not record.already_read(DIGEST)
    assert take(record).page_count is None
    assert not take(record).seen_before
    assert record.set_pages(DIGEST, 3, actor="anna") == (1, 2, 3)
    empty(record, 2)
    interrupted = take(record)
    assert (interrupted.waiting, interrupted.seen_before) == ((1, 3), False)
    assert record.set_pages(DIGEST, 3, actor="anna") == (1, 3)
    empty(record, 1)
    refuse(record, 3, RefusalReason.NO_CODE)
    assert take(record).seen_before
    assert record.already_read(DIGEST)
    assert record.unfinished() == []


def test_a_file_refused_as_a_whole_is_seen_before(record: Record) -> None:
    take(record)
    refuse(record, None, RefusalReason.ENCRYPTED)
    taken = take(record)
    assert (taken.refusal, taken.seen_before) == (RefusalReason.ENCRYPTED, True)
    assert record.unfinished() == []
    assert record.counts().files_unopened == 0


def test_a_file_found_torn_half_way_waits_for_nothing(record: Record) -> None:
    take(record)
    record.set_pages(DIGEST, 4, actor="anna")
    empty(record, 1)
    refuse(record, None, RefusalReason.TORN)
    assert take(record).waiting == ()
    counts = record.counts()
    assert (counts.pages_seen, counts.pages_empty, counts.pages_refused) == (2, 1, 1)


def test_unfinished_files_are_found_again_after_a_crash(record: Record) -> None:
    scan(record, "done.pdf", pages=1)
    scan(record, "half.pdf", pages=2)
    take(record)
    done = sha256(b"done.pdf").hexdigest()
    commit_page(record, EmptyPage(PageSource(done, "done.pdf", 1)), reader_version=READER)
    half, unopened = record.unfinished()
    assert (half.page_count, unopened.page_count) == (2, None)
    assert (unopened.sha256, unopened.size_bytes, unopened.stored) == (DIGEST, 2**40, None)
    assert [one.row for one in record.unfinished(limit=1)] == [half.row]
    assert record.unfinished(limit=5, after=half.row) == [unopened]


def test_the_newest_number_of_pages_holds_and_outcomes_stay(record: Record) -> None:
    take(record)
    record.set_pages(DIGEST, 3, actor="anna")
    empty(record, 3)
    assert record.set_pages(DIGEST, 2, actor="anna") == (1, 2)
    assert record.set_pages(DIGEST, 4, actor="anna") == (1, 2, 4)
    assert (record.counts().pages_seen, record.counts().pages_empty) == (4, 1)


def test_a_file_that_was_never_taken_in_has_no_pages(embedded_record: Record) -> None:
    with pytest.raises(LookupError):
        embedded_record.set_pages(DIGEST, 2, actor="anna")
    with pytest.raises(LookupError):
        empty(embedded_record, 1)


def test_where_the_bytes_are_kept_may_be_told_later(embedded_record: Record) -> None:
    take(embedded_record)
    kept = ScanFile(sha256=DIGEST, size_bytes=2**40, media="pdf", stored="ab/cd")
    embedded_record.take(kept, Sighting(name=b"stack.pdf"), actor="anna")
    [file] = embedded_record.unfinished()
    assert file.stored == "ab/cd"


def test_of_several_that_take_one_file_in_one_is_first(record_url: str) -> None:
    with Record.open(record_url) as record, ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: take(record), range(8)))
        assert sorted(one.new for one in taken) == [False] * 7 + [True]
        waiting = set(pool.map(lambda _: record.set_pages(DIGEST, 5, actor="anna"), range(4)))
        assert waiting == {(1, 2, 3, 4, 5)}
        assert record.counts().pages_waiting == 5


def test_what_became_of_each_page_can_be_told(record: Record) -> None:
    [sheet_id] = printed(record)
    take(record)
    record.set_pages(DIGEST, 3, actor="anna")
    commit_page(record, result(sheet_id, decisions(10.0), digest=DIGEST, page=2), reader_version=READER)
    refuse(record, 3, RefusalReason.TWO_SHEETS)
    seen = [(one.scan_page, one.kind, one.sheet_id, one.reason) for one in record.outcomes_of_file(DIGEST)]
    assert seen == [(2, "read", sheet_id, None), (3, "refused", None, "two_sheets")]


def test_a_file_is_finished_with_its_last_page_and_not_before(record: Record) -> None:
    take(record)
    assert record.finished(DIGEST) is None
    record.set_pages(DIGEST, 2, actor="anna")
    empty(record, 1)
    assert record.finished(DIGEST) is None
    refuse(record, 2, RefusalReason.NO_CODE)
    assert record.finished(DIGEST) == FinishedFile(refusal=None, detail=None)
    # A decoder that sees more pages opens it again; one that sees fewer ends it.
    record.set_pages(DIGEST, 3, actor="anna")
    assert record.finished(DIGEST) is None
    record.set_pages(DIGEST, 2, actor="anna")
    assert record.finished(DIGEST) is not None


def test_a_file_refused_whole_is_finished_and_says_why(record: Record) -> None:
    take(record)
    refuse(record, None, RefusalReason.TORN)
    assert record.finished(DIGEST) == FinishedFile(refusal=RefusalReason.TORN, detail="Look at it.")
    assert record.finished("0" * 64) is None


def test_two_that_write_the_last_pages_together_finish_the_file(postgres_url: str) -> None:
    with Record.open(postgres_url) as record, ThreadPoolExecutor(8) as pool:
        take(record)
        record.set_pages(DIGEST, 8, actor="anna")
        list(pool.map(lambda page: empty(record, page), range(1, 9)))
        assert record.finished(DIGEST) is not None


def test_attempts_count_until_a_page_gets_on(record: Record) -> None:
    take(record)
    record.set_pages(DIGEST, 3, actor="anna")
    attempts = [record.begin_reading(DIGEST) for _ in range(MOST_ATTEMPTS)]
    assert [one.number for one in attempts] == list(range(1, MOST_ATTEMPTS + 1))
    assert all(one.go_on for one in attempts)
    assert (attempts[0].scan_name, attempts[0].page_count, attempts[0].waiting) == ("stack.pdf", 3, (1, 2, 3))
    record.release(DIGEST)
    assert record.begin_reading(DIGEST).go_on
    assert not record.begin_reading(DIGEST).go_on
    empty(record, 2)
    again = record.begin_reading(DIGEST)
    assert (again.number, again.go_on, again.waiting) == (1, True, (1, 3))
    empty(record, 2)  # known already: no progress
    assert record.begin_reading(DIGEST).number == 2


def test_a_claim_that_is_taken_in_again_is_no_second_meeting(record: Record) -> None:
    seen = Sighting(name=b"stack.pdf", office="North", claim="token/1")
    assert record.take(FILE, seen, actor="watch").new
    assert not record.take(FILE, seen, actor="watch").new
    assert met(record) == 1
    record.take(FILE, Sighting(name=b"stack.pdf", claim="token/2"), actor="watch")
    take(record)
    take(record)
    assert met(record) == 4
    actions = [entry.action for entry in record.audit_entries()]
    assert actions == ["record.schema", "scan.take", *["scan.again"] * 3]


def met(record: Record) -> int:
    return len(record.write(lambda tx: list(tx.connection.scalars(select(sighting.c.id)))))
