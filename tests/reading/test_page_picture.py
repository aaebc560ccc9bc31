"""The small picture of a whole page: upright, small, and still to be read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.synthesis.scanners import Scanner
from calibration.synthesis.sheets import PrintedSheet
from calibration.truth import DrawnKind
from scanner.model.page import GreyPixels
from scanner.model.result import SheetResult
from scanner.reading.page_picture import SIDE_PX, page_png, sheet_png
from scanner.reading.read import read_page
from tests.reading.sheets import PROFILE, filled_in, lookup_of, page_of


def shown(png: bytes) -> GreyPixels:
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


def sheet_of_paper(width: int = 2480, height: int = 3508) -> GreyPixels:
    """White, with a black patch in the upper left corner, and a grey one below it."""
    pixels = np.full((height, width), 250, np.uint8)
    pixels[: height // 4, : width // 4] = 5
    pixels[height // 2 : 3 * height // 4, : width // 4] = 128
    return pixels


@pytest.mark.parametrize(
    "scanner",
    [Scanner(dpi=150), Scanner(dpi=200, turn=90, skew_deg=1.2), Scanner(dpi=300, turn=180)],
    ids=["upright", "on its side and askew", "upside down"],
)
def test_a_sheet_lies_upright_on_the_papers_own_grid(sheet: PrintedSheet, scanner: Scanner) -> None:
    page = page_of(filled_in(sheet, ((DrawnKind.STROKE, 40.0),) * 4, seed=2, scanner=scanner).picture)
    outcome = read_page(page, lookup_of(sheet), PROFILE)
    assert isinstance(outcome, SheetResult)
    paper = sheet.layout.page
    picture = shown(sheet_png(page.pixels, outcome.mapping, paper))
    scale = SIDE_PX / paper.width_mm
    assert picture.shape == (round(paper.height_mm * scale), SIDE_PX)
    for mark in sheet.layout.corner_marks:
        square = mark.square
        middle = round((square.y_mm + square.height_mm / 2) * scale)
        row = picture[middle - 2 : middle + 3].mean(axis=0)
        # Black within its border, white beside it, half a millimetre from its edges.
        for edge, way in ((square.x_mm, 1), (square.right_mm, -1)):
            assert row[round((edge + 0.5 * way) * scale)] < 100
            assert row[round((edge - 0.5 * way) * scale)] > 200


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (1, 3000), (3, 2), (827, 1169), (1653, 1000), (60, 40)]
)
def test_any_size_has_a_picture_and_none_is_made_larger(width: int, height: int) -> None:
    picture = shown(page_png(np.full((height, width), 90, np.uint8)))
    assert picture.shape[0] <= height
    assert picture.shape[1] <= width
    assert min(picture.shape) == min(width, height, SIDE_PX)
    assert np.all(picture == 85)


def test_a_scanned_page_takes_some_ten_kilobytes() -> None:
    rng = np.random.default_rng(1)
    noisy = np.clip(sheet_of_paper().astype(np.int16) + rng.normal(0, 4, (3508, 2480)), 0, 255)
    assert len(page_png(noisy.astype(np.uint8))) < 60_000
