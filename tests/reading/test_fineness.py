"""A page of 600 dpi is read at half its size, and nobody who looks at the page notices."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.synthesis.scanners import ScanMode, Scanner
from calibration.synthesis.sheets import PrintedSheet
from calibration.truth import DrawnKind
from scanner.model.decision import Reason, Verdict
from scanner.model.page import FINE_SIDE_PX, GreyPixels, PageSource, ScannedPage
from scanner.model.result import SheetResult
from scanner.reading.fineness import coarsened
from scanner.reading.identify import identify
from scanner.reading.mapping import PaperToPixel
from scanner.reading.read import read_page
from scanner.reading.register import register
from scanner.reading.stages import IdentifiedPage, RegisteredPage
from tests.reading.sheets import PROFILE, filled_in, lookup_of, page_of

MARKS = (
    (DrawnKind.STROKE, 20.0),
    (DrawnKind.CROSS, 45.0),
    (DrawnKind.SLANTED, 70.0),
    (DrawnKind.STROKE, 90.0),
)
CORNERS_MM = np.array([[5.0, 5.0], [205.0, 5.0], [205.0, 290.0], [5.0, 290.0], [105.0, 148.0]])


def page_with(pixels: GreyPixels, dpi: float | None, *, bilevel: bool = False) -> ScannedPage:
    return ScannedPage(PageSource("", "", 1), pixels, dpi, bilevel)


def test_four_pixels_become_their_mean() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (FINE_SIDE_PX, FINE_SIDE_PX), np.uint8)
    page, divisor = coarsened(page_with(pixels, 600.0, bilevel=True))
    assert divisor == 2
    means = pixels.reshape(FINE_SIDE_PX // 2, 2, -1, 2).mean(axis=(1, 3))
    assert float(np.abs(page.pixels - means).max()) <= 0.5
    assert page.stated_dpi == 300.0
    assert not page.bilevel


@pytest.mark.parametrize("dpi", [None, 300.0, 499.0])
def test_a_page_that_is_not_known_to_be_fine_is_left_alone(dpi: float | None) -> None:
    page = page_with(np.zeros((FINE_SIDE_PX, FINE_SIDE_PX), np.uint8), dpi)
    assert coarsened(page) == (page, 1)


@pytest.mark.parametrize("mode", [ScanMode.GREY, ScanMode.FIXED])
def test_marks_and_mapping_are_those_of_the_whole_page(sheet: PrintedSheet, mode: ScanMode) -> None:
    simulated = filled_in(sheet, MARKS, seed=8, scanner=Scanner(dpi=600, mode=mode, skew_deg=0.7))
    page = page_of(simulated.picture)
    assert coarsened(page)[1] == 2
    result = read_page(page, lookup_of(sheet), PROFILE)
    assert isinstance(result, SheetResult)
    for decision, truth in zip(result.decisions, simulated.items, strict=True):
        assert decision.verdict is Verdict.ACCEPTED
        assert decision.reading.position_mm == pytest.approx(truth.position_mm, abs=0.15)
        assert Reason.SCALE not in decision.reasons

    identified = identify(page, lookup_of(sheet))
    assert isinstance(identified, IdentifiedPage)
    registered = register(identified)
    assert isinstance(registered, RegisteredPage)
    mapping = PaperToPixel(np.array(result.mapping.matrix).reshape(3, 3))
    away_px = mapping.to_pixels(CORNERS_MM) - registered.mapping.to_pixels(CORNERS_MM)
    assert float(np.abs(away_px).max()) < 1.0
