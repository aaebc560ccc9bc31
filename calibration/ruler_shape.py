"""Scale, skew, shear and wobble: what the ticks of all rulers say together.

The best affine mapping is an even passage at some scale and skew; what it leaves over along a ruler is
the wobble of the feed. Noise is taken out of the wobble by keeping only those cosines of its spectrum
that stand clear above the noise (hard thresholding; Donoho and Johnstone 1994), because the highest
and the lowest of a hundred noisy values would else be mistaken for a swing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot, sqrt
from typing import Literal

import cv2
import numpy as np

from calibration.ruler_scan import LocatedRuler
from calibration.ruler_ticks import ASIDE_MM, MeasuredRuler, places
from forms.ruler_layout import STEP_MM
from scanner.reading.mapping import MM_PER_INCH, FloatArray

LINE_MM = 100.0
CLEAR_OF_NOISE = 3.6
"""A cosine is kept when it is so many standard deviations of the noise: of a hundred that are nothing but
noise one is kept in three runs out of a hundred."""
BILEVEL_FLOOR_PX = (0.12, 0.4)
"""... and in black and white has at least this amplitude, along the rulers and to their side: there the
beat of ticks against pixels looks like a wobble, and an axis that is a little askew like a staircase."""
SHORTEST_MM = 6.0
"""Period of the fastest swing that is looked for: three steps of a ruler."""
SWINGING_MM = 0.03
"""A wobble that is smaller, peak to peak, has no period worth telling and no direction."""
CLEARLY = 2.0
"""The feed runs where the wobble is so many times as strong as the other way."""

Direction = Literal["down", "across"]
"""Down the page as it is held upright, or across it, along the answer lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wobble:
    """What an even passage leaves over along one side of the page."""

    peak_to_peak_mm: float
    rms_mm: float
    period_mm: float | None
    """Of the strongest swing, when one swing is most of it."""
    sway_mm: float
    """Peak to peak of the movement to the side, as the paper goes that way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The geometry of a printer and a scanner together."""

    px_per_mm_across: float
    """Pixels of the scan to a millimetre of the form, across the page as it is held upright."""
    px_per_mm_down: float
    turn: int
    """Degrees clockwise by which the paper lies in the picture: 0, 90, 180, 270."""
    skew_deg: float
    """Further clockwise turn."""
    shear_deg: float
    """By which the right angle between across and down is too wide."""
    across: Wobble
    down: Wobble
    feed: Direction | None
    """Which way the paper went; None when it went too evenly to tell."""
    scatter_mm: float
    """Standard deviation of finding one tick, without the wobble."""
    bend_mm: float
    """On 100 mm across the page: 95 % of places lie closer than this to where they should, when both
    ends are known."""

    @property
    def dpi_across(self) -> float:
        return self.px_per_mm_across * MM_PER_INCH

    @property
    def dpi_down(self) -> float:
        return self.px_per_mm_down * MM_PER_INCH


@dataclass(frozen=True)
class _Leftover:
    """Of one ruler after the affine mapping, in mm, nan where nothing was found."""

    upright: bool
    along: FloatArray
    aside: FloatArray


def measure_shape(located: LocatedRuler, rulers: Sequence[MeasuredRuler]) -> Shape:
    """Fit the even passage through all ticks and axes, and look at what it leaves over."""
    matrix = _fit(located, rulers)
    turn, skew = _turn(matrix)
    across, down = matrix[:, 0], matrix[:, 1]
    left = [_leftover(located, measured, matrix) for measured in rulers]
    scale = sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    scatter = float(np.median([_noise(ruler.along) for ruler in left]))
    floors = tuple(px / scale if located.page.bilevel else 0.0 for px in BILEVEL_FLOOR_PX)
    curves = {
        upright: _curves([r for r in left if r.upright is upright], *floors) for upright in (True, False)
    }
    wobble_across, wobble_down = (_wobble(*curves[upright]) for upright in (False, True))
    return Shape(
        px_per_mm_across=hypot(*across),
        px_per_mm_down=hypot(*down),
        turn=turn,
        skew_deg=skew,
        shear_deg=_turned(degrees(atan2(down[1], down[0]) - atan2(across[1], across[0])) - 90.0),
        across=wobble_across,
        down=wobble_down,
        feed=_feed(wobble_across, wobble_down),
        scatter_mm=scatter,
        bend_mm=_bend(curves[False][0]),
    )


