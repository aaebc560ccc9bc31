"""Reading processes: a page that kills, hangs or bloats its process costs itself and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from scanner.intake.workers import (
    Event,
    FileDone,
    FileOpened,
    PageRead,
    PageWorkers,
    Refused,
    ScanFile,
    WorkerError,
)
from scanner.model.outcome import RefusalReason
from scanner.settings_limits import Limits
from tests.intake import jobs
from tests.intake.jobs import ALLOCATE, BIG, CRASH, DIE_ONCE, LARGE, LEAK, LOOP, PRIVATE, RAISE, Seen
from tests.pages import pdfs
from tests.pages.pdfs import Coded, PageOf, pdf
from tests.pages.pictures import TiffPicture, tiff

PATIENT = Limits(page_seconds=600, memory_mb=1_000)
"""No page here is ended by the clock, however slow the machine."""


def stack(levels: Sequence[int | None]) -> bytes:
    """A PDF with a page of one grey level for each; None stands for a page that cannot be decoded."""
    grey = np.ones((8, 8), np.uint8)
    broken = Coded(8, 8, b"no picture", pdfs.as_jpeg(grey).entries)
    return pdf([PageOf([broken if it is None else pdfs.as_raw(grey * np.uint8(it))]) for it in levels])


class Inbox:
    """Files to read, and the folder in which processes leave their traces."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def file(self, name: str, content: bytes) -> ScanFile:
        self._count += 1
        path = self.folder / f"{self._count}-{name}"
        path.write_bytes(content)
        return ScanFile(path, f"{self._count:064}", name)

    def workers(self, limits: Limits = PATIENT) -> PageWorkers[Seen]:
        return PageWorkers(partial(jobs.make_obedient, self.folder), limits, count=1)

    def processes(self) -> set[int]:
        return {int(path.name.removeprefix("process-")) for path in self.folder.glob("process-*")}


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


@dataclass
class Pool:
    """Two processes that serve many tests, to spare their start; each test may kill them."""

    inbox: Inbox
    workers: PageWorkers[Seen]

    def read(self, **contents: bytes) -> list[Event[Seen]]:
        """Everything that comes of files with these contents, by name."""
        files = [self.inbox.file(name, content) for name, content in contents.items()]
        return list(self.workers.read(files))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    inbox = Inbox(tmp_path_factory.mktemp("inbox"))
    with PageWorkers(partial(jobs.make_obedient, inbox.folder), PATIENT, count=2) as workers:
        yield Pool(inbox, workers)


def of(events: Sequence[Event[Seen]], name: str) -> list[Event[Seen]]:
    return [event for event in events if event.file.scan_name == name]


def levels_read(events: Sequence[Event[Seen]]) -> list[int]:
    """Grey levels of the pages that were read, in page order."""
    seen = [event.outcome for event in events if isinstance(event, PageRead)]
    return [it.level for it in sorted(seen, key=lambda it: it.page)]


def refusals(events: Sequence[Event[Seen]]) -> list[tuple[str, int | None, RefusalReason]]:
    found = [event.refusal for event in events if isinstance(event, Refused)]
    return sorted((it.scan_name, it.scan_page, it.reason) for it in found)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # A process that has ended but was not yet waited for is not alive.
    return Path(f"/proc/{process}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] != "Z"


def wait_until_gone(processes: Iterable[int]) -> None:
    while any(alive(process) for process in processes):
        time.sleep(0.01)


def test_every_page_of_every_file_comes_back_once(pool: Pool) -> None:
    grey = np.full((8, 8), 7, np.uint8)
    single = tiff([TiffPicture(8, 8, [grey.tobytes()])])
    events = pool.read(many=stack(range(100, 130)), single=single, text=b"Dear Sir")
    assert levels_read(of(events, "many")) == list(range(100, 130))
    assert levels_read(of(events, "single")) == [7]
    assert refusals(events) == [("text", None, RefusalReason.NOT_A_SCAN)]
    assert sorted(it.file.scan_name for it in events if isinstance(it, FileDone)) == [
        "many",
        "single",
        "text",
    ]
    opened = [it for it in events if isinstance(it, FileOpened)]
    assert sorted((it.file.scan_name, it.facts.page_count) for it in opened) == [("many", 30), ("single", 1)]
    for name in ("many", "single", "text"):
        assert isinstance(of(events, name)[-1], FileDone)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (CRASH, RefusalReason.CRASHED),
        (RAISE, RefusalReason.CRASHED),
        (ALLOCATE, RefusalReason.TOO_LARGE),
        (None, RefusalReason.DAMAGED),
    ],
)
def test_a_page_that_makes_trouble_costs_itself(
    trouble: int | None, reason: RefusalReason, pool: Pool
) -> None:
    events = pool.read(bad=stack([101, 102, trouble, 104]), good=stack([105]))
    assert refusals(events) == [("bad", 3, reason)]
    assert levels_read(of(events, "bad")) == [101, 102, 104]
    assert levels_read(of(events, "good")) == [105]
    assert PRIVATE not in repr(events)


def test_a_page_that_never_ends_is_given_up(inbox: Inbox) -> None:
    """The clock runs ahead while the page loops: nothing here waits for a limit to pass."""
    looks = 0

    def clock() -> float:
        nonlocal looks
        # Further at every look, for the page may loop before its limit is reckoned.
        looks += (inbox.folder / "looping").exists()
        return time.monotonic() + 1_000 * looks

    bad = inbox.file("bad", stack([101, LOOP, 103]))
    events = []
    make_job = partial(jobs.make_obedient, inbox.folder)
    with PageWorkers(make_job, PATIENT, count=1, clock=clock) as workers:
        for event in workers.read([bad]):
            events.append(event)
            if isinstance(event, Refused):
                (inbox.folder / "looping").unlink()
    assert refusals(events) == [("bad", 2, RefusalReason.TIMEOUT)]
    assert levels_read(events) == [101, 103]


