"""Reading from the queue of a central record: fetch, read, and sweep up after readers that have died."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from structlog.typing import FilteringBoundLogger

from scanner.errors import DatabaseError
from scanner.intake.order_reading import OrderReader
from scanner.intake.orders import Orders
from scanner.intake.reading_loop import Job, Told
from scanner.intake.scan_store import ScanStore
from scanner.record import Record, queue
from scanner.settings_watch import QueueRules
from scanner.watch.keep_going import place_of
from scanner.watch.queue import Fetching, keep_quiet


class QueueReading:
    """Reads for one record, beside any number of others. Call it in the thread that made the workers."""

    def __init__(
        self,
        record: Record,
        store: ScanStore,
        workers: Job,
        *,
        processes: int,
        lost_pages: int,
        rules: QueueRules,
        tell: Callable[[Told], None],
        actor: str,
        well: Callable[[], None],
        stopped: Callable[[], bool],
        second_look_share: float,
        log: FilteringBoundLogger,
    ) -> None:
        """`well` is called now and then while nothing is in the way; `stopped` ends the reading in time."""
        keep_quiet()
        self._record = record
        self._store = store
        self._workers = workers
        self._at_a_time = processes + 1
        """One job more than there are processes, so that none waits while the next one is fetched."""
        self._lost_pages = lost_pages
        self._rules = rules
        self._tell = tell
        self._actor = actor
        self._well = well
        self._stopped = stopped
        self._second_look_share = second_look_share
        self._log = log
        self.was_well = False
        """Whether the last run came so far that it could read."""

    def run(self) -> None:
        """Read until stopped; what is not done then goes back into the queue.

        Raises DatabaseError, StoreError or WorkerError when something stands in the way of all reading; call
        it again when that may have passed.
        """
        self.was_well = False
        orders = Orders()
        fetching = Fetching(self._record.conninfo, orders, self._rules, self._at_a_time, self._log)
        reader = OrderReader(
            self._record,
            self._store,
            self._workers,
            orders,
            open_files=self._at_a_time,
            lost_pages=self._lost_pages,
            tell=self._tell,
            actor=self._actor,
            stopped=lambda: self._has_ended(fetching),
            second_look_share=self._second_look_share,
        )
        with fetching, Sweeping(self._record, self._rules, self._log):
            reader.read()
        if fetching.trouble is not None and not self._stopped():
            raise fetching.trouble

    def _has_ended(self, fetching: Fetching) -> bool:
        if fetching.connected and fetching.alive:
            self.was_well = True
            self._well()
        return self._stopped() or not fetching.alive


class Sweeping:
    """Sweeps now and then, in a thread of its own, from the start of the context to its end."""

    def __init__(self, record: Record, rules: QueueRules, log: FilteringBoundLogger) -> None:
        self._sweep = partial(Sweeper(record, rules.silent_s, log).sweep)
        self._pause_s = rules.sweep_s
        self._log = log
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name="sweep", daemon=True)

    def __enter__(self) -> Sweeping:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """A sweep that waits for the database is not waited for: it is done wholly or not at all."""
        self._stop.set()
        self._thread.join(0.5)

    def _live(self) -> None:
        while not self._stop.wait(self._pause_s):
            try:
                self._sweep()
            except DatabaseError:
                pass  # the reading meets the same trouble, and tells of it
            except Exception as error:
                self._log.error("bug", part="sweep", error=place_of(error))


class Sweeper:
    """Puts back what dead readers held, and orders once more what the queue has lost."""

    def __init__(self, record: Record, silent_s: float, log: FilteringBoundLogger) -> None:
        self._record = record
        self._silent_s = silent_s
        self._log = log
        self._suspects: set[str] = set()
        """Files without a job when they were last looked at. Twice in a row means lost: somebody may just
        be reading one by himself, as `jana read` does."""

    def sweep(self) -> None:
        """Look once. Raises DatabaseError."""
        back = self._record.write(lambda tx: queue.put_back(tx, self._silent_s))
        if back.jobs:
            self._log.warning("jobs_put_back", jobs=back.jobs, pages_alone=back.alone)
        missed = self._record.look(queue.without_job)
        lost, self._suspects = missed & self._suspects, missed
        if lost:
            found = self._record.write(lambda tx: queue.add_lost(tx, lost))
            self._suspects -= lost
            self._log.warning("files_queued_again", files=found)
