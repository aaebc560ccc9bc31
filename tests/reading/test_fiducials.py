"""Corner marks are found whatever happened to the others, and their corners to a part of a pixel."""

from __future__ import annotations

from statistics import NormalDist

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calibration.synthesis.paper import Paper
from calibration.synthesis.scanners import Scanner
from calibration.synthesis.sheets import PrintedSheet
from forms.tags import MODULES, PATTERNS
from scanner.model.page import GreyPixels, ScannedPage
from scanner.reading.fiducials import Fiducial, find_fiducials, refine_corners, shrunk
from scanner.reading.mapping import FloatArray
from tests.reading.sheets import QUICK, square_px, true_corners_px

IDS = tuple(PATTERNS)
SCANNER = Scanner(dpi=200)


def drawn_tag(
    tag_id: int, side_px: float, angle_deg: float, shift_px: tuple[float, float], blur_px: float = 0.5
) -> tuple[GreyPixels, FloatArray]:
    """A tag behind optics with a Gaussian blur, and its true corners.

    Such a blur is the same in every direction, so the picture is known exactly at every turn: the black
    modules, each the product of two blurred edges across and two along.
    """
    size = int(1.75 * side_px)
    black = np.array([[module == "#" for module in row] for row in PATTERNS[tag_id]], dtype=np.float64)
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = (size - 1) / 2 + np.array(shift_px)
    x, y = np.meshgrid(np.arange(size) - middle[0], np.arange(size) - middle[1])
    edges = (np.arange(MODULES + 1) / MODULES - 0.5) * side_px
    across, along = (
        _passed((turn[0, axis] * x + turn[1, axis] * y)[..., None] - edges, blur_px) for axis in (0, 1)
    )
    columns, rows = across[..., :-1] - across[..., 1:], along[..., :-1] - along[..., 1:]
    ink = np.einsum("yxr,rc,yxc->yx", rows, black, columns)
    unit = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side_px / 2
    return np.rint(245 - 225 * ink).astype(np.uint8), unit @ turn.T + middle


def _passed(beyond_px: FloatArray, blur_px: float) -> FloatArray:
    """Share of a blurred spot that is past an edge."""
    table = np.linspace(-5.0, 5.0, 2001)
    shares = [NormalDist().cdf(place) for place in table]
    return np.asarray(np.interp(beyond_px / blur_px, table, shares), dtype=np.float64)


@settings(QUICK, max_examples=25)
@example(94.0, 0.5, (0.0, 0.5), 1.0, 0)
@given(
    st.floats(94, 150),
    st.floats(-180, 180),
    st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    st.floats(0.45, 1.0),
    st.integers(0, 99),
)
def test_corners_are_refined_to_a_tenth_of_a_pixel_and_marks_to_a_twentieth(
    side_px: float, angle_deg: float, shift_px: tuple[float, float], blur_px: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    soft, corners = drawn_tag(seed % len(IDS), side_px, angle_deg, shift_px, blur_px)
    coarse = Fiducial(7, corners + rng.uniform(-0.6, 0.6, (4, 2)))
    off_px = refine_corners(soft, [coarse])[7] - corners
    # The worst corners, 0.08, are those of nearly upright marks between two pixels in the softest light.
    assert np.linalg.norm(off_px, axis=1).max() < 0.1
    assert np.linalg.norm(off_px.mean(axis=0)) < 0.05

    # Noise is another thing at every corner, and little over all four.
    noisy = np.clip(np.rint(soft + rng.normal(0, 2.0, soft.shape)), 0, 255).astype(np.uint8)
    off_px = refine_corners(noisy, [coarse])[7] - corners
    assert np.linalg.norm(off_px, axis=1).max() < 0.2
    assert np.linalg.norm(off_px.mean(axis=0)) < 0.05


def test_a_mark_that_cannot_be_followed_is_left_out() -> None:
    pixels, corners = drawn_tag(0, 120.0, 10.0, (0.3, 0.4))
    whole = Fiducial(0, corners)
    assert set(refine_corners(pixels, [whole])) == {0}
    torn = pixels.copy()
    torn[: pixels.shape[0] // 3] = 245  # one side is gone
    assert refine_corners(torn, [whole]) == {}
    assert refine_corners(pixels, []) == {}


def test_a_stain_on_a_part_of_a_side_does_no_harm() -> None:
    pixels, corners = drawn_tag(0, 120.0, 0.0, (0.0, 0.0))
    left, top = (round(float(place)) for place in corners[0])
    pixels[top - 12 : top + 6, left + 70 : left + 95] = 120
    off_px = refine_corners(pixels, [Fiducial(0, corners)])[0] - corners
    assert np.linalg.norm(off_px, axis=1).max() < 0.15


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_all_four_are_found_with_their_corners_in_order(
    plain_page: ScannedPage, sheet: PrintedSheet, paper: Paper, quarters: int
) -> None:
    scanner = Scanner(dpi=200, device_turn=90 * quarters, turn=90 * quarters)
    pixels = np.ascontiguousarray(np.rot90(plain_page.pixels, -quarters))
    found = {mark.tag_id: mark for mark in find_fiducials(pixels, IDS)}
    assert set(found) == set(IDS)
    for corner, tag_id in enumerate(IDS):
        expected = true_corners_px(sheet, corner, scanner, paper)
        assert np.abs(found[tag_id].corners_px - expected).max() < 4.0
        exact = refine_corners(pixels, [found[tag_id]])[tag_id]
        # The printer sets whole dots of 600 dpi: a third of a pixel here.
        assert np.abs(exact - expected).max() < 0.6


@pytest.mark.parametrize("missing", range(4))
def test_a_missing_mark_does_not_take_the_others_along(
    plain_page: ScannedPage, sheet: PrintedSheet, paper: Paper, missing: int
) -> None:
    left, top, right, bottom = square_px(sheet, missing, SCANNER, paper)
    pixels = plain_page.pixels.copy()
    pixels[top:bottom, left:right] = 245
    assert sorted(mark.tag_id for mark in find_fiducials(pixels, IDS)) == sorted(set(IDS) - {IDS[missing]})


def test_a_doubled_mark_is_seen_twice(plain_page: ScannedPage, sheet: PrintedSheet, paper: Paper) -> None:
    left, top, right, bottom = square_px(sheet, 1, SCANNER, paper)
    pixels = plain_page.pixels.copy()
    pixels[900 : 900 + bottom - top, 100 : 100 + right - left] = pixels[top:bottom, left:right]
    assert sorted(mark.tag_id for mark in find_fiducials(pixels, IDS)) == [0, 1, 1, 2, 3]


def test_other_tags_and_plain_paper_are_no_marks() -> None:
    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    pixels = np.full((1400, 1000), 245, np.uint8)
    assert find_fiducials(pixels, IDS) == ()
    pixels[200:320, 200:320] = cv2.aruco.generateImageMarker(family, 17, 120)
    assert find_fiducials(pixels, IDS) == ()


@pytest.mark.parametrize(("height", "width", "factor"), [(1000, 700, 1), (1401, 1201, 2), (3508, 2480, 4)])
def test_shrinking_averages_whole_squares(height: int, width: int, factor: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (height, width), dtype=np.uint8)
    small, by = shrunk(pixels, 600)
    assert by == factor
    assert small.shape == (height // factor, width // factor)
    squares = pixels[: small.shape[0] * by, : small.shape[1] * by].reshape(small.shape[0], by, -1, by)
    # Halving twice rounds twice.
    assert np.abs(squares.mean(axis=(1, 3)) - small).max() <= 1.0
