"""The installed command, as a shell runs it; and the same without the seconds that its imports take."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.acceptance.command import Answer
from tests.warm import Forked, Warm

Running = subprocess.Popen[bytes] | Forked


@dataclass(frozen=True)
class Process:
    """How to start it."""

    program: Path
    environment: Mapping[str, str]

    def having(self, **variables: str) -> Process:
        """The same with other variables."""
        return replace(self, environment={**self.environment, **variables})

    def __call__(self, *arguments: object) -> Answer:
        """Run it to its end, without a terminal."""
        done = subprocess.run(
            self._words(arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def started(self, *arguments: object) -> Running:
        """Start it in a group of its own, as a shell does with a job; its output comes through pipes."""
        return subprocess.Popen(
            self._words(arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def at_a_terminal(self, *arguments: object) -> Answer:
        """Run it with standard error at a terminal of 80 columns, and standard output in a pipe."""
        ours, theirs = pty.openpty()
        environment = {**self.environment, "TERM": "xterm", "COLUMNS": "80"}
        running = subprocess.Popen(
            self._words(arguments),
            env=environment,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        shown = _all_of(ours)
        out, _ = running.communicate()
        return Answer(running.returncode, out.decode("utf-8"), shown.decode("utf-8"))

    def _words(self, arguments: tuple[object, ...]) -> list[str]:
        return [str(self.program), *(str(argument) for argument in arguments)]


@dataclass(frozen=True)
class WarmProcess(Process):
    """Forked from a warm program, in which `program` is not looked at."""

    warm: Warm

    def __call__(self, *arguments: object) -> Answer:
        running = self.started(*arguments)
        out, err = running.communicate()
        return Answer(running.wait(), out.decode("utf-8"), err.decode("utf-8"))

    def started(self, *arguments: object) -> Running:
        pipes = os.pipe(), os.pipe()
        with Path(os.devnull).open("rb") as nothing:
            streams = nothing.fileno(), pipes[0][1], pipes[1][1]
            running = self.warm.jana(arguments, self.environment, streams)
        for _, theirs in pipes:
            os.close(theirs)
        running.stdout, running.stderr = (os.fdopen(ours, "rb") for ours, _ in pipes)
        return running


def _all_of(terminal: int) -> bytes:
    """What is written to a terminal until nobody has it open any more."""
    shown = b""
    try:
        while piece := os.read(terminal, 65_536):
            shown += piece
    except OSError:
        pass  # Linux reports the end in this way
    finally:
        os.close(terminal)
    return shown
