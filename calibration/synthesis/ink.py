"""The ink that a pen leaves on paper.

Ink takes away light: each layer lets a share of the light through, so layers multiply
(Beer and Lambert's law), whether the layer below is paper, printed toner or other ink. Strokes
are drawn at about 1200 dpi and then averaged down, which is what a scanner's optics do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.paper import Paper, Window, window_round
from calibration.synthesis.pens import Pen
from calibration.synthesis.strokes import Floats, Stroke

FINE_DPI = 1200
GREY_WEIGHTS = np.array([0.299, 0.587, 0.114])
"""What red, green and blue count for in a grey scan (ITU-R BT.601)."""
_SUBPIXEL_BITS = 6
_FULL = 160
"""Ink layer value of ordinary pressure; leaves room for pressing harder within a byte."""
_MOST_INK = 2.4
"""Paper takes up only so much, in layers of ordinary pressure."""

_CENTRE_PX_PER_MM = 40.0

Layer = NDArray[np.float32]


def lay_ink(paper: Paper, strokes: Sequence[Stroke], pen: Pen, rng: Generator) -> None:
    """Draw `strokes`, whose points are places on `paper` in mm, onto `paper`, in place."""
    for stroke in strokes:
        margin = 2 * pen.width_mm + 0.2
        window = window_round(
            paper, stroke.points_mm.min(axis=0) - margin, stroke.points_mm.max(axis=0) + margin, FINE_DPI
        )
        if window is not None:
            ink = _ink(stroke, pen, window, rng)
            _take_light(window.of(paper.pixels), ink, pen, window)


def ink_centre_mm(strokes: Sequence[Stroke], pen: Pen, half_band_mm: float) -> float:
    """The x of the middle of the inked area within `half_band_mm` of the level y = 0.

    Pure geometry of the tip's path and width: no grain, no scanner. Raises ValueError without ink there.
    """
    points = np.concatenate([stroke.points_mm for stroke in strokes])
    margin = 2 * pen.width_mm + 0.2
    low = np.array([points[:, 0].min() - margin, -half_band_mm])
    high = np.array([points[:, 0].max() + margin, half_band_mm])
    # A bare sheet of its own, with its corner at `low`, so that just the band lies on it.
    columns, rows = (int(size) for size in np.ceil((high - low) * _CENTRE_PX_PER_MM))
    window = Window(0, 0, columns, rows, 1, _CENTRE_PX_PER_MM)
    covered = np.zeros(window.fine_shape, bool)
    for stroke in strokes:
        covered |= _covered(replace(stroke, points_mm=stroke.points_mm - low), pen, window, None) > 0
    if not covered.any():
        raise ValueError("there is no ink near the line")
    middle_px = float(np.nonzero(covered)[1].mean()) + 0.5
    return float(low[0]) + middle_px / _CENTRE_PX_PER_MM


def _ink(stroke: Stroke, pen: Pen, window: Window, rng: Generator) -> Layer:
    """Layers of ink at every fine pixel of `window`."""
    ink: Layer = np.zeros(window.fine_shape, np.float32)
    for part in _split_at_turns(stroke):
        ink += _covered(part, pen, window, rng)
    ink /= _FULL
    ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), max(0.3, pen.soft_mm * window.fine_px_per_mm)), np.float32)
    if pen.grain > 0:
        # Light pressure leaves the valleys of the paper white; heavy pressure fills them.
        height = _tooth(window.fine_shape, rng) - 0.25 - 0.5 * pen.grain
        ink *= np.clip(1 + 2.6 * pen.grain * height / np.maximum(ink, 0.35), 0.0, 1.3)
    return np.minimum(ink, _MOST_INK)


def _covered(stroke: Stroke, pen: Pen, window: Window, rng: Generator | None) -> NDArray[np.uint8]:
    """The area that the tip passes over, with the amount of ink; without `rng`, an even amount."""
    layer = np.zeros(window.fine_shape, np.uint8)
    scale = 1 << _SUBPIXEL_BITS
    points = np.rint(window.to_fine_px(stroke.points_mm) * scale).astype(int)
    widths = pen.width_mm * (1 - pen.give + pen.give * np.clip(stroke.pressure, 0.0, 1.6))
    thickness = np.maximum(1, np.rint(widths * window.fine_px_per_mm)).astype(int)
    amount = np.full(len(points), 1.0) if rng is None else _flow(stroke.pressure, pen, rng)
    value = np.clip(amount * _FULL, 0, 255)
    for i in range(len(points) - 1):
        a, b = (int(points[i, 0]), int(points[i, 1])), (int(points[i + 1, 0]), int(points[i + 1, 1]))
        cv2.line(layer, a, b, float(value[i]), int(thickness[i]), cv2.LINE_8, _SUBPIXEL_BITS)
    return layer


def _flow(pressure: Floats, pen: Pen, rng: Generator) -> Floats:
    """Amount of ink at every point of a stroke: pressure, unsteady flow, and skips."""
    count = len(pressure)
    wave = _slow_noise(count, 12, rng)
    amount = np.clip(pressure, 0.05, 1.6) ** 0.8 * (1 + pen.flow * wave)
    gaps = _slow_noise(count, 4, rng) > 3.2 - 2.4 * pen.skip
    return np.asarray(np.where(gaps, amount * 0.15, amount))


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
    return [Stroke(points[a : b + 1], stroke.pressure[a : b + 1]) for a, b in pairwise(cuts) if b > a]


def _take_light(pixels: NDArray[np.uint8], ink: Layer, pen: Pen, window: Window) -> None:
    """Darken a view of the paper by `ink`, seen at fine pixels."""
    size = (window.width_px, window.height_px)
    colour = np.array(pen.colour)
    strengths = -np.log(colour) if pixels.ndim == 3 else [-np.log(float(colour @ GREY_WEIGHTS))]
    through = [cv2.resize(cv2.exp(ink * -float(s)), size, interpolation=cv2.INTER_AREA) for s in strengths]
    light = np.stack(through, axis=2) if pixels.ndim == 3 else through[0]
    np.multiply(pixels, light, out=light)
    pixels[...] = np.rint(light)


@lru_cache(maxsize=1)
def _tooth_tile() -> Layer:
    """The unevenness of office paper over 20 x 20 mm at `FINE_DPI`: 0 valley to 1 hill, evenly spread."""
    fixed = np.random.default_rng(20)
    side = 1024
    fine = cv2.GaussianBlur(fixed.standard_normal((side, side), dtype=np.float32), (0, 0), 1.3)
    coarse = cv2.GaussianBlur(fixed.standard_normal((side, side), dtype=np.float32), (0, 0), 3.2)
    mixed = fine / fine.std() + 0.8 * coarse / coarse.std()
    ranks = np.empty(side * side, np.float32)
    ranks[np.argsort(mixed, axis=None)] = np.linspace(0.0, 1.0, side * side, dtype=np.float32)
    return ranks.reshape(side, side)


def _tooth(shape: tuple[int, int], rng: Generator) -> Layer:
    """A random part of the paper's tooth; mirrored on where more is asked than the tile holds."""
    tile = _tooth_tile()
    top, left = (int(rng.integers(0, side)) for side in tile.shape)
    rows = _mirrored(np.arange(top, top + shape[0]), tile.shape[0])
    columns = _mirrored(np.arange(left, left + shape[1]), tile.shape[1])
    return np.asarray(tile[rows[:, None], columns[None, :]])


def _mirrored(index: NDArray[np.int64], side: int) -> NDArray[np.int64]:
    folded = index % (2 * side)
    return np.asarray(np.where(folded < side, folded, 2 * side - 1 - folded))
