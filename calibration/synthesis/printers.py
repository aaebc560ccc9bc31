"""The printer: from a page of a PDF to toner on a sheet of paper.

The page is drawn by PDFium straight at the printer's scale and place, so that nothing is
resampled; edges of filled shapes fall on the printer's own 600 dpi raster, as they do in life.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.paper import MM_PER_INCH, Paper, Pixels
from calibration.synthesis.passage import Wave
from calibration.synthesis.toner import fade
from forms.geometry import Line, Point
from forms.layout import AnswerLine

POINTS_PER_INCH = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """One printer with its settings. It holds A4."""

    dpi: int = 600
    scale: float = 1.0
    """Size of the print across the page against the size of the form: 0.94 or so when a driver fits to
    the page. It shrinks towards the middle of the page."""
    aspect: float = 1.0
    """Size down the page against size across it."""
    offset_mm: tuple[float, float] = (0.0, 0.0)
    """How far right and down the whole print lies from where it should."""
    feed: tuple[Wave, ...] = ()
    """How far the print runs ahead down the page, as the paper goes: worn rollers."""
    toner: float = 1.0
    """Darkness of the print: 1 full black, 0.5 at the end of a cartridge."""
    uneven: float = 0.0
    """How much the darkness varies over the page, as a share of it."""
    bands: float = 0.0
    """How much of the darkness the palest bands down the page lose: a cartridge that is nearly empty."""
    flaking: float = 0.0
    """Share of the print that has flaked off."""

    def on_paper(self, place: Point, page_mm: tuple[float, float] = (210.0, 297.0)) -> Point:
        """Where a place of the form comes to stand on the paper."""
        even = page_mm[1] / 2 + self.scale * self.aspect * (place.y_mm - page_mm[1] / 2) + self.offset_mm[1]
        ahead = sum(float(wave.at(np.array(even))) for wave in self.feed)
        return Point(
            page_mm[0] / 2 + self.scale * (place.x_mm - page_mm[0] / 2) + self.offset_mm[0], even + ahead
        )

    def line_on_paper(self, line: Line) -> Line:
        """Where a line of the form comes to stand on the paper."""
        return Line(self.on_paper(line.start), self.on_paper(line.end))


def office_printer(rng: Generator) -> Printer:
    """A printer as offices have them: most print at full size, some fit to the page."""
    fitted = rng.random() < 0.3
    return Printer(
        scale=rng.uniform(0.935, 0.985) if fitted else rng.uniform(0.996, 1.004),
        aspect=1 + float(np.clip(rng.normal(0, 0.0015), -0.004, 0.004)),
        offset_mm=(rng.normal(0, 0.8), rng.normal(0, 0.8)),
        toner=rng.uniform(0.82, 1.0),
        uneven=rng.uniform(0.0, 0.12),
    )


def worn_rollers(rng: Generator, strength: float = 1.0) -> tuple[Wave, ...]:
    """The uneven feed of an old printer: waves of 0.02 to 0.12 mm."""
    lengths = rng.uniform(30, 200, 2)
    return tuple(Wave(strength * rng.uniform(0.02, 0.12), float(at), rng.uniform(0, 360)) for at in lengths)


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
    paper = Paper(grey, dpi or printer.dpi)
    lay_toner(paper, printer, rng)
    return in_colour(paper) if colour else paper


def lay_toner(paper: Paper, printer: Printer, rng: Generator) -> None:
    """Make what was drawn in full black as dark as this printer makes it, in place."""
    fade(
        paper,
        rng,
        toner=printer.toner,
        uneven=printer.uneven,
        bands=printer.bands,
        flaking=printer.flaking,
    )


def in_colour(paper: Paper) -> Paper:
    """The same paper, kept so that colour can be seen on it."""
    return replace(paper, pixels=np.asarray(cv2.cvtColor(paper.pixels, cv2.COLOR_GRAY2RGB), np.uint8))


def _drawn(page: pdfium.PdfPage, printer: Printer) -> Pixels:
    """The page in grey at the printer's raster, shape (height, width)."""
    width_pt, height_pt = page.get_size()
    per_pt = printer.dpi / POINTS_PER_INCH
    width, height = round(width_pt * per_pt), round(height_pt * per_pt)
    pixels = np.full((height, width), 255, np.uint8)
    bitmap = pdfium_c.FPDFBitmap_CreateEx(
        width, height, pdfium_c.FPDFBitmap_Gray, pixels.ctypes.data_as(ctypes.c_void_p), width
    )
    scales = (printer.scale, printer.scale * printer.aspect)
    aside = [offset * printer.dpi / MM_PER_INCH for offset in printer.offset_mm]
    matrix = pdfium_c.FS_MATRIX(
        per_pt * scales[0],
        0,
        0,
        per_pt * scales[1],
        (1 - scales[0]) / 2 * width_pt * per_pt + aside[0],
        (1 - scales[1]) / 2 * height_pt * per_pt + aside[1],
    )
    everything = pdfium_c.FS_RECTF(0, 0, width, height)
    flags = pdfium_c.FPDF_ANNOT | pdfium_c.FPDF_GRAYSCALE
    pdfium_c.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, everything, flags)
    pdfium_c.FPDFBitmap_Destroy(bitmap)
    return _fed(pixels, printer) if printer.feed else pixels


