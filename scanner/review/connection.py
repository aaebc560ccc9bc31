"""One connection of a browser: uvicorn's own, which by itself would wait for a slow request for ever."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from scanner.review.access.headers import HEADERS, NO_STORE

REQUEST_S = 20.0
"""From a request's first byte (or the connection's beginning) until it has to be here with its body."""


class Connection(H11Protocol):
    """Closes on whoever takes too long over a request: some hundred of them would be all that there are."""

    request_s = REQUEST_S
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_waiting()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._begin_waiting()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """For what is no HTTP. With the headers of all other answers, which the application never sees."""
        headers = {
            "Content-Type": "text/plain; charset=utf-8",
            "Connection": "close",
            "Cache-Control": NO_STORE,
        }
        head = h11.Response(status_code=400, headers=[*(headers | HEADERS).items()], reason=b"Bad Request")
        for event in (head, h11.Data(data=msg.encode("ascii")), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _begin_waiting(self) -> None:
        if self._end is None:
            self._end = self.loop.call_later(self.request_s, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
