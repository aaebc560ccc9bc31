"""The printer: from a page of a PDF to toner on a sheet of paper.

The page is drawn by PDFium straight at the printer's scale and place, so that nothing is
resampled; edges of filled shapes fall on the printer's own 600 dpi raster, as they do in life.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.random import Generator

from calibration.synthesis.paper import MM_PER_INCH, Paper, Pixels
from forms.geometry import Line, Point

POINTS_PER_INCH = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """One printer with its settings. It holds A4."""

    dpi: int = 600
    scale: float = 1.0
    """Size of the print against the size of the form: 0.94 or so when a driver fits to the page. It
    shrinks towards the middle of the page."""
    offset_mm: tuple[float, float] = (0.0, 0.0)
    """How far right and down the whole print lies from where it should."""
    toner: float = 1.0
    """Darkness of the print: 1 full black, 0.5 at the end of a cartridge."""
    uneven: float = 0.0
    """How much the darkness varies over the page, as a share of it."""

    def on_paper(self, place: Point, page_mm: tuple[float, float] = (210.0, 297.0)) -> Point:
        """Where a place of the form comes to stand on the paper."""
        return Point(
            page_mm[0] / 2 + self.scale * (place.x_mm - page_mm[0] / 2) + self.offset_mm[0],
            page_mm[1] / 2 + self.scale * (place.y_mm - page_mm[1] / 2) + self.offset_mm[1],
        )

    def line_on_paper(self, line: Line) -> Line:
        """Where a line of the form comes to stand on the paper."""
        return Line(self.on_paper(line.start), self.on_paper(line.end))


def office_printer(rng: Generator) -> Printer:
    """A printer as offices have them: most print at full size, some fit to the page."""
    fitted = rng.random() < 0.3
    return Printer(
        scale=rng.uniform(0.935, 0.985) if fitted else rng.uniform(0.996, 1.004),
        offset_mm=(rng.normal(0, 0.8), rng.normal(0, 0.8)),
        toner=rng.uniform(0.82, 1.0),
        uneven=rng.uniform(0.0, 0.12),
    )


def print_page(
    pdf: Path, page: int, printer: Printer, rng: Generator, *, colour: bool = False, dpi: int | None = None
) -> Paper:
    """Print page `page` (counts from 1) of `pdf` on a clean sheet.

    The paper is seen at `dpi`, or at the printer's own resolution. `colour` asks for a picture in
    which colour can be seen; the print itself is black.
    """
    document = pdfium.PdfDocument(pdf)
    try:
        grey = _drawn(document[page - 1], printer)
    finally:
        document.close()
    if dpi is not None and dpi != printer.dpi:
        grey = _at(grey, dpi / printer.dpi)
    _fade(grey, printer, rng)
    pixels = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB) if colour else grey
    return Paper(np.asarray(pixels, np.uint8), dpi or printer.dpi)


def _drawn(page: pdfium.PdfPage, printer: Printer) -> Pixels:
    """The page in grey at the printer's raster, shape (height, width)."""
    width_pt, height_pt = page.get_size()
    per_pt = printer.dpi / POINTS_PER_INCH
    width, height = round(width_pt * per_pt), round(height_pt * per_pt)
    pixels = np.full((height, width), 255, np.uint8)
    bitmap = pdfium_c.FPDFBitmap_CreateEx(
        width, height, pdfium_c.FPDFBitmap_Gray, pixels.ctypes.data_as(ctypes.c_void_p), width
    )
    margin = (1 - printer.scale) / 2
    aside = [offset * printer.dpi / MM_PER_INCH for offset in printer.offset_mm]
    matrix = pdfium_c.FS_MATRIX(
        per_pt * printer.scale,
        0,
        0,
        per_pt * printer.scale,
        margin * width_pt * per_pt + aside[0],
        margin * height_pt * per_pt + aside[1],
    )
    everything = pdfium_c.FS_RECTF(0, 0, width, height)
    flags = pdfium_c.FPDF_ANNOT | pdfium_c.FPDF_GRAYSCALE
    pdfium_c.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, everything, flags)
    pdfium_c.FPDFBitmap_Destroy(bitmap)
    return pixels


def _at(pixels: Pixels, factor: float) -> Pixels:
    """The same page seen at another resolution."""
    height, width = (round(side * factor) for side in pixels.shape[:2])
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)


def _fade(pixels: Pixels, printer: Printer, rng: Generator) -> None:
    """Print with weak or uneven toner, in place: paler over patches some centimetres wide."""
    if printer.toner >= 1 and printer.uneven <= 0:
        return
    patches = 1 + printer.uneven * np.clip(rng.normal(size=(12, 9)), -2, 2) / 2
    darkness = np.clip(255 * printer.toner * patches, 0, 255).astype(np.uint8)
    height, width = pixels.shape
    field = cv2.resize(darkness, (width, height), interpolation=cv2.INTER_LINEAR)
    cv2.bitwise_not(pixels, pixels)
    cv2.multiply(pixels, field, pixels, scale=1 / 255)
    cv2.bitwise_not(pixels, pixels)
