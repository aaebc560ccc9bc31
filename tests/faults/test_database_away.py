"""A central database that is killed and frozen under load, and a line that loses what it carries."""

from __future__ import annotations

import time

import pytest

from tests.faults.paper import other
from tests.faults.server import BadLine, Server
from tests.faults.stand import Stand, until


def drop_some(stand: Stand, number: int, *, variant: int) -> None:
    for one in range(number):
        stand.drop(stand.paper.jpeg(one, variant=variant + one), office=("", "North")[one % 2])
    stand.drop(other("note", variant))


@pytest.mark.parametrize(("rounds", "files"), [(1, 5), pytest.param(5, 20, marks=pytest.mark.faults)])
def test_it_goes_on_when_a_server_comes_back_that_was_killed_or_frozen(
    central: Stand, server: Server, rounds: int, files: int
) -> None:
    service = central.start()
    for number in range(rounds):
        drop_some(central, files, variant=1000 * number + 1)
        until(lambda: '"reading"' in service.said(), service)
        server.kill()
        drop_some(central, files, variant=1000 * number + 101)
        time.sleep(0.5 * number)
        server.start()
        until(lambda: '"taken"' in service.said(), service)
        server.freeze()
        drop_some(central, files, variant=1000 * number + 201)
        time.sleep(1.0 + number)
        server.thaw()
    until(central.all_ended, service)
    assert central.stop_and_judge(service) == []
    central.assert_all_is_well()


@pytest.mark.parametrize("files", [5, pytest.param(40, marks=pytest.mark.faults)])
def test_a_lost_reply_to_commit_doubles_nothing(central: Stand, server: Server, files: int) -> None:
    line = BadLine(server.socket)
    service = central.start(JANA_DATABASE_URL=line.url)
    until(lambda: '"started"' in service.said(), service)
    line.steal = files
    drop_some(central, files, variant=1)
    until(central.all_ended, service)
    assert line.stolen == files
    assert central.stop_and_judge(service) == []
    line.close()
    central.assert_all_is_well()


@pytest.mark.parametrize("files", [5, pytest.param(40, marks=pytest.mark.faults)])
def test_a_line_that_is_cut_at_random_loses_and_doubles_nothing(
    central: Stand, server: Server, files: int
) -> None:
    line = BadLine(server.socket, seed=files)
    service = central.start(JANA_DATABASE_URL=line.url)
    until(lambda: '"started"' in service.said(), service)
    line.cut_chance = 0.02
    drop_some(central, files, variant=1)
    until(lambda: central.all_ended() or line.cuts >= files, service)
    line.cut_chance = 0.0
    until(central.all_ended, service)
    assert line.cuts > 0
    assert central.stop_and_judge(service) == []
    line.close()
    central.assert_all_is_well()
