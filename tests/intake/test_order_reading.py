"""Orders of the queue: each page is read once, a file is refused as one only when all of it was tried."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile
from sqlalchemy import text

from scanner.errors import DatabaseError, JanaError
from scanner.intake.commit import commit_page
from scanner.intake.database_store import DatabaseScanStore
from scanner.intake.order_reading import OrderReader
from scanner.intake.orders import GivenBackError, Order, Orders
from scanner.intake.reading_loop import BytesMissing, FileBegun, FileFinished, PageDone, Told
from scanner.intake.scan_store import StoredScan
from scanner.intake.workers import PageWorkers
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import PageSource, ScannedPage
from scanner.model.result import EmptyPage, PageOutcome
from scanner.model.scope import EVERYTHING
from scanner.model.sheet import SheetPurpose
from scanner.reading.read import READER_VERSION
from scanner.record import Record, ScanFile, Sighting, queue
from scanner.record.scans import MOST_ATTEMPTS
from scanner.settings_limits import Limits
from tests.record.builders import printed

pytestmark = pytest.mark.usefixtures("warm_nurseries")
LIMITS = Limits()
Job = Callable[[ScannedPage], PageOutcome | JanaError]
Workers = PageWorkers[PageOutcome | JanaError]


def empty(page: ScannedPage) -> PageOutcome | JanaError:
    return EmptyPage(page.source)


def deadly_third(page: ScannedPage) -> PageOutcome | JanaError:
    if page.source.scan_page == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return EmptyPage(page.source)


def without_database(_: ScannedPage) -> PageOutcome | JanaError:
    return DatabaseError("the database went away")


def job(which: Job) -> Job:
    return which


class Reader:
    """One worker's reading, on a real central record, without a queue's process around it."""

    def __init__(self, record: Record, folder: Path, workers: Workers) -> None:
        self.record = record
        self.folder = folder
        self.workers = workers
        self.store = DatabaseScanStore(record, folder / "copies", LIMITS.file_bytes)
        self.told: list[Told] = []

    def take(self, pages: int = 1, *, spoilt: bool = False) -> str:
        """A TIFF of so many pages, in store and record; with `spoilt` no page of it can be decoded."""
        rng = np.random.default_rng(pages)
        images = [Image.fromarray(rng.integers(0, 255, (40, 30), dtype=np.uint8)) for _ in range(pages)]
        path = self.folder / "scan.tif"
        images[0].save(path, format="TIFF", compression="tiff_lzw", save_all=True, append_images=images[1:])
        if spoilt:
            _spoil_strips(path)
        stored = self.store.put(path)
        assert isinstance(stored, StoredScan)
        file = ScanFile(
            sha256=stored.sha256, size_bytes=stored.size_bytes, media="tiff", stored=stored.stored
        )
        self.record.take(file, Sighting(name=b"scan.tif"), actor="test")
        return stored.sha256

    def read(self, *orders: Order, workers: Workers | None = None) -> None:
        """Carry these out and stop."""
        given = Orders()
        for order in orders:
            given.give(order)
        reader = OrderReader(
            self.record,
            self.store,
            workers or self.workers,
            given,
            open_files=2,
            lost_pages=LIMITS.lost_pages,
            tell=self.told.append,
            actor="test",
            stopped=lambda: all(order.ended.done() for order in orders),
        )
        try:
            reader.read()
        finally:
            given.close()

    def commit(self, sha256: str, *pages: int) -> None:
        for page in pages:
            outcome = EmptyPage(PageSource(sha256, "scan.tif", page))
            commit_page(self.record, outcome, reader_version=READER_VERSION)

    def pages_read(self) -> list[int | None]:
        return [it.outcome.scan_page for it in self.told if isinstance(it, PageDone) and not it.already]

    def refusals(self) -> list[tuple[int | None, str]]:
        return sorted(((it.scan_page, it.reason) for it in self.record.refused_rows()), key=str)

    def queued(self) -> list[dict[str, Any]]:
        query = text("SELECT args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return list(self.record.look(lambda connection: connection.scalars(query).all()))


def _spoil_strips(path: Path) -> None:
    """Overwrite the pictures, and leave the structure as it is."""
    data = bytearray(path.read_bytes())
    with TiffImageFile(path) as image:
        for frame in range(image.n_frames):
            image.seek(frame)
            for start, count in zip(image.tag_v2[273], image.tag_v2[279], strict=True):
                data[start : start + count] = b"\xff" * count
    path.write_bytes(data)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Find every page empty."""
    with PageWorkers(partial(job, empty), LIMITS, count=1) as workers:
        yield workers


