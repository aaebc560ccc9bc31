"""The mapping between paper and pixels is found exactly, and says rightly how the paper lies."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.reading.mapping import FloatArray, PaperToPixel, fit_mapping
from tests.reading.sheets import QUICK

CORNERS_MM = np.array(
    [
        (x + dx, y + dy)
        for x, y in product((12.0, 186.0), (12.0, 273.0))
        for dx, dy in product((0, 12), (0, 12))
    ],
    dtype=np.float64,
)
"""Of four corner marks."""
GRID_MM = np.array(list(product(np.linspace(0, 210, 8), np.linspace(0, 297, 8))), dtype=np.float64)


@st.composite
def affines(draw: st.DrawFn) -> PaperToPixel:
    """Any turn, 100 to 600 dpi, different by a few per cent in the two directions, a little sheared."""
    angle = np.radians(draw(st.floats(-180, 180)))
    scale = draw(st.floats(4.0, 24.0))
    stretch, shear = draw(st.floats(0.95, 1.05)), draw(st.floats(-0.02, 0.02))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * turn @ np.array([[1.0, shear], [0.0, stretch]])
    shift = [draw(st.floats(-500, 5000)), draw(st.floats(-500, 5000))]
    return PaperToPixel(np.array([[*linear[0], shift[0]], [*linear[1], shift[1]], [0.0, 0.0, 1.0]]))


@st.composite
def homographies(draw: st.DrawFn) -> PaperToPixel:
    """A photograph: up to a third nearer on one side of the page than on the other."""
    matrix = draw(affines()).matrix.copy()
    matrix[2, :2] = draw(st.floats(-1e-3, 1e-3)), draw(st.floats(-7e-4, 7e-4))
    return PaperToPixel(matrix)


def off_mm(found: PaperToPixel, true: PaperToPixel) -> float:
    """The largest distance on paper between two mappings, anywhere on the page."""
    return float(np.abs(true.to_paper(found.to_pixels(GRID_MM)) - GRID_MM).max())


@QUICK
@given(affines())
def test_an_affine_mapping_is_recovered(true: PaperToPixel) -> None:
    found, residual_mm = fit_mapping(CORNERS_MM, true.to_pixels(CORNERS_MM), perspective=False)
    assert off_mm(found, true) < 1e-6
    assert residual_mm < 1e-6


@QUICK
@given(affines(), st.lists(st.sampled_from(range(16)), min_size=3, max_size=3, unique=True))
def test_three_places_that_are_no_line_give_an_affine_mapping(true: PaperToPixel, chosen: list[int]) -> None:
    places = CORNERS_MM[chosen]
    sides = places[1:] - places[0]
    if abs(float(sides[0, 0] * sides[1, 1] - sides[0, 1] * sides[1, 0])) < 100:
        return
    found, _ = fit_mapping(places, true.to_pixels(places), perspective=False)
    assert off_mm(found, true) < 1e-6


@QUICK
@given(homographies())
def test_a_homography_is_recovered(true: PaperToPixel) -> None:
    found, residual_mm = fit_mapping(CORNERS_MM, true.to_pixels(CORNERS_MM), perspective=True)
    # OpenCV takes the places in single precision: a ten thousandth of a pixel.
    assert off_mm(found, true) < 2e-4
    assert residual_mm < 1e-4


@QUICK
@given(affines(), st.integers(0, 15), st.floats(0, 360), st.floats(0.5, 5.0))
def test_the_error_tells_of_a_place_that_does_not_fit(
    true: PaperToPixel, which: int, towards_deg: float, by_mm: float
) -> None:
    seen_mm = CORNERS_MM.copy()
    seen_mm[which] += by_mm * np.array([np.cos(np.radians(towards_deg)), np.sin(np.radians(towards_deg))])
    _, residual_mm = fit_mapping(CORNERS_MM, true.to_pixels(seen_mm), perspective=False)
    # Six unknowns through sixteen places: between half and all of the one error stays visible.
    assert 0.5 * by_mm / 4 < residual_mm <= by_mm / 4 + 1e-6


@QUICK
@given(homographies())
def test_to_paper_undoes_to_pixels(mapping: PaperToPixel) -> None:
    assert np.abs(mapping.to_paper(mapping.to_pixels(GRID_MM)) - GRID_MM).max() < 1e-6


@QUICK
@given(homographies())
def test_the_model_keeps_the_whole_mapping(mapping: PaperToPixel) -> None:
    kept = mapping.as_model().matrix
    assert len(kept) == 9
    assert kept[8] == 1.0
    assert np.allclose(
        PaperToPixel(np.array(kept).reshape(3, 3)).to_pixels(GRID_MM), mapping.to_pixels(GRID_MM)
    )


def turned(degrees: float, scale: float = 8.0) -> PaperToPixel:
    """Turned clockwise as one looks at the picture, whose y goes down."""
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return PaperToPixel(np.array([[c, -s, 2000.0], [s, c, 2000.0], [0.0, 0.0, 1.0]]))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("skew_deg", [-44.0, -5.0, 0.0, 5.0, 44.0])
def test_the_turn_is_the_nearest_quarter(turn: int, skew_deg: float) -> None:
    assert turned(turn + skew_deg).turn(105.0, 148.0) == turn


def test_a_quarter_turn_is_clockwise() -> None:
    top_left, top_right = turned(90).to_pixels(np.array([[0.0, 0.0], [210.0, 0.0]]))
    assert top_right[1] > top_left[1] + 1000  # the top edge runs down the picture


@QUICK
@given(homographies())
def test_only_a_mirror_mirrors(mapping: PaperToPixel) -> None:
    assert not mapping.mirrored
    assert PaperToPixel(np.diag([-1.0, 1.0, 1.0]) @ mapping.matrix).mirrored
    assert PaperToPixel(mapping.matrix @ np.diag([1.0, -1.0, 1.0])).mirrored
    assert not PaperToPixel(mapping.matrix @ np.diag([-1.0, -1.0, 1.0])).mirrored


@QUICK
@given(homographies(), st.sampled_from([1 / 3, 0.5, 1.0, 2.0, 4.0]))
def test_scaled_follows_the_corners_of_the_pixels(mapping: PaperToPixel, factor: float) -> None:
    # The corner of the first pixel, at -0.5, stays the corner of the picture.
    expected: FloatArray = (mapping.to_pixels(GRID_MM) + 0.5) * factor - 0.5
    assert np.allclose(mapping.scaled(factor).to_pixels(GRID_MM), expected, rtol=0, atol=1e-6)


@QUICK
@given(affines())
def test_px_per_mm_is_the_root_of_the_area(mapping: PaperToPixel) -> None:
    expected = np.sqrt(abs(np.linalg.det(mapping.matrix[:2, :2])))
    assert mapping.px_per_mm(105.0, 148.0) == pytest.approx(expected)
