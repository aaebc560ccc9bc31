"""Geometry of one piece of ink: its rows, the straight strokes it is made of, and what they form.

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
PAIRS = 64
"""Straight strokes tried when a mark is taken apart into two."""
POINTS = 400
"""Ink points used for that."""
FOOT_SHARE = 0.3
"""Share of a mark's height that is its foot ..."""
FOOT_MM = 0.8
"""... and at least so much of it."""
SINGLE = 0.12
"""Share of a mark's rows that may cut it more than once when it is one stroke."""
COVERED = 0.85
"""Share of a mark's ink that two straight strokes must explain."""
CROSSING_MM = 2.2
"""Ink this close to the intersection of two strokes tells where it is, even when their arms bend."""
CROSSING_POINTS = 12
"""Points of each stroke that are needed for that."""
MIN_ANGLE_DEG = 15.0
"""Two strokes of one mark differ at least so much in direction."""


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


def roundness(piece: NDArray[np.bool_]) -> float:
    """Shorter against longer axis of the ink's ellipse of inertia: 1 for a disc, near 0 for a stroke."""
    y, x = np.nonzero(piece)
    if len(x) < 3:
        return 1.0
    values = np.linalg.eigvalsh(np.cov(np.stack([x, y]).astype(np.float64)))
    return float(np.sqrt(max(values[0], 0.0) / max(values[1], 1e-9)))


def two_strokes(
    piece: NDArray[np.bool_], x_mm: FloatArray, y_mm: FloatArray, width_mm: float
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
    apart = np.abs(direction @ direction.T) < np.cos(np.radians(MIN_ANGLE_DEG))
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
    local = _meeting(fitted)
    return local if float(np.linalg.norm(local - meeting)) < 1.0 else meeting


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
    normals = np.stack([n for _, n in lines])
    determinant = float(normals[0, 0] * normals[1, 1] - normals[0, 1] * normals[1, 0])
    if abs(determinant) < np.sin(np.radians(MIN_ANGLE_DEG / 2)):
        return None
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
