"""Is a file structurally whole, as far as can be told without decoding anything?

Looks at a few places of a file that may still be written to, or be hostile: no decoder is called, nothing
is mapped into memory (a file that shrinks under a mapping kills the process), and only so much is read.
Whether the file is any good is found out later, in a process of its own (`scanner.pages.inspect`).
"""

from __future__ import annotations

import io
import os
import stat
from enum import Enum, auto
from pathlib import Path

from scanner.model.outcome import RefusalReason
from scanner.pages.facts import FileKind, UnreadableError
from scanner.pages.inspect import sniff
from scanner.pages.tiff_structure import tiff_pages

HEAD_BYTES = 1024
TAIL_BYTES = 4096
"""The end mark may be followed by a little: line ends, padding to a block, a printer's farewell."""
PNG_END_BYTES = 8
"""The last chunk's name and checksum."""
MOST_BYTES = 64 * 1024**2
"""Read of one TIFF's lists at most: a list that is longer was made to keep somebody busy."""
MOST_PAGES = 100_000
MOST_SEGMENTS = 10_000
_START_OF_SCAN = 0xDA
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


class Wholeness(Enum):
    """What a look inside has told."""

    WHOLE = auto()
    """It ends as its format demands. May still be damaged in other ways."""
    UNFINISHED = auto()
    """Something is missing that may still be coming."""
    NO_SCAN = auto()
    """It does not begin as a scan does: no use in waiting for its end."""


def look_inside(path: Path) -> Wholeness:
    """Open a regular file and see whether it is whole.

    Links are not followed and nobody is waited for. Raises OSError when it cannot be opened or read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with io.FileIO(descriptor) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return Wholeness.NO_SCAN
        return _wholeness(file, status.st_size)


def _wholeness(file: io.FileIO, size_bytes: int) -> Wholeness:
    if size_bytes == 0:
        return Wholeness.UNFINISHED
    kind = sniff(_at(file, 0, HEAD_BYTES))
    if kind is None:
        return Wholeness.NO_SCAN
    tail = _at(file, max(0, size_bytes - TAIL_BYTES), TAIL_BYTES)
    match kind:
        case FileKind.PDF:
            whole = b"%%EOF" in tail
        case FileKind.PNG:
            end = tail.rfind(b"IEND")
            whole = 0 <= end <= len(tail) - PNG_END_BYTES
        case FileKind.JPEG:
            whole = b"\xff\xd9" in tail and _picture_begins(file, size_bytes)
        case FileKind.TIFF:
            whole = _tiff_is_whole(file, size_bytes)
    return Wholeness.WHOLE if whole else Wholeness.UNFINISHED


def _picture_begins(file: io.FileIO, size_bytes: int) -> bool:
    """Whether the JPEG's own picture begins before the end: the mark there may be a thumbnail's."""
    position = 2
    for _ in range(MOST_SEGMENTS):
        head = _at(file, position, 4)
        if len(head) < 4 or head[0] != 0xFF:
            # What is no segment is no reason to wait.
            return len(head) == 4
        if head[1] == 0xFF:
            position += 1
        elif head[1] in _WITHOUT_LENGTH:
            position += 2
        else:
            position += 2 + int.from_bytes(head[2:], "big")
            if head[1] == _START_OF_SCAN:
                return b"\xff\xd9" in _at(file, max(position, size_bytes - TAIL_BYTES), TAIL_BYTES)
    return True


def _tiff_is_whole(file: io.FileIO, size_bytes: int) -> bool:
    try:
        tiff_pages(_Frugal(file), size_bytes, MOST_PAGES)
    except UnreadableError as error:
        # A TIFF that is being written may have no directory yet, or one that is filled in at the end.
        return error.reason is RefusalReason.TOO_LARGE
    except _EnoughError:
        return True
    return True


class _EnoughError(Exception):
    """More was read than any honest file makes necessary."""


class _Frugal(io.BytesIO):
    """The parts of a file that somebody asks for, until it is enough."""

    def __init__(self, file: io.FileIO) -> None:
        super().__init__()
        self._file = file
        self._left = MOST_BYTES
        self._place = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = offset
        return offset

    def read(self, size: int | None = -1) -> bytes:
        wanted = size if size is not None and size >= 0 else self._left
        self._left -= wanted
        if self._left < 0:
            raise _EnoughError
        found = _at(self._file, self._place, wanted)
        self._place += len(found)
        return found


def _at(file: io.FileIO, offset: int, length: int) -> bytes:
    """So many bytes from there, fewer at the end of the file."""
    found = b""
    while len(found) < length:
        step = os.pread(file.fileno(), length - len(found), offset + len(found))
        if not step:
            break
        found += step
    return found
