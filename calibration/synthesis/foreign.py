"""Somebody else's paper that gets into a stack: a bill from a café, with that vendor's own QR code."""

from __future__ import annotations

from pathlib import Path

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

_ROWS = (
    ("Kahvi, pannullinen", "3", "8,50", "25,50"),
    ("Pulla", "14", "2,90", "40,60"),
    ("Voileipä", "6", "4,20", "25,20"),
    ("Mehu", "4", "2,10", "8,40"),
    ("Kuljetus", "1", "6,00", "6,00"),
)
_PAYLOAD = "BCD\n001\n1\nSCT\nKULMA\nKahvila Kulma\nFI00 0000 0000 0000 00\nEUR105.70"


def write_bill(path: Path) -> None:
    """A PDF of one A4 page that has nothing of ours on it."""
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(22 * mm, 265 * mm, "Kahvila Kulma")
    canvas.setFont("Helvetica", 10)
    for number, text in enumerate(("Torikatu 1", "Avoinna arkisin 8-16")):
        canvas.drawString(22 * mm, (258 - 5 * number) * mm, text)
    canvas.setFont("Helvetica-Bold", 14)
    canvas.drawString(120 * mm, 265 * mm, "LASKU 2041")
    canvas.line(22 * mm, 232 * mm, 188 * mm, 232 * mm)
    canvas.setFont("Helvetica", 10.5)
    for number, row in enumerate(_ROWS):
        level = (222 - 9 * number) * mm
        canvas.drawString(22 * mm, level, row[0])
        for column, value in zip((110, 145, 186), row[1:], strict=True):
            canvas.drawRightString(column * mm, level, value)
    canvas.line(22 * mm, 174 * mm, 188 * mm, 174 * mm)
    canvas.setFont("Helvetica-Bold", 11)
    canvas.drawString(22 * mm, 165 * mm, "Yhteensä")
    canvas.drawRightString(186 * mm, 165 * mm, "105,70 EUR")
    _draw_code(canvas, 22 * mm, 105 * mm, 32 * mm)
    canvas.setFont("Helvetica", 9)
    canvas.drawString(22 * mm, 99 * mm, "Maksa 14 päivän kuluessa. Kiitos!")
    canvas.showPage()
    canvas.save()


def _draw_code(canvas: Canvas, left: float, bottom: float, side: float) -> None:
    matrix = [list(row) for row in segno.make_qr(_PAYLOAD, error="m").matrix]
    module = side / len(matrix)
    for number, row in enumerate(matrix):
        for column, dark in enumerate(row):
            if dark:
                canvas.rect(
                    left + column * module,
                    bottom + side - (number + 1) * module,
                    module,
                    module,
                    stroke=0,
                    fill=1,
                )
