"""Whose page it is: known for certain, or refused with the reason; never a guess."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import segno

from calibration.synthesis.foreign import write_bill
from calibration.synthesis.hands import adult
from calibration.synthesis.paper import Paper
from calibration.synthesis.pens import BALLPOINT_BLUE
from calibration.synthesis.printers import Printer, print_page
from calibration.synthesis.scanners import Scanner, Streak, scan
from calibration.synthesis.sheets import PlannedMark, PrintedSheet, Treatment, simulate_back
from calibration.truth import DrawnKind
from forms.geometry import Rect
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import GreyPixels, PageSource, ScannedPage
from scanner.model.result import EmptyPage
from scanner.model.sheet import KnownSheet
from scanner.reading.identify import MIN_SIDE_PX, identify
from scanner.reading.printed_code import ocr_available
from scanner.reading.read import read_page
from scanner.reading.stages import IdentifiedPage
from tests.reading.sheets import PROFILE, box_px, known, lookup_of, page_of, page_with

SCANNER = Scanner(dpi=200)
needs_ocr = pytest.mark.skipif(
    not ocr_available(), reason="tesseract is NOT INSTALLED: reading the printed code is not tested"
)


@pytest.fixture(scope="module")
def other_page(other_sheet: PrintedSheet) -> ScannedPage:
    rng = np.random.default_rng(0)
    return page_of(scan(print_page(other_sheet.pdf, other_sheet.page, Printer(), rng, dpi=300), SCANNER, rng))


def painted(page: ScannedPage, paper: Paper, *places: Rect) -> ScannedPage:
    """The page with scribbled patches over some places: nothing can be read there."""
    pixels = page.pixels.copy()
    for place in places:
        left, top, right, bottom = box_px(place.grown(1.0), SCANNER, paper)
        pixels[top:bottom, left:right] = np.random.default_rng(1).integers(0, 2, (bottom - top, 1)) * 200 + 40
    return page_with(page, pixels)


def refusal(page: ScannedPage, *printed: PrintedSheet) -> tuple[RefusalReason, str]:
    """Why a page is refused, and what is said about it."""
    refused = identify(page, lookup_of(*printed))
    assert isinstance(refused, Refusal), refused
    assert (refused.scan_sha256, refused.scan_name, refused.scan_page) == ("0" * 64, "scan.pdf", 1)
    return refused.reason, refused.detail


def identified(page: ScannedPage, *printed: PrintedSheet) -> IdentifiedPage:
    found = identify(page, lookup_of(*printed))
    assert isinstance(found, IdentifiedPage), found
    return found


def test_a_sheet_is_known(plain_page: ScannedPage, sheet: PrintedSheet, other_sheet: PrintedSheet) -> None:
    found = identified(plain_page, sheet, other_sheet)
    assert found.sheet.sheet_id == sheet.sheet_id
    assert sorted(mark.tag_id for mark in found.fiducials) == [0, 1, 2, 3]
    assert found.page is plain_page


def test_the_record_is_asked_once_for_the_sheet_alone(plain_page: ScannedPage, sheet: PrintedSheet) -> None:
    asked: list[str] = []

    def lookup(sheet_id: str) -> KnownSheet | None:
        asked.append(sheet_id)
        return known(sheet)

    assert isinstance(identify(plain_page, lookup), IdentifiedPage)
    assert asked == [sheet.sheet_id]


def test_a_sheet_of_another_record_is_unknown(
    plain_page: ScannedPage, sheet: PrintedSheet, other_sheet: PrintedSheet
) -> None:
    reason, detail = refusal(plain_page, other_sheet)
    assert reason is RefusalReason.UNKNOWN_SHEET
    assert sheet.sheet_id in detail
    outcome = read_page(plain_page, lookup_of(other_sheet), PROFILE)
    assert outcome == identify(plain_page, lookup_of(other_sheet))  # handed on as it is


def test_a_void_sheet_is_refused(plain_page: ScannedPage, sheet: PrintedSheet) -> None:
    refused = identify(plain_page, {sheet.sheet_id: known(sheet, void_reason="spilt coffee")}.get)
    assert isinstance(refused, Refusal)
    assert refused.reason is RefusalReason.VOID_SHEET


@pytest.mark.parametrize("unread", [0, 1])
def test_one_code_is_enough(plain_page: ScannedPage, sheet: PrintedSheet, paper: Paper, unread: int) -> None:
    page = painted(plain_page, paper, sheet.layout.codes[unread].qr)
    assert identified(page, sheet).sheet.sheet_id == sheet.sheet_id


@needs_ocr
def test_without_its_qr_codes_a_sheet_is_known_by_a_printed_code(
    plain_page: ScannedPage, sheet: PrintedSheet, paper: Paper
) -> None:
    codes = sheet.layout.codes
    page = painted(plain_page, paper, codes[0].qr, codes[1].qr, codes[0].text)
    assert identified(page, sheet).sheet.sheet_id == sheet.sheet_id


def test_without_any_code_nobody_guesses(plain_page: ScannedPage, sheet: PrintedSheet, paper: Paper) -> None:
    places = [place for code in sheet.layout.codes for place in (code.qr, code.text)]
    reason, detail = refusal(painted(plain_page, paper, *places), sheet)
    assert reason is RefusalReason.NO_CODE
    assert "looks like a sheet of ours" in detail


def test_without_tesseract_a_page_without_qr_is_refused(
    plain_page: ScannedPage, sheet: PrintedSheet, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert not ocr_available()
    page = painted(plain_page, paper, *(code.qr for code in sheet.layout.codes))
    assert refusal(page, sheet)[0] is RefusalReason.NO_CODE


def test_two_sheets_that_overlap(
    plain_page: ScannedPage, other_page: ScannedPage, sheet: PrintedSheet, other_sheet: PrintedSheet
) -> None:
    half = plain_page.pixels.shape[0] // 2
    pixels = np.vstack([plain_page.pixels[:half], other_page.pixels[half:]])
    assert refusal(page_with(plain_page, pixels), sheet, other_sheet)[0] is RefusalReason.TWO_SHEETS
    # That one of the two is not ours to know does not make the page the other's.
    assert refusal(page_with(plain_page, pixels), sheet)[0] is RefusalReason.TWO_SHEETS


def test_two_sheets_side_by_side(
    plain_page: ScannedPage, other_page: ScannedPage, sheet: PrintedSheet, other_sheet: PrintedSheet
) -> None:
    for second in (other_page, plain_page):
        page = page_with(plain_page, np.hstack([plain_page.pixels, second.pixels]))
        assert refusal(page, sheet, other_sheet)[0] is RefusalReason.TWO_SHEETS


def test_another_sheets_code_stuck_on_a_sheet(
    plain_page: ScannedPage,
    other_page: ScannedPage,
    sheet: PrintedSheet,
    other_sheet: PrintedSheet,
    paper: Paper,
) -> None:
    left, top, right, bottom = box_px(sheet.layout.codes[1].qr.grown(3.0), SCANNER, paper)
    pixels = plain_page.pixels.copy()
    pixels[top:bottom, left:right] = other_page.pixels[top:bottom, left:right]
    assert refusal(page_with(plain_page, pixels), sheet, other_sheet)[0] is RefusalReason.TWO_SHEETS


def with_code(payload: str, module_px: int = 8) -> GreyPixels:
    """Somebody's page with a QR code."""
    pixels = np.full((2339, 1653), 245, np.uint8)
    matrix = np.array(list(segno.make_qr(payload, error="m").matrix)) == 1
    code = np.kron(np.where(matrix, np.uint8(20), np.uint8(245)), np.ones((module_px, module_px), np.uint8))
    pixels[300 : 300 + code.shape[0], 200 : 200 + code.shape[1]] = code
    return pixels


