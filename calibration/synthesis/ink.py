"""The ink that a pen leaves on paper.

Ink takes away light: each layer lets a share of the light through, so layers multiply
(Beer and Lambert's law), whether the layer below is paper, printed toner or other ink. Strokes
are drawn at about 900 dpi or closer and then averaged down, which is what a scanner's optics do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.paper import Paper, Window, window_round
from calibration.synthesis.pens import GREY_WEIGHTS as GREY_WEIGHTS
from calibration.synthesis.pens import Pen
from calibration.synthesis.strokes import NO_INK_PRESSURE, Floats, Stroke

FINE_DPI = 900
_SUBPIXEL_BITS = 6
_FULL = 160
"""Ink layer value of ordinary pressure; leaves room for pressing harder within a byte."""
_MOST_INK = 2.4
"""Paper takes up only so much, in layers of ordinary pressure."""

_DPI_MM_OF_SOFTNESS = 80.0
"""A blurred edge needs no closer look than this many dpi over its softness in mm."""
_TOOTH_SIDE = np.int32(1024)  # a power of two, so that places wrap round by their bits
_TOOTH_LAST = np.int32(1023)
_MANY_POINTS = 30
_CENTRE_PX_PER_MM = 40.0

Layer = NDArray[np.float32]
Places = NDArray[np.int32]


def lay_ink(paper: Paper, strokes: Sequence[Stroke], pen: Pen, rng: Generator) -> None:
    """Draw `strokes`, whose points are places on `paper` in mm, onto `paper`, in place.

    A stroke that brings its own pen is drawn with that one.
    """
    for stroke in strokes:
        held = stroke.pen or pen
        margin = 2 * held.width_mm + 0.2 + 3 * held.soft_mm
        low, high = stroke.points_mm.min(axis=0) - margin, stroke.points_mm.max(axis=0) + margin
        window = window_round(paper, low, high, min(FINE_DPI, _DPI_MM_OF_SOFTNESS / max(held.soft_mm, 0.01)))
        if window is not None:
            _take_light(window.of(paper.pixels), _ink(stroke, held, window, rng), held, window)


def ink_centre_mm(strokes: Sequence[Stroke], pen: Pen, half_band_mm: float) -> float:
    """The x of the middle of the inked area within `half_band_mm` of the level y = 0.

    Pure geometry of the tip's path and width: no grain, no scanner. Raises ValueError without ink there.
    """
    margin = 2 * pen.width_mm + 0.2
    near = [part for stroke in strokes for part in _runs_within(stroke, half_band_mm + margin)]
    if not near:
        raise ValueError("there is no ink near the line")
    points = np.concatenate([stroke.points_mm for stroke in near])
    low = np.array([points[:, 0].min() - margin, -half_band_mm])
    high = np.array([points[:, 0].max() + margin, half_band_mm])
    # A bare sheet of its own, with its corner at `low`, so that just the band lies on it.
    columns, rows = (int(size) for size in np.ceil((high - low) * _CENTRE_PX_PER_MM))
    window = Window(0, 0, columns, rows, 1, _CENTRE_PX_PER_MM)
    covered = np.zeros(window.fine_shape, np.uint8)
    for stroke in near:
        covered |= _covered(replace(stroke, points_mm=stroke.points_mm - low), pen, window, None)
    by_column = np.count_nonzero(covered, axis=0)
    if not by_column.any():
        raise ValueError("there is no ink near the line")
    middle_px = float(by_column @ np.arange(columns)) / float(by_column.sum()) + 0.5
    return float(low[0]) + middle_px / _CENTRE_PX_PER_MM


def _runs_within(stroke: Stroke, half_band_mm: float) -> list[Stroke]:
    """The parts of a stroke that stay within `half_band_mm` of the level y = 0."""
    inside = np.abs(stroke.points_mm[:, 1]) <= half_band_mm
    edges = np.flatnonzero(np.diff(inside.astype(np.int8), prepend=0, append=0))
    spans = zip(edges[::2], edges[1::2], strict=True)
    return [
        replace(stroke, points_mm=stroke.points_mm[a:b], pressure=stroke.pressure[a:b])
        for a, b in spans
        if b - a > 1
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Ink:
    """Spots of ink on the fine pixels of a window; each array of shape (n,)."""

    rows: Places
    columns: Places
    layers: Layer
    """1 is what ordinary pressure leaves."""


def _ink(stroke: Stroke, pen: Pen, window: Window, rng: Generator) -> _Ink:
    """What one stroke leaves. Almost all of a window is bare paper, so only the spots are kept."""
    parts = _split_at_turns(stroke)
    if len(parts) == 1:
        amount: MatLike = _covered(parts[0], pen, window, rng)
    else:
        amount = np.zeros(window.fine_shape, np.uint16)
        for part in parts:
            # Parts are short beside the whole: each is drawn on no more than its own patch.
            patch, where = _patch_round(part, pen, window)
            amount[where] += _covered(part, pen, patch, rng)
    spread = _softened(amount, pen.soft_mm * window.fine_px_per_mm).ravel()
    places = np.flatnonzero(spread != 0).astype(np.int32)
    rows = places // np.int32(window.fine_shape[1])
    columns = places - rows * np.int32(window.fine_shape[1])
    ink = spread[places].astype(np.float32)
    ink *= stroke.ink / _FULL
    if pen.grain > 0:
        # Light pressure leaves the valleys of the paper white; heavy pressure fills them.
        height = _tooth(rows, columns, rng) - (0.25 + 0.5 * pen.grain)
        ink *= np.clip(1 + 2.6 * pen.grain * height / np.maximum(ink, 0.35), 0.0, 1.3)
    return _Ink(rows, columns, np.minimum(ink, _MOST_INK))


def _softened(amount: MatLike, spread_px: float) -> MatLike:
    """Blurred by two running means, which spread by nearly a normal curve of `spread_px` and cost the
    same at any width."""
    side = 2 * round((np.sqrt(6 * spread_px**2 + 1) - 1) / 2) + 1
    if side == 1:
        return amount
    return cv2.blur(cv2.blur(amount, (side, side)), (side, side))


def _patch_round(stroke: Stroke, pen: Pen, window: Window) -> tuple[Window, tuple[slice, slice]]:
    """The part of `window` that a part of a stroke can reach, and its rows and columns of fine pixels."""
    points = window.to_fine_px(stroke.points_mm) / window.finer
    reach = 1.5 * pen.width_mm * window.px_per_mm + 2
    most = np.array([window.width_px, window.height_px])
    left, top = np.clip(np.floor(points.min(axis=0) - reach).astype(int), 0, most - 1).tolist()
    right, bottom = np.clip(np.ceil(points.max(axis=0) + reach).astype(int), 1, most).tolist()
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    patch = replace(
        window,
        left_px=window.left_px + left,
        top_px=window.top_px + top,
        width_px=right - left,
        height_px=bottom - top,
    )
    rows, columns = (slice(a * window.finer, b * window.finer) for a, b in ((top, bottom), (left, right)))
    return patch, (rows, columns)


def _covered(stroke: Stroke, pen: Pen, window: Window, rng: Generator | None) -> NDArray[np.uint8]:
    """The area that the tip passes over, with the amount of ink; without `rng`, an even amount."""
    layer = np.zeros(window.fine_shape, np.uint8)
    scale = 1 << _SUBPIXEL_BITS
    amount = np.full(len(stroke.pressure), 1.0) if rng is None else _flow(stroke.pressure, pen, rng)
    if len(amount) > _MANY_POINTS:
        # Every second point is still closer to the next than the tip is wide.
        kept = np.r_[0 : len(amount) - 1 : 2, len(amount) - 1]
        stroke = replace(stroke, points_mm=stroke.points_mm[kept], pressure=stroke.pressure[kept])
        amount = amount[kept]
    points = np.rint(window.to_fine_px(stroke.points_mm) * scale).astype(int)
    widths = pen.width_mm * (1 - pen.give + pen.give * np.clip(stroke.pressure, 0.0, 1.6))
    thickness = np.maximum(1, np.rint(widths * window.fine_px_per_mm)).astype(int)
    value = np.clip(amount * _FULL, 0, 255)
    spots = [(x, y) for x, y in points.tolist()]
    segments = zip(pairwise(spots), value.tolist(), thickness.tolist(), strict=False)
    for (start, end), shade, thick in segments:
        cv2.line(layer, start, end, shade, thick, cv2.LINE_8, _SUBPIXEL_BITS)
    return layer


def _flow(pressure: Floats, pen: Pen, rng: Generator) -> Floats:
    """Amount of ink at every point of a stroke: pressure, unsteady flow, and skips."""
    count = len(pressure)
    wave = _slow_noise(count, 12, rng)
    amount = np.clip(pressure, 0.05, 1.6) ** 0.8 * (1 + pen.flow * wave)
    gaps = _slow_noise(count, 4, rng) > 3.2 - 2.4 * pen.skip
    amount[gaps] *= 0.15
    amount[pressure < NO_INK_PRESSURE] = 0.0
    return np.asarray(amount)


def _slow_noise(count: int, spacing: int, rng: Generator) -> Floats:
    """`count` values of unit spread that change over about `spacing` steps."""
    knots = rng.normal(size=count // spacing + 2)
    return np.interp(np.arange(count) / spacing, np.arange(len(knots)), knots)


def _split_at_turns(stroke: Stroke) -> list[Stroke]:
    """The stroke in parts, cut where the pen turns back, so that ink laid over ink adds up."""
    stride = 4
    points = stroke.points_mm
    if len(points) <= 3 * stride:
        return [stroke]
    reach = points[stride:] - points[:-stride]
    turn = np.einsum("ij,ij->i", reach[:-stride], reach[stride:]) < 0
    cuts, last = [0], 0
    for place in np.flatnonzero(turn) + stride:
        if place - last > 2 * stride:
            cuts.append(int(place))
            last = int(place)
    cuts.append(len(points) - 1)
    return [
        replace(stroke, points_mm=points[a : b + 1], pressure=stroke.pressure[a : b + 1])
        for a, b in pairwise(cuts)
        if b > a
    ]


def _take_light(pixels: NDArray[np.uint8], ink: _Ink, pen: Pen, window: Window) -> None:
    """Darken a view of the paper by `ink`: each pixel by the mean of its fine pixels."""
    finer = np.int32(window.finer)
    seen_in = ink.rows // finer * np.int32(window.width_px) + ink.columns // finer
    colour = np.array(pen.colour)
    strengths = -np.log(colour) if pixels.ndim == 3 else [-np.log(float(colour @ GREY_WEIGHTS))]
    size, cells = window.height_px * window.width_px, window.finer**2
    light = [
        1
        - np.bincount(seen_in, 1 - np.exp(ink.layers * -np.float32(s)), size).reshape(pixels.shape[:2])
        / cells
        for s in strengths
    ]
    pixels[...] = np.rint(pixels * (np.stack(light, axis=2) if pixels.ndim == 3 else light[0]))


@lru_cache(maxsize=1)
def _tooth_tile() -> NDArray[np.uint8]:
    """The unevenness of office paper over 29 x 29 mm at `FINE_DPI`: 0 valley to 255 hill, evenly spread.

    It continues at its left and top where it ends at its right and bottom.
    """
    fixed = np.random.default_rng(20)
    side, wrap = int(_TOOTH_SIDE), 16
    mixed = np.zeros((side, side), np.float32)
    for blur_px, weight in ((1.0, 1.0), (2.4, 0.8)):
        noise = np.pad(fixed.standard_normal((side, side), dtype=np.float32), wrap, mode="wrap")
        even = cv2.GaussianBlur(noise, (0, 0), blur_px)[wrap:-wrap, wrap:-wrap]
        mixed += weight * even / even.std()
    ranks = np.empty(side * side, np.uint8)
    ranks[np.argsort(mixed, axis=None)] = np.linspace(0.0, 255.99, side * side).astype(np.uint8)
    return ranks.reshape(side, side)


def _tooth(rows: Places, columns: Places, rng: Generator) -> Layer:
    """The paper's tooth, 0 to 1, at fine pixels of a window that lies anywhere."""
    top, left = (np.int32(rng.integers(0, _TOOTH_SIDE)) for _ in range(2))
    places = ((rows + top) & _TOOTH_LAST) * _TOOTH_SIDE + ((columns + left) & _TOOTH_LAST)
    return np.asarray(_tooth_tile().ravel()[places] * np.float32(1 / 255))
