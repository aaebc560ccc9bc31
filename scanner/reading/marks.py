"""From ink to candidate marks: every piece of ink near a line, with its shape and its place.

The place is taken by the rule for the mark's kind (see the table of marks in the README): where a
stroke's axis crosses the line, the intersection of a cross, the centre of a blob, the lowest point
of a tick. Nothing is accepted or rejected here; limits in this file only tell one shape from another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import atan, degrees, hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model.reading import Candidate, MarkKind
from scanner.reading.ink import InkMap
from scanner.reading.mapping import FloatArray
from scanner.reading.shapes import (
    LOCAL_MM,
    Axis,
    Rows,
    StraightLine,
    TwoStrokes,
    axis_of,
    hole_mm2,
    points_of,
    roundness,
    rows_of,
    stroke_width_mm,
    two_strokes,
)
from scanner.reading.strip import Strip

SPECK_MM2 = 0.05
"""Ink smaller than this is dust: a dot of a quarter of a millimetre."""
HUG_MM = 0.3
"""Ink that nowhere leaves the printed line by more than this is the line's own ragged edge."""
NEAR_MM = 1.5
"""Height above and below the line within which ink is near it."""
GAP_MM = 2.0
"""A stroke may be broken by a gap of this length (a pen that skips, an end tick) and still be one."""
BESIDE_MM = 0.3
"""How far beside the edge of a stroke its broken-off parts may lie."""
SINGLE = 0.12
"""Share of a mark's rows that may cut it more than once when it is one stroke."""
COVERED = 0.85
"""Share of a mark's ink that two straight strokes must explain."""
FAN_DEG = 30.0
"""Strokes gone over in place differ by less than this in direction."""
MIN_LENGTH_MM = 1.5
"""A piece shorter than this has no direction to go on in."""
MAX_CANDIDATES = 6
CIRCLE_HOLE = 0.12
"""Paper enclosed by a circle, as a share of the circle's box. Strokes gone over enclose slivers."""
NARROW_MM = 1.8
"""Strokes that stay this close together near the line mean one place, less than a millimetre from each."""
BLOB_MM = 4.5
"""A dot, or a stroke gone over in place, is at most about this wide."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A connected piece of ink."""

    ink: NDArray[np.bool_]
    """Where it has ink, core of the printed line left out; shape of its bounding box."""
    solid: NDArray[np.bool_]
    """The same with the core bridged."""
    top: int
    left: int
    """First row and column of the box on the strip."""
    area_mm2: float


@dataclass(frozen=True)
class Shape:
    """What a piece of ink is taken for."""

    kind: MarkKind
    position_mm: float
    height_mm: float
    slope: float
    disagreement_mm: float
    straightness_mm: float
    hole_mm2: float


def candidates_of(strip: Strip, ink: InkMap) -> tuple[tuple[Candidate, ...], float]:
    """All candidate marks of a strip, strongest first, and the area of ink too small to be one."""
    pieces, specks_mm2 = _pieces(strip, ink)
    pieces = _joined(strip, pieces)
    candidates = [_candidate(strip, ink, piece) for piece in pieces[:MAX_CANDIDATES]]
    candidates.sort(key=_strength, reverse=True)
    specks_mm2 += sum(piece.area_mm2 for piece in pieces[MAX_CANDIDATES:])
    return tuple(candidates), specks_mm2


def _pieces(strip: Strip, ink: InkMap) -> tuple[list[Piece], float]:
    """Connected pieces of ink, largest first, and the area of the specks."""
    x0, y0, box_width, box_height = cv2.boundingRect(ink.bridged)
    if not box_width:
        return [], 0.0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        ink.bridged[y0 : y0 + box_height, x0 : x0 + box_width], connectivity=8
    )
    mm2 = strip.mm_per_column / strip.px_per_mm
    pieces, specks = [], 0.0
    for label in range(1, count):
        left, top, width, height, _ = (int(value) for value in stats[label])
        solid = labels[top : top + height, left : left + width] == label
        left, top = left + x0, top + y0
        box = (slice(top, top + height), slice(left, left + width))
        own = solid & (ink.mask[box] > 0)
        area = float(np.count_nonzero(own)) * mm2
        hugs = max(ink.core_top - top, top + height - ink.core_bottom) < HUG_MM * strip.px_per_mm
        if area < SPECK_MM2 or hugs:
            specks += area
        else:
            pieces.append(Piece(own, solid, top, left, area))
    return sorted(pieces, key=lambda piece: piece.area_mm2, reverse=True), specks


