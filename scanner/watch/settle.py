"""When has a file come to rest? Pure: the clock is passed in, nothing is opened.

A writer tells nobody that it has finished. What does not change for a while may be looked into; whether
it is whole is for `completeness` to say. What is never whole is taken all the same in the end, so that
somebody hears of it.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from scanner.settings_watch import WatchRules


@dataclass(frozen=True, slots=True)
class Signature:
    """What changes when a file is written to or exchanged. Its times are compared, never reckoned with."""

    size_bytes: int
    mtime_ns: int
    device: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Signature:
        return cls(status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino)


class Rest(Enum):
    """How long a file has been left alone."""

    RESTLESS = auto()
    """Not long enough to be looked into."""
    SETTLED = auto()
    """Long enough, if it is whole."""
    ABANDONED = auto()
    """So long that nobody will finish it."""


@dataclass(frozen=True, slots=True)
class _Seen:
    signature: Signature
    since_s: float
    first_s: float
    whole: bool | None


class Settling:
    """What was seen of each file, by its place or whatever else names it."""

    def __init__(self, rules: WatchRules) -> None:
        self._rules = rules
        self._seen: dict[Hashable, _Seen] = {}

    def observe(self, key: Hashable, signature: Signature, now_s: float) -> Rest:
        """Note what a file looks like now; how long it has been left alone."""
        before = self._seen.get(key)
        if before is None:
            self._seen[key] = _Seen(signature, now_s, now_s, whole=None)
        elif before.signature != signature:
            self._seen[key] = _Seen(signature, now_s, before.first_s, whole=None)
        quiet_s = now_s - self._seen[key].since_s
        if quiet_s >= self._rules.settle_limit_s:
            return Rest.ABANDONED
        return Rest.SETTLED if quiet_s >= self._rules.settle_s else Rest.RESTLESS

    def known_whole(self, key: Hashable) -> bool | None:
        """Whether the file was whole when it last looked like this; None when nobody has looked inside."""
        return self._seen[key].whole

    def found(self, key: Hashable, *, whole: bool) -> None:
        """Somebody has looked inside; holds until the file changes."""
        seen = self._seen[key]
        self._seen[key] = _Seen(seen.signature, seen.since_s, seen.first_s, whole)

    def knows(self, key: Hashable) -> bool:
        return key in self._seen

    def quiet_s(self, key: Hashable, now_s: float) -> float:
        """For how long it has not changed."""
        return now_s - self._seen[key].since_s

    def first_seen_s(self, key: Hashable) -> float:
        return self._seen[key].first_s

    def changed(self, key: Hashable) -> bool:
        """Whether it has changed at least once since it was first seen."""
        seen = self._seen[key]
        return seen.since_s > seen.first_s

    def rename(self, key: Hashable, new: Hashable) -> None:
        """The same file under another name: it need not settle again."""
        self._seen[new] = self._seen.pop(key)

    def forget(self, key: Hashable) -> None:
        self._seen.pop(key, None)

    def keep_only(self, keys: Iterable[Hashable]) -> None:
        """Forget every file but these."""
        self._seen = {key: self._seen[key] for key in keys if key in self._seen}