def _fed(pixels: Pixels, printer: Printer) -> Pixels:
    """The page as an uneven feed lays it down: whole rows of the raster stand further up or down."""
    level = (np.arange(len(pixels)) + 0.5) * MM_PER_INCH / printer.dpi
    even = level
    for _ in range(3):  # the waves are slow, so that this settles at once
        even = level - sum((wave.at(even) for wave in printer.feed), np.zeros_like(level))
    rows = np.clip(np.floor(even * printer.dpi / MM_PER_INCH).astype(int), 0, len(pixels) - 1)
    return np.asarray(pixels[rows])


def print_lines(
    paper: Paper, lines: Sequence[AnswerLine], printer: Printer, page_mm: tuple[float, float] = (210.0, 297.0)
) -> None:
    """Draw answer lines and their ticks alone, in full black on the printer's raster, in place.

    `paper` is clean; when it is seen more coarsely than the printer's raster, edges are averaged.
    """
    for answer in lines:
        line = printer.line_on_paper(answer.line)
        thick = answer.thickness_mm * printer.scale / 2
        tall = answer.tick_height_mm * printer.scale / 2
        narrow = answer.tick_thickness_mm * printer.scale / 2
        low, high = line.start, line.end
        _fill(paper, printer, (low.x_mm, low.y_mm - thick), (high.x_mm, low.y_mm + thick))
        for end in (low, high):
            _fill(paper, printer, (end.x_mm - narrow, end.y_mm - tall), (end.x_mm + narrow, end.y_mm + tall))


def _fill(paper: Paper, printer: Printer, low: tuple[float, float], high: tuple[float, float]) -> None:
    """Blacken a rectangle whose edges fall on the printer's raster."""
    edges = [round(at * printer.dpi / MM_PER_INCH) for at in (*low, *high)]
    per_px = printer.dpi / paper.dpi
    left, top, right, bottom = (
        edge / per_px - corner for edge, corner in zip(edges, paper.corner_px * 2, strict=True)
    )
    height, width = paper.pixels.shape
    x, y = (np.arange(side) for side in (width, height))
    across, down = (
        np.clip(np.minimum(at + 1, last) - np.maximum(at, first), 0, 1)
        for at, first, last in ((x, left, right), (y, top, bottom))
    )
    columns, rows = (slice(*_filled(share)) for share in (across, down))
    light = 255 * (1 - np.outer(down[rows], across[columns]))
    paper.pixels[rows, columns] = np.minimum(paper.pixels[rows, columns], np.rint(light))


def _filled(share: NDArray[np.float64]) -> tuple[int, int]:
    """First and last index where there is any."""
    places = np.flatnonzero(share)
    return (int(places[0]), int(places[-1]) + 1) if places.size else (0, 0)


def _at(pixels: Pixels, factor: float) -> Pixels:
    """The same page seen at another resolution."""
    height, width = (round(side * factor) for side in pixels.shape[:2])
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)
