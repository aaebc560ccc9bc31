"""Killed at every system call that changes something, and every such call failing: nothing is ever lost.

The full form counts up, for each call of each thread, until a run comes through unhurt. The bounded form
takes some places of them all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.faults.paper import Paper, other
from tests.faults.stand import Stand
from tests.faults.system_calls import KILL, THREADS, Hit, calls_made, can_trace, run_into
from tests.warm import Warm

FAULTS = (
    (KILL, False),
    ("error=EIO", False),
    ("error=EIO", True),
    ("error=ENOSPC", False),
    ("error=ENOSPC", True),
)
SAMPLE = ((0.3, FAULTS[0]), (0.5, FAULTS[4]), (0.7, FAULTS[0]), (0.9, FAULTS[1]))
"""Places that the bounded form tries, as parts of all."""

Stands = Callable[[], Stand]


@pytest.fixture(autouse=True)
def _tracing() -> None:
    if why := can_trace():
        pytest.skip(f"NOT TESTED: faults at system calls, because {why}")


@pytest.fixture
def stands(tmp_path: Path, warm: Warm, paper: Paper) -> Iterator[Stands]:
    """A new stand at each call, with the same three files: read, read for an office, refused."""
    made: list[Stand] = []
    office = paper.stack(tmp_path, 1, 2)

    def new() -> Stand:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        found = Stand(folder, warm, paper)
        found.drop(paper.jpeg(0), "one.jpg")
        found.drop(office, "stack.pdf", "North")
        found.drop(other("note"), "note.pdf")
        made.append(found)
        return found

    yield new
    for stand in made:
        stand.close()


def survives(stands: Stands, hit: Hit) -> bool:
    """Whether the service was hit; whether or not, afterwards everything must hold."""
    stand = stands()
    ended = run_into(stand, hit)
    try:
        if not ended.hit:
            assert ended.code == 0
        stand.assert_not_blind(ended.service)
        stand.recovers()
    except AssertionError as error:
        error.add_note(str(hit))
        error.add_note(ended.service.said()[-3000:])
        raise
    stand.close()
    shutil.rmtree(stand.folder)
    return ended.hit


@pytest.mark.parametrize("thread", THREADS)
def test_it_survives_a_fault_at_some_calls(stands: Stands, thread: str) -> None:
    calls = calls_made(stands(), thread)
    places = [(call, number + 1) for call in sorted(calls) for number in range(calls[call])]
    for part, (fault, onwards) in SAMPLE:
        call, number = places[int(part * len(places))]
        survives(stands, Hit(thread, call, number, fault, onwards))


@pytest.mark.faults
@pytest.mark.parametrize("thread", THREADS)
@pytest.mark.parametrize(("fault", "onwards"), FAULTS)
def test_it_survives_a_fault_at_every_call(stands: Stands, thread: str, fault: str, onwards: bool) -> None:
    hits, lost = 0, []
    for call in sorted(calls_made(stands(), thread)):
        for number in count(1):
            hit = Hit(thread, call, number, fault, onwards)
            try:
                if not survives(stands, hit):
                    break
            except AssertionError as error:
                lost.append(f"{hit}: {error}")
            hits += 1
    print(f"{fault}{'+' * onwards} at {hits} calls of {thread}: {len(lost)} were too much")
    assert hits > len(lost)
    assert lost == []
