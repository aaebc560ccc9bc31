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
from forms import placement as p
from forms.drawing import draw_modules, draw_stroke, draw_text
from forms.geometry import Line, Point
from forms.identifier import SheetId
from forms.instrument import Instrument, Phrases, Rater
from forms.layout import AnswerLine, FormLayout
from forms.tags import PATTERNS
from forms.typography import MM_PER_PT, Face, PlacedText, Style, wrap

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
    placement = p.place(face.instrument, face.language)
    phrases = face.instrument.text(face.language).phrases
    for mark in face.layout.corner_marks:
        rows = [[module == "#" for module in row] for row in PATTERNS[mark.tag_id]]
        draw_modules(canvas, rows, mark.square)
    matrix = [[bool(v) for v in row] for row in segno.make_qr(face.sheet_id.payload, error="h").matrix]
    for code in face.layout.codes:
        draw_modules(canvas, matrix, code.qr)
        draw_text(
            canvas, PlacedText(face.sheet_id.grouped(), code.text.x_mm, code.text.bottom_mm - 0.1, CODE)
        )
    for text in (*placement.texts, *_purpose(face, phrases), *_notice(licence, phrases)):
        draw_text(canvas, text)
    for line in face.layout.answer_lines:
        _draw_answer_line(canvas, line)


def _purpose(face: SheetFace, phrases: Phrases) -> list[PlacedText]:
    fields = (
        (phrases.filled_in_by, face.rater and phrases.rater(face.rater)),
        (phrases.about, face.subject and phrases.subject(face.subject)),
        (phrases.meeting, face.session and str(face.session)),
        (phrases.day, face.session_date and phrases.date(face.session_date)),
    )
    texts = []
    for number, (caption, value) in enumerate(fields):
        left = p.PURPOSE_BOX.x_mm + number * 36
        texts.append(PlacedText(caption, left, p.PURPOSE_TOP_MM + 3, p.CAPTION))
        if value:
            texts.append(PlacedText(value, left, p.PURPOSE_TOP_MM + 8, p.VALUE))
    return texts


def _notice(licence: str | None, phrases: Phrases) -> list[PlacedText]:
    style = p.LICENCE if licence else p.NOTICE
    lines = wrap(licence or phrases.specimen, style, p.NOTICE_BOX.width_mm)
    first = p.NOTICE_BOX.y_mm + style.ascent_mm
    return [
        PlacedText(line, p.NOTICE_BOX.x_mm, first + number * style.leading_mm, style)
        for number, line in enumerate(lines)
    ]


def _draw_answer_line(canvas: Canvas, answer: AnswerLine) -> None:
    draw_stroke(canvas, answer.line, answer.thickness_mm)
    for end in (answer.line.start, answer.line.end):
        reach = answer.tick_height_mm / 2
        tick = Line(Point(end.x_mm, end.y_mm - reach), Point(end.x_mm, end.y_mm + reach))
        draw_stroke(canvas, tick, answer.tick_thickness_mm)
