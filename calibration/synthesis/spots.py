"""Marks that are a spot of the line: a dot, a filled blob, a ring."""

from __future__ import annotations

import numpy as np

from calibration.synthesis.marks import Mark, Strokes, Writer, centred
from calibration.synthesis.strokes import Floats, ring, spiral
from calibration.truth import DrawnKind, Expected

_PLAIN_RING_MM = 2.6
"""A ring of a larger radius holds too much of the line to mean one place."""


def dot(writer: Writer, at_mm: float) -> Strokes:
    """A small pressed point on the line, 0.9 to 1.8 mm wide with an ordinary pen."""
    rng = writer.rng
    radius = max(0.06, rng.uniform(0.45, 0.9) - writer.pen.width_mm / 2)
    path = spiral((radius, radius * rng.uniform(0.8, 1.25)), 0.7 * writer.pen.width_mm, rng.uniform(0, 360))
    level = float(np.clip(rng.normal(0, 0.2), -0.6, 0.6) * (radius + writer.pen.width_mm / 2))
    return centred(writer, (writer.draw(path).moved(0, level),), at_mm)


def blob(writer: Writer, at_mm: float) -> Strokes:
    """A spot filled in going round, up to 4 mm wide."""
    rng = writer.rng
    room = 2.0 - writer.pen.width_mm / 2
    radii = (min(rng.uniform(0.7, 1.7), 0.9 * room), rng.uniform(0.8, 2.0))
    path = spiral(radii, 0.6 * writer.pen.width_mm, rng.uniform(0, 360))
    level = float(np.clip(rng.normal(0, 0.25), -0.6, 0.6) * (radii[1] + writer.pen.width_mm / 2))
    return centred(writer, (writer.draw(path).moved(0, level),), at_mm)


def circle(writer: Writer, at_mm: float) -> Mark:
    """A ring round the point, small or large; one in four stays open.

    The place is the middle of a closed one's area, and the middle of the ring that an open one is part of.
    """
    rng = writer.rng
    radius = (
        rng.uniform(2.0, 4.2) if writer.happens(0.25) else rng.uniform(0.7, 2.0)
    ) + writer.pen.width_mm / 2
    is_open = writer.happens(0.25)
    sweep = rng.uniform(255, 325) if is_open else rng.uniform(335, 560 if writer.happens(0.2) else 400)
    path = ring(
        (radius, radius * rng.uniform(0.75, 1.25)),
        start_deg=rng.uniform(-140, -40),
        sweep_deg=sweep * (1 if writer.happens(0.2) else -1),
        drift=rng.normal(0, 0.03 if is_open else 0.08),
    )
    loop = writer.draw(path)
    x_mm, y_mm = (0.0, 0.0) if is_open else middle_of_area(loop.points_mm)
    moved = loop.moved(at_mm - x_mm, float(rng.normal(0, 0.15 * radius)) - y_mm)
    expected = Expected.EITHER if radius <= _PLAIN_RING_MM else Expected.REVIEW
    return Mark(DrawnKind.CIRCLE, (moved,), writer.share(at_mm), expected)


def middle_of_area(points_mm: Floats) -> tuple[float, float]:
    """Centroid of the area inside a closed path (the shoelace formula), in mm."""
    x, y = points_mm[:, 0], points_mm[:, 1]
    pieces = x * np.roll(y, -1) - np.roll(x, -1) * y
    area = pieces.sum() / 2
    return (
        float(((x + np.roll(x, -1)) * pieces).sum() / (6 * area)),
        float(((y + np.roll(y, -1)) * pieces).sum() / (6 * area)),
    )
