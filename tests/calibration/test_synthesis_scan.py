"""Every effect of the simulated scanner does what it says, in millimetres and grey levels."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from calibration.synthesis.paper import MM_PER_INCH, Paper
from calibration.synthesis.passage import Feed, Passage, Wave, turned_by, uneven_feed
from calibration.synthesis.scanners import (
    Picture,
    ScanMode,
    Scanner,
    Shadow,
    Streak,
    office_scanner,
    scan,
)

WIDTH_MM, HEIGHT_MM = 60.0, 84.0
SPOTS_MM = np.array([[12.0, 14.0], [48.0, 12.0], [30.0, 42.0], [13.0, 70.0], [47.0, 71.0]])
PLAIN = Scanner(noise=0.0, blur_mm=0.0, white=255, black=0, lid=255, jpeg_quality=None)


@cache
def spotted(dpi: float) -> NDArray[np.uint8]:
    """A small sheet with a round black spot of 3 mm at each of `SPOTS_MM`."""
    rows, columns = (round(side * dpi / MM_PER_INCH) for side in (HEIGHT_MM, WIDTH_MM))
    y, x = ((np.arange(side) + 0.5) * MM_PER_INCH / dpi for side in (rows, columns))
    pixels = np.full((rows, columns), 255, np.uint8)
    for spot in SPOTS_MM:
        pixels[(x[None, :] - spot[0]) ** 2 + (y[:, None] - spot[1]) ** 2 < 1.5**2] = 0
    return pixels


def sheet(dpi: float = 600, *, colour: bool = False) -> Paper:
    pixels = spotted(dpi)
    return Paper(np.repeat(pixels[..., None], 3, axis=2) if colour else pixels.copy(), dpi)


def plain_sheet(level: int = 255) -> Paper:
    paper = sheet(300)
    paper.pixels[...] = level
    return paper


def scanned(paper: Paper, scanner: Scanner, seed: int = 1) -> Picture:
    return scan(paper, scanner, np.random.default_rng(seed))


def spots_found_px(picture: Picture, near_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centroid of the dark pixels round each place, in pixel centres."""
    reach = round(2.6 * picture.dpi / MM_PER_INCH)
    found = []
    for x, y in np.rint(near_px).astype(int):
        dark = 255.0 - picture.pixels[y - reach : y + reach + 1, x - reach : x + reach + 1]
        rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        found.append((x + (dark * columns).sum() / dark.sum(), y + (dark * rows).sum() / dark.sum()))
    return np.array(found)


PASSAGES = st.builds(
    replace,
    st.just(PLAIN),
    dpi=st.sampled_from([150, 200, 300, 600]),
    turn=st.sampled_from([0, 90, 180, 270]),
    device_turn=st.sampled_from([0, 90, 180, 270]),
    skew_deg=st.floats(-5, 5),
    offset_mm=st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    across=st.floats(0.99, 1.01),
    feed=st.builds(
        Feed,
        stretch=st.floats(0.98, 1.02),
        waves=st.lists(
            st.builds(Wave, st.floats(0, 0.3), st.floats(40, 200), st.floats(0, 360)), max_size=2
        ).map(tuple),
        sway=st.lists(
            st.builds(Wave, st.floats(0, 0.2), st.floats(60, 200), st.floats(0, 360)), max_size=1
        ).map(tuple),
    ),
)


@given(scanner=PASSAGES)
@settings(derandomize=True, max_examples=24, deadline=None)
def test_every_spot_is_seen_where_the_passage_says(scanner: Scanner) -> None:
    paper = sheet()
    picture = scanned(paper, scanner)
    expected = scanner.passage(paper).to_picture_px(SPOTS_MM)
    assert picture.pixels.shape[::-1] == scanner.passage(paper).size_px
    found = spots_found_px(picture, expected)
    assert np.abs(found - expected).max() * MM_PER_INCH / scanner.dpi < 0.02


def places(scanner: Scanner) -> NDArray[np.float64]:
    """Where the spots come to lie, in mm of the picture."""
    at = scanner.passage(sheet(300)).to_picture_px(SPOTS_MM)
    return np.asarray((at + 0.5) * MM_PER_INCH / scanner.dpi)


def test_an_even_passage_changes_nothing() -> None:
    np.testing.assert_allclose(places(PLAIN), SPOTS_MM, atol=1e-9)


def test_skew_turns_clockwise_about_the_middle() -> None:
    turned = places(replace(PLAIN, skew_deg=2.0))
    np.testing.assert_allclose(turned[2], SPOTS_MM[2], atol=1e-3)
    along = turned[1] - turned[0]
    level = SPOTS_MM[1] - SPOTS_MM[0]
    degrees = np.degrees(np.arctan2(along[1], along[0]) - np.arctan2(level[1], level[0]))
    assert degrees == pytest.approx(2.0, abs=1e-3)


