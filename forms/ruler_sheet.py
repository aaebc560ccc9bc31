"""The ruler sheet as a vector PDF: the drawing of `forms.ruler_layout`, with words for a technician."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from math import cos, radians, sin
from pathlib import Path
from typing import BinaryIO

import segno
from reportlab.pdfgen.canvas import Canvas

from forms import measures as m
from forms.drawing import draw, draw_modules, draw_text
from forms.figures import Drawing, Figure, Stroke, TickBox
from forms.geometry import Line, Point, Rect
from forms.render import QR_VERSION, draw_answer_line
from forms.ruler_layout import (
    CENTIMETRE_LENGTH_MM,
    MARK_MM,
    MARK_THICKNESS_MM,
    PAYLOAD,
    SQUARE_MM,
    TICK_LENGTH_MM,
    TICK_MM,
    Patch,
    Ruler,
    RulerLayout,
    Square,
    ruler_layout,
)
from forms.tags import PATTERNS
from forms.typography import MM_PER_PT, Align, Face, PlacedText, Style, check_letters, fill

LANGUAGES = ("en", "fi", "sv")
COMMAND = "jana calibrate ruler SCAN.pdf --printed-mm A --printed-down-mm B"

TITLE = Style(Face.STRONG, 20, 9.0)
LEAD = Style(Face.REGULAR, 10.5, 4.6, 0.3)
STEP = Style(Face.REGULAR, 10, 4.4)
STRONG = Style(Face.STRONG, 10, 4.4)
LABEL = Style(Face.REGULAR, 8.5, 3.7, 0.3)
NUMBER = Style(Face.REGULAR, 7, 3.0, 0.3)
NAME = Style(Face.STRONG, 13, 5.5)

LEFT_MM = 28.0
STEPS_MM = 50.0
"""First baseline of the steps."""
STEPS_WIDTH_MM = 150.0
RULE_MM = 0.2
FOOT_MM = m.LINE_LEFT_MM
FOOT_RIGHT_MM = 175.0
FOOT_TOP_MM = 269.5
BOX_MM = (13.0, 8.0)
"""Of each of the two boxes for what the steel ruler reads."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is printed in one language."""

    title: str
    lead: str
    steps: tuple[str, ...]
    """Three; the command stands under the last."""
    printer: str
    scanner: str
    date: str


def render_ruler(out: Path | BinaryIO, language: str) -> None:
    """Write the ruler sheet, one A4 page with embedded fonts.

    Raises `KeyError` for a language that is none of `LANGUAGES`, an `OSError` when `out` cannot be written.
    """
    layout, words = ruler_layout(), ruler_words(language)
    size = (m.PAGE_WIDTH_MM / MM_PER_PT, m.PAGE_HEIGHT_MM / MM_PER_PT)
    target = str(out) if isinstance(out, Path) else out
    canvas = Canvas(target, pagesize=size, initialFontName=Face.REGULAR.value, pageCompression=1, invariant=1)
    canvas.setTitle(words.title)
    _draw_frame(canvas, layout)
    for ruler in layout.rulers:
        draw(canvas, _ruler(ruler))
    for square in layout.squares:
        _draw_square(canvas, square)
    for patch in layout.patches:
        _draw_patch(canvas, patch)
    draw(canvas, _measure_lines(layout) + _header(words) + _steps(words) + _foot(words))
    for line, mark_mm in zip(layout.answer_lines, layout.marks_mm, strict=True):
        draw_answer_line(canvas, line)
        draw(canvas, _mark(line.line, mark_mm))
    canvas.showPage()
    canvas.save()


@lru_cache(maxsize=1)
def _all_words() -> dict[str, Words]:
    text = Path(__file__).with_name("ruler_words.toml").read_text(encoding="utf-8")
    return {
        language: Words(**{**table, "steps": tuple(table["steps"])})
        for language, table in tomllib.loads(text).items()
    }


def ruler_words(language: str) -> Words:
    """The words in one of `LANGUAGES`."""
    return _all_words()[language]


def _draw_frame(canvas: Canvas, layout: RulerLayout) -> None:
    for mark in layout.corner_marks:
        rows = [[module == "#" for module in row] for row in PATTERNS[mark.tag_id]]
        draw_modules(canvas, rows, mark.square)
    matrix = segno.make_qr(PAYLOAD, error="h", version=QR_VERSION).matrix
    draw_modules(canvas, matrix, *layout.qr)


def _ruler(ruler: Ruler) -> Drawing:
    """Axis, ticks, and a number at every second centimetre."""
    figures: list[Figure] = [Stroke(ruler.axis, TICK_MM)]
    texts = []
    for at in ruler.ticks_mm:
        length = TICK_LENGTH_MM if at % 10 else CENTIMETRE_LENGTH_MM
        figures.append(Stroke(Line(ruler.place(at), ruler.place(at, length)), TICK_MM))
        if at % 20 == 0:
            place = ruler.place(at, CENTIMETRE_LENGTH_MM + (2.6 if ruler.upright else 1.0))
            drop = 0.0 if ruler.inward < 0 and not ruler.upright else NUMBER.cap_height_mm
            baseline = place.y_mm + (NUMBER.cap_height_mm / 2 if ruler.upright else drop)
            texts.append(PlacedText(f"{at:.0f}", place.x_mm, baseline, NUMBER, Align.CENTRE))
    return Drawing(tuple(texts), tuple(figures))


