"""What is still to be done with each file, and what each page's end means for its file.

Pure bookkeeping between the files that come in and the processes that work: no process, no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import PageSource, SaidPage
from scanner.pages.facts import FileFacts, FileRefusal

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class ScanFile:
    """A file to read: where its bytes are, and what it is called in the record."""

    path: Path
    scan_sha256: str
    scan_name: str
    pages: tuple[int, ...] | None = None
    """The pages to read, when the others have their outcome already; None for all of them."""
    share: int | None = None
    """As soon as a page of the file has been decoded, no more pages than so many are read: the rest is for
    others. None: all of it."""
    said: tuple[SaidPage, ...] = ()
    """Pages of which a person has said which sheet they show."""


@dataclass(frozen=True, slots=True)
class FileOpened:
    """A file is whole; its pages follow."""

    file: ScanFile
    facts: FileFacts


@dataclass(frozen=True, slots=True)
class FileShared:
    """A file can be decoded, and these of its pages are left to others."""

    file: ScanFile
    left: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PageRead(Generic[Outcome]):
    """A page was decoded and the job was done on it."""

    file: ScanFile
    source: PageSource
    outcome: Outcome
    seconds: float
    """Decoding and the job together took so long."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A page, or a whole file, from which nothing came. A file is refused only as a whole or by its pages."""

    file: ScanFile
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class FileDone:
    """Nothing more will come of this file."""

    file: ScanFile


@dataclass(slots=True, eq=False)
class _Work:
    """One file on its way."""

    file: ScanFile
    facts: FileFacts | None = None
    todo: Sequence[int] = ()
    """The pages to read, as soon as somebody has looked into the file."""
    dealt: int = 0
    """How many of them were dealt out."""
    ended: int = 0
    """Pages that have ended one way or another."""
    lost: int = 0
    """Pages that crashed or timed out."""
    decoded: bool = False
    """At least one page was."""
    held: list[Refusal] = field(default_factory=list)
    """Refusals of pages, until it is known whether they are those of the whole file."""


@dataclass(slots=True)
class Unit:
    """One thing for a process to do: look at a file, or read a page of it."""

    work: _Work
    number: int | None
    """Page to read, counting from 1; None to look at the file."""
    tries: int = 0

    @property
    def alone(self) -> bool:
        """A second try is made while nothing else is done, with all the memory that there may be."""
        return self.tries > 0

    @property
    def source(self) -> PageSource:
        """The page to read."""
        file = self.work.file
        return PageSource(file.scan_sha256, file.scan_name, self.number or 1)

    @property
    def said_sheet_id(self) -> str | None:
        """The sheet that the page shows, when a person has said so."""
        said = (page.sheet_id for page in self.work.file.said if page.scan_page == self.number)
        return next(said, None)


Event = FileOpened | FileShared | PageRead[Outcome] | Refused | FileDone


RUN_PAGES = 8
"""Pages of one file before it is another's turn: a process that changes files has to open the next one."""


