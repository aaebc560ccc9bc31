"""Hit one thread of a service at one system call: by a signal, or by an error that the call reports.

By strace (https://strace.io, `--inject`), which counts each call for each thread by itself. It takes hold of
a thread that waits in its beginning, so that nothing is missed and nothing of the start is counted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.faults.stand import PATIENCE_S, Service, Stand

CHANGING = (
    "openat", "write", "writev", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link",
    "linkat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "ftruncate", "fallocate", "flock",
)  # fmt: skip
"""Calls by which take-in, reading and commit change what lasts, and those that may fail on the way there."""
THREADS = ("main", "intake", "reading")
KILL = "signal=KILL"


@dataclass(frozen=True)
class Hit:
    """What happens where."""

    thread: str
    call: str
    number: int
    """Counts from 1, for this call in this thread."""
    fault: str
    """`signal=...` or `error=...`, as strace has it."""
    onwards: bool = False
    """Every later call too."""

    def __str__(self) -> str:
        return f"{self.fault} at {self.call} {self.number}{'+' * self.onwards} of {self.thread}"


@dataclass(frozen=True)
class Ended:
    """How a service that was hit came to its end."""

    service: Service
    code: int
    hit: bool
    """False when it ended without making so many calls."""


def can_trace() -> str | None:
    """Why system calls cannot be followed here; None when they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(
        ["strace", "-e", "inject=mkdir:error=EIO", "true"], capture_output=True, text=True, check=False
    )
    return None if tried.returncode == 0 else f"strace cannot trace here: {tried.stderr.strip()}"


def calls_made(stand: Stand, thread: str) -> Counter[str]:
    """How often a thread makes each call on its way through the inbox of a stand, without any fault."""
    service, trace = _traced(stand, thread, f"trace={','.join(CHANGING)}")
    assert service.ended() == 0, service.said()
    return Counter(line.partition("(")[0] for line in trace.read_text().splitlines() if "(" in line)


def run_into(stand: Stand, hit: Hit) -> Ended:
    """Run `jana watch --once` into a fault, to its end."""
    inject = f"inject={hit.call}:{hit.fault}:when={hit.number}{'+' * hit.onwards}"
    service, trace = _traced(stand, hit.thread, f"trace={hit.call}", inject)
    code = service.ended()
    return Ended(service, code, code == -9 or "(INJECTED)" in trace.read_text(errors="replace"))


def _traced(stand: Stand, thread: str, *expressions: str) -> tuple[Service, Path]:
    """A service of which one thread is traced from its beginning, and the trace."""
    service = stand.start("--once", hold=thread)
    number = _number_of(service)
    trace = service.log.with_suffix(".trace")
    words = ["strace", "-o", str(trace), "-p", number]
    for expression in expressions:
        words += ["-e", expression]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    assert "attached" in said, said
    service.log.with_suffix(".go").touch()
    # strace ends with its thread, having written all: whoever reads the trace must wait for that.
    until_s = time.monotonic() + PATIENCE_S
    while service.code is None and time.monotonic() < until_s:
        time.sleep(0.01)
    if service.code is None:
        os.kill(service.pid, 9)
    tracer.communicate(timeout=PATIENCE_S)
    return service, trace


def _number_of(service: Service) -> str:
    told = service.log.with_suffix(".thread")
    until_s = time.monotonic() + PATIENCE_S
    while not told.exists():
        assert service.code is None, service.said()
        assert time.monotonic() < until_s, "the thread never began"
        time.sleep(0.005)
    return told.read_text()
