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

from scanner.model.page import GreyPixels
from scanner.reading.mapping import FloatArray

SEARCH_SIDE_PX = 900
"""Shorter side of the picture that tags are searched on: 100 dpi for A4, five pixels a module."""
BORDER_MODULES = 8
"""Modules along a side of the tag, black border included."""
SAMPLES_A_SIDE = 20


@dataclass(frozen=True)
class Fiducial:
    """One corner mark in the picture."""

    tag_id: int
    corners_px: FloatArray
    """Shape (4, 2): top left, top right, bottom right, bottom left of the tag as printed."""


def find_fiducials(pixels: GreyPixels, tag_ids: Sequence[int]) -> tuple[Fiducial, ...]:
    """All corner marks that can be seen, coarsely (about 0.1 mm on paper).

    Where fewer than all are seen at first, slower settings are tried; a tag id that stands on the
    page more than once is returned more than once.
    """
    best: tuple[Fiducial, ...] = ()
    for side_px, thorough in ((SEARCH_SIDE_PX, False), (SEARCH_SIDE_PX, True), (2 * SEARCH_SIDE_PX, True)):
        found = _detect(pixels, tuple(tag_ids), side_px, thorough)
        if len(found) > len(best):
            best = found
        if len({mark.tag_id for mark in best}) == len(tag_ids):
            break
    return best


def refine_corners(pixels: GreyPixels, fiducial: Fiducial) -> FloatArray | None:
    """Corners of the black border to a few hundredths of a pixel, shape (4, 2).

    Returns None when a side cannot be followed (cut off, stained, torn).
    """
    corners = fiducial.corners_px
    for _ in range(2):
        refined = _refine_once(pixels, corners)
        if refined is None:
            return None
        corners = refined
    return corners


def shrunk(pixels: GreyPixels, divisor: int) -> GreyPixels:
    """The picture at one over `divisor` of its size; what is left over at the right and the bottom is cut.

    Whole pixels are averaged in whole squares, which OpenCV does many times faster than anything else.
    """
    if divisor == 1:
        return pixels
    height, width = (side // divisor * divisor for side in pixels.shape)
    small = cv2.resize(
        pixels[:height, :width], (width // divisor, height // divisor), interpolation=cv2.INTER_AREA
    )
    return np.asarray(small, dtype=np.uint8)


def _detect(
    pixels: GreyPixels, tag_ids: tuple[int, ...], side_px: int, thorough: bool
) -> tuple[Fiducial, ...]:
    small = shrunk(pixels, max(1, round(min(pixels.shape) / side_px)))
    scale = pixels.shape[1] // small.shape[1]
    corner_sets, ids, _ = _detector(tag_ids, thorough).detectMarkers(small)
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


def _refine_once(pixels: GreyPixels, corners: FloatArray) -> FloatArray | None:
    """One pass: follow each side of the border, fit a line to its edge, intersect neighbours."""
    side_px = float(np.mean(np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)))
    module_px = side_px / BORDER_MODULES
    reach_px = 0.8 * module_px
    steps = np.linspace(-reach_px, reach_px, 2 * max(6, round(reach_px)) + 1)
    along = np.linspace(0.12, 0.88, SAMPLES_A_SIDE)
    centre = corners.mean(axis=0)

    starts, ends = corners, np.roll(corners, -1, axis=0)
    direction = (ends - starts) / np.linalg.norm(ends - starts, axis=1, keepdims=True)
    normal = np.stack([direction[:, 1], -direction[:, 0]], axis=1)
    outward = np.sign(np.sum(normal * ((starts + ends) / 2 - centre), axis=1, keepdims=True))
    normal = normal * outward

    anchor = starts[:, None, :] + along[None, :, None] * (ends - starts)[:, None, :]
    places = anchor[:, :, None, :] + steps[None, None, :, None] * normal[:, None, None, :]
    profile = _sample(pixels, places)

    offset, good = _edge_offset(profile, steps)
    lines = []
    for side in range(4):
        if np.count_nonzero(good[side]) < SAMPLES_A_SIDE // 3:
            return None
        points = anchor[side][good[side]] + offset[side][good[side], None] * normal[side]
        lines.append(_fit_line(points))
    return np.array([_intersect(lines[side - 1], lines[side]) for side in range(4)])


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


def _edge_offset(profile: FloatArray, steps: FloatArray) -> tuple[FloatArray, np.ndarray]:
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
    median_contrast = np.median(contrast)
    good = (contrast[..., 0] > 0.5 * median_contrast) & (np.abs(offset) < 0.7 * steps[-1])
    return offset, good


def _fit_line(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Total least squares line through points (n, 2), with outliers left out once: (point, direction)."""
    middle, direction = _axis(points)
    distance = np.abs((points - middle) @ np.array([-direction[1], direction[0]]))
    kept = points[distance <= max(3.0 * float(np.median(distance)), 0.05)]
    return _axis(kept) if len(kept) >= 4 else (middle, direction)


def _axis(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centre and longer axis of inertia, in closed form."""
    middle = points.mean(axis=0)
    x, y = (points - middle).T
    angle = 0.5 * np.arctan2(2.0 * float(x @ y), float(x @ x - y @ y))
    return middle, np.array([np.cos(angle), np.sin(angle)])


def _intersect(first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray]) -> FloatArray:
    (p, u), (q, v) = first, second
    along = np.linalg.solve(np.stack([u, -v], axis=1), q - p)
    return np.asarray(p + along[0] * u, dtype=np.float64)
