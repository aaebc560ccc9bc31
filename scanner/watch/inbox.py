"""What lies in the inbox now, and whether it is still the inbox.

Only listing tells the truth: events do not exist on network shares, and queues overflow. Nothing is
opened here, and links are not followed. Names may hold bytes that are no text (see `os.fsdecode`).
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scanner.intake.find_files import is_junk
from scanner.watch.settle import Signature

DONE, REFUSED, OURS = "done", "refused", ".jana"
"""Folders at the top of the inbox that are ours; every other folder is an office."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that somebody has put into the inbox."""

    place: str
    """Its whole path; a string, because there may be very many of them."""
    office: str
    """Folders between the inbox and the file, empty for none."""
    signature: Signature
    regular: bool
    """False for a link, a pipe, a device: never opened."""

    @property
    def path(self) -> Path:
        return Path(self.place)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A folder that cannot be looked into just now."""

    office: str
    error: OSError


class InboxError(OSError):
    """The folder that we watch is not there, or it is another one."""


class Inbox:
    """One watched folder."""

    def __init__(self, path: Path) -> None:
        """Remember which folder it is. Raises OSError."""
        self.path = path
        self._identity = _identity(path.stat())

    def check(self) -> bool:
        """Whether it is the same folder as before; False when it was mounted anew.

        An empty folder in its place is most likely the mount point of a share that is away: taking it for
        an inbox without files would be to see nothing and say that all is well.

        Raises:
            InboxError: when there is another folder than ours; OSError when there is none.
        """
        now = _identity(self.path.stat())
        if now == self._identity:
            return True
        if not (self.path / OURS).is_dir():
            raise InboxError("another folder is where the inbox was; is the share mounted?")
        self._identity = now
        return False

    def entries(self) -> Iterator[Entry | Unlisted]:
        """All that lies there but junk, our own folders left out.

        Raises:
            OSError: when the inbox itself cannot be listed.
        """
        ours = self._ours()
        folders = deque([""])
        while folders:
            office = folders.popleft()
            try:
                yield from self._in_folder(office, ours, folders)
            except FileNotFoundError:
                if not office:
                    raise
            except OSError as error:
                if not office:
                    raise
                yield Unlisted(office, error)

    def _ours(self) -> set[tuple[int, int]]:
        found = set()
        for name in (DONE, REFUSED, OURS):
            try:
                found.add(_identity((self.path / name).lstat()))
            except FileNotFoundError:
                continue
        return found

    def _in_folder(self, office: str, ours: set[tuple[int, int]], folders: deque[str]) -> Iterator[Entry]:
        """The files of one folder; the folders in it are added to `folders`."""
        with os.scandir(self.path / office) as listed:
            for found in listed:
                if is_junk(found.name):
                    continue
                try:
                    status = found.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # gone between the list and the look
                if not stat.S_ISDIR(status.st_mode):
                    yield Entry(found.path, office, Signature.of(status), stat.S_ISREG(status.st_mode))
                elif _identity(status) not in ours:
                    folders.append(f"{office}/{found.name}" if office else found.name)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
