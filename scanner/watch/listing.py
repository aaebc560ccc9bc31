"""What of the inbox is to be claimed, and in which order: oldest first, and every office in its turn."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanner.settings_watch import WatchRules
from scanner.watch.claims import Claim
from scanner.watch.completeness import Wholeness, look_inside
from scanner.watch.inbox import Entry, Inbox, Unlisted
from scanner.watch.settle import Rest, Settling, Signature

LISTING_SHARE = 4
"""The inbox is listed again after so many times as long as the listing took; claiming goes on meanwhile."""
LEAST_PAUSE_S = 0.1
"""Between rounds, for our own moves wake us too."""


@dataclass(slots=True)
class Listing:
    """The inbox as it was listed last."""

    queue: deque[tuple[Entry, Rest]] = field(default_factory=deque)
    """What is to be claimed if it is whole, in a fair order."""
    files: int = 0
    oldest_s: float = math.inf
    """When the one that lies there longest was first seen."""
    settling: bool = False
    """Something new is on its way to be settled."""
    ripe_at_s: float = math.inf
    """When the next may have settled."""
    again_at_s: float = -math.inf
    """When to list again at the earliest: listing may be costly."""
    troubles: list[str] = field(default_factory=list)
    """What stood in the way of single files and folders since; without their names."""

    def pause_s(self, now_s: float, rescan_s: float) -> float:
        """How long to wait until the next look, unless something wakes us."""
        look_at_s = max(self.again_at_s, min(self.ripe_at_s, now_s + rescan_s))
        return max(LEAST_PAUSE_S, look_at_s - now_s)


class Lister:
    """Lists one inbox again and again."""

    def __init__(
        self,
        inbox: Inbox,
        settling: Settling,
        rules: WatchRules,
        *,
        step: Callable[[], None],
        monotonic: Callable[[], float],
    ) -> None:
        """`settling` also knows the claims, by their tokens; `step` is called for every file."""
        self._inbox = inbox
        self._settling = settling
        self._rules = rules
        self._step = step
        self._monotonic = monotonic

    def look(self, held: Sequence[Claim]) -> Listing:
        """All that lies in the inbox now. `held` are the claims that offices have already."""
        now_s = self._monotonic()
        seen = Listing()
        settled: list[tuple[Entry, Rest]] = []
        places = []
        for found in self._inbox.entries():
            self._step()
            if isinstance(found, Unlisted):
                seen.troubles.append(f"a folder cannot be listed: {found.error.strerror}")
                continue
            places.append(found.place)
            rest = self._settling.observe(found.place, found.signature, now_s)
            seen.oldest_s = min(seen.oldest_s, self._settling.first_seen_s(found.place))
            if rest is not Rest.RESTLESS:
                settled.append((found, rest))
                continue
            seen.settling |= not self._settling.changed(found.place)
            ripe_at_s = now_s + self._rules.settle_s - self._settling.quiet_s(found.place, now_s)
            seen.ripe_at_s = min(seen.ripe_at_s, ripe_at_s)
        seen.files = len(places)
        self._settling.keep_only([*places, *(claim.token for claim in held)])
        seen.queue = self._in_fair_order(settled, held)
        took_s = self._monotonic() - now_s
        seen.again_at_s = now_s + max(LISTING_SHARE * took_s, LEAST_PAUSE_S)
        return seen

    def is_ready(self, entry: Entry, rest: Rest, troubles: list[str]) -> bool:
        """Whether a file is to be claimed: as it was listed, which may be a while ago, and whole."""
        try:
            if Signature.of(entry.path.lstat()) != entry.signature:
                return False
        except OSError:
            return False
        return not entry.regular or self.is_whole(entry.place, entry.path, rest, troubles)

    def is_whole(self, key: str, path: Path, rest: Rest, troubles: list[str]) -> bool:
        """Whether a settled file is whole, or will never be. Trouble with looking is added to `troubles`."""
        if rest is Rest.ABANDONED:
            return True
        whole = self._settling.known_whole(key)
        if whole is None:
            try:
                whole = look_inside(path) is not Wholeness.UNFINISHED
            except FileNotFoundError:
                return False
            except OSError as error:
                troubles.append(f"a file cannot be read: {error.strerror}")
                return False
            self._settling.found(key, whole=whole)
        return whole

    def _in_fair_order(
        self, settled: Sequence[tuple[Entry, Rest]], held: Sequence[Claim]
    ) -> deque[tuple[Entry, Rest]]:
        """Oldest first in each office, and every office in its turn, however much another has dropped."""

        def age(one: tuple[Entry, Rest]) -> tuple[float, int, str]:
            entry = one[0]
            return self._settling.first_seen_s(entry.place), entry.signature.mtime_ns, entry.place

        turns = Counter(claim.office for claim in held)
        ranked = []
        for number, one in enumerate(sorted(settled, key=age)):
            ranked.append((turns[one[0].office], number, one))
            turns[one[0].office] += 1
        return deque(one for _, _, one in sorted(ranked, key=lambda it: it[:2]))
