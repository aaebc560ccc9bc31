"""The reading half of a service: from the record itself, or from the queue of a central one."""

from __future__ import annotations

import threading
from functools import partial

from structlog.typing import FilteringBoundLogger

from scanner.errors import JanaError
from scanner.intake.reading_loop import LOOK_AGAIN_S, ReadingLoop
from scanner.intake.scan_store import ScanStore
from scanner.intake.workers import PageWorkers
from scanner.record import Record
from scanner.watch.health import Health
from scanner.watch.keep_going import PAUSES_S, KeepGoing, StoppedError
from scanner.watch.listener import Listener
from scanner.watch.plan import Plan
from scanner.watch.queue_reading import QueueReading
from scanner.watch.turn import ReadingTurn

READING = "reading"
"""The part of the service, as health and logs call it."""


class Reading:
    """Reads until it is told to stop, in the thread that calls it."""

    def __init__(
        self,
        plan: Plan,
        turn: ReadingTurn,
        going: KeepGoing,
        health: Health,
        listener: Listener,
        log: FilteringBoundLogger,
        *,
        stop: threading.Event,
        wake: threading.Event,
    ) -> None:
        """`stop` ends the reading within a second or so; `wake` is set when there may be more to read."""
        self._plan = plan
        self._turn = turn
        self._going = going
        self._health = health
        self._listener = listener
        self._log = log
        self._stop = stop
        self._wake = wake

    def read(self, record: Record, store: ScanStore) -> None:
        """Read what is there and what comes. Raises what makes going on senseless."""
        if record.central:
            self._from_queue(record, store)
            return
        with self._turn.wait(self._stop, partial(self._health.tick, READING)) as ours:
            if ours:
                self._log.info("reading_here")
                self._from_record(record, store)

    @property
    def trouble(self) -> str | None:
        """What is in the way of reading some file; None: nothing."""
        return self._listener.trouble

    def copy_step(self) -> None:
        """To be called in the midst of copying a large file for the reading. Raises StoppedError."""
        if self._stopped():
            raise StoppedError

    def _from_record(self, record: Record, store: ScanStore) -> None:
        plan = self._plan
        with PageWorkers(plan.make_job, plan.limits, plan.processes) as workers:
            loop = ReadingLoop(
                record,
                store,
                workers,
                tell=self._listener.hear,
                actor=plan.actor,
                stopped=self._stopped,
                second_look_share=plan.second_look_share,
            )

            def once_more() -> float:
                loop.work_off()
                self._show()
                return LOOK_AGAIN_S

            self._going.persist(READING, self._wake, once_more)

    def _from_queue(self, record: Record, store: ScanStore) -> None:
        plan = self._plan
        self._log.info("reading_from_queue", processes=plan.processes)
        with PageWorkers(plan.make_job, plan.limits, plan.processes) as workers:
            reading = QueueReading(
                record,
                store,
                workers,
                processes=plan.processes,
                lost_pages=plan.limits.lost_pages,
                rules=plan.queue,
                tell=self._listener.hear,
                actor=plan.actor,
                well=self._show,
                stopped=self._stopped,
                second_look_share=plan.second_look_share,
                log=self._log,
            )

            def once_more() -> float:
                try:
                    reading.run()
                except JanaError as error:
                    if self._going.gives_up or not reading.was_well:
                        raise
                    # It worked a while ago, so there is no reason yet to wait for long.
                    self._going.say_trouble(READING, str(error))
                return PAUSES_S[0]

            self._going.persist(READING, self._stop, once_more)

    def _show(self) -> None:
        """Nothing is in the way of all reading; perhaps of some files."""
        trouble = self._listener.trouble
        self._going.say_trouble(READING, trouble) if trouble else self._going.clear(READING)

    def _stopped(self) -> bool:
        self._health.tick(READING)
        return self._stop.is_set()
