"""What runs through the whole page is found wherever it runs; what ends is not taken for it."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.page import GreyPixels, ScannedPage
from scanner.reading.streaks import Streaks, find_streaks
from tests.reading.sheets import QUICK

HEIGHT, WIDTH = 2339, 1653
"""A4 at 200 dpi."""


@cache
def paper(noise: float = 2.0, seed: int = 1) -> GreyPixels:
    """Not to be written on."""
    rng = np.random.default_rng(seed)
    return np.clip(np.rint(rng.normal(240, noise, (HEIGHT, WIDTH))), 0, 255).astype(np.uint8)


def darkened(pixels: GreyPixels, depth: int, columns: slice, rows: slice = slice(None)) -> GreyPixels:
    streaked = pixels.copy()
    streaked[rows, columns] = np.clip(streaked[rows, columns].astype(int) - depth, 0, 255)
    return streaked


def places(streaks: Streaks) -> list[tuple[float, float]]:
    """Middle of each streak."""
    return [((s.start_px[0] + s.end_px[0]) / 2, (s.start_px[1] + s.end_px[1]) / 2) for s in streaks.found]


@settings(QUICK, max_examples=12)
@given(st.integers(30, WIDTH - 40), st.integers(1, 4), st.integers(25, 200))
def test_a_streak_down_the_page_is_found_in_its_place(at: int, width: int, depth: int) -> None:
    streaks = find_streaks(darkened(paper(), depth, slice(at, at + width)))
    assert len(streaks.found) == 1
    streak = streaks.found[0]
    assert streak.start_px[0] == streak.end_px[0] == pytest.approx(at + (width - 1) / 2, abs=2.5)
    assert streak.start_px[1] < 0.05 * HEIGHT
    assert streak.end_px[1] > 0.95 * HEIGHT
    assert 1 <= streak.width_px <= width + 6


def test_a_streak_across_the_page_is_found_too() -> None:
    turned = np.ascontiguousarray(np.rot90(darkened(paper(), 90, slice(700, 703))))
    (streak,) = find_streaks(turned).found
    assert streak.start_px[1] == streak.end_px[1] == pytest.approx(WIDTH - 1 - 701, abs=2.5)
    assert abs(streak.end_px[0] - streak.start_px[0]) > 0.9 * HEIGHT


def test_a_streak_that_begins_in_the_middle_is_found_as_far_as_it_goes() -> None:
    rows = slice(int(0.3 * HEIGHT), HEIGHT)
    (streak,) = find_streaks(darkened(paper(), 80, slice(500, 502), rows)).found
    assert streak.start_px[1] == pytest.approx(0.3 * HEIGHT, abs=60)
    assert streak.end_px[1] == pytest.approx(HEIGHT, abs=60)


def test_two_streaks_are_two() -> None:
    pixels = darkened(darkened(paper(), 60, slice(300, 302)), 90, slice(340, 343))
    assert sorted(round(x / 10) for x, _ in places(find_streaks(pixels))) == [30, 34]


def test_a_streak_is_found_through_print(plain_page: ScannedPage) -> None:
    def downwards(pixels: GreyPixels) -> list[float]:
        return [s.start_px[0] for s in find_streaks(pixels).found if s.start_px[0] == s.end_px[0]]

    assert downwards(plain_page.pixels) == []
    assert downwards(darkened(plain_page.pixels, 80, slice(700, 702))) == [pytest.approx(700.5, abs=2.5)]


def test_strokes_words_and_shadows_are_no_streaks() -> None:
    pixels = paper().copy()
    cv2.line(pixels, (400, 200), (400, 1300), (30,), 4)  # long, yet it ends
    cv2.line(pixels, (300, 1800), (1200, 1800), (30,), 3)  # a line of 114 mm
    cv2.line(pixels, (200, 100), (900, 2300), (30,), 3)  # right through the page, but slanted
    for line in range(20):
        cv2.putText(pixels, "words and more words", (900, 150 + 100 * line), 0, 1.2, (30,), 2)
    shade = 40 * np.linspace(0, 1, WIDTH)[None, :] ** 2
    assert find_streaks(np.asarray(pixels - shade, np.uint8)).found == ()


@pytest.mark.parametrize("noise", [0.0, 3.0, 8.0])
def test_noise_is_no_streak(noise: float) -> None:
    assert find_streaks(paper(noise, seed=5)).found == ()


def test_bilevel_noise_is_no_streak() -> None:
    rng = np.random.default_rng(2)
    speckled = np.where(rng.random((HEIGHT, WIDTH)) < 0.001, np.uint8(0), np.uint8(255))
    assert find_streaks(speckled).found == ()


def test_the_share_that_is_dark_in_line_with_a_place() -> None:
    rows = slice(0, HEIGHT // 4)
    streaks = find_streaks(darkened(paper(), 120, slice(600, 603), rows))
    assert streaks.found == ()  # too short for a streak
    share = streaks.down.share_dark((601.0, 0.9 * HEIGHT), 100.0)
    assert share == pytest.approx(0.25 / (1 - 2 * 100 / HEIGHT), abs=0.05)
    assert streaks.down.share_dark((900.0, 0.9 * HEIGHT), 100.0) == 0.0
    assert streaks.across.share_dark((601.0, 0.9 * HEIGHT), 100.0) == 0.0
    # What is near the place itself does not count.
    assert streaks.down.share_dark((601.0, HEIGHT / 8), HEIGHT / 7) < 0.02
    assert streaks.down.share_dark((float(WIDTH + 50), 10.0), 100.0) == 0.0
