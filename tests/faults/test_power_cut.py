"""The power is cut at random moments: what is on the disk then, and nothing else, must be enough to go on."""

from __future__ import annotations

import os
import random
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.machine import Disk, cannot, mounted_copy
from tests.faults.paper import Paper, other
from tests.faults.stand import Stand
from tests.warm import Warm


@pytest.mark.parametrize("cuts", [2, pytest.param(25, marks=pytest.mark.faults)])
def test_what_is_on_the_disk_after_a_power_cut_is_enough(
    tmp_path: Path, warm: Warm, paper: Paper, cuts: int
) -> None:
    """Everything lies on one ext4 disk with nothing written back by itself; only what was synced is there."""
    if why := cannot("losetup", "mkfs.ext4"):
        pytest.skip(f"NOT TESTED: power cuts, because {why}")
    chance = random.Random(4)
    for number in range(cuts):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            _cut(folder, warm, paper, chance.uniform(0.2, 1.6))
        except RuntimeError as error:
            pytest.skip(f"NOT TESTED: power cuts, because {error}")


def _cut(folder: Path, warm: Warm, paper: Paper, after_s: float) -> None:
    with ExitStack() as stack:
        disk = stack.enter_context(Disk(folder))
        mount = stack.enter_context(disk.mounted(folder / "before"))
        (mount / "inbox").mkdir()
        stand = Stand(folder, warm, paper, inbox=mount / "inbox", home=mount / "home")
        stack.callback(stand.close)
        for number in range(3):
            stand.drop(paper.jpeg(number), office="North" * (number % 2))
        stand.drop(other("note"))
        stand.drop(paper.stack(folder, 1, 3))
        os.sync()
        service = stand.start("--once")
        # From here on only that is on the disk for which the service itself has asked.
        time.sleep(after_s)
        # Held still, because copying takes time: a power cut does not.
        service.hold()
        image = disk.as_after_a_power_cut(folder / "after.img")
        service.kill()

        after = stack.enter_context(mounted_copy(image, folder / "after"))
        again = Stand(folder, warm, paper, inbox=after / "inbox", home=after / "home")
        stack.callback(again.close)
        again.started, again.drops = stand.started, stand.drops
        again.recovers()
