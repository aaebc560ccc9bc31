"""The service: two loops with the record between them, kept going through any outage and stopped in time.

One takes files in, one reads what the record has unfinished. What stands in the way of a loop makes it wait
longer and longer, visibly, and it goes on by itself when that has passed. Nothing here has to be undone when
the process is killed.
"""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType

from structlog.typing import FilteringBoundLogger

from scanner.errors import DatabaseError, ExitCode, JanaError, SchemaError
from scanner.intake.open_store import open_store
from scanner.intake.scan_store import ScanStore
from scanner.record import Record
from scanner.watch.claims import BEAT_S, Claims
from scanner.watch.finish import Finish
from scanner.watch.health import Health
from scanner.watch.inbox import Inbox
from scanner.watch.intake_loop import IntakeLoop, Round
from scanner.watch.keep_going import KeepGoing, StoppedError, pauses, place_of
from scanner.watch.listener import Listener
from scanner.watch.listing import LEAST_PAUSE_S
from scanner.watch.metrics import Metrics
from scanner.watch.plan import Plan
from scanner.watch.reading import READING, Reading
from scanner.watch.turn import ReadingTurn
from scanner.watch.wake import Nudge

INTAKE = "intake"
INTAKE_SILENT_S = 120.0
"""Longer than any single call to a share that still answers."""
READING_SILENT_S = 60.0
HUNG_S = 600.0
"""A loop that has not moved for so long never will: a process that is alive and blind is ended."""
STOP_S = 4.0
"""Of the five seconds that a stop may take, for the loops to end by themselves."""
FIGURES_S = 10.0


