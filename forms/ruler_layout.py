"""Where everything stands on the ruler sheet, with which a printer and a scanner are measured.

The sheet has the corner marks of every sheet, so that the reader finds it, and in place of questions
things whose size and place are known: rulers along all four sides and through the middle, answer
lines with a printed mark, squares that stand a little askew, and grey patches.
"""

from __future__ import annotations

from dataclasses import dataclass

from forms import measures as m
from forms.geometry import Line, Point, Rect
from forms.layout import AnswerLine, CornerMark, FormLayout, frame

VERSION = 1
"""Of everything in this file; a sheet that is measured by other numbers is measured wrong."""
PAYLOAD_PREFIX = "JANA RULER "
PAYLOAD = f"{PAYLOAD_PREFIX}{VERSION}"
"""In both QR codes. It is no identifier of a sheet, so that `jana read` refuses the page."""

STEP_MM = 2.0
"""From one tick of a ruler to the next: the shortest swing of a feed that can be seen is two steps."""
TICK_MM = 0.25
"""Thickness of a tick, and of the axis that it stands on."""
TICK_LENGTH_MM = 3.0
CENTIMETRE_LENGTH_MM = 5.0
"""Of the ticks at whole centimetres."""
MEASURE_MM = 100.0
SLANT_DEG = 5.0
"""By which the black squares are turned: ISO 12233 asks for about five degrees."""
SQUARE_MM = 14.0
PATCH_MM = 12.0
MARK_MM = 7.0
"""Height of a printed mark on an answer line."""
MARK_THICKNESS_MM = 0.5
"""About that of a ballpoint pen."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """Ticks on a straight axis."""

    start: Point
    """The first tick, on the axis."""
    length_mm: float
    upright: bool
    """The axis runs down the page, otherwise across it."""
    inward: float
    """To which side the ticks stand: 1 right of an upright axis or below a level one, -1 the other side."""

    @property
    def ticks_mm(self) -> tuple[float, ...]:
        """Distance of every tick from the first."""
        return tuple(number * STEP_MM for number in range(round(self.length_mm / STEP_MM) + 1))

    def place(self, along_mm: float, aside_mm: float = 0.0) -> Point:
        """A place so far along the axis and so far beside it, on the side of the ticks."""
        aside = self.inward * aside_mm
        if self.upright:
            return Point(self.start.x_mm + aside, self.start.y_mm + along_mm)
        return Point(self.start.x_mm + along_mm, self.start.y_mm + aside)

    @property
    def axis(self) -> Line:
        # Out to the outer edges of the first and the last tick.
        return Line(self.place(-TICK_MM / 2), self.place(self.length_mm + TICK_MM / 2))


@dataclass(frozen=True, slots=True)
class Square:
    """A black square that stands askew."""

    centre: Point
    turned_deg: float
    """Clockwise."""


@dataclass(frozen=True, slots=True)
class Patch:
    """An even grey."""

    area: Rect
    ink: float
    """0 paper, 1 black."""


@dataclass(frozen=True, slots=True)
class RulerLayout:
    """All that is measured on a ruler sheet."""

    corner_marks: tuple[CornerMark, ...]
    """Top left, top right, bottom right, bottom left."""
    qr: tuple[Rect, ...]
    """Top, bottom."""
    rulers: tuple[Ruler, ...]
    """Left, right; top, middle, bottom."""
    measure_lines: tuple[Line, Line]
    """For the steel ruler, 100 mm each: A across the page, B down it."""
    answer_lines: tuple[AnswerLine, ...]
    marks_mm: tuple[float, ...]
    """Where on each of these its mark is printed."""
    squares: tuple[Square, ...]
    patches: tuple[Patch, ...]
    """From paper to black."""
    bare: tuple[Rect, ...]
    """Places all over the page where nothing is printed."""

    def as_form(self) -> FormLayout:
        """The answer lines as the reader knows them from any other sheet."""
        fixed = frame()
        return FormLayout(
            version=fixed.version,
            page=fixed.page,
            corner_marks=fixed.corner_marks,
            codes=fixed.codes,
            answer_lines=self.answer_lines,
            printed=(),
        )


LINES_MM = ((84.0, 17.0), (108.0, 91.0), (132.0, 50.0), (172.0, 4.0), (195.0, 68.0), (218.0, 36.0))
"""Height of each answer line on the page, and where on it its mark stands."""


def ruler_layout() -> RulerLayout:
    """The layout of version `VERSION`: there is one, in every language."""
    fixed = frame()
    return RulerLayout(
        corner_marks=fixed.corner_marks,
        qr=tuple(code.qr for code in fixed.codes),
        rulers=(
            Ruler(Point(16.0, 30.0), 236.0, upright=True, inward=1.0),
            Ruler(Point(194.0, 30.0), 236.0, upright=True, inward=-1.0),
            Ruler(Point(35.0, 37.0), 140.0, upright=False, inward=1.0),
            Ruler(Point(35.0, 153.0), 140.0, upright=False, inward=1.0),
            Ruler(Point(35.0, 259.0), 140.0, upright=False, inward=-1.0),
        ),
        measure_lines=(_across(m.LINE_LEFT_MM, 70.0), _down(29.5, 100.0)),
        answer_lines=tuple(_answer_line(number, at) for number, (at, _) in enumerate(LINES_MM, 1)),
        marks_mm=tuple(mark for _, mark in LINES_MM),
        squares=(
            Square(Point(36.5, 83.0), SLANT_DEG),
            Square(Point(175.0, 96.0), -SLANT_DEG),
            Square(Point(175.0, 206.5), SLANT_DEG),
        ),
        patches=tuple(
            Patch(Rect(m.LINE_LEFT_MM + number * 22.0, 231.0, PATCH_MM, PATCH_MM), number / 4)
            for number in range(5)
        ),
        bare=_bare(),
    )


def _across(x_mm: float, y_mm: float) -> Line:
    return Line(Point(x_mm, y_mm), Point(x_mm + MEASURE_MM, y_mm))


def _down(x_mm: float, y_mm: float) -> Line:
    return Line(Point(x_mm, y_mm), Point(x_mm, y_mm + MEASURE_MM))


def _bare() -> tuple[Rect, ...]:
    """Between the answer lines and beside them, and at the top and the foot."""
    between = tuple(Rect(x, y, 10.0, 5.0) for y in (93.5, 117.5, 181.0, 204.0) for x in (60.0, 140.0))
    beside = ((36.0, 120.0), (36.0, 205.0), (171.0, 134.0), (140.0, 13.0), (177.0, 271.0))
    return between + tuple(Rect(*place, 8.0, 8.0) for place in beside)


def _answer_line(number: int, axis_mm: float) -> AnswerLine:
    """Drawn like the lines of any other sheet."""
    line = _across(m.LINE_LEFT_MM, axis_mm)
    zone = Rect(
        m.LINE_LEFT_MM - m.ZONE_BESIDE_MM,
        axis_mm - m.ZONE_ABOVE_MM,
        m.LINE_MM + 2 * m.ZONE_BESIDE_MM,
        2 * m.ZONE_ABOVE_MM,
    )
    return AnswerLine(
        item=f"line_{number}",
        number=number,
        line=line,
        thickness_mm=m.LINE_THICKNESS_MM,
        tick_height_mm=m.TICK_MM,
        tick_thickness_mm=m.LINE_THICKNESS_MM,
        zone=zone.rounded(),
    )