def _joined(strip: Strip, pieces: list[Piece]) -> list[Piece]:
    """Put the parts of a broken mark together: what goes on with a stroke of the largest, close to it."""
    if len(pieces) < 2:
        return pieces
    first, rest = pieces[0], pieces[1:]
    width = stroke_width_mm(first.ink, strip.px_per_mm)
    while rest:
        lines = _lines_of(strip, first, width)
        parts = [piece for piece in rest if _goes_on(strip, first, piece, lines, width)]
        if not parts:
            break
        first = reduce(_union, parts, first)
        rest = [piece for piece in rest if piece not in parts]
    return [first, *rest]


def _lines_of(strip: Strip, piece: Piece, width_mm: float) -> tuple[StraightLine, ...]:
    """The straight strokes that a piece is made of: one, two, or none to speak of."""
    rows = _rows(strip, piece)
    axis = axis_of(rows, np.ones(len(rows.y_mm), dtype=bool))
    if axis is not None and axis.deviation_mm < 0.3 and _branching(rows) < SINGLE:
        return (axis.line,) if rows.y_mm.max() - rows.y_mm.min() > MIN_LENGTH_MM else ()
    pair = two_strokes(piece.ink, *_places(strip, piece), width_mm)
    return () if pair is None or pair.covered < COVERED else pair.lines


def _goes_on(
    strip: Strip, first: Piece, piece: Piece, lines: tuple[StraightLine, ...], width_mm: float
) -> bool:
    """Whether a piece lies on one of the lines, close to the first piece."""
    gap_x = max(piece.left - first.left - first.ink.shape[1], first.left - piece.left - piece.ink.shape[1], 0)
    gap_y = max(piece.top - first.top - first.ink.shape[0], first.top - piece.top - piece.ink.shape[0], 0)
    if hypot(gap_x, gap_y) > GAP_MM * strip.px_per_mm:
        return False
    points = points_of(piece.ink, *_places(strip, piece))
    return any(float(line.distance_mm(points).max()) < width_mm / 2 + BESIDE_MM for line in lines)


def _union(one: Piece, other: Piece) -> Piece:
    top, left = min(one.top, other.top), min(one.left, other.left)
    bottom = max(piece.top + piece.ink.shape[0] for piece in (one, other))
    right = max(piece.left + piece.ink.shape[1] for piece in (one, other))
    ink = np.zeros((bottom - top, right - left), dtype=bool)
    solid = np.zeros_like(ink)
    for piece in (one, other):
        height, width = piece.ink.shape
        ink[piece.top - top :, piece.left - left :][:height, :width] |= piece.ink
        solid[piece.top - top :, piece.left - left :][:height, :width] |= piece.solid
    return Piece(ink, solid, top, left, one.area_mm2 + other.area_mm2)


def _places(strip: Strip, piece: Piece) -> tuple[FloatArray, FloatArray]:
    height, width = piece.ink.shape
    columns, rows = np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)
    return strip.x_mm(piece.left + columns), strip.y_mm(piece.top + rows)


def _rows(strip: Strip, piece: Piece) -> Rows:
    return rows_of(piece.ink, *_places(strip, piece), strip.mm_per_column)


