"""Work for several processes whose results come back in the order of the tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import Any, TypeVar

Task = TypeVar("Task")
Done = TypeVar("Done")

_AHEAD = 4
"""Tasks under way for each worker: enough to keep it busy, few enough to keep memory flat."""


def in_order(
    work: Callable[[Task], Done],
    tasks: Iterable[Task],
    workers: int,
    start: Callable[..., None] | None = None,
    given: tuple[Any, ...] = (),
) -> Generator[Done, None, None]:
    """Do every task in one of `workers` processes, after `start(*given)` in each; with 1 it is done here.

    Tasks are taken only as they are needed. Close the generator to stop early.
    """
    if workers <= 1:
        if start is not None:
            start(*given)
        yield from map(work, tasks)
        return
    # Started afresh, not forked: a forked child may inherit a lock that a thread of ours holds.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=start, initargs=given)
    todo = iter(tasks)
    running: deque[Future[Done]] = deque()
    try:
        running.extend(pool.submit(work, task) for task in islice(todo, _AHEAD * workers))
        while running:
            done = running.popleft().result()
            running.extend(pool.submit(work, task) for task in islice(todo, 1))
            yield done
    finally:
        pool.shutdown(cancel_futures=True)
