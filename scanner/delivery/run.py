"""Delivering to several targets side by side, so that one that is slow or down holds up no other."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType

from structlog.typing import FilteringBoundLogger

from scanner.delivery.outbox import Outbox, Tally
from scanner.delivery.place import Place
from scanner.delivery.target import Target
from scanner.errors import DatabaseError, ExitCode
from scanner.record import Record
from scanner.settings_delivery import OutboxRules

RETRIES_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Between tries while the record cannot be used; the last one again and again."""

LISTEN_S = 0.2
"""So often the main thread is awake: a signal that another thread was given waits for it until then."""


@dataclass(frozen=True, kw_only=True)
class Courier:
    """What delivering takes, whatever the target."""

    record: Record
    place: Place
    rules: OutboxRules
    log: FilteringBoundLogger
    actor: str

    def once(self, targets: Sequence[Target], stop: threading.Event) -> dict[str, Tally]:
        """Deliver to each of these, right now, until nothing is left or it does not answer.

        Raises DatabaseError when the record cannot be used, after all have ended.
        """
        with self._opened(targets) as outboxes:
            if not outboxes:
                return {}
            with ThreadPoolExecutor(len(outboxes)) as pool:
                running = {name: pool.submit(self._outbox(of, stop).run, hurry=True) for name, of in outboxes}
                while wait(running.values(), LISTEN_S).not_done:
                    pass
            return {name: one.result() for name, one in running.items()}

    def watch(self, targets: Sequence[Target], stop: threading.Event) -> None:
        """Deliver to each of these what comes, until `stop` is set.

        A record that cannot be used is waited for. Anything that is a mistake of ours ends the whole, so
        that nobody takes a thread that has died for one that has nothing to do; it is raised.
        """
        failures: list[BaseException] = []

        def work(target: Target) -> None:
            try:
                self._keep_delivering(self._outbox(target, stop), target.name, stop)
            except BaseException as error:
                failures.append(error)
                stop.set()

        with self._opened(targets) as outboxes:
            threads = [threading.Thread(target=work, args=(of,), name=name) for name, of in outboxes]
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(LISTEN_S)
        if failures:
            raise failures[0]

    def _keep_delivering(self, outbox: Outbox, name: str, stop: threading.Event) -> None:
        tries = 0
        while not stop.is_set():
            try:
                outbox.run(hurry=False)
            except DatabaseError as error:
                self.log.warning("record_away", target=name, why=str(error))
                stop.wait(RETRIES_S[min(tries, len(RETRIES_S) - 1)])
                tries += 1
                continue
            tries = 0
            stop.wait(self.rules.poll_s)

    def _outbox(self, target: Target, stop: threading.Event) -> Outbox:
        return Outbox(self.record, target, self.place, self.rules, self.log, actor=self.actor, stop=stop)

    @contextmanager
    def _opened(self, targets: Sequence[Target]) -> Iterator[list[tuple[str, Target]]]:
        with ExitStack() as stack:
            for target in targets:
                stack.callback(target.close)
            yield [(target.name, target) for target in targets]


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[Callable[[], ExitCode]]:
    """SIGTERM and SIGINT let what is under way end, and begin nothing more; yields the code to leave with."""
    code = ExitCode.DONE

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal code
        code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.DONE
        stop()

    if threading.current_thread() is not threading.main_thread():
        yield lambda: code
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
