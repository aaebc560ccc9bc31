"""A real HTTP server for a test, that can be made to misbehave in the ways real ones do."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """By name in small letters."""
    body: bytes


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    endless: bool = False
    """After the body comes a byte from time to time, until the test is over or the client has gone."""


Answering = Callable[[Request], Response]


class Fault:
    """What happens instead of an answer, once."""

    def __call__(self, answer: Answering, request: Request) -> Response | None:
        """The answer to give; None: hang up without one."""
        raise NotImplementedError


@dataclass
class Says(Fault):
    """Answers something else, and does nothing."""

    response: Response

    def __call__(self, answer: Answering, request: Request) -> Response | None:
        return self.response


@dataclass
class NeverAnswers(Fault):
    """Takes the request and says nothing until the test is over."""

    server: DoubleServer

    def __call__(self, answer: Answering, request: Request) -> Response | None:
        self.server.released.wait()
        return None


class HangsUp(Fault):
    """Takes the request and closes the line before anything is done."""

    def __call__(self, answer: Answering, request: Request) -> Response | None:
        return None


class LosesReply(Fault):
    """Does what it was asked, and the reply is lost: the sender cannot know."""

    def __call__(self, answer: Answering, request: Request) -> Response | None:
        answer(request)
        return None


@dataclass
class LetsGo(Fault):
    """Answers, and then lets a request through that was held back."""

    late: Request

    def __call__(self, answer: Answering, request: Request) -> Response | None:
        response = answer(request)
        answer(self.late)
        return response


class TakesTwice(Fault):
    """Something on the way repeats the request: it arrives twice, and one answer comes back."""

    def __call__(self, answer: Answering, request: Request) -> Response | None:
        answer(request)
        return answer(request)


class DoubleServer(ThreadingHTTPServer):
    """Serves on a port of its own; faults are taken from `faults` one by one, then all is well."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answer: Answering) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.faults: deque[Fault | None] = deque()
        self.requests: list[Request] = []
        self.released = threading.Event()
        """Set when the test is over: whoever waits may go."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the test."""


@contextmanager
def serving(answer: Answering, tls: SSLContext | None = None) -> Iterator[DoubleServer]:
    server = DoubleServer(answer)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: DoubleServer

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        self.server.requests.append(request)
        fault = self.server.faults.popleft() if self.server.faults else None
        response = self.server.answer(request) if fault is None else fault(self.server.answer, request)
        if response is None:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if not {"content-length", "transfer-encoding"} & {name.lower() for name in response.headers}:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)
        while response.endless and not self.server.released.wait(0.02):
            self.wfile.write(b" ")

    do_GET = do_PUT = do_POST  # noqa: N815 — the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quietly."""
