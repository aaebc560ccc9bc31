"""The turn to read: one has it, the next gets it at an end, and nobody waits for ever for a sleeper."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from scanner.watch.turn import LOCK, ReadingTurn


class Clock:
    """Goes a second on with every look that somebody in waiting takes."""

    def __init__(self, stop: threading.Event, patience_s: float) -> None:
        self.now_s = 0.0
        self._stop = stop
        self._patience_s = patience_s
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self) -> float:
        return self.now_s

    def tick(self) -> None:
        self.now_s += 1.0
        self.meanwhile()
        if self.now_s >= self._patience_s:
            self._stop.set()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.watch.turn.TICK_S", 0.0)


def waited(
    scans: Path, patience_s: float, meanwhile: Callable[[], object] = lambda: None
) -> tuple[bool, float]:
    """Whether somebody got the turn in that time, and how long it took."""
    stop = threading.Event()
    clock = Clock(stop, patience_s)
    clock.meanwhile = meanwhile
    with ReadingTurn(scans, 20.0, clock).wait(stop, clock.tick) as ours:
        return ours, clock.now_s


def test_one_has_the_turn_until_it_ends(tmp_path: Path) -> None:
    with ExitStack() as first:
        assert first.enter_context(ReadingTurn(tmp_path, 20.0).wait(threading.Event(), lambda: None))
        assert waited(tmp_path, 15.0) == (False, 15.0)
        assert waited(tmp_path, 15.0, first.close) == (True, 1.0)
    assert waited(tmp_path, 15.0) == (True, 0.0)


def test_a_holder_that_gives_no_sign_of_life_is_read_beside(tmp_path: Path) -> None:
    holder = ReadingTurn(tmp_path, 20.0)
    with holder.wait(threading.Event(), lambda: None):
        assert waited(tmp_path, 60.0) == (True, 20.0)
        ages = iter(range(1000))
        lives = lambda: os.utime(tmp_path / LOCK, (0, next(ages)))  # noqa: E731
        assert waited(tmp_path, 60.0, lives) == (False, 60.0)
        before = (tmp_path / LOCK).stat().st_mtime_ns
        holder.beat()
        assert (tmp_path / LOCK).stat().st_mtime_ns != before
    holder.beat()
