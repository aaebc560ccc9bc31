"""Files for other programs: whole when they appear, on the disk before we go on, and for our eyes only."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from scanner.delivery.target import TargetDownError


def drop(path: Path, content: bytes) -> None:
    """Put a file under its name, at once and for good; what stood there is replaced.

    Readable and writable by our own user only. Raises TargetDownError when the folder cannot be written
    to: nothing is under the name then, or what was there before.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        _make_folder(path.parent)
        part.unlink(missing_ok=True)
        # Made new and never followed: in a shared folder somebody else could have put a link there.
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise TargetDownError(f"{path.parent} cannot be written to: {error.strerror}.") from error


def is_there(path: Path) -> bool:
    """Whether a file was dropped before. Raises TargetDownError when that cannot be known."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise TargetDownError(f"{path.parent} cannot be looked into: {error.strerror}.") from error
    return True


def take_away(path: Path) -> None:
    """Remove a file of ours, if it is there, for good. Raises TargetDownError when that cannot be done."""
    if is_there(path):
        try:
            path.unlink()
            _sync_folder(path.parent)
        except OSError as error:
            raise TargetDownError(f"{path} cannot be removed: {error.strerror}.") from error


def _make_folder(folder: Path) -> None:
    """With those above it, each for our own user; pathlib would make the ones above open to all."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    """The name itself is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
