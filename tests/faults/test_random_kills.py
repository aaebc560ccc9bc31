"""Mixed files are dropped while the service is killed at random: in the end all is there, once."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.faults.drops import Content
from tests.faults.paper import Paper, other
from tests.faults.stand import Stand, until

BOUNDED = (40, 5)
FULL = pytest.param(500, 30, marks=pytest.mark.faults)
OFFICES = ("", "North", "South", "North/children")


@pytest.mark.parametrize(("files", "kills"), [BOUNDED, FULL])
def test_killed_at_random_on_an_embedded_record(stand: Stand, files: int, kills: int) -> None:
    _killed_at_random(stand, files, kills, seed=files)


@pytest.mark.faults
def test_killed_at_random_on_a_central_record(central_stand: Stand) -> None:
    _killed_at_random(central_stand, 200, 12, seed=3)


def _killed_at_random(stand: Stand, files: int, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    contents = mixed(stand.paper, stand.folder, files, chance)
    service = stand.start()
    for number in range(kills):
        for content in contents[number * files // kills : (number + 1) * files // kills]:
            stand.drop(content, office=chance.choice(OFFICES))
        time.sleep(chance.uniform(0.05, 0.05 * files / kills))
        service.kill()
        service = stand.start()
    until(stand.all_ended, service, patience_s=900)
    assert stand.stop_and_judge(service) == []
    stand.assert_all_is_well()


def mixed(paper: Paper, folder: Path, files: int, chance: random.Random) -> list[Content]:
    """Scans of every kind, the same again, the same bytes again, and what is no scan."""
    made: list[Content] = []
    for number in range(files):
        match chance.randrange(10):
            case 0:
                made.append(other("note", number))
            case 1:
                made.append(paper.torn(number, variant=number + 1))
            case 2:
                made.append(other("picture", number))
            case 3 | 4:
                made.append(paper.stack(folder, number, number + 1, variant=number))
            case 5 if made:
                made.append(chance.choice(made))
            case _:
                made.append(paper.jpeg(number, variant=number))
    return made
