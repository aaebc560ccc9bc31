"""What on a strip is pen and not print.

The printed line and its ticks are known: where they stand was found on this very strip, and how
dark and thick they are is taken from the line's whole length. What is left after that is ink that
somebody or something added. Inside the line itself nothing can be told apart; that narrow core is
bridged, so that a stroke is one piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor

import cv2
import numpy as np
from numpy.typing import NDArray

from forms.layout import AnswerLine
from scanner.model.page import GreyPixels
from scanner.reading.creases import SAME_MM, Crease, crossings_mm, without_creases
from scanner.reading.fiducials import shrunk
from scanner.reading.robust import grey_percentiles, median, percentile, row_medians
from scanner.reading.streaks import Streaks
from scanner.reading.strip import Strip

DETECTION_NOISE = 6.0
"""Ink must stand out of the smoothed paper by so many standard deviations of its noise."""
DETECTION_FLOOR = 0.10
"""... and be at least this share as dark as the print: paper texture and show-through are fainter."""
SMOOTHING = 0.5
"""What is left of the noise after the smoothing: a little less than half where pixels are independent."""
PRINT_SPREAD = 4.0
"""Beside the printed line ink must also exceed the line's own edge by so many of its deviations."""
CORE = 0.45
"""Rows in which the line itself is darker than this are its core."""
HOPELESS = 0.7
"""Rows in which ink must use up more than this of what the print leaves to darken belong to the core too:
the ragged edge of the line on a scan in black and white."""
EDGE_MM = 0.6
"""Height above and below the line's edge in which its blurred edge may still be seen."""
OVERDRAWN_MM = 0.3
"""Where the line is thicker than usual by this, somebody drew along it (or a mark crosses it)."""
BLOCKS = 8
"""The line's profile is taken once per so many parts of its length: toner is not even."""
JOIN_MM = 0.25
"""Gaps in a stroke up to this are closed: a pen that skips, a pencil on rough paper."""
RAGGED_MM = 0.2
"""Ink beside the printed line's core that goes no further than this may be the line's own edge."""
RAGGED_BESIDE_MM = 0.45
"""... unless ink further out stands this close along the line: a slanted stroke."""
TICK_MARGIN_MM = 0.25
"""How far beside a printed end tick its blurred edge may still be seen ..."""
TICK_END_MARGIN_MM = 0.35
"""... and how far above and below it."""
STREAK_MARGIN_MM = 0.15
BESIDE_MM = 1.5
"""A streak along the line is looked at further than this from the line's ends ..."""
SHOWS_SHARE = 0.1
"""... and does no harm when it has ink on less of that."""