@pytest.mark.parametrize("payload", ["https://example.org/j1", "J1001ABCDEFGHJKZZZ", "J1", "9" * 1200])
def test_a_foreign_code_is_refused(plain_page: ScannedPage, sheet: PrintedSheet, payload: str) -> None:
    reason, detail = refusal(page_with(plain_page, with_code(payload)), sheet)
    assert reason is RefusalReason.NO_CODE
    assert "not ours" in detail
    assert payload not in detail


def test_a_bill_is_refused(plain_page: ScannedPage, sheet: PrintedSheet, tmp_path: Path) -> None:
    write_bill(tmp_path / "bill.pdf")
    rng = np.random.default_rng(0)
    page = page_of(scan(print_page(tmp_path / "bill.pdf", 1, Printer(), rng, dpi=300), SCANNER, rng))
    assert refusal(page, sheet)[0] is RefusalReason.NO_CODE


def test_a_foreign_code_beside_ours_does_no_harm(
    plain_page: ScannedPage, sheet: PrintedSheet, paper: Paper
) -> None:
    pixels = plain_page.pixels.copy()
    sticker = with_code("https://example.org", 5)[290:450, 190:350]
    left, top, _, _ = box_px(sheet.layout.codes[0].qr.grown(30.0), SCANNER, paper)
    pixels[top + 150 : top + 310, left - 300 : left - 140] = sticker
    assert identified(page_with(plain_page, pixels), sheet).sheet.sheet_id == sheet.sheet_id


