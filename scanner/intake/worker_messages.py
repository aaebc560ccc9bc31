"""What the caller, the nursery and the reading processes say to each other.

Kept apart from what the processes do, so that the caller need not import the decoders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from scanner.model.page import PageSource, ScannedPage
from scanner.pages.facts import FileFacts
from scanner.settings_limits import Limits

Job = Callable[[ScannedPage], object]


@dataclass(frozen=True, slots=True)
class Setup:
    """To the nursery, first of all: what reading processes will do."""

    module_path: list[str]
    make_job: bytes
    """Pickled apart, for it can only be unpickled under this module path."""
    limits: Limits


@dataclass(frozen=True, slots=True)
class Bear:
    """To the nursery: fork a reading process; its end of a pipe follows."""


@dataclass(frozen=True, slots=True)
class Bury:
    """To the nursery: end a reading process and what it has started."""

    process: int


@dataclass(frozen=True, slots=True)
class InspectOrder:
    """Say what a file is."""

    path: Path
    alone: bool = False
    """Nobody else is at work: this may take more memory."""


@dataclass(frozen=True, slots=True)
class PageOrder:
    """Decode one page and do the job on it."""

    path: Path
    facts: FileFacts
    source: PageSource
    said_sheet_id: str | None = None
    """The sheet that a person says the page shows."""
    alone: bool = False
    """Nobody else is at work: this may take more memory."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The job is made; orders are being taken."""


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The job could not be made: a fault of the installation or of the program."""

    trace: str


class Ending(Enum):
    """How an order ended, and with it the type of its outcome."""

    INSPECTED = auto()
    """`FileFacts | FileRefusal`."""
    READ = auto()
    """Whatever the job returned."""
    NOT_DECODED = auto()
    """`Refusal`: there is no such page, or its picture is broken."""
    FAILED = auto()
    """`Refusal`: the page was decoded, and then the job ended with an error."""
    SHORT = auto()
    """`None`: there may have been too little memory. Only for an order that was not to be done alone."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an order."""

    ending: Ending
    outcome: object
    retiring: bool
    """The process has grown too large; this was its last answer."""
    seconds: float
    """How long it took, by a clock that never goes back."""