class Service:
    """Runs a plan until it is told to stop, or (`once`) until nothing is left to do."""

    def __init__(self, plan: Plan, health: Health, metrics: Metrics, log: FilteringBoundLogger) -> None:
        self._plan = plan
        self._turn = ReadingTurn(plan.store.scans, plan.rules.lease_s)
        self._health = health
        self._metrics = metrics
        self._log = log
        self._once = False
        self._opening = False
        self._stop = threading.Event()
        self._intake_wake = threading.Event()
        self._reading_wake = threading.Event()
        self._failure: BaseException | None = None
        self._code = ExitCode.DONE
        self._going = KeepGoing(health, log, self._stop)
        listener = Listener(metrics, log, self._intake_wake.set)
        self._reading = Reading(
            plan,
            self._turn,
            self._going,
            health,
            listener,
            log,
            stop=self._stop,
            wake=self._reading_wake,
        )

    @property
    def opening(self) -> bool:
        """The main thread waits for the database; nothing has begun."""
        return self._opening

    def stop(self, code: ExitCode = ExitCode.DONE) -> None:
        """End soon, from any thread or a signal's handler, leaving what is not finished to the next start."""
        self._code = code
        self._stop.set()
        self._intake_wake.set()
        self._reading_wake.set()

    def run(self, *, once: bool = False) -> ExitCode:
        """Work. Returns after a stop, or raises what made going on senseless.

        Raises:
            JanaError: with `once` for whatever is in the way; else only for what waiting does not mend.
        """
        self._once = self._going.gives_up = once
        with _signals_stop(self), ExitStack() as stack:
            record = self._opened_record()
            if record is None:
                return self._code
            store = open_store(record, self._plan.store, step=self._step, copy_step=self._reading.copy_step)
            claims, threads = None, []
            if self._plan.inbox is not None:
                intake = self._intake(self._plan.inbox, record, store)
                claims = intake.claims
                threads.append(self._thread(INTAKE, partial(self._take_in, intake, record)))
                nudge = Nudge(self._plan.inbox, self._intake_wake)
                stack.callback(nudge.stop)
                self._log.info("started", service=claims.service, events=nudge.works)
            if self._plan.read_here or not record.central:
                threads.append(self._thread(READING, partial(self._reading.read, record, store)))
            threading.Thread(target=self._count, args=(record,), name="figures", daemon=True).start()
            self._attend(claims, threads)
            if self._ended(threads):
                with suppress(OSError):
                    if claims is not None:
                        claims.close()
                store.close()
                record.close()
            self._log.info("stopped", code=int(self._code))
        if self._failure is not None:
            raise self._failure
        return self._code

    # The main thread

    def _opened_record(self) -> Record | None:
        """The record, however long that takes; None when we are to stop before."""
        self._health.register("record", READING_SILENT_S)
        self._opening = True
        longest_s = self._plan.database_wait_s
        until_s = math.inf if longest_s is None else time.monotonic() + longest_s
        try:
            for pause_s in pauses():
                if self._stop.is_set():
                    break
                self._health.tick("record")
                try:
                    record = Record.open(self._plan.record_url)
                except DatabaseError as error:
                    if self._once or isinstance(error, SchemaError) or time.monotonic() >= until_s:
                        raise
                    self._going.say_trouble("record", str(error))
                    self._stop.wait(min(pause_s, max(0.0, until_s - time.monotonic())))
                else:
                    self._health.forget("record")
                    return record
        except StoppedError:
            pass
        finally:
            self._opening = False
        return None

    def _attend(self, claims: Claims | None, threads: list[threading.Thread]) -> None:
        """Give signs of life until the end; end what hangs. Never asks the record, which may never answer."""
        beat_at_s = time.monotonic()
        while not self._stop.wait(0.5) and all(thread.is_alive() for thread in threads):
            now_s = time.monotonic()
            if now_s >= beat_at_s:
                beat_at_s = now_s + BEAT_S
                with suppress(OSError):  # the intake meets the same trouble, and tells of it
                    if claims is not None:
                        claims.beat()
                    self._turn.beat()
            if any((part.quiet_s or 0.0) > HUNG_S for part in self._health.state().parts):
                self._log.critical("hung")
                os._exit(ExitCode.ERROR)
        self.stop(self._code)

    def _count(self, record: Record) -> None:
        """Keep the figures for others up to date, as long as the record answers."""
        stopped = False
        while not stopped:
            with suppress(DatabaseError):
                self._metrics.review_queue(record.counts().in_review)
            stopped = self._stop.wait(FIGURES_S)

    def _ended(self, threads: list[threading.Thread]) -> bool:
        """Wait for the loops; whether they ended. Those that did not are cut off, which loses nothing."""
        until_s = time.monotonic() + STOP_S
        for thread in threads:
            thread.join(max(0.0, until_s - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _thread(self, part: str, work: Callable[[], None]) -> threading.Thread:
        def live() -> None:
            try:
                work()
            except StoppedError:
                pass
            except BaseException as error:
                self._failure = error
                self._log.error("loop_ended", part=part, error=place_of(error))
            finally:
                self._health.forget(part)
                self._stop.set()

        thread = threading.Thread(target=live, name=part, daemon=True)
        self._health.register(part, INTAKE_SILENT_S if part == INTAKE else READING_SILENT_S)
        thread.start()
        return thread

    # Taking in

    def _intake(self, inbox: Path, record: Record, store: ScanStore) -> IntakeLoop:
        plan = self._plan
        return IntakeLoop(
            Inbox(inbox),
            record,
            store,
            plan.rules,
            finish=Finish(inbox, plan.texts),
            metrics=self._metrics,
            log=self._log,
            actor=plan.actor,
            new_to_read=self._reading_wake.set,
            step=self._step,
        )

    def _take_in(self, intake: IntakeLoop, record: Record) -> None:
        def once_more() -> float:
            done = intake.round()
            self._show(done)
            if self._once and not done.pending and not self._owes_reading(record):
                if done.troubles:
                    raise JanaError("; ".join(done.troubles))
                self.stop()
            self._stop.wait(LEAST_PAUSE_S)
            return done.pause_s - LEAST_PAUSE_S

        self._going.persist(INTAKE, self._intake_wake, once_more)

    def _owes_reading(self, record: Record) -> bool:
        """Whether to wait for pages that people identified: no file in the inbox stands for them."""
        reads = self._plan.read_here or not record.central
        return reads and self._reading.trouble is None and record.identified_pages_wait()

    def _show(self, done: Round) -> None:
        """Trouble with single files is shown, and the loop goes on at its pace."""
        if done.troubles:
            self._going.say_trouble(INTAKE, "; ".join(done.troubles))
        else:
            self._going.clear(INTAKE)

    def _step(self) -> None:
        """Called often by the intake, also in the midst of a large file."""
        self._health.tick(INTAKE)
        if self._stop.is_set():
            raise StoppedError


@contextmanager
def _signals_stop(service: Service) -> Iterator[None]:
    """SIGTERM and SIGINT end the service in good order. Only the main thread may ask for them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        service.stop(ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.DONE)
        if service.opening:
            # A server that does not answer is waited for longer than a stop may take.
            raise StoppedError

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
