"""Which of several services on one store reads: one at a time, whoever dies or sleeps."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "reading.lock"
TICK_S = 1.0


class ReadingTurn:
    """The turn to read for one store. Two that read the same files would do no harm, and everything twice."""

    def __init__(self, scans: Path, lease_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """A holder that gives no sign of life for `lease_s` is read beside: it may be stopped for good."""
        self._path = scans / LOCK
        self._lease_s = lease_s
        self._monotonic = monotonic
        self._held: int | None = None

    def beat(self) -> None:
        """Give a sign of life, if the turn is ours; from any thread. Raises OSError."""
        held = self._held
        if held is not None:
            os.utime(held)

    @contextmanager
    def wait(self, stop: threading.Event, tick: Callable[[], None]) -> Iterator[bool]:
        """Wait for the turn; whether we have it, or are to stop.

        The kernel gives it to the next one when its holder ends, however that is.
        """
        with self._path.open("ab") as file:
            seen, since_s = -1, self._monotonic()
            while not stop.is_set():
                sign, now_s = os.fstat(file.fileno()).st_mtime_ns, self._monotonic()
                if sign != seen:
                    seen, since_s = sign, now_s
                if _locked(file.fileno()):
                    yield from self._holding(file.fileno())
                    return
                if now_s - since_s >= self._lease_s:
                    yield True
                    return
                tick()
                stop.wait(TICK_S)
        yield False

    def _holding(self, descriptor: int) -> Iterator[bool]:
        self._held = descriptor
        try:
            self.beat()
            yield True
        finally:
            self._held = None


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
