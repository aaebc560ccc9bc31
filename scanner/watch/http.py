"""`/healthz` and `/metrics` over HTTP, for the programs that look after the service.

There is no log-in: nothing but numbers and the names of parts is told, and only this machine is
answered unless a setting says otherwise. Nobody who asks, and nobody who asks slowly, can hold up
the service or its stop.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from types import TracebackType
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST

from scanner.errors import JanaError
from scanner.watch.health import Health
from scanner.watch.metrics import Metrics

LOCALHOST = "127.0.0.1"
SLOWEST_CLIENT_S = 5.0
LOOK_FOR_STOP_S = 0.1


class HealthServer:
    """Answers from threads of its own between `start` and `stop`; also a context."""

    def __init__(self, health: Health, metrics: Metrics, *, host: str = LOCALHOST, port: int = 0) -> None:
        """Take the port (0: any free one), without answering yet.

        Raises JanaError when it cannot be had.
        """
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            self._server = _Server(family, (host, port), health, metrics)
        except OSError as error:
            raise JanaError(
                f"Health cannot be told on {host}, port {port}: {error.strerror}. "
                "Choose others with health_host and health_port, or leave health_port away to do without."
            ) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOK_FOR_STOP_S,), name="health", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it answers, without a path."""
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no more questions and give the port back. Answers under way are not waited for."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> HealthServer:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingMixIn, TCPServer):
    """Not the standard library's HTTPServer, which asks a name server for our own name first."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self, family: socket.AddressFamily, address: tuple[str, int], health: Health, metrics: Metrics
    ) -> None:
        self.address_family = family
        self.health = health
        self.metrics = metrics
        super().__init__(address, _Answers)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asks may leave before the answer; anything else is a mistake of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Answers(BaseHTTPRequestHandler):
    server: _Server
    timeout = SLOWEST_CLIENT_S

    def version_string(self) -> str:
        return "jana"

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/healthz":
                well, body = health_json(self.server.health)
                status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
                self._answer(status, "application/json", body)
            case "/metrics":
                self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, self.server.metrics.text())
            case _:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"/healthz or /metrics\n")

    do_HEAD = do_GET  # noqa: N815, the name is given

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is given
        """Somebody asks every few seconds: that is no news."""


def health_json(health: Health) -> tuple[bool, bytes]:
    """Whether all is well, and every part as JSON."""
    state = health.state()
    parts = {
        part.part: {
            "live": part.live,
            "quiet_s": None if part.quiet_s is None else round(part.quiet_s, 1),
            "trouble": part.trouble,
        }
        for part in state.parts
    }
    body = {"well": state.well, "live": state.live, "parts": parts}
    return state.well, json.dumps(body, ensure_ascii=False).encode() + b"\n"
