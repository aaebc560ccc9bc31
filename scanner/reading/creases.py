"""Find folds of the paper on a strip, and take their shade out of its ink.

A crease is a faint straight line that goes on to both ends of the strip, out into the margins where no
hand draws, with the soft shade of the paper's slopes beside it. Its profile (how dark the paper is at
which distance from it) is the same all along it, as that of the printed line is; what is darker than that
anywhere is ink that lies over it. So nothing of a pen is lost, and what crosses a crease stays whole.

On a scan in black and white a crease has no greys that tell it from a pen: there it stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from forms.layout import AnswerLine
from scanner.reading.crease_lines import (
    DARKEST,
    LEVEL,
    NEAR_MM,
    UPRIGHT,
    Levels,
    Parts,
    Scale,
    Straight,
    quantile,
    straight_crease,
)
from scanner.reading.mapping import FloatArray
from scanner.reading.strip import Strip

MARGIN_MM = 4.0
"""Height of the strip's uppermost and lowest part, and width of its outermost ones, that a crease reaches."""
MARGIN_INK_MM2 = 0.05
"""Without so much ink at both ends nothing runs through the strip."""
REACH_MM, FADE_MM = 12.0, 3.0
"""The slopes beside a crease go no further than this; there what is left of them fades out."""
PROFILE_SHARE = 0.4
"""The shade at a distance from the crease is what this share of its length does not exceed."""
VISIBLE_MM = 4.0
"""Length on which a distance must be seen beside print to be known."""
SAMPLES = 240
"""Rows, about, from which the profile is taken."""
SPREAD = 4.0
"""Ink on a crease exceeds its usual unevenness by so many deviations."""
MOST = 3
"""Creases one way on a strip."""
DARKER = 1.2
"""Ink so many times as dark as a crease, and that beyond what the crease adds to it, is no part of it."""
MARK_MM = 3.0
"""Ink this close to where a crease crosses the line may be of a mark on it."""
SAME_MM = 0.8
"""A streak of the page this close to a crease of the strip is that crease."""
PRINT_EDGE_MM = 0.6
"""So far the print's edges are blurred, and it is drawn over."""


@dataclass(frozen=True)
class Crease:
    """A straight line through the whole strip: across = offset_px + slope * along, in its pixels."""

    upright: bool
    """From top to bottom, so that `along` are rows; else from left to right."""
    offset_px: float
    slope: float
    middle_px: float
    """Half of the strip's length its way."""
    depth: float
    """Grey levels by which it is darker than the paper, where it is darkest."""

    def across_px(self, along_px: FloatArray | float) -> FloatArray:
        """Column (of an upright crease) or row at a row (or column)."""
        return np.asarray(self.offset_px + self.slope * np.asarray(along_px, np.float64), np.float64)

    def is_line(self, start_px: tuple[float, float], end_px: tuple[float, float], within_px: float) -> bool:
        """Whether a longer straight line, by its ends (column, row) on the strip, is this crease."""
        (x0, y0), (x1, y1) = start_px, end_px
        ends = ((x0, y0), (x1, y1)) if self.upright else ((y0, x0), (y1, x1))
        (across, along), (other_across, other_along) = ends
        if abs(other_along - along) < abs(other_across - across):
            return False
        slope = (other_across - across) / (other_along - along)
        middle = self.middle_px
        off = across + slope * (middle - along) - float(self.across_px(middle))
        return abs(off) < within_px


@dataclass(frozen=True)
class Lifted:
    """A strip's ink without its creases."""

    depth: Levels
    """Grey levels of ink, the creases' shade subtracted; shape (rows, columns)."""
    mask: Levels
    """1 where ink stands out."""
    creases: tuple[Crease, ...]


def without_creases(
    strip: Strip, answer: AnswerLine, depth: Levels, mask: Levels, threshold: float, contrast: float
) -> Lifted:
    """Take all creases out of a strip's ink. `depth` and `mask` still have the print in them.

    `threshold` and `contrast` are in grey levels, as in `InkMap`. Without creases the arrays come back as
    they are.
    """
    ways = [
        upright
        for upright, turned in ((False, mask.T), (True, mask))
        if _reaches_both(turned, strip.px_per_mm)
    ]
    if not ways:
        return Lifted(depth, mask, ())
    scale = Scale(strip.px_per_mm, threshold, contrast)
    there = _print_of(strip, answer)
    found: list[Crease] = []
    for upright in ways:
        turned, hidden = (a if upright else np.ascontiguousarray(a.T) for a in (depth, there))
        limit = np.full(turned.shape, min(255.0, np.floor(threshold)), np.uint8)
        creases: list[Crease] = []
        while len(creases) < MOST and _reaches_both(turned > limit, strip.px_per_mm):
            line = straight_crease(turned, hidden, scale, UPRIGHT if upright else LEVEL)
            if line is None:
                break
            lifted = _lift(turned, hidden, line, scale, limit)
            if lifted is None:
                break
            turned, darkest = lifted
            creases.append(Crease(upright, *line, (len(turned) - 1) / 2, darkest))
        if creases:
            inked = (turned > limit).view(np.uint8)
            depth, kept = (a if upright else np.ascontiguousarray(a.T) for a in (turned, inked))
            mask = mask & kept
            found += creases
    return Lifted(depth, mask, tuple(found))


