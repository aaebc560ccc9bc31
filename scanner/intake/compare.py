"""Does a sheet that came back say the same as before? Pure.

A sheet is scanned twice for innocent reasons (a jam, a second copy for the file) and for others
(a correction, a filled-in photocopy). The first must not bother anybody, the second must never
pass unseen, so agreement is narrow: what stands on a line is *nothing*, *one mark* or *several
marks*, and both scans must have the same marks within `TOLERANCE_MM`. The shape of a mark is
not compared, because one stroke may look like a stroke on one scan and like a blob on the next;
but a mark that names a point and ink that names none (a scribble, a range, words) never agree.
When both readings were accepted the reader has already told the mark from what is none, and
only the two positions count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scanner.model.decision import Decision, Verdict
from scanner.model.reading import MarkKind
from scanner.model.score import printed_position

TOLERANCE_MM = 1
"""The contract's: about ten times what a second scan of the same stroke differs by."""

POINTLESS = frozenset({MarkKind.OTHER.value})
"""Kinds of ink that name no point of the line."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One candidate, as far as agreement cares."""

    position_um: int
    """Micrometres on the line, clamped to it, as it would be printed."""
    names_point: bool


@dataclass(frozen=True, slots=True)
class SeenLine:
    """What one reading saw on one line."""

    item: str
    accepted_um: int | None
    """Where the mark is, when the reader alone accepted it."""
    marks: tuple[Mark, ...]
    """From left to right."""


def seen(
    item: str, *, accepted: bool, position_mm: float | None, marks: Sequence[tuple[str, float]]
) -> SeenLine:
    """From a reading's position and the kinds and positions of its candidates."""
    found = [Mark(_micrometres(place), kind not in POINTLESS) for kind, place in marks]
    return SeenLine(
        item=item,
        accepted_um=_micrometres(position_mm) if accepted and position_mm is not None else None,
        marks=tuple(sorted(found, key=lambda mark: (mark.position_um, mark.names_point))),
    )


def seen_by(decision: Decision) -> SeenLine:
    """The same from a decision that is not recorded yet."""
    return seen(
        decision.reading.item,
        accepted=decision.verdict is Verdict.ACCEPTED,
        position_mm=decision.reading.position_mm,
        marks=[(mark.kind.value, mark.position_mm) for mark in decision.reading.candidates],
    )


def agree(one: SeenLine, other: SeenLine) -> bool:
    """Whether both readings of a line say the same. Symmetric; every reading agrees with itself."""
    if one.accepted_um is not None and other.accepted_um is not None:
        return _near(one.accepted_um, other.accepted_um)
    return (
        _all_matched(one.marks, other.marks)
        and _all_matched(other.marks, one.marks)
        and (_few(one.marks) == _few(other.marks))
    )


def agrees_with_any(new: SeenLine, earlier: Sequence[SeenLine]) -> bool:
    """Whether the line was seen like this before. `earlier` may hold other items too."""
    return any(agree(new, old) for old in earlier if old.item == new.item)


def _all_matched(marks: Sequence[Mark], others: Sequence[Mark]) -> bool:
    """Every mark has a partner of its sort within the tolerance."""
    return all(
        any(mark.names_point == o.names_point and _near(mark.position_um, o.position_um) for o in others)
        for mark in marks
    )


def _few(marks: Sequence[Mark]) -> int:
    """Nothing, one mark, several marks: beyond one, ink falls apart differently on each scan."""
    return min(len(marks), 2)


def _near(one_um: int, other_um: int) -> bool:
    return abs(one_um - other_um) <= TOLERANCE_MM * 1000


def _micrometres(position_mm: float) -> int:
    return int(printed_position(position_mm).scaleb(3))
