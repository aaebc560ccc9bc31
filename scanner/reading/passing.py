"""What passes through a line's zone or lies beside the line: no hand meant it as a mark. Pure: no pixels."""

from __future__ import annotations

from scanner.model.reading import Candidate, MarkKind

THROUGH_MM = 10.0
"""What reaches this far above and below the line, straight and out of the zone, runs through it."""
STRAIGHT_MM = 0.12
BESIDE_MM = 2.0
"""Ink further than this from the ends of the line is beside it."""


def runs_through(mark: Candidate) -> bool:
    """Whether it crosses the whole zone in a straight line: a fold or a streak, which no hand draws.

    Beside the line it need only come in from outside: a streak may end anywhere.
    """
    whole = is_beside(mark) or min(mark.reach_above_mm, mark.reach_below_mm) > THROUGH_MM
    straight = mark.kind is MarkKind.STROKE and mark.straightness_mm < STRAIGHT_MM
    return whole and straight and mark.leaves_zone


def is_beside(mark: Candidate) -> bool:
    """Whether it lies wholly past one of the line's ends."""
    return mark.right_mm < -BESIDE_MM or mark.left_mm > 100.0 + BESIDE_MM
