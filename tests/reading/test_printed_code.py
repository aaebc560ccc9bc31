"""The printed code is read by character recognition, and only believed with its check characters."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.synthesis.paper import Paper
from calibration.synthesis.printers import Printer, print_page
from calibration.synthesis.scanners import ScanMode, Scanner, scan
from calibration.synthesis.sheets import PrintedSheet
from forms.identifier import GROUP, LENGTH
from scanner.model.page import GreyPixels
from scanner.reading.mapping import PaperToPixel, fit_mapping
from scanner.reading.printed_code import ocr_available, read_printed_code
from tests.reading.sheets import box_px, true_corners_px

needs_ocr = pytest.mark.skipif(
    not ocr_available(), reason="tesseract is NOT INSTALLED: reading the printed code is not tested"
)


def true_mapping(sheet: PrintedSheet, paper: Paper, scanner: Scanner) -> PaperToPixel:
    corners = np.vstack([true_corners_px(sheet, corner, scanner, paper) for corner in range(4)])
    corners_mm = [(p.x_mm, p.y_mm) for mark in sheet.layout.corner_marks for p in mark.square.corners]
    return fit_mapping(np.array(corners_mm), corners, perspective=False)[0]


def scanned(paper: Paper, scanner: Scanner) -> GreyPixels:
    return scan(paper, scanner, np.random.default_rng(0)).pixels


@needs_ocr
@pytest.mark.parametrize(
    ("scanner", "which"),
    [
        (Scanner(dpi=200), 0),
        (Scanner(dpi=300, mode=ScanMode.FIXED), 1),
        (Scanner(dpi=200, turn=180, skew_deg=2.0), 0),
        (Scanner(dpi=200, turn=90, device_turn=90), 1),
    ],
    ids=["grey", "bilevel", "upside down", "sideways"],
)
def test_the_printed_code_is_read(sheet: PrintedSheet, paper: Paper, scanner: Scanner, which: int) -> None:
    mapping = true_mapping(sheet, paper, scanner)
    found = read_printed_code(scanned(paper, scanner), mapping, sheet.layout.codes[which].text)
    assert found is not None
    assert found.text == sheet.sheet_id


@needs_ocr
def test_a_code_put_together_from_two_is_not_believed(
    sheet: PrintedSheet, other_sheet: PrintedSheet, paper: Paper
) -> None:
    scanner = Scanner(dpi=200)
    other_paper = print_page(other_sheet.pdf, other_sheet.page, Printer(), np.random.default_rng(0), dpi=300)
    place = sheet.layout.codes[0].text
    left, top, right, bottom = box_px(place, scanner, paper)
    middle = right - round((right - left) * (GROUP + 1) / (LENGTH + LENGTH // GROUP - 1))
    pixels = scanned(paper, scanner).copy()
    pixels[top:bottom, middle:right] = scanned(other_paper, scanner)[top:bottom, middle:right]
    assert not np.array_equal(pixels, scanned(paper, scanner))
    assert read_printed_code(pixels, true_mapping(sheet, paper, scanner), place) is None


@needs_ocr
def test_other_words_are_no_code(sheet: PrintedSheet, paper: Paper) -> None:
    scanner = Scanner(dpi=200)
    pixels, mapping = scanned(paper, scanner), true_mapping(sheet, paper, scanner)
    assert read_printed_code(pixels, mapping, sheet.layout.printed[0]) is None


def test_without_tesseract_no_code_is_read(
    sheet: PrintedSheet, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    scanner = Scanner(dpi=200)
    mapping = true_mapping(sheet, paper, scanner)
    assert read_printed_code(scanned(paper, scanner), mapping, sheet.layout.codes[0].text) is None
