"""The path of a pen tip on paper, in millimetres, before there is any ink.

Places are relative to the point of the answer line that is meant: x along the line to the
right, y down, so that y = 0 is the axis of the printed line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from calibration.synthesis.pens import Pen

Floats = NDArray[np.float64]

NO_INK_PRESSURE = 0.02

STEP_MM = 0.1
"""Distance between the points of a path: finer than any pen's tip."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """From pen down to pen up."""

    points_mm: Floats
    """Shape (n, 2), n at least 2: x and y of the middle of the tip."""
    pressure: Floats
    """Shape (n,): under `NO_INK_PRESSURE` the tip leaves nothing, 1 is ordinary writing."""
    pen: Pen | None = None
    """The pen, where it is not the one in hand: an eraser's smear, a correction with another pen."""
    ink: float = 1.0
    """Share of its ink that is left on the paper: under 1 when it was rubbed out."""

    def moved(self, x_mm: float, y_mm: float = 0.0) -> Stroke:
        """The same stroke, `x_mm` further right and `y_mm` further down."""
        return replace(self, points_mm=self.points_mm + np.array([x_mm, y_mm]))

    def crossings_mm(self, y_mm: float = 0.0) -> Floats:
        """Where along x the middle of the stroke crosses the level `y_mm`, in the order drawn."""
        x, y = self.points_mm[:, 0], self.points_mm[:, 1] - y_mm
        before = np.flatnonzero((y[:-1] < 0) != (y[1:] < 0))
        share = y[before] / (y[before] - y[before + 1])
        return np.asarray(x[before] + share * (x[before + 1] - x[before]))

    @property
    def length_mm(self) -> float:
        return float(np.hypot(*np.diff(self.points_mm, axis=0).T).sum())


def resampled(points: ArrayLike, step_mm: float = STEP_MM) -> Floats:
    """The same path, shape (m, 2), with points about `step_mm` apart and both ends kept."""
    corners = np.asarray(points, dtype=np.float64)
    lengths = np.hypot(*np.diff(corners, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(lengths)))
    count = max(2, round(float(along[-1]) / step_mm) + 1)
    places = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(places, along, corners[:, axis]) for axis in (0, 1)], axis=1)


def straight(start: ArrayLike, end: ArrayLike, bow_mm: float = 0.0) -> Floats:
    """A path from `start` to `end` that swings out by `bow_mm` to its left in the middle."""
    first, last = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    length = float(np.hypot(*(last - first)))
    share = np.linspace(0.0, 1.0, max(2, round(length / STEP_MM) + 1))[:, None]
    aside = np.array([last[1] - first[1], first[0] - last[0]]) / max(length, 1e-9)
    return np.asarray(first + share * (last - first) + 4 * bow_mm * share * (1 - share) * aside)


def smooth(controls: ArrayLike) -> Floats:
    """A rounded path through `controls`, shape (n, 2): a uniform Catmull-Rom spline, its end points
    doubled (E. Catmull and R. Rom, A class of local interpolating splines, 1974)."""
    knots = np.asarray(controls, dtype=np.float64)
    padded = np.concatenate((knots[:1], knots, knots[-1:]))
    before, here, there, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    share = np.linspace(0.0, 1.0, 16, endpoint=False)[None, :, None]
    before, here, there, after = (part[:, None, :] for part in (before, here, there, after))
    curve = 0.5 * (
        2 * here
        + (there - before) * share
        + (2 * before - 5 * here + 4 * there - after) * share**2
        + (3 * here - before - 3 * there + after) * share**3
    )
    return resampled(np.concatenate((curve.reshape(-1, 2), knots[-1:])))


def ring(radii_mm: tuple[float, float], start_deg: float, sweep_deg: float, drift: float = 0.0) -> Floats:
    """An ellipse about the origin, drawn through `sweep_deg`; its radius grows by the share `drift` on
    the way, so that the end need not meet the start."""
    steps = max(24, round(max(radii_mm) * abs(np.radians(sweep_deg)) / STEP_MM))
    angle = np.radians(start_deg + sweep_deg * np.linspace(0.0, 1.0, steps))
    growth = 1 + drift * np.linspace(-0.5, 0.5, steps)
    return np.stack([radii_mm[0] * growth * np.cos(angle), radii_mm[1] * growth * np.sin(angle)], axis=1)


def spiral(radii_mm: tuple[float, float], gap_mm: float, start_deg: float) -> Floats:
    """A path from the origin outwards that fills an ellipse with turns `gap_mm` apart."""
    turns = max(1.0, max(radii_mm) / gap_mm)
    steps = max(24, round(np.pi * max(radii_mm) * turns / STEP_MM))
    # The last turn stays at the rim, so that the filled spot is round and not open on one side.
    share = np.minimum(1.0, np.linspace(0.0, 1.0 + 1.0 / turns, steps) ** 0.6)
    angle = np.radians(start_deg) + 2 * np.pi * (turns + 1) * np.linspace(0.0, 1.0, steps)
    return np.stack([radii_mm[0] * share * np.cos(angle), radii_mm[1] * share * np.sin(angle)], axis=1)


def trembled(path: Floats, tremor_mm: float, rng: Generator) -> Floats:
    """The path as an unsteady hand draws it: pushed aside by waves 1.5 to 9 mm long.

    `tremor_mm` is the root mean square of the push, which has no preferred direction.
    """
    if tremor_mm <= 0:
        return path
    steps = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(steps)))[:, None]
    waves = 5
    pushed = path.copy()
    for axis in (0, 1):
        length = rng.uniform(1.5, 9.0, waves)
        phase = rng.uniform(0.0, 2 * np.pi, waves)
        strength = rng.normal(0.0, tremor_mm / np.sqrt(waves / 2), waves)
        pushed[:, axis] += (strength * np.sin(2 * np.pi * along / length + phase)).sum(axis=1)
    return pushed


def meeting_point(first: Stroke, second: Stroke) -> tuple[float, float]:
    """Where two strokes cross, in mm: x and y. Raises ValueError when they run side by side there."""
    distance = np.hypot(*np.moveaxis(first.points_mm[:, None, :] - second.points_mm[None, :, :], -1, 0))
    one, other = np.unravel_index(int(np.argmin(distance)), distance.shape)
    here, along = _tangent(first, int(one))
    there, across = _tangent(second, int(other))
    directions = np.stack([along, -across], axis=1)
    if abs(np.linalg.det(directions)) < 0.01:
        raise ValueError("the strokes run side by side; they have no one crossing")
    crossing = here + np.linalg.solve(directions, there - here)[0] * along
    return float(crossing[0]), float(crossing[1])


def _tangent(stroke: Stroke, index: int) -> tuple[Floats, Floats]:
    """A point of the stroke and the unit vector along the stroke there."""
    last = len(stroke.points_mm) - 1
    step = stroke.points_mm[min(index + 1, last)] - stroke.points_mm[max(index - 1, 0)]
    return stroke.points_mm[index], step / np.hypot(*step)


def all_moved(strokes: Sequence[Stroke], x_mm: float, y_mm: float = 0.0) -> tuple[Stroke, ...]:
    """Every stroke moved alike."""
    return tuple(stroke.moved(x_mm, y_mm) for stroke in strokes)