Box = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True)
class InkMap:
    """Ink that was not printed, on one strip."""

    depth: NDArray[np.uint8]
    """Grey levels by which each place is darker than the paper around it, print included, smoothed a
    little; shape (rows, columns)."""
    mask: NDArray[np.uint8]
    """1 where ink stands out; inside the line's core and the ticks always 0."""
    core_top: int
    """First row of the line's core."""
    core_bottom: int
    """First row below the core."""
    first: int
    """First column of the printed line."""
    last: int
    """First column right of it."""
    ticks: tuple[Box, Box]
    """Rows and columns that were taken out for the end ticks."""
    reach: int
    """Columns over which a gap in a stroke is closed."""
    threshold: float
    """Grey levels from which on a place of `depth` counts as ink."""
    contrast: float
    """Paper minus print, in grey levels."""
    noise: float
    """Standard deviation of the bare paper, in grey levels."""
    overdrawn: NDArray[np.bool_]
    """Columns of the strip in which the printed line is thicker than elsewhere."""
    streak_positions_mm: tuple[float, ...]
    """Where streaks cross the line, and creases that ink near them may be taken for."""
    overlaid_mm: tuple[float, ...]
    """Where creases cross the line under, or close to, a mark that is much darker."""

    def bridged(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A mask with small gaps closed, and the core filled in between what stands above and below it;
        for connecting only."""
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (self.reach | 1, self.reach | 1))
        joined = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc), dtype=np.uint8)
        bridged = _bridge(joined, self.core_top, self.core_bottom, self.first, self.last, self.reach)
        for rows, columns in self.ticks:
            _bridge_tick(bridged, rows, columns)
        return bridged


def ink_of(strip: Strip, answer: AnswerLine, streaks: Streaks, *, bilevel: bool) -> InkMap:
    """Separate what was added to a strip from what was printed on it. `bilevel`: the scan has no greys."""
    ground = _paper(strip.grey, round(strip.px_per_mm))
    depth = np.asarray(cv2.subtract(ground, strip.grey), dtype=np.uint8)
    axis = round(strip.axis_row)
    first, last = round(strip.column(1.0)), round(strip.column(99.0))
    half = max(1, round(answer.thickness_mm * strip.px_per_mm / 2) - 1)
    (contrast,) = grey_percentiles(depth[axis - half + 1 : axis + half, first:last:3].max(axis=0), 50.0)
    contrast = max(contrast, 10.0)
    noise = _noise(strip.grey, ground, contrast)
    smooth = np.asarray(cv2.GaussianBlur(depth, (3, 3), 0), dtype=np.uint8)
    threshold = max(DETECTION_FLOOR * contrast, DETECTION_NOISE * SMOOTHING * noise)

    lifted = without_creases(strip, answer, smooth, _above(smooth, threshold), threshold, contrast)
    smooth, mask = lifted.depth, lifted.mask
    core_top, core_bottom, overdrawn = _remove_line(strip, answer, smooth, contrast, threshold, mask)
    ticks = _remove_ticks(strip, answer, mask)
    streaks_mm = _remove_streaks(strip, streaks, lifted.creases, mask)
    creases_mm, overlaid_mm = crossings_mm(strip, lifted, mask)
    reach = max(1, round(JOIN_MM * strip.px_per_mm))
    if bilevel:
        _trim_ragged_edge(mask, core_top, core_bottom, strip.px_per_mm)
    return InkMap(
        smooth,
        mask,
        core_top,
        core_bottom,
        first,
        last,
        ticks,
        reach,
        threshold,
        contrast,
        noise,
        overdrawn,
        streaks_mm + creases_mm,
        overlaid_mm,
    )


def _above(depth: NDArray[np.uint8], threshold: float) -> NDArray[np.uint8]:
    """1 where whole grey levels exceed a threshold that need not be one."""
    return np.asarray(cv2.threshold(depth, floor(threshold), 1, cv2.THRESH_BINARY)[1], dtype=np.uint8)


def _paper(grey: GreyPixels, cell: int) -> GreyPixels:
    """Grey of the paper everywhere on a strip: slow changes (shadow, light) are not ink."""
    small, _ = shrunk(grey, len(grey) // cell)
    paper = cv2.blur(cv2.dilate(small, np.ones((5, 5), np.uint8)), (5, 5))
    ground = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(ground, dtype=np.uint8)


def _noise(grey: GreyPixels, ground: GreyPixels, contrast: float) -> float:
    """Standard deviation of the bare paper."""
    sample = ground[::5, ::9].astype(np.float32) - grey[::5, ::9]
    paper = np.sort(sample[sample < 0.3 * contrast])
    if paper.size < 100:
        return contrast
    tenth, middle, ninth = (percentile(paper, percent) for percent in (10.0, 50.0, 90.0))
    # The darker side counts by itself: the specks of a dithered page are few, and all dark.
    tail = float(max(ninth - middle, middle - tenth)) / 1.2816
    return max(1.4826 * median(np.abs(paper - middle)), tail)


def _remove_line(
    strip: Strip,
    answer: AnswerLine,
    depth: NDArray[np.uint8],
    contrast: float,
    threshold: float,
    mask: NDArray[np.uint8],
) -> tuple[int, int, NDArray[np.bool_]]:
    """Take the printed line out of the mask; return its core's rows and where it is thicker."""
    reach = answer.thickness_mm / 2 + EDGE_MM
    top, bottom = round(strip.row(reach)), round(strip.row(-reach)) + 1
    first, last = round(strip.column(0.0)), round(strip.column(100.0)) + 1
    near = depth[top:bottom, first:last] / np.float32(contrast)
    edges = np.linspace(0, last - first, BLOCKS + 1).astype(int)
    profiles = np.stack([row_medians(near[:, a:b:2]) for a, b in pairwise(edges)])
    whole = row_medians(profiles.T)
    # A block in which somebody drew along the line must not take that for print.
    shifted = np.maximum(whole, np.maximum(np.roll(whole, 1), np.roll(whole, -1)))
    profiles = np.minimum(profiles, 1.1 * shifted + 0.08)
    for (a, b), profile in zip(pairwise(edges), profiles, strict=True):
        near[:, a:b] -= profile[:, None]
    spread = 1.4826 * row_medians(np.abs(near[:, ::5]))
    limit = np.maximum(threshold / contrast, PRINT_SPREAD * spread)
    mask[top:bottom, first:last] = near > limit[:, None]
    core = np.flatnonzero((whole > CORE * max(float(whole.max()), 0.2)) | (limit > HOPELESS * (1.0 - whole)))
    if not len(core):  # The print is hardly there: its place is known all the same.
        core = np.array([round(strip.axis_row) - top])
    core_top, core_bottom = top + int(core[0]), top + int(core[-1]) + 1
    mask[core_top:core_bottom, first:last] = 0
    excess = near.clip(-1.0, 1.0).sum(axis=0) / strip.px_per_mm
    excess = cv2.blur(excess[None, :], (round(3 * strip.px_per_mm), 1))[0]
    usual = median(excess)
    wobble = 1.4826 * median(np.abs(excess - usual))
    overdrawn = np.zeros(mask.shape[1], dtype=bool)
    overdrawn[first:last] = excess > usual + max(OVERDRAWN_MM, PRINT_SPREAD * wobble)
    return core_top, core_bottom, overdrawn


def _trim_ragged_edge(mask: NDArray[np.uint8], core_top: int, core_bottom: int, px_per_mm: float) -> None:
    """Take off ink that only hugs the line: on a scan in black and white its edge goes in steps.

    What a mark itself has there stands under, or over, ink that is further from the line.
    """
    height, beside = round(RAGGED_MM * px_per_mm), 2 * round(RAGGED_BESIDE_MM * px_per_mm) + 1
    kernel = np.ones((1, beside), np.uint8)
    for rows, beyond in (
        (slice(core_top - height, core_top), slice(core_top - height - 2, core_top - height)),
        (slice(core_bottom, core_bottom + height), slice(core_bottom + height, core_bottom + height + 2)),
    ):
        supported = cv2.dilate(mask[beyond].max(axis=0)[None, :], kernel)
        mask[rows] &= np.asarray(supported, dtype=np.uint8)


def _remove_ticks(strip: Strip, answer: AnswerLine, mask: NDArray[np.uint8]) -> tuple[Box, Box]:
    """Take the end ticks out of the mask; return where they were."""
    half_width = answer.tick_thickness_mm / 2 + TICK_MARGIN_MM
    half_height = answer.tick_height_mm / 2 + TICK_END_MARGIN_MM
    top, bottom = round(strip.row(half_height)), round(strip.row(-half_height)) + 1
    boxes = []
    for end_mm in (0.0, 100.0):
        left, right = round(strip.column(end_mm - half_width)), round(strip.column(end_mm + half_width)) + 1
        mask[top:bottom, left:right] = 0
        boxes.append((slice(top, bottom), slice(left, right)))
    return boxes[0], boxes[1]


def _remove_streaks(
    strip: Strip, streaks: Streaks, creases: tuple[Crease, ...], mask: NDArray[np.uint8]
) -> tuple[float, ...]:
    """Take streaks out of the mask; return where they cross the line, in millimetres along it.

    A faint one along the line that was lifted off the strip as a crease has left the mask already.
    """
    if not streaks.found:
        return ()
    to_strip = np.linalg.inv(strip.to_page)
    positions = []
    for streak in streaks.found:
        ends = np.array([[*streak.start_px, 1.0], [*streak.end_px, 1.0]]) @ to_strip.T
        (x0, y0), (x1, y1) = (ends[:, :2] / ends[:, 2:]).tolist()
        scale = float(np.hypot(x1 - x0, y1 - y0)) / max(
            1.0, float(np.hypot(*(np.subtract(streak.end_px, streak.start_px))))
        )
        width = streak.width_px * scale + 2 * STREAK_MARGIN_MM * strip.px_per_mm
        reach = SAME_MM * strip.px_per_mm + width
        if any(not c.upright and c.is_line((x0, y0), (x1, y1), reach) for c in creases):
            continue
        level = max(abs(y0 - strip.axis_row), abs(y1 - strip.axis_row)) < 5.0 * strip.px_per_mm
        shows = level and _shows_beside(strip, mask, (y0 + y1) / 2, width)
        cv2.line(mask, (round(x0), round(y0)), (round(x1), round(y1)), 0, max(1, round(width)))
        if (y0 - strip.axis_row) * (y1 - strip.axis_row) <= 0 and y0 != y1:
            x = x0 + (strip.axis_row - y0) / (y1 - y0) * (x1 - x0)
            positions.append(float(strip.x_mm(x)))
        elif shows:
            # It runs along the line: everywhere near it.
            positions.extend(float(p) for p in range(101))
    return tuple(p for p in positions if -8.0 <= p <= 108.0)


def _shows_beside(strip: Strip, mask: NDArray[np.uint8], row: float, width: float) -> bool:
    """Whether a level streak is dark enough for ink beside an end of the line: else it cannot be a mark."""
    rows = slice(max(0, round(row - width)), round(row + width) + 1)
    ends = mask[rows, : round(strip.column(-BESIDE_MM))], mask[rows, round(strip.column(100.0 + BESIDE_MM)) :]
    return any(float(end.any(axis=0).mean()) > SHOWS_SHARE for end in ends)


def _bridge_tick(bridged: NDArray[np.uint8], rows: slice, columns: slice) -> None:
    """Close the gap that a tick's removal left in a mark that crosses it, in place."""
    gap = columns.stop - columns.start
    around = bridged[
        rows.start - gap : rows.stop + gap, max(0, columns.start - 2 * gap) : columns.stop + 2 * gap
    ]
    if not around.any():
        return
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap + 3, gap + 3))
    around |= np.asarray(cv2.morphologyEx(around, cv2.MORPH_CLOSE, disc), dtype=np.uint8)


def _bridge(
    mask: NDArray[np.uint8], core_top: int, core_bottom: int, first: int, last: int, reach: int
) -> NDArray[np.uint8]:
    """Fill the core under whatever ink touches it from above or below, a little wider for slanted strokes."""
    bridged = mask.copy()
    # What the core hides is not seen to slant: the higher the core, the further apart its two sides may lie.
    reach += (core_bottom - core_top) // 2
    kernel = np.ones((1, 2 * reach + 1), np.uint8)
    above = mask[core_top - 2 : core_top, first:last].max(axis=0)
    below = mask[core_bottom : core_bottom + 2, first:last].max(axis=0)
    touched = cv2.dilate(np.maximum(above, below)[None, :], kernel)[0]
    bridged[core_top:core_bottom, first:last] = np.maximum(bridged[core_top:core_bottom, first:last], touched)
    return bridged
