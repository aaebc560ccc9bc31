"""The review page in a real browser: a server in a thread, Chromium before it."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

from scanner.review.access.roles import Role
from tests.review.office import Office

INSTALLED = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(os.path.exists, INSTALLED), INSTALLED[0])
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 60_000
"""How long something is waited for that will come: tests do not judge how fast this machine is."""
LEAVINGS = 10
EXPECTED = ("Failed to load resource",)
"""What the browser says of an answer that is no success: tests look at those answers themselves."""


class Served:
    """An application on a free port of this machine, until it is left."""

    def __init__(self, app: Any, **options: Any) -> None:
        """`options` are those of uvicorn."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", **options)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> Self:
        # It listens already: a browser that is quicker than the thread waits.
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


@dataclass
class Windows:
    """Opens windows of people who are signed in, and hears what goes wrong in any of them."""

    office: Office
    address: str
    browser: Browser
    troubles: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def of(self, *roles: Role, account: dict[str, Any] | None = None, **context: Any) -> Page:
        """A window of a new account with these roles (a reviewer where none is named)."""
        signed_in = self.office.signed_in(*(roles or (Role.REVIEWER,)), **(account or {}))
        window = self.browser.new_context(base_url=self.address, locale="en-GB", **context)
        self._contexts.append(window)
        window.set_default_timeout(PATIENCE_MS)
        name = self.office.app.site.cookies.name_of("jana-session")
        window.add_cookies([{"name": name, "value": signed_in.cookies[name], "url": self.address}])
        page = window.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            self.troubles.append(f"{message.type}: {message.text}")

    def close(self) -> None:
        for context in self._contexts:
            for page in context.pages:
                _leave(page)
            context.close()


def _leave(page: Page) -> None:
    """Go where nothing happens any more, whatever the page is about to do by itself.

    Chromium loses a request to close a context that comes while a page of it is between two documents:
    neither the page nor the answer ever comes, and playwright waits for it without a limit.
    """
    for _ in range(LEAVINGS):
        with suppress(Error):  # The page went somewhere else at the same moment.
            page.goto("about:blank")
            return
