"""Read whatever the record knows as unfinished: the half of a service that decodes.

It is told of nothing but the record, and leaves nothing but outcomes there. Ended at any moment, by
whatever, it goes on where it stopped when it is started again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from scanner.errors import DatabaseError, JanaError
from scanner.intake.commit import commit_page
from scanner.intake.scan_store import LocalScan, ScanStore, StoreError
from scanner.intake.workers import Event, FileDone, FileOpened, PageRead, PageWorkers, Refused, ScanFile
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import SaidPage
from scanner.model.result import PageOutcome
from scanner.reading.read import READER_VERSION
from scanner.record import Attempt, PageOutcomeSeen, Record, UnfinishedFile

OPEN_FILES = 4
"""Files that take turns. One more costs a process the opening of a file now and then."""

LOOK_AGAIN_S = 1.0
"""How often the record is asked for files of which nobody has told us."""

START_OVER_S = 60.0
"""How often the oldest unfinished files are looked at again: those whose bytes were not there before."""

LOT = 50

SETTLED_IN_S = 10.0
"""So long a reader must have lived before it takes a file that may have ended others (`SUSPECT_ATTEMPTS`):
who is killed again and again after a moment tells nothing of the files that were open then."""


@dataclass(frozen=True, slots=True)
class FileBegun:
    """The reading of a file, or of what is left of it, begins."""

    sha256: str
    scan_name: str
    attempt: int


@dataclass(frozen=True, slots=True)
class PageDone:
    """A page, or a file that was refused as a whole, has its outcome in the record."""

    sha256: str
    outcome: PageOutcomeSeen
    already: bool
    """Somebody else was first."""
    read_s: float | None
    """What decoding and measuring took; None when it came to neither."""
    commit_s: float


@dataclass(frozen=True, slots=True)
class FileFinished:
    """Nothing of a file is left to read."""

    sha256: str


@dataclass(frozen=True, slots=True)
class BytesMissing:
    """A file cannot be read because the store does not have it now. It is tried again later."""

    sha256: str
    why: str


Told = FileBegun | PageDone | FileFinished | BytesMissing
Job = PageWorkers[PageOutcome | JanaError]


class ReadingLoop:
    """Reads for one record, in the thread that made the workers."""

    def __init__(
        self,
        record: Record,
        store: ScanStore,
        workers: Job,
        *,
        tell: Callable[[Told], None],
        actor: str,
        stopped: Callable[[], bool] = lambda: False,
        second_look_share: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tell` hears of everything as it happens; `stopped` ends the work within a second or so."""
        self._record = record
        self._store = store
        self._workers = workers
        self._tell = tell
        self._actor = actor
        self._commit_page = partial(
            commit_page, record, reader_version=READER_VERSION, second_look_share=second_look_share
        )
        self._stopped = stopped
        self._monotonic = monotonic
        self._settled_in_at_s = monotonic() + SETTLED_IN_S
        self._begun: set[str] = set()
        """Files that are being read; their attempt is counted."""
        self._alone: str | None = None
        """A file that may end us, and of which no page has got its outcome yet: nothing else is begun."""
        self._copies: dict[str, LocalScan] = {}
        self._uncounted: set[str] = set()
        """Files whose reading ended through no fault of theirs, and of which the record does not know yet."""

    def work_off(self) -> None:
        """Read all that is unfinished, files that come meanwhile too.

        Raises DatabaseError, StoreError or WorkerError when something stands in the way of every file; call
        it again when that may have passed.
        """
        self._workers.warm_up()
        try:
            for event in self._workers.read(self._files(), open_files=OPEN_FILES, stopped=self._stopped):
                self._recorded(event)
        except JanaError:
            self._uncounted |= self._begun
            raise
        else:
            for sha256 in self._begun:  # dropped, because we are to stop
                self._record.release(sha256)
        finally:
            self._begun.clear()
            self._alone = None
            for copy in self._copies.values():
                copy.close()
            self._copies.clear()

    def _files(self) -> Iterator[ScanFile]:
        return _WhenThereAreSome(self._unfinished, self._may_begin, self._to_read, self._monotonic)

    def _unfinished(self, after: int) -> list[UnfinishedFile]:
        return [] if self._stopped() else self._record.unfinished(LOT, after)

    def _to_read(self, file: UnfinishedFile) -> ScanFile | None:
        """The file with the pages that are left; None when there is nothing to read in it now."""
        sha256 = file.sha256
        if sha256 in self._begun or self._too_early(file):
            return None
        try:
            copy = self._store.local(sha256)
        except StoreError as error:
            self._tell(BytesMissing(sha256, str(error)))
            return None
        self._copies[sha256] = copy
        if sha256 in self._uncounted:
            self._record.release(sha256)
            self._uncounted.remove(sha256)
        try:
            attempt = self._record.begin_reading(sha256)
        except DatabaseError:
            self._uncounted.add(sha256)  # it may have been counted before the line was lost
            raise
        self._begun.add(sha256)
        self._alone = sha256 if file.suspect else None
        self._tell(FileBegun(sha256, attempt.scan_name, attempt.number))
        if not attempt.go_on:
            self._give_up(sha256, attempt)
            return None
        left = None if attempt.page_count is None else attempt.waiting
        return ScanFile(copy.path, sha256, attempt.scan_name, left or None, said=attempt.said)

    def _may_begin(self, file: UnfinishedFile) -> bool:
        """False while a file is read alone, or one that must be waits for the others to end.

        When a reader ends, the guilty one is to be known among the files that were open."""
        waits = file.suspect and file.sha256 not in self._begun and not self._too_early(file)
        return self._alone is None and not (waits and self._begun)

    def _too_early(self, file: UnfinishedFile) -> bool:
        return file.suspect and self._monotonic() < self._settled_in_at_s

    def _recorded(self, event: Event[PageOutcome | JanaError]) -> None:
        match event:
            case FileOpened(file, facts):
                self._record.set_pages(file.scan_sha256, facts.page_count, actor=self._actor)
            case PageRead(file, _, outcome, seconds):
                if isinstance(outcome, JanaError):
                    raise outcome
                self._commit(file.scan_sha256, outcome, file.said, seconds)
            case Refused(file, refusal):
                self._commit(file.scan_sha256, refusal, file.said)
            case FileDone(file):
                self._finished(file.scan_sha256)

    def _commit(
        self, sha256: str, outcome: PageOutcome, said: tuple[SaidPage, ...], read_s: float | None = None
    ) -> None:
        begun_s = self._monotonic()
        committed = self._commit_page(outcome, said=said)
        took_s = self._monotonic() - begun_s
        self._began_well(sha256)
        self._tell(PageDone(sha256, committed.outcome, committed.already, read_s, took_s))

    def _began_well(self, sha256: str) -> None:
        if self._alone == sha256:
            self._alone = None

    def _finished(self, sha256: str) -> None:
        self._begun.discard(sha256)
        self._began_well(sha256)
        self._copies.pop(sha256).close()
        self._tell(FileFinished(sha256))

    def _give_up(self, sha256: str, attempt: Attempt) -> None:
        """A file that has ended its readers too often: what is left of it is refused."""
        detail = f"Reading it was begun {attempt.number - 1} times and never came to the end of a page."
        some_read = attempt.page_count is not None and len(attempt.waiting) < attempt.page_count
        for number in attempt.waiting if some_read else (None,):
            refusal = Refusal(sha256, attempt.scan_name, number, RefusalReason.CRASHED, detail)
            self._commit(sha256, refusal, attempt.said)
        self._finished(sha256)


