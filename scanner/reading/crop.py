"""The picture of one line that is kept with its reading, for the person who settles it."""

from __future__ import annotations

import cv2
import numpy as np

from scanner.reading.strip import Strip

CROP_PX_PER_MM = 8.0
"""200 dpi: sharp on a screen, a few kilobytes each."""


def crop_png(strip: Strip) -> bytes:
    """PNG of a line's zone, upright, grey; the same width for every scan."""
    factor = CROP_PX_PER_MM / strip.px_per_mm
    small = cv2.resize(strip.grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    # 32 greys are all that an eye tells apart, and make the file a quarter as large.
    plain = (np.asarray(small, dtype=np.uint8) & 0xF8) | 0x04
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    _, png = cv2.imencode(".png", plain, settings)
    return png.tobytes()
