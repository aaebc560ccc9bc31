"""Writers that go on after their file has been finished: it is then taken once more, as a new revision.

A program may keep a file open through both of our renames. Settling makes that rare; this makes it harmless.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass

from scanner.watch.finish import Placed
from scanner.watch.inbox import Entry
from scanner.watch.settle import Signature

MOST = 1000
"""Files that are looked at; when more are finished in the time, the oldest are left alone sooner."""


@dataclass(frozen=True, slots=True)
class _Finished:
    placed: Placed
    office: str
    signature: Signature
    until_s: float


class LateWriters:
    """The files that were finished a moment ago. The clock is passed in."""

    def __init__(self, late_s: float) -> None:
        self._late_s = late_s
        self._finished: deque[_Finished] = deque(maxlen=MOST)

    def watch(self, placed: Placed, office: str, signature: Signature, now_s: float) -> None:
        """A file was placed; `signature` is what it looked like when its bytes were taken."""
        self._finished.append(_Finished(placed, office, signature, now_s + self._late_s))

    def changed(self, now_s: float) -> list[Entry]:
        """Files that were written to since, and are to be claimed again; told until they are claimed.

        The reason file of one that was refused is removed: it speaks of bytes that are no more.
        """
        found, kept = [], []
        for one in self._finished:
            try:
                now = Signature.of(one.placed.path.lstat())
            except FileNotFoundError:
                continue  # claimed again, or a person has taken it away
            except OSError:
                kept.append(one)
                continue
            if now == one.signature:
                if now_s < one.until_s:
                    kept.append(one)
            elif now.inode == one.signature.inode:
                kept.append(one)
                if one.placed.reason_file is not None:
                    with suppress(OSError):
                        one.placed.reason_file.unlink()
                found.append(Entry(str(one.placed.path), one.office, now, regular=True))
        self._finished = deque(kept, maxlen=MOST)
        return found