class _WhenThereAreSome(Iterator[ScanFile]):
    """The files to read, as the record gets them: it has none for the moment, and then some again."""

    def __init__(
        self,
        look: Callable[[int], list[UnfinishedFile]],
        may_begin: Callable[[UnfinishedFile], bool],
        to_read: Callable[[UnfinishedFile], ScanFile | None],
        monotonic: Callable[[], float],
    ) -> None:
        self._look = look
        self._may_begin = may_begin
        self._to_read = to_read
        self._monotonic = monotonic
        self._lot: deque[UnfinishedFile] = deque()
        self._after = 0
        self._look_at_s = self._start_over_at_s = monotonic()

    def __next__(self) -> ScanFile:
        while (self._lot or self._looked()) and self._may_begin(self._lot[0]):
            file = self._lot.popleft()
            self._after = file.row
            if (wanted := self._to_read(file)) is not None:
                return wanted
        raise StopIteration

    def _looked(self) -> bool:
        """Ask the record, unless it had nothing more a moment ago."""
        now_s = self._monotonic()
        if now_s < self._look_at_s:
            return False
        if now_s >= self._start_over_at_s:
            self._after, self._start_over_at_s = 0, now_s + START_OVER_S
        self._lot.extend(self._look(self._after))
        if not self._lot:
            self._look_at_s = now_s + LOOK_AGAIN_S
        return bool(self._lot)