def _candidate(strip: Strip, ink: InkMap, piece: Piece) -> Candidate:
    rows = _rows(strip, piece)
    width = stroke_width_mm(piece.ink, strip.px_per_mm)
    shape = _shape(strip, piece, rows, width)
    near = np.abs(rows.y_mm) <= NEAR_MM
    height, box_width = piece.ink.shape
    box = ink.depth[piece.top : piece.top + height, piece.left : piece.left + box_width]
    nearest = rows.left_mm[near], rows.right_mm[near]
    return Candidate(
        kind=shape.kind,
        position_mm=shape.position_mm,
        height_mm=shape.height_mm,
        left_mm=float(rows.left_mm.min()),
        right_mm=float(rows.right_mm.max()),
        near_left_mm=float(nearest[0].min()) if near.any() else shape.position_mm,
        near_right_mm=float(nearest[1].max()) if near.any() else shape.position_mm,
        reach_above_mm=float(rows.y_mm.max()),
        reach_below_mm=float(-rows.y_mm.min()),
        width_mm=width,
        area_mm2=piece.area_mm2,
        darkness=float(box[piece.ink].mean()) / ink.contrast,
        slant_deg=degrees(atan(shape.slope)),
        disagreement_mm=shape.disagreement_mm,
        straightness_mm=shape.straightness_mm,
        branching=_branching(rows),
        leaves_zone=piece.top <= 1
        or piece.top + height >= strip.grey.shape[0] - 1
        or piece.left <= 1
        or piece.left + box_width >= strip.grey.shape[1] - 1,
        hole_mm2=shape.hole_mm2,
        streak=0.0,
    )


def _branching(rows: Rows) -> float:
    return float(np.mean(rows.runs > 1))


def _shape(strip: Strip, piece: Piece, rows: Rows, width_mm: float) -> Shape:
    """Tell what a piece of ink is, simplest explanation first."""
    single = _branching(rows) < SINGLE
    hole = 0.0 if single else hole_mm2(piece.solid, strip.px_per_mm)
    extent_x = float(rows.right_mm.max() - rows.left_mm.min())
    extent_y = float(rows.y_mm.max() - rows.y_mm.min())
    if hole < 0.15 and max(extent_x, extent_y) <= BLOB_MM and _compact(piece, rows):
        return _blob(rows, hole)
    if single:
        stroke = _stroke(rows)
        if stroke is not None and stroke.straightness_mm < 0.5:
            return stroke
    if hole > CIRCLE_HOLE * extent_x * extent_y:
        return Shape(MarkKind.CIRCLE, *_box_centre(rows), 0.0, 0.0, 0.0, hole)
    pair = two_strokes(piece.ink, *_places(strip, piece), width_mm)
    of_two = None if pair is None or pair.covered < COVERED else _of_two(pair, rows, hole)
    # Strokes gone over fan out a little; only strokes well apart are taken for a cross or a tick at once.
    if of_two is None or pair is None or pair.angle_deg < FAN_DEG:
        of_two = _gone_over(rows) or of_two
    if of_two is not None:
        return of_two
    return Shape(MarkKind.OTHER, _near_centre(rows), 0.0, 0.0, 0.0, 0.0, hole)


def _compact(piece: Piece, rows: Rows) -> bool:
    filled = float(rows.ink_mm.sum() / np.maximum(rows.right_mm - rows.left_mm, 1e-6).sum())
    return filled > 0.8 and roundness(piece.ink) > 0.45


def _blob(rows: Rows, hole: float) -> Shape:
    x, y = (float(np.average(v, weights=rows.ink_mm)) for v in (rows.centre_mm, rows.y_mm))
    middle = float((rows.left_mm.min() + rows.right_mm.max()) / 2)
    return Shape(MarkKind.BLOB, x, y, 0.0, abs(x - middle), 0.0, hole)


