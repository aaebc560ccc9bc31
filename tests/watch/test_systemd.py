"""What systemd is told, on a socket like the one that it listens to."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.watch.health import Health
from scanner.watch.systemd import SystemdWatch


class HandClock:
    """A clock that goes only when it is pushed."""

    def __init__(self) -> None:
        self.now_s = 5.0

    def __call__(self) -> float:
        return self.now_s


class Manager:
    """systemd's end."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(30)

    def hear(self) -> str:
        return self.socket.recv(100).decode()

    def hear_all(self) -> list[str]:
        """What has come by now, and all that comes until there is quiet for a while."""
        self.socket.settimeout(0.2)
        heard = []
        try:
            while True:
                heard.append(self.hear())
        except TimeoutError:
            return heard


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


def environment(manager: Manager, watchdog_us: int = 3_000) -> dict[str, str]:
    return {
        "NOTIFY_SOCKET": str(manager.socket.getsockname()),
        "WATCHDOG_USEC": str(watchdog_us),
        "WATCHDOG_PID": str(os.getpid()),
    }


def test_it_hears_of_start_life_and_stop(manager: Manager) -> None:
    with SystemdWatch(Health(), environment(manager)):
        assert manager.hear() == "READY=1"
        assert [manager.hear(), manager.hear()] == ["WATCHDOG=1"] * 2
    assert "STOPPING=1" in manager.hear_all()


def test_a_loop_that_hangs_is_not_called_alive_and_trouble_is(manager: Manager) -> None:
    clock = HandClock()
    health = Health(clock)
    health.register("intake", allowed_s=10)
    clock.now_s += 11
    with SystemdWatch(health, environment(manager)):
        assert manager.hear_all() == ["READY=1"]
        health.trouble("intake", "the disk is full")
        health.tick("intake")
        manager.socket.settimeout(30)
        assert manager.hear() == "WATCHDOG=1"


def test_without_a_watchdog_there_is_none(manager: Manager) -> None:
    for other in ({"WATCHDOG_USEC": ""}, {"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "much"}):
        with SystemdWatch(Health(), environment(manager) | other):
            pass
        assert manager.hear_all() == ["READY=1", "STOPPING=1"]


def test_in_a_terminal_nothing_happens(tmp_path: Path) -> None:
    for address in ("", str(tmp_path / "nobody")):
        with SystemdWatch(Health(), {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000"}):
            pass


def test_a_socket_without_a_file_is_reached_too() -> None:
    manager = Manager(f"\0jana-test-{os.getpid()}")
    with SystemdWatch(Health(), {"NOTIFY_SOCKET": f"@jana-test-{os.getpid()}"}):
        assert manager.hear() == "READY=1"
    manager.socket.close()
