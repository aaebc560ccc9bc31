"""Words on their way to a terminal, and a terminal that does not listen any more."""

from __future__ import annotations

import os
import sys


def harmless(text: str) -> str:
    """A message whose lines may hold names of files: what would steer a terminal is escaped."""
    return "\n".join(escaped(line) for line in text.split("\n"))


def escaped(line: str) -> str:
    """One line of text, with all that is no text escaped."""
    if line.isprintable():
        return line
    from scanner.record.names import escaped_name  # late, because few messages need all that it loads

    return escaped_name(line.encode("utf-8", "surrogateescape"))


def leave_stdout() -> None:
    """Nobody reads our output any more (`jana results | head`): let the rest of it go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
