"""What a piece of ink is taken for, simplest explanation first, and where the mark's place is then.

The place follows the rule for the kind (see the table of marks in the README): where a stroke's axis
crosses the line, the intersection of a cross, the centre of a blob, the lowest point of a tick. Limits
in here only tell one shape from another; nothing is accepted or rejected.
"""

from __future__ import annotations

import numpy as np

from scanner.model.reading import MarkKind
from scanner.reading.compound import curved_cross, gone_over, of_two, plus, thick_cross
from scanner.reading.ink import InkMap
from scanner.reading.pieces import Piece, places_of
from scanner.reading.robust import weighted_mean
from scanner.reading.shapes import SINGLE, Rows, branching_of, hole_mm2, roundness
from scanner.reading.strip import Strip
from scanner.reading.stroke import NEAR_MM, Shape, stroke_of
from scanner.reading.stroke_pair import COVERED, two_strokes

FAN_DEG = 30.0
"""Strokes gone over in place differ by less than this in direction."""
CIRCLE_HOLE = 0.12
"""Paper enclosed by a circle, as a share of the circle's box. Strokes gone over enclose slivers."""
FEW = 0.05
"""Share of the rows that may cut a cross more than twice."""
BLOB_MM = 4.5
"""A dot is at most about this wide."""


def shape_of(strip: Strip, ink: InkMap, piece: Piece, rows: Rows, width_mm: float) -> Shape:
    """Tell what a piece of ink is, simplest explanation first."""
    single = branching_of(rows) < SINGLE
    hole = 0.0 if single else hole_mm2(piece.solid, strip.px_per_mm)
    extent_x = float(rows.right_mm.max() - rows.left_mm.min())
    extent_y = float(rows.y_mm.max() - rows.y_mm.min())
    if hole < 0.15 and max(extent_x, extent_y) <= BLOB_MM and _compact(piece, rows):
        return _blob(rows, hole)
    if single:
        stroke = plus(rows, width_mm) or stroke_of(rows)
        if stroke is not None and stroke.straightness_mm < 0.5:
            return stroke
    if hole > CIRCLE_HOLE * extent_x * extent_y:
        return Shape(MarkKind.CIRCLE, *_box_centre(rows), 0.0, 0.0, 0.0, 0.0, hole)
    pair = two_strokes(piece.ink, *places_of(strip, piece), width_mm)
    both = None if pair is None or pair.covered < COVERED else of_two(pair, rows, width_mm, hole)
    # Strokes gone over fan out a little; only strokes well apart are taken for a cross or a tick at once.
    if both is None or pair is None or pair.angle_deg < FAN_DEG:
        both = gone_over(strip, ink, piece, rows, width_mm) or both
    if both is None and float(np.mean(rows.runs > 2)) < FEW:
        both = curved_cross(strip, piece, width_mm, hole) or thick_cross(strip, piece, rows, width_mm, hole)
    if both is not None:
        return both
    return Shape(MarkKind.OTHER, _near_centre(rows), 0.0, 0.0, 0.0, 0.0, 0.0, hole)


def _compact(piece: Piece, rows: Rows) -> bool:
    filled = float(rows.ink_mm.sum() / np.maximum(rows.right_mm - rows.left_mm, 1e-6).sum())
    return filled > 0.8 and roundness(piece.ink) > 0.45


def _blob(rows: Rows, hole: float) -> Shape:
    x, y = (weighted_mean(v, rows.ink_mm) for v in (rows.centre_mm, rows.y_mm))
    middle = float((rows.left_mm.min() + rows.right_mm.max()) / 2)
    return Shape(MarkKind.BLOB, x, y, 0.0, abs(x - middle), 0.0, 0.0, hole)


def _box_centre(rows: Rows) -> tuple[float, float]:
    return (
        float((rows.left_mm.min() + rows.right_mm.max()) / 2),
        float((rows.y_mm.min() + rows.y_mm.max()) / 2),
    )


def _near_centre(rows: Rows) -> float:
    """Centre of the ink that is nearest to the line."""
    near = np.abs(rows.y_mm) <= max(NEAR_MM, float(np.abs(rows.y_mm).min()) + 0.5)
    return weighted_mean(rows.centre_mm[near], rows.ink_mm[near])
