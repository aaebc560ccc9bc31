"""Any decoded picture as grey pixels: 0 black to 255 white, 8 bits, transparency laid on white paper."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanner.model.page import GreyPixels
from scanner.pages.facts import damaged

_SAMPLE_STEP = 61
"""Every 61st row and column are looked at before all pixels are; prime, so that no raster hides from it."""


@contextmanager
def pillow_without_alarm(page_pixels: int) -> Iterator[None]:
    """Let Pillow read what our own limit allows, and keep its warnings about sloppy files to itself.

    Our check stands before every decoding, so that Pillow's own threshold must not be the lower one.
    """
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = page_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def from_pillow(picture: Image.Image) -> tuple[GreyPixels, bool]:
    """Grey pixels of a Pillow picture in any mode, and whether it was stored as black and white.

    Raises:
        UnreadableError: for 32 bit samples, which no scanner writes.
    """
    if picture.mode == "1":
        # Pillow hands out its own 0 and 255 as booleans.
        return np.asarray(picture).view(np.uint8), True
    if picture.has_transparency_data:
        return np.asarray(_on_white(picture)), False
    if picture.mode.startswith("I;16"):
        return high_byte(np.asarray(picture)), False
    if picture.mode == "I":
        values = np.asarray(picture)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise damaged("A picture with samples of 32 bits.")
        return high_byte(values), False
    if picture.mode == "F":
        raise damaged("A picture with samples that are not whole numbers.")
    return np.asarray(picture if picture.mode == "L" else picture.convert("L")), False


def high_byte(values: NDArray[np.generic]) -> GreyPixels:
    """16 bit samples as 8 bits."""
    return (values.astype(np.uint16) >> 8).astype(np.uint8)


def _on_white(picture: Image.Image) -> Image.Image:
    layered = picture.convert("RGBA")
    paper = Image.new("RGBA", layered.size, (255, 255, 255, 255))
    return Image.alpha_composite(paper, layered).convert("L")


def from_channels(pixels: NDArray[np.uint8]) -> GreyPixels:
    """Grey pixels, in memory of their own, from one channel or blue, green, red and perhaps a fourth."""
    if pixels.ndim == 2:
        return pixels.copy()
    code = cv2.COLOR_BGR2GRAY if pixels.shape[2] == 3 else cv2.COLOR_BGRA2GRAY
    return np.asarray(cv2.cvtColor(pixels, code), np.uint8)


def is_black_and_white(pixels: GreyPixels, *, one_bit: bool = False) -> bool:
    """Whether every pixel is 0 or 255. Costs next to nothing on a grey picture.

    With `one_bit`, the picture is known to have two levels, and only which two is looked up.
    """
    return _only_extremes(pixels[::_SAMPLE_STEP, ::_SAMPLE_STEP]) and (one_bit or _only_extremes(pixels))


def _only_extremes(pixels: GreyPixels) -> bool:
    # Adding 1 takes 255 to 0 and 0 to 1, in eight bits.
    return bool(((pixels + np.uint8(1)) <= 1).all())


def is_uniform(pixels: GreyPixels) -> bool:
    """Whether all pixels are the same."""
    sample = pixels[::_SAMPLE_STEP, ::_SAMPLE_STEP]
    return bool((sample == sample[0, 0]).all() and (pixels == pixels[0, 0]).all())


def check_not_lost(pixels: GreyPixels, stored_bytes: int) -> None:
    """Raise `UnreadableError` when much data gave an empty page.

    Decoders of G4, JBIG2 and Flate make white or black of what they cannot decode, without a word; such
    a page must not pass for the empty back of a sheet. A truly uniform page takes a bit a row in G4 and
    a thousandth of its size in Flate.
    """
    if stored_bytes > 4096 + pixels.size // 500 and is_uniform(pixels):
        raise damaged(f"{stored_bytes} bytes of picture data decode to an empty page.")
