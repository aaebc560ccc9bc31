"""A sheet of paper as a picture: how much light every spot of it throws back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MM_PER_INCH = 25.4

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Paper:
    """A sheet before it is scanned. What is done to the paper changes `pixels` in place."""

    pixels: Pixels
    """Shape (height, width) in grey or (height, width, 3) in red, green, blue; 255 is clean paper."""
    dpi: float

    @property
    def px_per_mm(self) -> float:
        return self.dpi / MM_PER_INCH

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height."""
        height, width = self.pixels.shape[:2]
        return width / self.px_per_mm, height / self.px_per_mm

    @property
    def in_colour(self) -> bool:
        return self.pixels.ndim == 3


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

    @property
    def fine_shape(self) -> tuple[int, int]:
        """Height and width of the close view, in its own pixels."""
        return self.height_px * self.finer, self.width_px * self.finer

    @property
    def fine_px_per_mm(self) -> float:
        return self.px_per_mm * self.finer

    def to_fine_px(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """From places on the paper, shape (n, 2), to pixel centres of the close view."""
        corner = np.array([self.left_px, self.top_px])
        return np.asarray((points_mm * self.px_per_mm - corner) * self.finer - 0.5)

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
    first = np.maximum(np.floor(low_mm * paper.px_per_mm).astype(int), 0)
    last = np.minimum(np.ceil(high_mm * paper.px_per_mm).astype(int), (width, height))
    if np.any(last <= first):
        return None
    finer = max(1, round(fine_dpi / paper.dpi))
    (left, top), (columns, rows) = first, last - first
    return Window(int(left), int(top), int(columns), int(rows), finer, paper.px_per_mm)
