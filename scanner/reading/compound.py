"""Marks of several strokes that say one place: a cross, a tick, a plus, a stroke gone over in place."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from scanner.model.reading import MarkKind
from scanner.reading.ink import InkMap
from scanner.reading.mapping import FloatArray
from scanner.reading.pieces import Piece, places_of
from scanner.reading.robust import median, percentile
from scanner.reading.shapes import LOCAL_MM, Rows, rows_of
from scanner.reading.strip import Strip
from scanner.reading.stroke import MIN_ROWS, NEAR_MM, Shape, stroke_of
from scanner.reading.stroke_pair import COVERED, TwoStrokes, points_of, two_strokes

ARM_MM = 0.6
"""Each arm of a cross is longer than this; a shorter one is a tick's turn, or a stroke that starts badly."""
CROSSED_ROWS = 0.25
"""Share of a cross's rows, at least, that cut both of its strokes: those of a curved figure seldom do ..."""
CROSSED_THICK_ROWS = 0.1
"""... and those of a small cross by a broad pen, since its strokes lie over each other most of the way."""
THICK = 0.22
"""Width against length from which on a pen is broad for what it draws."""
STEEP_DEG = 45.0
"""The strokes of a thick cross differ by more than this in direction."""
GONE_OVER_MM = 4.5
"""A stroke gone over in place is at most about this wide."""
NARROW_MM = 2.8
"""Strokes that stay this close together near the line mean one place, however much paper shows through."""
UPRIGHT = 0.75
"""Slope, x against y, of the flattest stroke among those that go over a place."""
PASS_SHARE = 0.6
"""Each of them goes at least this share of the mark's height: parts of a figure do not."""
PASS_BESIDE_MM = 0.14
"""How far beside the edge of such a stroke its ink may lie."""
PASSES = 6
"""How many of them there are at most."""
PASSED_SHARE = 0.92
"""Share of the ink that such strokes explain when nothing else was drawn."""
WHOLE_SHARE = 0.9
"""Share of the ink that hangs together without the printed line's help; two marks side by side do not."""
TRIED = 96
"""Straight strokes tried when a mark is taken apart into passes."""
BAR_MM = 0.4
"""How far the bar of a plus sticks out on either side."""
BAR_NEAR_MM = 2.6
"""How far from the line the bar of a plus may lie."""


def of_two(pair: TwoStrokes, rows: Rows, width_mm: float, hole: float) -> Shape | None:
    """The cross or the tick that two straight strokes make; None when they make neither."""
    if min(pair.lengths_mm) < 1.2:
        return None
    arms_mm = [
        min(place, 1.0 - place) * length for place, length in zip(pair.inside, pair.lengths_mm, strict=True)
    ]
    crossing = all(0.12 < place < 0.88 for place in pair.inside) and min(arms_mm) > ARM_MM
    thick = width_mm > THICK * min(pair.lengths_mm)
    if crossing and float(np.mean(rows.runs == 2)) > (CROSSED_THICK_ROWS if thick else CROSSED_ROWS):
        shape = Shape(MarkKind.CROSS, pair.x_mm, pair.y_mm, 0.0, 0.0, pair.deviation_mm, pair.misfit_mm, hole)
        centring = min(min(place, 1.0 - place) for place in pair.inside)
        return replace(shape, crossing_deg=pair.angle_deg, centring=centring)
    lowest = int(np.argmin(rows.y_mm))
    if abs(pair.y_mm - rows.y_mm[lowest]) < 1.0 and abs(pair.x_mm - rows.centre_mm[lowest]) < 1.5:
        place = float(rows.centre_mm[lowest]), float(rows.y_mm[lowest])
        return Shape(MarkKind.TICK, *place, 0.0, 0.0, 0.0, pair.misfit_mm, hole)
    return None


def curved_cross(strip: Strip, piece: Piece, width_mm: float, hole: float) -> Shape | None:
    """A cross whose arms bend: straight strokes as far as the neighbourhood of the line goes."""
    x_mm, y_mm = places_of(strip, piece)
    near = np.abs(y_mm) <= LOCAL_MM
    part = piece.ink[near]
    if np.count_nonzero(part.any(axis=1)) < MIN_ROWS:
        return None
    pair = two_strokes(part, x_mm, y_mm[near], width_mm)
    if pair is None or pair.covered < COVERED:
        return None
    shape = of_two(pair, rows_of(part, x_mm, y_mm[near], strip.mm_per_column), width_mm, hole)
    return shape if shape is not None and shape.kind is MarkKind.CROSS else None


def thick_cross(strip: Strip, piece: Piece, rows: Rows, width_mm: float, hole: float) -> Shape | None:
    """A cross so thick that two strokes nearly side by side cover it as well: only steep angles are tried."""
    pair = two_strokes(piece.ink, *places_of(strip, piece), width_mm, min_angle_deg=STEEP_DEG)
    if pair is None or pair.covered < COVERED:
        return None
    shape = of_two(pair, rows, width_mm, hole)
    return shape if shape is not None and shape.kind is MarkKind.CROSS else None


