"""A program that has imported everything, and forks a `jana` from itself at each wish.

Starting Python and importing the decoders takes seconds, in which no fault of ours can happen; there are
hundreds of faults to provoke. What is forked is the real command from its arguments on, in a process of its
own, with reading processes of its own: only the imports are over.

A line of JSON a wish on standard input, a line a reply on standard output: `{"arguments", "environment",
"log", "hold"}` gives a process number, `{"wait": number}` an exit code, `{"poll": number}` an exit code or
null. The thread that `hold` names waits in its beginning until a file `<log>.go` is there, with its own
number in `<log>.thread`: somebody can take hold of it meanwhile.
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
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

POLL_S = 0.002


class WarmNursery:
    """Stands where `subprocess.Popen` starts the mother of the reading processes: hers are warm too.

    Forked before there is any thread; waits until she is called for.
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _be_nursery(theirs, parent)
        theirs.close()
        self._socket = ours

    def call(self, descriptor: int) -> None:
        socket.send_fds(self._socket, [b"x"], [descriptor])
        self._socket.close()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _be_nursery(calls: socket.socket, parent: int) -> NoReturn:
    from scanner.intake import nursery

    nursery.die_with_parent(parent)
    try:
        _, descriptors, _, _ = socket.recv_fds(calls, 1, 1)
        if descriptors:
            nursery._run(Connection(descriptors[0]))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass
    finally:
        os._exit(0)


def _warm_nurseries() -> None:
    """The first nursery of this process is a warm one; what comes after her starts in the usual way."""
    import subprocess

    from scanner.intake import nursery

    waiting: list[WarmNursery] = [WarmNursery()]
    start = subprocess.Popen

    def popen(words: Sequence[str], **how: Any) -> Any:
        if list(words[: len(nursery._PROGRAM)]) != list(nursery._PROGRAM) or not waiting:
            return start(words, **how)
        warm = waiting.pop()
        warm.call(how["pass_fds"][0])
        return warm

    subprocess.Popen = popen  # type: ignore[assignment,misc]


def _hold(wanted: str, log: Path) -> None:
    """Let one thread wait for whoever wants to trace it."""

    def wait() -> None:
        own = log.with_suffix(".thread")
        own.with_suffix(".new").write_text(str(threading.get_native_id()))
        own.with_suffix(".new").replace(own)
        go = log.with_suffix(".go")
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


def _be_jana(wish: dict[str, Any], run: Callable[[Sequence[str]], int], parent: int) -> NoReturn:
    from scanner.intake.nursery import die_with_parent

    die_with_parent(parent)  # a test that is killed leaves no service behind
    os.setsid()
    log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, of in ((0, nothing), (1, log), (2, log)):
        os.dup2(of, descriptor)
    os.environ.update(wish["environment"])
    code = 70
    try:
        _warm_nurseries()
        if wish.get("hold"):
            _hold(wish["hold"], Path(wish["log"]))
        code = run([os.fsdecode(os.fsencode(word)) for word in wish["arguments"]])
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Take wishes until standard input ends; then end whatever was started and still runs."""
    from importlib import import_module

    from scanner.cli.main import run

    for name in ("scanner.cli.watch", "scanner.intake.worker_process", "scanner.intake.page_job"):
        import_module(name)
    for name in ("cv2", "zxingcpp", "pypdfium2", "pikepdf", "PIL.TiffImagePlugin", "PIL.JpegImagePlugin"):
        import_module(name)
    for name in ("sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.dialects.postgresql.psycopg"):
        import_module(name)
    lives: set[int] = set()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(_done(json.loads(line), run, lives)), flush=True)
    for pid in lives:
        os.kill(pid, signal.SIGKILL)


def _done(wish: dict[str, Any], run: Callable[[Sequence[str]], int], lives: set[int]) -> int | None:
    if "arguments" in wish:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _be_jana(wish, run, parent)
        lives.add(pid)
        return pid
    pid = wish.get("wait") or wish["poll"]
    ended, status = os.waitpid(pid, 0 if "wait" in wish else os.WNOHANG)
    if not ended:
        return None
    lives.discard(pid)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
