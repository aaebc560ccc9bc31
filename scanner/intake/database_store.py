"""The scan store of several machines: the bytes lie in the record's database, and nobody shares a disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from scanner.intake.local_copies import LocalCopies
from scanner.intake.scan_store import LocalScan, StoredScan, copied, pieces_of
from scanner.pages.facts import FileRefusal
from scanner.record import Record, scan_bytes

STORED = "database"
"""What the record notes of where such a scan is."""


class DatabaseScanStore:
    """Keeps scans in pieces of a megabyte in the record's database.

    `put` and `local` may be called by one thread each. All raise DatabaseError when the database cannot be
    used.
    """

    def __init__(
        self,
        record: Record,
        copies: Path,
        file_bytes: int,
        *,
        step: Callable[[], None] = lambda: None,
        copy_step: Callable[[], None] = lambda: None,
    ) -> None:
        """`copies` is a folder of this machine for those scans that are just being read.

        `file_bytes` is the size above which a file is not kept. `step` is called after every megabyte that is
        kept, `copy_step` after every megabyte that is copied for reading; what they raise ends that.
        """
        self._record = record
        self._file_bytes = file_bytes
        self._step = step
        self._copies = LocalCopies(copies, record.bytes_of, copy_step)

    def put(self, path: Path) -> StoredScan | FileRefusal:
        """Keep a regular file's bytes, in one transaction: all of them, or nothing.

        Links, pipes, devices and folders are refused without being opened, and so is a file that is too
        large. The same content is kept once.
        """
        return copied(path, self._file_bytes, self._kept)

    def make_sure(self, size_bytes: int) -> None:
        """Raise `DatabaseError` when nothing could be kept just now. How much room a server has it does not
        tell: a file that does not fit is noticed when it is kept, and stays where it was."""
        self._record.write(scan_bytes.try_to_keep)

    def local(self, sha256: str) -> LocalScan:
        """A private copy whose bytes have their hash. Raises `StoreError` when there is none to be had."""
        return self._copies.local(sha256)

    def verify(self, sha256: str) -> bool:
        """Whether the bytes are there and still have their hash."""
        return self._record.look(lambda connection: scan_bytes.holds(connection, sha256))

    def hashes(self) -> Iterator[str]:
        """Every scan that is kept, whether its bytes are right or not."""
        return self._record.kept_bytes()

    def remove(self, sha256: str) -> None:
        """Throw a scan's bytes away; not being there is right too."""
        self._record.write(lambda tx: scan_bytes.remove(tx, sha256))

    def close(self) -> None:
        """Remove the copies of this machine."""
        self._copies.close()

    def _kept(self, source: int) -> StoredScan:
        sha256, size = self._record.write(lambda tx: scan_bytes.keep(tx, pieces_of(source, self._step)))
        return StoredScan(sha256, size, STORED)
