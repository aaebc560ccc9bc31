"""Private copies of scans whose bytes are elsewhere, as long as processes of this machine read them.

A copy stays for a while after it was let go of, because the next pages to be read are most often of the same
file. What a killed process has left is removed by the next one that starts here.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from scanner.intake.scan_store import LocalScan, StoreError, write_all

Fetch = Callable[[str], Iterator[bytes]]

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


@dataclass(slots=True)
class _Copy:
    path: Path
    readers: int = 0


class LocalCopies:
    """A folder of copies that belongs to one process. For one thread."""

    def __init__(self, root: Path, fetch: Fetch, step: Callable[[], None] = lambda: None) -> None:
        """`fetch` gives the bytes of a scan; `step` is called after each piece, and may raise to end that.

        Raises StoreError when copies cannot be made in `root`.
        """
        self._root = root
        self._fetch = fetch
        self._step = step
        self._copies: dict[str, _Copy] = {}
        with self._told():
            root.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
            _remove_abandoned(root)
        self._folder: Path | None = None
        self._lock = -1

    def local(self, sha256: str) -> LocalScan:
        """A copy whose bytes have their hash. Raises StoreError when that cannot be had."""
        copy = self._copies.get(sha256)
        if copy is None:
            self._drop_unread()
            with self._told():
                copy = self._copies[sha256] = _Copy(self._made(sha256))
        copy.readers += 1

        def release() -> None:
            copy.readers -= 1

        return LocalScan(copy.path, release)

    def close(self) -> None:
        """Remove every copy."""
        self._copies.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._lock)
            self._folder = None

    def _made(self, sha256: str) -> Path:
        path = self._own_folder() / sha256
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        target = os.open(path, flags, _PRIVATE_FILE)
        try:
            digest = hashlib.sha256()
            for piece in self._fetch(sha256):
                digest.update(piece)
                write_all(target, piece)
                self._step()
            if digest.hexdigest() != sha256:
                raise StoreError(f"The scan {sha256} is missing or spoilt; restore it from a backup.")
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(target)
        return path

    def _own_folder(self) -> Path:
        if self._folder is None:
            self._folder, self._lock = _new_folder(self._root)
        return self._folder

    def _drop_unread(self) -> None:
        for sha256 in [sha256 for sha256, copy in self._copies.items() if not copy.readers]:
            self._copies.pop(sha256).path.unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"No copies of scans can be made in {self._root}: {error.strerror}. Free or repair it."
            ) from error


def _new_folder(root: Path) -> tuple[Path, int]:
    """A folder that is locked as long as its process lives, and the descriptor that holds the lock."""
    while True:
        folder = root / token_hex(16)
        folder.mkdir(mode=_PRIVATE_FOLDER)
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.is_dir():
                return folder, lock
            os.close(lock)  # another process took it for abandoned before it was locked


def _remove_abandoned(root: Path) -> None:
    for folder in root.iterdir():
        with suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
