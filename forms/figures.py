"""What is drawn on a form beside letters, answer lines, corner marks and codes."""

from __future__ import annotations

from dataclasses import dataclass

from forms.geometry import Line, Rect
from forms.typography import PlacedText


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight stroke."""

    line: Line
    thickness_mm: float
    round_ends: bool = False

    @property
    def box(self) -> Rect:
        start, end = self.line.start, self.line.end
        left, right = sorted((start.x_mm, end.x_mm))
        top, bottom = sorted((start.y_mm, end.y_mm))
        return Rect(left, top, right - left, bottom - top).grown(self.thickness_mm / 2)


@dataclass(frozen=True, slots=True)
class DrawnFace:
    """A round face at one end of a line."""

    box: Rect
    smiling: bool


@dataclass(frozen=True, slots=True)
class TickBox:
    """A small square for staff to tick; the machine does not read it."""

    box: Rect


@dataclass(frozen=True, slots=True)
class Sketch:
    """A few strokes that make one picture."""

    strokes: tuple[Stroke, ...]

    @property
    def box(self) -> Rect:
        boxes = [stroke.box for stroke in self.strokes]
        left, top = min(box.x_mm for box in boxes), min(box.y_mm for box in boxes)
        right, bottom = max(box.right_mm for box in boxes), max(box.bottom_mm for box in boxes)
        return Rect(left, top, right - left, bottom - top)


Figure = Stroke | DrawnFace | TickBox | Sketch


@dataclass(frozen=True, slots=True)
class Drawing:
    """Texts and figures that belong together."""

    texts: tuple[PlacedText, ...] = ()
    figures: tuple[Figure, ...] = ()

    def __add__(self, other: Drawing) -> Drawing:
        return Drawing(self.texts + other.texts, self.figures + other.figures)
