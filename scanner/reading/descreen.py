"""Turn a dithered or speckled black-and-white page back into greys.

A scanner that dithers, and a copier of copies, scatter single black pixels over white paper. To the eye
they are a light grey; to everything that follows they would be ten thousand specks of ink. Averaging over
a tenth of a millimetre gives the grey back, as inverse halftoning by a low-pass filter does.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from scanner.model.page import GreyPixels, ScannedPage

LONELY_SHARE = 1.5e-3
"""Share of pixels, black with no black neighbour or the other way round, from which a page counts as
dithered. A clean page in black and white has one in ten thousand."""
SAMPLE_ROWS = 48
"""Rows of each of the bands that are looked at."""
SAMPLE_BANDS = 8
SPREAD_SHARE = 5.7e-4
"""Standard deviation of the averaging, as a share of the page's shorter side: a tenth of a millimetre."""
_RING = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.float32) / 8


def descreened(page: ScannedPage) -> ScannedPage:
    """The page itself, or its averaged picture when it is dithered or speckled."""
    if not page.bilevel or lonely_share(page.pixels) < LONELY_SHARE:
        return page
    spread_px = max(0.8, SPREAD_SHARE * min(page.pixels.shape))
    smooth = cv2.GaussianBlur(page.pixels, (0, 0), spread_px)
    return replace(page, pixels=np.asarray(smooth, dtype=np.uint8), bilevel=False)


def lonely_share(pixels: GreyPixels) -> float:
    """Share of the pixels that differ from all eight neighbours, in a few bands of a picture of 0 and 255."""
    height = len(pixels)
    lonely = seen = 0
    for middle in np.linspace(0.1, 0.9, SAMPLE_BANDS):
        top = min(max(0, round(middle * height) - SAMPLE_ROWS // 2), max(0, height - SAMPLE_ROWS))
        band = pixels[top : top + SAMPLE_ROWS]
        around = cv2.filter2D(band, cv2.CV_32F, _RING)
        lonely += int(np.count_nonzero(np.abs(around - band) > 254.0))
        seen += band.size
    return lonely / max(seen, 1)
