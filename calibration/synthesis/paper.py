"""A sheet of paper as a picture: how much light every spot of it throws back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MM_PER_INCH = 25.4

Pixels = NDArray[np.uint8]

_COARSE = 16
"""Pixels between the places where what changes slowly is worked out."""


@dataclass(frozen=True, slots=True, eq=False)
class Paper:
    """A sheet before it is scanned. What is done to the paper changes `pixels` in place."""

    pixels: Pixels
    """Shape (height, width) in grey or (height, width, 3) in red, green, blue; 255 is clean paper."""
    dpi: float
    corner_px: tuple[int, int] = (0, 0)
    """Where on the sheet the pixels begin: 0, 0 unless they show a part of it (a slip)."""
    sheet_mm: tuple[float, float] | None = None
    """Width and height of the whole sheet, when the pixels show a part of it."""

    @property
    def px_per_mm(self) -> float:
        return self.dpi / MM_PER_INCH

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the whole sheet."""
        height, width = self.pixels.shape[:2]
        return self.sheet_mm or (width / self.px_per_mm, height / self.px_per_mm)

    @property
    def corner_mm(self) -> tuple[float, float]:
        """Where on the sheet the pixels begin."""
        return self.corner_px[0] / self.px_per_mm, self.corner_px[1] / self.px_per_mm

    def to_px(self, place_mm: tuple[float, float]) -> tuple[float, float]:
        """From a place on the sheet to pixels, counted from the corner of the first one."""
        return (
            place_mm[0] * self.px_per_mm - self.corner_px[0],
            place_mm[1] * self.px_per_mm - self.corner_px[1],
        )

    def spread(self, knots: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at knots all over the sheet, shape (rows, columns), in between on a coarse grid over the
        pixels; `widened` makes a value for every pixel of them."""
        height, width = self.pixels.shape[:2]
        coarse = [max(2, side // _COARSE) for side in (height, width)]
        weights = [
            _between(count, first, side, steps, whole * self.px_per_mm)
            for count, first, side, steps, whole in zip(
                knots.shape, self.corner_px[::-1], (height, width), coarse, self.size_mm[::-1], strict=True
            )
        ]
        return np.asarray(weights[0] @ knots @ weights[1].T)

    def widened(self, coarse: Pixels) -> Pixels:
        """A coarse grid over the pixels, as a value for each of them."""
        return np.asarray(cv2.resize(coarse, self.pixels.shape[1::-1]), np.uint8)

    @property
    def in_colour(self) -> bool:
        return self.pixels.ndim == 3


def _between(count: int, first_px: float, side_px: int, steps: int, whole_px: float) -> NDArray[np.float64]:
    """What each of `count` even knots counts for at each of `steps` places: linear in between."""
    at_px = first_px + (np.arange(steps) + 0.5) * side_px / steps
    at = np.clip(at_px / whole_px, 0, 1) * (count - 1)
    return np.asarray(np.maximum(0, 1 - np.abs(at[:, None] - np.arange(count))))


@dataclass(frozen=True, slots=True)
class Window:
    """An upright part of a paper's pixels, seen `finer` times as closely in each direction."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    finer: int
    px_per_mm: float
    """Of the paper itself."""
    corner_px: tuple[int, int] = (0, 0)
    """Where on the sheet the paper's pixels begin."""

    @property
    def fine_shape(self) -> tuple[int, int]:
        """Height and width of the close view, in its own pixels."""
        return self.height_px * self.finer, self.width_px * self.finer

    @property
    def fine_px_per_mm(self) -> float:
        return self.px_per_mm * self.finer

    def to_fine_px(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """From places on the paper, shape (n, 2), to pixel centres of the close view."""
        corner = np.array([self.left_px + self.corner_px[0], self.top_px + self.corner_px[1]])
        return np.asarray((points_mm * self.px_per_mm - corner) * self.finer - 0.5)

    def grid_mm(self, per_mm: float | None = None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where on the sheet the middles of its pixels lie, or of a grid of `per_mm` over the window.

        x and y, shapes (1, columns) and (rows, 1).
        """
        columns, rows = self.width_px, self.height_px
        if per_mm is not None:
            columns, rows = (max(2, round(side / self.px_per_mm * per_mm)) for side in (columns, rows))
        x = (np.arange(columns) + 0.5) * self.width_px / columns + self.left_px + self.corner_px[0]
        y = (np.arange(rows) + 0.5) * self.height_px / rows + self.top_px + self.corner_px[1]
        return (x[None] / self.px_per_mm).astype(np.float32), (y[:, None] / self.px_per_mm).astype(np.float32)

    def of(self, pixels: Pixels) -> Pixels:
        """This part of the paper's pixels; a view, so that writing to it writes to the paper."""
        return pixels[self.top_px : self.top_px + self.height_px, self.left_px : self.left_px + self.width_px]


def window_round(
    paper: Paper, low_mm: NDArray[np.float64], high_mm: NDArray[np.float64], fine_dpi: float
) -> Window | None:
    """The part of `paper` between two corners, given as (x, y), seen at about `fine_dpi` or closer.

    None when no part of it lies on the paper.
    """
    height, width = paper.pixels.shape[:2]
    corner = np.array(paper.corner_px)
    first = np.maximum(np.floor(low_mm * paper.px_per_mm).astype(int) - corner, 0)
    last = np.minimum(np.ceil(high_mm * paper.px_per_mm).astype(int) - corner, (width, height))
    if np.any(last <= first):
        return None
    finer = max(1, round(fine_dpi / paper.dpi))
    (left, top), (columns, rows) = first, last - first
    return Window(int(left), int(top), int(columns), int(rows), finer, paper.px_per_mm, paper.corner_px)
