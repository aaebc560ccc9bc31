"""Dithered and speckled pages become grey again; pages in plain black and white stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.synthesis.scanners import ScanMode, Scanner
from calibration.synthesis.sheets import PrintedSheet
from calibration.truth import DrawnKind
from scanner.model.page import PageSource, ScannedPage
from scanner.reading.descreen import LONELY_SHARE, descreened, lonely_share
from tests.reading.sheets import filled_in, page_of

MARKS = ((DrawnKind.STROKE, 20.0), (DrawnKind.CROSS, 45.0), (DrawnKind.DOT, 70.0), (DrawnKind.SLANTED, 90.0))


@pytest.mark.parametrize("mode", [ScanMode.FIXED, ScanMode.ADAPTIVE])
@pytest.mark.parametrize("dpi", [200, 300])
def test_a_page_in_black_and_white_stays_as_it_is(sheet: PrintedSheet, mode: ScanMode, dpi: int) -> None:
    page = page_of(filled_in(sheet, MARKS, seed=3, scanner=Scanner(dpi=dpi, mode=mode)).picture)
    assert lonely_share(page.pixels) < LONELY_SHARE / 3
    assert descreened(page) is page


def test_a_dithered_page_becomes_grey_with_its_light_unchanged(sheet: PrintedSheet) -> None:
    page = page_of(filled_in(sheet, MARKS, seed=4, scanner=Scanner(mode=ScanMode.DITHERED)).picture)
    grey = descreened(page)
    assert not grey.bilevel
    assert grey.pixels.shape == page.pixels.shape
    assert abs(float(grey.pixels.mean()) - float(page.pixels.mean())) < 1.0
    between_lines = grey.pixels[1330:1360, 1000:1900]
    assert float(between_lines.min()) > 120, "no speck is left that is as dark as ink"


def test_a_grey_page_is_none_of_its_business() -> None:
    noise = np.random.default_rng(1).choice(np.array([0, 255], np.uint8), (800, 700))
    page = ScannedPage(PageSource("", "", 1), noise, None, bilevel=False)
    assert descreened(page) is page


def test_lonely_pixels_are_counted_black_and_white() -> None:
    pixels = np.full((400, 300), 255, np.uint8)
    pixels[::10, ::10] = 0
    one_in_hundred = lonely_share(pixels)
    assert one_in_hundred == pytest.approx(0.01, rel=0.15)
    assert lonely_share(255 - pixels) == pytest.approx(one_in_hundred)
    pixels[1::10, ::10] = 0
    assert lonely_share(pixels) < one_in_hundred / 20
