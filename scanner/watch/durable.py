"""Changes in folders that are still there after a power cut, and that overwrite nothing."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

_CURRENT_FOLDER = -100
"""`AT_FDCWD`: paths count from where we are."""
_DO_NOT_REPLACE = 1
"""`RENAME_NOREPLACE` of renameat2(2)."""
_NOT_KNOWN_HERE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})


def write_new(path: Path, content: bytes) -> None:
    """Write a file that must not be there yet. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, each so that it stays. Raises OSError, also for a link there."""
    try:
        path.mkdir()
    except FileExistsError:
        if path.is_symlink() or not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from None
        return
    except FileNotFoundError:
        make_folder(path.parent)
        make_folder(path)
        return
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Have the entries of a folder outlive a power cut, where the file system can do that for folders."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_KNOWN_HERE:
            raise
    finally:
        os.close(descriptor)


def move(source: Path, target: Path) -> None:
    """Rename within a file system, overwriting nothing; both folders are synced.

    On a share the reply may be lost, so that an error is reported for what was done: whether it was is
    looked up. Raises FileExistsError when the target is there, else the OSError of the rename.
    """
    before = source.lstat()
    try:
        _rename_without_replacing(source, target)
    except OSError:
        if os.path.lexists(source) or not _is(target, before):
            raise
    for folder in {source.parent, target.parent}:
        sync_folder(folder)


def _is(path: Path, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.lstat(), status)
    except OSError:
        return False


def _rename_without_replacing(source: Path, target: Path) -> None:
    rename = _renameat2()
    if rename is not None:
        if rename(_CURRENT_FOLDER, bytes(source), _CURRENT_FOLDER, bytes(target), _DO_NOT_REPLACE) == 0:
            return
        code = ctypes.get_errno()
        if code not in _NOT_KNOWN_HERE:
            raise OSError(code, os.strerror(code), str(source), None, str(target))
    # Only here somebody might put a file of that name in between, and only into our own folders.
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    source.rename(target)


@cache
def _renameat2() -> Callable[..., int] | None:
    """The system call that Python does not offer; None where there is none."""
    if sys.platform != "linux":
        return None
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is not None:
        call.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return call
