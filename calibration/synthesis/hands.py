"""Hands: how steadily, how hard and how large a person draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from calibration.synthesis.strokes import STEP_MM, Floats, Stroke, resampled, trembled

LONG_TRAIL_FROM_MM = 2.2
"""Further from the line than this, a trailing bit can be long without making a stroke a tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """One person's way of making marks."""

    reach_mm: float
    """How far a mark usually goes above, and below, the line."""
    slant_deg: float
    """Usual lean of an upright stroke; positive leans right at the top."""
    slant_spread_deg: float
    tremor_mm: float
    """Root mean square unsteadiness."""
    bow: float
    """Usual swing of a straight stroke, as a share of its length."""
    pressure: float
    """1 is ordinary."""
    hook_share: float
    """How often the pen leaves a little hook where it comes down or lifts."""


def adult(rng: Generator) -> Hand:
    """A quick and practised hand."""
    return Hand(
        reach_mm=rng.uniform(2.2, 5.0),
        slant_deg=rng.normal(3.0, 5.0),
        slant_spread_deg=3.5,
        tremor_mm=rng.uniform(0.005, 0.03),
        bow=rng.uniform(0.0, 0.03),
        pressure=rng.uniform(0.75, 1.15),
        hook_share=rng.uniform(0.0, 0.35),
    )


def child(rng: Generator) -> Hand:
    """Large, hard-pressed marks of a hand that is still learning."""
    return Hand(
        reach_mm=rng.uniform(3.0, 6.5),
        slant_deg=rng.normal(0.0, 6.0),
        slant_spread_deg=6.0,
        tremor_mm=rng.uniform(0.03, 0.09),
        bow=rng.uniform(0.02, 0.06),
        pressure=rng.uniform(0.9, 1.35),
        hook_share=rng.uniform(0.1, 0.4),
    )


def elder(rng: Generator) -> Hand:
    """A careful hand that trembles and presses lightly."""
    return Hand(
        reach_mm=rng.uniform(2.0, 4.5),
        slant_deg=rng.normal(4.0, 6.0),
        slant_spread_deg=5.0,
        tremor_mm=rng.uniform(0.06, 0.16),
        bow=rng.uniform(0.01, 0.04),
        pressure=rng.uniform(0.55, 0.95),
        hook_share=rng.uniform(0.1, 0.3),
    )


def some_hand(rng: Generator) -> Hand:
    """Somebody who comes to a family service."""
    person = (adult, child, elder)[rng.choice(3, p=[0.66, 0.24, 0.10])]
    return person(rng)


def drawn(path: Floats, hand: Hand, rng: Generator, *, hooks: bool = False) -> Stroke:
    """The stroke that `hand` makes when it means to follow `path`, shape (n, 2), in mm.

    With `hooks` the pen may trail a little at its ends, as it does on free strokes.
    """
    points = resampled(path)
    if hooks:
        points = _hooked(points, hand, rng)
    return Stroke(trembled(points, hand.tremor_mm, rng), _pressure(len(points), hand, rng))


def _hooked(points: Floats, hand: Hand, rng: Generator) -> Floats:
    """The path with a trailing bit at either end, when the hand happens to leave one."""
    parts = [points]
    for end, inner in ((0, 5), (-1, -6)):
        if len(points) > 12 and rng.random() < hand.hook_share:
            along = points[end] - points[inner]
            piece = points[end] + _trail(along / np.hypot(*along), abs(float(points[end, 1])), rng)
            parts = [piece[::-1], *parts] if end == 0 else [*parts, piece]
    return np.concatenate(parts)


def _trail(along: Floats, away_mm: float, rng: Generator) -> Floats:
    """What the pen leaves on its way up or down, from the origin on: mostly tiny; where the stroke ends well
    `away_mm` from the line it may be as long as the flag of a figure, and turn twice."""
    long = away_mm > LONG_TRAIL_FROM_MM and rng.random() < 0.4
    length = rng.uniform(0.6, min(1.9, 0.5 * away_mm)) if long else rng.uniform(0.25, 0.7)
    first, side = np.radians(rng.uniform(40, 155)), rng.choice((-1, 1))
    second = first + np.radians(rng.uniform(0, 60))
    middle = _turned(along, side * first) * length * rng.uniform(0.3, 0.7)
    tip = middle + _turned(along, side * second) * (length - float(np.hypot(*middle)))
    return resampled(np.stack([np.zeros(2), middle, tip]))[1:]


def _turned(direction: Floats, angle: float) -> Floats:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]]) @ direction


def _pressure(count: int, hand: Hand, rng: Generator) -> Floats:
    """Pressure at every point: the pen comes down, drifts a little, and lifts towards the end."""
    at_mm = np.arange(count) * STEP_MM
    left_mm = at_mm[-1] - at_mm
    landing = np.clip(0.6 + at_mm / rng.uniform(0.3, 0.8), 0.0, 1.0)
    lifting = np.clip(rng.uniform(0.3, 0.9) + left_mm / rng.uniform(0.4, 2.0), 0.0, 1.0)
    knots = rng.normal(0.0, 0.07, count // 20 + 2)
    drift = np.interp(np.arange(count) / 20, np.arange(len(knots)), knots)
    own = hand.pressure * rng.normal(1.0, 0.06)
    return np.asarray(np.clip(own * landing * lifting * (1 + drift), 0.12, 1.6))
