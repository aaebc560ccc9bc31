"""What one service works on, and with what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from scanner.errors import JanaError
from scanner.intake.open_store import StorePlace
from scanner.model.page import ScannedPage
from scanner.model.result import PageOutcome
from scanner.settings_limits import Limits
from scanner.settings_watch import QueueRules, WatchRules
from scanner.texts import Texts

PageJob = Callable[[], Callable[[ScannedPage], PageOutcome | JanaError]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one service works on."""

    inbox: Path | None
    """None: nothing is taken in, only read."""
    record_url: str
    store: StorePlace
    """Where scans are kept. Of those that use one embedded record one at a time reads."""
    make_job: PageJob
    processes: int
    limits: Limits
    rules: WatchRules
    texts: Texts
    actor: str
    queue: QueueRules = field(default_factory=QueueRules)
    second_look_share: float = 0.0
    """Of the lines that the reader accepts."""
    read_here: bool = True
    """False when workers elsewhere do the reading; with an embedded record there are none."""
    database_wait_s: float | None = None
    """How long to wait for the database at the start; None: for ever."""
