"""However a page is cut into pictures and each is turned, putting it together gives the page again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.page import GreyPixels
from scanner.pages.pdf_placement import Box, Matrix, composed, extent, lay_out, times

TURNS: list[tuple[Matrix, int, bool]] = [
    ((1, 0, 0, 1, 0, 0), 0, False),
    ((0, 1, -1, 0, 1, 0), 1, False),
    ((-1, 0, 0, -1, 1, 1), 2, False),
    ((0, -1, 1, 0, 0, 1), 3, False),
    ((-1, 0, 0, 1, 1, 0), 0, True),
    ((0, 1, 1, 0, 0, 0), 1, True),
    ((1, 0, 0, -1, 0, 1), 2, True),
    ((0, -1, -1, 0, 1, 1), 3, True),
]
"""The unit square turned into itself: the matrix, its quarter turns to the left, and if it then mirrors."""


def stored(shown: GreyPixels, quarters: int, mirrored: bool) -> GreyPixels:
    """The picture that the matrix turns into what is shown."""
    upright = np.fliplr(shown) if mirrored else shown
    return np.ascontiguousarray(np.rot90(upright, -quarters))


@settings(max_examples=50, derandomize=True, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 59), unique=True, max_size=4),
    dpi=st.sampled_from([72.0, 100.0, 200.0, 300.0, 600.0]),
    corner=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    turn=st.sampled_from(TURNS),
    seed=st.integers(0, 1000),
)
def test_strips_make_the_page(
    cuts: list[int],
    dpi: float,
    corner: tuple[float, float],
    turn: tuple[Matrix, int, bool],
    seed: int,
) -> None:
    page = np.random.default_rng(seed).integers(0, 256, (60, 80), np.uint8)
    point = 72 / dpi
    left, bottom = corner
    box = Box(left, bottom, left + 80 * point, bottom + 60 * point)
    edges = [0, *sorted(cuts), 60]
    placed, pictures = [], []
    for top, end in pairwise(edges):
        where: Matrix = (80 * point, 0, 0, (end - top) * point, left, bottom + (60 - end) * point)
        picture = stored(page[top:end], turn[1], turn[2])
        placed.append((times(turn[0], where), picture.shape[1], picture.shape[0]))
        pictures.append(picture)
    canvas = lay_out(box, placed)
    assert canvas is not None
    assert np.array_equal(composed(canvas, pictures), page)
    assert abs(canvas.dpi_x - dpi) < 0.01 * dpi


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.tuples(*[st.floats(-1e3, 1e3)] * 6), st.tuples(*[st.floats(-1e3, 1e3)] * 6))
def test_matrices_are_done_one_after_the_other(first: Matrix, then: Matrix) -> None:
    """A corner taken through both is the corner taken through their product."""

    def through(matrix: Matrix, u: float, v: float) -> tuple[float, float]:
        a, b, c, d, e, f = matrix
        return a * u + c * v + e, b * u + d * v + f

    for u, v in ((0, 0), (1, 0), (0, 1), (1, 1)):
        assert np.allclose(through(times(first, then), u, v), through(then, *through(first, u, v)), atol=1e-3)


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 6), st.integers(1, 9), st.integers(1, 9))
def test_no_matrix_is_too_strange(matrix: Matrix, width: int, height: int) -> None:
    canvas = lay_out(Box(0, 0, 100, 100), [(matrix, width, height)])
    assert canvas is None or (canvas.width_px > 0 and canvas.height_px > 0)


def test_what_cannot_be_placed_pixel_by_pixel_is_left_to_a_renderer() -> None:
    page = Box(0, 0, 72, 72)
    whole: Matrix = (72, 0, 0, 72, 0, 0)
    assert lay_out(page, [(whole, 100, 100)]) is not None
    assert lay_out(page, []) is None
    assert lay_out(page, [((72, 1, -1, 72, 0, 0), 100, 100)]) is None, "slanted"
    assert lay_out(page, [(whole, 100, 200)]) is None, "other resolution across than down"
    assert lay_out(page, [(whole, 100, 100), (whole, 100, 100)]) is None, "one over the other"
    half: Matrix = (36, 0, 0, 72, 0, 0)
    other: Matrix = (36, 0, 0, 72, 36, 0)
    assert lay_out(page, [(half, 50, 100), (other, 25, 50)]) is None, "of different resolution"


def test_the_extent_of_a_turned_picture() -> None:
    assert extent((0, 10, -20, 0, 5, 5)) == Box(-15, 5, 5, 15)
