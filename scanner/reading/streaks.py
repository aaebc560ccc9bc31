"""Find what runs through the whole page: streaks of a dirty scanner glass, sharp folds.

A pen stroke ends; a streak goes on in the same column (or row, when the page was fed sideways)
of the picture. The page is averaged in bands across the direction of travel: even a streak one
pixel wide and ten grey levels deep stands out of such an average.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model.page import GreyPixels
from scanner.reading.fiducials import Shrunk, small_page
from scanner.reading.robust import median

BANDS = 96
"""About 3 mm each: lower than the gaps between lines of print, so that words are no streak."""
MIN_DEPTH = 5.0
"""Grey levels by which a streak is darker than its neighbourhood, averaged over a band."""
NOISE = 5.0
"""... and by so many standard deviations of the noise that is left in the average."""
WIDEST_SHARE = 0.004
"""Width of the widest streak, as a share of the page's side: just under a millimetre."""
MIN_RUN = 54
"""Bands in a row in which a streak must be seen: more than half of the page, and more than an answer
line is long."""
MAX_GAP = 2
"""Bands in a row that a streak may miss."""


@dataclass(frozen=True)
class Streak:
    """One straight line through the picture, in its pixels."""

    start_px: tuple[float, float]
    end_px: tuple[float, float]
    width_px: float


@dataclass(frozen=True)
class Direction:
    """What runs along one side of the picture: down it (`upright`) or across it."""

    dark: NDArray[np.bool_]
    """Shape (BANDS, columns), or (BANDS, rows): where each band is darker than its neighbourhood."""
    length_px: int
    """Extent of the picture in this direction."""
    divisor: int
    """Pixels of the picture to a column of `dark`."""
    upright: bool

    def share_dark(self, place_px: tuple[float, float], reach_px: float) -> float:
        """Share of the picture that is dark in line with `place_px` (x, y), beyond `reach_px` of it."""
        across, along = place_px if self.upright else place_px[::-1]
        bands, width = self.dark.shape
        column = (across + 0.5) / self.divisor - 0.5
        first, last = max(0, round(column) - 1), min(width, round(column) + 2)
        centres = (np.arange(bands) + 0.5) * self.length_px / bands
        beyond = np.abs(centres - along) > reach_px
        if last <= first or not beyond.any():
            return 0.0
        return float(self.dark[beyond, first:last].any(axis=1).mean())


@dataclass(frozen=True)
class Streaks:
    """Everything of this kind on one page."""

    found: tuple[Streak, ...]
    down: Direction
    across: Direction


def find_streaks(pixels: GreyPixels, small: Shrunk | None = None) -> Streaks:
    """Streaks down the picture and across it. `small`: what `small_page` makes of it, if there is one."""
    small = small or small_page(pixels)
    # Sums of grey from the top left corner: any band's sum is the difference of two rows, or columns, of it.
    sums = np.asarray(cv2.integral(small.pixels, sdepth=cv2.CV_32S), dtype=np.int32)
    down, across = (_direction(sums, small.divisor, upright=upright) for upright in (True, False))
    return Streaks((*_streaks(down), *_streaks(across)), down, across)


def _streaks(direction: Direction) -> Iterator[Streak]:
    """Neighbouring columns that are dark in enough bands in a row, as one streak each."""
    if np.count_nonzero(direction.dark, axis=0).max() < MIN_RUN // 2:
        return
    widened = cv2.dilate(direction.dark.astype(np.uint8), np.ones((1, 3), np.uint8))
    dark = cv2.morphologyEx(widened, cv2.MORPH_CLOSE, np.ones((MAX_GAP + 1, 1), np.uint8)).astype(bool)
    longest, end = _longest_runs(dark)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], longest >= MIN_RUN, [0]])))
    band_px, scale = direction.length_px / BANDS, direction.divisor
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        best = first + int(np.argmax(longest[first:last]))
        across = (first + last) / 2 * scale - 0.5
        start = (across, float((end[best] - longest[best]) * band_px))
        stop = (across, float(end[best] * band_px))
        ends = (start, stop) if direction.upright else (start[::-1], stop[::-1])
        yield Streak(ends[0], ends[1], float(max(1, last - first - 2) * scale))


def _longest_runs(dark: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Length of the longest run of dark bands in each column, and the first band after it; both 0 where a
    column has too few dark bands for a streak."""
    longest, end = np.zeros((2, dark.shape[1]), dtype=np.intp)
    enough = np.flatnonzero(np.count_nonzero(dark, axis=0) >= MIN_RUN)
    if len(enough):
        some = dark[:, enough]
        so_far = np.cumsum(some, axis=0, dtype=np.intp)
        runs: NDArray[np.intp] = so_far - np.maximum.accumulate(np.where(some, 0, so_far), axis=0)
        longest[enough], end[enough] = runs.max(axis=0), runs.argmax(axis=0) + 1
    return longest, end


def _direction(sums: NDArray[np.int32], divisor: int, *, upright: bool) -> Direction:
    profile = _bands(sums, upright=upright)
    size = 2 * max(2, round(profile.shape[1] * WIDEST_SHARE)) + 1
    ground = cv2.morphologyEx(profile, cv2.MORPH_CLOSE, np.ones((1, size), np.uint8))
    depth = ground - profile
    # The ground follows the brightest noise: what is usual on this page is no depth.
    sample = depth[::3, ::7]
    usual = median(sample)
    deviation = 1.4826 * median(np.abs(sample - usual))
    dark = depth > usual + max(MIN_DEPTH, NOISE * deviation)
    return Direction(dark, (sums.shape[0 if upright else 1] - 1) * divisor, divisor, upright)


def _bands(sums: NDArray[np.int32], *, upright: bool) -> NDArray[np.float32]:
    """Mean grey of every column (or row) in each band, shape (BANDS, columns or rows)."""
    edges = np.linspace(0, sums.shape[0 if upright else 1] - 1, BANDS + 1).astype(int)
    corners = sums[edges] if upright else np.ascontiguousarray(sums[:, edges].T)
    up_to = corners[1:] - corners[:-1]
    band_sums = (up_to[:, 1:] - up_to[:, :-1]).astype(np.float32)
    heights = (edges[1:] - edges[:-1]).astype(np.float32)
    return np.asarray(band_sums / heights[:, None], dtype=np.float32)
