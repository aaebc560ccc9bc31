"""Marks say what their truth says: by the geometry of the strokes, and by the ink on a clean sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from calibration.synthesis.glyphs import GLYPHS, WORDS, written
from calibration.synthesis.hands import adult, some_hand
from calibration.synthesis.ink import lay_ink
from calibration.synthesis.kinds import make_mark
from calibration.synthesis.marks import Mark, Writer
from calibration.synthesis.paper import MM_PER_INCH, Paper
from calibration.synthesis.pens import some_pen
from calibration.synthesis.strokes import all_moved
from calibration.truth import DrawnKind, Expected

SEEDS = st.integers(0, 2**32 - 1)
PLACES = st.floats(2, 98)
FEW = settings(derandomize=True, max_examples=6, deadline=None)
MANY = settings(derandomize=True, max_examples=25, deadline=None)
TOLERANCE_MM = 0.05
WIDER_MM = {
    DrawnKind.CROSS: 0.15,  # the test follows bent arms as straight lines over their meeting
    DrawnKind.TICK: 0.25,  # the lowest point of a round turn is flat
}
LINE_MM = 96.0
"""A form that was printed a little too small."""

Ink = NDArray[np.float64]


def made(kind: DrawnKind, position_mm: float, seed: int) -> tuple[Mark, Writer]:
    rng = np.random.default_rng(seed)
    writer = Writer(some_hand(rng), some_pen(rng), LINE_MM, rng)
    return make_mark(kind, writer, position_mm), writer


def ink_on_clean_paper(mark: Mark, writer: Writer) -> tuple[Ink, Ink, Ink]:
    """Share of light taken, shape (rows, columns), and the x of columns and y of rows in mm on the line.

    The pen never skips and the paper has no tooth, so that what is seen is where the pen went.
    """
    dpi, margin_mm = 600, 14.0
    shape = [round(side / MM_PER_INCH * dpi) for side in (2 * margin_mm, LINE_MM + 2 * margin_mm)]
    paper = Paper(np.full(shape, 255, np.uint8), dpi)
    pen = replace(writer.pen, grain=0.0, skip=0.0)
    if mark.kind in (DrawnKind.CROSS, DrawnKind.TICK):
        # Where the middle of the tip went does not hang on the pen; a fine one shows it.
        pen = replace(pen, width_mm=0.15, soft_mm=0.01)
    strokes = mark.strokes
    if mark.kind is DrawnKind.CROSS:
        strokes = (strokes[0], strokes[-1])  # without what joins the arms
    # Where the pen failed its tip went on all the same.
    even = [replace(line, pressure=np.maximum(line.pressure, 0.5)) for line in strokes]
    lay_ink(paper, all_moved(even, margin_mm, margin_mm), pen, writer.rng)
    x, y = ((np.arange(side) + 0.5) * MM_PER_INCH / dpi - margin_mm for side in reversed(shape))
    return 1 - paper.pixels / 255, x, y


def centre_near_the_line(ink: Ink, x: Ink, y: Ink, half_band_mm: float) -> float:
    covered = ink[np.abs(y) < half_band_mm] > 0.15
    return float(x[np.nonzero(covered)[1]].mean())


def crossing(ink: Ink, x: Ink, y: Ink, truth_mm: float) -> float:
    return centre_near_the_line(ink, x, y, 0.05)


def spot(ink: Ink, x: Ink, y: Ink, truth_mm: float) -> float:
    return centre_near_the_line(ink, x, y, 1.5)


def intersection(ink: Ink, x: Ink, y: Ink, truth_mm: float) -> float:
    """Where the arms meet: each is followed from the rows just above the meeting to those just below."""
    starts, ends = (np.diff((ink > 0.3).astype(int), axis=1) == step for step in (1, -1))
    two_runs = np.flatnonzero(starts.sum(axis=1) == 2)
    gap = int(np.argmax(np.diff(two_runs)))
    rows = two_runs[max(0, gap - 9) : gap + 11]
    middles = np.array([(np.flatnonzero(starts[r]) + np.flatnonzero(ends[r]) + 1) / 2 for r in rows])
    above = (rows <= two_runs[gap])[:, None]
    arms = np.where(above, middles, middles[:, ::-1])
    (down, up), (from_left, from_right) = np.polyfit(y[rows], np.interp(arms, np.arange(len(x)), x), 1)
    return float(from_left + down * (from_right - from_left) / (down - up))


def lowest_point(ink: Ink, x: Ink, y: Ink, truth_mm: float) -> float:
    covered = ink > 0.3
    lowest = np.flatnonzero(covered.any(axis=1))[-1]
    return float(x[np.nonzero(covered[lowest - 1 : lowest + 1])[1]].mean())


FOUND: dict[DrawnKind, Callable[[Ink, Ink, Ink, float], float]] = {
    DrawnKind.STROKE: crossing,
    DrawnKind.SLANTED: crossing,
    DrawnKind.CROSS: intersection,
    DrawnKind.DOT: spot,
    DrawnKind.BLOB: spot,
    DrawnKind.GONE_OVER: spot,
    DrawnKind.HOOK: crossing,
    DrawnKind.TICK: lowest_point,
}


@pytest.mark.parametrize("kind", FOUND)
@given(position_mm=PLACES, seed=SEEDS)
@FEW
def test_the_ink_lies_where_the_truth_says(kind: DrawnKind, position_mm: float, seed: int) -> None:
    mark, writer = made(kind, position_mm, seed)
    truth_mm = position_mm / 100 * LINE_MM
    found_mm = FOUND[kind](*ink_on_clean_paper(mark, writer), truth_mm)
    assert mark.position_mm == pytest.approx(position_mm)
    assert found_mm == pytest.approx(truth_mm, abs=WIDER_MM.get(kind, TOLERANCE_MM))


@pytest.mark.parametrize("kind", DrawnKind)
@given(position_mm=PLACES, seed=SEEDS)
@FEW
def test_the_same_seed_draws_the_same_mark(kind: DrawnKind, position_mm: float, seed: int) -> None:
    first, again, other = (made(kind, position_mm, s)[0] for s in (seed, seed, seed + 1))
    assert first.position_mm == again.position_mm
    for a, b in zip(first.strokes, again.strokes, strict=True):
        np.testing.assert_array_equal(a.points_mm, b.points_mm)
        np.testing.assert_array_equal(a.pressure, b.pressure)
    if first.strokes:
        shapes = [tuple(stroke.points_mm.ravel()) for mark in (first, other) for stroke in mark.strokes]
        assert len(set(shapes)) == len(shapes)


@given(kind=st.sampled_from([DrawnKind.STROKE, DrawnKind.SLANTED]), position_mm=PLACES, seed=SEEDS)
@MANY
def test_a_stroke_goes_across_the_line_once(kind: DrawnKind, position_mm: float, seed: int) -> None:
    strokes = made(kind, position_mm, seed)[0].strokes
    crossings = np.concatenate([line.crossings_mm() for line in strokes])
    assert 1 <= len(crossings) <= 2, "twice only where it was begun twice"
    assert crossings.mean() == pytest.approx(position_mm / 100 * LINE_MM, abs=1e-9)
    assert np.ptp(crossings) < 0.7
    y = np.concatenate([line.points_mm[:, 1] for line in strokes])
    assert y.min() < -0.75
    assert y.max() > 0.75
    assert np.ptp(y) < 22


@given(position_mm=PLACES, seed=SEEDS)
@MANY
def test_an_x_meets_within_two_millimetres_of_the_line(position_mm: float, seed: int) -> None:
    arms = made(DrawnKind.CROSS, position_mm, seed)[0].strokes
    truth_mm = position_mm / 100 * LINE_MM
    for arm in (arms[0], arms[-1]):
        assert arm.points_mm[:, 1].min() < 0 < arm.points_mm[:, 1].max(), "both arms reach the line"
        near = arm.points_mm[np.abs(arm.points_mm[:, 1]) < 2]
        assert np.abs(near[:, 0] - truth_mm).min() < 0.1


@given(position_mm=PLACES, seed=SEEDS)
@MANY
def test_the_lowest_point_of_a_tick_is_meant(position_mm: float, seed: int) -> None:
    mark, _ = made(DrawnKind.TICK, position_mm, seed)
    (line,) = mark.strokes
    lowest = line.points_mm[line.points_mm[:, 1].argmax()]
    assert lowest[0] == pytest.approx(position_mm / 100 * LINE_MM, abs=1e-9)
    assert -0.2 < lowest[1] < 4.0
    crossings = line.crossings_mm()
    if mark.expected is Expected.EITHER and len(crossings) == 1:
        assert abs(crossings[0] - lowest[0]) < 1.0, "where it crosses and where it turns is the same value"


@given(kind=st.sampled_from([DrawnKind.DOT, DrawnKind.BLOB, DrawnKind.GONE_OVER]), seed=SEEDS)
@MANY
def test_thick_marks_stay_within_four_millimetres(kind: DrawnKind, seed: int) -> None:
    mark, writer = made(kind, 50.0, seed)
    ink, x, y = ink_on_clean_paper(mark, writer)
    columns = x[(ink[np.abs(y) < 0.05] > 0.3).any(axis=0)]
    assert 0.25 < np.ptp(columns) <= 4.4


@given(kind=st.sampled_from([DrawnKind.OFF_ABOVE, DrawnKind.OFF_BELOW]), position_mm=PLACES, seed=SEEDS)
@MANY
def test_a_mark_off_the_line_leaves_paper_between(kind: DrawnKind, position_mm: float, seed: int) -> None:
    mark, writer = made(kind, position_mm, seed)
    ink, x, y = ink_on_clean_paper(mark, writer)
    away = -y if kind is DrawnKind.OFF_ABOVE else y
    nearest_mm = away[(ink > 0.15).any(axis=1)].min()
    gap_mm = nearest_mm - 0.25
    assert -0.05 < gap_mm < 4.3
    assert (gap_mm < 1.5) == (mark.expected is Expected.EITHER) or gap_mm == pytest.approx(1.5, abs=0.25)
    foot = x[(ink > 0.15)[np.abs(away - nearest_mm) < 0.2].any(axis=0)]
    assert (foot.min() + foot.max()) / 2 == pytest.approx(position_mm / 100 * LINE_MM, abs=0.3)


EXPECTED_PAST_END = {
    (False, False): {Expected.ACCEPT, Expected.EITHER},  # EITHER with a pale pen
    (True, False): {Expected.EITHER},
    (True, True): {Expected.REVIEW},
}


@given(position_mm=st.sampled_from([1.0, 99.0]), seed=SEEDS)
@MANY
def test_a_mark_past_an_end_means_that_end_when_it_is_near(position_mm: float, seed: int) -> None:
    mark, _ = made(DrawnKind.PAST_END, position_mm, seed)
    x_mm = np.concatenate([line.crossings_mm() for line in mark.strokes]).mean()
    beyond = -x_mm if position_mm < 50 else x_mm - LINE_MM
    assert mark.position_mm == (0.0 if position_mm < 50 else 100.0)
    assert beyond > 0.4
    assert mark.expected in EXPECTED_PAST_END[beyond > 1.8, beyond > 2.6]


@given(position_mm=st.sampled_from([1.0, 99.0]), seed=SEEDS)
@MANY
def test_a_mark_on_an_end_stays_on_the_tick(position_mm: float, seed: int) -> None:
    mark, _ = made(DrawnKind.ON_END, position_mm, seed)
    x_mm = np.concatenate([line.crossings_mm() for line in mark.strokes]).mean()
    assert abs(x_mm - (0 if position_mm < 50 else LINE_MM)) <= 0.31
    assert mark.position_mm == pytest.approx(np.clip(100 * x_mm / LINE_MM, 0, 100))


@pytest.mark.parametrize("kind", [DrawnKind.RANGE, DrawnKind.SCRIBBLE, DrawnKind.WORDS, DrawnKind.NUMBER])
@given(position_mm=PLACES, seed=SEEDS)
@FEW
def test_what_means_no_place_goes_to_a_person(kind: DrawnKind, position_mm: float, seed: int) -> None:
    mark, _ = made(kind, position_mm, seed)
    assert mark.position_mm is None
    assert mark.expected is Expected.REVIEW
    points = np.concatenate([stroke.points_mm for stroke in mark.strokes])
    assert np.abs(points[:, 1]).max() < 13, "it stays within the area of its line"
    if kind is DrawnKind.RANGE:
        assert np.ptp(points[:, 0]) >= 7


def test_a_blank_line_has_no_ink() -> None:
    mark, _ = made(DrawnKind.BLANK, 50.0, 1)
    assert mark.strokes == ()
    assert mark.position_mm is None


def test_words_are_written_from_left_to_right_and_have_letters() -> None:
    rng = np.random.default_rng(4)
    hand = adult(rng)
    for text in WORDS:
        assert set(text) - {" "} <= set(GLYPHS)
        strokes = written(text, 2.0, hand, rng)
        middles = [float(stroke.points_mm[:, 0].mean()) for stroke in strokes]
        assert len(text) == 1 or middles[-1] > middles[0]
        assert np.concatenate([s.points_mm for s in strokes])[:, 1].min() > -8
