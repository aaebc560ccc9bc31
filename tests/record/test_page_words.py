"""What people say of pages: who is asked, what comes of it, and figures that add up all the while."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from scanner.errors import JanaError
from scanner.intake.commit import Committed, commit_page
from scanner.model.decision import Decision, Reason, Status
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import SaidPage
from scanner.model.scope import EVERYTHING, Scope
from scanner.model.sheet import SheetPurpose
from scanner.record import PageKind, Record, ScanFile, SeenPage, Sighting, WordKind
from scanner.record.page_waits import said_pages
from tests.record.builders import READER, decisions, printed, read, result

NORTH, SOUTH = Scope(frozenset({"North"})), Scope(frozenset({"South"}))
DIGEST = "d" * 64
LINES = decisions(10.0, 20.0, 30.0, 40.0)


class Desk:
    """A file of a few pages, the first of which nobody could make out."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.sheet, self.other = printed(record, SheetPurpose(unit="North"), SheetPurpose(unit="North"))

    def scanned(
        self, *reasons: RefusalReason | None, digest: str = DIGEST, office: str | None = None
    ) -> None:
        """A file with a page for each reason; None: it is not read yet."""
        file = ScanFile(sha256=digest, size_bytes=9, media="pdf", stored="folder")
        self.record.take(file, Sighting(name=b"stack.pdf", office=office), actor="anna")
        self.record.set_pages(digest, len(reasons), actor="anna")
        for number, reason in enumerate(reasons, 1):
            if reason is not None:
                refusal = Refusal(digest, "stack.pdf", number, reason, "So it is.", b"\x89PNG page")
                commit_page(self.record, refusal, reader_version=READER)

    def page(self, number: int = 0) -> SeenPage:
        return self.record.unidentified(EVERYTHING)[number]

    def identify(self, page: SeenPage, sheet_id: str | None = None) -> SeenPage:
        seen = self.record.identify_page(EVERYTHING, page.page_id, sheet_id or self.sheet, actor="bo")
        assert seen is not None
        return seen

    def said(self) -> tuple[SaidPage, ...]:
        return self.record.left(DIGEST).said

    def reread(
        self, lines: tuple[Decision, ...] = LINES, said: tuple[SaidPage, ...] | None = None
    ) -> Committed:
        """What a reader does that was told of the words."""
        told = self.said() if said is None else said
        page = result(told[0].sheet_id, lines, digest=DIGEST, page=told[0].scan_page)
        return commit_page(self.record, page, reader_version=READER, said=told)

    def adds_up(self, *, read: int = 0, refused: int = 0, waiting: int = 0) -> None:
        counts, seen = self.record.counts(), self.record.overview()
        assert (counts.pages_read, counts.pages_refused, counts.pages_waiting) == (read, refused, waiting)
        assert counts.pages_seen == read + refused + waiting + counts.pages_empty
        assert sum(seen.refused.values()) == refused == len(list(self.record.refused_rows()))
        assert bool(self.record.unfinished()) == bool(waiting) == (seen.files_waiting > 0)
        assert self.record.verify().fault is None


@pytest.fixture
def desk(record: Record) -> Desk:
    return Desk(record)


def test_a_person_is_asked_for_what_a_person_can_tell(desk: Desk) -> None:
    reasons = [reason for reason in RefusalReason if reason is not RefusalReason.EMPTY_FILE]
    desk.scanned(*reasons)
    listed = desk.record.unidentified(EVERYTHING)
    assert {page.reason for page in listed} == {
        *(RefusalReason.NO_CODE, RefusalReason.UNKNOWN_SHEET, RefusalReason.VOID_SHEET),
        *(RefusalReason.TWO_SHEETS, RefusalReason.NOT_REGISTERED),
    }
    assert desk.record.unidentified_left(EVERYTHING) == 5
    first = listed[0]
    assert (first.scan_name, first.scan_page, first.detail, first.word) == ("stack.pdf", 1, "So it is.", None)
    assert (first.has_picture, first.scan_kept, first.waits) == (True, True, False)
    assert desk.record.unidentified(EVERYTHING, limit=2) == listed[:2]
    assert desk.record.unidentified(EVERYTHING, after=listed[1].place) == listed[2:]
    assert desk.record.look_at_page(EVERYTHING, first.page_id, actor="bo") == b"\x89PNG page"
    look = list(desk.record.audit_entries())[-1]
    assert (look.actor, look.action, look.target) == ("bo", "page.look", f"scan:{DIGEST}/1")


