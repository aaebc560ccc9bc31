"""Filled-in and scanned sheets for the tests of reading, and the judges of what was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from hypothesis import settings

from calibration.synthesis.dirt import Dirt
from calibration.synthesis.hands import Hand, adult
from calibration.synthesis.paper import Paper
from calibration.synthesis.pens import BALLPOINT_BLUE, Pen
from calibration.synthesis.printers import Printer
from calibration.synthesis.scanners import Picture, Scanner
from calibration.synthesis.sheets import PlannedMark, PrintedSheet, SimulatedPage, Treatment, simulate
from calibration.truth import DrawnKind, Expected, ItemTruth
from forms.definition import load_library
from forms.geometry import Rect
from forms.identifier import SheetId, check_characters
from forms.layout import compute_layout
from forms.render import SheetFace, render_pdf
from scanner.model.decision import Decision, Verdict
from scanner.model.page import GreyPixels, PageSource, ScannedPage
from scanner.model.profile import Profile
from scanner.model.result import SheetResult
from scanner.model.sheet import KnownSheet, SheetLookup, SheetPurpose
from scanner.reading.mapping import MM_PER_INCH, FloatArray
from scanner.reading.profile import SHIPPED, load_profile
from scanner.reading.read import read_page
from scanner.reading.strip import Strip

QUICK = settings(derandomize=True, max_examples=40, deadline=None, database=None)
PROFILE: Profile = load_profile(SHIPPED)
TOLERANCE_MM = 0.5
"""How far off an accepted position may be."""
PLACE_MM = 0.1
"""How far off, along the line, the ends of a printed line may be found."""
ASIDE_MM = 0.2
"""How far off across it: an uneven feed bends the line, which is taken to be straight."""


def sheet_id(number: int) -> SheetId:
    """Always the same identifier for a number, so that every run sees the same pixels."""
    body = f"J1{number:03d}ABCDEFGHJK"
    return SheetId(body + check_characters(body))


def print_sheets(pdf: Path, codes: Sequence[str]) -> tuple[PrintedSheet, ...]:
    """One English sheet of each instrument, on the pages of one PDF."""
    library = load_library()
    faces = [
        SheetFace(
            sheet_id=sheet_id(number),
            instrument=library[code],
            language="en",
            layout=compute_layout(library[code], "en"),
        )
        for number, code in enumerate(codes, 1)
    ]
    render_pdf(faces, pdf)
    return tuple(
        PrintedSheet(pdf=pdf, page=page, sheet_id=face.sheet_id.text, layout=face.layout)
        for page, face in enumerate(faces, 1)
    )


def known(sheet: PrintedSheet, void_reason: str | None = None) -> KnownSheet:
    """The sheet as the record would know it."""
    return KnownSheet(
        sheet_id=sheet.sheet_id,
        instrument="ors",
        version=1,
        language="en",
        layout=sheet.layout,
        purpose=SheetPurpose(),
        void_reason=void_reason,
    )


def lookup_of(*sheets: PrintedSheet) -> SheetLookup:
    """A record that printed these sheets and no others."""
    return {sheet.sheet_id: known(sheet) for sheet in sheets}.get


def page_of(picture: Picture) -> ScannedPage:
    """The page as the decoder would hand it on."""
    pixels = picture.pixels
    if pixels.ndim == 3:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    return ScannedPage(PageSource("0" * 64, "scan.pdf", 1), pixels, float(picture.dpi), picture.bilevel)


def page_with(page: ScannedPage, pixels: GreyPixels) -> ScannedPage:
    """The same page, showing something else."""
    return ScannedPage(page.source, np.ascontiguousarray(pixels), page.stated_dpi, page.bilevel)


def practised(seed: int = 1) -> Hand:
    return adult(np.random.default_rng(seed))


def filled_in(
    sheet: PrintedSheet,
    plan: Sequence[tuple[DrawnKind, float]],
    *,
    seed: int,
    scanner: Scanner | None = None,
    printer: Printer | None = None,
    hand: Hand | None = None,
    pen: Pen = BALLPOINT_BLUE,
    dirt: tuple[Dirt, ...] = (),
) -> SimulatedPage:
    """A sheet with these marks, printed and scanned as they should be unless something else is said."""
    treatment = Treatment(
        printer=printer or Printer(),
        hand=hand or practised(),
        pen=pen,
        scanner=scanner or Scanner(),
        dirt=dirt,
    )
    marks = [PlannedMark(kind, position_mm) for kind, position_mm in plan]
    return simulate(sheet, marks, treatment, np.random.default_rng(seed))


def read_sheet(page: SimulatedPage, sheet: PrintedSheet) -> SheetResult:
    """What the reader makes of a page that it must be able to read."""
    return read_picture(page.picture, sheet)


def read_picture(picture: Picture, sheet: PrintedSheet) -> SheetResult:
    """What the reader makes of a picture that it must be able to read."""
    outcome = read_page(page_of(picture), lookup_of(sheet), PROFILE)
    assert isinstance(outcome, SheetResult), outcome
    assert outcome.sheet_id == sheet.sheet_id
    return outcome


def assert_never_wrong(decisions: Iterable[Decision], truths: Iterable[ItemTruth]) -> None:
    """The judge of values: none is accepted where nobody should, or further off than the tolerance."""
    for decision, truth in zip(decisions, truths, strict=True):
        assert decision.reading.item == truth.item
        if decision.verdict is not Verdict.ACCEPTED:
            continue
        told = f"{truth.kind} in {truth.pen} at {truth.position_mm}: {decision.reading.position_mm}"
        assert truth.expected is not Expected.REVIEW, told
        assert truth.position_mm is not None, told
        assert decision.reading.position_mm is not None, told
        assert abs(decision.reading.position_mm - truth.position_mm) <= TOLERANCE_MM, told


def true_ends_px(sheet: PrintedSheet, printer: Printer, scanner: Scanner, paper: Paper) -> FloatArray:
    """Where the ends of every printed line truly are in the picture, shape (lines, 2, 2)."""
    lines = [printer.line_on_paper(answer.line) for answer in sheet.layout.answer_lines]
    ends_mm = np.array([[p.x_mm, p.y_mm] for line in lines for p in (line.start, line.end)])
    return scanner.passage(paper).to_picture_px(ends_mm).reshape(-1, 2, 2)


def found_ends_px(strips: Iterable[Strip]) -> FloatArray:
    """Where the reader found them, shape (lines, 2, 2)."""
    ends = []
    for strip in strips:
        places = np.array([[x, strip.axis_row, 1.0] for x in (strip.found.left_px, strip.found.right_px)])
        homogeneous = places @ strip.to_page.T
        ends.append(homogeneous[:, :2] / homogeneous[:, 2:])
    return np.array(ends, dtype=np.float64)


def assert_lines_found(found_px: FloatArray, true_px: FloatArray, dpi: float) -> None:
    """The judge of places: every end of every line was found where it is, along the line above all."""
    off_mm = (found_px - true_px) / dpi * MM_PER_INCH
    way = true_px[:, 1] - true_px[:, 0]
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    along_mm = np.einsum("lej,lj->le", off_mm, way)
    across_mm = np.einsum("lej,lj->le", off_mm, way[:, ::-1] * [-1.0, 1.0])
    assert float(np.abs(along_mm).max()) <= PLACE_MM, np.round(along_mm, 3)
    assert float(np.abs(across_mm).max()) <= ASIDE_MM, np.round(across_mm, 3)


def true_corners_px(sheet: PrintedSheet, corner: int, scanner: Scanner, paper: Paper) -> FloatArray:
    """Where the corners of a corner mark truly are in the picture, shape (4, 2), as `Fiducial` has them."""
    corners = sheet.layout.corner_marks[corner].square.corners
    return scanner.passage(paper).to_picture_px(np.array([[p.x_mm, p.y_mm] for p in corners]))


def square_px(sheet: PrintedSheet, corner: int, scanner: Scanner, paper: Paper) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a corner mark with a white margin, in the picture."""
    return box_px(sheet.layout.corner_marks[corner].square.grown(1.5), scanner, paper)


def box_px(place: Rect, scanner: Scanner, paper: Paper) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the picture's part that holds a rectangle of the paper."""
    places = scanner.passage(paper).to_picture_px(np.array([[p.x_mm, p.y_mm] for p in place.corners]))
    left, top = np.floor(places.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(places.max(axis=0)).astype(int).tolist()
    return left, top, right, bottom
