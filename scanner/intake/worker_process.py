"""What runs inside a reading process: decode a page, do a job on it, send back what came of it.

Forked from `scanner.intake.nursery` at the wish of `scanner.intake.workers`. Whatever a hostile file does in
here ends here.
"""

from __future__ import annotations

import resource
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import cv2

from scanner.intake.worker_messages import (
    Ending,
    InspectOrder,
    Job,
    PageOrder,
    Ready,
    Reply,
    StartFailed,
)
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import PageSource, ScannedPage
from scanner.pages.facts import FileFacts, FileRefusal, UnreadableError
from scanner.pages.inspect import inspect_file
from scanner.pages.read import OpenScan, open_scan, refusal_of_page
from scanner.pages.trouble import DECODER_ERRORS, SHORT_OF_MEMORY, as_unreadable
from scanner.settings_limits import Limits

_MEGABYTE = 1024**2
_USED_UP = 0.6
"""Of what a process may take beside others: when one keeps more between two pages, another takes over."""
_CPU_GRACE = 2
"""The clock ends a page first; processor time only backs it up when nobody is left to watch the clock."""


class _Bench:
    """Does orders one after the other; keeps the last file open, because the next page is often its next."""

    def __init__(self, job: Job, limits: Limits) -> None:
        self._job = job
        self._limits = limits
        self._path: Path | None = None
        self._stack = ExitStack()
        self._scan: OpenScan | None = None

    def do(self, order: InspectOrder | PageOrder) -> tuple[Ending, object]:
        """How an order ended, and its outcome."""
        if isinstance(order, InspectOrder):
            return Ending.INSPECTED, self._looked_at(order)
        try:
            page = self._opened(order).read(order.source)
        except UnreadableError as error:
            return Ending.NOT_DECODED, refusal_of_page(order.source, error)
        except DECODER_ERRORS as error:
            return Ending.NOT_DECODED, refusal_of_page(order.source, as_unreadable(error))
        except Exception as error:
            # What nobody foresaw costs this page, not the process: others would be read with the next one.
            return Ending.NOT_DECODED, _crashed(order.source, error)
        if isinstance(page, Refusal):
            return Ending.NOT_DECODED, page
        return self._job_on(replace(page, said_sheet_id=order.said_sheet_id))

    def _looked_at(self, order: InspectOrder) -> FileFacts | FileRefusal:
        try:
            return inspect_file(order.path, self._limits)
        except Exception as error:
            return FileRefusal(RefusalReason.CRASHED, _where_it_ended(error))

    def _opened(self, order: PageOrder) -> OpenScan:
        if self._scan is None or self._path != order.path:
            self._stack.close()
            self._scan = None
            self._scan = self._stack.enter_context(open_scan(order.path, order.facts, self._limits))
            self._path = order.path
        return self._scan

    def _job_on(self, page: ScannedPage) -> tuple[Ending, object]:
        try:
            return Ending.READ, self._job(page)
        except MemoryError as error:
            return Ending.FAILED, refusal_of_page(page.source, as_unreadable(error))
        except Exception as error:
            # An error on one page costs this page, and is told; the next page is another story.
            return Ending.FAILED, _crashed(page.source, error)


def _crashed(source: PageSource, error: Exception) -> Refusal:
    """An error of ours."""
    detail = _where_it_ended(error)
    return Refusal(source.scan_sha256, source.scan_name, source.scan_page, RefusalReason.CRASHED, detail)


def _where_it_ended(error: Exception) -> str:
    """Names the place of an error, for the report; the message may quote what was read."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name} line {frames[-1].lineno}" if frames else "an unknown place"
    return f"Reading it ended with {type(error).__name__} in {place}."


def serve(connection: Connection, make_job: Callable[[], Job], limits: Limits) -> None:
    """Take orders until the caller hangs up."""
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            job = make_job()
        except Exception:
            connection.send(StartFailed(traceback.format_exc()))
            return
        cv2.setNumThreads(1)
        bench = _Bench(job, limits)
        memory = _Memory(limits)
        connection.send(Ready())
        retiring = False
        while not retiring:
            order = connection.recv()
            _limit_processor_time(limits.page_seconds)
            begun_s = time.monotonic()
            with memory.for_order(order.alone):
                ending, outcome = bench.do(order)
                took_s = time.monotonic() - begun_s
                if not order.alone and _may_be_short(outcome):
                    ending, outcome = Ending.SHORT, None
                retiring = memory.is_used_up
                connection.send(Reply(ending, outcome, retiring, took_s))


def _may_be_short(outcome: object) -> bool:
    """Whether something ended badly that might end well with more memory. What a page cannot be decoded for
    is not always told truly: some libraries take a lack of memory for damage."""
    match outcome:
        case Refusal(reason=RefusalReason.DAMAGED):
            return True
        case Refusal() | FileRefusal():
            return outcome.detail.startswith(SHORT_OF_MEMORY)
    return False


class _Memory:
    """What this process may take, more than it has now: counted as address space, which is the only measure
    that Linux enforces for one process."""

    def __init__(self, limits: Limits) -> None:
        held = _address_space()
        """0 where the system does not say: then nothing is enforced."""
        self._alone = held + limits.memory_mb * _MEGABYTE if held else 0
        self._beside = min(self._alone, held + limits.memory_beside_mb * _MEGABYTE)
        self._used_up = held + int(_USED_UP * limits.memory_beside_mb * _MEGABYTE)
        if held:
            resource.setrlimit(resource.RLIMIT_AS, (self._beside, self._alone))

    @contextmanager
    def for_order(self, alone: bool) -> Iterator[None]:
        """Have more while nobody else is at work."""
        if not (alone and self._alone):
            yield
            return
        resource.setrlimit(resource.RLIMIT_AS, (self._alone, self._alone))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (self._beside, self._alone))

    @property
    def is_used_up(self) -> bool:
        """So much is kept from earlier pages that a new process is better for the next."""
        return bool(self._alone) and _address_space() > self._used_up


def _address_space() -> int:
    """Bytes of address space of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _limit_processor_time(page_seconds: float) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    until = int(usage.ru_utime + usage.ru_stime + _CPU_GRACE * page_seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until if hard < 0 else min(until, hard), hard))
