"""A claimed file into the store and the record: bytes durable, then the row; the source stays where it is."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from scanner.intake.commit import commit_page
from scanner.intake.scan_store import ScanStore, kind_of
from scanner.intake.take_in import SNIFF_BYTES
from scanner.model.outcome import Refusal, RefusalReason
from scanner.pages.facts import FileRefusal
from scanner.pages.inspect import sniff
from scanner.reading.read import READER_VERSION
from scanner.record import Record, ScanFile, Sighting, escaped_name
from scanner.watch.claims import Claim

_STEP_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """The bytes are kept and known to the record."""

    sha256: str
    new: bool
    """They were never met before."""


@dataclass(frozen=True, slots=True)
class NoFile:
    """A link, a pipe, a device: there is nothing to keep."""

    detail: str


@dataclass(frozen=True, slots=True)
class StillWritten:
    """It changed while it was copied: to be tried again when it has come to rest."""


class UnreadableSourceError(OSError):
    """The file is there and cannot be read just now."""


class Taking:
    """Takes claims into one store and one record."""

    def __init__(
        self, record: Record, store: ScanStore, *, actor: str, step: Callable[[], None] = lambda: None
    ) -> None:
        """`step` is called now and then while a large file is looked through; what it raises ends that."""
        self._record = record
        self._store = store
        self._actor = actor
        self._step = step

    def take(self, claim: Claim) -> Taken | NoFile | StillWritten:
        """Keep the file of a claim. Doing it again changes nothing.

        Raises:
            FileNotFoundError: when the claim is no longer ours; UnreadableSourceError when the file cannot be
            read; StoreError, DatabaseError when the store or the record cannot be written.
        """
        status = claim.path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return NoFile(f"It is {kind_of(status.st_mode)}, not a file.")
        head = self._head(claim.path)
        stored = self._store.put(claim.path)
        if isinstance(stored, FileRefusal):
            return self._not_kept(claim, stored)
        kind = sniff(head)
        file = ScanFile(
            sha256=stored.sha256,
            size_bytes=stored.size_bytes,
            media="unknown" if kind is None else kind.value,
            stored=stored.stored,
        )
        return self._recorded(claim, file)

    def _not_kept(self, claim: Claim, why: FileRefusal) -> Taken | NoFile | StillWritten:
        if why.reason is RefusalReason.TORN:
            return StillWritten()
        if why.reason is RefusalReason.NOT_A_SCAN:
            return NoFile(why.detail)
        if why.reason is not RefusalReason.TOO_LARGE:
            claim.path.lstat()  # it may have been taken from us
            raise UnreadableSourceError(why.detail)
        sha256, size_bytes = self._hashed(claim.path)
        taken = self._recorded(claim, ScanFile(sha256=sha256, size_bytes=size_bytes, media="unknown"))
        refusal = Refusal(sha256, escaped_name(claim.name), None, why.reason, why.detail)
        if self._record.finished(sha256) is None:
            commit_page(self._record, refusal, reader_version=READER_VERSION)
        return taken

    def _recorded(self, claim: Claim, file: ScanFile) -> Taken:
        office = os.fsencode(claim.office)
        # Named by its bytes too: what was written into the claimed file later is a meeting of its own.
        seen = Sighting(
            name=claim.name,
            folder=office or None,
            office=escaped_name(office) or None,
            claim=f"{claim.token}/{file.sha256}",
        )
        taken = self._record.take(file, seen, actor=self._actor, queued=self._record.central)
        return Taken(file.sha256, taken.new)

    def _head(self, path: Path) -> bytes:
        with _opened(path) as file:
            return file.read(SNIFF_BYTES)

    def _hashed(self, path: Path) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with _opened(path) as file:
            while step := file.read(_STEP_BYTES):
                digest.update(step)
                size += len(step)
                self._step()
        return digest.hexdigest(), size


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The regular file at `path`, whose own errors are told apart from those of the store."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            yield file
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableSourceError(error.errno, error.strerror) from error
