"""The pictures that people look at: the overlay of a page, and the crop of a line."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.synthesis.scanners import Scanner
from calibration.synthesis.sheets import PrintedSheet
from calibration.truth import DrawnKind
from forms.layout import AnswerLine
from scanner.model.decision import Verdict
from scanner.model.outcome import Refusal, RefusalReason
from scanner.model.page import ScannedPage
from scanner.model.result import EmptyPage, PageOutcome, SheetResult
from scanner.reading.crop import CROP_PX_PER_MM
from scanner.reading.overlay import ACCEPTED, REFUSED, REVIEW, WIDTH_PX, overlay_png
from scanner.reading.read import read_page
from tests.reading.sheets import PROFILE, filled_in, lookup_of, page_of, page_with

SCALE = WIDTH_PX / 210.0
PLAN = ((DrawnKind.STROKE, 25.0), (DrawnKind.BLANK, 50.0), (DrawnKind.DOUBLE, 60.0), (DrawnKind.CROSS, 80.0))


@pytest.fixture(
    scope="module", params=[Scanner(dpi=200), Scanner(dpi=300, turn=90)], ids=["upright", "turned"]
)
def read(request: pytest.FixtureRequest, sheet: PrintedSheet) -> tuple[ScannedPage, SheetResult]:
    page = page_of(filled_in(sheet, PLAN, seed=3, scanner=request.param).picture)
    outcome = read_page(page, lookup_of(sheet), PROFILE)
    assert isinstance(outcome, SheetResult)
    return page, outcome


def opened(png: bytes) -> NDArray[np.uint8]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)


def share_of(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> float:
    return float((np.abs(picture.astype(int) - colour).max(axis=2) < 40).mean())


def zone_of(picture: NDArray[np.uint8], answer: AnswerLine) -> NDArray[np.uint8]:
    zone = answer.zone
    return picture[
        round(zone.y_mm * SCALE) : round(zone.bottom_mm * SCALE),
        round(zone.x_mm * SCALE) : round(zone.right_mm * SCALE),
    ]


def test_a_read_page_stands_upright_with_its_verdicts(
    read: tuple[ScannedPage, SheetResult], sheet: PrintedSheet
) -> None:
    page, result = read
    picture = opened(overlay_png(page, result, sheet.layout))
    assert picture.shape == (round(297 * SCALE), WIDTH_PX, 3)
    for answer, decision in zip(sheet.layout.answer_lines, result.decisions, strict=True):
        zone = zone_of(picture, answer)
        good, bad = share_of(zone, ACCEPTED), share_of(zone, REVIEW)
        assert (good > 0.0008, bad > 0.0008) == (
            decision.verdict is Verdict.ACCEPTED,
            decision.verdict is Verdict.REVIEW,
        )


def test_the_needle_stands_where_the_mark_was_read(
    read: tuple[ScannedPage, SheetResult], sheet: PrintedSheet
) -> None:
    page, result = read
    picture = opened(overlay_png(page, result, sheet.layout)).astype(int)
    for answer, decision in zip(sheet.layout.answer_lines, result.decisions, strict=True):
        if decision.verdict is Verdict.ACCEPTED:
            position_mm = decision.reading.position_mm
            assert position_mm is not None
            row = picture[round((answer.line.start.y_mm - 1.0) * SCALE)]
            inside = slice(round(answer.line.start.x_mm * SCALE), round(answer.line.end.x_mm * SCALE))
            needle = np.flatnonzero(np.abs(row[inside] - ACCEPTED).max(axis=1) < 40)
            # The frame round the mark has the same colour, to both sides of it.
            assert np.abs(needle / SCALE - position_mm).min() < 0.3


def test_the_scan_lies_under_it_in_its_place(
    read: tuple[ScannedPage, SheetResult], sheet: PrintedSheet
) -> None:
    page, result = read
    grey = cv2.cvtColor(opened(overlay_png(page, result, sheet.layout)), cv2.COLOR_BGR2GRAY)
    code = sheet.layout.codes[0].qr
    part = grey[round(code.y_mm * SCALE) : round(code.bottom_mm * SCALE), :]
    inside = part[:, round(code.x_mm * SCALE) : round(code.right_mm * SCALE)]
    assert 0.35 < (inside < 128).mean() < 0.65  # the modules of the code
    assert (part[:, round((code.x_mm - 3) * SCALE) : round((code.x_mm - 2) * SCALE)] > 180).all()


def _refusal(page: ScannedPage) -> Refusal:
    return Refusal("0" * 64, "scan.pdf", 1, RefusalReason.NO_CODE, "No code of ours – none at all.")


@pytest.mark.parametrize(("kind", "landscape"), [("refused", True), ("empty", False)])
def test_an_unread_page_is_shown_as_it_lies(plain_page: ScannedPage, kind: str, landscape: bool) -> None:
    page = page_with(plain_page, np.rot90(plain_page.pixels)) if landscape else plain_page
    outcome: PageOutcome = _refusal(page) if kind == "refused" else EmptyPage(page.source)
    picture = opened(overlay_png(page, outcome, None))
    longer = round(max(page.pixels.shape) * WIDTH_PX / min(page.pixels.shape))
    assert picture.shape == ((WIDTH_PX, longer, 3) if landscape else (longer, WIDTH_PX, 3))
    assert (share_of(picture[:40], REFUSED) > 0.004) == (kind == "refused")


def test_a_small_picture_is_enlarged(plain_page: ScannedPage) -> None:
    small = page_with(plain_page, np.full((300, 200), 200, np.uint8))
    assert opened(overlay_png(small, _refusal(small), None)).shape == (1860, WIDTH_PX, 3)


def test_the_crops_show_the_zone_of_their_line(
    read: tuple[ScannedPage, SheetResult], sheet: PrintedSheet
) -> None:
    _, result = read
    assert len(result.crops) == len(result.decisions)
    for answer, decision, png in zip(sheet.layout.answer_lines, result.decisions, result.crops, strict=True):
        crop = opened(png)
        height, width = (
            round(side * CROP_PX_PER_MM) for side in (answer.zone.height_mm, answer.zone.width_mm)
        )
        assert crop.shape == (height, width)
        assert len(png) < 40_000
        # The printed line runs through its middle, and the mark stands where the reading says.
        left = (answer.line.start.x_mm - answer.zone.x_mm) * CROP_PX_PER_MM
        row = crop[
            height // 2 - 2 : height // 2 + 3, round(left) + 8 : round(left + 100 * CROP_PX_PER_MM) - 8
        ]
        assert (row.min(axis=0) < 140).mean() > 0.95
        if decision.verdict is Verdict.ACCEPTED:
            assert decision.reading.position_mm is not None
            place = round(left + decision.reading.position_mm * CROP_PX_PER_MM)
            mark = crop[height // 2 - 12 : height // 2 - 6, place - 8 : place + 9]
            beside = crop[height // 2 - 12 : height // 2 - 6, place - 60 : place - 40]
            assert mark.min() < beside.min() - 60
