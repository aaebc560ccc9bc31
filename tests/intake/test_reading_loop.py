"""The reading loop: what is unfinished is read once, and no file is blamed for what it did not do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scanner.errors import DatabaseError, JanaError
from scanner.intake.commit import commit_page
from scanner.intake.reading_loop import (
    SETTLED_IN_S,
    BytesMissing,
    FileBegun,
    FileFinished,
    PageDone,
    ReadingLoop,
    Told,
)
from scanner.intake.scan_store import FolderScanStore, StoredScan
from scanner.intake.workers import PageWorkers
from scanner.model.page import PageSource, ScannedPage
from scanner.model.result import EmptyPage, PageOutcome
from scanner.reading.read import READER_VERSION
from scanner.record import Record, ScanFile, Sighting
from scanner.record.scans import MOST_ATTEMPTS, SUSPECT_ATTEMPTS
from scanner.settings_limits import Limits

pytestmark = pytest.mark.usefixtures("warm_nurseries")
LIMITS = Limits()
Job = Callable[[ScannedPage], PageOutcome | JanaError]


def empty(page: ScannedPage) -> PageOutcome | JanaError:
    return EmptyPage(page.source)


def without_database(_: ScannedPage) -> PageOutcome | JanaError:
    return DatabaseError("the database went away")


def forever(page: ScannedPage) -> PageOutcome | JanaError:
    threading.Event().wait()
    return EmptyPage(page.source)


def job(which: Job) -> Job:
    return which


class Office:
    """A record, a store, and a loop over them."""

    def __init__(self, record: Record, folder: Path) -> None:
        self.record = record
        self.folder = folder
        self.store = FolderScanStore(folder / "store", LIMITS.file_bytes)
        self.told: list[Told] = []

    def take(self, name: str, seed: int, pages: int = 1) -> str:
        """A small TIFF of so many grey pages, stored and recorded; its hash."""
        rng = np.random.default_rng(seed)
        images = [Image.fromarray(rng.integers(0, 255, (40, 30), dtype=np.uint8)) for _ in range(pages)]
        path = self.folder / name
        images[0].save(path, format="TIFF", save_all=True, append_images=images[1:])
        stored = self.store.put(path)
        assert isinstance(stored, StoredScan)
        file = ScanFile(
            sha256=stored.sha256, size_bytes=stored.size_bytes, media="tiff", stored=stored.stored
        )
        self.record.take(file, Sighting(name=name.encode()), actor="test")
        return stored.sha256

    def read(
        self,
        which: Job = empty,
        *,
        tell: Callable[[Told], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Work off what is unfinished."""

        def heard(event: Told) -> None:
            self.told.append(event)
            if tell is not None:
                tell(event)

        with PageWorkers(partial(job, which), LIMITS, count=1) as workers:
            ReadingLoop(
                self.record,
                self.store,
                workers,
                tell=heard,
                actor="test",
                stopped=stopped,
                monotonic=monotonic,
            ).work_off()

    def pages(self, sha256: str) -> list[int | None]:
        return [it.outcome.scan_page for it in self.told if isinstance(it, PageDone) and it.sha256 == sha256]


@pytest.fixture
def office(embedded_url: str, tmp_path: Path) -> Office:
    return Office(Record.open(embedded_url), tmp_path)


def test_what_is_unfinished_is_read_and_what_is_finished_is_not(office: Office) -> None:
    first, second = office.take("a.tif", 1, pages=3), office.take("b.tif", 2)
    office.read()
    assert (office.pages(first), office.pages(second)) == ([1, 2, 3], [1])
    assert {it.sha256 for it in office.told if isinstance(it, FileFinished)} == {first, second}
    assert office.record.unfinished() == []
    office.told.clear()
    office.read()
    assert office.told == []


def test_only_the_pages_that_are_left_are_read(office: Office) -> None:
    sha256 = office.take("a.tif", 1, pages=4)
    office.record.set_pages(sha256, 4, actor="test")
    for page in (1, 3):
        commit_page(
            office.record, EmptyPage(PageSource(sha256, "a.tif", page)), reader_version=READER_VERSION
        )
    office.read()
    assert office.pages(sha256) == [2, 4]
    assert office.record.finished(sha256) is not None


def test_a_file_that_comes_while_a_long_one_is_read_does_not_wait_for_its_end(office: Office) -> None:
    long = office.take("long.tif", 1, pages=60)
    late: list[str] = []

    def drop(event: Told) -> None:
        if isinstance(event, PageDone) and not late:
            late.append(office.take("late.tif", 2))

    office.take("first.tif", 3)
    ticks = count()
    office.read(tell=drop, monotonic=lambda: float(next(ticks)))  # a second from each look to the next
    ended = [it.sha256 for it in office.told if isinstance(it, FileFinished)]
    assert ended.index(late[0]) < ended.index(long)


