"""A program that has imported everything, and forks a `jana` or a nursery from itself at each wish.

Starting Python and importing the decoders takes seconds, and there are hundreds of tests and faults for which
that is not the matter. What is forked is the real command from its arguments on, or the real nursery, in a
process of its own: only the imports are over. See `tests.warm` for the other side.

Wishes and replies are JSON, a packet each, on the socket whose descriptor is the only argument:
`{"jana": arguments, "environment", "hold"}` comes with three descriptors for the standard streams and gives a
process number; `{"nursery": true}` comes with one end of a pipe and gives a process number;
`{"poll": number}` gives an exit code or null. The thread that `hold` names (`{"thread", "at"}`) waits in its
beginning until a file `<at>.go` is there, with its own number in `<at>.thread`: somebody can take hold of
it meanwhile.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

POLL_S = 0.002
LARGEST_WISH = 1 << 20
MODULES = (
    "scanner.cli.main",
    "scanner.cli.read",
    "scanner.cli.watch",
    "scanner.cli.worker",
    "scanner.intake.worker_process",
    "scanner.intake.page_job",
    "cv2",
    "zxingcpp",
    "pypdfium2",
    "pikepdf",
    "PIL.TiffImagePlugin",
    "PIL.JpegImagePlugin",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
)

Run = Callable[[Sequence[str]], int]


class WarmNursery:
    """The mother of a warm service's reading processes is warm too.

    Forked before there is any thread; waits until she is called for.
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _be_waiting_nursery(theirs, parent)
        theirs.close()
        self._socket = ours

    def call(self, descriptor: int) -> None:
        socket.send_fds(self._socket, [b"x"], [descriptor])
        self._socket.close()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _be_waiting_nursery(calls: socket.socket, parent: int) -> NoReturn:
    try:
        _, descriptors, _, _ = socket.recv_fds(calls, 1, 1)
        if descriptors:
            _be_nursery(descriptors[0], parent)
    finally:
        os._exit(0)


def _be_nursery(descriptor: int, parent: int) -> NoReturn:
    from scanner.intake import nursery

    try:
        nursery.die_with_parent(parent)
        os.setsid()
        _take_streams([os.open(os.devnull, os.O_RDWR)] * 3)
        nursery._run(Connection(descriptor))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass
    finally:
        os._exit(0)


def _warm_nurseries() -> None:
    """The first nursery of this process is a warm one; what comes after her starts in the usual way."""
    from scanner.intake import nursery

    waiting: list[WarmNursery] = [WarmNursery()]
    usual = nursery._started

    def started(descriptor: int) -> Any:
        if not waiting:
            return usual(descriptor)
        warm = waiting.pop()
        warm.call(descriptor)
        return warm

    nursery._started = started


def _hold(wanted: str, at: Path) -> None:
    """Let one thread wait for whoever wants to trace it."""

    def wait() -> None:
        own = at.with_suffix(".thread")
        own.with_suffix(".new").write_text(str(threading.get_native_id()))
        own.with_suffix(".new").replace(own)
        go = at.with_suffix(".go")
        while not go.exists():
            time.sleep(POLL_S)

    if wanted == "main":
        return wait()
    run = threading.Thread.run

    def held(thread: threading.Thread) -> None:
        if thread.name == wanted:
            wait()
        run(thread)

    threading.Thread.run = held  # type: ignore[assignment,method-assign]
    return None


def _take_streams(descriptors: Sequence[int]) -> None:
    """Have these as standard input, output and error."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    for descriptor in set(descriptors):
        os.close(descriptor)


def _be_jana(wish: dict[str, Any], streams: Sequence[int], run: Run, parent: int) -> NoReturn:
    from scanner.intake.nursery import die_with_parent

    code = 70
    try:
        die_with_parent(parent)  # a test that is killed leaves no service behind
        os.setsid()
        _take_streams(streams)
        os.environ.clear()
        os.environ.update(wish["environment"])
        _warm_nurseries()
        if wish.get("hold"):
            _hold(wish["hold"]["thread"], Path(wish["hold"]["at"]))
        code = run([os.fsdecode(os.fsencode(word)) for word in wish["jana"]])
        sys.stdout.flush()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Take wishes until nobody is left to have any; then end whatever was started and still runs."""
    for name in MODULES:
        import_module(name)
    from scanner.cli.main import run

    wishes = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(wishes.fileno(), False)
    lives: set[int] = set()
    wishes.send(b'"ready"')
    while True:
        data, descriptors, _, _ = socket.recv_fds(wishes, LARGEST_WISH, 3)
        if not data:
            break
        reply = _done(json.loads(data), descriptors, wishes, run, lives)
        for descriptor in descriptors:
            os.close(descriptor)
        wishes.send(json.dumps(reply).encode())
    for pid in lives:
        os.kill(pid, signal.SIGKILL)


def _done(
    wish: dict[str, Any], descriptors: list[int], wishes: socket.socket, run: Run, lives: set[int]
) -> int | None:
    if "poll" in wish:
        return _polled(wish["poll"], lives)
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        wishes.close()
        if "nursery" in wish:
            _be_nursery(descriptors[0], parent)
        _be_jana(wish, descriptors, run, parent)
    lives.add(pid)
    return pid


def _polled(pid: int, lives: set[int]) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        return None
    lives.discard(pid)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