@pytest.fixture
def reader(postgres_url: str, tmp_path: Path, workers: Workers) -> Iterator[Reader]:
    with Record.open(postgres_url) as record:
        yield Reader(record, tmp_path, workers)


def test_a_long_file_is_shared_as_soon_as_a_page_of_it_is_decoded(reader: Reader) -> None:
    sha256 = reader.take(pages=45)
    reader.read(Order(1, sha256))
    assert reader.pages_read() == list(range(1, 21))
    assert reader.queued() == [
        {"sha256": sha256, "pages": list(range(21, 41)), "tries": 0},
        {"sha256": sha256, "pages": list(range(41, 46)), "tries": 0},
    ]
    reader.read(*(Order(2 + place, sha256, tuple(it["pages"])) for place, it in enumerate(reader.queued())))
    assert sorted(reader.pages_read(), key=str) == sorted(range(1, 46), key=str)
    assert reader.record.finished(sha256) is not None
    assert sum(isinstance(it, FileFinished) for it in reader.told) == 1


def test_a_long_file_of_which_no_page_can_be_decoded_is_refused_as_one(reader: Reader) -> None:
    sha256 = reader.take(pages=30, spoilt=True)
    reader.read(Order(1, sha256))
    assert reader.refusals() == [(None, "damaged")]
    assert reader.queued() == []
    assert reader.record.finished(sha256) is not None


def test_what_others_have_read_is_not_read_again(reader: Reader) -> None:
    sha256 = reader.take(pages=4)
    reader.record.set_pages(sha256, 4, actor="test")
    reader.commit(sha256, 1, 3)
    reader.read(Order(1, sha256, (1, 2, 3)))
    assert reader.pages_read() == [2]
    reader.read(Order(2, sha256), Order(3, sha256, (2, 3)))
    assert reader.pages_read() == [2, 4]
    reader.read(Order(4, sha256))
    assert reader.pages_read() == [2, 4]


def test_a_file_that_others_are_at_is_left_to_them(reader: Reader) -> None:
    sha256 = reader.take(pages=2)
    reader.record.write(lambda tx: queue.add_runs(tx, sha256, (1, 2)))
    reader.read(Order(999, sha256))
    assert reader.told == []


def test_a_page_that_ends_its_process_is_refused_and_its_neighbours_are_read(reader: Reader) -> None:
    sha256 = reader.take(pages=5)
    with PageWorkers(partial(job, deadly_third), LIMITS, count=1) as workers:
        reader.read(Order(1, sha256), workers=workers)
    assert reader.refusals() == [(3, "crashed")]
    assert reader.record.counts().pages_empty == 4


def test_a_page_over_which_too_many_workers_have_died_is_refused_unread(reader: Reader) -> None:
    sha256 = reader.take(pages=3)
    reader.record.set_pages(sha256, 3, actor="test")
    orders = [Order(page, sha256, (page,), tries=MOST_ATTEMPTS - (page != 2)) for page in (1, 2, 3)]
    reader.read(*orders)
    assert reader.refusals() == [(2, "crashed")]
    assert reader.record.counts().pages_empty == 2


def test_a_file_over_which_too_many_workers_have_died_is_refused_unread(reader: Reader) -> None:
    sha256 = reader.take(pages=2)
    for _ in range(MOST_ATTEMPTS):
        reader.record.begin_reading(sha256)
    reader.read(Order(1, sha256))
    assert reader.refusals() == [(None, "crashed")]


