"""What a piece of ink is taken for, simplest explanation first, and where the mark's place is then.

The place follows the rule for the kind (see the table of marks in the README): where a stroke's axis
crosses the line, the intersection of a cross, the centre of a blob, the lowest point of a tick. Limits
in here only tell one shape from another; nothing is accepted or rejected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scanner.model.reading import MarkKind
from scanner.reading.pieces import Piece, places_of
from scanner.reading.shapes import (
    COVERED,
    LOCAL_MM,
    SINGLE,
    Axis,
    Rows,
    TwoStrokes,
    axis_of,
    branching_of,
    hole_mm2,
    roundness,
    rows_of,
    two_strokes,
)
from scanner.reading.strip import Strip

NEAR_MM = 1.5
"""Height above and below the line within which ink is near it."""
BENT_MM = 0.08
"""A stroke whose ink strays further from its axis than this is bent."""
ARM_MM = 0.6
"""Each arm of a cross is longer than this; a shorter one is a tick's turn, or a stroke that starts badly."""
FAN_DEG = 30.0
"""Strokes gone over in place differ by less than this in direction."""
CIRCLE_HOLE = 0.12
"""Paper enclosed by a circle, as a share of the circle's box. Strokes gone over enclose slivers."""
NARROW_MM = 2.8
"""Strokes that stay this close together near the line mean one place, less than a millimetre from each."""
FEW = 0.05
"""Share of the rows that may cut a cross more than twice."""
MIN_ROWS = 8
BLOB_MM = 4.5
"""A dot, or a stroke gone over in place, is at most about this wide."""


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


def shape_of(strip: Strip, piece: Piece, rows: Rows, width_mm: float) -> Shape:
    """Tell what a piece of ink is, simplest explanation first."""
    single = branching_of(rows) < SINGLE
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
    pair = two_strokes(piece.ink, *places_of(strip, piece), width_mm)
    of_two = None if pair is None or pair.covered < COVERED else _of_two(pair, rows, hole)
    # Strokes gone over fan out a little; only strokes well apart are taken for a cross or a tick at once.
    if of_two is None or pair is None or pair.angle_deg < FAN_DEG:
        of_two = _gone_over(rows) or of_two
    if of_two is None and float(np.mean(rows.runs > 2)) < FEW:
        of_two = _curved_cross(strip, piece, width_mm, hole)
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
        if np.count_nonzero(local) >= MIN_ROWS:
            break
    axis = axis_of(rows, local)
    if axis is None:
        return None
    closer = np.abs(rows.y_mm) <= NEAR_MM
    if axis.deviation_mm > BENT_MM and np.count_nonzero(closer) >= MIN_ROWS:
        # A bent stroke crosses the line where it is straight for a short way only.
        near_axis = axis_of(rows, closer)
        position_mm = axis.position_mm if near_axis is None else near_axis.position_mm
        axis = replace(axis, position_mm=position_mm)
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
    if min(reach) < max(0.8, 0.35 * max(reach)):
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
    arms_mm = [
        min(place, 1.0 - place) * length for place, length in zip(pair.inside, pair.lengths_mm, strict=True)
    ]
    if all(0.12 < place < 0.88 for place in pair.inside) and min(arms_mm) > ARM_MM:
        return Shape(MarkKind.CROSS, pair.x_mm, pair.y_mm, 0.0, 0.0, 0.0, hole)
    lowest = int(np.argmin(rows.y_mm))
    if abs(pair.y_mm - rows.y_mm[lowest]) < 1.0 and abs(pair.x_mm - rows.centre_mm[lowest]) < 1.5:
        return Shape(
            MarkKind.TICK, float(rows.centre_mm[lowest]), float(rows.y_mm[lowest]), 0.0, 0.0, 0.0, hole
        )
    return None


def _curved_cross(strip: Strip, piece: Piece, width_mm: float, hole: float) -> Shape | None:
    """A cross whose arms bend: straight strokes as far as the neighbourhood of the line goes."""
    x_mm, y_mm = places_of(strip, piece)
    near = np.abs(y_mm) <= LOCAL_MM
    if np.count_nonzero(near) < MIN_ROWS:
        return None
    part = piece.ink[near]
    pair = two_strokes(part, x_mm, y_mm[near], width_mm)
    if pair is None or pair.covered < COVERED or pair.angle_deg < FAN_DEG:
        return None
    shape = _of_two(pair, rows_of(part, x_mm, y_mm[near], strip.mm_per_column), hole)
    return shape if shape is not None and shape.kind is MarkKind.CROSS else None


def _box_centre(rows: Rows) -> tuple[float, float]:
    return (
        float((rows.left_mm.min() + rows.right_mm.max()) / 2),
        float((rows.y_mm.min() + rows.y_mm.max()) / 2),
    )


def _near_centre(rows: Rows) -> float:
    """Centre of the ink that is nearest to the line."""
    near = np.abs(rows.y_mm) <= max(NEAR_MM, float(np.abs(rows.y_mm).min()) + 0.5)
    return float(np.average(rows.centre_mm[near], weights=rows.ink_mm[near]))
