"""Layout and identifier to a vector PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

import segno
from reportlab.pdfgen.canvas import Canvas

from forms import measures as m
from forms.drawing import draw, draw_modules, draw_stroke, draw_text
from forms.figures import Stroke
from forms.geometry import Line, Point
from forms.identifier import SheetId
from forms.instrument import Instrument, Rater
from forms.layout import AnswerLine, FormLayout
from forms.placement import place
from forms.purpose import draw_notice, draw_purpose
from forms.tags import PATTERNS
from forms.typography import MM_PER_PT, Face, PlacedText, Style

CODE = Style(Face.CODE, m.CODE_SIZE_PT, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFace:
    """All that is printed on one sheet."""

    sheet_id: SheetId
    instrument: Instrument
    language: str
    layout: FormLayout
    """Must be `compute_layout(instrument, language)`: it is what the sheet will be read by."""
    rater: Rater | None = None
    subject: str | None = None
    """Pseudonymous reference to the person whom the rating is about; never a name."""
    session: int | None = None
    session_date: date | None = None


def render_pdf(
    faces: Iterable[SheetFace],
    out: Path | BinaryIO,
    *,
    licence: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Prints one A4 page per face, in order, as vector PDF with embedded fonts.

    `licence` replaces the specimen line. `progress` is told how many pages are done.
    """
    target = str(out) if isinstance(out, Path) else out
    canvas = Canvas(target, pagesize=(m.PAGE_WIDTH_MM / MM_PER_PT, m.PAGE_HEIGHT_MM / MM_PER_PT))
    for number, face in enumerate(faces, 1):
        _draw(canvas, face, licence)
        canvas.showPage()
        if progress:
            progress(number)
    canvas.save()


def _draw(canvas: Canvas, face: SheetFace, licence: str | None) -> None:
    phrases = face.instrument.text(face.language).phrases
    for mark in face.layout.corner_marks:
        rows = [[module == "#" for module in row] for row in PATTERNS[mark.tag_id]]
        draw_modules(canvas, rows, mark.square)
    matrix = [[bool(v) for v in row] for row in segno.make_qr(face.sheet_id.payload, error="h").matrix]
    for code in face.layout.codes:
        draw_modules(canvas, matrix, code.qr)
        baseline = code.text.y_mm + m.CODE_BASELINE_MM
        draw_text(canvas, PlacedText(face.sheet_id.grouped(), code.text.x_mm, baseline, CODE))
    draw(canvas, place(face.instrument, face.language).drawing)
    draw(
        canvas,
        draw_purpose(
            phrases,
            rater=face.rater,
            subject=face.subject,
            session=face.session,
            session_date=face.session_date,
        ),
    )
    draw(canvas, draw_notice(phrases, licence))
    for line in face.layout.answer_lines:
        _draw_answer_line(canvas, line)


def _draw_answer_line(canvas: Canvas, answer: AnswerLine) -> None:
    draw_stroke(canvas, Stroke(answer.line, answer.thickness_mm))
    for end in (answer.line.start, answer.line.end):
        reach = answer.tick_height_mm / 2
        tick = Line(Point(end.x_mm, end.y_mm - reach), Point(end.x_mm, end.y_mm + reach))
        draw_stroke(canvas, Stroke(tick, answer.tick_thickness_mm))
