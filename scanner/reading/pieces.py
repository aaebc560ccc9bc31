"""Connected pieces of ink on a strip, and the parts of a broken mark put together again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.reading.ink import InkMap
from scanner.reading.mapping import FloatArray
from scanner.reading.shapes import SINGLE, Rows, StraightLine, axis_of, branching_of, rows_of, stroke_width_mm
from scanner.reading.strip import Strip
from scanner.reading.stroke_pair import COVERED, points_of, two_strokes
from scanner.reading.tone import two_tones

SPECK_MM2 = 0.05
"""Ink smaller than this is dust: a dot of a quarter of a millimetre."""
SPLIT_MM = 2.0
"""A piece that extends over less of the line than this is not looked at for several tones."""
HUG_MM = 0.3
"""Ink that nowhere leaves the printed line by more than this is the line's own ragged edge."""
GAP_MM = 2.0
"""A stroke may be broken by a gap of this length (a pen that skips, an end tick) and still be one."""
BESIDE_MM = 0.45
"""How far beside the edge of a stroke its broken-off parts may lie."""
BEND_MM = 1.2
"""How far above and below a stroke its broken-off parts must lie on its line."""
END_MM = 2.5
"""A stroke goes on in the direction of this much of its end ..."""
END_DEVIATION_MM = 0.15
"""... where that is as straight as this."""
CROSS_COVERED = 0.93
"""Share of the ink of an X that its two strokes explain when an arm of it has come off ..."""
CROSS_MISFIT_MM = 0.35
"""... and how far the outermost of its ink may lie from them."""
ARM_MM2 = 0.3
"""An arm has more ink than this."""
ARM_SHARE = 0.15
"""Each arm of such an X is at least this share of its stroke."""
MIN_LENGTH_MM = 1.5
"""A piece shorter than this has no direction to go on in."""


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


def pieces_of(strip: Strip, ink: InkMap) -> tuple[list[Piece], float]:
    """The pieces of ink on a strip, largest first, and the area of what is too small to be one (mm2)."""
    pieces, specks_mm2 = _connected(strip, ink, ink.mask)
    pieces, more_mm2 = _split_by_tone(strip, ink, pieces)
    return _joined(strip, pieces), specks_mm2 + more_mm2


def _split_by_tone(strip: Strip, ink: InkMap, pieces: list[Piece]) -> tuple[list[Piece], float]:
    """Part what is much darker from what it lies on: a mark from the coffee, fold or shadow that it crosses.

    A piece of one tone, and one too narrow to be two things, stays as it is.
    """
    whole, dark, pale = [], np.zeros_like(ink.mask), np.zeros_like(ink.mask)
    for piece in pieces:
        height, width = piece.ink.shape
        box = (slice(piece.top, piece.top + height), slice(piece.left, piece.left + width))
        wide = width >= SPLIT_MM * strip.px_per_mm
        parts = two_tones(strip, ink, piece.ink, (piece.top, piece.left)) if wide else None
        if parts is None:
            whole.append(piece)
        else:
            dark[box] |= parts[0]
            pale[box] |= parts[1]
    if len(whole) == len(pieces):
        return pieces, 0.0
    found = [_connected(strip, ink, mask) for mask in (dark, pale)]
    whole += [piece for parts, _ in found for piece in parts]
    return sorted(whole, key=lambda piece: piece.area_mm2, reverse=True), sum(specks for _, specks in found)


