"""Light on a sheet that is photographed, and what a lens and an unsteady hand take away from sharpness."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.paper import Pixels
from calibration.synthesis.passage import Part

_COARSE = 8
"""Light changes slowly: one value for so many pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How brightly each place of a picture is lit. Places are shares of its width and height."""

    white: float = 225.0
    """Grey level of clean paper where the light is full."""
    black: float = 14.0
    """What the lens scatters even where nothing comes back."""
    fall: tuple[float, float] = (0.0, 0.0)
    """Share of the light that is lost from left to right and from head to foot; below 0 the other way."""
    vignette: float = 0.0
    """Share that is lost in the corners."""
    shadow: float = 0.0
    """Share that is lost in the shadow of a hand or of the phone."""
    shadow_at: tuple[float, float] = (0.0, 1.0)
    shadow_reach: float = 0.4
    """Radius of the shadow, in picture widths."""
    shadow_soft: float = 0.1
    """Width of its edge, in picture widths."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Share of red, green and blue that is left when the camera takes the wrong white."""


def some_light(rng: Generator) -> Light:
    """Lamps and windows of offices and homes."""
    warm = rng.uniform(-0.6, 1.0)
    shaded = rng.random() < 0.45
    return Light(
        white=rng.uniform(175, 245),
        black=rng.uniform(4, 35),
        fall=(rng.uniform(-0.4, 0.4), rng.uniform(-0.4, 0.4)),
        vignette=rng.uniform(0.0, 0.3),
        shadow=rng.uniform(0.15, 0.55) if shaded else 0.0,
        shadow_at=(rng.uniform(-0.1, 1.1), rng.uniform(0.0, 1.1)),
        shadow_reach=rng.uniform(0.2, 0.7),
        shadow_soft=rng.uniform(0.02, 0.25),
        tint=(1 - 0.06 * max(0, -warm), 1 - 0.04 * abs(warm), 1 - 0.25 * max(0, warm)),
    )


def lit(pixels: Pixels, light: Light, part: Part, size_px: tuple[int, int]) -> Pixels:
    """What the camera gets from a part of a picture of `size_px`, shape (height, width, 3)."""
    height, width = pixels.shape[:2]
    columns, rows = max(2, width // _COARSE), max(2, height // _COARSE)
    x = (part.left_px + (np.arange(columns) + 0.5) * width / columns) / size_px[0]
    y = ((part.top_px + (np.arange(rows) + 0.5) * height / rows) / size_px[1])[:, None]
    tall = size_px[1] / size_px[0]
    level = 1 - light.fall[0] * (x - (light.fall[0] < 0)) - light.fall[1] * (y - (light.fall[1] < 0))
    from_middle = ((2 * x - 1) ** 2 + (tall * (2 * y - 1)) ** 2) / (1 + tall**2)
    level = level * (1 - light.vignette * from_middle)
    if light.shadow > 0:
        distance = np.hypot(x - light.shadow_at[0], tall * (y - light.shadow_at[1]))
        inside = (light.shadow_reach - distance) / light.shadow_soft
        level = level * (1 - light.shadow / (1 + np.exp(np.clip(-4 * inside, -40, 40))))
    # Full light is the brightest place of the whole picture, about.
    factor = np.clip(level, 0.15, 1.0).astype(np.float32) * np.float32((light.white - light.black) / 255)
    field = cv2.resize(factor, (width, height), interpolation=cv2.INTER_LINEAR)
    out = np.empty_like(pixels)
    for channel, tint in enumerate(light.tint):
        out[..., channel] = pixels[..., channel] * (field * np.float32(tint)) + np.float32(light.black)
    return out


def blurred(pixels: Pixels, spread_px: float, motion_px: NDArray[np.float64]) -> Pixels:
    """Out of focus by `spread_px` (a standard deviation), and smeared along a way; nothing is moved."""
    if spread_px > 0.15:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), spread_px), np.uint8)
    if np.hypot(*motion_px) > 0.3:
        pixels = np.asarray(cv2.filter2D(pixels, -1, _smear(motion_px)), np.uint8)
    return pixels


def _smear(motion_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """The way of a point while the shutter is open, about the middle of an odd square; sums to 1."""
    half = int(np.ceil(np.abs(motion_px).max() / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1))
    for share in np.linspace(-0.5, 0.5, 41):
        x, y = half + share * motion_px
        left, top = int(x), int(y)
        for column, row in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
            kernel[row, column] += (1 - abs(x - column)) * (1 - abs(y - row))
    return np.asarray(kernel / kernel.sum())
