"""How dark ink is and how sharp its edges: what tells a pen from coffee, a shadow or a fold.

A pen's edge is as sharp as the scan; a stain spreads over half a millimetre and more, and is paler.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.reading.ink import InkMap
from scanner.reading.robust import percentile
from scanner.reading.strip import Strip

EDGE_CLEAR_MM = 0.7
"""Height above and below the line from which on the print's own edges do not reach."""
MIN_EDGE_MM2 = 0.15
"""Ink further away than that from which its edges are known."""
DARK_SHARE = 0.5
"""Ink less than this as dark as the darkest of its piece is of another tone."""
SEAM_MM = 0.35
"""What is this close to darker ink is its blurred edge."""
MIN_TONE_MM2 = 0.4
"""Ink of one tone that counts as a part by itself."""
STAIN_SOFTNESS_MM = 0.45
"""The paler of two tones must have edges this wide: a pen that was pressed less hard has sharp ones."""

Shape = NDArray[np.bool_]


def softness_mm(strip: Strip, ink: InkMap, shape: Shape, corner: tuple[int, int]) -> float:
    """How far the edges of some ink spread: its depth against its steepest slope, off the printed line.

    `shape` is where it is in a box of the strip whose first row and column are `corner`.
    """
    height, width = shape.shape
    top, left = max(0, corner[0] - 2), max(0, corner[1] - 2)
    box = np.ascontiguousarray(ink.depth[top : corner[0] + height + 2, left : corner[1] + width + 2])
    inside = np.zeros(box.shape, np.uint8)
    inside[corner[0] - top :, corner[1] - left :][:height, :width] = shape
    inside = np.asarray(cv2.dilate(inside, np.ones((3, 3), np.uint8)), dtype=np.uint8)
    off_line = np.abs(strip.y_mm(np.arange(top, top + len(box), dtype=np.float64))) > EDGE_CLEAR_MM
    if np.count_nonzero(inside[off_line]) * strip.mm_per_column / strip.px_per_mm > MIN_EDGE_MM2:
        inside[~off_line] = 0
    chosen = inside > 0
    across, down = (grey.astype(np.float32) for grey in cv2.spatialGradient(box))
    slope = np.hypot(across, down)[chosen] / 8.0 * strip.px_per_mm
    return percentile(box[chosen].astype(np.float32), 90.0) / max(percentile(slope, 90.0), 1e-3)


def two_tones(strip: Strip, ink: InkMap, shape: Shape, corner: tuple[int, int]) -> tuple[Shape, Shape] | None:
    """The dark and the pale part of some ink, without the seam between them; None when it is one thing."""
    height, width = shape.shape
    depth = ink.depth[corner[0] : corner[0] + height, corner[1] : corner[1] + width]
    top = percentile(depth[shape].astype(np.float32), 97.0)
    dark = shape & (depth > max(DARK_SHARE * top, 1.5 * ink.threshold))
    seam = 2 * round(SEAM_MM * strip.px_per_mm) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (seam, seam))
    pale = shape & (cv2.dilate(dark.astype(np.uint8), disc) == 0)
    mm2 = strip.mm_per_column / strip.px_per_mm
    if min(np.count_nonzero(dark), np.count_nonzero(pale)) * mm2 < MIN_TONE_MM2:
        return None
    if softness_mm(strip, ink, pale, corner) < STAIN_SOFTNESS_MM:
        return None
    return dark, pale
