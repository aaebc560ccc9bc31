"""Where the bytes of scans are kept: by their hash, whole, and durable before anything is said of them."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scanner.errors import JanaError

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredScan:
    """A file whose bytes are safe."""

    sha256: str
    """Hex digest."""
    size_bytes: int
    path: Path
    """Where to read it; never changed once it is there."""


class ScanStore(Protocol):
    """What intake needs of a store."""

    def put(self, path: Path) -> StoredScan:
        """Take a copy of a regular file. Returns when it is durable; the same bytes are kept once."""

    def path_of(self, sha256: str) -> Path:
        """Where the bytes with this hash can be read."""


class FolderScanStore:
    """A content-addressed folder: `ab/abcdef...`, readable by its owner only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path_of(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256

    def put(self, path: Path) -> StoredScan:
        """Copy `path` while hashing it, and give the copy its name once it is on the disk.

        Raises JanaError for what is no regular file (links are not followed), and when the file
        cannot be read or the store cannot be written; then nothing is left behind.
        """
        try:
            source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            trouble = "a link" if error.errno == errno.ELOOP else error.strerror
            raise JanaError(f"{path} is not read: {trouble}.") from error
        try:
            if not stat.S_ISREG(os.fstat(source).st_mode):
                raise JanaError(f"{path} is not read: it is no regular file.")
            return self._copied(path, source)
        finally:
            os.close(source)

    def _copied(self, path: Path, source: int) -> StoredScan:
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            target, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._root)
        except OSError as error:
            raise self._trouble(error) from error
        part = Path(name)
        try:
            with os.fdopen(target, "wb") as copy:
                sha256, size_bytes = _copy(path, source, copy.fileno())
            place = self.path_of(sha256)
            if not place.exists():
                place.parent.mkdir(mode=0o700, exist_ok=True)
                part.replace(place)
                _sync_folder(place.parent)
                _sync_folder(self._root)
        except OSError as error:
            raise self._trouble(error) from error
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
        return StoredScan(sha256, size_bytes, place)

    def _trouble(self, error: OSError) -> JanaError:
        return JanaError(
            f"The scan store {self._root} cannot be written: {error.strerror}. Make room or give access."
        )


def _copy(path: Path, source: int, target: int) -> tuple[str, int]:
    """Copy everything between two descriptors and onto the disk; the hash and the number of bytes."""
    digest, size_bytes = hashlib.sha256(), 0
    while True:
        try:
            chunk = os.read(source, CHUNK_BYTES)
        except OSError as error:
            raise JanaError(f"{path} cannot be read: {error.strerror}.") from error
        if not chunk:
            break
        digest.update(chunk)
        size_bytes += len(chunk)
        view = memoryview(chunk)
        while view:
            view = view[os.write(target, view) :]
    os.fsync(target)
    return digest.hexdigest(), size_bytes


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
