"""A page that is for TLS answers nothing over plain HTTP, whoever finds a way past the proxy."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

ALSO_PLAIN = "/healthz"
"""For programs beside the server; it tells nothing."""


class OnlyTls:
    """Refuses requests that neither came over TLS nor from a trusted proxy that says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["scheme"] != "https" and scope["path"] != ALSO_PLAIN:
            answer = PlainTextResponse("This page is served over https only.\n", status_code=400)
            return await answer(scope, receive, send)
        return await self._app(scope, receive, send)
