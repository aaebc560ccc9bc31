"""Drawing on a page in millimetres from the top left corner, on top of reportlab's canvas.

Strokes and areas that are measured later are written as plain path operators with four
decimals of a point, because the library rounds coordinates more coarsely.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from reportlab.pdfgen.canvas import Canvas

from forms import measures as m
from forms.geometry import Line, Rect
from forms.typography import MM_PER_PT, PlacedText


def _pt(value_mm: float) -> str:
    return f"{value_mm / MM_PER_PT:.4f}"


def _up(y_mm: float) -> str:
    """A height on paper as PDF counts it: from the bottom, upwards."""
    return _pt(m.PAGE_HEIGHT_MM - y_mm)


def draw_stroke(canvas: Canvas, line: Line, thickness_mm: float) -> None:
    """One black stroke with butt caps, as one path of its own."""
    canvas.addLiteral(
        f"q 0 J 0 G {_pt(thickness_mm)} w "
        f"{_pt(line.start.x_mm)} {_up(line.start.y_mm)} m {_pt(line.end.x_mm)} {_up(line.end.y_mm)} l S Q"
    )


def draw_modules(canvas: Canvas, rows: Sequence[Sequence[bool]], box: Rect) -> None:
    """A square of black and white modules, as one filled path; neighbours in a row are one rectangle."""
    side = box.width_mm / len(rows)
    path = ["q 0 g"]
    for number, row in enumerate(rows):
        bottom = _up(box.y_mm + (number + 1) * side)
        column = 0
        for black, run in groupby(row):
            length = len(list(run))
            if black:
                left = _pt(box.x_mm + column * side)
                path.append(f"{left} {bottom} {_pt(length * side)} {_pt(side)} re")
            column += length
    canvas.addLiteral(" ".join([*path, "f Q"]))


def draw_text(canvas: Canvas, placed: PlacedText) -> None:
    style = placed.style
    canvas.setFont(style.face.value, style.size_pt)
    canvas.setFillGray(style.grey)
    canvas.drawString(
        placed.left_mm / MM_PER_PT, (m.PAGE_HEIGHT_MM - placed.baseline_mm) / MM_PER_PT, placed.text
    )
