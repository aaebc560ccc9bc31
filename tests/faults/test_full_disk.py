"""A disk without room or without inodes, under the inbox, the store or the record: work rests and goes on."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.machine import cannot, tmpfs
from tests.faults.paper import Paper, other
from tests.faults.stand import Stand, healthy, until
from tests.warm import Warm

SIZE_KB, INODES = 6_000, 120


def fill_bytes(folder: Path) -> Path:
    """Take all room; the file that has it."""
    hog = folder / "._hog"
    descriptor = os.open(hog, os.O_WRONLY | os.O_CREAT)
    try:
        for step in (1 << 16, 1 << 12, 1):
            _until_full(lambda size=step: os.write(descriptor, bytes(size)))  # type: ignore[misc]
    finally:
        os.close(descriptor)
    return hog


def fill_inodes(folder: Path) -> Path:
    """Take all inodes; the folder that has them."""
    hog = folder / "@eaDir"
    hog.mkdir()
    names = iter(range(10**6))
    _until_full(lambda: (hog / str(next(names))).touch())
    return hog


def _until_full(more: Callable[[], object]) -> None:
    while True:
        try:
            more()
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return


def remove(hog: Path) -> None:
    if hog.is_dir():
        for path in hog.iterdir():
            path.unlink()
        hog.rmdir()
    else:
        hog.unlink()


@pytest.mark.parametrize(
    ("where", "fill"),
    [
        ("scans", fill_bytes),
        ("scans", fill_inodes),
        pytest.param("inbox", fill_bytes, marks=pytest.mark.faults),
        pytest.param("inbox", fill_inodes, marks=pytest.mark.faults),
        pytest.param("record", fill_bytes, marks=pytest.mark.faults),  # it needs no inodes
    ],
)
def test_it_rests_while_there_is_no_room_and_goes_on_by_itself(
    tmp_path: Path, warm: Warm, paper: Paper, where: str, fill: Callable[[Path], Path]
) -> None:
    if why := cannot():
        pytest.skip(f"NOT TESTED: a full disk, because {why}")
    places = {"inbox": tmp_path / "inbox", "scans": tmp_path / "home" / "scans", "record": tmp_path / "home"}
    with ExitStack() as stack:
        full = stack.enter_context(tmpfs(places[where], SIZE_KB, INODES))
        if where == "record":  # the store has room of its own
            stack.enter_context(tmpfs(places["scans"], SIZE_KB * 4, INODES * 4))
        stand = Stand(tmp_path, warm, paper)
        stack.callback(stand.close)
        stand.drop(paper.jpeg(0))
        stand.drop(other("note"), office="North")
        port = free_port()
        service = stand.start(JANA_HEALTH_PORT=str(port))
        until(stand.all_ended, service)

        late = [stand.planned(paper.jpeg(1)), stand.planned(paper.torn(2)), stand.planned(paper.jpeg(3))]
        if where == "inbox":  # whoever scans needs room too
            for one in late:
                stand.put(one)
            hog = fill(full)
        else:
            hog = fill(full)
            for one in late:
                stand.put(one)
        if where != "inbox":
            until(lambda: not healthy(port)["well"], service)
            assert healthy(port)["live"]
            lying = {path.name for path in stand.inbox.iterdir()} & {one.name for one in late}
            assert len(lying) >= len(late) - (where == "record"), "it claims what it cannot keep"
        remove(hog)
        until(lambda: stand.all_ended() and healthy(port)["well"], service)
        assert stand.stop_and_judge(service) == []
        stand.assert_all_is_well()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
