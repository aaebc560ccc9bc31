"""A pool of reading processes that hostile files cannot take down.

Each process has a pipe of its own and is watched by the one thread that calls. A process that dies, hangs
or grows too large costs the page it was on; the page before it has been delivered, the page after it goes
to another process. Two packaged pools were tried and found wanting: `concurrent.futures` breaks down with
its first dead process, and `pebble`, whose processes share one pipe, breaks down when an idle one dies and
waits for ever when one is killed while it sends.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Generic, TypeVar, cast

from scanner.intake.nursery import Nursery, WorkerError
from scanner.intake.schedule import (
    Event,
    FileDone,
    FileOpened,
    FileShared,
    PageRead,
    Refused,
    ScanFile,
    Schedule,
    Unit,
)
from scanner.intake.worker_messages import Ending, InspectOrder, PageOrder, Ready, Reply, Setup, StartFailed
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import ScannedPage
from scanner.pages.facts import FileFacts, FileRefusal
from scanner.settings_limits import Limits

__all__ = [
    "Event",
    "FileDone",
    "FileOpened",
    "FileShared",
    "PageRead",
    "PageWorkers",
    "Refused",
    "ScanFile",
    "WorkerError",
]

Outcome = TypeVar("Outcome")

_UNITS_AHEAD = 2
"""One that a process works on, and one that waits in its pipe, so that it need not wait for us."""
_LONGEST_WAIT_SECONDS = 1.0
"""How often the clock is looked at while nothing comes."""
_START_SECONDS = 120.0
_MOST_FAILED_STARTS = 3


@dataclass(slots=True, eq=False)
class _Child:
    """One reading process as its owner sees it."""

    nursery: Nursery
    process: int
    connection: Connection
    deadline: float
    """On the monotonic clock; counts only while something is to be done."""
    ready: bool = False
    units: deque[Unit] = field(default_factory=deque)
    """What it was given; the first is the one it works on."""

    @property
    def waited_for(self) -> bool:
        return bool(self.units) or not self.ready


class PageWorkers(Generic[Outcome]):
    """Decodes pages and does a job on each, in processes of their own on all cores.

    `make_job` is called once in every process, after its start, and gives the function that is done on
    each page; it must be picklable (a function of a module, or a `functools.partial` of one), as must be
    what the job returns. Use as a context manager, in a thread that lives as long: leaving it, also by
    Ctrl-C, ends all processes at once, and when this process ends in whatever way, the kernel ends them.
    """

    def __init__(
        self,
        make_job: Callable[[], Callable[[ScannedPage], Outcome]],
        limits: Limits,
        count: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._setup = Setup(list(sys.path), pickle.dumps(make_job), limits)
        self._nursery: Nursery | None = None
        self._limits = limits
        self._count = count or len(os.sched_getaffinity(0))
        self._children: list[_Child] = []
        self._failed_starts = 0

    def __enter__(self) -> PageWorkers[Outcome]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process, whatever it is doing."""
        for child in self._children:
            child.connection.close()
        self._children.clear()
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None

    def warm_up(self) -> None:
        """Start the processes and wait until they are ready, so that the first file need not.

        Raises:
            WorkerError: when processes cannot be started at all.
        """
        schedule: Schedule[Outcome] = Schedule((), self._limits.lost_pages)
        while len(self._children) < self._count or not all(child.ready for child in self._children):
            while len(self._children) < self._count:
                self._start()
            for _ in self._attended(schedule):
                pass  # nothing was dealt out, so that nothing can come of it

    def read(
        self, files: Iterable[ScanFile], *, open_files: int = 1, stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[Event[Outcome]]:
        """Read files, in their order as far as processes allow; tell what happens as it happens.

        `files` is taken from as processes become free, so it may be endless; while anything is being read it
        is also asked again, about once a second, after it had none. Up to `open_files` files take turns.
        As soon as `stopped` says so, within a second or so, what is under way is dropped, and nothing more
        is told. Every file that is not dropped ends in `FileDone`;
        before it come `FileOpened` and one `PageRead` or `Refused` for each page, or one `Refused` for the
        file. Pages that cannot be decoded while no other page of their file has been are held back, because
        a file of which no page can be decoded is refused as one.

        Raises:
            WorkerError: when processes cannot be started at all.
        """
        schedule: Schedule[Outcome] = Schedule(files, self._limits.lost_pages, open_files)
        try:
            while not stopped() and self._deal(schedule):
                yield from self._attended(schedule)
            self._drop()
        except GeneratorExit:
            self._drop()
            raise
        except BaseException:
            self.close()
            raise

    def _attended(self, schedule: Schedule[Outcome]) -> Iterator[Event[Outcome]]:
        """Wait until something comes of the processes, or one is overdue; what it means."""
        for child, message in self._messages():
            yield from self._taken(schedule, child, message)
        for child in self._overdue():
            yield from self._given_up(schedule, child)

    def _drop(self) -> None:
        """End the processes that are at work."""
        for child in [it for it in self._children if it.units]:
            self._end(child)

    def _deal(self, schedule: Schedule[Outcome]) -> bool:
        """Hand out work; whether anything is being done."""
        if any(unit.alone for child in self._children for unit in child.units):
            return True
        for ahead in range(1, _UNITS_AHEAD + 1):
            for place in range(self._count):
                if place < len(self._children) and len(self._children[place].units) >= ahead:
                    continue
                unit = schedule.next_unit()
                if unit is None:
                    return self._is_busy
                if unit.alone:
                    self._deal_alone(schedule, unit)
                    return True
                child = self._children[place] if place < len(self._children) else self._start()
                self._order(child, unit)
        return True

    def _deal_alone(self, schedule: Schedule[Outcome], unit: Unit) -> None:
        """Hand out what may take much memory, once nobody is at work."""
        if self._is_busy:
            schedule.put_back([unit])
            return
        # What idle processes have kept from earlier pages is memory too.
        for child in list(self._children):
            self._end(child)
        self._order(self._start(), unit)

    @property
    def _is_busy(self) -> bool:
        return any(child.units for child in self._children)

    def _order(self, child: _Child, unit: Unit) -> None:
        if child.ready and not child.units:
            child.deadline = self._clock() + self._limits.page_seconds
        child.units.append(unit)
        file, facts = unit.work.file, unit.work.facts
        order: InspectOrder | PageOrder = InspectOrder(file.path, unit.alone)
        if unit.number is not None and facts is not None:
            order = PageOrder(file.path, facts, unit.source, unit.said_sheet_id, unit.alone)
        # A process that has just died is noticed when its answer is waited for.
        with suppress(BrokenPipeError, ConnectionResetError):
            child.connection.send(order)

    def _messages(self) -> list[tuple[_Child, object]]:
        """What processes have sent, None for one that has died; waits until there is something to do."""
        deadlines = [child.deadline for child in self._children if child.waited_for]
        seconds = min(max(0.0, min(deadlines, default=0.0) - self._clock()), _LONGEST_WAIT_SECONDS)
        found = []
        for connection in wait([child.connection for child in self._children], seconds):
            child = next(it for it in self._children if it.connection is connection)
            try:
                found.append((child, child.connection.recv()))
            except (EOFError, OSError):
                found.append((child, None))
        return found

    def _overdue(self) -> list[_Child]:
        """Processes past their deadline from which nothing has come."""
        now = self._clock()
        late = [child for child in self._children if child.waited_for and child.deadline <= now]
        # An answer that is in the pipe counts, however late we come to look: we may have been stopped.
        return [child for child in late if not child.connection.poll()]

    def _taken(self, schedule: Schedule[Outcome], child: _Child, message: object) -> Iterator[Event[Outcome]]:
        if isinstance(message, Ready):
            child.ready = True
            self._failed_starts = 0
            child.deadline = self._clock() + self._limits.page_seconds
        elif isinstance(message, StartFailed):
            raise RuntimeError(f"A reading process could not make its job:\n{message.trace}")
        elif isinstance(message, Reply):
            unit = child.units.popleft()
            child.deadline = self._clock() + self._limits.page_seconds
            if message.retiring:
                schedule.put_back(child.units)
                self._end(child)
            if message.ending is Ending.SHORT:
                schedule.retry(unit)
            else:
                yield from _ends(schedule, unit, message)
        else:
            yield from self._died(schedule, child)

    def _died(self, schedule: Schedule[Outcome], child: _Child) -> Iterator[Event[Outcome]]:
        sign = self._end(child)
        if not child.ready or not child.units:
            schedule.put_back(child.units)
            self._count_failed_start(child, sign)
            return
        guilty = child.units.popleft()
        schedule.put_back(child.units)
        if not schedule.retry(guilty):
            # Twice, because a process can also be ended for what another one did, as by a full memory.
            detail = "The process that read it died twice."
            yield from schedule.lost(guilty, RefusalReason.CRASHED, detail)

    def _given_up(self, schedule: Schedule[Outcome], child: _Child) -> Iterator[Event[Outcome]]:
        self._end(child)
        if not child.ready:
            schedule.put_back(child.units)
            self._count_failed_start(child, "no sign of life")
            return
        guilty = child.units.popleft()
        schedule.put_back(child.units)
        detail = f"It was not read within {self._limits.page_seconds:g} seconds."
        yield from schedule.lost(guilty, RefusalReason.TIMEOUT, detail)

    def _count_failed_start(self, child: _Child, sign: str) -> None:
        if child.ready:
            return
        self._failed_starts += 1
        if self._failed_starts >= _MOST_FAILED_STARTS:
            raise WorkerError(
                f"The processes that read pages end as soon as they start ({sign}). "
                "`jana doctor` tells what is missing on this machine."
            )

    def _start(self) -> _Child:
        if self._nursery is None:
            self._nursery = Nursery(self._setup)
        process, connection = self._nursery.bear()
        child = _Child(self._nursery, process, connection, self._clock() + _START_SECONDS)
        self._children.append(child)
        return child

    def _end(self, child: _Child) -> str:
        """End a process and what it has started; how it had ended, if it had."""
        self._children.remove(child)
        child.connection.close()
        try:
            return f"exit code {child.nursery.bury(child.process)}"
        except WorkerError:
            # The nursery was killed, as when memory runs out, and its processes with it: the next one is new.
            child.nursery.close()
            if self._nursery is child.nursery:
                self._nursery = None
            return "killed"


def _ends(schedule: Schedule[Outcome], unit: Unit, reply: Reply) -> Iterator[Event[Outcome]]:
    """What a reply means for its file."""
    if reply.ending is Ending.INSPECTED:
        return schedule.inspected(unit, cast("FileFacts | FileRefusal", reply.outcome))
    if reply.ending is Ending.READ:
        return schedule.read(unit, cast("Outcome", reply.outcome), reply.seconds)
    decoded = reply.ending is Ending.FAILED
    return schedule.refused(unit, cast("Refusal", reply.outcome), decoded=decoded)
