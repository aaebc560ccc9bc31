"""Points, lines and rectangles on paper.

One convention for the whole product: millimetres, origin at the top left corner of the
page as a reader holds it, x to the right, y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot


@dataclass(frozen=True, slots=True)
class Point:
    """A place on paper."""

    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class Line:
    """A straight stroke between two places; `start` is the left end of an answer line."""

    start: Point
    end: Point

    @property
    def length_mm(self) -> float:
        return hypot(self.end.x_mm - self.start.x_mm, self.end.y_mm - self.start.y_mm)


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright rectangle, given by its top left corner and its size."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float

    @property
    def right_mm(self) -> float:
        return self.x_mm + self.width_mm

    @property
    def bottom_mm(self) -> float:
        return self.y_mm + self.height_mm

    @property
    def corners(self) -> tuple[Point, Point, Point, Point]:
        """Top left, top right, bottom right, bottom left."""
        return (
            Point(self.x_mm, self.y_mm),
            Point(self.right_mm, self.y_mm),
            Point(self.right_mm, self.bottom_mm),
            Point(self.x_mm, self.bottom_mm),
        )

    def overlaps(self, other: Rect) -> bool:
        """Whether the two share any area."""
        return (
            self.x_mm < other.right_mm
            and other.x_mm < self.right_mm
            and self.y_mm < other.bottom_mm
            and other.y_mm < self.bottom_mm
        )

    def rounded(self) -> Rect:
        """In whole micrometres, so that it is the same after being written as text."""
        return Rect(
            round(self.x_mm, 3), round(self.y_mm, 3), round(self.width_mm, 3), round(self.height_mm, 3)
        )

    def grown(self, margin_mm: float) -> Rect:
        """The rectangle with `margin_mm` added on every side."""
        return Rect(
            self.x_mm - margin_mm,
            self.y_mm - margin_mm,
            self.width_mm + 2 * margin_mm,
            self.height_mm + 2 * margin_mm,
        )