@pytest.mark.parametrize("device_turn", [0, 90, 180, 270])
def test_a_quarter_turn_puts_the_top_left_to_the_top_right(device_turn: int) -> None:
    turned = places(replace(PLAIN, turn=90, device_turn=device_turn))
    np.testing.assert_allclose(turned[:, 0], HEIGHT_MM - SPOTS_MM[:, 1], atol=0.09)
    np.testing.assert_allclose(turned[:, 1], SPOTS_MM[:, 0], atol=0.09)


def test_offset_and_stretch_are_millimetres_and_shares() -> None:
    moved = places(replace(PLAIN, offset_mm=(1.5, -0.5)))
    np.testing.assert_allclose(moved - SPOTS_MM, np.full((5, 2), (1.5, -0.5)), atol=1e-9)
    longer = places(replace(PLAIN, feed=Feed(stretch=1.01)))
    np.testing.assert_allclose(longer[:, 1], 1.01 * SPOTS_MM[:, 1], atol=1e-6)
    np.testing.assert_allclose(longer[:, 0], SPOTS_MM[:, 0], atol=1e-9)


def test_an_uneven_feed_moves_along_the_feed_only_and_back_again() -> None:
    wave = Wave(0.3, 60.0, 0.0)
    moved = places(replace(PLAIN, feed=Feed(waves=(wave,))))
    np.testing.assert_allclose(moved[:, 0], SPOTS_MM[:, 0], atol=1e-9)
    np.testing.assert_allclose(
        SPOTS_MM[:, 1], moved[:, 1] + 0.3 * np.sin(2 * np.pi * moved[:, 1] / 60), atol=1e-3
    )


def test_a_device_that_turns_the_picture_feeds_along_the_answer_lines() -> None:
    feed = Feed(waves=(Wave(0.3, 60.0, 90.0),))
    moved = places(replace(PLAIN, turn=0, device_turn=90, feed=feed))
    np.testing.assert_allclose(moved[:, 1], SPOTS_MM[:, 1], atol=0.09)
    assert np.abs(moved[:, 0] - SPOTS_MM[:, 0]).max() > 0.15


def test_an_uneven_feed_never_runs_backwards() -> None:
    rng = np.random.default_rng(1)
    level = np.linspace(0, 300, 3001)
    for _ in range(50):
        assert np.all(np.diff(uneven_feed(rng, 3.0).paper_y(level)) > 0)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pictures_turn_clockwise(turn: int) -> None:
    pixels = np.array([[1, 2], [3, 4]], np.uint8)
    assert (
        turned_by(pixels, turn).ravel().tolist()
        == {
            0: [1, 2, 3, 4],
            90: [3, 1, 4, 2],
            180: [4, 3, 2, 1],
            270: [2, 4, 1, 3],
        }[turn]
    )


def test_beyond_the_paper_is_the_lid() -> None:
    picture = scanned(sheet(300), replace(PLAIN, lid=0, offset_mm=(5.0, 0.0)))
    edge = round(5.0 * 300 / MM_PER_INCH)
    assert picture.pixels[:, : edge - 2].max() == 0
    assert picture.pixels[5:50, edge + 2 : edge + 40].min() == 255


def test_a_streak_is_as_wide_and_as_dark_as_it_says() -> None:
    streak = Streak(at_mm=30.0, width_mm=0.5, strength=0.6)
    picture = scanned(plain_sheet(), replace(PLAIN, streaks=(streak,)))
    lost = 1 - picture.pixels.mean(axis=0) / 255
    columns_mm = (np.arange(lost.size) + 0.5) * MM_PER_INCH / 300
    assert lost @ columns_mm / lost.sum() == pytest.approx(30.0, abs=0.01)
    assert lost.sum() * MM_PER_INCH / 300 == pytest.approx(0.5 * 0.6, rel=0.1)
    assert np.all(picture.pixels[:, np.abs(columns_mm - 30.0) < 0.15] < 230), "it runs down the whole page"


def test_a_partial_streak_ends_and_a_light_one_takes_ink_away() -> None:
    short = Streak(at_mm=30.0, width_mm=0.5, strength=0.6, from_mm=20.0, to_mm=50.0)
    picture = scanned(plain_sheet(), replace(PLAIN, streaks=(short,)))
    rows_mm = (np.flatnonzero((picture.pixels < 250).any(axis=1)) + 0.5) * MM_PER_INCH / 300
    assert rows_mm[[0, -1]] == pytest.approx([20.0, 50.0], abs=0.1)
    light = Streak(at_mm=30.0, width_mm=0.5, strength=-0.7)
    picture = scanned(plain_sheet(60), replace(PLAIN, streaks=(light,)))
    column = round(30.0 * 300 / MM_PER_INCH)
    assert picture.pixels[:, column].mean() > 150
    assert np.all(picture.pixels[:, : column - 8] == 60)


