"""Ink on paper: as wide as the pen, the same place at any resolution, and light that multiplies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.synthesis.ink import ink_centre_mm, lay_ink
from calibration.synthesis.paper import MM_PER_INCH, Paper
from calibration.synthesis.pens import (
    BALLPOINT_BLUE,
    BALLPOINT_RED,
    FELT_BLACK,
    GEL_BLACK,
    PENCIL_HARD,
    PENS,
    Pen,
    some_pen,
)
from calibration.synthesis.strokes import Stroke, straight

SIDE_MM = 20.0


def clean(dpi: float, *, colour: bool = False, level: int = 255) -> Paper:
    side = round(SIDE_MM * dpi / MM_PER_INCH)
    return Paper(np.full((side, side, 3) if colour else (side, side), level, np.uint8), dpi)


def upright(x_mm: float, pressure: float = 1.0) -> Stroke:
    path = straight((x_mm, 3.0), (x_mm, 17.0))
    return Stroke(path, np.full(len(path), pressure))


def drawn(pen: Pen, x_mm: float, dpi: float, seed: int = 1) -> Paper:
    paper = clean(dpi)
    lay_ink(paper, [upright(x_mm)], pen, np.random.default_rng(seed))
    return paper


def taken(paper: Paper) -> np.ndarray:
    """Share of the light that the ink takes away, over the middle of the stroke."""
    rows = slice(round(5 * paper.px_per_mm), round(15 * paper.px_per_mm))
    return np.asarray(1 - paper.pixels[rows] / 255)


@given(
    pen=st.sampled_from(PENS),
    x_mm=st.floats(6, 14),
    dpi=st.sampled_from([150, 200, 300, 400, 600, 1200]),
    seed=st.integers(0, 1000),
)
@settings(derandomize=True, max_examples=40, deadline=None)
def test_a_stroke_lies_at_its_place_at_any_resolution(pen: Pen, x_mm: float, dpi: int, seed: int) -> None:
    paper = drawn(pen, x_mm, dpi, seed)
    light = taken(paper).sum(axis=0)
    columns_mm = (np.arange(paper.pixels.shape[1]) + 0.5) / paper.px_per_mm
    assert light @ columns_mm / light.sum() == pytest.approx(x_mm, abs=0.05)


@pytest.mark.parametrize("pen", PENS, ids=lambda pen: pen.name)
def test_a_stroke_is_about_as_wide_as_its_pen(pen: Pen) -> None:
    even = replace(pen, grain=0.0, skip=0.0, flow=0.0, soft_mm=0.0)
    light = taken(drawn(even, 10.0, 1200)).mean(axis=0)
    width_mm = np.count_nonzero(light > light.max() / 2) * MM_PER_INCH / 1200
    assert width_mm == pytest.approx(pen.width_mm, abs=0.05)


def test_pressing_harder_makes_a_darker_and_wider_stroke() -> None:
    light, hard = clean(600), clean(600)
    lay_ink(light, [upright(10.0, 0.5)], BALLPOINT_BLUE, np.random.default_rng(2))
    lay_ink(hard, [upright(10.0, 1.3)], BALLPOINT_BLUE, np.random.default_rng(2))
    assert taken(hard).sum() > 1.5 * taken(light).sum()


def test_ink_over_print_is_darker_than_either_alone_and_never_lighter() -> None:
    paper = clean(300, level=90)
    lay_ink(paper, [upright(10.0)], GEL_BLACK, np.random.default_rng(3))
    alone = drawn(GEL_BLACK, 10.0, 300, seed=3)
    expected = np.rint(90 * (alone.pixels / 255))
    assert paper.pixels.max() == 90
    np.testing.assert_allclose(paper.pixels, expected, atol=1)


def test_two_layers_are_darker_than_one() -> None:
    paper = drawn(BALLPOINT_BLUE, 10.0, 600)
    once = int(paper.pixels.min())
    lay_ink(paper, [upright(10.0)], BALLPOINT_BLUE, np.random.default_rng(4))
    assert int(paper.pixels.min()) < once


def test_blue_ink_lets_blue_through_and_red_ink_red() -> None:
    for pen, strongest in ((BALLPOINT_BLUE, 2), (BALLPOINT_RED, 0)):
        paper = clean(300, colour=True)
        lay_ink(paper, [upright(10.0)], pen, np.random.default_rng(5))
        inked = paper.pixels[paper.pixels.min(axis=2) < 120]
        assert inked.mean(axis=0).argmax() == strongest


def test_pencil_is_paler_and_grainier_than_gel() -> None:
    pencil, gel = (taken(drawn(pen, 10.0, 600)) for pen in (PENCIL_HARD, GEL_BLACK))
    column = round(10.0 * 600 / MM_PER_INCH)
    assert pencil[:, column].mean() < 0.75 * gel[:, column].mean()
    assert pencil[:, column].std() > 2 * gel[:, column].std()


def test_ink_beyond_the_edge_of_the_paper_is_lost() -> None:
    paper = clean(300)
    lay_ink(paper, [upright(-30.0), upright(SIDE_MM)], GEL_BLACK, np.random.default_rng(6))
    inked = np.flatnonzero((paper.pixels < 200).any(axis=0))
    assert inked.size
    assert inked.min() > paper.pixels.shape[1] - 10


def test_the_same_seed_lays_the_same_ink() -> None:
    first, again, other = (drawn(PENCIL_HARD, 10.0, 300, seed).pixels for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_centre_of_ink_is_that_of_its_area() -> None:
    strokes = (upright(2.0).moved(0, -10), upright(4.0).moved(0, -10))
    assert ink_centre_mm(strokes, GEL_BLACK, 1.5) == pytest.approx(3.0, abs=0.02)
    with pytest.raises(ValueError, match="no ink"):
        ink_centre_mm((upright(2.0).moved(0, 10),), GEL_BLACK, 1.5)


def test_pens_differ_and_a_seed_chooses_the_same_one() -> None:
    rng = np.random.default_rng(8)
    pens = [some_pen(rng) for _ in range(60)]
    assert len({pen.name for pen in pens}) >= 6
    assert all(0.25 < pen.width_mm < 3.2 for pen in pens)
    assert some_pen(np.random.default_rng(9)) == some_pen(np.random.default_rng(9))


def test_a_stroke_may_bring_its_own_pen_and_keep_only_part_of_its_ink() -> None:
    own, given_to = clean(600), drawn(FELT_BLACK, 10.0, 600)
    lay_ink(own, [replace(upright(10.0), pen=FELT_BLACK)], GEL_BLACK, np.random.default_rng(1))
    np.testing.assert_array_equal(own.pixels, given_to.pixels)
    ghost, whole = clean(600), drawn(PENCIL_HARD, 10.0, 600)
    lay_ink(ghost, [replace(upright(10.0), ink=0.2)], PENCIL_HARD, np.random.default_rng(1))
    assert 0.05 < taken(ghost).sum() / taken(whole).sum() < 0.4


def test_a_tip_that_is_not_pressed_leaves_nothing() -> None:
    paper = clean(600)
    lay_ink(paper, [upright(10.0, 0.0)], GEL_BLACK, np.random.default_rng(1))
    assert paper.pixels.min() == 255
