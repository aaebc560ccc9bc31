"""What a scanner's firmware makes of the picture: sharper, cleaner, black and white, compressed."""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image

from calibration.synthesis.paper import Pixels

_SHARPEN_MM = 0.12
"""Standard deviation of the blur that an unsharp mask takes away."""


class ScanMode(StrEnum):
    """How a pixel is stored."""

    COLOUR = "colour"
    GREY = "grey"
    FIXED = "fixed"
    """Black or white, by one threshold for the page."""
    ADAPTIVE = "adaptive"
    """Black or white, by a threshold that follows the surroundings."""
    DITHERED = "dithered"
    """Black or white, in a pattern whose mean is the grey: see `Halftone`."""

    @property
    def bilevel(self) -> bool:
        return self not in (ScanMode.COLOUR, ScanMode.GREY)


class Halftone(StrEnum):
    """How dithering spreads the black."""

    DIFFUSED = "diffused"
    """Error diffusion (R. Floyd and L. Steinberg, 1976)."""
    ORDERED = "ordered"
    """A regular 8 x 8 pattern (B. Bayer, 1973)."""


def sharpened(pixels: Pixels, amount: float, px_per_mm: float) -> Pixels:
    """An unsharp mask: edges stand out by `amount` and get a halo."""
    soft = cv2.GaussianBlur(pixels, (0, 0), max(0.5, _SHARPEN_MM * px_per_mm))
    return np.asarray(cv2.addWeighted(pixels, 1 + amount, soft, -amount, 0), np.uint8)


def despeckled(pixels: Pixels) -> Pixels:
    """The median of 3 x 3 pixels: single dots vanish, and so do lines one pixel wide."""
    return np.asarray(cv2.medianBlur(pixels, 3), np.uint8)


def with_gamma(pixels: Pixels, gamma: float) -> Pixels:
    """Middle tones darker (above 1) or lighter (below 1); black and white stay."""
    table = np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
    return np.asarray(cv2.LUT(pixels, table), np.uint8)


def by_fixed_threshold(pixels: Pixels, threshold: int) -> Pixels:
    """Below `threshold` is black."""
    return np.asarray(cv2.threshold(pixels, threshold - 1, 255, cv2.THRESH_BINARY)[1], np.uint8)


def by_adaptive_threshold(pixels: Pixels, window_px: float, below: float) -> Pixels:
    """Black is what lies `below` grey levels or more under the mean of the surroundings."""
    side = max(3, round(window_px) | 1)
    how = (cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY)
    return np.asarray(cv2.adaptiveThreshold(pixels, 255, *how, side, below), np.uint8)


def dithered(pixels: Pixels, halftone: Halftone) -> Pixels:
    """Black and white with the mean of the grey."""
    if halftone is Halftone.DIFFUSED:
        return np.asarray(Image.fromarray(pixels).convert("1").convert("L"), np.uint8)
    height, width = pixels.shape
    pattern = np.tile(_bayer(), (height // 8 + 1, width // 8 + 1))[:height, :width]
    return np.where(pixels > pattern, np.uint8(255), np.uint8(0))


def _bayer() -> Pixels:
    """The thresholds of an 8 x 8 ordered dither."""
    order = np.zeros((1, 1))
    for _ in range(3):
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    return np.asarray((order + 0.5) * 255 / 64, np.uint8)


def speckled(pixels: Pixels, per_million: float, rng: Generator) -> Pixels:
    """Turn single pixels, and a few pairs, of a bilevel picture round."""
    height, width = pixels.shape
    count = rng.poisson(per_million * pixels.size / 1e6)
    rows, columns = rng.integers(height, size=count), rng.integers(width, size=count)
    pixels = pixels.copy()
    pixels[rows, columns] ^= 255
    wide = rng.random(count) < 0.3
    pixels[rows[wide], np.minimum(columns[wide] + 1, width - 1)] ^= 255
    return pixels


def through_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """The pixels after a JPEG file of this quality. Written again with it, they hardly change."""
    stored = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    seen = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)
    return seen if pixels.ndim == 2 else np.asarray(cv2.cvtColor(seen, cv2.COLOR_BGR2RGB), np.uint8)
