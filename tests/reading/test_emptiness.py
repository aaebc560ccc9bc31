"""An empty back is empty whatever the scanner did to it; a few words are enough to be no back."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from calibration.synthesis.dirt import blank_like, fold, punch_holes, show_through, specks
from calibration.synthesis.paper import Paper
from calibration.synthesis.scanners import ScanMode, Scanner, Shadow, Streak, scan
from scanner.model.page import GreyPixels, ScannedPage
from scanner.reading.emptiness import is_empty

DPI = 200
Spoil = Callable[[Paper, np.random.Generator], None]


def back(paper: Paper, scanner: Scanner, spoil: Spoil | None = None) -> GreyPixels:
    """The blank side of a sheet, after something happened to it."""
    blank = blank_like(paper)
    rng = np.random.default_rng(3)
    if spoil is not None:
        spoil(blank, rng)
    return scan(blank, scanner, rng).pixels


def shining_through(paper: Paper) -> Spoil:
    return lambda blank, _: show_through(blank, paper.pixels, 0.1)


@pytest.mark.parametrize(
    "scanner",
    [
        Scanner(dpi=150),
        Scanner(dpi=300, noise=6.0),
        Scanner(dpi=DPI, white=200, skew_deg=3.0, offset_mm=(3.0, 2.0)),
        Scanner(dpi=DPI, mode=ScanMode.FIXED),
        Scanner(dpi=DPI, lid=0, skew_deg=1.0),
        Scanner(dpi=DPI, shadow=Shadow(edge="left", width_mm=12.0, depth=0.5)),
        Scanner(dpi=DPI, streaks=(Streak(at_mm=90.0, width_mm=0.4, strength=0.9),)),
        Scanner(dpi=DPI, turn=90, streaks=(Streak(at_mm=90.0, width_mm=0.4, strength=0.9),)),
    ],
    ids=["150 dpi", "noisy", "grey paper", "bilevel", "black lid", "shadow", "streak", "streak across"],
)
def test_a_blank_page_is_empty(paper: Paper, scanner: Scanner) -> None:
    assert is_empty(back(paper, scanner))


@pytest.mark.parametrize("spoil", [punch_holes, fold, lambda p, rng: specks(p, rng, 60)])
def test_what_happens_to_paper_is_no_ink(paper: Paper, spoil: Spoil) -> None:
    assert is_empty(back(paper, Scanner(dpi=DPI), spoil))


@pytest.mark.parametrize("mode", [ScanMode.GREY, ScanMode.FIXED])
def test_a_front_that_shines_through_is_no_ink(paper: Paper, mode: ScanMode) -> None:
    assert is_empty(back(paper, Scanner(dpi=DPI, mode=mode), shining_through(paper)))


def written(size: float, grey: int, words: str = "see other side", dpi: int = DPI) -> GreyPixels:
    pixels = np.full((round(297 / 25.4 * dpi), round(210 / 25.4 * dpi)), 243, np.uint8)
    place = (pixels.shape[1] // 3, pixels.shape[0] // 2)
    cv2.putText(
        pixels, words, place, cv2.FONT_HERSHEY_SIMPLEX, size * dpi / DPI, (grey,), round(3 * dpi / DPI)
    )
    return pixels


@pytest.mark.parametrize(("size", "grey"), [(1.0, 60), (1.5, 150), (3.0, 120)])
@pytest.mark.parametrize("dpi", [150, 300])
def test_a_few_words_are_ink(size: float, grey: int, dpi: int) -> None:
    assert not is_empty(written(size, grey, dpi=dpi))


def test_words_under_a_streak_are_ink() -> None:
    pixels = written(1.5, 60)
    pixels[:, 700:704] = 40
    assert not is_empty(pixels)


def test_a_sheet_is_not_empty(plain_page: ScannedPage) -> None:
    assert not is_empty(plain_page.pixels)
    assert not is_empty(np.ascontiguousarray(np.rot90(plain_page.pixels)))


def test_a_photograph_is_not_empty() -> None:
    rng = np.random.default_rng(1)
    patches = rng.integers(0, 256, (30, 20), dtype=np.uint8)
    assert not is_empty(
        np.asarray(cv2.resize(patches, (1653, 2339), interpolation=cv2.INTER_CUBIC), np.uint8)
    )
