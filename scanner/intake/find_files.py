"""Which files a person means who names files and folders."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path

JUNK = ("._*", "Thumbs.db", "desktop.ini", ".DS_Store", "~$*", "@eaDir", "*.part", ".*")
"""What file managers, shares and unfinished copies leave behind."""
_JUNK = re.compile("|".join(translate(pattern) for pattern in JUNK))


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file or folder that cannot be opened just now. It is not refused: it may be read another time."""

    path: Path
    why: str
    """Some English words, such as `permission denied`."""


def is_junk(name: str) -> bool:
    """Whether a name is none that a scanner gives to a scan."""
    return _JUNK.match(name) is not None


def scan_files(paths: Iterable[Path]) -> Iterator[Path | NotTaken]:
    """The files to read, folders opened with all in them, by name.

    A file that is named is taken whatever it is called; in folders junk is passed over, links are not
    followed, and only regular files count. A folder that cannot be listed is told of in its place.
    """
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path)
        else:
            yield path


def why_not(path: Path) -> str | None:
    """Why a file cannot be opened just now, without opening it: a FIFO would hold us up."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        return _words(error)
    return "permission denied" if stat.S_ISREG(mode) and not os.access(path, os.R_OK) else None


def _in_folder(folder: Path) -> Iterator[Path | NotTaken]:
    unlisted: list[NotTaken] = []

    def remember(error: OSError) -> None:
        unlisted.append(NotTaken(Path(os.fsdecode(error.filename)), _words(error)))

    for place, folders, files in os.walk(folder, onerror=remember, followlinks=False):
        folders[:] = sorted(name for name in folders if not is_junk(name))
        for name in sorted(files):
            path = Path(place, name)
            if not is_junk(name) and not path.is_symlink() and path.is_file():
                yield path
        yield from unlisted
        unlisted.clear()
    yield from unlisted


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