def test_the_rest_of_a_file_that_has_cost_too_much_is_not_tried(reader: Reader) -> None:
    sha256 = reader.take(pages=8)
    reader.record.set_pages(sha256, 8, actor="test")
    for page in (2, 4, 6):
        lost = Refusal(sha256, "scan.tif", page, RefusalReason.TIMEOUT, "It took too long.")
        commit_page(reader.record, lost, reader_version=READER_VERSION)
    reader.read(Order(1, sha256, (7, 8)))
    assert reader.refusals()[-2:] == [(7, "crashed"), (8, "crashed")]


def test_bytes_that_are_missing_hold_nobody_up_and_count_as_no_attempt(reader: Reader) -> None:
    gone, good = reader.take(pages=1), reader.take(pages=2)
    reader.store.remove(gone)
    for number in range(3):
        reader.read(Order(number, gone))
    reader.read(Order(9, good))
    assert [it.sha256 for it in reader.told if isinstance(it, BytesMissing)] == [gone] * 3
    assert reader.record.finished(good) is not None
    assert reader.record.begin_reading(gone).number == 1


def test_trouble_of_the_record_gives_the_order_back_and_is_no_fault_of_the_file(reader: Reader) -> None:
    sha256 = reader.take()
    with PageWorkers(partial(job, without_database), LIMITS, count=1) as workers:
        for number in range(MOST_ATTEMPTS + 2):
            order = Order(number, sha256)
            with pytest.raises(DatabaseError, match="went away"):
                reader.read(order, workers=workers)
            assert isinstance(order.ended.exception(0), GivenBackError)
    assert {it.attempt for it in reader.told if isinstance(it, FileBegun)} == {1}
    assert reader.refusals() == []


def test_an_order_that_comes_too_late_is_given_back_at_once() -> None:
    orders, order = Orders(), Order(1, "f" * 64)
    orders.close()
    orders.give(order)
    assert isinstance(order.ended.exception(0), GivenBackError)
    assert orders.take() is None


def test_whoever_waits_for_orders_is_woken() -> None:
    orders, woken = Orders(), threading.Event()

    def wait() -> None:
        orders.wait(60)
        woken.set()

    threading.Thread(target=wait, daemon=True).start()
    orders.give(Order(1, "f" * 64))
    assert woken.wait(30)


def as_said(page: ScannedPage) -> PageOutcome | JanaError:
    """Tells by its refusal which sheet the reader was told of."""
    source, said = page.source, page.said_sheet_id or "nothing"
    return Refusal(source.scan_sha256, source.scan_name, source.scan_page, RefusalReason.NO_CODE, said)


def test_a_page_is_read_by_what_a_person_says_it_shows(reader: Reader) -> None:
    sheet_id, other = printed(reader.record, SheetPurpose(), SheetPurpose())
    sha256 = reader.take(pages=3)
    with PageWorkers(partial(job, as_said), LIMITS, count=1) as workers:
        reader.read(Order(1, sha256), workers=workers)
        assert [row.detail for row in reader.record.refused_rows()] == ["nothing"] * 3
        page = reader.record.unidentified(EVERYTHING)[1]
        reader.record.identify_page(EVERYTHING, page.page_id, sheet_id, actor="bo")
        assert reader.queued()[-1] == {"sha256": sha256}
        reader.told.clear()

        job_row = text("SELECT max(id) FROM procrastinate_jobs")
        number = reader.record.look(lambda connection: connection.scalar(job_row))
        reader.read(Order(int(str(number)), sha256), workers=workers)
        assert reader.pages_read() == [2], "that page alone"
        assert {row.detail for row in reader.record.refused_rows()} == {"nothing", sheet_id}

        reader.record.identify_page(EVERYTHING, page.page_id, other, actor="bo")
        reader.told.clear()
        reader.read(Order(3, sha256, pages=(2,)), workers=workers)
        assert reader.pages_read() == [2]
        assert {row.detail for row in reader.record.refused_rows()} == {"nothing", other}
    assert reader.record.finished(sha256) is not None
