"""Find the four AprilTag corner marks, coarsely on a small picture, then exactly on the full one.

The tags are found by OpenCV's ArUco detector, which knows the AprilTag 36h11 family (Olson 2011,
Wang and Olson 2016). Its own corner refinement is half a pixel off or takes seconds; the corners
are therefore refined here: straight lines through the sub-pixel edge of the black border, and
their intersections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model.page import GreyPixels
from scanner.reading.mapping import FloatArray
from scanner.reading.robust import row_medians

SEARCH_SIDE_PX = 600
"""Shorter side, at least, of the picture that tags are searched on first: 75 dpi for A4, where a module of
a tag has four pixels."""
BORDER_MODULES = 8
"""Modules along a side of the tag, black border included."""
SAMPLES_A_SIDE = 20


@dataclass(frozen=True)
class Shrunk:
    """A picture made small."""

    pixels: GreyPixels
    divisor: int
    """Pixels of the picture, along a side, to one of these."""


@dataclass(frozen=True)
class Fiducial:
    """One corner mark in the picture."""

    tag_id: int
    corners_px: FloatArray
    """Shape (4, 2): top left, top right, bottom right, bottom left of the tag as printed."""


def find_fiducials(
    pixels: GreyPixels, tag_ids: Sequence[int], small: Shrunk | None = None
) -> tuple[Fiducial, ...]:
    """All corner marks that can be seen, coarsely (about 0.1 mm on paper).

    Where fewer than all are seen at first, slower settings are tried; a tag id that stands on the
    page more than once is returned more than once. `small` is what `small_page` makes of the picture,
    if that was done already.
    """
    best: tuple[Fiducial, ...] = ()
    for side_px, thorough in (
        (SEARCH_SIDE_PX, False),
        (2 * SEARCH_SIDE_PX, True),
        (4 * SEARCH_SIDE_PX, True),
    ):
        picture = small if small and side_px == SEARCH_SIDE_PX else small_page(pixels, side_px)
        found = _detect(picture, tuple(tag_ids), thorough)
        if len(found) > len(best):
            best = found
        if len({mark.tag_id for mark in best}) == len(tag_ids):
            break
    return best


def refine_corners(pixels: GreyPixels, fiducials: Sequence[Fiducial]) -> dict[int, FloatArray]:
    """Corners of the black borders to a few hundredths of a pixel, shape (4, 2), by tag id.

    A mark with a side that cannot be followed (cut off, stained, torn) is left out.
    """
    if not fiducials:
        return {}
    corners = np.stack([fiducial.corners_px for fiducial in fiducials])
    whole = np.ones(len(fiducials), dtype=bool)
    for _ in range(2):
        refined, followed = _refine_once(pixels, corners)
        corners, whole = np.where(followed[:, None, None], refined, corners), whole & followed
    return {f.tag_id: corners[i] for i, f in enumerate(fiducials) if whole[i]}


def small_page(pixels: GreyPixels, min_side_px: int = SEARCH_SIDE_PX) -> Shrunk:
    """The page as it is searched for what is large on it."""
    return Shrunk(*shrunk(pixels, min_side_px))


def shrunk(pixels: GreyPixels, min_side_px: int) -> tuple[GreyPixels, int]:
    """The picture halved as often as its shorter side stays at least `min_side_px`, and by how much.

    Squares of two by two pixels are averaged, which OpenCV does ten times faster than any other size.
    What is left over at the right and the bottom is cut.
    """
    factor = 1
    while min(pixels.shape) >= 2 * min_side_px:
        pixels, factor = halved(pixels), 2 * factor
    return pixels, factor


def halved(pixels: GreyPixels) -> GreyPixels:
    """The picture at half its size; an odd row or column at its end is cut."""
    height, width = (side // 2 for side in pixels.shape)
    small = cv2.resize(pixels[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def _detect(small: Shrunk, tag_ids: tuple[int, ...], thorough: bool) -> tuple[Fiducial, ...]:
    scale = small.divisor
    corner_sets, ids, _ = _detector(tag_ids, thorough).detectMarkers(small.pixels)
    if ids is None:
        return ()
    return tuple(
        Fiducial(tag_ids[int(index)], (corners.reshape(4, 2).astype(np.float64) + 0.5) * scale - 0.5)
        for corners, index in zip(corner_sets, ids.ravel(), strict=True)
    )


@lru_cache(maxsize=4)
def _detector(tag_ids: tuple[int, ...], thorough: bool) -> cv2.aruco.ArucoDetector:
    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    # Only our few patterns: faster, and no chance to mistake another tag for one of them.
    ours = cv2.aruco.Dictionary(family.bytesList[list(tag_ids)], family.markerSize, 4)
    settings = cv2.aruco.DetectorParameters()
    settings.minMarkerPerimeterRate = 0.06 if thorough else 0.10
    settings.maxMarkerPerimeterRate = 0.6
    settings.adaptiveThreshWinSizeMin = 5 if thorough else 19
    settings.adaptiveThreshWinSizeMax = 45 if thorough else 19
    settings.adaptiveThreshWinSizeStep = 10
    return cv2.aruco.ArucoDetector(ours, settings)


def _refine_once(pixels: GreyPixels, corners: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """One pass over all marks, `corners` of shape (marks, 4, 2): follow each side of the border, fit a
    line to its edge, intersect neighbours. Returns the corners, and which marks could be followed."""
    starts, ends = corners, np.roll(corners, -1, axis=1)
    lengths = np.linalg.norm(ends - starts, axis=2, keepdims=True)
    direction = (ends - starts) / lengths
    normal = np.stack([direction[..., 1], -direction[..., 0]], axis=2)
    centre = corners.mean(axis=1, keepdims=True)
    normal *= np.sign(np.sum(normal * ((starts + ends) / 2 - centre), axis=2, keepdims=True))

    reach_px = 0.8 * float(lengths.mean()) / BORDER_MODULES
    steps = np.linspace(-reach_px, reach_px, 2 * max(6, round(reach_px)) + 1)
    along = np.linspace(0.12, 0.88, SAMPLES_A_SIDE)
    anchor = starts[:, :, None, :] + along[:, None] * (ends - starts)[:, :, None, :]
    places = anchor[:, :, :, None, :] + steps[:, None] * normal[:, :, None, None, :]
    offset, good = _edge_offset(_sample(pixels, places), steps)

    first, second, enough = _fit_sides(along, offset, good)
    moved_start = starts + first[..., None] * normal
    moved_end = ends + second[..., None] * normal
    refined = _intersections(moved_start, moved_end)
    return refined, np.asarray(enough.all(axis=1), dtype=np.bool_)


def _sample(pixels: GreyPixels, places: FloatArray) -> FloatArray:
    flat = places.reshape(-1, places.shape[-2], 2).astype(np.float32)
    values = cv2.remap(
        pixels,
        np.ascontiguousarray(flat[..., 0]),
        np.ascontiguousarray(flat[..., 1]),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(values, dtype=np.float64).reshape(places.shape[:-1])


def _edge_offset(profile: FloatArray, steps: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Where each profile goes from dark (inside) to bright (outside), and which profiles can be trusted.

    The offset is the one of an ideal step that holds the same light: exact under any symmetric blur.
    """
    count = max(2, len(steps) // 6)
    dark = profile[..., :count].mean(axis=-1, keepdims=True)
    bright = profile[..., -count:].mean(axis=-1, keepdims=True)
    contrast = bright - dark
    step = steps[1] - steps[0]
    lit = np.clip((profile - dark) / np.maximum(contrast, 1.0), -0.2, 1.2).sum(axis=-1) * step
    offset = steps[-1] + step / 2 - lit
    typical = row_medians(contrast.reshape(len(contrast), -1))[:, None, None]
    good = (contrast[..., 0] > 0.5 * typical) & (np.abs(offset) < 0.7 * steps[-1])
    return offset, np.asarray(good, dtype=np.bool_)


def _fit_sides(
    along: FloatArray, offset: FloatArray, good: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Straight line through each side's offsets, outliers left out once: its offset at the start and at
    the end of the side, and whether there was enough to go by. Arrays of shape (marks, 4)."""
    weight = good.astype(np.float64)
    for _ in range(2):
        total = np.maximum(weight.sum(axis=2), 1e-9)
        mean_x = (weight * along).sum(axis=2) / total
        mean_y = (weight * offset).sum(axis=2) / total
        x, y = along - mean_x[..., None], offset - mean_y[..., None]
        slope = (weight * x * y).sum(axis=2) / np.maximum((weight * x * x).sum(axis=2), 1e-9)
        error = np.abs(y - slope[..., None] * x)
        typical = row_medians(np.where(good, error, 0.0))[..., None]
        weight = (good & (error <= np.maximum(3.0 * typical, 0.05))).astype(np.float64)
    first = mean_y - slope * mean_x
    return first, first + slope, good.sum(axis=2) >= SAMPLES_A_SIDE // 3


def _intersections(starts: FloatArray, ends: FloatArray) -> FloatArray:
    """Where each side's line meets the one of the side before it: the corners, shape (marks, 4, 2)."""
    p, u = np.roll(starts, 1, axis=1), np.roll(ends - starts, 1, axis=1)
    q, v = starts, ends - starts
    cross = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
    apart = q - p
    along = (apart[..., 0] * v[..., 1] - apart[..., 1] * v[..., 0]) / np.where(cross == 0.0, 1e-9, cross)
    return np.asarray(p + along[..., None] * u, dtype=np.float64)
