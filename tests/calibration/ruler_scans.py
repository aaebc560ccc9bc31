"""Ruler sheets as devices with known faults print and scan them, and what should be found of these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from calibration.ruler import RulerFigures, read_ruler
from calibration.ruler_ticks import places
from calibration.synthesis.paper import MM_PER_INCH, Paper
from calibration.synthesis.printers import Printer, print_page
from calibration.synthesis.scanners import Picture, Scanner, scan
from forms.geometry import Point
from forms.ruler_layout import ruler_layout
from forms.ruler_sheet import render_ruler
from scanner.model.page import PageSource, ScannedPage
from scanner.reading.mapping import FloatArray

GOOD = Scanner(dpi=200)


@dataclass(frozen=True)
class Expected:
    """From the simulated printer and scanner alone, never from a picture."""

    across: float
    """Length of the form in the scan, by its stated resolution."""
    down: float
    angle_deg: float
    wobble_across_mm: float
    """Peak to peak along the rulers, after the best even passage."""
    wobble_down_mm: float


@cache
def printed(printer: Printer = Printer()) -> Paper:  # noqa: B008 a frozen value
    """The ruler sheet on paper. Nobody may draw on it."""
    with TemporaryDirectory() as folder:
        pdf = Path(folder) / "ruler.pdf"
        render_ruler(pdf, "en")
        paper = print_page(pdf, 1, printer, np.random.default_rng(1))
    paper.pixels.setflags(write=False)
    return paper


def scanned(printer: Printer, scanner: Scanner) -> Picture:
    return scan(printed(printer), scanner, np.random.default_rng(2))


def as_page(picture: Picture, stated_dpi: float | None = None) -> ScannedPage:
    stated = float(picture.dpi) if stated_dpi is None else stated_dpi
    return ScannedPage(PageSource("0" * 64, "ruler.pdf", 1), picture.pixels, stated, picture.bilevel)


@cache
def figures_of(printer: Printer = Printer(), scanner: Scanner = GOOD) -> RulerFigures:  # noqa: B008
    return read_ruler(as_page(scanned(printer, scanner)))


def expected(printer: Printer, scanner: Scanner) -> Expected:
    passage = scanner.passage(printed(printer))

    def seen(places_mm: FloatArray) -> FloatArray:
        on_paper = [printer.on_paper(Point(x, y)) for x, y in places_mm.tolist()]
        return np.asarray(passage.to_picture_px(np.array([[p.x_mm, p.y_mm] for p in on_paper])))

    rulers = ruler_layout().rulers
    ticks = [places(ruler, np.array(ruler.ticks_mm), 1.7) for ruler in rulers]
    matrix = _affine(np.vstack(ticks), seen(np.vstack(ticks)))
    px_per_mm = scanner.dpi / MM_PER_INCH
    wobble = {
        upright: np.ptp(
            np.mean(
                [
                    _leftover(tick, seen(tick), matrix, 1 if upright else 0)
                    for tick, ruler in zip(ticks, rulers, strict=True)
                    if ruler.upright is upright
                ],
                axis=0,
            )
        )
        for upright in (True, False)
    }
    return Expected(
        across=float(np.hypot(*matrix[:, 0])) / px_per_mm,
        down=float(np.hypot(*matrix[:, 1])) / px_per_mm,
        angle_deg=float(np.degrees(np.arctan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))),
        wobble_across_mm=float(wobble[False]),
        wobble_down_mm=float(wobble[True]),
    )


def _affine(places_mm: FloatArray, seen_px: FloatArray) -> FloatArray:
    system = np.hstack([places_mm, np.ones((len(places_mm), 1))])
    return np.asarray(np.linalg.lstsq(system, seen_px, rcond=None)[0].T)


def _leftover(places_mm: FloatArray, seen_px: FloatArray, matrix: FloatArray, along: int) -> FloatArray:
    """In mm of the form, along one of its directions; a slope of the ruler's own is no wobble."""
    way = matrix[:, along]
    off = (seen_px - places_mm @ matrix[:, :2].T - matrix[:, 2]) @ way / (way @ way)
    at = np.arange(len(off))
    return np.asarray(off - np.polyval(np.polyfit(at, off, 1), at))
