"""Which files a person means who names files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

JUNK = ("._*", "Thumbs.db", "desktop.ini", ".DS_Store", "~$*", "@eaDir", "*.part", ".*")
"""What file managers, shares and unfinished copies leave behind."""


def is_junk(name: str) -> bool:
    """Whether a name is none that a scanner gives to a scan."""
    return any(fnmatchcase(name, pattern) for pattern in JUNK)


def scan_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files to read, folders opened with all in them, by name.

    A file that is named is taken whatever it is called; in folders junk is passed over, links are not
    followed, and only regular files count.
    """
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path)
        else:
            yield path


def _in_folder(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not is_junk(name))
        for name in sorted(files):
            path = Path(place, name)
            if not is_junk(name) and not path.is_symlink() and path.is_file():
                yield path
