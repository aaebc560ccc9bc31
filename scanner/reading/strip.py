"""Cut out one answer line and lay it straight: the printed line itself is the last reference.

The page's mapping brings a strip to within a millimetre or so; paper feeds unevenly, so the printed
line and its two end ticks are then found on the strip, and every later measure is relative to them.

Coordinates on a strip: columns are `x_mm`, 0 at the left end and 100 at the right end of the line
as found; rows are `y_mm`, 0 on the line's axis, up positive.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from forms.layout import AnswerLine
from scanner.model.page import GreyPixels
from scanner.reading.mapping import MM_PER_INCH, FloatArray, PaperToPixel
from scanner.reading.robust import grey_percentiles, median, percentile, row_medians

FINE_PX_PER_MM = 10.0
"""Sampling of a strip from scans of 220 dpi and more."""
COARSE_PX_PER_MM = 8.0
SEARCH_Y_MM = 4.5
"""How far above and below its expected place the printed line is looked for."""
SEARCH_TICK_MM = 2.0
"""How far beside its expected place an end tick is looked for."""
MAX_BEND_PX = 0.1
"""How far a strip's fourth corner may lie off the plane through the other three."""
MIN_CLARITY = 0.15
"""A tick less clear than this is not seen at all."""
SQUEEZE = 4
"""To find the line's height, every fourth column is enough."""
BLOCK_MM = 2.0
"""The line's height is taken once per so much of its length."""

_SQUEEZE = np.array([[SQUEEZE, 0.0, (SQUEEZE - 1) / 2], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])

Darkness = NDArray[np.float32]
"""Ink on a strip: 0 paper, 1 as dark as the printed line; shape (rows, columns)."""


@dataclass(frozen=True)
class LineFound:
    """How the printed line was found on its strip."""

    left_px: float
    """Column of the left end."""
    right_px: float
    left_tick: float
    """How well the tick was seen, 0 to 1."""
    right_tick: float
    line_share: float
    """Share of the line's length on which it was seen."""
    shift_mm: float
    """How far the line lies above or below its expected place, at the worst end."""
    length_ratio: float
    """Distance of the ticks against what the page's mapping promises."""


@dataclass(frozen=True)
class Strip:
    """One answer line, laid straight."""

    grey: GreyPixels
    px_per_mm: float
    axis_row: float
    """Row of the printed line's axis."""
    found: LineFound
    to_page: FloatArray
    """Homography, shape (3, 3), from strip pixels to page pixels."""

    @property
    def mm_per_column(self) -> float:
        return 100.0 / (self.found.right_px - self.found.left_px)

    def x_mm(self, columns: FloatArray | float) -> FloatArray:
        """Place along the line, 0 to 100 between its ends."""
        return (np.asarray(columns, dtype=np.float64) - self.found.left_px) * self.mm_per_column

    def y_mm(self, rows: FloatArray | float) -> FloatArray:
        """Height above the line's axis."""
        return (self.axis_row - np.asarray(rows, dtype=np.float64)) / self.px_per_mm

    def column(self, x_mm: float) -> float:
        return self.found.left_px + x_mm / self.mm_per_column

    def row(self, y_mm: float) -> float:
        return self.axis_row - y_mm * self.px_per_mm