def test_an_identified_page_is_read_again_in_place_of_its_refusal(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE, RefusalReason.NO_CODE)
    desk.adds_up(refused=2)

    seen = desk.identify(desk.page())
    assert seen.waits
    assert seen.word is not None
    assert (seen.word.kind, seen.word.sheet_id, seen.word.actor) == (WordKind.IDENTIFIED, desk.sheet, "bo")
    desk.adds_up(refused=1, waiting=1)
    assert desk.record.left(DIGEST).waiting == (1,)
    assert [(page.scan_page, page.sheet_id) for page in desk.said()] == [(1, desk.sheet)]
    assert desk.record.unidentified_left(EVERYTHING) == 1

    done = desk.reread()
    assert (done.already, done.outcome.kind, done.outcome.sheet_id) == (False, PageKind.READ, desk.sheet)
    desk.adds_up(read=1, refused=1)
    assert [row.score for row in desk.record.rows_of_sheet(desk.sheet)] == [1, 2, 3, 4]
    assert desk.reread().already, "once more changes nothing"
    desk.adds_up(read=1, refused=1)
    assert desk.record.look_at_page(EVERYTHING, seen.page_id, actor="bo") is None, "of no use any more"


def test_a_new_refusal_is_asked_about_again(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE)
    desk.identify(desk.page())
    refusal = Refusal(DIGEST, "stack.pdf", 1, RefusalReason.NOT_REGISTERED, "No corner marks.", b"other")
    commit_page(desk.record, refusal, reader_version=READER, said=desk.said())
    desk.adds_up(refused=1)
    page = desk.page()
    assert page.reason is RefusalReason.NOT_REGISTERED
    assert page.word is not None
    assert page.word.sheet_id == desk.sheet
    assert desk.record.look_at_page(EVERYTHING, page.page_id, actor="bo") == b"other"
    desk.identify(page)
    desk.adds_up(waiting=1)


def test_a_file_of_identified_pages_is_not_refused_as_a_whole(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE)
    desk.identify(desk.page())
    whole = Refusal(DIGEST, "stack.pdf", None, RefusalReason.CRASHED, "It ended.")
    commit_page(desk.record, whole, reader_version=READER, said=desk.said())
    desk.adds_up(refused=1)
    assert [seen.scan_page for seen in desk.record.outcomes_of_file(DIGEST)] == [1]


def test_not_ours_is_refused_and_no_work(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE)
    page = desk.page()
    for _ in range(2):
        aside = desk.record.put_page_aside(EVERYTHING, page.page_id, actor="bo")
        assert aside is not None
        assert aside.word is not None
        assert aside.word.kind is WordKind.NOT_OURS
    assert desk.record.unidentified(EVERYTHING) == ()
    desk.adds_up(refused=1)
    assert [entry.action for entry in desk.record.audit_entries()].count("page.not_ours") == 1

    desk.record.take_page_word_back(EVERYTHING, page.page_id, actor="bo")
    assert [it.page_id for it in desk.record.unidentified(EVERYTHING)] == [page.page_id]
    with pytest.raises(JanaError, match="Nothing was said"):
        desk.record.take_page_word_back(EVERYTHING, page.page_id, actor="bo")


def test_a_word_is_taken_back_before_it_is_read(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE)
    page = desk.page()
    desk.identify(page)
    told = desk.said()
    desk.record.take_page_word_back(EVERYTHING, page.page_id, actor="bo")
    desk.adds_up(refused=1)
    late = desk.reread(said=told)
    assert (late.already, late.outcome.kind) == (True, PageKind.REFUSED)
    assert desk.record.rows_of_sheet(desk.sheet) == ()
    desk.adds_up(refused=1)


def test_who_read_by_an_older_word_is_not_heard(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE)
    page = desk.page()
    desk.identify(page)
    told = desk.said()
    desk.identify(page, desk.other)
    assert desk.reread(said=told).already
    desk.adds_up(waiting=1)
    assert desk.record.rows_of_sheet(desk.sheet) == ()
    desk.reread()
    assert len(desk.record.rows_of_sheet(desk.other)) == 4
    desk.adds_up(read=1)


def test_a_page_given_to_the_wrong_sheet_is_given_to_another(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE)
    page = desk.page()
    desk.identify(page)
    desk.reread()
    with pytest.raises(JanaError, match="say which other sheet"):
        desk.record.take_page_word_back(EVERYTHING, page.page_id, actor="bo")
    with pytest.raises(JanaError, match="refused"):
        desk.record.put_page_aside(EVERYTHING, page.page_id, actor="bo")

    desk.identify(page, desk.other)
    doubted = desk.record.rows_of_sheet(desk.sheet)
    assert {(row.status, row.reasons) for row in doubted} == {(Status.REVIEW, (Reason.CONFLICT,))}
    assert [row.score for row in doubted] == [1, 2, 3, 4]
    desk.reread()
    assert [row.status for row in desk.record.rows_of_sheet(desk.other)] == [Status.ACCEPTED] * 4
    desk.adds_up(read=1)


