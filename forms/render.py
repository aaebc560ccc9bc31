"""Layout and identifier to a vector PDF."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pypdfium2
import segno
from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from forms import measures as m
from forms.drawing import draw, draw_modules, draw_stroke, draw_text
from forms.figures import Stroke
from forms.geometry import Line, Point
from forms.identifier import SheetId
from forms.instrument import Instrument, Rater
from forms.layout import AnswerLine, FormLayout, compute_layout
from forms.placement import place
from forms.purpose import draw_notice, draw_purpose
from forms.tags import PATTERNS
from forms.typography import MM_PER_PT, Face, PlacedText, Style

CODE = Style(Face.CODE, m.CODE_SIZE_PT, 5.0)

QR_VERSION = 2
"""25 modules: at level H it holds an identifier, with two characters to spare."""
QR_MASK = 3
"""Always the same, because trying all eight takes most of the time of a page. In 600 blurred and
spotted pictures it was read as often (365) as the mask that the standard prefers (369)."""
CHUNK_PAGES = 500
"""reportlab keeps every page of a document until it is saved, about 13 kB each; PDFium, which puts
the chunks together, keeps 3 kB."""

rl_config.useA85 = 0
"""Text-safe streams are of no use to anybody, and took a third of the time of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFace:
    """All that is printed on one sheet."""

    sheet_id: SheetId
    instrument: Instrument
    language: str
    layout: FormLayout
    """Must be `compute_layout(instrument, language, rater)`: it is what the sheet will be read by."""
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

    `licence` is the organisation's licence text; without it every sheet says that it is a specimen.
    `progress` is told how many pages are done. A file appears under its name only when it is whole.
    Faces may come from a generator: memory holds one chunk of drawn pages and the finished PDF.

    Raises `FormDefinitionError` when a text does not fit, `ValueError` when there is no face or
    one comes with a layout that is not its own.
    """
    waiting = iter(faces)
    with pypdfium2.PdfDocument.new() as whole:
        done = 0
        while chunk := list(islice(waiting, CHUNK_PAGES)):
            with pypdfium2.PdfDocument(_chunk(chunk, licence, done, progress)) as part:
                whole.import_pages(part)
            done += len(chunk)
        if not done:
            raise ValueError("there is no sheet to print")
        _save(whole, out)


def _save(document: pypdfium2.PdfDocument, out: Path | BinaryIO) -> None:
    if not isinstance(out, Path):
        document.save(out)
        return
    if out.exists() and not out.is_file():  # a pipe or /dev/stdout: nothing to put in its place
        with out.open("wb") as stream:
            document.save(stream)
        return
    out = out.resolve()  # a link goes on pointing to the file
    unfinished = out.with_name(f".jana-{secrets.token_hex(8)}.part")
    try:
        document.save(unfinished)
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


def _chunk(
    faces: list[SheetFace], licence: str | None, done: int, progress: Callable[[int], None] | None
) -> bytes:
    """Some sheets as a PDF of their own."""
    buffer = BytesIO()
    size = (m.PAGE_WIDTH_MM / MM_PER_PT, m.PAGE_HEIGHT_MM / MM_PER_PT)
    canvas = Canvas(buffer, pagesize=size, initialFontName=Face.REGULAR.value)
    for number, face in enumerate(faces, 1):
        _draw_sheet(canvas, face, licence)
        canvas.showPage()
        if progress:
            progress(done + number)
    canvas.save()
    return buffer.getvalue()


def _draw_sheet(canvas: Canvas, face: SheetFace, licence: str | None) -> None:
    if face.layout != compute_layout(face.instrument, face.language, face.rater):
        raise ValueError(f"sheet {face.sheet_id}: its layout is not that of {face.instrument.code}")
    canvas.doForm(_same_on_every_sheet(canvas, face, licence))
    matrix = segno.make_qr(face.sheet_id.payload, error="h", version=QR_VERSION, mask=QR_MASK).matrix
    draw_modules(canvas, matrix, *(code.qr for code in face.layout.codes))
    for code in face.layout.codes:
        baseline = code.text.y_mm + m.CODE_BASELINE_MM
        draw_text(canvas, PlacedText(face.sheet_id.grouped(), code.text.x_mm, baseline, CODE))
    purpose = draw_purpose(
        face.instrument.text(face.language).phrases,
        rater=face.rater,
        subject=face.subject,
        session=face.session,
        session_date=face.session_date,
    )
    draw(canvas, purpose)
    for line in face.layout.answer_lines:
        draw_answer_line(canvas, line)


def _same_on_every_sheet(canvas: Canvas, face: SheetFace, licence: str | None) -> str:
    """Name of the form object that holds what all sheets with the same words share."""
    text = face.instrument.text(face.language, face.rater)
    whose = "own" if text is face.instrument.text(face.language) else "beside"
    name = f"{face.instrument.code}-{face.instrument.version}-{face.language}-{whose}"
    if not canvas.hasForm(name):
        canvas.beginForm(name)
        for mark in face.layout.corner_marks:
            rows = [[module == "#" for module in row] for row in PATTERNS[mark.tag_id]]
            draw_modules(canvas, rows, mark.square)
        draw(canvas, place(face.instrument, face.language, face.rater).drawing)
        draw(canvas, draw_notice(text.phrases, licence))
        canvas.endForm()
    return name


def draw_answer_line(canvas: Canvas, answer: AnswerLine) -> None:
    """One line with its end ticks, each a path of its own."""
    draw_stroke(canvas, Stroke(answer.line, answer.thickness_mm))
    for end in (answer.line.start, answer.line.end):
        reach = answer.tick_height_mm / 2
        tick = Line(Point(end.x_mm, end.y_mm - reach), Point(end.x_mm, end.y_mm + reach))
        draw_stroke(canvas, Stroke(tick, answer.tick_thickness_mm))
