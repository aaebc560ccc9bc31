"""The process that all reading processes are born from.

Importing the decoders takes the better part of a second. The nursery does it once and forks a reading
process from itself in some milliseconds, also when one has died. It is a program of its own with a single
thread and no decoder at work, so that forking it is safe; it never touches a file. Python's own fork server
would do the same, but imports the caller's main module, the whole command line here, in each process.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle

from scanner.errors import JanaError
from scanner.intake.worker_messages import Bear, Bury, Job, Setup, StartFailed

_START_SECONDS = 120.0
_ANSWER_SECONDS = 10.0
_SET_PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of prctl(2)."""
# Not by -m, which would make a second copy of the module that holds the messages' types.
_PROGRAM = (sys.executable, "-P", "-c", "from scanner.intake.nursery import main; main()")
_ENVIRONMENT = {
    # One thread each: there is a process per core, and every thread would take address space of its own.
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


class WorkerError(JanaError):
    """Reading processes cannot be started."""


class Nursery:
    """The caller's side. Everything here waits for an answer, which takes milliseconds after the start."""

    def __init__(self, setup: Setup) -> None:
        """Start the program and wait until it has imported what reading needs.

        Raises:
            WorkerError: when it does not come up; a RuntimeError with the trace when the job's module fails.
        """
        ours, theirs = Pipe()
        self._connection = ours
        with theirs:
            self._process = _started(theirs.fileno())
        try:
            self._tell(setup)
            answer = self._answer(_START_SECONDS)
        except BaseException:
            self.close()
            raise
        if isinstance(answer, StartFailed):
            self.close()
            raise RuntimeError(f"A reading process could not import its job:\n{answer.trace}")

    def bear(self) -> tuple[int, Connection]:
        """A new reading process: its number, and the pipe to it."""
        ours, theirs = Pipe()
        try:
            with theirs:
                self._tell(Bear())
                with suppress(OSError):  # told by the missing answer
                    send_handle(self._connection, theirs.fileno(), self._process.pid)
                return self._number(), ours
        except BaseException:
            ours.close()
            raise

    def bury(self, process: int) -> int:
        """End a reading process, whatever it is doing; its exit code, negative for a signal.

        Raises:
            WorkerError: when the nursery itself is dead; what it bore is then dead too.
        """
        self._tell(Bury(process))
        return self._number()

    def close(self) -> None:
        """End the nursery, and by the kernel's hand every reading process that it has borne."""
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def _tell(self, message: object) -> None:
        with suppress(OSError):  # told by the missing answer
            self._connection.send(message)

    def _answer(self, seconds: float) -> object:
        try:
            if self._connection.poll(seconds):
                return self._connection.recv()
        except (EOFError, OSError):
            pass
        raise WorkerError(
            "The processes that read pages cannot be started. "
            "`jana doctor` tells what is missing on this machine."
        )

    def _number(self) -> int:
        answer = self._answer(_ANSWER_SECONDS)
        if not isinstance(answer, int):
            raise TypeError(answer)
        return answer


def _started(descriptor: int) -> subprocess.Popen[bytes]:
    """The program, with the descriptor of its end of the pipe."""
    return subprocess.Popen(
        [*_PROGRAM, str(descriptor), str(os.getpid())],
        pass_fds=[descriptor],
        # C libraries talk to stderr about broken files; what matters comes back as a reason.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A session of its own: Ctrl-C is for the caller to handle.
        start_new_session=True,
        env=os.environ | _ENVIRONMENT,
    )


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel end this process when its parent ends, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def main() -> None:
    """The nursery's whole life; its arguments are a descriptor and the caller's process number."""
    descriptor, parent_pid = int(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(descriptor, False)
    die_with_parent(parent_pid)
    # A crash must not leave a picture of a client's page behind in a core file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the caller has gone
        _run(Connection(descriptor))


def _run(connection: Connection) -> None:
    # Imported here, because the caller's side has no use for decoders.
    from scanner.intake.worker_process import serve

    setup: Setup = connection.recv()
    sys.path[:] = setup.module_path
    try:
        make_job: Callable[[], Job] = pickle.loads(setup.make_job)  # noqa: S301 - from our own caller
    except Exception:
        connection.send(StartFailed(traceback.format_exc()))
        return
    connection.send(0)
    while True:
        message = connection.recv()
        if isinstance(message, Bury):
            connection.send(_buried(message.process))
        else:
            life = partial(serve, make_job=make_job, limits=setup.limits)
            connection.send(_born(connection, life))


def _born(connection: Connection, life: Callable[[Connection], None]) -> int:
    """Fork; the number of the new process."""
    descriptor = recv_handle(connection)
    nursery = os.getpid()
    process = os.fork()
    if process:
        os.close(descriptor)
        return process
    try:
        connection.close()
        die_with_parent(nursery)
        os.setsid()  # a group of its own, so that a program that it starts can be ended with it
        life(Connection(descriptor))
    finally:
        os._exit(0)


def _buried(process: int) -> int:
    # Not reaped before, so that its number still belongs to it, however long it has been dead.
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)
