"""Where the pictures of a PDF page fall on its pixels. Pure geometry, without a PDF library.

PDF user space: points (1/72 inch), x to the right, y up. A picture fills the unit square, its first row
at the top; a matrix (a, b, c, d, e, f) takes (u, v) to (a u + c v + e, b u + d v + f); see ISO 32000-1, 8.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scanner.model.page import GreyPixels

POINTS_PER_INCH = 72.0

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

_MOST_LEAN_PX = 0.5
"""How far a picture's edge may lean over its whole length and still count as upright."""
_RESOLUTION_TOLERANCE = 0.01
"""Share by which pictures of one page, or their two directions, may differ in resolution: page sizes
are often rounded to whole points."""
_SNAP_PX = 4
_SNAP_SHARE = 0.004
"""A picture whose edges lie this near to the page's is taken for the whole page, uncut."""
_OVERLAP_PX = 1
_MOST_PICTURES = 1_000
"""A page written as stacked strips has some hundred."""
_LONGEST_SIDE_PX = 100_000


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom

    def within(self, other: Box, margin: float) -> bool:
        """Whether it sticks out of `other` by no more than `margin` points."""
        return (
            self.left >= other.left - margin
            and self.bottom >= other.bottom - margin
            and self.right <= other.right + margin
            and self.top <= other.top + margin
        )

    def common(self, other: Box) -> Box:
        """The overlap; of negative size when there is none."""
        return Box(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )


