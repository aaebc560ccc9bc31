"""Wake the loops early. Nobody relies on it: what is missed is found by looking again."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

TELLING = frozenset({"created", "moved", "modified", "closed", "deleted"})
"""Kinds of events that may mean a file; our own looks are events too."""


class Nudge(FileSystemEventHandler):
    """Sets an event when something happens in a folder, where the file system tells of it.

    Only the folder itself: offices are found by the next look, a second later.
    """

    def __init__(self, folder: Path, wake: threading.Event) -> None:
        self._wake = wake
        self._observer = Observer()
        self.works = False
        with suppress(OSError):  # no watches left, or none on this file system
            self._observer.schedule(self, str(folder), recursive=False)
            self._observer.start()
            self.works = True

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in TELLING and not event.is_directory:
            self._wake.set()

    def stop(self) -> None:
        """Its thread ends by itself soon after; nobody waits for it."""
        if self.works:
            self._observer.stop()
