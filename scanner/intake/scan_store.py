"""Where the bytes of scans are kept: each file once, under the hash of its content.

The order that loses nothing: bytes durable, then the row in the record, then the source may go. So `put`
returns only when the copy is on the disk, folder entry included.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from scanner.errors import JanaError
from scanner.model.outcome import RefusalReason
from scanner.pages.facts import FileRefusal, UnreadableError, damaged, torn

_STEP_BYTES = 1 << 20
_INCOMING = "incoming"
_ROOM_FOR_RECORD_BYTES = 4 << 20
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
"""Scans are pictures of clients' answers: nobody but the owner of the service reads them."""


class StoreError(JanaError):
    """The store cannot be written to or does not hold what it should."""


@dataclass(frozen=True, slots=True)
class StoredScan:
    """A file that is safely kept."""

    sha256: str
    """Hex digest of all its bytes."""
    size_bytes: int
    stored: str
    """What the record notes of where it is."""


class LocalScan:
    """A kept file, where processes of this machine can read it until it is closed; also a context."""

    def __init__(self, path: Path, release: Callable[[], None] = lambda: None) -> None:
        self.path = path
        self._release = release

    def close(self) -> None:
        """Nobody reads it any more. May be called again."""
        release, self._release = self._release, lambda: None
        release()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_error: object) -> None:
        self.close()


class ScanStore(Protocol):
    """Keeps the bytes of scans."""

    def put(self, path: Path) -> StoredScan | FileRefusal:
        """Keep a file's bytes, or say why it is no file to keep."""

    def make_sure(self, size_bytes: int) -> None:
        """Raise StoreError when a file of this size could not be kept just now."""

    def local(self, sha256: str) -> LocalScan:
        """The bytes of a kept file, to be read by processes of this machine and closed after that.

        Raises StoreError when the store does not have them.
        """

    def verify(self, sha256: str) -> bool:
        """Whether the bytes are there and still the same."""

    def close(self) -> None:
        """Nothing of it is used any more."""