def cut_strip(pixels: GreyPixels, mapping: PaperToPixel, answer: AnswerLine) -> Strip:
    """Cut the zone of an answer line from the page, straight along the printed line as found."""
    dpi = mapping.px_per_mm(answer.line.start.x_mm, answer.line.start.y_mm) * MM_PER_INCH
    px_per_mm = FINE_PX_PER_MM if dpi >= 220 else COARSE_PX_PER_MM
    zone, line = answer.zone, answer.line
    band_to_page = mapping.matrix @ _to_paper(zone.x_mm, line.start.y_mm - SEARCH_Y_MM, px_per_mm)
    width = round(zone.width_mm * px_per_mm)
    squeezed = _warp(pixels, band_to_page @ _SQUEEZE, width // SQUEEZE, round(2 * SEARCH_Y_MM * px_per_mm))
    left = (line.start.x_mm - zone.x_mm) * px_per_mm - 0.5
    right = (line.end.x_mm - zone.x_mm) * px_per_mm - 0.5
    offset, slope, share = _line_in_band(
        darkness_of(squeezed), left, right, answer.thickness_mm * px_per_mm, px_per_mm
    )

    # Lay the zone straight along the line that was found: row = axis + slope * column there is level here.
    height = round(zone.height_mm * px_per_mm)
    axis_row = (height - 1) / 2
    shear = np.array([[1.0, 0.0, 0.0], [slope, 1.0, offset - axis_row], [0.0, 0.0, 1.0]])
    to_page = band_to_page @ shear
    grey = _warp(pixels, to_page, width, height)
    left_px, left_tick = _find_tick(grey, axis_row, left, answer, px_per_mm)
    right_px, right_tick = _find_tick(grey, axis_row, right, answer, px_per_mm)
    middle = (len(squeezed) - 1) / 2
    shift_px = max(abs(offset + slope * left - middle), abs(offset + slope * right - middle))
    found = LineFound(
        left_px,
        right_px,
        left_tick,
        right_tick,
        share,
        shift_px / px_per_mm,
        (right_px - left_px) / (right - left),
    )
    return Strip(grey, px_per_mm, axis_row, found, to_page)


def darkness_of(grey: GreyPixels) -> Darkness:
    """Rough ink of a small picture, scaled between its paper and its darkest print."""
    return np.asarray(cv2.LUT(grey, _ink_of_greys(grey)), dtype=np.float32)


def _ink_of_greys(grey: GreyPixels) -> Darkness:
    """How much ink each of the 256 greys is, between the paper and the darkest print of a picture."""
    paper, black = grey_percentiles(grey[:, ::3], 75.0, 0.5)
    ink = (np.float32(paper) - np.arange(256, dtype=np.float32)) / np.float32(max(paper - black, 8.0))
    return np.asarray(ink.clip(0.0, 1.0), dtype=np.float32)


def _to_paper(left_mm: float, top_mm: float, px_per_mm: float) -> FloatArray:
    """From strip pixels (centres at whole numbers) to paper."""
    step = 1.0 / px_per_mm
    return np.array([[step, 0.0, left_mm + step / 2], [0.0, step, top_mm + step / 2], [0.0, 0.0, 1.0]])


def _warp(pixels: GreyPixels, to_page: FloatArray, width: int, height: int) -> GreyPixels:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    affine = _affine(to_page, width, height)
    if affine is not None:
        warped = cv2.warpAffine(pixels, affine, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    else:
        warped = cv2.warpPerspective(
            pixels, to_page, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
    return np.asarray(warped, dtype=np.uint8)


def _affine(to_page: FloatArray, width: int, height: int) -> FloatArray | None:
    """The affine mapping through three corners of a strip where it also holds at the fourth.

    It does on every scan (only a photograph has perspective within a strip), and is much faster.
    """
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], dtype=np.float64)
    places = PaperToPixel(to_page).to_pixels(corners)
    right, down = (places[1] - places[0]) / (width - 1), (places[2] - places[0]) / (height - 1)
    fourth = places[0] + right * (width - 1) + down * (height - 1)
    if float(np.abs(fourth - places[3]).max()) > MAX_BEND_PX:
        return None
    return np.stack([right, down, places[0]], axis=1)


def _line_in_band(
    band: Darkness, left: float, right: float, thickness_px: float, px_per_mm: float
) -> tuple[float, float, float]:
    """Row of the printed line as offset + slope * column, and the share of it that was seen.

    `band` has a column for every `SQUEEZE` columns of the strip; `left`, `right` and the result are in
    columns of the strip.
    """
    block = max(2, round(BLOCK_MM * px_per_mm / SQUEEZE))
    first, count = round(left / SQUEEZE) + block // 2, int((right - left) / SQUEEZE / block) - 1
    inner = band[:, first : first + count * block]
    profiles = cv2.resize(inner, (count, len(band)), interpolation=cv2.INTER_AREA)
    size = max(1, round(thickness_px)) | 1  # odd: an even box would shift the line by half a pixel
    smooth = np.asarray(cv2.blur(profiles, (1, size), borderType=cv2.BORDER_CONSTANT), dtype=np.float32)
    columns = np.asarray((first + (np.arange(count) + 0.5) * block) * SQUEEZE - 0.5, dtype=np.float64)

    start = _rough_row(smooth, px_per_mm)
    reach = round(1.2 * px_per_mm)
    rows = _peak_rows(smooth, np.full(count, float(start)), reach, size)
    offset, slope = _robust_line(columns, rows)
    expected = np.asarray(offset + slope * columns, dtype=np.float64)
    rows = _peak_rows(smooth, expected, round(0.5 * px_per_mm), size)
    offset, slope = _robust_line(columns, rows)
    near = np.abs(rows - offset - slope * columns) < 0.25 * px_per_mm
    peak = smooth[np.clip(np.round(rows).astype(int), 0, len(smooth) - 1), np.arange(count)]
    seen = near & (peak > 0.35 * percentile(peak, 75.0)) & (peak > 0.1)
    return offset, slope, float(np.count_nonzero(seen) / count)


def _rough_row(smooth: Darkness, px_per_mm: float) -> int:
    """Where most blocks are dark, with a mild preference for the expected place."""
    size = max(1, round(0.6 * px_per_mm)) | 1
    widened = cv2.dilate(smooth, np.ones((size, 1), np.uint8))
    score = row_medians(np.asarray(widened, dtype=np.float32)) + 0.5 * widened.mean(axis=1)
    middle = (len(score) - 1) / 2
    score = score - 0.1 * np.abs(np.arange(len(score)) - middle) / middle
    best = np.flatnonzero(score >= score.max() - 1e-6)
    return int(best[len(best) // 2])


def _peak_rows(smooth: Darkness, around: FloatArray, reach: int, size: int) -> FloatArray:
    """Sub-pixel row of the darkest place of every block, within `reach` rows of `around`."""
    columns = np.arange(smooth.shape[1])
    nearby = np.ceil(around - reach).astype(int) + np.arange(2 * reach + 1)[:, None]
    inside = (nearby >= 0) & (nearby < len(smooth)) & (nearby <= around + reach)
    values = np.where(inside, smooth[nearby.clip(0, len(smooth) - 1), columns], -1.0)
    peak = nearby[values.argmax(axis=0), columns]

    nearby = peak + np.arange(-size - 1, size + 2)[:, None]
    inside = (nearby >= 0) & (nearby < len(smooth))
    values = smooth[nearby.clip(0, len(smooth) - 1), columns]
    # Rows beyond the picture are copies of its edge here, and so leave the lowest value as it is.
    weight = np.where(inside, values - values.min(axis=0), 0.0)
    total = weight.sum(axis=0)
    centre = (weight * nearby).sum(axis=0) / np.maximum(total, 1e-6)
    return np.asarray(np.where(total > 1e-6, centre, peak), dtype=np.float64)


def _robust_line(columns: FloatArray, rows: FloatArray) -> tuple[float, float]:
    """Line through most points: the best of many pairs (least median of squares), then least squares."""
    half = len(columns) // 2
    slopes = (rows[half:] - rows[: len(rows) - half]) / (columns[half:] - columns[: len(columns) - half])
    slope = median(slopes)
    offset = median(rows - slope * columns)
    every = False
    for limit in (3.0, 1.5, 1.0):
        kept = np.abs(rows - offset - slope * columns) <= limit
        count = np.count_nonzero(kept)
        if every and count == len(kept):
            continue  # The same points make the same line.
        every = count == len(kept)
        if count >= 4:
            x, y = columns[kept], rows[kept]
            mean_x, mean_y = float(x.sum()) / len(x), float(y.sum()) / len(y)
            away = x - mean_x
            slope = float(away @ y) / max(float(away @ away), 1e-9)
            offset = mean_y - slope * mean_x
    return offset, slope


def _find_tick(
    grey: GreyPixels, axis_row: float, expected: float, answer: AnswerLine, px_per_mm: float
) -> tuple[float, float]:
    """Column and clarity (0 to 1) of an end tick; the expected column where none is seen."""
    half, bare = answer.tick_height_mm / 2, answer.thickness_mm / 2 + 0.25
    reach = SEARCH_TICK_MM * px_per_mm
    start = max(0, round(expected - 1.5 * reach))
    around = grey[:, start : round(expected + 1.5 * reach)]
    top = max(0, round(axis_row - (half + 1.6) * px_per_mm))
    ink = cv2.LUT(around[top : round(axis_row + (half + 1.6) * px_per_mm) + 1], _ink_of_greys(around))

    def mean(top_mm: float, bottom_mm: float) -> FloatArray:
        first, last = (round(axis_row - y * px_per_mm) - top for y in (top_mm, bottom_mm))
        return np.asarray(cv2.reduce(ink[first : last + 1], 0, cv2.REDUCE_AVG)[0], dtype=np.float64)

    # A tick is dark above and below the line, and ends where it was printed to end: a pen goes on.
    both = np.minimum(mean(half - 0.2, bare), mean(-bare, -half + 0.2))
    beyond = np.maximum(mean(half + 1.6, half + 0.6), mean(-half - 0.6, -half - 1.6))
    size = max(1, round(answer.tick_thickness_mm * px_per_mm))
    clarity = np.convolve(both - 0.7 * beyond, np.ones(size) / size, mode="same")
    distance = np.abs(start + np.arange(len(both)) - expected) / reach
    peak = int(np.argmax(np.where(distance <= 1.0, clarity - 0.25 * distance, -1.0)))
    if clarity[peak] < MIN_CLARITY:
        return expected, max(0.0, float(clarity[peak]))
    return start + _centre_of_tick(both, peak, size), min(1.0, float(clarity[peak]))


def _centre_of_tick(profile: FloatArray, peak: int, size: int) -> float:
    """Sub-pixel middle of the peak of a profile."""
    reach = size // 2 + 3
    first, last = max(0, peak - reach), min(len(profile) - 1, peak + reach)
    window = profile[first : last + 1]
    weight = np.clip(window - window.min() - 0.1 * (window.max() - window.min()), 0.0, None)
    return float((weight * np.arange(first, last + 1)).sum() / max(float(weight.sum()), 1e-9))
