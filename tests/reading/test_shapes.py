"""The geometry of a piece of ink, on drawings whose millimetres are known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from scanner.reading.mapping import FloatArray
from scanner.reading.shapes import Rows, axis_of, hole_mm2, roundness, rows_of, solidity, stroke_width_mm
from scanner.reading.stroke_pair import TwoStrokes, _local_meeting, points_of, two_strokes
from tests.reading.sheets import QUICK

PX_PER_MM = 10.0
"""As strips of 300 dpi scans are sampled."""
REACH_MM = 8.0
"""Half the side of a drawing, whose middle is the origin."""
PLACES: FloatArray = (
    np.arange(round(2 * REACH_MM * PX_PER_MM), dtype=np.float64) + 0.5
) / PX_PER_MM - REACH_MM
X_MM: FloatArray = PLACES
Y_MM: FloatArray = -PLACES
Ink = NDArray[np.bool_]
Draw = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]


def drawn(covers: Draw) -> Ink:
    """Every pixel whose centre, x to the right and y up in millimetres, is covered."""
    x, y = np.meshgrid(X_MM, Y_MM)
    return covers(x, y)


def stroke(start: tuple[float, float], end: tuple[float, float], width_mm: float = 0.4) -> Draw:
    """A straight stroke with flat ends."""
    first, along = np.array(start), np.array(end) - np.array(start)
    length = float(np.hypot(*along))
    u, v = along / length

    def covers(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        dx, dy = x - first[0], y - first[1]
        place, beside = dx * u + dy * v, dx * v - dy * u
        inside = (place >= 0) & (place <= length) & (np.abs(beside) <= width_mm / 2)
        return np.asarray(inside, dtype=np.bool_)

    return covers


def both(*parts: Draw) -> Draw:
    return lambda x, y: np.logical_or.reduce([part(x, y) for part in parts])


def ellipse(a_mm: float, b_mm: float, hollow_mm: float = 0.0, at: tuple[float, float] = (0.0, 0.0)) -> Draw:
    """Filled, or a ring whose ink is `hollow_mm` thick."""

    def covers(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        dx, dy = x - at[0], y - at[1]
        outer = (dx / a_mm) ** 2 + (dy / b_mm) ** 2 <= 1
        if not hollow_mm:
            return outer
        return outer & ((dx / (a_mm - hollow_mm)) ** 2 + (dy / (b_mm - hollow_mm)) ** 2 > 1)

    return covers


def rows_of_drawing(ink: Ink) -> Rows:
    return rows_of(ink, X_MM, Y_MM, 1 / PX_PER_MM)


def test_rows_tell_where_the_ink_of_each_is() -> None:
    ink = drawn(both(stroke((-2.0, -3.0), (-2.0, 3.0), 0.6), stroke((1.0, 0.0), (1.0, 3.0), 1.0)))
    rows = rows_of_drawing(ink)
    upper = rows.y_mm > 0
    assert np.allclose(rows.left_mm, -2.3)
    assert np.allclose(rows.right_mm, np.where(upper, 1.5, -1.7))
    assert np.allclose(rows.ink_mm, np.where(upper, 1.6, 0.6))
    assert np.array_equal(rows.runs, np.where(upper, 2, 1))
    assert np.allclose(rows.centre_mm, np.where(upper, (0.6 * -2.0 + 1.0 * 1.0) / 1.6, -2.0))
    assert (rows.y_mm.min(), rows.y_mm.max()) == pytest.approx((-2.95, 2.95))


@QUICK
@given(st.floats(-2, 2), st.floats(-45, 45), st.floats(0.3, 1.5), st.floats(1.5, 5), st.floats(1.5, 5))
def test_the_axis_of_a_stroke(
    at_mm: float, lean_deg: float, width_mm: float, up_mm: float, down_mm: float
) -> None:
    slope = float(np.tan(np.radians(lean_deg)))
    ends = (at_mm - slope * down_mm, -down_mm), (at_mm + slope * up_mm, up_mm)
    rows = rows_of_drawing(drawn(stroke(*ends, width_mm)))
    # Flat ends of a slanted stroke are corners in its rows: they weigh little, but something.
    axis = axis_of(rows, np.ones(len(rows.y_mm), dtype=bool))
    assert axis is not None
    assert axis.position_mm == pytest.approx(at_mm, abs=0.08)
    assert axis.slope == pytest.approx(slope, abs=0.12)
    assert axis.deviation_mm < 0.15


def test_the_axis_of_chosen_rows_leaves_the_others_out() -> None:
    bent = drawn(both(stroke((0.0, -4.0), (0.0, 2.0)), stroke((0.0, 2.0), (4.0, 6.0))))
    rows = rows_of_drawing(bent)
    straight = axis_of(rows, rows.y_mm < 1.5)
    whole = axis_of(rows, np.ones(len(rows.y_mm), dtype=bool))
    assert straight is not None
    assert whole is not None
    assert straight.position_mm == pytest.approx(0.0, abs=0.01)
    assert straight.deviation_mm < 0.02
    assert whole.deviation_mm > 0.3


def test_a_hook_at_its_end_does_not_turn_an_axis() -> None:
    hooked = drawn(both(stroke((0.5, -3.0), (0.5, 3.0)), stroke((0.5, 2.8), (1.3, 2.8))))
    rows = rows_of_drawing(hooked)
    axis = axis_of(rows, np.ones(len(rows.y_mm), dtype=bool))
    assert axis is not None
    assert axis.position_mm == pytest.approx(0.5, abs=0.02)
    assert axis.slope == pytest.approx(0.0, abs=0.02)


def test_too_few_rows_have_no_axis() -> None:
    rows = rows_of_drawing(drawn(stroke((-3.0, 0.0), (3.0, 0.0), 0.35)))
    assert len(rows.y_mm) < 5
    assert axis_of(rows, rows.y_mm > 0) is None


@QUICK
@given(st.floats(-60, 60), st.floats(0.4, 2.5))
def test_the_width_of_a_stroke_is_across_it(lean_deg: float, width_mm: float) -> None:
    way = 5.0 * np.sin(np.radians(lean_deg)), 5.0 * np.cos(np.radians(lean_deg))
    ink = drawn(stroke((-way[0], -way[1]), (way[0], way[1]), width_mm))
    # Taken from the pixels' distance to the paper: up to a fifth too small, never too large.
    assert 0.78 * width_mm - 0.1 < stroke_width_mm(ink, PX_PER_MM) < width_mm + 0.1


def test_no_ink_has_no_width() -> None:
    assert stroke_width_mm(np.zeros((9, 9), dtype=bool), PX_PER_MM) == 0.0


@pytest.mark.parametrize(("a_mm", "b_mm"), [(1.5, 1.5), (1.0, 2.0), (4.0, 2.5)])
def test_a_ring_encloses_its_inside(a_mm: float, b_mm: float) -> None:
    inside = np.pi * (a_mm - 0.4) * (b_mm - 0.4)
    assert hole_mm2(drawn(ellipse(a_mm, b_mm, 0.4)), PX_PER_MM) == pytest.approx(inside, rel=0.03, abs=0.05)


def test_the_largest_hole_counts() -> None:
    small, large = ellipse(1.0, 1.0, 0.3, (-3.0, 0.0)), ellipse(2.0, 2.0, 0.3, (2.0, 0.0))
    two = drawn(both(small, large))
    assert hole_mm2(two, PX_PER_MM) == pytest.approx(np.pi * 1.7**2, rel=0.03)


def test_an_open_ring_a_disc_and_a_stroke_enclose_nothing() -> None:
    ring = drawn(ellipse(2.0, 2.0, 0.4)) & ~drawn(stroke((0.0, 0.0), (3.0, 0.0), 0.5))
    for ink in (ring, drawn(ellipse(2.0, 2.0)), drawn(stroke((0.0, -3.0), (1.0, 3.0)))):
        assert hole_mm2(ink, PX_PER_MM) == 0.0


def test_a_ring_that_touches_the_edge_of_its_box_still_encloses() -> None:
    ink = drawn(ellipse(2.0, 2.0, 0.4))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert hole_mm2(box, PX_PER_MM) == pytest.approx(hole_mm2(ink, PX_PER_MM))


def test_roundness_goes_from_a_stroke_to_a_disc() -> None:
    assert roundness(drawn(ellipse(1.5, 1.5))) == pytest.approx(1.0, abs=0.02)
    assert roundness(drawn(ellipse(3.0, 1.5))) == pytest.approx(0.5, abs=0.02)
    assert roundness(drawn(ellipse(1.0, 4.0))) == pytest.approx(0.25, abs=0.02)
    assert roundness(drawn(stroke((-3.0, -4.0), (3.0, 4.0)))) < 0.06
    assert roundness(np.eye(2, dtype=bool)) == 1.0  # two pixels have no direction to speak of


def taken_apart(ink: Ink, width_mm: float = 0.4) -> TwoStrokes | None:
    return two_strokes(ink, X_MM, Y_MM, width_mm)


@QUICK
@given(
    st.floats(-2, 2),
    st.floats(-1, 1),
    st.floats(20, 60),
    st.floats(-60, -20),
    st.floats(1.6, 4),
    st.floats(1.6, 4),
)
def test_an_x_is_two_strokes_that_meet_inside(
    x_mm: float, y_mm: float, one_deg: float, other_deg: float, one_mm: float, other_mm: float
) -> None:
    arms = []
    for lean_deg, half_mm in ((one_deg, one_mm), (other_deg, other_mm)):
        way = half_mm * np.sin(np.radians(lean_deg)), half_mm * np.cos(np.radians(lean_deg))
        arms.append(stroke((x_mm - way[0], y_mm - way[1]), (x_mm + way[0], y_mm + way[1])))
    pair = taken_apart(drawn(both(*arms)))
    assert pair is not None
    assert np.hypot(pair.x_mm - x_mm, pair.y_mm - y_mm) < 0.15
    apart_deg = one_deg - other_deg
    assert pair.angle_deg == pytest.approx(min(apart_deg, 180 - apart_deg), abs=4)
    assert pair.covered > 0.97
    assert all(0.35 < place < 0.65 for place in pair.inside)
    assert sorted(pair.lengths_mm) == pytest.approx(sorted((2 * one_mm, 2 * other_mm)), abs=0.4)
    for straight in pair.lines:
        assert float(straight.distance_mm(np.array([[x_mm, y_mm]]))[0]) < 0.15


def test_a_tick_is_two_strokes_that_meet_at_their_ends() -> None:
    pair = taken_apart(drawn(both(stroke((-1.5, 1.5), (0.0, -0.5)), stroke((0.0, -0.5), (3.0, 4.0)))))
    assert pair is not None
    assert (pair.x_mm, pair.y_mm) == pytest.approx((0.0, -0.5), abs=0.2)
    assert all(place < 0.12 or place > 0.88 for place in pair.inside)


def test_two_strokes_do_not_cover_a_scribble() -> None:
    corners = [(-4.0, -1.5), (-2.5, 1.5), (-1.0, -1.5), (0.5, 1.5), (2.0, -1.5), (3.5, 1.5)]
    zigzag = both(*(stroke(a, b) for a, b in pairwise(corners)))
    pair = taken_apart(drawn(zigzag))
    assert pair is None or pair.covered < 0.8


def test_a_speck_is_not_taken_apart() -> None:
    assert taken_apart(drawn(ellipse(0.25, 0.25))) is None


@pytest.mark.parametrize("covers", [stroke((0.0, -7.0), (0.0, 7.0), 3.0), ellipse(0.3, 0.3)])
def test_the_points_of_ink_are_on_it_and_not_too_many(covers: Draw) -> None:
    ink = drawn(covers)
    points = points_of(ink, X_MM, Y_MM)
    assert 10 < len(points) < 600
    columns = np.rint((points[:, 0] + REACH_MM) * PX_PER_MM - 0.5).astype(int)
    rows = np.rint((REACH_MM - points[:, 1]) * PX_PER_MM - 0.5).astype(int)
    assert ink[rows, columns].all()


def test_solidity_is_the_share_of_the_hull_that_is_ink() -> None:
    square = np.zeros((40, 40), dtype=bool)
    square[5:25, 8:28] = True
    assert solidity(square) == pytest.approx(1.0)
    frame = square.copy()
    frame[10:20, 13:23] = False
    assert solidity(frame) == pytest.approx(0.75)
    corner = square.copy()
    corner[5:15, 8:18] = False  # the hull of an L leaves out half of the missing quarter
    assert solidity(corner) == pytest.approx(300 / 350, abs=0.02)


def test_strokes_that_run_side_by_side_near_their_meeting_have_one_all_the_same() -> None:
    """Seen in a long run: two arms that lie exactly upright round the place where they should intersect."""
    y = np.arange(0.1, 1.5, 0.1)
    points = np.concatenate([np.stack([np.full_like(y, x), y], axis=1) for x in (-0.4, 0.4)])
    lean = np.radians(10.0)
    lines = [
        (np.array([x, 0.0]), np.array([np.cos(turn), np.sin(turn)]))
        for x, turn in ((-0.4, -lean), (0.4, lean))
    ]
    assert _local_meeting(points, lines, 0.3) == pytest.approx([0.0, 0.4 / np.tan(lean)])