def times(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does `first` and then `then`."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def extent(matrix: Matrix, box: Box | None = None) -> Box:
    """The upright rectangle round a transformed rectangle (the unit square when none is given)."""
    a, b, c, d, e, f = matrix
    square = box or Box(0, 0, 1, 1)
    xs = [a * u + c * v + e for u in (square.left, square.right) for v in (square.bottom, square.top)]
    ys = [b * u + d * v + f for u in (square.left, square.right) for v in (square.bottom, square.top)]
    return Box(min(xs), min(ys), max(xs), max(ys))


@dataclass(frozen=True, slots=True)
class Spot:
    """How one picture goes onto the page's pixels."""

    left_px: int
    top_px: int
    sideways: bool
    """Columns of the picture run along the page's y axis: transpose first."""
    mirror_x: bool
    mirror_y: bool

    def turned(self, pixels: GreyPixels) -> GreyPixels:
        """The picture as it lies on the page."""
        lying = pixels.T if self.sideways else pixels
        return lying[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]


@dataclass(frozen=True, slots=True)
class Canvas:
    """A page at the resolution of its own pictures, before /Rotate."""

    width_px: int
    height_px: int
    dpi_x: float
    dpi_y: float
    spots: tuple[Spot, ...]
    """One for each picture, in order."""


def resolution_dpi(matrix: Matrix, width_px: int, height_px: int) -> float:
    """The finer of a picture's two resolutions where it stands; 0 for a picture without extent."""
    box = extent(matrix)
    if box.width <= 0 or box.height <= 0:
        return 0.0
    sideways = abs(matrix[0]) < abs(matrix[1])
    across, down = (height_px, width_px) if sideways else (width_px, height_px)
    return POINTS_PER_INCH * max(across / box.width, down / box.height)


def lay_out(page: Box, pictures: list[tuple[Matrix, int, int]]) -> Canvas | None:
    """Place pictures, given as (matrix, width_px, height_px), on the pixels of a page.

    Returns:
        None when they cannot be placed pixel by pixel: one is slanted, they overlap, or their
        resolutions differ. The page must then be rendered.
    """
    if not 0 < len(pictures) <= _MOST_PICTURES or page.width <= 0 or page.height <= 0:
        return None
    upright = [_upright(*picture) for picture in pictures]
    found = [item for item in upright if item is not None]
    if len(found) < len(upright):
        return None
    px_x = float(np.median([across / box.width for box, across, _, _ in found]))
    px_y = float(np.median([down / box.height for box, _, down, _ in found]))
    if not _near(px_x, px_y) or max(page.width * px_x, page.height * px_y) > _LONGEST_SIDE_PX:
        return None
    if any(not (_fills(w, box.width * px_x) and _fills(h, box.height * px_y)) for box, w, h, _ in found):
        return None
    spots, rects = [], []
    for box, across, down, (sideways, mirror_x, mirror_y) in found:
        left, top = round((box.left - page.left) * px_x), round((page.top - box.top) * px_y)
        spots.append(Spot(left, top, sideways, mirror_x, mirror_y))
        rects.append((left, top, left + across, top + down))
    if _any_overlap(rects):
        return None
    width, height = max(1, round(page.width * px_x)), max(1, round(page.height * px_y))
    dpi_x, dpi_y = px_x * POINTS_PER_INCH, px_y * POINTS_PER_INCH
    if len(spots) == 1 and _covers(rects[0], width, height):
        only = Spot(0, 0, spots[0].sideways, spots[0].mirror_x, spots[0].mirror_y)
        left, top, right, bottom = rects[0]
        return Canvas(right - left, bottom - top, dpi_x, dpi_y, (only,))
    return Canvas(width, height, dpi_x, dpi_y, tuple(spots))


def _upright(
    matrix: Matrix, width_px: int, height_px: int
) -> tuple[Box, int, int, tuple[bool, bool, bool]] | None:
    """Extent, pixels across and down the page, and (sideways, mirror_x, mirror_y); None when slanted."""
    a, b, c, d, _, _ = matrix
    box = extent(matrix)
    if not (box.width > 0 and box.height > 0):
        return None
    sideways = abs(a) < abs(b)
    across, down = (height_px, width_px) if sideways else (width_px, height_px)
    lean_x, lean_y = (abs(a), abs(d)) if sideways else (abs(c), abs(b))
    if lean_x * across / box.width > _MOST_LEAN_PX or lean_y * down / box.height > _MOST_LEAN_PX:
        return None
    # Rows run downwards, v upwards: x grows with v where rows must be mirrored to run to the right.
    mirrors = (c > 0, b > 0) if sideways else (a < 0, d < 0)
    return box, across, down, (sideways, *mirrors)


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= _RESOLUTION_TOLERANCE * max(one, other)


def _fills(side_px: int, expected_px: float) -> bool:
    """Whether a picture has as many pixels as its place at the page's resolution, give or take a rounding."""
    return abs(side_px - expected_px) <= max(1.0, _RESOLUTION_TOLERANCE * expected_px)


def _covers(rect: tuple[int, int, int, int], width: int, height: int) -> bool:
    slack_x, slack_y = max(_SNAP_PX, _SNAP_SHARE * width), max(_SNAP_PX, _SNAP_SHARE * height)
    left, top, right, bottom = rect
    return (
        abs(left) <= slack_x
        and abs(right - width) <= slack_x
        and abs(top) <= slack_y
        and abs(bottom - height) <= slack_y
    )


def _any_overlap(rects: list[tuple[int, int, int, int]]) -> bool:
    """Whether two rectangles share more than a seam."""
    if len(rects) == 1:
        return False
    sides = np.array(rects)
    right_of = np.minimum(sides[:, None, 2], sides[None, :, 2]) - np.maximum(
        sides[:, None, 0], sides[None, :, 0]
    )
    below = np.minimum(sides[:, None, 3], sides[None, :, 3]) - np.maximum(
        sides[:, None, 1], sides[None, :, 1]
    )
    shared = (right_of > _OVERLAP_PX) & (below > _OVERLAP_PX)
    np.fill_diagonal(shared, val=False)
    return bool(shared.any())


def composed(page: Canvas, pictures: list[GreyPixels]) -> GreyPixels:
    """The page's pixels: its pictures at their spots on white paper, cut at the page's edges."""
    if len(pictures) == 1:
        only = page.spots[0].turned(pictures[0])
        if only.shape == (page.height_px, page.width_px) and not (
            page.spots[0].left_px or page.spots[0].top_px
        ):
            return np.ascontiguousarray(only)
    paper = np.full((page.height_px, page.width_px), 255, np.uint8)
    for spot, pixels in zip(page.spots, pictures, strict=True):
        lying = spot.turned(pixels)
        top, left = max(0, spot.top_px), max(0, spot.left_px)
        bottom = min(page.height_px, spot.top_px + lying.shape[0])
        right = min(page.width_px, spot.left_px + lying.shape[1])
        if bottom > top and right > left:
            paper[top:bottom, left:right] = lying[
                top - spot.top_px : bottom - spot.top_px, left - spot.left_px : right - spot.left_px
            ]
    return paper
