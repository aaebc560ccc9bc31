"""The picture of one line that is kept with its reading, for the person who settles it."""

from __future__ import annotations

import cv2

from scanner.reading.strip import Strip

CROP_PX_PER_MM = 8.0
"""200 dpi: sharp on a screen, a few kilobytes each."""


def crop_png(strip: Strip) -> bytes:
    """PNG of a line's zone, upright, grey; the same width for every scan."""
    factor = CROP_PX_PER_MM / strip.px_per_mm
    small = cv2.resize(strip.grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    _, png = cv2.imencode(".png", small, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return png.tobytes()