def _connected(strip: Strip, ink: InkMap, mask: NDArray[np.uint8]) -> tuple[list[Piece], float]:
    """Connected pieces of ink, largest first, and how much ink the specks have (mm2; of pale ones less)."""
    bridged = ink.bridged(mask)
    x0, y0, box_width, box_height = cv2.boundingRect(bridged)
    if not box_width:
        return [], 0.0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        bridged[y0 : y0 + box_height, x0 : x0 + box_width], connectivity=8
    )
    mm2 = strip.mm_per_column / strip.px_per_mm
    pieces, specks = [], 0.0
    for label in range(1, count):
        left, top, width, height, _ = (int(value) for value in stats[label])
        solid = labels[top : top + height, left : left + width] == label
        left, top = left + x0, top + y0
        box = (slice(top, top + height), slice(left, left + width))
        own = solid & (mask[box] > 0)
        area = float(np.count_nonzero(own)) * mm2
        hugs = max(ink.core_top - top, top + height - ink.core_bottom) < HUG_MM * strip.px_per_mm
        if area < SPECK_MM2 or hugs:
            # By the square: ten pale specks hide less than one dark one.
            specks += float(np.square(ink.depth[box][own] / ink.contrast).sum()) * mm2
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
    rows = measured_rows(strip, piece)
    axis = axis_of(rows, np.ones(len(rows.y_mm), dtype=bool))
    if axis is not None and axis.deviation_mm < 0.3 and branching_of(rows) < SINGLE:
        return (axis.line,) if rows.y_mm.max() - rows.y_mm.min() > MIN_LENGTH_MM else ()
    pair = two_strokes(piece.ink, *places_of(strip, piece), width_mm)
    return () if pair is None or pair.covered < COVERED else pair.lines


def _end_of(strip: Strip, first: Piece, piece: Piece) -> tuple[StraightLine, ...]:
    """The direction of the end that is nearer to another piece: hands bow, and trail at the far end."""
    rows = measured_rows(strip, first)
    middle_mm = float(strip.y_mm(piece.top + len(piece.ink) / 2))
    away_mm = np.abs(rows.y_mm - middle_mm)
    end = away_mm < float(away_mm.min()) + END_MM
    axis = axis_of(rows, end)
    if axis is None or float(np.ptp(rows.y_mm[end])) < MIN_LENGTH_MM or axis.deviation_mm > END_DEVIATION_MM:
        return ()
    return (axis.line,)


def _goes_on(
    strip: Strip, first: Piece, piece: Piece, lines: tuple[StraightLine, ...], width_mm: float
) -> bool:
    """Whether a piece lies on one of the lines, close to the first piece."""
    gap_x = max(piece.left - first.left - first.ink.shape[1], first.left - piece.left - piece.ink.shape[1], 0)
    gap_y = max(piece.top - first.top - first.ink.shape[0], first.top - piece.top - piece.ink.shape[0], 0)
    if hypot(gap_x, gap_y) > GAP_MM * strip.px_per_mm:
        return False
    points = points_of(piece.ink, *places_of(strip, piece))
    # A stroke bends on its way: what counts is the part that is close.
    y_mm = strip.y_mm(np.array([first.top, first.top + first.ink.shape[0]], dtype=np.float64))
    close = (points[:, 1] < y_mm[0] + BEND_MM) & (points[:, 1] > y_mm[1] - BEND_MM)
    points = points[close] if close.any() else points
    ways = (*lines, *_end_of(strip, first, piece))
    if any(float(way.distance_mm(points).max()) < width_mm / 2 + BESIDE_MM for way in ways):
        return True
    # A speck makes a cross with any stroke.
    arm = len(lines) != 1 and piece.area_mm2 > ARM_MM2
    return arm and _make_a_cross(strip, _union(first, piece), width_mm)


def _make_a_cross(strip: Strip, both: Piece, width_mm: float) -> bool:
    """Whether two pieces together are an X, one arm of which has come off."""
    pair = two_strokes(both.ink, *places_of(strip, both), width_mm)
    if pair is None or pair.covered < CROSS_COVERED or pair.misfit_mm > CROSS_MISFIT_MM:
        return False
    return all(ARM_SHARE < place < 1.0 - ARM_SHARE for place in pair.inside)


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


def places_of(strip: Strip, piece: Piece) -> tuple[FloatArray, FloatArray]:
    """Millimetres of a piece's columns along the line, and of its rows above it."""
    height, width = piece.ink.shape
    columns, rows = np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)
    return strip.x_mm(piece.left + columns), strip.y_mm(piece.top + rows)


def measured_rows(strip: Strip, piece: Piece) -> Rows:
    """A piece row by row."""
    return rows_of(piece.ink, *places_of(strip, piece), strip.mm_per_column)
