"""The picture of a whole page that is kept for a person: small, grey, upright where that is known."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from scanner.model.page import GreyPixels
from scanner.reading.fiducials import halved

SIDE_PX = 827
"""Shorter side: 100 dpi of A4, enough to read the printed words, in thirty kilobytes."""

PAPER = 224
"""From this grey on it is paper, and is shown as such: shades of it are what takes the room."""

_LEVELS = np.array([15 if grey >= PAPER else grey >> 4 for grey in range(256)], dtype=np.uint8)
_GREYS = [17 * level for level in range(16) for _ in range(3)]
_Z_RLE = 3
"""zlib's strategy for pictures with long runs: three times as fast, and as small."""


def page_png(pixels: GreyPixels, turn: int = 0) -> bytes:
    """PNG of 16 greys; `turn` is by how many degrees clockwise (0, 90, 180, 270) the paper lies turned."""
    small = pixels
    while min(small.shape) >= 2 * SIDE_PX:
        small = halved(small)
    factor = SIDE_PX / min(small.shape)
    if factor < 1:
        height, width = (max(1, round(side * factor)) for side in small.shape)
        small = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    upright = np.rot90(small, turn // 90)
    levels = np.ascontiguousarray(_LEVELS[upright])
    indexed = Image.frombytes("P", levels.shape[::-1], levels.tobytes())
    indexed.putpalette(_GREYS)
    png = io.BytesIO()
    indexed.save(png, "PNG", bits=4, compress_level=1, compress_type=_Z_RLE)
    return png.getvalue()
