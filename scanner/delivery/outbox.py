"""Delivering to one target what it does not have yet, until nothing is left, it is down, or we are to stop.

The record knows at every moment what was sent and what was answered; whatever happens here, the next run
goes on from there. A target that does not answer is left alone for longer and longer.
"""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from scanner.delivery.place import Place
from scanner.delivery.target import Target, TargetDownError
from scanner.errors import DatabaseError
from scanner.model.delivery import Acknowledged, Answer, Rejected, Unanswered
from scanner.record import Batch, Lease, LeaseLostError, Record, Sending
from scanner.settings_delivery import OutboxRules


@dataclass(slots=True)
class Tally:
    """What one run came to."""

    delivered: int = 0
    rejected: int = 0
    unanswered: int = 0
    down: str | None = None
    """Why the target does not answer."""
    busy: bool = False
    """Another process delivers to it: nothing was done, or no more."""
    resting: bool = False
    """It is left alone for a while, because it did not answer."""

    def add(self, answers: Sequence[Answer]) -> None:
        self.delivered += sum(isinstance(answer, Acknowledged) for answer in answers)
        self.rejected += sum(isinstance(answer, Rejected) for answer in answers)
        self.unanswered += sum(isinstance(answer, Unanswered) for answer in answers)


class Outbox:
    """One target's outbox. For one thread; the target is closed by whoever made it."""

    def __init__(
        self,
        record: Record,
        target: Target,
        place: Place,
        rules: OutboxRules,
        log: FilteringBoundLogger,
        *,
        actor: str,
        stop: threading.Event,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`chance` gives numbers from 0 to 1 that spread the pauses."""
        self._record = record
        self._target = target
        self._place = place
        self._rules = rules
        self._log = log.bind(target=target.name)
        self._actor = actor
        self._stop = stop
        self._chance = chance
        self._stale = True  # whatever happened before us
        self._sending = Sending(
            at_once=target.at_once, refuses=target.refuses, waits=target.waits, pause_s=self.pause_s
        )

    def run(self, *, hurry: bool) -> Tally:
        """Deliver what is due; with `hurry` also what was to be left alone for a while.

        Raises DatabaseError when the record cannot be used. Nothing is lost by that.
        """
        tally = Tally()
        lease = Lease(self._target.name, f"{self._place.name} {secrets.token_hex(8)}")
        with self._place.alone_with(self._target.name) as alone:
            if not self._record.hold_target(lease, self._rules.lease_s, alone=alone):
                tally.busy = True
                return tally
            try:
                with self._beating(lease):
                    self._work(lease, tally, hurry=hurry)
                    self._take_stock(tally)
            except LeaseLostError:
                tally.busy = True
                self._log.warning("lease_lost")
            finally:
                with suppress(DatabaseError):
                    self._record.let_target_go(lease)
        return tally

    def _take_stock(self, tally: Tally) -> None:
        if not self._stale:
            return
        try:
            self._target.take_stock()
        except TargetDownError as error:
            tally.down = tally.down or str(error)
            self._log.warning("no_stock_taken", why=str(error))
        else:
            self._stale = False

    def pause_s(self, tries: int) -> float:
        """Seconds to leave a target alone that did not answer so many times: twice as long each time, spread
        so that several do not come back together."""
        longest = self._rules.longest_pause_s
        # A float has room for so many doublings, and nobody waits for them.
        whole = min(longest, self._rules.pause_s * 2.0 ** min(tries - 1, 64))
        return whole * (0.5 + self._chance())

    def _work(self, lease: Lease, tally: Tally, *, hurry: bool) -> None:
        if hurry:
            self._record.hurry_target(lease)
        elif self._record.target_rests_until(lease) is not None:
            tally.resting = True
            return
        self._stale = self._record.enrol(lease) > 0 or self._stale
        finished: tuple[Batch, Sequence[Answer]] | None = None
        while not self._stop.is_set():
            batch = self._record.next_batch(
                lease, self._sending, batch_id=secrets.token_hex(8), actor=self._actor, finished=finished
            )
            finished = None
            if batch is None:
                return
            self._stale = True
            if not batch.sheets:
                continue
            answers = self._delivered(lease, batch, tally)
            if answers is None:
                return
            tally.add(answers)
            finished = (batch, answers)
            if all(isinstance(answer, Unanswered) for answer in answers):
                break
        if finished is not None:
            self._finish(lease, *finished, tally=tally)

    def _delivered(self, lease: Lease, batch: Batch, tally: Tally) -> Sequence[Answer] | None:
        """The answers to a batch; None when nothing is known of it."""
        try:
            answers = self._target.deliver(batch.batch_id, batch.sheets)
            if len(answers) != len(batch.sheets):
                raise TargetDownError(f"{len(answers)} answers came for {len(batch.sheets)} sheets")
        except TargetDownError as error:
            self._down(lease, batch, error, tally)
            return None
        self._log.info("sent", batch=batch.batch_id, sheets=len(batch.sheets), again=batch.again)
        return answers

    def _finish(self, lease: Lease, batch: Batch, answers: Sequence[Answer], tally: Tally) -> None:
        self._record.finish_batch(lease, self._sending, batch, answers, actor=self._actor)
        silent = [answer.why for answer in answers if isinstance(answer, Unanswered)]
        if len(silent) == len(answers):
            self._down(lease, None, TargetDownError(silent[0]), tally)

    def _down(self, lease: Lease, batch: Batch | None, error: TargetDownError, tally: Tally) -> None:
        asked = error.retry_after_s

        def pause_s(failures: int) -> float:
            return max(self.pause_s(failures), asked or 0.0)

        until = self._record.target_went_down(lease, batch, str(error), pause_s)
        tally.down = str(error)
        self._log.warning("target_down", why=str(error), until=until.isoformat(timespec="seconds"))

    @contextmanager
    def _beating(self, lease: Lease) -> Iterator[None]:
        """Renew the lease in the background for as long as we work, however long an answer takes."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(self._rules.lease_s / 3):
                try:
                    self._record.renew_target(lease, self._rules.lease_s)
                except LeaseLostError:
                    return
                except DatabaseError:
                    continue  # whoever works finds out for himself

        thread = threading.Thread(target=beat, name=f"lease {lease.target}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
