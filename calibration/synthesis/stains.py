"""What is spilt and falls on a sheet: coffee, water and grease, crumbs and toner dust.

Everything changes the paper in place. Places are mm on the sheet.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.ink import GREY_WEIGHTS
from calibration.synthesis.paper import Paper, Window, window_round

Field = NDArray[np.float32]
Colour = tuple[float, float, float]

_COFFEE = (0.72, 0.58, 0.40)
"""Share of red, green and blue light that a strong coffee edge lets through."""
_SPILT: tuple[Colour, ...] = (_COFFEE, (0.86, 0.84, 0.78), (0.80, 0.62, 0.66), (0.78, 0.78, 0.76))
"""Coffee, grease, berry juice, dirty water."""
_PER_MM = 6.0
"""Stains have no sharp edges: six points a millimetre hold all of them."""


def coffee_ring(paper: Paper, rng: Generator, centre_mm: tuple[float, float] | None = None) -> None:
    """Set a wet cup on the sheet: a ring 60 to 80 mm across, dark at its rim and broken in places."""
    width, height = paper.size_mm
    x, y = centre_mm or (rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height)
    radius = rng.uniform(30, 40)
    noises = [_round_noise(rng), _round_noise(rng)]
    window = _window_about(paper, (x, y), radius + 6)
    if window is None:
        return
    distance, angle = _polar(window, (x, y))
    from_rim = distance - radius - 0.6 * _around(angle, noises[0])
    wet = np.clip(0.65 + 0.55 * _around(angle, noises[1]), 0.0, 1.0)
    # Drying coffee gathers at its edges: a fine dark line outside, a weaker one where the cup stood.
    rim = np.exp(-((from_rim / 0.45) ** 2)) + 0.4 * np.exp(-(((from_rim + 2.4) / 0.6) ** 2))
    rim = wet * (rim + 0.25 * np.exp(-(((from_rim + 1.2) / 1.2) ** 2)))
    inside = 0.10 * np.clip(wet - 0.2, 0, 1) * np.exp(np.minimum(from_rim, 0) / 6) * (from_rim < 0)
    _stain(paper, window, np.clip(rim + inside, 0.0, 1.2), _COFFEE)


def stain(paper: Paper, rng: Generator, centre_mm: tuple[float, float] | None = None) -> None:
    """Spill a few drops: patches 2 to 18 mm across, flat inside and darker at their rims."""
    width, height = paper.size_mm
    x, y = centre_mm or (rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height)
    colour = _SPILT[rng.integers(len(_SPILT))]
    for drop in range(int(rng.integers(1, 5))):
        radius = rng.uniform(2, 9) if drop == 0 else rng.uniform(0.4, 3)
        place = (x, y) if drop == 0 else (x + rng.normal(0, 12), y + rng.normal(0, 12))
        noise, strength = _round_noise(rng), rng.uniform(0.25, 0.9)
        window = _window_about(paper, place, 1.6 * radius + 3)
        if window is None:
            continue
        distance, angle = _polar(window, place)
        inward = radius * (1 + 0.12 * _around(angle, noise)) - distance
        soft = rng.uniform(0.15, 0.6)
        flat = 0.4 / (1 + np.exp(np.clip(-inward / soft * 3, -30, 30)))
        rim = np.exp(-((inward / (0.5 + soft)) ** 2)) * 0.6
        _stain(paper, window, np.asarray(strength * (flat + rim)), colour)


def specks(paper: Paper, rng: Generator, count: int | None = None, largest_mm: float = 0.4) -> None:
    """Scatter dark specks from 0.05 to `largest_mm` across; most are small."""
    count = int(rng.integers(20, 120)) if count is None else count
    places = rng.uniform((0, 0), paper.size_mm, (count, 2))
    pixels = places * paper.px_per_mm - paper.corner_px
    seen = np.all((pixels > -100) & (pixels < np.array(paper.pixels.shape[1::-1]) + 100), axis=1)
    for x, y in places[seen]:
        speck(paper, rng, (float(x), float(y)), largest_mm)


def speck(paper: Paper, rng: Generator, centre_mm: tuple[float, float], largest_mm: float) -> None:
    """One dark speck, round or a little longer than wide."""
    radius_px = (0.025 + (largest_mm / 2 - 0.025) * rng.random() ** 3) * paper.px_per_mm
    x, y = paper.to_px(centre_mm)
    pixel = (round((x - 0.5) * 16), round((y - 0.5) * 16))
    size = (max(4, round(radius_px * 16)), max(4, round(rng.uniform(0.5, 1.0) * radius_px * 16)))
    grey = float(rng.uniform(30, 150))
    turn = int(rng.integers(0, 180))
    cv2.ellipse(paper.pixels, pixel, size, turn, 0, 360, (grey, grey, grey), -1, cv2.LINE_AA, 4)


def _window_about(paper: Paper, centre_mm: tuple[float, float], reach_mm: float) -> Window | None:
    centre = np.array(centre_mm)
    return window_round(paper, centre - reach_mm, centre + reach_mm, paper.dpi)


def _polar(window: Window, centre_mm: tuple[float, float]) -> tuple[Field, Field]:
    """Distance from a centre in mm, and direction, over a window."""
    x, y = window.grid_mm(_PER_MM)
    across, down = np.broadcast_arrays(x - np.float32(centre_mm[0]), y - np.float32(centre_mm[1]))
    return np.asarray(np.hypot(across, down)), np.asarray(np.arctan2(down, across))


def _stain(paper: Paper, window: Window, amount: NDArray[np.floating], colour: Colour) -> None:
    """Take away light by `amount`, which covers `window` at any resolution."""
    part = window.of(paper.pixels)
    fine = cv2.resize(
        amount.astype(np.float32), (window.width_px, window.height_px), interpolation=cv2.INTER_CUBIC
    )
    through = colour if paper.in_colour else [float(np.array(colour) @ GREY_WEIGHTS)]
    light = np.stack([cv2.exp(fine * float(np.log(share))) for share in through], axis=2)
    part[...] = np.rint(np.minimum(255, part * (light if paper.in_colour else light[..., 0])))


def _round_noise(rng: Generator) -> NDArray[np.float32]:
    """Smooth noise of about unit size over 721 directions, without a seam."""
    waves = np.arange(1, 8)
    strength = rng.normal(size=waves.size) / np.sqrt(waves)
    phase = rng.uniform(0, 2 * np.pi, waves.size)
    table = np.linspace(-np.pi, np.pi, 721)
    values = (strength[:, None] * np.sin(waves[:, None] * table + phase[:, None])).sum(axis=0)
    return np.asarray(values, np.float32)


def _around(angle: Field, noise: NDArray[np.float32]) -> Field:
    index = np.rint((angle + np.pi) * (720 / (2 * np.pi))).astype(np.intp)
    return np.asarray(noise[index])
