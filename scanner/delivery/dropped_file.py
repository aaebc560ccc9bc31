"""Files for other programs: whole when they appear, on the disk before we go on, for our eyes only, and once.

Whoever takes a file may take it at any moment, also before the record knows that it was put down. So that it
is not put down again after a crash, a mark in `.jana` beside it says that it was, and what was answered:

1. the content is written to `.jana/NAME.part`, and is on the disk;
2. the mark `.jana/NAME.put` is written, and is on the disk;
3. the content is renamed to `NAME`.

With the mark there and the part too, only the last step is missing; with the mark alone everything was done,
wherever the file is now.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from scanner.delivery.target import TargetDownError

BESIDE = ".jana"
"""The folder of parts and marks, in the folder of the files."""

KEPT_S = 30 * 86_400
"""So long a mark is kept: far longer than any crash, or a sleeper past its lease, could ask for it."""

Reasons = Mapping[str, str]
"""What a batch left out, and why, by the sheet; goes into the mark, since it cannot be worked out again when
the organisation's own files have changed meanwhile. Nothing personal may be in it."""


def put_once(path: Path, content: bytes | None, reasons: Reasons | None = None) -> None:
    """Put a file under its name, for good, unless `put_before` says that this was done. None: only the mark.

    Readable and writable by our own user only. Raises TargetDownError when the folder cannot be used:
    asking again goes on from wherever this ended.
    """
    part, mark = _part(path), _mark(path)
    try:
        _make_folder(part.parent)
        if content is not None:
            _write(part, content)
        _replace(mark, json.dumps(dict(reasons or {})).encode())
        _forget_old(mark)
        if content is not None:
            _show(part, path)
    except OSError as error:
        raise TargetDownError(f"{path.parent} cannot be written to: {error.strerror}.") from error


def put_before(path: Path) -> Reasons | None:
    """The reasons, when a file of this name was put down, whether it is still there or not; None: it never
    was. Raises TargetDownError when that cannot be known."""
    part, mark = _part(path), _mark(path)
    try:
        reasons = json.loads(mark.read_bytes())
        _show(part, path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TargetDownError(f"{path.parent} cannot be used: {error.strerror}.") from error
    return {str(name): str(why) for name, why in reasons.items()}


def keep_current(path: Path, content: bytes) -> None:
    """Let a file hold this from now on; one that does is left alone. Raises TargetDownError."""
    with suppress(OSError):
        if path.read_bytes() == content:
            return
    try:
        _make_folder(path.parent)
        _replace(path, content)
    except OSError as error:
        raise TargetDownError(f"{path.parent} cannot be written to: {error.strerror}.") from error


def _part(path: Path) -> Path:
    return path.with_name(BESIDE) / f"{path.name}.part"


def _mark(path: Path) -> Path:
    return path.with_name(BESIDE) / f"{path.name}.put"


def _show(part: Path, path: Path) -> None:
    """The last step, unless somebody did it."""
    try:
        part.replace(path)
    except FileNotFoundError:
        return
    _sync_folder(path.parent)


def _replace(path: Path, content: bytes) -> None:
    new = path.with_name(f".{path.name}.new")
    _write(new, content)
    new.replace(path)
    _sync_folder(path.parent)


def _write(path: Path, content: bytes) -> None:
    """A file that is on the disk; whatever stood there is removed."""
    path.unlink(missing_ok=True)
    try:
        # Made new and never followed: in a shared folder somebody else could have put a link there.
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        _sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def _forget_old(mark: Path) -> None:
    for other in mark.parent.glob("*.put"):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > KEPT_S:
                other.unlink()


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
