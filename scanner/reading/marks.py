"""From ink to candidate marks: every piece of ink on a strip, with its place and its evidence."""

from __future__ import annotations

from math import atan, degrees

import numpy as np

from scanner.model.reading import Candidate, MarkKind
from scanner.reading.classify import shape_of
from scanner.reading.ink import InkMap
from scanner.reading.pieces import Piece, measured_rows, pieces_of
from scanner.reading.robust import median
from scanner.reading.shapes import branching_of, flare_of, foot, solidity, spread_of, stroke_width_mm
from scanner.reading.strip import Strip
from scanner.reading.stroke import NEAR_MM
from scanner.reading.tone import softness_mm

MAX_CANDIDATES = 10
SHARP_MM2 = 0.5
"""Ink of this area has edges to compare others with."""
SOFTER = 1.5
"""Edges so many times as wide as the sharpest on the strip are a stain's ..."""
SOFT_MM = 0.5
"""... when they are this wide at least."""
FLARE_MM = 2.5
"""Height above and below the line within which a second arm makes a tick, and further away a hook."""


def candidates_of(strip: Strip, ink: InkMap) -> tuple[tuple[Candidate, ...], float]:
    """All candidate marks of a strip, strongest first, and the area of ink too small to be one."""
    pieces, specks_mm2 = pieces_of(strip, ink)
    candidates = [_candidate(strip, ink, piece) for piece in pieces[:MAX_CANDIDATES]]
    sharpest_mm = min((c.softness_mm for c in candidates if c.area_mm2 > SHARP_MM2), default=0.0)
    candidates.sort(key=lambda mark: _strength(mark, sharpest_mm), reverse=True)
    specks_mm2 += sum(_inked_mm2(ink, piece) for piece in pieces[MAX_CANDIDATES:])
    return tuple(candidates), specks_mm2


def _candidate(strip: Strip, ink: InkMap, piece: Piece) -> Candidate:
    rows = measured_rows(strip, piece)
    width = stroke_width_mm(piece.ink, strip.px_per_mm)
    shape = shape_of(strip, ink, piece, rows, width)
    near = np.abs(rows.y_mm) <= NEAR_MM
    spread_mm = spread_of(rows)
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
        misfit_mm=shape.misfit_mm,
        flare_mm=flare_of(spread_mm, np.ones_like(rows.y_mm, dtype=bool)),
        near_flare_mm=flare_of(spread_mm, np.abs(rows.y_mm) <= FLARE_MM),
        row_width_mm=median(rows.right_mm - rows.left_mm),
        foot_mm=flare_of(spread_mm, foot(rows)),
        solidity=solidity(piece.solid),
        branching=branching_of(rows),
        leaves_zone=piece.top <= 1
        or piece.top + height >= strip.grey.shape[0] - 1
        or piece.left <= 1
        or piece.left + box_width >= strip.grey.shape[1] - 1,
        crossing_deg=shape.crossing_deg,
        centring=shape.centring,
        hole_mm2=shape.hole_mm2,
        softness_mm=softness_mm(strip, ink, piece.ink, (piece.top, piece.left)),
        streak=0.0,
    )


def _inked_mm2(ink: InkMap, piece: Piece) -> float:
    """Area of a piece's ink; less when it is paler than the print, as with specks."""
    height, width = piece.ink.shape
    box = ink.depth[piece.top : piece.top + height, piece.left : piece.left + width]
    return piece.area_mm2 * float(np.square(box[piece.ink] / ink.contrast).mean())


def _strength(candidate: Candidate, sharpest_mm: float) -> tuple[bool, bool, bool, float]:
    """What has a pen's edges before what has not; plain marks across the line before odd ones, those before
    ink that stays off it; then by the amount of ink.

    What runs through the whole zone is rather a streak or a fold than a mark.
    """
    sharp = candidate.softness_mm <= max(SOFT_MM, SOFTER * sharpest_mm)
    across = candidate.reach_above_mm > 0.2 and candidate.reach_below_mm > 0.2
    plain = (
        across
        and not candidate.leaves_zone
        and candidate.kind in (MarkKind.STROKE, MarkKind.CROSS, MarkKind.BLOB)
    )
    return sharp and plain, sharp and across, across, candidate.area_mm2 * candidate.darkness
