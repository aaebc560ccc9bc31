"""Fetching from the queue in the central database, by procrastinate, in a thread of its own.

Procrastinate knows who is at work (a heartbeat), wakes us when there is something new, and puts back what we
could not do. It runs in an event loop; what is to be read goes from there to the thread that reads.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from asyncio import CancelledError
from contextlib import suppress
from typing import Any

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from structlog.typing import FilteringBoundLogger

from scanner.errors import DatabaseError
from scanner.intake.orders import GivenBackError, Order, Orders
from scanner.record.queue import OPEN, QUEUE, READ
from scanner.settings_watch import QueueRules
from scanner.watch.keep_going import place_of

POLL_S = 5.0
"""How often the queue is looked at when the database has told of nothing."""
LET_GO_S = 1.5
"""So long a stop waits for jobs to be given back before they are cut off."""
STOP_S = 3.0
CONNECT_S = 10.0
_MOST_CONNECTIONS = 4


class Fetching:
    """Fetches orders from the start of the context to its end."""

    def __init__(
        self, conninfo: str, orders: Orders, rules: QueueRules, at_a_time: int, log: FilteringBoundLogger
    ) -> None:
        """`at_a_time` jobs are fetched before one of them must have ended."""
        self._conninfo = conninfo
        self._orders = orders
        self._rules = rules
        self._at_a_time = at_a_time
        self._log = log
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="queue", daemon=True)
        self.connected = False
        """It has reached the database since it began."""
        self.trouble: DatabaseError | None = None
        """Why it ended before it was told to."""

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def __enter__(self) -> Fetching:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Give back what is not done, and end."""
        self._stopping.set()
        if self._loop is not None:
            with suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self._cancel)  # first: or more would be fetched
        self._orders.close()
        self._thread.join(STOP_S)

    def _live(self) -> None:
        try:
            asyncio.run(self._fetch())
        except CancelledError:
            pass
        except Exception as error:
            if not self._stopping.is_set():
                self._log.warning("queue_lost", error=place_of(error))
        if not self._stopping.is_set():
            self.trouble = DatabaseError("The queue in the database cannot be used just now.")
        self._orders.wake()

    async def _fetch(self) -> None:
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._heard_of)
        if self._stopping.is_set():
            return
        connector = PsycopgConnector(
            conninfo=self._conninfo,
            min_size=1,
            max_size=_MOST_CONNECTIONS,
            timeout=CONNECT_S,
            kwargs={"application_name": "jana queue", "connect_timeout": int(CONNECT_S)},
        )
        app = App(connector=connector)
        self._add_tasks(app)
        async with app.open_async():
            self.connected = True
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=self._at_a_time,
                fetch_job_polling_interval=POLL_S,
                shutdown_graceful_timeout=LET_GO_S,
                # A job that failed too: what it was about is found again in the record.
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=self._rules.heartbeat_s,
                stalled_worker_timeout=self._rules.silent_s,
            )

    def _add_tasks(self, app: App) -> None:
        @app.task(name=OPEN, queue=QUEUE, pass_context=True, retry=_Back())
        async def open_(context: JobContext, sha256: str) -> None:
            await self._carried_out(context, Order(context.job.id or 0, sha256))

        @app.task(name=READ, queue=QUEUE, pass_context=True, retry=_Back())
        async def read(context: JobContext, sha256: str, pages: list[int], tries: int) -> None:
            await self._carried_out(context, Order(context.job.id or 0, sha256, tuple(pages), tries))

    async def _carried_out(self, context: JobContext, order: Order) -> None:
        self._orders.give(order)
        await asyncio.wrap_future(order.ended)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _heard_of(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An error of which nobody else hears, as when the database is gone while a job is given back."""
        error = context.get("exception")
        if not isinstance(error, (GivenBackError, CancelledError)):
            self._log.info("queue_job_lost", error=place_of(error) if error else "unknown")


class _Back(BaseRetryStrategy):
    """What was given back, or cut off, is for others, at once: that is no failure."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        return RetryDecision() if isinstance(exception, (GivenBackError, CancelledError)) else None


def keep_quiet() -> None:
    """What we want to say of the queue we say ourselves, in the service's log."""
    for name in ("procrastinate", "psycopg.pool"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