def test_trouble_of_the_record_is_no_fault_of_the_file(office: Office) -> None:
    """However often the database goes away, the file is not given up for it."""
    sha256 = office.take("a.tif", 1)
    with PageWorkers(partial(job, without_database), LIMITS, count=1) as workers:
        loop = ReadingLoop(office.record, office.store, workers, tell=office.told.append, actor="test")
        for _ in range(MOST_ATTEMPTS + 2):
            with pytest.raises(DatabaseError, match="went away"):
                loop.work_off()
    assert {it.attempt for it in office.told if isinstance(it, FileBegun)} == {1}
    office.read()
    assert list(office.record.refused_rows()) == []
    assert office.record.finished(sha256) is not None


def test_a_file_that_ends_its_readers_again_and_again_is_given_up(office: Office) -> None:
    whole, partly, good = (
        office.take("a.tif", 1, pages=2),
        office.take("b.tif", 2, pages=3),
        office.take("c", 3),
    )
    office.record.set_pages(partly, 3, actor="test")
    commit_page(office.record, EmptyPage(PageSource(partly, "b.tif", 2)), reader_version=READER_VERSION)
    for _ in range(MOST_ATTEMPTS):  # as if we had been killed each time
        office.record.begin_reading(whole)
        office.record.begin_reading(partly)
    office.read()
    rows = [(row.scan_name, row.scan_page, row.reason) for row in office.record.refused_rows()]
    assert sorted(rows, key=str) == [
        ("a.tif", None, "crashed"),
        ("b.tif", 1, "crashed"),
        ("b.tif", 3, "crashed"),
    ]
    assert office.record.counts().pages_empty == 2
    assert office.pages(good) == [1]
    assert office.record.unfinished() == []


def test_who_is_killed_as_soon_as_he_begins_tells_nothing_of_the_files_that_were_open(office: Office) -> None:
    """A file that was begun in vain so often waits for a reader that lives, and is then read alone."""
    suspects = [office.take("a.tif", 1, pages=3), office.take("b.tif", 2)]
    for sha256 in suspects:
        for _ in range(SUSPECT_ATTEMPTS):  # as if we had been killed each time
            office.record.begin_reading(sha256)
    others = [office.take("c.tif", 3, pages=2), office.take("d.tif", 4)]
    clock = [0.0]
    office.read(monotonic=lambda: clock[0])
    assert [office.pages(sha256) for sha256 in (*suspects, *others)] == [[], [], [1, 2], [1]]
    office.told.clear()

    def later() -> float:
        clock[0] += SETTLED_IN_S / 2
        return clock[0]

    others = [office.take("e.tif", 5, pages=2)]
    office.read(monotonic=later)
    while office.record.unfinished():
        office.read(monotonic=later)
    assert [office.pages(sha256) for sha256 in (*suspects, *others)] == [[1, 2, 3], [1], [1, 2]]
    open_now: set[str] = set()
    alone: set[str] = set()
    for it in office.told:
        match it:
            case FileBegun(sha256):
                assert not alone
                assert not (sha256 in suspects and open_now)
                open_now.add(sha256)
                alone |= {sha256} & set(suspects)
            case PageDone(sha256):
                alone.discard(sha256)
            case FileFinished(sha256):
                open_now.discard(sha256)
    assert list(office.record.refused_rows()) == []


def test_a_file_whose_bytes_are_not_there_waits_and_holds_up_nobody(office: Office) -> None:
    gone, good = office.take("a.tif", 1), office.take("b.tif", 2)
    place = office.store.path_of(gone)
    place.rename(office.folder / "away")
    office.read()
    assert [it.sha256 for it in office.told if isinstance(it, BytesMissing)] == [gone]
    assert office.record.finished(good) is not None
    assert [file.sha256 for file in office.record.unfinished()] == [gone]
    (office.folder / "away").rename(place)
    office.read()
    assert office.record.unfinished() == []


def test_it_stops_while_a_page_hangs_and_the_attempt_is_not_counted(office: Office) -> None:
    sha256 = office.take("a.tif", 1)
    begun = threading.Event()

    def hear(event: Told) -> None:
        if isinstance(event, FileBegun):
            begun.set()

    for _ in range(2):
        begun.clear()
        office.read(forever, tell=hear, stopped=begun.is_set)
    assert [it.attempt for it in office.told if isinstance(it, FileBegun)] == [1, 1]
    assert office.record.begin_reading(sha256).number == 1