def letter(shape: tuple[int, int]) -> GreyPixels:
    """A page with some lines of writing and no code."""
    pixels = np.full(shape, 245, np.uint8)
    for line in range(4, 14):
        place = (shape[1] // 8, line * shape[0] // 16)
        cv2.putText(pixels, "Dear all, thanks", place, cv2.FONT_HERSHEY_SIMPLEX, shape[1] / 700, (40,), 2)
    return pixels


def test_a_letter_has_no_code(plain_page: ScannedPage, sheet: PrintedSheet) -> None:
    reason, detail = refusal(page_with(plain_page, letter((2339, 1653))), sheet)
    assert reason is RefusalReason.NO_CODE
    assert "No code of ours" in detail


def test_a_tiny_picture_may_be_anything(plain_page: ScannedPage, sheet: PrintedSheet) -> None:
    page = page_with(plain_page, letter((800, MIN_SIDE_PX - 1)))
    reason, detail = refusal(page, sheet)
    assert reason is RefusalReason.LOW_RESOLUTION
    assert str(MIN_SIDE_PX - 1) in detail


@pytest.mark.parametrize("dpi", [60, 75, 95])
def test_a_sheet_at_a_low_resolution_is_refused(paper: Paper, sheet: PrintedSheet, dpi: int) -> None:
    page = page_of(scan(paper, Scanner(dpi=dpi), np.random.default_rng(0)))
    outcome = read_page(page, lookup_of(sheet), PROFILE)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is RefusalReason.LOW_RESOLUTION


def test_a_blank_page_is_empty(plain_page: ScannedPage, sheet: PrintedSheet) -> None:
    page = page_with(plain_page, np.full((2339, 1653), 245, np.uint8))
    assert identify(page, lookup_of(sheet)) == EmptyPage(page.source)
    assert read_page(page, lookup_of(sheet), PROFILE) == EmptyPage(page.source)


def test_the_back_of_a_sheet_is_empty_although_its_front_shines_through(sheet: PrintedSheet) -> None:
    scanner = Scanner(dpi=200, streaks=(Streak(at_mm=80.0, width_mm=0.3, strength=0.6),))
    treatment = Treatment(hand=adult(np.random.default_rng(1)), pen=BALLPOINT_BLUE, scanner=scanner)
    plan = [PlannedMark(DrawnKind.STROKE, 30.0)] * len(sheet.layout.answer_lines)
    back = simulate_back(sheet, plan, treatment, np.random.default_rng(1), 0.08)
    page = page_of(back.picture)
    assert identify(page, lookup_of(sheet)) == EmptyPage(page.source)


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 65_500), (65_500, 1), (3, 9000), (20, 4000), (4000, 22), (2, 2), (700, 30)]
)
def test_a_strip_that_is_no_page_is_refused_or_empty(shape: tuple[int, int]) -> None:
    """As spoilt files have them: whatever their size, they end in a value."""
    for noise in (0, 200):
        pixels = 255 - np.random.default_rng(1).integers(0, noise + 1, shape, dtype=np.uint8)
        page = ScannedPage(PageSource("0" * 64, "scan.pdf", 1), pixels, None, bilevel=False)
        assert isinstance(read_page(page, lookup_of(), PROFILE), Refusal | EmptyPage)
