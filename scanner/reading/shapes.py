"""Geometry of one piece of ink: its rows, its axis, its width and its holes.

All lengths are millimetres on the strip, x along the line, y up from its axis. Nothing here knows
what is acceptable; it only measures.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import hypot, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.reading.mapping import FloatArray
from scanner.reading.robust import median, parabola, percentile, weighted_mean

LOCAL_MM = 3.0
"""A stroke's axis is taken from its ink up to this far above and below the line: hands bow."""
FOOT_SHARE = 0.3
"""Share of a mark's height that is its foot ..."""
FOOT_MM = 0.8
"""... and at least so much of it."""
SINGLE = 0.12
"""Share of a mark's rows that may cut it more than once when it is one stroke."""


@dataclass(frozen=True)
class Rows:
    """A piece of ink, row by row; arrays of equal length, one entry per row that has ink."""

    y_mm: FloatArray
    centre_mm: FloatArray
    """Mean x of the row's ink."""
    left_mm: FloatArray
    right_mm: FloatArray
    ink_mm: FloatArray
    """Length of ink in the row."""
    runs: NDArray[np.intp]
    """Separate runs of ink in the row."""

    def only(self, chosen: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        values = (getattr(self, field.name)[chosen] for field in fields(self))
        return Rows(*values)


@dataclass(frozen=True)
class Axis:
    """A straight line x = position + slope * y."""

    position_mm: float
    slope: float
    deviation_mm: float
    """Root mean square distance of the row centres from it."""

    @property
    def line(self) -> StraightLine:
        length = hypot(1.0, self.slope)
        return StraightLine((1.0 / length, -self.slope / length), self.position_mm / length)


@dataclass(frozen=True)
class StraightLine:
    """All points p with p . normal = offset; x along the answer line, y up."""

    normal: tuple[float, float]
    """Of length 1."""
    offset_mm: float

    def distance_mm(self, points_mm: FloatArray) -> FloatArray:
        """How far points of shape (n, 2) lie from the line."""
        return np.asarray(np.abs(points_mm @ np.array(self.normal) - self.offset_mm), dtype=np.float64)


def rows_of(piece: NDArray[np.bool_], x_mm: FloatArray, y_mm: FloatArray, step_mm: float) -> Rows:
    """Measure a piece of ink; `x_mm` and `y_mm` are the places of its columns and rows, `step_mm` apart."""
    count = piece.sum(axis=1)
    used = np.flatnonzero(count)
    ink, count = piece[used], count[used]
    left = ink.argmax(axis=1)
    right = ink.shape[1] - 1 - ink[:, ::-1].argmax(axis=1)
    starts = np.diff(ink.astype(np.int8), axis=1, prepend=0) == 1
    return Rows(
        y_mm=y_mm[used],
        centre_mm=(ink @ x_mm) / count,
        left_mm=x_mm[left] - step_mm / 2,
        right_mm=x_mm[right] + step_mm / 2,
        ink_mm=count * step_mm,
        runs=starts.sum(axis=1),
    )


def branching_of(rows: Rows) -> float:
    """Share of the rows that cut a piece more than once, 0 to 1."""
    return np.count_nonzero(rows.runs > 1) / len(rows.runs)


def spread_of(rows: Rows) -> FloatArray:
    """By how much each row, first to last ink, is longer than an evenly bent stroke of one width makes it."""
    span = rows.right_mm - rows.left_mm
    stretch = np.hypot(1.0, _slopes(rows))
    return np.asarray(span - stretch * median(span / stretch), dtype=np.float64)


def _slopes(rows: Rows) -> FloatArray:
    """Slope dx/dy of a piece at each of its rows, by a parabola through their centres."""
    if len(rows.y_mm) < 4:
        return np.zeros_like(rows.y_mm)
    return parabola(rows.y_mm, rows.centre_mm)[1]


def flare_of(spread_mm: FloatArray, chosen: NDArray[np.bool_]) -> float:
    """The largest spread among the chosen rows; 0 when there is none."""
    return float(spread_mm[chosen].max(initial=0.0))


def foot(rows: Rows) -> NDArray[np.bool_]:
    """The rows of a piece's foot, where a tick has its short arm and a J its tail."""
    bottom, height = float(rows.y_mm.min()), float(np.ptp(rows.y_mm))
    return np.asarray(rows.y_mm < bottom + max(FOOT_SHARE * height, FOOT_MM), dtype=np.bool_)


def axis_of(rows: Rows, chosen: NDArray[np.bool_]) -> Axis | None:
    """Straight axis through the chosen rows, weighted by their ink; None with fewer than four."""
    y, x, weight = rows.y_mm[chosen], rows.centre_mm[chosen], rows.ink_mm[chosen]
    if len(y) < 4:
        return None
    weight = np.minimum(weight, 2.0 * median(weight))
    slope, position = 0.0, 0.0
    for _ in range(2):
        mean_y, mean_x = weighted_mean(y, weight), weighted_mean(x, weight)
        away = y - mean_y
        spread = weighted_mean(away * away, weight)
        slope = weighted_mean(away * (x - mean_x), weight) / max(spread, 1e-9)
        position = mean_x - slope * mean_y
        error = np.abs(x - position - slope * y)
        limit = max(3.0 * median(error), 0.1)
        weight = np.where(error > limit, 0.05 * weight, weight)
    deviation = sqrt(weighted_mean((x - position - slope * y) ** 2, weight))
    return Axis(position, slope, deviation)


def stroke_width_mm(piece: NDArray[np.bool_], px_per_mm: float) -> float:
    """Width of the pen's stroke: twice the distance of its middle from the paper."""
    distance = cv2.distanceTransform(np.pad(piece, 1).astype(np.uint8), cv2.DIST_L2, 3)
    inside = np.asarray(distance[distance > 0], dtype=np.float32)
    if inside.size == 0:
        return 0.0
    return (2.0 * percentile(inside, 90.0) - 0.5) / px_per_mm


def hole_mm2(piece: NDArray[np.bool_], px_per_mm: float) -> float:
    """Area of the largest patch of paper that the ink encloses."""
    paper = np.pad(~piece, 1, constant_values=True).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    if count <= 2:
        return 0.0
    areas = np.delete(stats[:, cv2.CC_STAT_AREA], 0)
    outside = int(np.argmax(stats[1:, cv2.CC_STAT_WIDTH]))
    return float(np.delete(areas, outside).max()) / px_per_mm**2


def solidity(piece: NDArray[np.bool_]) -> float:
    """Share of its convex hull that a piece of ink fills, 0 to 1."""
    # A row's first and last ink make the hull; what lies between them cannot.
    rows = np.flatnonzero(piece.any(axis=1))
    left = piece[rows].argmax(axis=1)
    right = piece.shape[1] - 1 - piece[rows, ::-1].argmax(axis=1)
    edges = np.concatenate([np.stack([left, rows], axis=1), np.stack([right + 1, rows], axis=1)])
    ends = np.concatenate([edges, edges + np.array([0, 1])]).astype(np.int32)
    hull = float(cv2.contourArea(cv2.convexHull(ends)))
    return min(1.0, np.count_nonzero(piece) / max(hull, 1.0))


def roundness(piece: NDArray[np.bool_]) -> float:
    """Shorter against longer axis of the ink's ellipse of inertia: 1 for a disc, near 0 for a stroke."""
    y, x = np.nonzero(piece)
    if len(x) < 3:
        return 1.0
    values = np.linalg.eigvalsh(np.cov(np.stack([x, y]).astype(np.float64)))
    return float(np.sqrt(max(values[0], 0.0) / max(values[1], 1e-9)))