def crossings_mm(strip: Strip, lifted: Lifted, mask: Levels) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Where creases cross the answer line, in millimetres along it: where a mark may be one, and where not.

    `mask` is the ink without print. A mark is no crease where ink that is much darker lies on the crease or
    near it.
    """
    maybe: list[float] = []
    overlaid: list[float] = []
    for crease in lifted.creases:
        if crease.upright:
            column = float(crease.across_px(strip.axis_row))
            darker = _darker_ink(strip, lifted.depth, mask, column, DARKER * crease.depth)
            (overlaid if darker else maybe).append(float(strip.x_mm(column)))
    return tuple(maybe), tuple(overlaid)


def _darker_ink(strip: Strip, depth: Levels, mask: Levels, column: float, levels: float) -> bool:
    """Whether the ink of the line that is close to a column is mostly darker than so many grey levels."""
    reach = MARK_MM * strip.px_per_mm
    rows = slice(round(strip.axis_row - reach), round(strip.axis_row + reach) + 1)
    columns = slice(max(0, round(column - reach)), max(0, round(column + reach) + 1))
    ink = depth[rows, columns][mask[rows, columns] > 0]
    return bool(ink.size) and float(np.median(ink)) > levels


def _reaches_both(mask: NDArray[np.generic], px_per_mm: float) -> bool:
    """Whether there is ink at the first and at the last rows, so that a closer look is worth it."""
    margin, least = round(MARGIN_MM * px_per_mm), MARGIN_INK_MM2 * px_per_mm**2
    return all(np.count_nonzero(end) >= least for end in (mask[:margin], mask[-margin:]))


def _print_of(strip: Strip, answer: AnswerLine) -> Levels:
    """1 where the printed line and its ticks are, with their blurred edges."""
    there = np.zeros(strip.grey.shape, np.uint8)

    def fill(left_mm: float, right_mm: float, half_mm: float) -> None:
        rows = slice(round(strip.row(half_mm)), round(strip.row(-half_mm)) + 1)
        there[rows, round(strip.column(left_mm)) : round(strip.column(right_mm)) + 1] = 1

    fill(-PRINT_EDGE_MM, 100.0 + PRINT_EDGE_MM, answer.thickness_mm / 2 + PRINT_EDGE_MM)
    half_mm = answer.tick_thickness_mm / 2 + PRINT_EDGE_MM
    for end_mm in (0.0, 100.0):
        fill(end_mm - half_mm, end_mm + half_mm, answer.tick_height_mm / 2 + PRINT_EDGE_MM)
    return there


# From here on a crease runs down the picture: a level one has been turned. Arrays have shape (along, across).


def _lift(
    depth: Levels, hidden: Levels, line: Straight, scale: Scale, limit: Levels
) -> tuple[Levels, float] | None:
    """The picture without a crease's shade, and how dark that is at most; None when a pen drew the line.

    Where the crease is uneven `limit` is raised, in place.
    """
    (offset, slope), height = line, len(depth)
    reach, step = round(REACH_MM * scale.px_per_mm), max(1, height // SAMPLES)
    upright = np.array([[1.0, slope * step, offset - reach], [0.0, float(step), 0.0]])
    size, flags = (2 * reach + 1, height // step), cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    values = np.asarray(cv2.warpAffine(depth, upright, size, flags=flags), np.float32)
    covered = cv2.warpAffine(hidden, upright, size, flags=flags, borderValue=(1,))
    values[np.asarray(covered) > 0] = np.nan
    shade, uneven = _profile(values, VISIBLE_MM * scale.px_per_mm / step, FADE_MM * scale.px_per_mm)
    near = round(NEAR_MM * scale.px_per_mm)
    darkest = float(shade[reach - near : reach + near + 1].max())
    if darkest > DARKEST * scale.contrast:
        return None
    slanted = np.array([[1.0, -slope, reach - offset], [0.0, 1.0, 0.0]])

    def laid(profile: FloatArray) -> Levels:
        band = np.repeat(np.rint(profile).clip(0, 255).astype(np.uint8)[None, :], height, axis=0)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(band, slanted, (depth.shape[1], height), flags=flags), np.uint8)

    if uneven.max() > scale.threshold:
        np.maximum(limit, laid(uneven), out=limit)
    return np.asarray(cv2.subtract(depth, laid(shade)), np.uint8), darkest


def _profile(values: Parts, least: float, fade: float) -> tuple[FloatArray, FloatArray]:
    """Depth of a crease's shade at every distance from it, and to what depth it may be mere unevenness.

    `values` has a column for every distance, NaN where it is hidden; a column with fewer numbers than
    `least` is told by its neighbours. In the outermost `fade` columns the shade fades out.
    """
    columns = values.T
    known = (~np.isnan(columns)).sum(axis=1) >= least
    if not known.any():
        return np.zeros(len(known)), np.zeros(len(known))
    shade = quantile(columns, PROFILE_SHARE)
    spread = 1.4826 * quantile(np.abs(columns - shade[:, None]), 0.5)
    places = np.arange(len(known))
    shade, spread = (np.interp(places, places[known], value[known]) for value in (shade, spread))
    return shade * np.minimum(1.0, np.minimum(places, places[::-1]) / fade), SPREAD * spread
