"""Toner on paper: weak, uneven over the page, in bands where the drum is worn, or flaked off."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.paper import Paper, Pixels

_TILE = 2048
"""Side of the patch of flakes that is repeated over a page, in pixels."""
_FLAKES_DPI = 600
_BANDS = 84
"""Knots across the page for the bands: one every 2.5 mm."""


def fade(
    paper: Paper,
    rng: Generator,
    *,
    toner: float,
    uneven: float = 0.0,
    bands: float = 0.0,
    flaking: float = 0.0,
) -> None:
    """Print paler, in place: a page in full black gets the darkness `toner` (1 is full).

    `uneven` is the share by which patches some centimetres wide differ, `bands` what the palest bands
    down the page lose, and `flaking` the share of the print that has come off. The paper is in grey.
    """
    if toner >= 1 and uneven <= 0 and bands <= 0 and flaking <= 0:
        return
    patches = toner * (1 + uneven * np.clip(rng.normal(size=(12, 9)), -2, 2) / 2)
    field = paper.spread(patches.astype(np.float32))
    if bands > 0:
        lost = np.clip(0.5 + 0.5 * np.repeat(_smooth(rng, _BANDS)[None], 2, axis=0), 0, 1)
        field *= 1 - bands * paper.spread(lost.astype(np.float32))
    darkness = np.clip(field, 0, 1)
    darkness *= 255
    cv2.bitwise_not(paper.pixels, paper.pixels)
    cv2.multiply(paper.pixels, darkness.astype(np.uint8), paper.pixels, scale=1 / 255)
    if flaking > 0:
        _flake(paper, flaking, rng)
    cv2.bitwise_not(paper.pixels, paper.pixels)


def _smooth(rng: Generator, count: int) -> NDArray[np.float64]:
    """Noise of unit spread that changes over a few knots."""
    values = np.convolve(rng.normal(size=count + 4), np.array([0.25, 0.75, 1.0, 0.75, 0.25]), "valid")
    return np.asarray(values / 1.5)


def _flake(paper: Paper, share: float, rng: Generator) -> None:
    """Take darkness away in small flakes, in place; `paper` holds darkness, not light."""
    level = np.quantile(_flakes_tile()[::16, ::16], share)
    # The edge of a flake is soft: some toner stays at it.
    lut = np.clip((np.arange(256) - level) * 12 + 40, 0, 255).astype(np.uint8)
    kept = repeated(np.asarray(cv2.LUT(_flakes_tile(), lut), np.uint8), paper, _FLAKES_DPI, rng)
    cv2.multiply(paper.pixels, kept, paper.pixels, scale=1 / 255)


@lru_cache(maxsize=1)
def _flakes_tile() -> Pixels:
    """Evenly spread values 0 to 255 that change over 0.05 to 0.3 mm; it can be repeated without a seam."""
    fixed = np.random.default_rng(21)
    return even_noise(fixed, ((1.6, 1.0), (4.5, 0.8), (60.0, 0.5)))


def even_noise(rng: Generator, spreads: tuple[tuple[float, float], ...]) -> Pixels:
    """A tile of smooth noise, each of its values 0 to 255 as often as the others.

    `spreads` holds the size of the grain in pixels and its weight.
    """
    mixed = np.zeros((_TILE, _TILE), np.float32)
    for spread, weight in spreads:
        smaller = max(1, int(spread // 4))
        side = _TILE // smaller
        border = 4 * max(1, round(spread / smaller)) + 4
        grain = cv2.copyMakeBorder(
            rng.standard_normal((side, side), dtype=np.float32), *[border] * 4, cv2.BORDER_WRAP
        )
        grain = cv2.GaussianBlur(grain, (0, 0), spread / smaller)[border:-border, border:-border]
        mixed += weight * cv2.resize(grain / grain.std(), (_TILE, _TILE), interpolation=cv2.INTER_LINEAR)
    ranks = np.empty(mixed.size, np.uint8)
    ranks[np.argsort(mixed, axis=None)] = np.linspace(0, 255.99, mixed.size).astype(np.uint8)
    return ranks.reshape(mixed.shape)


def repeated(tile: Pixels, paper: Paper, tile_dpi: float, rng: Generator) -> Pixels:
    """The tile, seen at the paper's resolution, over all of the paper's pixels, from a random place on."""
    factor = paper.dpi / tile_dpi
    if abs(factor - 1) > 0.01:
        side = max(8, round(_TILE * factor))
        tile = np.asarray(cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    height, width = paper.pixels.shape[:2]
    rows, columns = (
        (np.arange(count) + rng.integers(side)) % side
        for count, side in zip((height, width), tile.shape, strict=True)
    )
    return np.take(np.take(tile, rows, axis=0), columns, axis=1)
