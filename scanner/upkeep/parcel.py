"""A backup as it lies on a disk: a folder, or one tar file of the same content.

backup.json         what is in it, written last: a parcel without it was never finished
anchor.json         where the audit ended
record.sqlite       or record.dump: the record at one moment
scans/ab/cdef...    the scan files, each under the hash of its content
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Protocol

from scanner.errors import JanaError

MANIFEST = "backup.json"
ANCHOR = "anchor.json"
DATABASES = {"sqlite": "record.sqlite", "postgresql": "record.dump"}
SCAN = re.compile(r"scans/([0-9a-f]{2})/([0-9a-f]{62})")
_KNOWN = {MANIFEST, ANCHOR, *DATABASES.values()}
_STEP_BYTES = 1 << 20


class Parcel(Protocol):
    """A backup that is being written."""

    def add(self, name: str, source: Path) -> None:
        """Put a file's content into it."""

    def add_text(self, name: str, text: str) -> None:
        """Put a short text into it."""


def scan_name(sha256: str) -> str:
    return f"scans/{sha256[:2]}/{sha256[2:]}"


@contextmanager
def writing(out: Path) -> Iterator[tuple[Parcel, Path]]:
    """A parcel that appears as `out` when all went well (a tar file when it is called so), and a scratch
    folder on the same disk. It is its owner's alone.

    Raises JanaError when something stands under that name already, or the disk takes no more.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise JanaError(f"{out} is there already, and a backup is never overwritten: choose another name.")
    try:
        with scratch_folder(out.with_name(f".{out.name}.part")) as scratch:
            with _parcel(scratch, out) as parcel:
                yield parcel, scratch
            (scratch / "parcel").rename(out)
            _sync(out.parent)
    except OSError as error:
        raise JanaError(f"The backup {out} cannot be written: {error.strerror}.") from error


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """An empty folder of one's own that is gone afterwards; what a killed process left in it goes first.

    Raises JanaError while another process works there, OSError when the disk takes no more.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JanaError(f"Another process works in {path}: wait for its end.") from None
        for left in path.iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)


def contents(parcel: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Each file of a finished parcel, in any order; read it before asking for the next.

    Raises JanaError for what is no parcel, or holds what none of ours does.
    """
    try:
        yield from _in_folder(parcel) if parcel.is_dir() else _in_tar(parcel)
    except (OSError, tarfile.TarError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise JanaError(f"The backup {parcel} cannot be read: {why}.") from error


def digest_of(stream: IO[bytes]) -> tuple[str, int]:
    """SHA-256 in hex of what is left of a stream, and how many bytes that were."""
    digest, size = hashlib.sha256(), 0
    while step := stream.read(_STEP_BYTES):
        digest.update(step)
        size += len(step)
    return digest.hexdigest(), size


def save(stream: IO[bytes], target: Path) -> Path:
    """Write a stream into a new file that is its owner's alone."""
    target.touch(mode=0o600, exist_ok=False)
    with target.open("wb") as file:
        shutil.copyfileobj(stream, file, _STEP_BYTES)
        file.flush()
        os.fsync(file.fileno())
    return target


def _parcel(scratch: Path, out: Path) -> AbstractContextManager[Parcel]:
    place = scratch / "parcel"
    return _tar(place) if out.suffix == ".tar" else _folder(place)


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def add(self, name: str, source: Path) -> None:
        with source.open("rb") as stream:
            self._add(name, stream)

    def add_text(self, name: str, text: str) -> None:
        self._add(name, io.BytesIO(text.encode()))

    def _add(self, name: str, stream: IO[bytes]) -> None:
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        save(stream, target)


@contextmanager
def _folder(place: Path) -> Iterator[_Folder]:
    place.mkdir(mode=0o700)
    yield _Folder(place)
    for folder in {path.parent for path in place.rglob("*")}:
        _sync(folder)


class _Tar:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive

    def add(self, name: str, source: Path) -> None:
        with source.open("rb") as stream:
            self._add(name, stream, os.fstat(stream.fileno()).st_size)

    def add_text(self, name: str, text: str) -> None:
        content = text.encode()
        self._add(name, io.BytesIO(content), len(content))

    def _add(self, name: str, stream: IO[bytes], size_bytes: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size = size_bytes
        entry.mode = 0o600
        self._archive.addfile(entry, stream)


@contextmanager
def _tar(place: Path) -> Iterator[_Tar]:
    place.touch(mode=0o600)
    with place.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            yield _Tar(archive)
        file.flush()
        os.fsync(file.fileno())


def _in_folder(parcel: Path) -> Iterator[tuple[str, IO[bytes]]]:
    for path in sorted(parcel.rglob("*")):
        if not path.is_dir() or path.is_symlink():
            name = _checked(path.relative_to(parcel).as_posix(), parcel, regular=not path.is_symlink())
            with path.open("rb") as stream:
                yield name, stream


def _in_tar(parcel: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(parcel, mode="r|") as archive:
        for entry in archive:
            name = _checked(entry.name, parcel, regular=entry.isfile())
            stream = archive.extractfile(entry)
            assert stream is not None  # noqa: S101, a regular file has one
            yield name, stream


def _checked(name: str, parcel: Path, *, regular: bool) -> str:
    if not regular or (name not in _KNOWN and not SCAN.fullmatch(name)):
        raise JanaError(f"{parcel} is no backup of ours: it holds {name!r}.")
    return name


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
