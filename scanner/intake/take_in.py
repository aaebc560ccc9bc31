"""Take scan files in: bytes into the store, file into the record, pages to the readers, outcomes back.

Order for every file: bytes durable -> row committed -> pages read -> each page's outcome committed as
it comes. Stopped at any moment, the record is consistent; the same files again go on where it stopped.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scanner.errors import JanaError
from scanner.intake.commit import commit_page
from scanner.intake.find_files import NotTaken, why_not
from scanner.intake.scan_store import LocalScan, ScanStore, StoredScan
from scanner.intake.workers import Event, FileDone, FileOpened, PageRead, PageWorkers, Refused, ScanFile
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.result import PageOutcome
from scanner.pages.facts import FileRefusal
from scanner.pages.inspect import sniff
from scanner.reading.read import READER_VERSION
from scanner.record import PageKind, PageOutcomeSeen, Record, Sighting, escaped_name
from scanner.record import ScanFile as RecordedFile

SEEN_BEFORE = "seen_before"
SNIFF_BYTES = 1024


@dataclass(frozen=True, slots=True)
class PageReport:
    """What became of one page, or of a whole file when `scan_page` is None."""

    scan_name: str
    scan_page: int | None
    outcome: str
    """`read`, `refused`, `empty` or `seen_before`."""
    sheet_id: str | None
    reason: RefusalReason | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file is whole and has so many pages; reports of its pages follow."""

    scan_name: str
    page_count: int


Report = PageReport | FileReport | NotTaken
"""What `Intake.take` tells, as it happens."""


class Intake:
    """Takes files into one record. Use it once, in one thread.

    With `redraw` the pages of files that were read before go to the workers once more, for the sake of
    what these draw; the record keeps what it has. A share of the lines that the reader accepts is drawn
    for a second look.
    """

    def __init__(
        self,
        record: Record,
        store: ScanStore,
        workers: PageWorkers[PageOutcome | JanaError],
        *,
        actor: str,
        redraw: bool = False,
        second_look_share: float = 0.0,
    ) -> None:
        self._record = record
        self._store = store
        self._workers = workers
        self._actor = actor
        self._commit_page = partial(
            commit_page, record, reader_version=READER_VERSION, second_look_share=second_look_share
        )
        self._redraw = redraw
        self._reports: deque[Report] = deque()
        self._begun: set[str] = set()
        self._only_drawn: set[str] = set()
        self._copies: dict[str, LocalScan] = {}
        self._twice: list[ScanFile] = []
        """Files whose bytes are being read in this run already, under another name."""

    def take(self, found: Iterable[Path | NotTaken]) -> Iterator[Report]:
        """Read files and record what is on them; tell of each page when its outcome is in the record.

        Raises DatabaseError when the record cannot be used, WorkerError when no process can be started,
        JanaError when the store or the workers' pictures cannot be written.
        """
        for event in self._workers.read(self._to_read(found)):
            yield from self._told()
            yield from self._recorded(event)
        yield from self._told()
        for file in self._twice:
            yield from self._seen(file)

    def _told(self) -> Iterator[Report]:
        while self._reports:
            yield self._reports.popleft()

    def _to_read(self, found: Iterable[Path | NotTaken]) -> Iterator[ScanFile]:
        """Files that are not in the record yet, durable in the store and known to the record."""
        for path in found:
            if isinstance(path, NotTaken):
                self._reports.append(path)
            elif (why := why_not(path)) is not None:
                self._reports.append(NotTaken(path, why))
            elif isinstance(stored := self._store.put(path), FileRefusal):
                self._reports.append(self._not_kept(path, stored))
            else:
                yield from self._kept(path, stored)

    def _kept(self, path: Path, stored: StoredScan) -> Iterator[ScanFile]:
        """A file in the store, unless all is known of it already."""
        copy = self._store.local(stored.sha256)
        with copy.path.open("rb") as opened:
            kind = sniff(opened.read(SNIFF_BYTES))
        name = os.fsencode(path.name)
        taken = self._record.take(
            RecordedFile(
                sha256=stored.sha256,
                size_bytes=stored.size_bytes,
                media="unknown" if kind is None else kind.value,
                stored=stored.stored,
            ),
            Sighting(name=name, folder=os.fsencode(path.parent)),
            actor=self._actor,
        )
        file = ScanFile(copy.path, stored.sha256, escaped_name(name), said=taken.said)
        if stored.sha256 in self._begun:
            copy.close()
            self._twice.append(file)
        elif taken.seen_before and not self._redraw:
            copy.close()
            self._reports.extend(self._seen(file))
        else:
            self._copies[stored.sha256] = copy
            self._begun.add(stored.sha256)
            if taken.seen_before:
                self._only_drawn.add(stored.sha256)
            yield file

    def _not_kept(self, path: Path, why: FileRefusal) -> PageReport:
        """A file that the store did not take. A regular one is recorded by its hash all the same."""
        name = os.fsencode(path.name)
        shown = escaped_name(name)
        if path.is_symlink() or not path.is_file():
            return PageReport(shown, None, PageKind.REFUSED.value, None, why.reason, why.detail)
        try:
            with path.open("rb") as opened:
                sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
                size_bytes = opened.tell()
        except OSError:
            return PageReport(shown, None, PageKind.REFUSED.value, None, why.reason, why.detail)
        file = ScanFile(path, sha256, shown)
        taken = self._record.take(
            RecordedFile(sha256=sha256, size_bytes=size_bytes, media="unknown"),
            Sighting(name=name, folder=os.fsencode(path.parent)),
            actor=self._actor,
        )
        if taken.seen_before:
            return next(iter(self._seen(file)))
        return self._committed(file, Refusal(sha256, shown, None, why.reason, why.detail))

    def _recorded(self, event: Event[PageOutcome | JanaError]) -> Iterator[Report]:
        again = event.file.scan_sha256 in self._only_drawn
        match event:
            case FileOpened(file, facts):
                if not again:
                    self._record.set_pages(file.scan_sha256, facts.page_count, actor=self._actor)
                yield FileReport(file.scan_name, facts.page_count)
            case FileDone(file):
                self._copies.pop(file.scan_sha256).close()
                if again:
                    yield from self._seen(file)
            case PageRead(file, _, outcome, _):
                if isinstance(outcome, JanaError):
                    raise outcome
                if not again:
                    yield self._committed(file, outcome)
            case Refused(file, refusal):
                if not again:
                    yield self._committed(file, refusal)

    def _committed(self, file: ScanFile, outcome: PageOutcome) -> PageReport:
        committed = self._commit_page(outcome, said=file.said)
        return _report(file, committed.outcome, again=committed.already)

    def _seen(self, file: ScanFile) -> Iterator[PageReport]:
        """What is known already of a file whose bytes were read before."""
        for outcome in self._record.outcomes_of_file(file.scan_sha256):
            yield _report(file, outcome, again=True)


def _report(file: ScanFile, outcome: PageOutcomeSeen, *, again: bool) -> PageReport:
    return PageReport(
        scan_name=file.scan_name,
        scan_page=outcome.scan_page,
        outcome=SEEN_BEFORE if again else PageKind(outcome.kind).value,
        sheet_id=outcome.sheet_id,
        reason=outcome.reason,
        detail=outcome.detail,
    )
