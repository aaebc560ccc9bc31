"""Several services on one inbox and one record: each file is read once, whoever sleeps or dies."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing

import pytest

from tests.faults.paper import other
from tests.faults.stand import Stand, until

LEASE = {"JANA_WATCH__LEASE_S": "20"}


@pytest.mark.parametrize(("services", "files"), [(3, 12), pytest.param(8, 200, marks=pytest.mark.faults)])
def test_many_services_share_one_folder(stand: Stand, services: int, files: int) -> None:
    running = [stand.start() for _ in range(services)]
    for number in range(files):
        kind = number % 4
        content = other("note", number) if kind == 3 else stand.paper.jpeg(number, variant=number // 4)
        stand.drop(content, office=("", "North", "South")[number % 3])
        if number % 5 == 0:
            stand.drop(content, f"again-{number}.jpg")
    until(stand.all_ended, *running)
    assert stand.stop_and_judge(*running) == []
    takers = [service for service in running if '"taken"' in service.said()]
    assert takers, "nobody took anything"
    stand.assert_all_is_well()


@pytest.mark.faults
def test_a_service_that_sleeps_past_its_lease_loses_its_claims_and_nothing_else(stand: Stand) -> None:
    """The heir cannot have the lock of a process that is only stopped; it goes by the sign of life."""
    stand.settings |= LEASE
    for number in range(6):
        stand.drop(stand.paper.jpeg(number, variant=number))
    sleeper = stand.start()
    until(lambda: '"taken"' in sleeper.said(), sleeper)
    sleeper.hold()
    while _is_locked(stand):  # in the midst of a transaction: then nobody can write before it wakes
        sleeper.send(signal.SIGCONT)
        time.sleep(0.01)
        sleeper.hold()
    held = _claims(stand)
    heir = stand.start()
    late = stand.drop(stand.paper.jpeg(0, variant=99), office="North")
    until(lambda: (stand.inbox / "done" / "North" / late.name).exists() or not held, heir)
    until(stand.all_ended, heir)
    assert '"claims_adopted"' in heir.said() or not held
    sleeper.send(signal.SIGCONT)
    until(lambda: not held or '"claim_lost"' in sleeper.said(), sleeper, heir)
    more = stand.drop(stand.paper.jpeg(1, variant=98))
    until(lambda: (stand.inbox / "done" / more.name).exists(), sleeper, heir)
    assert stand.stop_and_judge(sleeper, heir) == []
    stand.assert_all_is_well()


def test_one_of_two_services_is_killed_and_the_other_takes_over(stand: Stand) -> None:
    for number in range(4):
        stand.drop(stand.paper.jpeg(number))
    first = stand.start()
    until(lambda: '"taken"' in first.said(), first)
    second = stand.start()
    first.kill()
    until(stand.all_ended, second)
    assert stand.stop_and_judge(second) == []
    stand.assert_all_is_well()


def _is_locked(stand: Stand) -> bool:
    with closing(sqlite3.connect(stand.home / "jana.sqlite", timeout=0, isolation_level=None)) as record:
        try:
            record.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        record.execute("ROLLBACK")
        return False


def _claims(stand: Stand) -> list[str]:
    folder = stand.inbox / ".jana" / "claims"
    return [str(path) for path in folder.glob("*/*/*") if not path.name.startswith(".")]
