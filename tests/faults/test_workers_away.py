"""A central record, one service that takes in, two workers that read: each of them, and the server, is killed
at random, and the server is frozen under them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.faults.server import Server
from tests.faults.stand import Service, Stand, until
from tests.faults.test_random_kills import OFFICES, mixed

SOON = {
    "JANA_READ_HERE": "false",
    "JANA_QUEUE__HEARTBEAT_S": "0.3",
    "JANA_QUEUE__SILENT_S": "2",
    "JANA_QUEUE__SWEEP_S": "0.3",
}
FULL = pytest.mark.faults


class Office:
    """The three processes, and a new one for each that is killed."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self._starts: tuple[Callable[[], Service], ...] = (
            lambda: stand.start(**SOON),
            lambda: stand.worker("first", **SOON),
            lambda: stand.worker("second", **SOON),
        )
        self.running = [start() for start in self._starts]

    def kill(self, number: int) -> None:
        self.running[number].kill()
        self.running[number] = self._starts[number]()


@pytest.mark.parametrize(
    ("files", "kills", "restarts"), [(16, 4, 1), pytest.param(500, 30, 2, marks=FULL, id="all")]
)
def test_killed_at_random_with_workers_and_their_server(
    central: Stand, server: Server, files: int, kills: int, restarts: int
) -> None:
    chance = random.Random(files)
    contents = mixed(central.paper, central.folder, files, chance)
    office = Office(central)
    for number in range(kills):
        for content in contents[number * files // kills : (number + 1) * files // kills]:
            central.drop(content, office=chance.choice(OFFICES))
        time.sleep(chance.uniform(0.05, 0.1 * files / kills))
        if (number + 1) % (kills // (restarts + 1)) == 0 and number + 1 < kills:
            server.kill()
            office.kill(number % 3)
            server.start()
        office.kill(chance.randrange(3))
    until(central.all_ended, *office.running, patience_s=1800)
    assert central.stop_and_judge(*office.running) == []
    central.assert_all_is_well()


@pytest.mark.parametrize("frozen_s", [3.0, pytest.param(60.0, marks=FULL)])
def test_a_worker_outlives_a_frozen_server_and_can_be_stopped_meanwhile(
    central: Stand, server: Server, frozen_s: float
) -> None:
    """Frozen for longer than a silent reader is taken for alive: what was its work may be done twice, and
    counts once."""
    office = Office(central)
    for number in range(6):
        central.drop(central.paper.stack(central.folder, number, number + 1, variant=number + 1))
    _, first, second = office.running
    until(lambda: '"reading"' in first.said() and '"reading"' in second.said(), first, second)
    server.freeze()
    time.sleep(frozen_s)
    assert first.stop() == 0
    server.thaw()
    until(central.all_ended, second, office.running[0])
    assert central.stop_and_judge(second, office.running[0]) == []
    central.assert_all_is_well()
