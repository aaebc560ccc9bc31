"""What people also do at the edges of an answer line: beside it, past its ends, on its end ticks, nothing.

The same places and rules as in `marks`.
"""

from __future__ import annotations

import numpy as np

from calibration.synthesis.marks import Mark, Writer, stroke
from calibration.synthesis.strokes import Stroke, ring, straight
from calibration.truth import DrawnKind, Expected

OFF_LINE_TAKEN_MM = 1.5
"""A mark that ends less than this short of the line may be taken."""
PAST_END_TAKEN_MM = 2.0
"""A mark up to this far past an end means that end."""
_HALF_PRINT_MM = 0.25
"""More than half the thickness of any printed answer line."""


def blank(writer: Writer, at_mm: float) -> Mark:
    """Nothing at all."""
    return Mark(DrawnKind.BLANK, (), None, Expected.REVIEW)


def off_above(writer: Writer, at_mm: float) -> Mark:
    """A mark that ends 0.05 to 4 mm above the line; its foot is at `at_mm`."""
    return _off_line(writer, at_mm, DrawnKind.OFF_ABOVE)


def off_below(writer: Writer, at_mm: float) -> Mark:
    """A mark that stays 0.05 to 4 mm below the line; its foot is at `at_mm`."""
    return _off_line(writer, at_mm, DrawnKind.OFF_BELOW)


def _off_line(writer: Writer, at_mm: float, kind: DrawnKind) -> Mark:
    rng = writer.rng
    gap_mm = rng.uniform(0.05, 1.5) if writer.happens(0.5) else rng.uniform(1.5, 4.0)
    side = -1 if kind is DrawnKind.OFF_ABOVE else 1
    line = _beside(writer, side)
    nearest = int(np.argmin(side * line.points_mm[:, 1]))
    foot_mm, level_mm = line.points_mm[nearest]
    # The ink, not the middle of the tip, stays clear of the print.
    clear_mm = gap_mm + _HALF_PRINT_MM + 0.65 * writer.pen.width_mm
    moved = line.moved(at_mm - float(foot_mm), side * clear_mm - float(level_mm))
    taken = Expected.EITHER if gap_mm < OFF_LINE_TAKEN_MM else Expected.REVIEW
    return Mark(kind, (moved,), writer.share(at_mm), taken)


def _beside(writer: Writer, side: int) -> Stroke:
    """A mark on one side of the level y = 0: a stroke, long or short, a point, or a wedge."""
    rng = writer.rng
    manner = rng.choice(3, p=(0.75, 0.1, 0.15))
    if manner == 0:
        lean = np.tan(np.radians(writer.slant_deg(-15, 15)))
        length = rng.uniform(0.8, 2.0) if writer.happens(0.2) else rng.uniform(2.0, 6.0)
        return writer.draw(straight((0, 0), (-side * lean * length, side * length)))
    if manner == 1:
        radius = rng.uniform(0.1, 0.4)
        return writer.draw(ring((radius, radius), rng.uniform(0, 360), 540))
    half, height = rng.uniform(0.7, 1.6), rng.uniform(1.8, 3.5)
    return writer.draw(np.array([(-half, side * height), (0, 0), (half, side * height)]))


def past_end(writer: Writer, at_mm: float) -> Mark:
    """A stroke past the nearer end: up to 1.8 mm means that end, from 2.6 to 6 mm nobody can say."""
    rng = writer.rng
    chance = rng.random()
    if chance < 0.6:
        beyond, taken = rng.uniform(0.5, 1.8), Expected.ACCEPT
    elif chance < 0.7:
        beyond, taken = rng.uniform(1.8, 2.6), Expected.EITHER
    else:
        beyond, taken = rng.uniform(2.6, 6.0), Expected.REVIEW
    at_left = at_mm < writer.line_mm / 2
    strokes = stroke(writer, -beyond if at_left else writer.line_mm + beyond, writer.slant_deg(-12, 12))
    return Mark(DrawnKind.PAST_END, strokes, 0.0 if at_left else 100.0, taken)


def on_end(writer: Writer, at_mm: float) -> Mark:
    """A stroke on the nearer end tick: along it or leaning across it."""
    at_left = at_mm < writer.line_mm / 2
    end_mm = (0.0 if at_left else writer.line_mm) + writer.rng.uniform(-0.3, 0.3)
    strokes = stroke(writer, end_mm, writer.slant_deg(-25, 25))
    return Mark(DrawnKind.ON_END, strokes, float(np.clip(writer.share(end_mm), 0, 100)), Expected.EITHER)
