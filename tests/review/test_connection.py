"""Who asks slowly is not waited for, and what is no HTTP is answered with the headers of all answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from scanner.review.access.headers import HEADERS
from scanner.review.connection import Connection
from tests.review.browser.window import Served
from tests.review.office import Office

PATIENCE_S = 60.0
SHORT_S = 0.2
HEAD = b"Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
UNFINISHED = {
    "nothing": b"",
    "half a header": b"GET /sign-in HTTP/1.1\r\nHost: local",
    "half a body": b"POST /sign-in HTTP/1.1\r\n" + HEAD + b"Content-Length: 90\r\n\r\nname=anna",
    "half a piece": b"POST /sign-in HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n20\r\nname",
}
POST: Scope = {
    "type": "http",
    "method": "POST",
    "scheme": "http",
    "path": "/sign-in",
    "query_string": b"",
    "headers": [(b"host", b"localhost"), (b"content-type", b"application/x-www-form-urlencoded")],
}
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Hasty(Connection):
    request_s = SHORT_S


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    """Takes longer over its answer than anybody may take over a question."""
    await asyncio.sleep(3 * SHORT_S)
    await PlainTextResponse("here it is")(scope, receive, send)


@pytest.fixture
def hasty(office: Office) -> Iterator[socket.socket]:
    """A connection to the review page."""
    with Served(office.app, http=Hasty) as served, connected(served) as client:
        yield client


def connected(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(served.address.rpartition(":")[2])), timeout=PATIENCE_S)


def all_of(client: socket.socket) -> bytes:
    """What comes until the other side closes."""
    return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize("said", UNFINISHED.values(), ids=UNFINISHED.keys())
def test_what_does_not_come_is_not_waited_for(hasty: socket.socket, said: bytes) -> None:
    hasty.sendall(said)
    assert all_of(hasty) == b""


def test_one_byte_after_the_other_is_not_waited_for_either(hasty: socket.socket) -> None:
    hasty.settimeout(SHORT_S / 4)
    for _ in range(int(PATIENCE_S / SHORT_S)):
        try:
            hasty.sendall(b"G")
            if hasty.recv(1) == b"":
                return
        except TimeoutError:
            continue
        except ConnectionError:
            return
    pytest.fail("it was waited for")


def test_an_answer_may_take_its_time_and_others_follow_on_the_same_connection() -> None:
    with Served(slow, http=Hasty) as served, connected(served) as client:
        for _ in range(2):
            client.sendall(WHOLE)
            answer = b""
            while not answer.endswith(b"here it is"):
                piece = client.recv(65536)
                assert piece, "it was closed"
                answer += piece


def test_what_is_no_http_gets_the_headers_of_all_answers(hasty: socket.socket) -> None:
    hasty.sendall(b"\x00\x01 this is none\r\n\r\n")
    head = all_of(hasty).partition(b"\r\n\r\n")[0].decode().lower()
    assert head.startswith("http/1.1 400")
    assert all(f"{name}: {value}".lower() in head for name, value in HEADERS.items())
    assert "cache-control: no-store" in head


def test_who_hangs_up_in_the_middle_of_a_form_is_no_bug(office: Office) -> None:
    """A bug is raised to the server, which writes a page about it into the log: strangers could fill that."""
    said: list[Message] = [
        {"type": "http.request", "body": b"name=anna", "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered: list[Message] = []

    async def receive() -> Message:
        return said.pop(0)

    async def send(message: Message) -> None:
        answered.append(message)

    async def asked() -> None:
        await office.app(POST, receive, send)

    # A browser of other tests may have its loop in this thread.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, asked()).result()
    assert answered[0]["status"] == 400
