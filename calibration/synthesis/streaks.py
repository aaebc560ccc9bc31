"""Streaks along the feed: dust on the glass, or cells of the sensor that are out of tune."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from calibration.synthesis.ink import GREY_WEIGHTS
from calibration.synthesis.paper import Pixels
from calibration.synthesis.passage import Part

_DRIFT_OVER_MM = 297.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """A line along the feed."""

    at_mm: float
    """From the left edge of the sensor's frame."""
    width_mm: float
    strength: float
    """Share of the light that is lost; below 0 the share of the missing light that is added."""
    from_mm: float = 0.0
    to_mm: float = 1000.0
    """Where along the feed it begins and ends."""
    drift_mm: float = 0.0
    """How far right it has moved after 297 mm."""
    colour: tuple[float, float, float] | None = None
    """Share of `strength` that red, green and blue lose: sensors have a row of cells for each. All alike
    when None. In grey their weighted mean counts."""

    def drifted_mm(self, y_mm: float) -> float:
        """How far right it has moved at a level of the sensor's frame."""
        return self.drift_mm * y_mm / _DRIFT_OVER_MM


def draw_streak(pixels: Pixels, streak: Streak, part: Part, px_per_mm: float, rng: Generator) -> None:
    """Darken or lighten a few columns of a part of the sensor's frame, in place.

    The edges are soft and the strength breathes a little along the whole way.
    """
    height, width = pixels.shape[:2]
    top, bottom = (
        int(np.clip(at * px_per_mm - part.top_px, 0, height)) for at in (streak.from_mm, streak.to_mm)
    )
    breath_knots = rng.normal(1.0, 0.12, 24)
    y_mm = (part.top_px + np.arange(top, bottom) + 0.5) / px_per_mm
    centre = (streak.at_mm + streak.drift_mm * y_mm / _DRIFT_OVER_MM) * px_per_mm - 0.5 - part.left_px
    half = streak.width_mm * px_per_mm / 2
    if top >= bottom:
        return
    first, last = max(0, int(centre.min() - half - 1)), min(width, int(centre.max() + half + 3))
    if first >= last:
        return
    cover = np.clip(half + 0.5 - np.abs(np.arange(first, last) - centre[:, None]), 0, min(1.0, 2 * half))
    breath = np.clip(np.interp(y_mm, np.linspace(0, 300, 24), breath_knots), 0, 1.3)
    change = np.clip(abs(streak.strength) * breath[:, None] * cover, 0, 1)
    shares = np.array(streak.colour or (1.0, 1.0, 1.0))
    view = pixels[top:bottom, first:last]
    target = 0.0 if streak.strength > 0 else 255.0
    change = change[..., None] * shares if pixels.ndim == 3 else change * float(shares @ GREY_WEIGHTS)
    view[...] = np.rint(view + (target - view) * change)


def some_streak(rng: Generator) -> Streak:
    """A streak down the whole page somewhere across it; one in four is light."""
    strength = rng.uniform(0.25, 0.8) * (1 if rng.random() < 0.75 else -1)
    return Streak(at_mm=rng.uniform(20, 190), width_mm=rng.uniform(0.08, 0.4), strength=strength)


def any_streak(rng: Generator) -> Streak:
    """A streak of any kind: faint or black, white, coloured, over a part of the page, drifting."""
    strength = rng.uniform(0.06, 0.95) if rng.random() < 0.75 else -rng.uniform(0.3, 1.0)
    streak = replace(some_streak(rng), strength=strength, width_mm=rng.uniform(0.06, 0.8) ** 1.5 + 0.05)
    if rng.random() < 0.4:
        first = rng.uniform(0, 240)
        streak = replace(streak, from_mm=first, to_mm=first + rng.uniform(8, 150))
    if rng.random() < 0.3:
        streak = replace(streak, drift_mm=rng.normal(0, 1.5))
    if rng.random() < 0.3:
        shares = rng.permutation([1.0, rng.uniform(0, 1), rng.uniform(0, 0.3)])
        streak = replace(streak, colour=(float(shares[0]), float(shares[1]), float(shares[2])))
    return streak
