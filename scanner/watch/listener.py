"""What the reading loop tells, as log lines and figures. Nothing of a client: hashes, reasons, times."""

from __future__ import annotations

from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from scanner.intake.reading_loop import BytesMissing, FileBegun, FileFinished, PageDone, Told
from scanner.record import PageKind
from scanner.watch.metrics import Metrics, Stage


class Listener:
    """Hears what becomes of files and pages."""

    def __init__(self, metrics: Metrics, log: FilteringBoundLogger, finished: Callable[[], None]) -> None:
        """`finished` is called whenever a file can be moved to its end."""
        self._metrics = metrics
        self._log = log
        self._finished = finished
        self._missing: set[str] = set()

    @property
    def trouble(self) -> str | None:
        """What stands in the way of single files."""
        number = len(self._missing)
        return f"{number} scans are missing in the store; restore it from a backup" if number else None

    def hear(self, told: Told) -> None:
        match told:
            case FileBegun(sha256, _, attempt):
                self._missing.discard(sha256)
                self._metrics.attempt()
                self._log.info("reading", sha256=sha256, attempt=attempt)
            case PageDone():
                self._page(told)
            case FileFinished(sha256):
                self._log.info("read", sha256=sha256)
                self._finished()
            case BytesMissing(sha256):
                if sha256 not in self._missing:
                    self._log.error("bytes_missing", sha256=sha256)
                self._missing.add(sha256)

    def _page(self, done: PageDone) -> None:
        outcome = done.outcome
        if done.read_s is not None:
            self._metrics.spent(Stage.READ, done.read_s)
        self._metrics.spent(Stage.COMMIT, done.commit_s)
        if done.already:
            return
        if outcome.kind is PageKind.READ:
            self._metrics.page_read()
        elif outcome.kind is PageKind.EMPTY:
            self._metrics.page_empty()
        elif outcome.reason is not None:
            self._metrics.refused(outcome.reason)
            self._log.info("refused", sha256=done.sha256, page=outcome.scan_page, reason=outcome.reason.value)
