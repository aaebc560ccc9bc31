"""The warm program, seen from the tests: the real command and the real nursery without seconds of imports.

What is about the start itself, or about what only an own program shows, starts a process in the usual way.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import pytest

from scanner.intake import nursery
from tests.warm_program import LARGEST_WISH

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_THREAD_LIMIT"), "1")


class Warm:
    """The program of one test run, started when it is first needed."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[bytes] | None = None
        self._wishes: socket.socket | None = None
        self._lock = threading.Lock()

    def jana(
        self,
        arguments: Sequence[object],
        environment: Mapping[str, str],
        streams: Sequence[int],
        hold: tuple[str, Path] | None = None,
    ) -> Forked:
        """Fork the command, in a session of its own.

        `streams` are descriptors for its standard input, output and error, which stay the caller's; `hold` is
        the name of a thread that waits, and the place of the files by which it does.
        """
        wish: dict[str, object] = {
            "jana": [str(argument) for argument in arguments],
            "environment": dict(environment),
        }
        if hold is not None:
            wish["hold"] = {"thread": hold[0], "at": str(hold[1])}
        return Forked(self, self._ask(wish, streams))

    def nursery(self, descriptor: int) -> Forked:
        """Stands where `scanner.intake.nursery` starts its program."""
        return Forked(self, self._ask({"nursery": True}, [descriptor]))

    def poll(self, pid: int) -> int | None:
        code: int | None = self._ask({"poll": pid})
        return code

    def close(self) -> None:
        if self._wishes is not None and self._program is not None:
            self._wishes.close()
            self._program.wait()

    def _ask(self, wish: dict[str, object], descriptors: Sequence[int] = ()) -> Any:
        with self._lock:
            wishes = self._wishes or self._start()
            socket.send_fds(wishes, [json.dumps(wish).encode()], list(descriptors))
            return json.loads(wishes.recv(LARGEST_WISH))

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        own = {name: value for name, value in os.environ.items() if not name.startswith("JANA_")}
        with theirs:
            self._program = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "tests.warm_program", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**own, **ONE_THREAD, "MALLOC_ARENA_MAX": "2"},
                cwd=Path(__file__).parents[1],
            )
        assert ours.recv(LARGEST_WISH) == b'"ready"'
        self._wishes = ours
        return ours


class Forked:
    """A process that the warm program has forked; used as a `subprocess.Popen`."""

    stdout: IO[bytes] | None = None
    stderr: IO[bytes] | None = None

    def __init__(self, warm: Warm, pid: int) -> None:
        self._warm = warm
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            self.returncode = self._warm.poll(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.poll() is None:
            # Its number stays its own until it is polled for.
            descriptor = os.pidfd_open(self.pid)
            try:
                select.select([descriptor], [], [], timeout)
            finally:
                os.close(descriptor)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("jana", timeout or 0.0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """What is still to be read of its output, to the end, and wait for its own."""
        said: dict[int, bytes] = {}

        def drain(number: int, stream: IO[bytes]) -> None:
            with stream:
                said[number] = stream.read()

        until_s = None if timeout is None else time.monotonic() + timeout
        threads = [
            threading.Thread(target=drain, args=(number, stream), daemon=True)
            for number, stream in enumerate((self.stdout, self.stderr))
            if stream is not None and not stream.closed
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(None if until_s is None else max(0.0, until_s - time.monotonic()))
        self.wait(None if until_s is None else max(0.0, until_s - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            raise subprocess.TimeoutExpired("jana", timeout or 0.0)
        return said.get(0, b""), said.get(1, b"")

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """One for all tests of this worker."""
    found = Warm()
    yield found
    found.close()


@pytest.fixture
def warm_nurseries(warm: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading processes of this very process come from a warm nursery."""
    monkeypatch.setattr(nursery, "_started", warm.nursery)
