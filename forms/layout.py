"""Where everything stands on a printed sheet, in millimetres.

A layout is computed from an instrument and a language, and stored with every sheet that is
printed, so that a sheet printed years ago is read by the layout it was printed with.
"""

from __future__ import annotations

from dataclasses import dataclass

from forms.geometry import Line, Rect


@dataclass(frozen=True, slots=True)
class CornerMark:
    """One AprilTag (36h11). Which tag stands where tells how the page is turned."""

    tag_id: int
    square: Rect
    """Outer edge of the black border (8 x 8 modules), without the white margin."""


@dataclass(frozen=True, slots=True)
class CodeMark:
    """The sheet's identifier once as a QR code and once as text beside it."""

    qr: Rect
    """The modules, without the quiet zone of 4 modules."""
    text: Rect
    """Where the printed code (18 characters in groups) stands, upright."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One 100 mm line with its end ticks, and the area around it that holds no other print."""

    item: str
    """The item's key in its instrument, such as `individual`."""
    number: int
    """Counts from 1, top to bottom."""
    line: Line
    """Axis of the printed line; the outer ends of the line are its 0 and its 10."""
    thickness_mm: float
    tick_height_mm: float
    """Whole height of an end tick, which is centred on the end of the line."""
    tick_thickness_mm: float
    zone: Rect
    """Only the line and its ticks are printed in here; marks are looked for in here."""


@dataclass(frozen=True, slots=True)
class FormLayout:
    """Everything the reader must know of the paper."""

    version: int
    """Version of the layout rules that computed it; never reused for other rules."""
    page: Rect
    corner_marks: tuple[CornerMark, ...]
    """Top left, top right, bottom right, bottom left."""
    codes: tuple[CodeMark, ...]
    """Top, bottom."""
    answer_lines: tuple[AnswerLine, ...]
    printed: tuple[Rect, ...]
    """Bounding boxes of all other print: words, faces, rules."""