class FolderScanStore:
    """A folder `ab/cdef...` for each hash `abcdef...`, on a local disk."""

    def __init__(self, root: Path, file_bytes: int, step: Callable[[], None] = lambda: None) -> None:
        """Open or create the store; removes what a killed process has left half-written.

        `file_bytes` is the size above which a file is not copied (see `Limits.file_bytes`). `step` is called
        after every megabyte that is copied; what it raises ends the copy, and nothing of it is left.
        """
        self._root = root
        self._step = step
        self._incoming = root / _INCOMING
        self._file_bytes = file_bytes
        with _told(root):
            self._incoming.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
            remove_abandoned(self._incoming)

    def put(self, path: Path) -> StoredScan | FileRefusal:
        """Copy a regular file into the store while hashing it.

        Links, pipes, devices and folders are refused without being opened, and so is a file that is too
        large. The same content is kept once.

        Raises:
            StoreError: when the store cannot be written; nothing of the file is left in it then.
        """
        return copied(path, self._file_bytes, self._copied)

    def make_sure(self, size_bytes: int) -> None:
        """Raise `StoreError` when a file of this size could not be kept just now: no room, no right, no disk.

        Tried by taking the room, with a little for the record beside it, and giving it back.
        """
        wanted = min(size_bytes, self._file_bytes) + _ROOM_FOR_RECORD_BYTES
        with _told(self._root), temporary(self._incoming) as (target, _):
            os.posix_fallocate(target, 0, wanted)

    def path_of(self, sha256: str) -> Path:
        """Where the bytes of a kept file are. Raises `StoreError` when they are not there."""
        path = self._place(sha256)
        if not path.is_file():
            raise StoreError(f"The scan {sha256} is missing in {self._root}; restore it from a backup.")
        return path

    def local(self, sha256: str) -> LocalScan:
        """The file in the store itself. Raises `StoreError` when it is not there."""
        return LocalScan(self.path_of(sha256))

    def verify(self, sha256: str) -> bool:
        """Whether the bytes are there and still have their hash."""
        try:
            with self._place(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def hashes(self) -> Iterator[str]:
        """Every scan that is kept, whether its bytes are right or not."""
        for path in self._root.glob(f"{'[0-9a-f]' * 2}/{'[0-9a-f]' * 62}"):
            yield path.parent.name + path.name

    def remove(self, sha256: str) -> None:
        """Throw a scan's bytes away; not being there is right too. Raises `StoreError` when it cannot."""
        with _told(self._root):
            self._place(sha256).unlink(missing_ok=True)

    def close(self) -> None:
        """There is nothing to do: what is half-written is removed where it is written."""

    def _place(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError(sha256)
        return self._root / sha256[:2] / sha256[2:]

    def _copied(self, source: int) -> StoredScan:
        with _told(self._root), temporary(self._incoming) as (target, part):
            digest, size = hashlib.sha256(), 0
            for step in pieces_of(source, self._step):
                digest.update(step)
                size += len(step)
                write_all(target, step)
            os.fsync(target)
            return self._kept(part, digest.hexdigest(), size)

    def _kept(self, part: Path, sha256: str, size: int) -> StoredScan:
        place = self._place(sha256)
        if not self.verify(sha256):  # not there, or spoilt: what we have in hand is good
            place.parent.mkdir(exist_ok=True, mode=_PRIVATE_FOLDER)
            _sync_folder(self._root)
            part.replace(place)
        _sync_folder(place.parent)
        return StoredScan(sha256, size, place.name)


def copied(path: Path, file_bytes: int, copy: Callable[[int], StoredScan]) -> StoredScan | FileRefusal:
    """What `copy` makes of the descriptor of a regular file; why there is nothing to copy, else."""
    try:
        source = _opened(path, file_bytes)
    except OSError as error:
        return FileRefusal(RefusalReason.DAMAGED, f"It cannot be opened: {error.strerror}.")
    if isinstance(source, FileRefusal):
        return source
    try:
        return copy(source)
    except UnreadableError as error:
        return FileRefusal(error.reason, error.detail)
    finally:
        os.close(source)


def pieces_of(source: int, step: Callable[[], None]) -> Iterator[bytes]:
    """All of an open file from its beginning on, a megabyte at a time; `step` is called after each.

    Raises `UnreadableError` when it cannot be read, or was written to meanwhile.
    """
    before = os.fstat(source)
    os.lseek(source, 0, os.SEEK_SET)
    size = 0
    while piece := _read(source):
        size += len(piece)
        if size > before.st_size:  # a writer may go on for ever
            break
        yield piece
        step()
    after = os.fstat(source)
    if (before.st_size, before.st_mtime_ns, size) != (after.st_size, after.st_mtime_ns, after.st_size):
        raise torn("It was still being written when it was read.")


def _opened(path: Path, file_bytes: int) -> int | FileRefusal:
    """A descriptor of a regular file, opened without following a link or waiting for anybody."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        return FileRefusal(RefusalReason.NOT_A_SCAN, f"It is {kind_of(status.st_mode)}, not a file.")
    if status.st_size > file_bytes:
        detail = f"A file of {status.st_size} bytes; at most {file_bytes} are read."
        return FileRefusal(RefusalReason.TOO_LARGE, detail)
    source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    opened = os.fstat(source)
    if not stat.S_ISREG(opened.st_mode) or (opened.st_dev, opened.st_ino) != (status.st_dev, status.st_ino):
        os.close(source)
        return FileRefusal(RefusalReason.NOT_A_SCAN, "It was exchanged while it was opened.")
    return source


def kind_of(mode: int) -> str:
    """In words, what something is that is no regular file, by its `st_mode`."""
    kinds = ((stat.S_ISLNK, "a link"), (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"))
    return next((name for is_kind, name in kinds if is_kind(mode)), "a device or a socket")


def _read(source: int) -> bytes:
    try:
        return os.read(source, _STEP_BYTES)
    except OSError as error:
        raise damaged(f"It cannot be read: {error.strerror}.") from error


def write_all(target: int, step: bytes) -> None:
    """Write every byte to a descriptor, however few it takes at a time."""
    rest = memoryview(step)
    while rest:
        rest = rest[os.write(target, rest) :]


@contextmanager
def temporary(folder: Path) -> Iterator[tuple[int, Path]]:
    """A new file in `folder`, locked as long as it is being written, and gone afterwards unless renamed."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        part = folder / f"{token_hex(16)}.part"
        target = os.open(part, flags, _PRIVATE_FILE)
        fcntl.flock(target, fcntl.LOCK_EX)
        if os.fstat(target).st_nlink:
            break
        os.close(target)  # another process took it for abandoned before it was locked
    try:
        yield target, part
    finally:
        part.unlink(missing_ok=True)
        os.close(target)


def remove_abandoned(folder: Path) -> None:
    """Remove what killed processes have left; what another process is writing is locked, and stays."""
    for part in folder.glob("*.part"):
        with suppress(FileNotFoundError), part.open("rb") as file, suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = (
            f"The scan store {root} cannot be written: {error.strerror}. Free or repair it, and try again."
        )
        raise StoreError(message) from error
