"""The rarer kinds: what they look like, which place they say, and what a careful person would do."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from calibration.synthesis.hands import some_hand
from calibration.synthesis.kinds import RARE, USUAL, make_mark, some_kind
from calibration.synthesis.marks import Mark, Writer
from calibration.synthesis.pens import BALLPOINT_BLUE, HIGHLIGHTER, PENS, Pen, some_pen
from calibration.synthesis.strokes import Stroke, meeting_point
from calibration.truth import DrawnKind, Expected

SEEDS = st.integers(0, 2**32 - 1)
PLACES = st.floats(4, 96)
MANY = settings(derandomize=True, max_examples=25, deadline=None)
LINE_MM = 104.0
"""A form that was printed a little too large."""

Floats = NDArray[np.float64]


def made(kind: DrawnKind, position_mm: float, seed: int, pen: Pen | None = None) -> Mark:
    rng = np.random.default_rng(seed)
    hand = some_hand(rng)
    return make_mark(kind, Writer(hand, pen or some_pen(rng), LINE_MM, rng), position_mm)


def on_paper(position_mm: float) -> float:
    return position_mm / 100 * LINE_MM


def crossings(*strokes: Stroke) -> Floats:
    return np.concatenate([stroke.crossings_mm() for stroke in strokes])


def points(*strokes: Stroke) -> Floats:
    return np.concatenate([stroke.points_mm for stroke in strokes])


@pytest.mark.parametrize("kind", DrawnKind)
def test_every_kind_says_its_own_name_and_stays_about_its_line(kind: DrawnKind) -> None:
    for seed in range(12):
        mark = made(kind, 60.0, seed)
        assert mark.kind is kind
        assert (mark.strokes == ()) == (kind is DrawnKind.BLANK)
        if mark.strokes:
            xy = points(*mark.strokes)
            assert np.isfinite(xy).all()
            assert np.abs(xy[:, 1]).max() < (32 if kind is DrawnKind.SIGNATURE else 13)
        if mark.position_mm is None:
            assert mark.expected is Expected.REVIEW, "a value cannot be taken where none is meant"


PLAIN = (DrawnKind.STROKE, DrawnKind.SLANTED, DrawnKind.DOT, DrawnKind.BLOB, DrawnKind.GONE_OVER)
NEVER = (
    DrawnKind.DOUBLE,
    DrawnKind.STRUCK_OUT,
    DrawnKind.RANGE,
    DrawnKind.SCRIBBLE,
    DrawnKind.WORDS,
    DrawnKind.NUMBER,
    DrawnKind.BLANK,
)
DOUBTFUL = (DrawnKind.CIRCLE, DrawnKind.TICK, DrawnKind.ERASED, DrawnKind.SIGNATURE, DrawnKind.OFF_ABOVE)


def test_plain_marks_are_to_be_accepted_dangerous_ones_never_and_some_hang_on_how_they_came_out() -> None:
    def expected(kind: DrawnKind) -> set[Expected]:
        return {made(kind, 40.0, seed, BALLPOINT_BLUE).expected for seed in range(60)}

    assert all(expected(kind) == {Expected.ACCEPT} for kind in PLAIN)
    assert all(expected(kind) == {Expected.REVIEW} for kind in NEVER)
    assert all(expected(kind) == {Expected.EITHER, Expected.REVIEW} for kind in DOUBTFUL)
    assert expected(DrawnKind.CROSS) == expected(DrawnKind.PLUS) == {Expected.ACCEPT, Expected.EITHER}
    assert expected(DrawnKind.HOOK) == expected(DrawnKind.ARROW) == {Expected.EITHER}


def test_nobody_must_accept_what_a_pale_pen_wrote() -> None:
    for kind in (*PLAIN, DrawnKind.CROSS, DrawnKind.PLUS, DrawnKind.PAST_END):
        for seed in range(10):
            assert made(kind, 30.0, seed, HIGHLIGHTER).expected is not Expected.ACCEPT
    pale = {pen.name for pen in PENS if pen.pale}
    assert pale == {"highlighter", "gel_light_blue", "gel_orange", "pencil_faint"}


@given(position_mm=PLACES, seed=SEEDS)
@MANY
def test_a_plus_has_its_bar_along_the_line(position_mm: float, seed: int) -> None:
    mark = made(DrawnKind.PLUS, position_mm, seed)
    by_width = sorted(mark.strokes, key=lambda s: np.ptp(s.points_mm[:, 0]) / np.ptp(s.points_mm[:, 1]))
    *upright, bar = by_width
    assert crossings(*upright).mean() == pytest.approx(on_paper(position_mm), abs=1e-9)
    assert 1.6 < np.ptp(bar.points_mm[:, 0]) < 8.6
    assert np.abs(bar.points_mm[:, 1]).max() < 2.2
    if mark.expected is Expected.ACCEPT:
        x = bar.points_mm[:, 0] - on_paper(position_mm)
        assert x.min() < -0.3
        assert x.max() > 0.3


@given(position_mm=PLACES, seed=SEEDS)
@MANY
def test_a_hook_crosses_the_line_once_and_turns_away_clear_of_it(position_mm: float, seed: int) -> None:
    mark = made(DrawnKind.HOOK, position_mm, seed)
    (line,) = mark.strokes
    assert line.crossings_mm() == pytest.approx([on_paper(position_mm)], abs=1e-9)
    ends = line.points_mm[[0, -1], 1]
    assert ends[0] * ends[1] < 0
    assert np.abs(ends).min() > 0.25


@given(position_mm=PLACES, seed=SEEDS)
@MANY
def test_the_tip_of_an_arrow_is_on_the_line(position_mm: float, seed: int) -> None:
    shaft, head = made(DrawnKind.ARROW, position_mm, seed).strokes
    side = np.sign(shaft.points_mm[0, 1])
    tip = head.points_mm[np.argmin(np.abs(head.points_mm[:, 0] - on_paper(position_mm)))]
    near = head.points_mm[np.argmin(side * head.points_mm[:, 1])]
    assert np.abs(near[1]) < 0.9
    assert near[0] == pytest.approx(on_paper(position_mm), abs=0.7)
    assert np.hypot(*(shaft.points_mm[-1] - tip)) < 0.9, "the shaft ends at the tip"
    assert 3.0 < abs(shaft.points_mm[0, 1]) < 10.5


@given(position_mm=PLACES, seed=SEEDS)
@MANY
def test_a_ring_lies_round_its_place(position_mm: float, seed: int) -> None:
    mark = made(DrawnKind.CIRCLE, position_mm, seed)
    (loop,) = mark.strokes
    x, y = loop.points_mm.T
    radius = np.hypot(x - on_paper(position_mm), y - (y.min() + y.max()) / 2)
    assert 0.6 < np.median(radius) < 6.5
    assert radius.min() > 0.55 * np.median(radius)
    assert radius.max() < 1.6 * np.median(radius)
    if np.ptp(x) > 7.5:
        assert mark.expected is Expected.REVIEW, "so much of the line is no one place"


def test_rings_are_open_and_closed_small_and_large() -> None:
    loops = [made(DrawnKind.CIRCLE, 50.0, seed, BALLPOINT_BLUE).strokes[0] for seed in range(40)]
    gaps = [float(np.hypot(*(loop.points_mm[0] - loop.points_mm[-1]))) for loop in loops]
    widths = [float(np.ptp(loop.points_mm[:, 0])) for loop in loops]
    assert max(gaps) > 1.5
    assert min(gaps) < 0.4
    assert min(widths) < 2.6
    assert max(widths) > 5.5


@given(position_mm=PLACES, seed=SEEDS)
@MANY
def test_the_second_of_two_marks_leaves_paper_between(position_mm: float, seed: int) -> None:
    mark = made(DrawnKind.DOUBLE, position_mm, seed, BALLPOINT_BLUE)
    x = np.sort(points(*mark.strokes)[np.abs(points(*mark.strokes)[:, 1]) < 0.6, 0])
    assert np.diff(x).max() > 0.9
    assert mark.position_mm is None


@given(position_mm=PLACES, seed=SEEDS)
@MANY
def test_the_correction_of_a_struck_out_mark_is_meant(position_mm: float, seed: int) -> None:
    mark = made(DrawnKind.STRUCK_OUT, position_mm, seed)
    assert mark.position_mm == pytest.approx(position_mm)
    assert len(mark.strokes) > 2
    x = points(*mark.strokes)[:, 0]
    right = np.abs(x - on_paper(position_mm)) < 0.5
    assert right.any()
    assert np.abs(x - on_paper(position_mm)).max() > 4.5


@given(position_mm=PLACES, seed=SEEDS)
@MANY
def test_an_erased_mark_leaves_less_ink_than_the_new_one(position_mm: float, seed: int) -> None:
    mark = made(DrawnKind.ERASED, position_mm, seed)
    ghosts = [line for line in mark.strokes if line.ink != 1]
    new = [line for line in mark.strokes if line.ink == 1]
    assert crossings(*new).mean() == pytest.approx(on_paper(position_mm), abs=1e-9)
    assert all(line.pen is not None for line in mark.strokes), "nobody rubs out ink"
    assert all(line.pen and line.pen.name.startswith("pencil") for line in new)
    assert 0.08 <= ghosts[0].ink <= 0.75
    assert (ghosts[0].ink > 0.35) == (mark.expected is Expected.REVIEW)


@given(position_mm=PLACES, seed=SEEDS)
@MANY
def test_a_signature_across_the_mark_makes_it_doubtful(position_mm: float, seed: int) -> None:
    mark = made(DrawnKind.SIGNATURE, position_mm, seed)
    *own, name = mark.strokes
    assert crossings(*own).mean() == pytest.approx(on_paper(position_mm), abs=1e-9)
    x, y = name.points_mm.T
    assert 20 < np.ptp(x) < 65
    assert np.abs(y).min() < 6, "it runs into the line's area"
    if (np.abs(x[np.abs(y) < 0.5] - on_paper(position_mm)) < 2.5).any():
        assert mark.expected is Expected.REVIEW


@pytest.mark.parametrize("kind", [DrawnKind.WORDS, DrawnKind.NUMBER])
def test_some_write_a_lone_letter_or_figure_across_the_line(kind: DrawnKind) -> None:
    marks = [made(kind, 50.0, seed) for seed in range(40)]
    lone = [m for m in marks if np.ptp(points(*m.strokes)[:, 0]) < 5 and len(m.strokes) <= 3]
    across = [m for m in lone if points(*m.strokes)[:, 1].min() < -1 < 1 < points(*m.strokes)[:, 1].max()]
    assert len(across) >= 4


def test_strokes_are_short_and_long_and_begun_twice_and_fail() -> None:
    marks = [made(DrawnKind.STROKE, 50.0, seed) for seed in range(300)]
    heights = np.array([np.ptp(points(*mark.strokes)[:, 1]) for mark in marks])
    assert 0.02 < np.mean(heights < 3.2) < 0.2
    assert 0.02 < np.mean(heights > 11) < 0.2
    assert any(len(mark.strokes) == 2 for mark in marks)
    assert any((line.pressure < 0.01).any() for mark in marks for line in mark.strokes)


def test_an_x_meets_where_its_arms_do() -> None:
    for seed in range(20):
        mark = made(DrawnKind.CROSS, 70.0, seed)
        x_mm, y_mm = meeting_point(mark.strokes[0], mark.strokes[-1])
        assert x_mm == pytest.approx(on_paper(70.0), abs=1e-6)
        assert abs(y_mm) <= 1.9
        if abs(y_mm) > 1.2:
            assert mark.expected is Expected.EITHER


def test_kinds_come_by_their_shares_and_the_same_seed_chooses_the_same() -> None:
    rng = np.random.default_rng(3)
    usual = Counter(some_kind(rng) for _ in range(2000))
    assert set(usual) == set(USUAL)
    assert usual[DrawnKind.STROKE] / 2000 == pytest.approx(USUAL[DrawnKind.STROKE], abs=0.05)
    assert {some_kind(rng, 1.0) for _ in range(400)} == set(RARE)
    assert set(USUAL) | set(RARE) == set(DrawnKind)
    first, again = (
        [some_kind(g, 0.3) for _ in range(30)] for g in (np.random.default_rng(5), np.random.default_rng(5))
    )
    assert first == again
