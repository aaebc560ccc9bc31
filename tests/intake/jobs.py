"""What the reading processes of the tests do with a page: what its grey level tells them to."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scanner.model.page import ScannedPage

CRASH, LOOP, ALLOCATE, RAISE, DIE_ONCE, BIG, LEAK, LARGE = 10, 20, 30, 40, 50, 60, 70, 80
"""Grey levels that mean trouble; every other level is harmless."""

_LEAKED: list[NDArray[np.uint8]] = []
PRIVATE = "Virtanen"
"""Stands for what is written on a page, which must not get into a reason."""


@dataclass(frozen=True)
class Seen:
    """What came back of a page."""

    page: int
    level: int
    process: int
    payload: bytes = b""


def make_obedient(folder: Path) -> Callable[[ScannedPage], Seen]:
    """A job that leaves its process number in `folder`."""
    (folder / f"process-{os.getpid()}").touch()
    return partial(_obey, folder)


def make_nothing() -> Callable[[ScannedPage], Seen]:
    raise LookupError("no job today")


def make_exit() -> Callable[[ScannedPage], Seen]:
    os._exit(3)


def _living(folder: Path) -> Iterator[bytes]:
    """Numbers of the processes that have begun in `folder` and not ended, not even by a signal."""
    for number in sorted(int(path.name.removeprefix("process-")) for path in folder.glob("process-*")):
        with suppress(ProcessLookupError):
            os.kill(number, 0)
            yield b"%d" % number


def _obey(folder: Path, page: ScannedPage) -> Seen:
    level = int(page.pixels[0, 0])
    payload = b""
    if level == CRASH:
        ctypes.string_at(0)
    elif level == LOOP:
        (folder / "looping").touch()
        while True:
            pass
    elif level == ALLOCATE:
        np.ones(4_000_000_000, np.uint8)
    elif level == RAISE:
        raise ValueError(PRIVATE)
    elif level == DIE_ONCE and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    elif level == LEAK:
        _LEAKED.append(np.empty(600_000_000, np.uint8))
    elif level == BIG:
        payload = bytes(3_000_000)
    elif level == LARGE:
        np.ones(300_000_000, np.uint8)
        payload = b"|".join(_living(folder))
    return Seen(page.source.scan_page, level, os.getpid(), payload)