def _draw_square(canvas: Canvas, square: Square) -> None:
    """A filled path with its corners where they are, four decimals of a point."""
    angle, half = radians(square.turned_deg), SQUARE_MM / 2
    path = []
    for x, y in ((-half, -half), (half, -half), (half, half), (-half, half)):
        across = square.centre.x_mm + x * cos(angle) - y * sin(angle)
        down = square.centre.y_mm + x * sin(angle) + y * cos(angle)
        path.append(f"{across / MM_PER_PT:.4f} {(m.PAGE_HEIGHT_MM - down) / MM_PER_PT:.4f}")
    canvas.addLiteral(f"q 0 g {path[0]} m {' '.join(f'{corner} l' for corner in path[1:])} h f Q")


def _draw_patch(canvas: Canvas, patch: Patch) -> None:
    box = patch.area
    place = " ".join(
        f"{value / MM_PER_PT:.4f}"
        for value in (box.x_mm, m.PAGE_HEIGHT_MM - box.bottom_mm, box.width_mm, box.height_mm)
    )
    canvas.addLiteral(f"q {1 - patch.ink:.2f} g {place} re f Q")
    if patch.ink == 0:
        draw(canvas, Drawing(figures=(TickBox(box),)))  # else nobody sees where the paper is measured
    below = box.bottom_mm + 1.2 + LABEL.cap_height_mm
    middle = box.x_mm + box.width_mm / 2
    draw_text(canvas, PlacedText(f"{100 * patch.ink:.0f} %", middle, below, LABEL, Align.CENTRE))


def _mark(line: Line, mark_mm: float) -> Drawing:
    """A stroke like a pen's, and beside the line how far along it stands."""
    x, y = line.start.x_mm + mark_mm, line.start.y_mm
    stroke = Stroke(Line(Point(x, y - MARK_MM / 2), Point(x, y + MARK_MM / 2)), MARK_THICKNESS_MM)
    beside = line.end.x_mm + m.ZONE_BESIDE_MM + m.WORDS_GAP_MM
    label = PlacedText(f"{mark_mm:.0f} mm", beside, y + LABEL.cap_height_mm / 2, LABEL)
    return Drawing((label,), (stroke,))


def _measure_lines(layout: RulerLayout) -> Drawing:
    """The two lines for the steel ruler, each with its name and a box for what the steel ruler reads."""
    across, down = layout.measure_lines
    figures: list[Figure] = []
    for line, (dx, dy) in ((across, (0.0, m.TICK_MM / 2)), (down, (m.TICK_MM / 2, 0.0))):
        figures.append(Stroke(line, m.LINE_THICKNESS_MM))
        for end in (line.start, line.end):
            tick = Line(Point(end.x_mm - dx, end.y_mm - dy), Point(end.x_mm + dx, end.y_mm + dy))
            figures.append(Stroke(tick, m.LINE_THICKNESS_MM))
    middle = NAME.cap_height_mm / 2
    box_a = Rect(across.end.x_mm + m.ZONE_BESIDE_MM + 1.0, across.start.y_mm - BOX_MM[1] / 2, *BOX_MM)
    box_b = Rect(down.start.x_mm + 3.0, (down.start.y_mm + down.end.y_mm) / 2 + 25.0, *BOX_MM)
    above_b = PlacedText("B", box_b.x_mm + BOX_MM[0] / 2, box_b.y_mm - 1.5, NAME, Align.CENTRE)
    below_b = box_b.bottom_mm + 1.2 + LABEL.cap_height_mm
    texts = (
        PlacedText("A", across.start.x_mm - 4.0, across.start.y_mm + middle, NAME, Align.RIGHT),
        PlacedText("mm", box_a.right_mm + 1.5, across.start.y_mm + LABEL.cap_height_mm / 2, LABEL),
        above_b,
        PlacedText("mm", box_b.x_mm + BOX_MM[0] / 2, below_b, LABEL, Align.CENTRE),
    )
    return Drawing(texts, (*figures, TickBox(box_a), TickBox(box_b)))


def _header(words: Words) -> Drawing:
    return Drawing(
        (
            PlacedText(words.title, LEFT_MM, m.MARGIN_MM + TITLE.cap_height_mm, TITLE),
            PlacedText(words.lead, LEFT_MM, 23.5, LEAD),
        )
    )


def _foot(words: Words) -> Drawing:
    """Where to write which devices were measured, beside the lower code."""
    captions = [PlacedText(text, FOOT_MM, 0.0, LABEL) for text in (words.printer, words.scanner, words.date)]
    left = max(text.box.right_mm for text in captions) + 2.0
    drawing = Drawing()
    for number, caption in enumerate(captions):
        baseline = FOOT_TOP_MM + 7.5 * number
        rule = Line(Point(left, baseline + 0.6), Point(FOOT_RIGHT_MM, baseline + 0.6))
        drawing += Drawing((replace(caption, baseline_mm=baseline),), (Stroke(rule, RULE_MM),))
    return drawing


def _steps(words: Words) -> Drawing:
    """What to do, in three steps under the upper ruler; the command stands at the end of the last."""
    texts = []
    baseline = STEPS_MM
    for number, step in enumerate(words.steps, 1):
        texts.append(PlacedText(str(number), LEFT_MM, baseline, STRONG))
        lines = fill(step, STEP, STEPS_WIDTH_MM)
        for line in lines:
            texts.append(PlacedText(line, LEFT_MM + 4.5, baseline, STEP))
            baseline += STEP.leading_mm
    texts.append(PlacedText(COMMAND, LEFT_MM + 4.5, baseline, STRONG))
    for text in texts:
        check_letters(text.text)
    return Drawing(tuple(texts))
