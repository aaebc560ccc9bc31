"""Is the service alive, and does it see? Each loop says so itself; nobody asks it.

A loop that hangs cannot answer, so it is judged by its silence: every part has its own longest time
between two ticks. What stands in its way (the store is full, the database is away) is trouble: the
loop goes on and tries again, and everybody can see why nothing is done meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

Monotonic = Callable[[], float]
"""Seconds of a clock that never goes back; the time of day may jump."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartState:
    """One part of the service, as it was when somebody looked."""

    part: str
    live: bool
    """It ticked within its time; a part that has no loop of its own is always live."""
    quiet_s: float | None
    """Since its last tick; None for a part that has no loop."""
    trouble: str | None
    """What stands in its way; None when nothing does."""

    @property
    def well(self) -> bool:
        return self.live and self.trouble is None


@dataclass(frozen=True, slots=True)
class HealthState:
    """The whole service at one moment."""

    parts: tuple[PartState, ...]
    """In the order in which they were registered."""

    @property
    def live(self) -> bool:
        """Every loop is running. Trouble does not count: it passes without a restart."""
        return all(part.live for part in self.parts)

    @property
    def well(self) -> bool:
        """Every loop is running, and nothing stands in the way of any."""
        return all(part.well for part in self.parts)


@dataclass(slots=True)
class _Part:
    allowed_s: float | None
    ticked_at_s: float
    trouble: str | None = None


class Health:
    """What the parts of one service say of themselves. May be used by any number of threads."""

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._parts: dict[str, _Part] = {}

    def register(self, part: str, allowed_s: float) -> None:
        """Expect a tick of this part at least every `allowed_s` seconds, from now on."""
        if allowed_s <= 0:
            raise ValueError(f"{part} cannot tick every {allowed_s} s")
        with self._lock:
            self._parts[part] = _Part(allowed_s, self._monotonic())

    def forget(self, part: str) -> None:
        """The part has ended as it should: expect nothing more of it."""
        with self._lock:
            self._parts.pop(part, None)

    def tick(self, part: str) -> None:
        """The part is running. Raises KeyError for one that was not registered: it would never be missed."""
        with self._lock:
            self._parts[part].ticked_at_s = self._monotonic()

    def trouble(self, part: str, text: str) -> None:
        """Something stands in the way of this part, which need not have a loop.

        `text` is shown to whoever may ask, so nothing of a client, no file's name and no password
        may stand in it.
        """
        with self._lock:
            self._parts.setdefault(part, _Part(None, self._monotonic())).trouble = text

    def clear(self, part: str) -> None:
        """Nothing stands in the way of this part any more."""
        with self._lock:
            if part in self._parts:
                self._parts[part].trouble = None

    def state(self) -> HealthState:
        """All parts as they are at this moment."""
        with self._lock:
            now_s = self._monotonic()
            return HealthState(tuple(_state(name, part, now_s) for name, part in self._parts.items()))


def _state(name: str, part: _Part, now_s: float) -> PartState:
    if part.allowed_s is None:
        return PartState(part=name, live=True, quiet_s=None, trouble=part.trouble)
    quiet_s = now_s - part.ticked_at_s
    return PartState(part=name, live=quiet_s <= part.allowed_s, quiet_s=quiet_s, trouble=part.trouble)
