"""The picture of a whole page that is kept for a person: small, grey, upright where that is known."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from forms.geometry import Rect
from scanner.model.page import GreyPixels
from scanner.model.result import Mapping
from scanner.reading.fiducials import halved
from scanner.reading.mapping import PaperToPixel

SIDE_PX = 827
"""Shorter side: 100 dpi of A4, enough to read the printed words, in thirty kilobytes."""

PAPER = 224
"""From this grey on it is paper, and is shown as such: shades of it are what takes the room."""

_LEVELS = np.array([15 if grey >= PAPER else grey >> 4 for grey in range(256)], dtype=np.uint8)
_GREYS = [17 * level for level in range(16) for _ in range(3)]
_Z_RLE = 3
"""zlib's strategy for pictures with long runs: three times as fast, and as small."""


def page_png(pixels: GreyPixels) -> bytes:
    """PNG of 16 greys of a page of which nobody knows what it is, as it lies."""
    small = pixels
    while min(small.shape) >= 2 * SIDE_PX:
        small = halved(small)
    factor = SIDE_PX / min(small.shape)
    if factor < 1:
        height, width = (max(1, round(side * factor)) for side in small.shape)
        small = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return _png(small)


def sheet_png(pixels: GreyPixels, mapping: Mapping, paper: Rect) -> bytes:
    """PNG of 16 greys of a sheet, upright on the paper's own grid.

    It is as wide as the paper and as high, so whoever shows it knows where on it a place of the
    sheet is: `mapping` says where on the `pixels` that place was.
    """
    to_page, small = PaperToPixel(np.array(mapping.matrix).reshape(3, 3)), pixels
    scale = SIDE_PX / paper.width_mm
    while to_page.px_per_mm(paper.width_mm / 2, paper.height_mm / 2) >= 2 * scale:
        to_page, small = to_page.scaled(0.5), halved(small)
    to_paper = np.array([[1 / scale, 0.0, 0.5 / scale], [0.0, 1 / scale, 0.5 / scale], [0.0, 0.0, 1.0]])
    size = (SIDE_PX, round(paper.height_mm * scale))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # What lies beside the paper is shown as paper, and costs nothing.
    upright = cv2.warpPerspective(
        small,
        to_page.matrix @ to_paper,
        size,
        flags=flags,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255,),
    )
    return _png(np.asarray(upright, np.uint8))


def _png(grey: GreyPixels) -> bytes:
    levels = _LEVELS[grey]
    indexed = Image.frombytes("P", levels.shape[::-1], levels.tobytes())
    indexed.putpalette(_GREYS)
    png = io.BytesIO()
    indexed.save(png, "PNG", bits=4, compress_level=1, compress_type=_Z_RLE)
    return png.getvalue()
