"""Drawing on a page in millimetres from the top left corner, on top of reportlab's canvas.

Strokes and areas that are measured later are written as plain path operators with four
decimals of a point, because the library rounds coordinates more coarsely.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from reportlab.pdfgen.canvas import Canvas

from forms import measures as m
from forms.figures import Drawing, DrawnFace, Figure, Sketch, Stroke, TickBox
from forms.geometry import Rect
from forms.typography import MM_PER_PT, PlacedText

BOX_STROKE_MM = 0.2


def _pt(value_mm: float) -> str:
    return f"{value_mm / MM_PER_PT:.4f}"


def _up(y_mm: float) -> str:
    """A height on paper as PDF counts it: from the bottom, upwards."""
    return _pt(m.PAGE_HEIGHT_MM - y_mm)


def draw_stroke(canvas: Canvas, stroke: Stroke) -> None:
    """One black stroke as one path of its own, with butt caps unless its ends are round."""
    start, end = stroke.line.start, stroke.line.end
    canvas.addLiteral(
        f"q {int(stroke.round_ends)} J 0 G {_pt(stroke.thickness_mm)} w "
        f"{_pt(start.x_mm)} {_up(start.y_mm)} m {_pt(end.x_mm)} {_up(end.y_mm)} l S Q"
    )


def draw_modules(canvas: Canvas, rows: Sequence[Sequence[int]], *boxes: Rect) -> None:
    """A square of black and white modules in each of the boxes, every square as one filled path.

    The path counts in modules, and neighbours in a row are one rectangle: that keeps it short.
    """
    path = []
    for number, row in enumerate(rows, 1):
        column = 0
        for black, run in groupby(row):
            length = len(list(run))
            if black:
                path.append(f"{column} {len(rows) - number} {length} 1 re")
            column += length
    drawn = " ".join(path)
    for box in boxes:
        side = f"{box.width_mm / len(rows) / MM_PER_PT:.6f}"
        canvas.addLiteral(f"q 0 g {side} 0 0 {side} {_pt(box.x_mm)} {_up(box.bottom_mm)} cm {drawn} f Q")


def draw_text(canvas: Canvas, placed: PlacedText) -> None:
    style = placed.style
    canvas.setFont(style.face.value, style.size_pt)
    canvas.setFillGray(style.grey)
    canvas.drawString(
        placed.left_mm / MM_PER_PT, (m.PAGE_HEIGHT_MM - placed.baseline_mm) / MM_PER_PT, placed.text
    )


def draw(canvas: Canvas, drawing: Drawing) -> None:
    for text in drawing.texts:
        draw_text(canvas, text)
    for figure in drawing.figures:
        _draw_figure(canvas, figure)


def _draw_figure(canvas: Canvas, figure: Figure) -> None:
    match figure:
        case Stroke():
            draw_stroke(canvas, figure)
        case Sketch(strokes):
            for stroke in strokes:
                draw_stroke(canvas, stroke)
        case DrawnFace():
            _draw_face(canvas, figure)
        case TickBox(box):
            canvas.addLiteral(
                f"q 0 G {_pt(BOX_STROKE_MM)} w "
                f"{_pt(box.x_mm)} {_up(box.bottom_mm)} {_pt(box.width_mm)} {_pt(box.height_mm)} re S Q"
            )


def _draw_face(canvas: Canvas, face: DrawnFace) -> None:
    """A circle, two upright eyes, and a mouth: an arc that opens upwards or downwards."""
    size = face.box.width_mm / MM_PER_PT
    left, top = face.box.x_mm / MM_PER_PT, (m.PAGE_HEIGHT_MM - face.box.y_mm) / MM_PER_PT
    canvas.saveState()
    canvas.setStrokeGray(0)
    canvas.setFillGray(0)
    canvas.setLineCap(1)
    canvas.setLineWidth(0.05 * size)
    canvas.circle(left + size / 2, top - size / 2, 0.47 * size)
    for eye in (0.34, 0.66):
        x, y = left + eye * size, top - 0.4 * size
        canvas.ellipse(x - 0.042 * size, y - 0.068 * size, x + 0.042 * size, y + 0.068 * size, 0, 1)
    ends, bend = (0.62, 0.84) if face.smiling else (0.74, 0.52)
    y_ends, y_bend = top - ends * size, top - bend * size
    canvas.bezier(
        left + 0.28 * size,
        y_ends,
        left + 0.39 * size,
        y_bend,
        left + 0.61 * size,
        y_bend,
        left + 0.72 * size,
        y_ends,
    )
    canvas.restoreState()
