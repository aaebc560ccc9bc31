"""Read what a queue orders, pages of any number of files at a time, and leave nothing but outcomes.

The record is asked before anything is done: an order that was carried out already, by whomever, is none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from scanner.errors import JanaError
from scanner.intake.commit import commit_page
from scanner.intake.orders import Order, Orders
from scanner.intake.reading_loop import BytesMissing, FileBegun, FileFinished, Job, PageDone, Told
from scanner.intake.scan_store import LocalScan, ScanStore, StoreError
from scanner.intake.workers import Event, FileDone, FileOpened, FileShared, PageRead, Refused, ScanFile
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import SaidPage
from scanner.model.result import PageOutcome
from scanner.reading.read import READER_VERSION
from scanner.record import Attempt, Record, queue
from scanner.record.scans import MOST_ATTEMPTS

LOOK_UP_S = 0.5
LOST = (RefusalReason.CRASHED, RefusalReason.TIMEOUT)
"""Reasons that cost a reading process, or a reader its life."""


_Wanted = tuple[str, tuple[int, ...] | None, tuple[SaidPage, ...]]
"""What a file is called, which pages of it to read (None: all), and what people said of them."""


class OrderReader:
    """Carries orders out for one record, in the thread that made the workers."""

    def __init__(
        self,
        record: Record,
        store: ScanStore,
        workers: Job,
        orders: Orders,
        *,
        open_files: int,
        lost_pages: int,
        tell: Callable[[Told], None],
        actor: str,
        stopped: Callable[[], bool],
        second_look_share: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Up to `open_files` orders take turns. `lost_pages` of a file that crashed or timed out end the
        reading of its rest. `tell` hears of everything as it happens; `stopped` ends the work within a second
        or so."""
        self._record = record
        self._store = store
        self._workers = workers
        self._orders = orders
        self._open_files = open_files
        self._lost_pages = lost_pages
        self._tell = tell
        self._actor = actor
        self._commit_page = partial(
            commit_page, record, reader_version=READER_VERSION, second_look_share=second_look_share
        )
        self._stopped = stopped
        self._monotonic = monotonic
        self._reading: dict[ScanFile, tuple[Order, LocalScan]] = {}
        self._uncounted: set[str] = set()
        """Files whose reading was given back, and of which the record does not know yet."""

    def read(self) -> None:
        """Carry out orders until stopped. What is not done then is for others.

        Raises DatabaseError, StoreError or WorkerError when something stands in the way of every file.
        """
        try:
            self._workers.warm_up()
            while not self._stopped():
                self._uncount()
                for event in self._workers.read(
                    _AsTheyCome(self._next), open_files=self._open_files, stopped=self._stopped
                ):
                    self._recorded(event)
                self._orders.wait(LOOK_UP_S)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """What was begun and not done is no fault of its files."""
        self._uncounted |= {order.sha256 for order, _ in self._reading.values() if order.pages is None}
        for _, copy in self._reading.values():
            copy.close()
        self._reading.clear()
        with suppress(JanaError):  # the record is told when it can be reached again
            self._uncount()

    def _uncount(self) -> None:
        for sha256 in list(self._uncounted):
            self._record.release(sha256)
            self._uncounted.remove(sha256)

    def _next(self) -> ScanFile | None:
        while (order := None if self._stopped() else self._orders.take()) is not None:
            file = self._begun(order)
            if file is not None:
                return file
            self._orders.end(order)
        return None

    def _begun(self, order: Order) -> ScanFile | None:
        """What is to be read for an order; None when there is nothing to do, or nothing can be done."""
        wanted = self._rest_of_file(order) if order.pages is None else self._run(order)
        if wanted is None:
            return None
        name, pages, said = wanted
        try:
            copy = self._store.local(order.sha256)
        except BaseException as error:
            if order.pages is None:
                self._uncounted.add(order.sha256)
            if not isinstance(error, StoreError):
                raise
            # The queue forgets it; the sweep finds it again after a while.
            self._tell(BytesMissing(order.sha256, str(error)))
            return None
        share = queue.RUN_PAGES if order.pages is None else None
        file = ScanFile(copy.path, order.sha256, name, pages, share, said)
        if file in self._reading:  # the same pages twice: the queue took us for dead
            copy.close()
            return None
        self._reading[file] = (order, copy)
        return file

    def _rest_of_file(self, order: Order) -> _Wanted | None:
        sha256 = order.sha256
        if self._record.finished(sha256) is not None or self._record.look(
            lambda connection: queue.has_other_jobs(connection, sha256, order.job)
        ):
            return None
        attempt = self._record.begin_reading(sha256)
        self._tell(FileBegun(sha256, attempt.scan_name, attempt.number))
        if attempt.go_on:
            pages = (attempt.waiting or None) if attempt.page_count else None
            return attempt.scan_name, pages, attempt.said
        detail = f"Reading it was begun {attempt.number - 1} times and never came to the end of a page."
        some_read = attempt.page_count is not None and len(attempt.waiting) < attempt.page_count
        self._refuse(sha256, attempt, attempt.waiting if some_read else (None,), detail)
        return None

    def _run(self, order: Order) -> _Wanted | None:
        sha256 = order.sha256
        left = self._record.left(sha256)
        pages = tuple(page for page in order.pages or () if page in set(left.waiting))
        if not pages:
            return None
        if order.tries >= MOST_ATTEMPTS:
            self._refuse(sha256, left, pages, f"{order.tries} readers ended over it, one after the other.")
            return None
        lost = sum(seen.reason in LOST for seen in self._record.outcomes_of_file(sha256))
        if lost >= self._lost_pages:
            detail = f"Not tried, because {lost} other pages of this file crashed or took too long."
            self._refuse(sha256, left, pages, detail)
            return None
        return left.scan_name, pages, left.said

    def _recorded(self, event: Event[PageOutcome | JanaError]) -> None:
        order, copy = self._reading[event.file]
        match event:
            case FileOpened(file, facts):
                if order.pages is None:
                    self._record.set_pages(file.scan_sha256, facts.page_count, actor=self._actor)
            case FileShared(file, left):
                self._record.write(lambda tx: queue.add_runs(tx, file.scan_sha256, left))
            case PageRead(file, _, outcome, seconds):
                if isinstance(outcome, JanaError):
                    raise outcome
                self._commit(file.scan_sha256, outcome, file.said, seconds)
            case Refused(file, refusal):
                self._refused(file, refusal)
            case FileDone(file):
                del self._reading[file]
                copy.close()
                self._tell_of_end(file.scan_sha256)
                self._orders.end(order)

    def _refused(self, file: ScanFile, refusal: Refusal) -> None:
        """A file some of whose pages others have read is not refused as a whole any more."""
        if refusal.scan_page is not None or file.pages is None:
            self._commit(file.scan_sha256, refusal, file.said)
            return
        left = self._record.left(file.scan_sha256)
        if left.page_count is None or len(left.waiting) == left.page_count:
            self._commit(file.scan_sha256, refusal, file.said)
            return
        mine = tuple(page for page in left.waiting if page in set(file.pages))
        self._refuse(file.scan_sha256, left, mine, refusal.detail, refusal.reason)

    def _refuse(
        self,
        sha256: str,
        left: Attempt,
        pages: tuple[int | None, ...],
        detail: str,
        reason: RefusalReason = RefusalReason.CRASHED,
    ) -> None:
        for page in pages:
            self._commit(sha256, Refusal(sha256, left.scan_name, page, reason, detail), left.said)
        self._tell_of_end(sha256)

    def _commit(
        self, sha256: str, outcome: PageOutcome, said: tuple[SaidPage, ...], read_s: float | None = None
    ) -> None:
        begun_s = self._monotonic()
        committed = self._commit_page(outcome, said=said)
        took_s = self._monotonic() - begun_s
        self._tell(PageDone(sha256, committed.outcome, committed.already, read_s, took_s))

    def _tell_of_end(self, sha256: str) -> None:
        if self._record.finished(sha256) is not None:
            self._tell(FileFinished(sha256))


class _AsTheyCome(Iterator[ScanFile]):
    """May have none for the moment, and then some again."""

    def __init__(self, following: Callable[[], ScanFile | None]) -> None:
        self._following = following

    def __next__(self) -> ScanFile:
        file = self._following()
        if file is None:
            raise StopIteration
        return file
