"""The log of a service on standard error: for a person at a terminal, else for a program."""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import suppress

import structlog
from structlog.typing import FilteringBoundLogger

_WRITING = threading.Lock()


class _Lines:
    """Writes the log. A full disk, or a reader who has left, must not end the service."""

    def __init__(self, *_arguments: object) -> None:
        """structlog makes one of these for every logger, hence the lock that they share."""

    def msg(self, line: str) -> None:
        with _WRITING, suppress(OSError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


def service_log(level: int = logging.INFO) -> FilteringBoundLogger:
    """Set up for this process."""
    shown: structlog.typing.Processor = structlog.processors.JSONRenderer(sort_keys=True)
    if sys.stderr.isatty():
        shown = structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Lines,
    )
    log: FilteringBoundLogger = structlog.get_logger()
    return log
