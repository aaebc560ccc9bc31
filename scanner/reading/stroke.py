"""One stroke across the line: where its axis crosses, how straight it is, and how its halves agree."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scanner.model.reading import MarkKind
from scanner.reading.robust import median, parabola, percentile, weighted_mean
from scanner.reading.shapes import LOCAL_MM, Axis, Rows, axis_of

NEAR_MM = 1.5
"""Height above and below the line within which ink is near it."""
BENT_MM = 0.08
"""A stroke whose ink strays further from its axis than this is bent."""
MIN_ROWS = 8
"""Rows that an axis needs to be sure of its direction."""


@dataclass(frozen=True)
class Shape:
    """What a piece of ink is taken for."""

    kind: MarkKind
    position_mm: float
    height_mm: float
    slope: float
    disagreement_mm: float
    straightness_mm: float
    misfit_mm: float
    """How far the outermost of its ink lies from the strokes that the kind is made of."""
    hole_mm2: float
    crossing_deg: float = 0.0
    """Angle between the strokes of a cross."""
    centring: float = 0.0
    """How near the middle of its strokes a cross has its intersection, 0 to 0.5."""


def stroke_of(rows: Rows) -> Shape | None:
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
    return Shape(
        MarkKind.STROKE, axis.position_mm, 0.0, axis.slope, apart, axis.deviation_mm, _misfit(rows), 0.0
    )


def _misfit(rows: Rows) -> float:
    """How far the ink's edges stray from an evenly bent stroke of its usual width."""
    half = median(rows.right_mm - rows.left_mm) / 2
    middle, _ = parabola(rows.y_mm, rows.centre_mm)
    stray = np.maximum(middle - rows.left_mm, rows.right_mm - middle) - half
    return max(0.0, percentile(stray, 97.0))


def _disagreement(rows: Rows, local: NDArray[np.bool_], axis: Axis, halves: list[Axis | None]) -> float:
    """How far the parts above and below the line, each with the common slope, lie apart on the line."""
    places = []
    for side, half in zip((rows.y_mm > 0, rows.y_mm < 0), halves, strict=True):
        if half is not None:
            chosen = local & side
            shifted = rows.centre_mm[chosen] - axis.slope * rows.y_mm[chosen]
            places.append(weighted_mean(shifted, rows.ink_mm[chosen]))
    return abs(places[0] - places[1]) if len(places) == 2 else 0.0
