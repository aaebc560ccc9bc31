"""Telling systemd that the service has started and still works, so that one that hangs is started anew.

A few datagrams to a socket that systemd names; without one, as in a terminal, nothing happens. The
protocol is sd_notify(3): https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType

from scanner.watch.health import Health


class SystemdWatch:
    """A context around the service's work: started, alive every now and then, stopping."""

    def __init__(self, health: Health, environment: Mapping[str, str] = os.environ) -> None:
        self._health = health
        self._address = environment.get("NOTIFY_SOCKET", "")
        asked_us = environment.get("WATCHDOG_USEC", "")
        mine = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        # Three signs in the time that one is waited for: one may come late.
        self._every_s = int(asked_us) / 3e6 if asked_us.isdigit() and mine else None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name="systemd", daemon=True)

    def __enter__(self) -> SystemdWatch:
        self._say("READY=1")
        if self._address and self._every_s:
            self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._say("STOPPING=1")

    def _live(self) -> None:
        """Silence is what ends a service whose loops hang: trouble that passes by itself is no reason."""
        while True:
            if self._health.state().live:
                self._say("WATCHDOG=1")
            if self._stop.wait(self._every_s):
                return

    def _say(self, what: str) -> None:
        if not self._address:
            return
        # A name that begins with @ is one of Linux' sockets without a file.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            to.sendto(what.encode(), address)
