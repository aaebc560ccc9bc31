"""Toner on paper: weak, uneven over the page, in bands where the drum is worn, or flaked off."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.paper import MM_PER_INCH, Paper, Pixels

_TILE = 2048
"""Side of the patch of flakes that is repeated over a page, in pixels."""
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
    field = paper.spread(patches)
    if bands > 0:
        lost = np.clip(0.5 + 0.5 * np.repeat(_smooth(rng, _BANDS)[None], 2, axis=0), 0, 1)
        field *= 1 - bands * paper.spread(lost)
    darkness = paper.widened((np.clip(field, 0, 1) * 255).astype(np.uint8))
    cv2.bitwise_not(paper.pixels, paper.pixels)
    cv2.multiply(paper.pixels, darkness, paper.pixels, scale=1 / 255)
    if flaking > 0:
        _flake(paper, flaking, rng)
    cv2.bitwise_not(paper.pixels, paper.pixels)


def _smooth(rng: Generator, count: int) -> NDArray[np.float64]:
    """Noise of unit spread that changes over a few knots."""
    values = np.convolve(rng.normal(size=count + 4), np.array([0.25, 0.75, 1.0, 0.75, 0.25]), "valid")
    return np.asarray(values / 1.5)


def _flake(paper: Paper, share: float, rng: Generator) -> None:
    """Take darkness away in small flakes, in place; `paper` holds darkness, not light."""
    level = 255 * share
    # The edge of a flake is soft: some toner stays at it.
    table = np.clip((np.arange(256) - level) * 12 + 40, 0, 255).astype(np.uint8)
    kept = cv2.LUT(repeated(_flakes_tile(paper.dpi), paper, rng), table)
    cv2.multiply(paper.pixels, kept, paper.pixels, scale=1 / 255)


@lru_cache(maxsize=4)
def _flakes_tile(dpi: float) -> Pixels:
    """Noise that changes over 0.05 to 0.3 mm, and a little over some millimetres."""
    return even_noise(21, ((0.07, 1.0), (0.2, 0.8), (2.5, 0.5)), dpi)


def even_noise(seed: int, spreads_mm: tuple[tuple[float, float], ...], dpi: float) -> Pixels:
    """A square tile of smooth noise, each of its values 0 to 255 as often as the others; it can be repeated
    without a seam.

    `spreads_mm` holds the size of each grain and its weight.
    """
    rng = np.random.default_rng(seed)
    mixed = np.zeros((_TILE, _TILE), np.float32)
    for spread_mm, weight in spreads_mm:
        spread = max(0.3, spread_mm * dpi / MM_PER_INCH)
        smaller = max(1, int(spread // 4))
        side = _TILE // smaller
        border = 4 * max(1, round(spread / smaller)) + 4
        raw = np.pad(rng.standard_normal((side, side), dtype=np.float32), border, "wrap")
        grain = cv2.GaussianBlur(raw, (0, 0), spread / smaller)[border:-border, border:-border]
        mixed += weight * cv2.resize(grain / grain.std(), (_TILE, _TILE), interpolation=cv2.INTER_LINEAR)
    limits = np.quantile(mixed[::4, ::4], np.arange(1, 256) / 256)
    # By a table over 4096 steps: to sort four million values would take most of a second.
    steps = np.linspace(limits[0], limits[-1], 4096)
    table = np.searchsorted(limits, steps, side="right").astype(np.uint8)
    index = (mixed - steps[0]) * (4095 / (steps[-1] - steps[0]))
    return np.asarray(table[np.clip(index, 0, 4095).astype(np.int16)])


def repeated(tile: Pixels, paper: Paper, rng: Generator) -> Pixels:
    """The tile over all of the paper's pixels, from a random place on."""
    height, width = paper.pixels.shape[:2]
    rows, columns = (
        (np.arange(count) + rng.integers(side)) % side
        for count, side in zip((height, width), tile.shape, strict=True)
    )
    return np.asarray(np.take(np.take(tile, rows, axis=0), columns, axis=1))