def plus(rows: Rows, width_mm: float) -> Shape | None:
    """A straight stroke with one level bar through it near the line; its place is the stroke's."""
    span = rows.right_mm - rows.left_mm
    bar = span > 1.6 * median(span) + 0.5
    if not bar.any() or float(np.abs(rows.y_mm[bar]).max()) > BAR_NEAR_MM:
        return None
    level, height = float(rows.y_mm[bar].mean()), float(np.ptp(rows.y_mm[bar]))
    left, right = float(rows.left_mm[bar].min()), float(rows.right_mm[bar].max())
    if height > 1.6 * width_mm + 0.12 * (right - left) + 0.4:
        return None
    rest = np.abs(rows.y_mm - level) > height / 2 + 0.25
    sides = [np.count_nonzero(rest & side) for side in (rows.y_mm > level, rows.y_mm < level)]
    if min(sides) < MIN_ROWS // 2 or float(np.mean(rows.runs[rest] > 1)) > 0.05:
        return None
    shaft = stroke_of(rows.only(rest))
    if shaft is None or shaft.straightness_mm > 0.3:
        return None
    middle = shaft.position_mm + shaft.slope * level
    out = min(middle - left, right - middle) - median(span[rest]) / 2
    if out < BAR_MM:
        return None
    return Shape(
        MarkKind.CROSS,
        shaft.position_mm,
        0.0,
        shaft.slope,
        shaft.disagreement_mm,
        shaft.straightness_mm,
        shaft.misfit_mm,
        0.0,
    )


def gone_over(strip: Strip, ink: InkMap, piece: Piece, rows: Rows, width_mm: float) -> Shape | None:
    """A stroke gone over several times in place: one band of upright passes, not wider than a blob."""
    span = rows.right_mm - rows.left_mm
    local = np.abs(rows.y_mm) <= LOCAL_MM
    if not local.any() or float(span[local].max()) > GONE_OVER_MM:
        return None
    gaps = span[local] - rows.ink_mm[local]
    open_rows = max(float(np.mean(gaps > 0.35)), float(np.mean(rows.runs[local] > 1)))
    narrow = float(span[np.abs(rows.y_mm) <= NEAR_MM].max(initial=0.0)) <= NARROW_MM
    reach = float(rows.y_mm.max()), float(-rows.y_mm.min())
    if (open_rows > 0.25 and not narrow) or min(reach) < max(0.8, 0.35 * max(reach)):
        return None
    stroke = stroke_of(rows)
    if stroke is None or stroke.straightness_mm > 0.5 or not _hangs_together(strip, ink, piece):
        return None
    points = points_of(piece.ink, *places_of(strip, piece))
    away_mm = _away_from_passes(points, sum(reach), width_mm) - width_mm / 2
    if float(np.mean(away_mm < PASS_BESIDE_MM)) < PASSED_SHARE:
        return None
    return Shape(
        MarkKind.BLOB,
        stroke.position_mm,
        0.0,
        stroke.slope,
        stroke.disagreement_mm,
        stroke.straightness_mm,
        max(0.0, percentile(away_mm, 98.0)),
        0.0,
    )


def _hangs_together(strip: Strip, ink: InkMap, piece: Piece) -> bool:
    """Whether the ink is one piece when the printed line joins only what meets straight across it."""
    joined = piece.ink.astype(np.uint8)
    top, bottom = (row - piece.top for row in (ink.core_top, ink.core_bottom))
    if top > 1 and bottom < len(joined) - 1:
        reach = 2 * ((bottom - top) // 2 + 1) + 1
        kernel = np.ones((1, reach), np.uint8)
        above, below = (
            np.asarray(cv2.dilate(joined[rows].max(axis=0)[None, :], kernel), dtype=np.uint8)
            for rows in (slice(top - 2, top), slice(bottom, bottom + 2))
        )
        joined[top:bottom] |= above & below
    closed = cv2.morphologyEx(joined, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(np.asarray(closed, dtype=np.uint8), connectivity=8)
    sizes = np.bincount(labels[piece.ink])
    return bool(sizes[1:].max(initial=0) > WHOLE_SHARE * sizes.sum())


def _away_from_passes(points: FloatArray, height_mm: float, width_mm: float) -> FloatArray:
    """How far each point of ink lies from the nearest of a few straight upright strokes that go most of the
    mark's height.

    Strokes through pairs of ink points are tried and chosen greedily, the one that explains most first.
    """
    chooser = np.random.default_rng(len(points))
    ends = points[chooser.integers(0, len(points), (8 * TRIED, 2))]
    way = ends[:, 1] - ends[:, 0]
    good = (np.abs(way[:, 1]) > 0.5 * height_mm) & (np.abs(way[:, 0]) < UPRIGHT * np.abs(way[:, 1]))
    way, start = way[good][:TRIED], ends[good][:TRIED, 0]
    normal = np.stack([way[:, 1], -way[:, 0]], axis=1) / np.linalg.norm(way, axis=1, keepdims=True)
    away = np.abs(points @ normal.T - np.sum(start * normal, axis=1))
    near = away < width_mm / 2 + PASS_BESIDE_MM
    spanning = [column for column in range(len(way)) if _spans(points[near[:, column], 1], height_mm)]
    if not spanning:
        return np.full(len(points), height_mm)
    away, near = away[:, spanning], near[:, spanning]
    covered, nearest = np.zeros(len(points), dtype=bool), np.full(len(points), height_mm)
    for _ in range(PASSES):
        best = int(np.argmax((near & ~covered[:, None]).sum(axis=0)))
        covered |= near[:, best]
        nearest = np.minimum(nearest, away[:, best])
    return np.asarray(nearest, dtype=np.float64)


def _spans(y_mm: FloatArray, height_mm: float) -> bool:
    return len(y_mm) > 5 and float(np.ptp(y_mm)) > PASS_SHARE * height_mm