def _fit(located: LocatedRuler, rulers: Sequence[MeasuredRuler]) -> FloatArray:
    """The affine mapping, shape (2, 3), from paper to pixels. Every find is one equation, in the one
    direction in which it was found: n (A x + b) = n p."""
    equations, targets = [], []
    for measured in rulers:
        for nominal, seen, normal in _finds(located, measured):
            weight = np.hstack(
                [normal[:, :1] * nominal, normal[:, :1], normal[:, 1:] * nominal, normal[:, 1:]]
            )
            equations.append(weight)
            targets.append(np.sum(normal * seen, axis=1))
    system, target = np.vstack(equations), np.concatenate(targets)
    solution, *_ = np.linalg.lstsq(system, target, rcond=None)
    return np.asarray(solution.reshape(2, 3), dtype=np.float64)


def _finds(
    located: LocatedRuler, measured: MeasuredRuler
) -> tuple[tuple[FloatArray, FloatArray, FloatArray], tuple[FloatArray, FloatArray, FloatArray]]:
    """Nominal places in mm, places seen in pixels, and the direction (unit, in pixels) in which they were
    found, each of shape (n, 2): of the ticks, then of the axis."""
    ruler, mapping = measured.ruler, located.mapping
    on_tick = float(np.mean(ASIDE_MM))
    ticks = measured.places_mm[seen := np.isfinite(measured.along_mm)]
    tick_mm, tick_at = places(ruler, ticks, on_tick), places(ruler, ticks + measured.along_mm[seen], on_tick)
    middle = measured.between_mm[seen := np.isfinite(measured.aside_mm)]
    axis_mm, axis_at = places(ruler, middle, 0.0), places(ruler, middle, measured.aside_mm[seen])
    way = places(ruler, np.array([1.0]), 0.0)[0] - places(ruler, np.array([0.0]), 0.0)[0]
    side = places(ruler, np.array([0.0]), 1.0)[0] - places(ruler, np.array([0.0]), 0.0)[0]
    return (
        (tick_mm, mapping.to_pixels(tick_at), _direction(located, tick_at, way)),
        (axis_mm, mapping.to_pixels(axis_at), _direction(located, axis_at, side)),
    )


def _direction(located: LocatedRuler, places_mm: FloatArray, way_mm: FloatArray) -> FloatArray:
    moved = located.mapping.to_pixels(places_mm + way_mm) - located.mapping.to_pixels(places_mm)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float64)


def _leftover(located: LocatedRuler, measured: MeasuredRuler, matrix: FloatArray) -> _Leftover:
    left = []
    for found, (nominal, seen, normal) in zip(
        (measured.along_mm, measured.aside_mm), _finds(located, measured), strict=True
    ):
        even = nominal @ matrix[:, :2].T + matrix[:, 2]
        scale = sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
        values = np.full(len(found), np.nan)
        values[np.isfinite(found)] = np.sum(normal * (seen - even), axis=1) / scale
        left.append(values)
    # Beside is counted right of an upright ruler and below a level one, wherever its ticks stand.
    return _Leftover(measured.ruler.upright, left[0], left[1] * measured.ruler.inward)


def _turn(matrix: FloatArray) -> tuple[int, float]:
    """Quarter turns and the rest, of the rotation in A = S R with S symmetric: a stretch along the feed
    does not change it."""
    angle = degrees(atan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))
    quarters = round(angle / 90.0)
    return quarters % 4 * 90, angle - quarters * 90.0


def _turned(angle_deg: float) -> float:
    return (angle_deg + 180.0) % 360.0 - 180.0