def test_a_sheet_that_was_read_before_is_a_conflict(desk: Desk) -> None:
    read(desk.record, desk.sheet, decisions(10.0, 20.0, 30.0, 70.0), "earlier.pdf")
    desk.scanned(RefusalReason.NO_CODE)
    desk.identify(desk.page())
    desk.reread()
    statuses = [row.status for row in desk.record.rows_of_sheet(desk.sheet)]
    assert statuses == [Status.ACCEPTED] * 3 + [Status.REVIEW]
    desk.adds_up(read=2)


def test_a_sheet_that_is_void_when_the_page_is_read_is_refused(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE)
    desk.identify(desk.page())
    desk.record.void(desk.sheet, reason="so", actor="anna")
    assert desk.reread().outcome.reason is RefusalReason.VOID_SHEET
    desk.adds_up(refused=1)
    assert desk.page().sheet_id == desk.sheet


def test_what_cannot_be_is_refused_with_the_reason(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE, RefusalReason.LOW_RESOLUTION)
    page = desk.page()
    with pytest.raises(JanaError, match="not in this record"):
        desk.identify(page, "J1000000000000000A")
    desk.record.void(desk.other, reason="so", actor="anna")
    with pytest.raises(JanaError, match="is void"):
        desk.identify(page, desk.other)
    with pytest.raises(JanaError, match="could not be identified"):
        desk.identify(replace(page, page_id=page.page_id + 1))
    read(desk.record, desk.sheet, LINES, "own.pdf")
    (scan,) = desk.record.show(desk.sheet).scans
    own = next(
        it
        for number in range(1, 9)
        if (it := desk.record.seen_page(EVERYTHING, number)) and it.scan_sha256 == scan.scan_sha256
    )
    with pytest.raises(JanaError, match="could not be identified"):
        desk.identify(own)
    desk.record.begin_purge(DIGEST, actor="anna")
    assert desk.record.unidentified(EVERYTHING) == (), "nothing can be read from it any more"
    with pytest.raises(JanaError, match="scan the paper again"):
        desk.identify(page)
    desk.adds_up(read=1, refused=2)


def test_only_what_is_within_reach_is_there(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE, office="North")
    desk.scanned(RefusalReason.NO_CODE, digest="e" * 64)
    (page,) = desk.record.unidentified(NORTH)
    assert page.office == "North"
    assert desk.record.unidentified_left(NORTH) == 1
    assert desk.record.unidentified(SOUTH) == ()
    for scope in (SOUTH, Scope(), Scope(cases=frozenset({"A-1"}))):
        assert desk.record.seen_page(scope, page.page_id) is None
        assert desk.record.look_at_page(scope, page.page_id, actor="bo") is None
        assert desk.record.identify_page(scope, page.page_id, desk.sheet, actor="bo") is None
        assert desk.record.put_page_aside(scope, page.page_id, actor="bo") is None
        assert desk.record.take_page_word_back(scope, page.page_id, actor="bo") is None
    (elsewhere,) = printed(desk.record, SheetPurpose(unit="South"))
    with pytest.raises(JanaError, match="not in this record"):
        desk.record.identify_page(NORTH, page.page_id, elsewhere, actor="bo")
    assert desk.record.identify_page(NORTH, page.page_id, desk.sheet, actor="bo") is not None
    desk.reread()
    assert desk.record.seen_page(NORTH, page.page_id) is not None


def test_a_double_click_is_one_word(desk: Desk) -> None:
    desk.scanned(RefusalReason.NO_CODE)
    page = desk.page()
    together = threading.Barrier(3)

    def say(_: int) -> SeenPage:
        together.wait()
        return desk.identify(page)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(say, range(3)))
    words = desk.record.look(lambda at: at.execute(text("SELECT count(*) FROM page_word")).scalar())
    assert words == 1
    desk.adds_up(waiting=1)


def test_a_later_version_reads_by_the_same_word(desk: Desk) -> None:
    """Else its own search would find no code again, and take the place of what was read."""
    desk.scanned(RefusalReason.NO_CODE)
    desk.identify(desk.page())
    desk.reread()
    row = desk.record.look(lambda at: at.execute(text("SELECT id FROM scan_file")).scalar_one())
    assert desk.record.look(lambda at: said_pages(at, row)) == desk.said() != ()
    page = result(desk.sheet, LINES, digest=DIGEST)
    newer = replace(page, reader_version="9.9.9")
    commit_page(desk.record, newer, reader_version="9.9.9", said=desk.said())
    desk.adds_up(read=1)


def test_central_readers_are_told(postgres_url: str) -> None:
    with Record.open(postgres_url) as record:
        desk = Desk(record)
        desk.scanned(RefusalReason.NO_CODE)
        desk.identify(desk.page())
        jobs = "SELECT args ->> 'sha256' FROM procrastinate_jobs WHERE status = 'todo'"
        assert list(record.look(lambda at: at.execute(text(jobs)).scalars())) == [DIGEST]
