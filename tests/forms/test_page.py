"""The page as a camera would see it: codes, corner marks, clear zones, and no stray ink."""

from __future__ import annotations

from datetime import date

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from forms.geometry import Point, Rect
from forms.identifier import SheetId
from forms.instrument import Rater
from forms.layout import AnswerLine
from forms.render import SheetFace
from forms.tags import MODULES, PATTERNS
from tests.forms.printed_forms import DPI, FORMS, cut, pixels, printed, sheet

DARK = 160
LICENCE = "Printed under the group licence of an example organisation. " * 6


@pytest.fixture(scope="module")
def pages() -> list[tuple[SheetFace, NDArray[np.uint8]]]:
    """Every form in every language, bound and unbound in turn, and its picture."""
    bound = {"rater": Rater.GUARDIAN, "subject": "child", "session": 12, "session_date": date(2026, 9, 30)}
    faces = [sheet(code, lang, **(bound if n % 2 else {})) for n, (code, lang) in enumerate(FORMS)]
    half = len(faces) // 2
    pictures = [*pixels(printed(faces[:half])), *pixels(printed(faces[half:], LICENCE))]
    return list(zip(faces, pictures, strict=True))


def test_both_codes_of_every_form_are_read(pages: list[tuple[SheetFace, NDArray[np.uint8]]]) -> None:
    for face, picture in pages:
        for code in face.layout.codes:
            region = np.ascontiguousarray(cut(picture, code.qr.grown(4)))
            (barcode,) = zxingcpp.read_barcodes(region)
            assert barcode.text == face.sheet_id.payload
            assert barcode.ec_level == "H"


def test_codes_are_right_for_many_identifiers() -> None:
    """The mask is fixed: no identifier makes a picture that cannot be read."""
    faces = [sheet("lass", "en") for _ in range(24)]
    for face, picture in zip(faces, pixels(printed(faces), 100), strict=True):
        found = zxingcpp.read_barcodes(picture)
        assert [SheetId.parse(barcode.text) for barcode in found] == [face.sheet_id] * 2


def test_corner_marks_are_found_at_their_places(pages: list[tuple[SheetFace, NDArray[np.uint8]]]) -> None:
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11))
    for face, picture in pages:
        small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        corners, ids, _ = detector.detectMarkers(small)
        found = dict(zip(ids.ravel().tolist(), corners, strict=True))
        assert set(found) == {mark.tag_id for mark in face.layout.corner_marks}
        for mark in face.layout.corner_marks:
            expected = [(p.x_mm, p.y_mm) for p in mark.square.corners]
            assert np.abs((found[mark.tag_id][0] + 0.5) * 25.4 / (DPI / 2) - expected).max() < 0.3


def test_patterns_are_those_of_the_family() -> None:
    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    for tag_id, rows in PATTERNS.items():
        drawn = cv2.aruco.generateImageMarker(family, tag_id, MODULES)
        assert rows == tuple("".join("#" if value == 0 else "." for value in row) for row in drawn)


def line_and_ticks(answer: AnswerLine) -> list[Rect]:
    start, end = answer.line.start, answer.line.end
    half = answer.tick_height_mm / 2
    along = Rect(start.x_mm, start.y_mm, answer.line.length_mm, 0.0)
    return [along, *(Rect(p.x_mm, p.y_mm - half, 0.0, 2 * half) for p in (start, end))]


def wiped(picture: NDArray[np.uint8], boxes: list[Rect], margin_mm: float) -> NDArray[np.uint8]:
    """The picture with some places made white."""
    left = picture.copy()
    for box in boxes:
        cut(left, box.grown(margin_mm))[:] = 255
    return left


def test_zones_hold_the_line_and_nothing_else(pages: list[tuple[SheetFace, NDArray[np.uint8]]]) -> None:
    for face, picture in pages:
        for answer in face.layout.answer_lines:
            assert cut(picture, answer.zone).min() < DARK
            assert cut(wiped(picture, line_and_ticks(answer), 0.4), answer.zone).min() == 255


def test_the_layout_knows_all_ink(pages: list[tuple[SheetFace, NDArray[np.uint8]]]) -> None:
    """What is read by the layout must not meet print that the layout does not tell of."""
    for face, picture in pages:
        layout = face.layout
        known = [
            *(mark.square for mark in layout.corner_marks),
            *(box for code in layout.codes for box in (code.qr, code.text)),
            *(box for answer in layout.answer_lines for box in line_and_ticks(answer)),
            *layout.printed,
        ]
        stray = np.argwhere(wiped(picture, known, 0.3) < DARK)
        assert stray.size == 0, [Point(x * 25.4 / DPI, y * 25.4 / DPI) for y, x in stray[:3]]


def test_printed_code_fills_its_box(pages: list[tuple[SheetFace, NDArray[np.uint8]]]) -> None:
    for face, picture in pages:
        for code in face.layout.codes:
            dark = np.argwhere(cut(picture, code.text.grown(2)) < DARK) * 25.4 / DPI - 2
            top, left = dark.min(axis=0)
            bottom, right = dark.max(axis=0)
            assert -0.25 < top < 0.25
            assert -0.1 < left < 1.0
            assert code.text.height_mm - 0.7 < bottom < code.text.height_mm + 0.1
            assert code.text.width_mm - 1.0 < right < code.text.width_mm + 0.1
