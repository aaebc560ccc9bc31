"""What keeps a loop going through outages: it waits longer and longer, visibly, and goes on by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from structlog.typing import FilteringBoundLogger

from scanner.errors import JanaError
from scanner.watch.health import Health

PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Between tries while something is in the way; the last one again and again."""
TICK_S = 1.0
"""How often a loop that waits shows that it lives."""


class StoppedError(Exception):
    """The service is to stop: leave everything as it is."""


class KeepGoing:
    """Runs the loops of one service. Each in a thread of its own."""

    def __init__(self, health: Health, log: FilteringBoundLogger, stop: threading.Event) -> None:
        self._health = health
        self._log = log
        self._stop = stop
        self.gives_up = False
        """Raise what is in the way instead of waiting for it to pass."""

    def persist(self, part: str, wake: threading.Event, work: Callable[[], float]) -> None:
        """Work again and again, until we are to stop, whatever is in the way for a while.

        `work` returns the seconds to wait until the next time, unless `wake` is set before.
        """
        tries = pauses()
        while not self._stop.is_set():
            self._health.tick(part)
            wake.clear()
            try:
                pause_s = work()
            except StoppedError:
                return
            except (JanaError, OSError) as error:
                if self.gives_up:
                    raise _shown(error) from error
                self.say_trouble(part, str(_shown(error)))
                # Not woken early: what wakes us has nothing to do with what is in the way.
                self._wait(part, self._stop, next(tries))
                continue
            except Exception as error:
                if self.gives_up:
                    raise
                self._log.error("bug", part=part, error=place_of(error))
                self.say_trouble(part, "a bug; see the log")
                self._wait(part, self._stop, next(tries))
                continue
            tries = pauses()
            self._wait(part, wake, pause_s)

    def _wait(self, part: str, event: threading.Event, seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while not event.wait(min(TICK_S, max(0.0, until_s - time.monotonic()))):
            self._health.tick(part)
            if time.monotonic() >= until_s:
                return

    def say_trouble(self, part: str, text: str) -> None:
        """Show trouble; log it once, however often it is met."""
        known = {one.part: one.trouble for one in self._health.state().parts}
        self._health.trouble(part, text)  # first, for whoever reads the log and looks at once
        if known.get(part) != text:
            self._log.warning("trouble", part=part, trouble=text)

    def clear(self, part: str) -> None:
        """Nothing is in the way any more."""
        known = {one.part: one.trouble for one in self._health.state().parts}
        if known.get(part) is not None:
            self._log.info("trouble_over", part=part)
        self._health.clear(part)


def pauses() -> Iterator[float]:
    """Seconds between tries, without end."""
    yield from PAUSES_S
    while True:
        yield PAUSES_S[-1]


def _shown(error: JanaError | OSError) -> JanaError:
    """An error as anybody may see it: without a file's name."""
    if isinstance(error, JanaError):
        return error
    return JanaError(f"The system refuses: {error.strerror or error}.")


def place_of(error: BaseException) -> str:
    """Kind and place of an error without its message, which may quote a file's name or what is in it."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
