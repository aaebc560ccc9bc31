"""The worst lines of a run, with their pictures, chosen while the lines stream by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappush, heappushpop
from itertools import count, zip_longest

from calibration.evaluate import causes
from calibration.judged import JudgedLine, Outcome, judged
from calibration.trials import ReadLine
from calibration.truth import PageConditions

MOST_PICTURES = 60
_SHARE_WRONG = 0.5
"""Of the pictures at most, unless the others are few."""
_SHARE_OFF = 0.25
_FROM_MM = 0.3
"""An accepted mark this far off is worth a look."""
_SAME_KIND = 4
"""Pictures of flagged marks of one kind with the same reason that are kept: more teach nothing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A line and how it looked."""

    line: JudgedLine
    page: PageConditions
    crop: bytes
    """PNG."""


class Worst:
    """Looks at every line of a run, and keeps the few that a person should see."""

    def __init__(self, most: int = MOST_PICTURES) -> None:
        self._most = most
        self._wrong = Highest(most)
        self._off = Highest(most)
        self._flagged: dict[tuple[str, str], list[Picture]] = {}

    def look(self, line: ReadLine) -> JudgedLine:
        """Judge a line, and remember it when it is among the worst."""
        verdict = judged(line)
        if line.crop is None:
            return verdict
        picture = Picture(verdict, line.page, line.crop)
        error = verdict.error_mm
        if verdict.silently_wrong:
            self._wrong.offer((1000.0 if error is None else abs(error),), picture)
        elif verdict.accepted and error is not None and abs(error) > _FROM_MM:
            self._off.offer((abs(error),), picture)
        elif verdict.unmistakable and verdict.outcome is Outcome.FLAGGED:
            alike = self._flagged.setdefault((causes(verdict)[0], verdict.truth.kind), [])
            if len(alike) < _SAME_KIND:
                alike.append(picture)
        return verdict

    def pictures(self) -> tuple[tuple[str, tuple[Picture, ...]], ...]:
        """Silently wrong, then the largest errors, then unmistakable marks that went to a person.

        Each with its heading; groups without any picture are left out.
        """
        wrong, off = self._wrong.sorted(), self._off.sorted()
        flagged = list(self._one_of_each())
        for_wrong = max(round(_SHARE_WRONG * self._most), self._most - len(off) - len(flagged))
        wrong = wrong[:for_wrong]
        left = self._most - len(wrong)
        off = off[: max(round(_SHARE_OFF * self._most), left - len(flagged))][:left]
        groups = (
            ("Silently wrong", tuple(wrong)),
            ("Accepted, and furthest off", tuple(off)),
            ("Unmistakable, yet sent to a person", tuple(flagged[: left - len(off)])),
        )
        return tuple((name, pictures) for name, pictures in groups if pictures)

    def _one_of_each(self) -> Iterator[Picture]:
        """One picture of each kind and reason, then a second one of each, and so on."""
        for layer in zip_longest(*self._flagged.values()):
            yield from (picture for picture in layer if picture is not None)


class Highest:
    """The pictures with the highest ranks; the first to come of those alike. Memory stays flat."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[tuple[float, ...], int, Picture]] = []
        self._order = count()

    def offer(self, rank: tuple[float, ...], picture: Picture) -> None:
        """Keep a picture if its rank is among the highest so far."""
        entry = (rank, -next(self._order), picture)
        if len(self._heap) < self._most:
            heappush(self._heap, entry)
        else:
            heappushpop(self._heap, entry)

    def sorted(self) -> list[Picture]:
        """The highest rank first."""
        return [picture for _, _, picture in sorted(self._heap, key=lambda e: e[:2], reverse=True)]
