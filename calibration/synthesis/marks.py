"""The marks that people put on an answer line to say one place.

A mark's strokes are in mm on the printed paper: x from the left end of the printed line, y down
from its axis. The truth is set first and the strokes are moved until they say exactly that, by
the rule for their kind: a stroke's crossing, an X's intersection, a spot's centre, a tick's lowest point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from calibration.synthesis.hands import Hand, drawn
from calibration.synthesis.ink import ink_centre_mm
from calibration.synthesis.pens import Pen
from calibration.synthesis.strokes import (
    Floats,
    Stroke,
    all_moved,
    meeting_point,
    ring,
    smooth,
    spiral,
    straight,
)
from calibration.truth import DrawnKind, Expected

Strokes = tuple[Stroke, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """What one hand did on one line."""

    kind: DrawnKind
    strokes: Strokes
    position_mm: float | None
    """What was meant, 0 to 100, as if the line were 100 mm long."""
    expected: Expected


@dataclass(frozen=True, slots=True)
class Writer:
    """Who draws with what on a line of which length."""

    hand: Hand
    pen: Pen
    line_mm: float
    """Length of the line as it stands on this paper."""
    rng: Generator

    def reach_mm(self) -> float:
        """How far this mark goes from the line, on one side."""
        return float(np.clip(self.rng.normal(self.hand.reach_mm, 0.25 * self.hand.reach_mm), 1.3, 9.0))

    def slant_deg(self, low: float = -15.0, high: float = 15.0) -> float:
        return float(np.clip(self.rng.normal(self.hand.slant_deg, self.hand.slant_spread_deg), low, high))

    def draw(self, path: Floats, *, hooks: bool = False) -> Stroke:
        return drawn(path, self.hand, self.rng, hooks=hooks)


def upright_path(writer: Writer, slant_deg: float, above_mm: float, below_mm: float) -> Floats:
    """From above to below the line (some people draw upwards), crossing it near x = 0."""
    lean = np.tan(np.radians(slant_deg))
    length = (above_mm + below_mm) * float(np.hypot(1, lean))
    bow = writer.hand.bow * length * writer.rng.normal()
    path = straight((above_mm * lean, -above_mm), (-below_mm * lean, below_mm), bow)
    return path[::-1] if writer.rng.random() < 0.1 else path


def stroke(writer: Writer, at_mm: float, slant_deg: float | None = None) -> Strokes:
    """One stroke across the line; its axis crosses the line at `at_mm`."""
    lean = writer.slant_deg() if slant_deg is None else slant_deg
    line = writer.draw(upright_path(writer, lean, writer.reach_mm(), writer.reach_mm()), hooks=True)
    return (line.moved(at_mm - float(np.mean(line.crossings_mm()))),)


def slanted(writer: Writer, at_mm: float) -> Strokes:
    """One stroke that leans 16 to 45 degrees, mostly like a slash."""
    lean = writer.rng.uniform(16, 45) * (1 if writer.rng.random() < 0.75 else -1)
    return stroke(writer, at_mm, lean)


def cross(writer: Writer, at_mm: float) -> Strokes:
    """An X; its intersection lies at `at_mm` and within 1.2 mm of the line."""
    rng = writer.rng
    size = float(np.clip(rng.normal(0.75, 0.2) * writer.hand.reach_mm, 1.2, 4.5))
    arms = []
    for sign in (1, -1):
        above, below = size * rng.uniform(0.8, 1.3, 2)
        arms.append(writer.draw(upright_path(writer, sign * rng.uniform(32, 55), above, below)))
    second = arms[1].moved(rng.normal(0, 0.08 * size), rng.normal(0, 0.08 * size))
    x_mm, y_mm = meeting_point(arms[0], second)
    level = float(np.clip(rng.normal(0, 0.45), -1.2, 1.2))
    return all_moved((arms[0], second), at_mm - x_mm, level - y_mm)


def dot(writer: Writer, at_mm: float) -> Strokes:
    """A small pressed point on the line, 0.9 to 1.8 mm wide with an ordinary pen."""
    rng = writer.rng
    radius = max(0.06, rng.uniform(0.45, 0.9) - writer.pen.width_mm / 2)
    path = spiral((radius, radius * rng.uniform(0.8, 1.25)), 0.7 * writer.pen.width_mm, rng.uniform(0, 360))
    return _centred(writer, (writer.draw(path).moved(0, rng.normal(0, 0.15)),), at_mm)


def blob(writer: Writer, at_mm: float) -> Strokes:
    """A spot filled in going round, up to 4 mm wide."""
    rng = writer.rng
    room = 2.0 - writer.pen.width_mm / 2
    radii = (min(rng.uniform(0.7, 1.7), 0.9 * room), rng.uniform(0.8, 2.0))
    path = spiral(radii, 0.6 * writer.pen.width_mm, rng.uniform(0, 360))
    return _centred(writer, (writer.draw(path).moved(0, rng.normal(0, 0.3)),), at_mm)


def gone_over(writer: Writer, at_mm: float) -> Strokes:
    """A stroke drawn up and down three to seven times without lifting the pen, up to 4 mm wide."""
    rng = writer.rng
    passes = int(rng.integers(3, 8))
    half_width = min(rng.uniform(0.08, 1.3), 1.75 - writer.pen.width_mm / 2)
    lean = np.tan(np.radians(writer.slant_deg()))
    above, below = writer.reach_mm(), writer.reach_mm()
    corners = []
    for turn in range(passes + 1):
        height = -above * rng.uniform(0.8, 1.1) if turn % 2 == 0 else below * rng.uniform(0.8, 1.1)
        aside = rng.uniform(-half_width, half_width)
        corners.append((aside - height * lean, height))
    bow = 0.02 * (above + below)
    pieces = [straight(a, b, bow * rng.normal()) for a, b in pairwise(corners)]
    return _centred(writer, (writer.draw(np.concatenate(pieces)),), at_mm)


def circle(writer: Writer, at_mm: float) -> Strokes:
    """A ring round the point, not always closed; the middle of its area lies at `at_mm`."""
    rng = writer.rng
    radius = rng.uniform(0.9, 2.0) + writer.pen.width_mm / 2
    path = ring(
        (radius, radius * rng.uniform(0.85, 1.2)),
        start_deg=rng.uniform(-140, -40),
        sweep_deg=-rng.uniform(335, 400),
        drift=rng.normal(0, 0.08),
    )
    loop = writer.draw(path)
    x_mm, y_mm = _middle_of_area(loop.points_mm)
    return (loop.moved(at_mm - x_mm, float(rng.normal(0, 0.25)) - y_mm),)


def tick(writer: Writer, at_mm: float) -> Strokes:
    """A check mark; its lowest point lies at `at_mm`, on the line or a little below it."""
    rng = writer.rng
    size = writer.hand.reach_mm * rng.uniform(0.8, 1.3)
    controls = [
        (-rng.uniform(0.35, 0.6) * size, -rng.uniform(0.4, 0.75) * size),
        (-0.12 * size, -0.12 * size),
        (0.0, 0.0),
        (0.16 * size, -0.2 * size),
        (rng.uniform(0.7, 1.1) * size, -rng.uniform(1.1, 1.6) * size),
    ]
    line = writer.draw(smooth(controls))
    x_mm, y_mm = line.points_mm[int(np.argmax(line.points_mm[:, 1]))]
    return (line.moved(at_mm - float(x_mm), rng.uniform(-0.1, 1.4) - float(y_mm)),)


def _centred(writer: Writer, strokes: Strokes, at_mm: float) -> Strokes:
    """Move a thick mark until the middle of its ink near the line lies at `at_mm`."""
    return all_moved(strokes, at_mm - ink_centre_mm(strokes, writer.pen, half_band_mm=1.5))


def _middle_of_area(points_mm: Floats) -> tuple[float, float]:
    """Centroid of the area inside a closed path (the shoelace formula), in mm."""
    x, y = points_mm[:, 0], points_mm[:, 1]
    pieces = x * np.roll(y, -1) - np.roll(x, -1) * y
    area = pieces.sum() / 2
    return (
        float(((x + np.roll(x, -1)) * pieces).sum() / (6 * area)),
        float(((y + np.roll(y, -1)) * pieces).sum() / (6 * area)),
    )


ONE_PLACE: dict[DrawnKind, Callable[[Writer, float], Strokes]] = {
    DrawnKind.STROKE: stroke,
    DrawnKind.SLANTED: slanted,
    DrawnKind.CROSS: cross,
    DrawnKind.DOT: dot,
    DrawnKind.BLOB: blob,
    DrawnKind.GONE_OVER: gone_over,
    DrawnKind.CIRCLE: circle,
    DrawnKind.TICK: tick,
}
"""Kinds that say one place, and how they are drawn there."""

UNMISTAKABLE = frozenset(ONE_PLACE) - {DrawnKind.CIRCLE, DrawnKind.TICK}
"""Kinds that a careful person takes without a second look."""


def one_place(kind: DrawnKind, writer: Writer, position_mm: float) -> Mark:
    """A mark that says `position_mm`, 0 to 100 along the line as if it were 100 mm long."""
    strokes = ONE_PLACE[kind](writer, position_mm / 100 * writer.line_mm)
    expected = Expected.ACCEPT if kind in UNMISTAKABLE else Expected.EITHER
    return Mark(kind, strokes, position_mm, expected)
