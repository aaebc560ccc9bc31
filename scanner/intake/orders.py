"""What a queue orders to be read: handed over from the thread that fetches to the thread that reads."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field


class GivenBackError(Exception):
    """An order was not carried out, through no fault of its own: it is for somebody else, or for later."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """One job of the queue."""

    job: int
    """Its number in the queue."""
    sha256: str
    pages: tuple[int, ...] | None = None
    """Pages to read, those that have no outcome yet; None for whatever is left of the file."""
    tries: int = 0
    """How many have died over it, one after the other, without getting on."""
    ended: Future[None] = field(default_factory=Future)
    """Done when the order is; holds `GivenBackError` when it was not carried out."""


class Orders:
    """Orders on their way from one thread to another."""

    def __init__(self) -> None:
        self._arrived = threading.Event()
        self._lock = threading.Lock()
        self._closed = False
        self._waiting: deque[Order] = deque()
        self._taken: list[Order] = []

    def give(self, order: Order) -> None:
        """Hand an order over; one that comes too late is given back at once."""
        with self._lock:
            if not self._closed:
                self._waiting.append(order)
                self._arrived.set()
                return
        order.ended.set_exception(GivenBackError())

    def wake(self) -> None:
        """Let whoever waits look up."""
        self._arrived.set()

    def take(self) -> Order | None:
        """The next order, which must then be ended or given back; None when there is none for now."""
        with suppress(IndexError):
            order = self._waiting.popleft()
            self._taken.append(order)
            return order
        return None

    def wait(self, seconds: float) -> None:
        """Until there may be an order, or so long."""
        if self._arrived.wait(seconds):
            self._arrived.clear()

    def end(self, order: Order) -> None:
        """An order was carried out."""
        self._taken.remove(order)
        with suppress(InvalidStateError):  # whoever waited for it has given up waiting
            order.ended.set_result(None)

    def close(self) -> None:
        """Nothing of what has not ended will be carried out here: give it back."""
        with self._lock:
            self._closed = True
            orders = [*self._taken, *self._waiting]
            self._taken.clear()
            self._waiting.clear()
        for order in orders:
            with suppress(InvalidStateError):
                order.ended.set_exception(GivenBackError())
