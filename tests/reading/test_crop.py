"""A place on a crop is a place on the line: what a person points at is what is recorded."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.synthesis.passage import Feed
from calibration.synthesis.printers import Printer
from calibration.synthesis.scanners import Scanner
from calibration.synthesis.sheets import PrintedSheet
from calibration.truth import DrawnKind
from scanner.reading.crop import CROP_PX_PER_MM, LINE_PX
from tests.reading.sheets import filled_in, read_sheet

PLACE_MM = 0.15
"""How far a place on the crop may be from where it truly is."""
PLACES_MM = (3.0, 36.0, 64.0, 97.0)
PLAN = tuple((DrawnKind.STROKE, place) for place in PLACES_MM)


def dark_places_mm(rows: NDArray[np.uint8]) -> list[float]:
    """Middles of the dark runs in these rows of a crop, in millimetres from the left end of the line."""
    left = (rows.shape[1] - LINE_PX) / 2 - 0.5
    dark = np.flatnonzero(np.median(rows, axis=0) < 150)
    runs = np.split(dark, np.flatnonzero(np.diff(dark) > 3) + 1)
    return [float((run.mean() - left) / CROP_PX_PER_MM) for run in runs if len(run)]


@pytest.mark.parametrize(
    ("printer", "scanner"),
    [
        (Printer(), Scanner(dpi=300)),
        (Printer(scale=0.965), Scanner(dpi=200, skew_deg=1.5)),
        (Printer(scale=1.02), Scanner(dpi=300, turn=180, feed=Feed(stretch=1.006))),
    ],
    ids=["as it should be", "small and skewed", "large, upside down, stretched"],
)
def test_the_ends_of_the_line_and_its_mark_stand_where_the_page_draws_its_ruler(
    sheet: PrintedSheet, printer: Printer, scanner: Scanner
) -> None:
    page = filled_in(sheet, PLAN, seed=4, printer=printer, scanner=scanner)
    result = read_sheet(page, sheet)
    for truth, png in zip(page.items, result.crops, strict=True):
        crop = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)
        middle = crop.shape[0] // 2
        # Inside the ticks and off the line, on either side of it, so that the slant of a mark cancels out.
        above, below = crop[middle - 15 : middle - 8], crop[middle + 8 : middle + 15]
        seen = np.mean([dark_places_mm(above), dark_places_mm(below)], axis=0)
        assert truth.position_mm is not None
        assert seen == pytest.approx([0.0, truth.position_mm, 100.0], abs=PLACE_MM)
