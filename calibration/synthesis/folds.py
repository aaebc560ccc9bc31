"""Folds: a crease, the paper's slopes beside it, and toner that cracked off. In place, in mm of the sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.paper import Paper, Pixels, Window, window_round

_COARSE_PER_MM = 6.0
"""The slopes beside a crease change slowly."""
_CRACKED_MM = 0.15
"""Furthest from a sharp crease that toner comes off."""


def fold(
    paper: Paper, rng: Generator, level_mm: float | None = None, *, upright: bool = False, tilt: float = 0.01
) -> None:
    """Fold the sheet and flatten it: across at `level_mm`, or `upright`, from head to foot, at that x.

    Sharp folds are a fine dark crease with toner cracked off; soft ones only shade the paper, up to
    some 15 mm to both sides. `tilt` is the standard deviation of the crease's slope.
    """
    width, height = paper.size_mm
    along, across = (height, width) if upright else (width, height)
    level = level_mm if level_mm is not None else rng.uniform(0.3, 0.7) * across
    slope = rng.normal(0, tilt)
    sharp = rng.random() < 0.6
    reach = rng.uniform(1.5, 5.0)
    depth = rng.uniform(0.06, 0.22) if sharp else rng.uniform(0.0, 0.08)
    half = rng.uniform(0.08, 0.18) if sharp else rng.uniform(0.25, 0.9)
    dark, light = rng.uniform(0.03, 0.12), rng.uniform(0.0, 0.03)
    side = rng.choice((-1, 1))
    part = _Strip(level, slope, upright, along)
    for window, distance in part.views(paper, 4 * reach, _COARSE_PER_MM):
        slopes = np.exp(-np.abs(distance) / reach) * np.where(distance * side > 0, dark, -light)
        _shade(paper, window, 1 - slopes)
    for window, distance in part.views(paper, 3 * half + 0.3, None):
        if sharp:
            _crack(window.of(paper.pixels), distance, rng)
        _shade(paper, window, 1 - depth * np.exp(-((distance / half) ** 2)))


@dataclass(frozen=True, slots=True)
class _Strip:
    """A strip of the sheet about a crease."""

    level_mm: float
    slope: float
    upright: bool
    along_mm: float

    def views(
        self, paper: Paper, reach_mm: float, per_mm: float | None
    ) -> Iterator[tuple[Window, NDArray[np.float32]]]:
        """The strip's window, when the paper shows any of it, and how far from the crease its places are."""
        margin = reach_mm + abs(self.slope) * self.along_mm / 2
        low, high = np.array([0.0, self.level_mm - margin]), np.array([self.along_mm, self.level_mm + margin])
        if self.upright:
            low, high = low[::-1], high[::-1]
        window = window_round(paper, low, high, paper.dpi)
        if window is not None:
            x, y = window.grid_mm(per_mm)
            across, along = (x, y) if self.upright else (y, x)
            tilted = np.float32(self.slope) * (along - np.float32(self.along_mm / 2))
            yield window, np.asarray(across - np.float32(self.level_mm) - tilted)


def _shade(paper: Paper, window: Window, light: NDArray[np.floating]) -> None:
    """Multiply a window by `light`, which covers it at any resolution."""
    part = window.of(paper.pixels)
    size = (window.width_px, window.height_px)
    byte = np.rint(np.clip(light * 220, 0, 255)).astype(np.uint8)
    fine = np.asarray(cv2.resize(byte, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    if paper.in_colour:
        fine = np.asarray(cv2.cvtColor(fine, cv2.COLOR_GRAY2RGB), np.uint8)
    part[...] = cv2.multiply(part, fine, scale=1 / 220)


def _crack(part: Pixels, distance: NDArray[np.float32], rng: Generator) -> None:
    """Take toner off along a sharp crease, in place."""
    near = np.abs(distance) < _CRACKED_MM + 0.02
    lost = np.zeros(near.shape, bool)
    lost[near] = np.abs(distance[near]) < _CRACKED_MM * rng.random(int(near.sum())) + 0.02
    part[lost] = np.maximum(part[lost], 190)
