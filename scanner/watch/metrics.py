"""The service's figures, in the words of Prometheus. Numbers only: nothing of a client, no file's name."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from scanner.model.outcome import RefusalReason
from scanner.watch.health import Health, Monotonic

BUCKETS_S = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""A page takes a tenth of a second, one whose code is read by OCR some seconds; a stage ends at its limit."""


class Stage(StrEnum):
    """What a file or a page spends its time in."""

    INTAKE = "intake"
    """Claiming a file, copying it into the store, recording it."""
    READ = "read"
    """Decoding and measuring a page."""
    COMMIT = "commit"
    """Writing a page's outcome into the record."""


class Metrics:
    """The figures of one service, in a registry of their own. May be used by any number of threads."""

    def __init__(self, health: Health | None = None, *, monotonic: Monotonic = time.monotonic) -> None:
        """Start at zero; with `health` the state of its parts is among the figures."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second line for each figure, with the moment of our start
        self.registry = CollectorRegistry()
        self._waiting = _Waiting(monotonic)
        self.registry.register(self._waiting)
        self._read = self._counter("jana_pages_read", "Pages with one of our sheets that were read")
        self._empty = self._counter("jana_pages_empty", "Pages with nothing on them")
        self._refused = self._counter("jana_pages_refused", "Pages, and files as a whole, refused", "reason")
        self._review = Gauge(
            "jana_review_queue", "Sheets with a line that waits for a person", registry=self.registry
        )
        self._stage = Histogram(
            "jana_stage_seconds",
            "Time that a file (intake) or a page (read, commit) took",
            ["stage"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._attempts = self._counter("jana_attempts", "Times that reading a file was begun")
        self._monotonic = monotonic
        for reason in RefusalReason:  # so that each stands there from the first moment, at 0
            self._refused.labels(reason.value)
        for stage in Stage:
            self._stage.labels(stage.value)
        ProcessCollector(namespace="jana", registry=self.registry)
        if health is not None:
            self.registry.register(_Parts(health))

    def waiting(self, files: int, oldest_s: float | None) -> None:
        """How many files are not finished yet, and how long the oldest of them has waited, by now.

        Between two calls the age goes on growing: a loop that hangs does not stop it.
        """
        self._waiting.set(files, oldest_s)

    def review_queue(self, sheets: int) -> None:
        self._review.set(sheets)

    def page_read(self) -> None:
        self._read.inc()

    def page_empty(self) -> None:
        self._empty.inc()

    def refused(self, reason: RefusalReason) -> None:
        """A page, or a file as a whole, was refused."""
        self._refused.labels(reason.value).inc()

    def attempt(self) -> None:
        """Reading a file was begun, perhaps not for the first time."""
        self._attempts.inc()

    def spent(self, stage: Stage, seconds: float) -> None:
        self._stage.labels(stage.value).observe(seconds)

    @contextmanager
    def timed(self, stage: Stage) -> Iterator[None]:
        """Count the time of the block, also when it ends in an exception."""
        begun_s = self._monotonic()
        try:
            yield
        finally:
            self.spent(stage, self._monotonic() - begun_s)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)


class _Waiting(Collector):
    """Files waiting, and the age of the oldest as it is when somebody looks."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._files = 0
        self._since_s: float | None = None

    def set(self, files: int, oldest_s: float | None) -> None:
        with self._lock:
            self._files = files
            self._since_s = None if oldest_s is None else self._monotonic() - oldest_s

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._lock:
            files, since_s = self._files, self._since_s
        age_s = 0.0 if since_s is None else self._monotonic() - since_s
        yield GaugeMetricFamily("jana_files_waiting", "Files that are not finished yet", files)
        yield GaugeMetricFamily(
            "jana_oldest_waiting_seconds", "Age of the oldest file that is not finished; 0 without one", age_s
        )


class _Parts(Collector):
    """The state of the service's parts."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[GaugeMetricFamily]:
        live = GaugeMetricFamily("jana_part_live", "Whether the part is running", labels=["part"])
        trouble = GaugeMetricFamily("jana_part_trouble", "Whether something is in its way", labels=["part"])
        for part in self._health.state().parts:
            live.add_metric([part.part], float(part.live))
            trouble.add_metric([part.part], float(part.trouble is not None))
        yield live
        yield trouble
