"""What the fault tests drop into folders, with what must become of it. Plain values."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Content:
    """The bytes of a file, and what is on them."""

    data: bytes
    extension: str
    sheets: tuple[str | None, ...] = ()
    """For each page the sheet that is on it; None for a page on which there is none."""
    refused: str | None = None
    """Why the file as a whole must be refused; None when its pages are read."""

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Drop:
    """One file that somebody has put into the inbox."""

    content: Content
    name: str
    """As the file system has it; bytes that are no text as in `os.fsdecode`."""
    office: str = ""


@dataclass(frozen=True)
class Places:
    """Where everything lies."""

    inbox: Path
    scans: Path
    """Folder of the scan store; need not be there when the database holds the scans."""
    url: str
    """Of the record, as the product gets it."""


@dataclass(frozen=True)
class Expected:
    """What must be found at rest, when every file has come to its end."""

    drops: Sequence[Drop]
    marks_mm: dict[str, tuple[float, ...]]
    """Where the marks are on each sheet that was printed."""
    revisions: frozenset[str] = field(default_factory=frozenset)
    """Hashes of unfinished states of files that were still written to: rows of them are right too."""
    odd: frozenset[str] = frozenset()
    """Names of links and pipes, which are refused without being opened."""