@pytest.mark.parametrize("edge", ["left", "right", "top", "bottom"])
def test_a_shadow_darkens_its_edge_and_fades(edge: str) -> None:
    picture = scanned(plain_sheet(), replace(PLAIN, shadow=Shadow(edge=edge, width_mm=10.0, depth=0.5)))
    across = picture.pixels.mean(axis=1 if edge in ("top", "bottom") else 0)
    inward = across[::-1] if edge in ("right", "bottom") else across
    dark = round(10.0 * 300 / MM_PER_INCH)
    assert inward[0] == pytest.approx(127.5, abs=2)
    assert np.all(np.diff(inward[:dark]) >= 0)
    assert np.all(inward[dark:] == 255)


def test_levels_and_noise_are_grey_levels() -> None:
    scanner = replace(PLAIN, white=240, black=30, noise=4.0)
    white, black = (scanned(plain_sheet(level), scanner).pixels.astype(float) for level in (255, 0))
    assert white.mean() == pytest.approx(240, abs=0.5)
    assert black.mean() == pytest.approx(30, abs=0.5)
    assert white.std() == pytest.approx(4.0, rel=0.05)
    neighbours = np.corrcoef(black[:, :-1].ravel(), black[:, 1:].ravel())[0, 1]
    assert abs(neighbours) < 0.02


def test_blur_spreads_an_edge_by_its_standard_deviation() -> None:
    paper = plain_sheet()
    paper.pixels[:, : paper.pixels.shape[1] // 2] = 0
    picture = scanned(paper, replace(PLAIN, blur_mm=0.3))
    spread = np.diff(picture.pixels[100].astype(float))
    at_mm = np.arange(spread.size) * MM_PER_INCH / 300
    middle = spread @ at_mm / spread.sum()
    assert np.sqrt(spread @ (at_mm - middle) ** 2 / spread.sum()) == pytest.approx(0.3, abs=0.04)


@pytest.mark.parametrize("mode", [ScanMode.FIXED, ScanMode.ADAPTIVE, ScanMode.DITHERED])
def test_bilevel_scans_hold_black_and_white_only_and_keep_the_spots(mode: ScanMode) -> None:
    picture = scanned(sheet(), replace(PLAIN, mode=mode, noise=2.0, white=245, black=20))
    assert picture.bilevel
    assert set(np.unique(picture.pixels)) == {0, 255}
    expected = PLAIN.passage(sheet()).to_picture_px(SPOTS_MM)
    for x, y in np.rint(expected).astype(int):
        assert picture.pixels[y - 4 : y + 5, x - 4 : x + 5].mean() < 60
    assert picture.pixels.mean() > 235


def test_a_dither_keeps_the_mean_and_a_fixed_threshold_does_not() -> None:
    dithered, fixed = (
        scanned(plain_sheet(180), replace(PLAIN, mode=mode)).pixels
        for mode in (ScanMode.DITHERED, ScanMode.FIXED)
    )
    assert dithered.mean() == pytest.approx(180, abs=2)
    assert fixed.min() == 255
    assert scanned(plain_sheet(140), replace(PLAIN, mode=ScanMode.FIXED)).pixels.max() == 0


def test_an_adaptive_threshold_sees_a_pale_stroke_on_a_dark_ground() -> None:
    paper = plain_sheet(130)
    paper.pixels[:, 300:304] = 70
    adaptive, fixed = (
        scanned(paper, replace(PLAIN, mode=mode)).pixels for mode in (ScanMode.ADAPTIVE, ScanMode.FIXED)
    )
    assert adaptive[:, 301].max() == 0
    assert adaptive[:, 200].min() == 255
    assert fixed.max() == 0


def test_colour_needs_a_paper_in_colour() -> None:
    colour = replace(PLAIN, mode=ScanMode.COLOUR, dpi=200)
    picture = scanned(sheet(300, colour=True), colour)
    assert picture.pixels.shape[2] == 3
    with pytest.raises(ValueError, match="colour"):
        scanned(sheet(300), colour)


@pytest.mark.parametrize(
    "changed", [{}, {"mode": ScanMode.FIXED}, {"streaks": (Streak(at_mm=9, width_mm=1, strength=1),)}]
)
def test_the_same_seed_scans_the_same_picture(changed: dict[str, Any]) -> None:
    scanner = replace(Scanner(noise=3.0), **changed)
    first, again, other = (scanned(plain_sheet(150), scanner, seed).pixels for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_office_scanners_stay_tidy() -> None:
    rng = np.random.default_rng(2)
    scanners = [office_scanner(rng) for _ in range(200)]
    assert {s.mode for s in scanners} == set(ScanMode) - {ScanMode.DITHERED}
    assert {s.turn for s in scanners} == {0, 180}
    assert all(s.dpi == 300 for s in scanners if s.mode.bilevel)
    assert all(200 <= s.dpi <= 300 and abs(s.skew_deg) <= 2 for s in scanners)
    assert all((s.jpeg_quality is None) == s.mode.bilevel for s in scanners)


def test_a_passage_knows_the_size_of_its_picture() -> None:
    upright = Passage(dpi=300)
    assert upright.size_px == (2480, 3508)
    assert replace(upright, turn=90).size_px == (3508, 2480)
    assert replace(upright, turn=90, device_turn=90).size_px == (3508, 2480)