def _stroke(rows: Rows) -> Shape | None:
    """Axis of a single stroke where it crosses the line, and how well its two halves agree on it."""
    for local_mm in (LOCAL_MM, 30.0):
        local = np.abs(rows.y_mm) <= local_mm
        if np.count_nonzero(local) >= 8:
            break
    axis = axis_of(rows, local)
    if axis is None:
        return None
    halves = [axis_of(rows, local & side) for side in (rows.y_mm > 0, rows.y_mm < 0)]
    apart = _disagreement(rows, local, axis, halves)
    return Shape(MarkKind.STROKE, axis.position_mm, 0.0, axis.slope, apart, axis.deviation_mm, 0.0)


def _disagreement(rows: Rows, local: NDArray[np.bool_], axis: Axis, halves: list[Axis | None]) -> float:
    """How far the parts above and below the line, each with the common slope, lie apart on the line."""
    places = []
    for side, half in zip((rows.y_mm > 0, rows.y_mm < 0), halves, strict=True):
        if half is not None:
            chosen = local & side
            shifted = rows.centre_mm[chosen] - axis.slope * rows.y_mm[chosen]
            places.append(float(np.average(shifted, weights=rows.ink_mm[chosen])))
    return abs(places[0] - places[1]) if len(places) == 2 else 0.0


def _gone_over(rows: Rows) -> Shape | None:
    """A stroke gone over several times in place: one band of ink with small gaps, not wider than a blob."""
    span = rows.right_mm - rows.left_mm
    local = np.abs(rows.y_mm) <= LOCAL_MM
    if not local.any() or float(span[local].max()) > BLOB_MM:
        return None
    gaps = span[local] - rows.ink_mm[local]
    open_rows = max(float(np.mean(gaps > 0.35)), float(np.mean(rows.runs[local] > 1)))
    # A zigzag this narrow is one place, however much paper shows through it.
    narrow = float(span[np.abs(rows.y_mm) <= NEAR_MM].max(initial=0.0)) <= NARROW_MM
    if open_rows > 0.25 and not narrow:
        return None
    reach = float(rows.y_mm.max()), float(-rows.y_mm.min())
    if min(reach) < max(0.8, 0.25 * max(reach)):
        return None
    stroke = _stroke(rows)
    if stroke is None or stroke.straightness_mm > 0.5:
        return None
    return Shape(
        MarkKind.BLOB,
        stroke.position_mm,
        0.0,
        stroke.slope,
        stroke.disagreement_mm,
        stroke.straightness_mm,
        0.0,
    )


def _of_two(pair: TwoStrokes, rows: Rows, hole: float) -> Shape | None:
    if min(pair.lengths_mm) < 1.2:
        return None
    if all(0.12 < place < 0.88 for place in pair.inside):
        return Shape(MarkKind.CROSS, pair.x_mm, pair.y_mm, 0.0, 0.0, 0.0, hole)
    lowest = int(np.argmin(rows.y_mm))
    if abs(pair.y_mm - rows.y_mm[lowest]) < 1.0 and abs(pair.x_mm - rows.centre_mm[lowest]) < 1.5:
        return Shape(
            MarkKind.TICK, float(rows.centre_mm[lowest]), float(rows.y_mm[lowest]), 0.0, 0.0, 0.0, hole
        )
    return None


def _box_centre(rows: Rows) -> tuple[float, float]:
    return (
        float((rows.left_mm.min() + rows.right_mm.max()) / 2),
        float((rows.y_mm.min() + rows.y_mm.max()) / 2),
    )


def _near_centre(rows: Rows) -> float:
    """Centre of the ink that is nearest to the line."""
    near = np.abs(rows.y_mm) <= max(NEAR_MM, float(np.abs(rows.y_mm).min()) + 0.5)
    return float(np.average(rows.centre_mm[near], weights=rows.ink_mm[near]))


def _strength(candidate: Candidate) -> tuple[bool, bool, float]:
    """Plain marks across the line before odd ones, those before ink that stays off it; then by size."""
    across = candidate.reach_above_mm > 0.2 and candidate.reach_below_mm > 0.2
    plain = across and candidate.kind in (MarkKind.STROKE, MarkKind.CROSS, MarkKind.BLOB)
    return plain, across, candidate.area_mm2
