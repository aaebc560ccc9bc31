"""Where a process runs, and whether it is alone there with a target: the kernel knows who has died."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Place:
    """One machine and one home folder."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "delivery"
        self._host = socket.gethostname()
        with suppress(OSError):
            self._host += " " + Path("/etc/machine-id").read_text("ascii").strip()

    @property
    def name(self) -> str:
        """The same for all processes of this place, and for no other."""
        return f"{self._host} {self._folder.resolve()}"

    @contextmanager
    def alone_with(self, target: str) -> Iterator[bool]:
        """Whether no other process of this place delivers to a target; none begins to before the block ends.

        Where the folder cannot be used, nobody can say so.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._folder / f"{target}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield False
            return
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True
        finally:
            os.close(file)