def test_a_process_that_was_killed_for_another_reason_costs_nothing(pool: Pool) -> None:
    events = pool.read(scan=stack([101, DIE_ONCE, 103]))
    assert refusals(events) == []
    assert levels_read(events) == [101, DIE_ONCE, 103]


def test_idle_processes_that_die_are_replaced(pool: Pool) -> None:
    assert levels_read(pool.read(one=stack([101]))) == [101]
    for process in pool.inbox.processes():
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    assert levels_read(pool.read(two=stack([102, 103]))) == [102, 103]


def test_a_file_that_only_makes_trouble_is_given_up_and_refused_as_one(pool: Pool) -> None:
    before = pool.inbox.processes()
    events = pool.read(bad=stack([CRASH] * 40))
    assert refusals(events) == [("bad", None, RefusalReason.CRASHED)]
    # Three pages are tried twice; of those that were under way, some more.
    assert len(pool.inbox.processes() - before) <= 10


def test_a_file_of_which_no_page_can_be_decoded_is_refused_as_one(pool: Pool) -> None:
    events = pool.read(bad=stack([None, None]), good=stack([9]))
    assert refusals(events) == [("bad", None, RefusalReason.DAMAGED)]
    assert levels_read(events) == [9]


def test_large_results_come_through(pool: Pool) -> None:
    events = pool.read(big=stack([BIG] * 6))
    assert [len(it.outcome.payload) for it in events if isinstance(it, PageRead)] == [3_000_000] * 6


def test_a_process_that_has_grown_too_large_is_replaced(pool: Pool) -> None:
    grown = [it.outcome.process for it in pool.read(leak=stack([LEAK])) if isinstance(it, PageRead)]
    after = [it.outcome.process for it in pool.read(next=stack([101] * 8)) if isinstance(it, PageRead)]
    assert len(grown) == 1
    assert len(after) == 8
    assert grown[0] not in after


def test_a_page_that_needs_much_memory_has_it_alone(pool: Pool) -> None:
    """More than processes may have beside each other: tried again when no other one is there, since an idle
    one has memory too."""
    levels = [101, 102, LARGE, 104, 105, LARGE, 107, 108]
    events = pool.read(some=stack(levels), more=stack(levels))
    assert refusals(events) == []
    assert levels_read(of(events, "some")) == levels_read(of(events, "more")) == levels
    large = [it.outcome for it in events if isinstance(it, PageRead) and it.outcome.level == LARGE]
    assert [it.payload.decode() for it in large] == [str(it.process) for it in large]


def test_no_more_is_begun_than_can_be_done(pool: Pool) -> None:
    """Files are taken as they are needed, so that endless ones take no memory; one may stop at any time."""
    taken = 0

    def endless() -> Iterator[ScanFile]:
        nonlocal taken
        scan = pool.inbox.file("scan", stack([101]))
        while True:
            taken += 1
            yield scan

    done = 0
    for event in pool.workers.read(endless()):
        done += isinstance(event, FileDone)
        assert taken - done <= 2 * 2
        if done == 20:
            break
    assert levels_read(pool.read(next=stack([102]))) == [102]


def test_leaving_by_an_interrupt_ends_the_processes(inbox: Inbox) -> None:
    def interrupted() -> None:
        with inbox.workers() as workers:
            for event in workers.read([inbox.file("scan", stack([101, LOOP, LOOP, 104]))]):
                if isinstance(event, PageRead):
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    wait_until_gone(inbox.processes())


PROGRAM = """
import sys
from functools import partial
from pathlib import Path
from scanner.intake.workers import PageWorkers, ScanFile
from scanner.settings_limits import Limits
from tests.intake import jobs

folder = Path(sys.argv[1])
with PageWorkers(partial(jobs.make_obedient, folder), Limits(page_seconds=600), 1) as workers:
    for event in workers.read([ScanFile(folder / "scan", "0", "scan")]):
        print(type(event).__name__, flush=True)
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_no_process_outlives_its_caller(sign: signal.Signals, inbox: Inbox) -> None:
    (inbox.folder / "scan").write_bytes(stack([101, CRASH, LOOP]))
    caller = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(inbox.folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    while not (inbox.folder / "looping").exists():
        assert caller.poll() is None, caller.communicate()
        time.sleep(0.01)
    caller.send_signal(sign)
    printed, said = caller.communicate()
    wait_until_gone(inbox.processes())
    assert printed.split() == ["FileOpened", "PageRead", "Refused"]
    if sign == signal.SIGINT:
        assert said.strip().endswith("KeyboardInterrupt")
        assert said.count("Traceback") == 1
    else:
        assert said == ""


def test_a_job_that_cannot_be_made_is_a_bug_with_its_trace(inbox: Inbox) -> None:
    scan = inbox.file("scan", stack([101]))
    with (
        PageWorkers(jobs.make_nothing, PATIENT, 1) as workers,
        pytest.raises(RuntimeError, match="no job today"),
    ):
        list(workers.read([scan]))


def test_processes_that_cannot_start_are_an_error_that_says_so(inbox: Inbox) -> None:
    scan = inbox.file("scan", stack([101]))
    with PageWorkers(jobs.make_exit, PATIENT, 1) as workers, pytest.raises(WorkerError, match="jana doctor"):
        list(workers.read([scan]))