def _noise(values: FloatArray) -> float:
    """Standard deviation of what changes from tick to tick: second differences, by their median, so
    that neither a slow wobble nor a stain counts."""
    second = np.abs(np.diff(values, 2))
    second = second[np.isfinite(second)]
    return float(1.4826 * np.median(second) / sqrt(6.0)) if len(second) else 0.0


def _curves(
    rulers: Sequence[_Leftover], floor_along_mm: float, floor_aside_mm: float
) -> tuple[FloatArray, FloatArray]:
    """What the parallel rulers have in common, noise removed: along them, and to the side."""
    along = _denoised([r.along for r in rulers], floor_along_mm)
    return along, _denoised([r.aside for r in rulers], floor_aside_mm)


def _denoised(curves: Sequence[FloatArray], floor_mm: float) -> FloatArray:
    noise = float(np.median([_noise(curve) for curve in curves])) / sqrt(len(curves))
    filled = np.mean([_filled(curve) for curve in curves], axis=0)
    count = len(filled) // 2 * 2  # the transform wants an even length: mirrored below
    spectrum = cv2.dct(np.vstack([filled[:count], filled[-count:]]).astype(np.float64), flags=cv2.DCT_ROWS)
    fastest = int(2 * count * STEP_MM / SHORTEST_MM)
    limit = max(CLEAR_OF_NOISE * noise, floor_mm * sqrt(count / 2))
    spectrum[np.abs(spectrum) < limit] = 0.0
    spectrum[:, fastest:] = 0.0
    spectrum[:, 0] = 0.0
    first, last = cv2.dct(spectrum, flags=cv2.DCT_ROWS | cv2.DCT_INVERSE)
    return np.asarray(first if count == len(filled) else np.append(first, last[-1]), dtype=np.float64)


def _filled(curve: FloatArray) -> FloatArray:
    """Without gaps, and without a slope of its own: rulers that spread apart are no wobble."""
    at = np.arange(len(curve))
    seen = np.isfinite(curve)
    whole = np.interp(at, at[seen], curve[seen])
    return np.asarray(whole - np.polyval(np.polyfit(at, whole, 1), at), dtype=np.float64)


def _wobble(along: FloatArray, aside: FloatArray) -> Wobble:
    swing = float(np.ptp(along))
    return Wobble(
        peak_to_peak_mm=swing,
        rms_mm=float(along.std()),
        period_mm=_period(along) if swing > SWINGING_MM else None,
        sway_mm=float(np.ptp(aside)),
    )


def _period(curve: FloatArray) -> float | None:
    """Of the one sine that fits best (a least squares periodogram; Lomb 1976), when it is most of all."""
    at = np.arange(len(curve)) * STEP_MM
    best, explained = None, 0.5 * float(curve @ curve)
    longest = at[-1] / 1.5  # of a longer swing too little is seen to tell its period
    for period in 1.0 / np.linspace(1.0 / longest, 1.0 / SHORTEST_MM, 400):
        angle = 2 * np.pi * at / period
        basis = np.stack([np.sin(angle), np.cos(angle), np.ones_like(angle), at], axis=1)
        fitted = basis @ np.linalg.lstsq(basis, curve, rcond=None)[0]
        if (share := float(fitted @ fitted)) > explained:
            best, explained = float(period), share
    return best


def _feed(across: Wobble, down: Wobble) -> Direction | None:
    strong, weak, way = (down, across, "down") if _size(down) >= _size(across) else (across, down, "across")
    if _size(strong) < SWINGING_MM or _size(strong) < CLEARLY * _size(weak):
        return None
    return "down" if way == "down" else "across"


def _size(wobble: Wobble) -> float:
    return hypot(wobble.peak_to_peak_mm, wobble.sway_mm)


def _bend(curve: FloatArray) -> float:
    """Distance from the chord, over all places between the ends of all lines of 100 mm on the ruler."""
    steps = round(LINE_MM / STEP_MM)
    share = np.linspace(0.0, 1.0, steps + 1)
    off = [
        np.abs(curve[first : first + steps + 1] - (1 - share) * curve[first] - share * curve[first + steps])
        for first in range(len(curve) - steps)
    ]
    return float(np.percentile(np.concatenate(off), 95))
