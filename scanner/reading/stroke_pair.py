"""The two straight strokes that a mark is made of: where they intersect, and how well they explain its ink.

Millimetres on the strip, x along the line, y up from its axis. Nothing here knows what is acceptable.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from scanner.reading.mapping import FloatArray
from scanner.reading.robust import percentile
from scanner.reading.shapes import StraightLine

PAIRS = 64
"""Straight strokes tried when a mark is taken apart into two."""
POINTS = 400
"""Ink points used for that."""
COVERED = 0.85
"""Share of a mark's ink that two straight strokes must explain."""
CROSSING_MM = 2.2
"""Ink this close to the intersection of two strokes tells where it is, even when their arms bend."""
CROSSING_POINTS = 12
"""Points of each stroke that are needed for that."""
MIN_ANGLE_DEG = 15.0
"""Two strokes of one mark differ at least so much in direction."""


@dataclass(frozen=True)
class TwoStrokes:
    """Two straight strokes that explain a mark."""

    x_mm: float
    y_mm: float
    """Where they intersect."""
    inside: tuple[float, float]
    """Where on each stroke the intersection lies: 0 and 1 are its ends, below 0 or above 1 is beyond."""
    covered: float
    """Share of the mark's ink that lies on one of the two."""
    angle_deg: float
    lengths_mm: tuple[float, float]
    lines: tuple[StraightLine, StraightLine]
    deviation_mm: float
    """Root mean square distance of all ink from the nearer stroke, beyond what their width makes."""
    misfit_mm: float
    """How far the outermost ink lies from the nearer stroke's edge."""


def two_strokes(
    piece: NDArray[np.bool_],
    x_mm: FloatArray,
    y_mm: FloatArray,
    width_mm: float,
    min_angle_deg: float = MIN_ANGLE_DEG,
) -> TwoStrokes | None:
    """Take a mark apart into the two straight strokes that together cover most of its ink.

    Many lines through pairs of ink points are tried (RANSAC, Fischler and Bolles 1981); the best
    pair of them is found for all pairs at once, then each is fitted to its own ink.
    """
    points = points_of(piece, x_mm, y_mm)
    if len(points) < 30:
        return None
    chooser = np.random.default_rng(len(points))
    ends = points[chooser.integers(0, len(points), (PAIRS, 2))]
    direction = ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(direction, axis=1)
    far = length > max(0.5, width_mm)
    if np.count_nonzero(far) < 10:
        return None
    direction, start = direction[far] / length[far, None], ends[far, 0]
    normal = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
    distance = np.abs(points @ normal.T - np.sum(start * normal, axis=1))
    near = (distance < width_mm / 2 + 0.12).astype(np.float32)
    each = near.sum(axis=0)
    union = each[:, None] + each[None, :] - near.T @ near
    apart = np.abs(direction @ direction.T) < np.cos(np.radians(min_angle_deg))
    best = int(np.argmax(np.where(apart, union, -1.0)))
    first, second = divmod(best, len(each))
    return _refine(points, (start[first], normal[first]), (start[second], normal[second]), width_mm)


def points_of(piece: NDArray[np.bool_], x_mm: FloatArray, y_mm: FloatArray) -> FloatArray:
    """Places of a piece's ink, shape (n, 2), n about `POINTS` at most."""
    row, column = np.nonzero(piece)
    every = max(1, len(row) // POINTS)
    return np.stack([x_mm[column[::every]], y_mm[row[::every]]], axis=1)


def _refine(
    points: FloatArray,
    first: tuple[FloatArray, FloatArray],
    second: tuple[FloatArray, FloatArray],
    width_mm: float,
) -> TwoStrokes | None:
    lines = [first, second]
    for _ in range(3):
        distances = np.stack([np.abs((points - p) @ n) for p, n in lines])
        own = distances.argmin(axis=0)
        near = distances.min(axis=0) < width_mm / 2 + 0.2
        fitted = []
        for index in (0, 1):
            # Ink where both strokes run says nothing of either.
            mine = points[(own == index) & near & (distances[1 - index] > width_mm / 2)]
            if len(mine) < 6:
                return None
            fitted.append(_line_through(mine))
        lines = fitted
    return _describe(points, lines, width_mm)


def _local_meeting(
    points: FloatArray, lines: list[tuple[FloatArray, FloatArray]], width_mm: float
) -> FloatArray:
    """Where two strokes intersect: by their ink round that place, since arms bend, when there is enough."""
    meeting = _meeting(lines)
    close = points[np.linalg.norm(points - meeting, axis=1) < CROSSING_MM + width_mm]
    distances = np.stack([np.abs((close - p) @ n) for p, n in lines])
    fitted = []
    for index in (0, 1):
        mine = close[
            (distances[index] < distances[1 - index])
            & (distances[index] < width_mm / 2 + 0.2)
            & (distances[1 - index] > width_mm / 2)
        ]
        if len(mine) < CROSSING_POINTS:
            return meeting
        fitted.append(_line_through(mine))
    if _is_parallel(fitted):
        return meeting
    local = _meeting(fitted)
    return local if float(np.linalg.norm(local - meeting)) < 1.0 else meeting


def _is_parallel(lines: list[tuple[FloatArray, FloatArray]]) -> bool:
    (_, (a, b)), (_, (c, d)) = lines
    return bool(abs(float(a * d - b * c)) < np.sin(np.radians(MIN_ANGLE_DEG / 2)))


def _meeting(lines: list[tuple[FloatArray, FloatArray]]) -> FloatArray:
    normals = np.stack([n for _, n in lines])
    return np.asarray(np.linalg.solve(normals, [float(p @ n) for p, n in lines]), dtype=np.float64)


def _line_through(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The straight line with the least squared distances: a point on it, and its normal."""
    middle = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points - middle).T))
    return middle, np.asarray(axes[:, 0], dtype=np.float64)


def _describe(
    points: FloatArray, lines: list[tuple[FloatArray, FloatArray]], width_mm: float
) -> TwoStrokes | None:
    if _is_parallel(lines):
        return None
    normals = np.stack([n for _, n in lines])
    determinant = float(normals[0, 0] * normals[1, 1] - normals[0, 1] * normals[1, 0])
    meeting = _local_meeting(points, lines, width_mm)
    distances = np.stack([np.abs((points - p) @ n) for p, n in lines])
    own = distances.argmin(axis=0)
    near = distances.min(axis=0) < width_mm / 2 + 0.2
    inside, lengths = [], []
    for index, (_, normal) in enumerate(lines):
        along = np.array([normal[1], -normal[0]])
        places = points[(own == index) & near] @ along
        low, high = percentile(places, 1.0), percentile(places, 99.0)
        inside.append(float((meeting @ along - low) / max(high - low, 1e-6)))
        lengths.append(float(high - low))
    return TwoStrokes(
        float(meeting[0]),
        float(meeting[1]),
        (inside[0], inside[1]),
        float(near.mean()),
        float(np.degrees(np.arcsin(min(1.0, abs(determinant))))),
        (lengths[0], lengths[1]),
        (_straight(lines[0]), _straight(lines[1])),
        max(0.0, float(np.sqrt(np.mean(distances.min(axis=0) ** 2))) - width_mm / sqrt(12.0)),
        max(0.0, percentile(distances.min(axis=0), 98.0) - width_mm / 2),
    )


def _straight(line: tuple[FloatArray, FloatArray]) -> StraightLine:
    point, normal = line
    return StraightLine((float(normal[0]), float(normal[1])), float(point @ normal))