class Schedule(Generic[Outcome]):
    """Deals out units, takes their ends, and tells what has happened.

    Up to `open_files` files take turns, so that a long one does not hold up the short one behind it; with
    one, pages come in the order of the files. `files` is asked again after it had none for the moment.
    """

    def __init__(self, files: Iterable[ScanFile], lost_pages: int, open_files: int = 1) -> None:
        self._files = iter(files)
        self._lost_pages = lost_pages
        self._open_files = open_files
        self._again: deque[Unit] = deque()
        self._opened: deque[_Work] = deque()
        """Files of which there are pages to deal out."""
        self._looked_at = 0
        """Files that are being looked at."""

    def next_unit(self) -> Unit | None:
        """The next thing to do; None when there is none for now."""
        if self._again:
            return self._again.popleft()
        # A single file at a time may be followed by the look at the next one, which is soon needed.
        looked_at = self._looked_at if self._open_files > 1 else 0
        if not self._opened or len(self._opened) + looked_at < self._open_files:
            file = next(self._files, None)
            if file is not None:
                self._looked_at += 1
                return Unit(_Work(file), None)
        return self._next_page() if self._opened else None

    def _next_page(self) -> Unit:
        work = self._opened[0]
        work.dealt += 1
        if work.dealt == len(work.todo):
            self._opened.popleft()
        elif work.dealt % RUN_PAGES == 0:
            self._opened.rotate(-1)
        return Unit(work, work.todo[work.dealt - 1])

    def put_back(self, units: Iterable[Unit]) -> None:
        """These were dealt out but not begun; they come first next time."""
        self._again.extendleft(reversed(list(units)))

    def retry(self, unit: Unit) -> bool:
        """Deal a unit out once more, if it has not had its second try."""
        unit.tries += 1
        if unit.tries > 1:
            return False
        self.put_back([unit])
        return True

    def inspected(self, unit: Unit, found: FileFacts | FileRefusal) -> Iterator[Event[Outcome]]:
        """A file has been looked at."""
        work = unit.work
        self._looked_at -= 1
        if isinstance(found, FileRefusal):
            yield Refused(work.file, _of_file(work.file, found.reason, found.detail))
            yield FileDone(work.file)
            return
        work.facts = found
        work.todo = range(1, found.page_count + 1)
        # Nobody can have seen a page that cannot be decoded.
        work.decoded = bool(work.file.said)
        if work.file.pages is not None:
            work.todo = [number for number in work.file.pages if number in work.todo]
            # Of the pages of a file that cannot be decoded at all none has an outcome of its own.
            work.decoded |= len(work.todo) < found.page_count
        if work.todo:
            self._opened.append(work)
        yield FileOpened(work.file, found)
        if work.decoded:
            yield from self._shared(work)
        if not work.todo:
            yield FileDone(work.file)

    def read(self, unit: Unit, outcome: Outcome, seconds: float) -> Iterator[Event[Outcome]]:
        """A page was decoded and the job was done on it."""
        yield from self._decoded(unit.work)
        yield PageRead(unit.work.file, unit.source, outcome, seconds)
        yield from self._ended(unit.work)

    def refused(self, unit: Unit, refusal: Refusal, *, decoded: bool) -> Iterator[Event[Outcome]]:
        """Nothing came of a page: it could not be decoded, or the job failed on it."""
        work = unit.work
        if decoded:
            yield from self._decoded(work)
        if work.decoded:
            yield Refused(work.file, refusal)
        else:
            work.held.append(refusal)
        yield from self._ended(work)

    def _decoded(self, work: _Work) -> Iterator[Event[Outcome]]:
        """A page of this file is good, so that the refusals of the others are theirs alone."""
        if not work.decoded:
            work.decoded = True
            yield from self._shared(work)
        yield from (Refused(work.file, refusal) for refusal in work.held)
        work.held.clear()

    def _shared(self, work: _Work) -> Iterator[Event[Outcome]]:
        """Leave the rest of a file to others. Never before a page is decoded: who finds that none can be,
        must have seen them all."""
        mine = len(work.todo) if work.file.share is None else max(work.file.share, work.dealt)
        left = tuple(work.todo[mine:])
        if left:
            work.todo = work.todo[:mine]
            if work.dealt == mine:
                self._opened.remove(work)
            yield FileShared(work.file, left)

    def lost(self, unit: Unit, reason: RefusalReason, detail: str) -> Iterator[Event[Outcome]]:
        """The process that worked on a unit died or was ended."""
        work = unit.work
        if unit.number is None:
            yield from self.inspected(unit, FileRefusal(reason, detail))
            return
        work.lost += 1
        yield from self.refused(unit, _of_page(unit.source, reason, detail), decoded=False)
        if work.lost >= self._lost_pages:
            yield from self._give_up(work, reason)

    def _give_up(self, work: _Work, reason: RefusalReason) -> Iterator[Event[Outcome]]:
        """Do not try the rest of a file that has cost too many processes."""
        detail = f"Not tried, because {work.lost} other pages of this file ended like this."
        waiting = [unit for unit in self._again if unit.work is work]
        self._again = deque(unit for unit in self._again if unit.work is not work)
        waiting += [Unit(work, number) for number in work.todo[work.dealt :]]
        work.dealt = len(work.todo)
        if work in self._opened:
            self._opened.remove(work)
        for unit in waiting:
            yield from self.refused(unit, _of_page(unit.source, reason, detail), decoded=False)

    def _ended(self, work: _Work) -> Iterator[Event[Outcome]]:
        work.ended += 1
        if work.facts is None or work.ended < len(work.todo):
            return
        if not work.decoded:
            first = min(work.held, key=lambda refusal: refusal.scan_page or 0)
            detail = first.detail
            if work.facts.page_count > 1:
                detail = f"None of its {work.facts.page_count} pages can be decoded. The first: {detail}"
            yield Refused(work.file, _of_file(work.file, first.reason, detail))
        yield FileDone(work.file)


def _of_page(source: PageSource, reason: RefusalReason, detail: str) -> Refusal:
    return Refusal(source.scan_sha256, source.scan_name, source.scan_page, reason, detail)


def _of_file(file: ScanFile, reason: RefusalReason, detail: str) -> Refusal:
    return Refusal(file.scan_sha256, file.scan_name, None, reason, detail)
