"""What was asked and how it was answered, for the service's log: no query, and nothing that was typed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ACCOUNT = "jana.account_id"
"""Where the gate leaves in the scope who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer."""

    method: str
    route: str | None
    """The route's path with the names of its parameters, not their values; None: there is none."""
    status: int
    took_ms: float
    account_id: int | None


class AccessLog:
    """Tells `hear` of every answer."""

    def __init__(self, app: ASGIApp, hear: Callable[[Answered], object]) -> None:
        self._app = app
        self._hear = hear

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began = time.monotonic()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            ruled = getattr(scope.get("endpoint"), "ruled", None)
            self._hear(
                Answered(
                    method=scope["method"],
                    route=None if ruled is None else ruled.path,
                    status=status,
                    took_ms=round(1000 * (time.monotonic() - began), 1),
                    account_id=scope.get(ACCOUNT),
                )
            )
