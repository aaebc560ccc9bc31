"""Whatever happens to pages, every file ends once and every page is accounted for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.intake.schedule import (
    Event,
    FileDone,
    FileOpened,
    PageRead,
    Refused,
    ScanFile,
    Schedule,
    Unit,
)
from scanner.model.outcome import Refusal, RefusalReason
from scanner.pages.facts import FileFacts, FileKind, FileRefusal

LOST_PAGES = 2

Fate = str
"""What becomes of a page: `read`, `broken`, `failed` (after decoding) or `lost`."""
fates = st.lists(st.sampled_from(("read", "broken", "failed", "lost")), min_size=1, max_size=6)
files = st.lists(st.one_of(st.none(), fates), max_size=5)
"""Each file is refused at sight (None), or its pages have these fates."""


def refusal(unit: Unit, reason: RefusalReason = RefusalReason.DAMAGED) -> Refusal:
    return Refusal(unit.source.scan_sha256, unit.source.scan_name, unit.number, reason, "for the test")


def happen(schedule: Schedule[int], unit: Unit, fate: list[Fate] | None) -> list[Event[int]]:
    """Let a unit meet its fate."""
    if fate is None:
        return list(schedule.inspected(unit, FileRefusal(RefusalReason.EMPTY_FILE, "for the test")))
    if unit.number is None:
        return list(schedule.inspected(unit, FileFacts(FileKind.PDF, len(fate), 1)))
    what = fate[unit.number - 1]
    if what == "read":
        return list(schedule.read(unit, unit.number, 0.1))
    if what == "lost":
        return (
            [] if schedule.retry(unit) else list(schedule.lost(unit, RefusalReason.CRASHED, "for the test"))
        )
    return list(schedule.refused(unit, refusal(unit), decoded=what == "failed"))


def run(given_files: list[list[Fate] | None], seed: int, open_files: int = 1) -> list[Event[int]]:
    """Everything that happens when units end in any order and some are put back unbegun."""
    named = [ScanFile(Path(), f"{index}", f"{index}") for index in range(len(given_files))]
    schedule: Schedule[int] = Schedule(iter(named), LOST_PAGES, open_files)
    chance = Random(seed)
    running: list[Unit] = []
    events: list[Event[int]] = []
    while True:
        while len(running) < 4 and (unit := schedule.next_unit()) is not None:
            running.append(unit)
        if not running:
            return events
        if len(running) > 1 and chance.random() < 0.1:
            schedule.put_back([running.pop()])
            continue
        unit = running.pop(chance.randrange(len(running)))
        events += happen(schedule, unit, given_files[int(unit.work.file.scan_name)])


@settings(max_examples=100, derandomize=True, deadline=None)
@given(given_files=files, seed=st.integers(0, 2**32), open_files=st.integers(1, 3))
def test_every_file_ends_once_and_every_page_has_one_outcome(
    given_files: list[list[Fate] | None], seed: int, open_files: int
) -> None:
    events = run(given_files, seed, open_files)
    for index, fate in enumerate(given_files):
        mine = [event for event in events if event.file.scan_name == str(index)]
        kinds = Counter(type(event) for event in mine)
        assert kinds[FileDone] == 1
        assert isinstance(mine[-1], FileDone)
        assert kinds[FileOpened] == (fate is not None)
        read = [event.source.scan_page for event in mine if isinstance(event, PageRead)]
        refused = [event.refusal.scan_page for event in mine if isinstance(event, Refused)]
        if fate is None or (not read and refused == [None]):
            assert refused == [None]
            assert not read
        else:
            assert None not in refused
            assert sorted(read + [number for number in refused if number]) == list(range(1, len(fate) + 1))


@settings(max_examples=100, derandomize=True, deadline=None)
@given(fate=fates.filter(lambda it: "lost" not in it), seed=st.integers(0, 2**32))
def test_a_file_is_refused_whole_exactly_when_no_page_is_decoded(fate: list[Fate], seed: int) -> None:
    events = run([fate], seed)
    whole = [event for event in events if isinstance(event, Refused) and event.refusal.scan_page is None]
    assert len(whole) == (set(fate) == {"broken"})
    assert sum(isinstance(event, PageRead) for event in events) == fate.count("read")


def test_after_too_many_losses_the_rest_is_not_tried() -> None:
    dealt: list[int] = []
    schedule: Schedule[int] = Schedule([ScanFile(Path(), "0", "0")], LOST_PAGES)
    events: list[Event[int]] = []
    while (unit := schedule.next_unit()) is not None:
        dealt.append(unit.number or 0)
        events += happen(schedule, unit, ["read"] + ["lost"] * 100)
    assert dealt == [0, 1, 2, 2, 3, 3]
    refused = [event.refusal for event in events if isinstance(event, Refused)]
    assert [it.scan_page for it in refused] == list(range(2, 102))
    assert {it.reason for it in refused} == {RefusalReason.CRASHED}
    assert isinstance(events[-1], FileDone)


def deal(schedule: Schedule[int], sizes: dict[str, int], number: int) -> list[str]:
    """Names of the files that the next so many units are of, each done as soon as it is dealt out."""
    names = []
    for _ in range(number):
        unit = schedule.next_unit()
        if unit is None:
            break
        names.append(unit.work.file.scan_name)
        happen(schedule, unit, ["read"] * sizes[names[-1]])
    return names


def test_a_long_file_does_not_hold_up_the_short_one_behind_it() -> None:
    sizes = {"long": 10_000, "short": 2}
    arriving = [ScanFile(Path(), name, name) for name in sizes]

    in_turns = deal(Schedule(arriving, LOST_PAGES, open_files=2), sizes, 100)
    one_by_one = deal(Schedule(arriving, LOST_PAGES), sizes, 100)

    assert in_turns.count("short") == 3
    assert "short" not in in_turns[20:]
    assert set(one_by_one) == {"long"}


def test_only_the_pages_that_are_left_are_read_and_refused_one_by_one() -> None:
    """A page without a picture does not make a file refused whole of which others were read before."""
    schedule: Schedule[int] = Schedule([ScanFile(Path(), "0", "0", (2, 4, 9))], LOST_PAGES)
    events: list[Event[int]] = []
    while (unit := schedule.next_unit()) is not None:
        events += happen(schedule, unit, ["lost", "broken", "lost", "broken"])
    assert [it.refusal.scan_page for it in events if isinstance(it, Refused)] == [2, 4]
    assert isinstance(events[-1], FileDone)


def test_a_file_of_which_nothing_is_left_is_done_at_once() -> None:
    schedule: Schedule[int] = Schedule([ScanFile(Path(), "0", "0", (7,))], LOST_PAGES)
    unit = schedule.next_unit()
    assert unit is not None
    assert [type(event) for event in happen(schedule, unit, ["read"])] == [FileOpened, FileDone]
    assert schedule.next_unit() is None


def test_files_that_come_later_are_dealt_out_too() -> None:
    class Arriving:
        waiting: tuple[str, ...] = ()

        def __iter__(self) -> Arriving:
            return self

        def __next__(self) -> ScanFile:
            if not self.waiting:
                raise StopIteration
            name, *self.waiting = self.waiting  # type: ignore[assignment]
            return ScanFile(Path(), name, name)

    arriving = Arriving()
    schedule: Schedule[int] = Schedule(arriving, LOST_PAGES, open_files=2)
    assert schedule.next_unit() is None
    arriving.waiting = ("late",)
    assert deal(schedule, {"late": 1}, 5) == ["late", "late"]
