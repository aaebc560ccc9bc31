"""Look for the straight faint line that a fold draws through a whole strip.

The strip is looked at in short parts along the way of the line. Lines through what is dark at two places
are tried; the one that is dark on most of its length, paler beside it, and even, is taken. Arrays have shape
(along, across): a crease runs down the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.reading.mapping import FloatArray

NEAR_MM = 0.3
"""How far beside the straight line a part of the crease may be seen."""
DARKEST = 0.5
"""Nothing that is darker than this share of the print along its way is a crease: somebody drew a line."""
VISIBLE_SHARE = 0.4
"""A part of a crease is seen when print leaves at least so much of it."""
END_BLOCKS = 3
"""Parts at either end, and in the middle, in which a crease is looked for first."""
PEAKS = 6
"""Places that are tried in each of them."""
FAINTEST = 0.55
"""A crease is at least this share of the ink threshold, on most of its length: what is paler does no harm."""
SEEN_SHARE = 0.8
"""Share of the parts, of those that print does not hide, in which a crease is seen."""
BESIDE_MM = 1.2
"""So far away, on one side at least, a crease's shade has become paler ..."""
STANDS_OUT = 0.3
"""... by this share of the ink threshold."""
EVEN = 0.35
"""The palest fifth of a crease is at least this share as dark as its middle."""
STRAIGHT_MM = 0.2
"""How far the parts of a crease lie from one straight line ..."""
STRAIGHT_SHARE = 0.75
"""... as many of them as this."""

Levels = NDArray[np.uint8]
Parts = NDArray[np.float32]
Straight = tuple[float, float]
"""A straight line: its column at row 0, and columns per row."""


@dataclass(frozen=True)
class Scale:
    """What is long, and what is dark, on a strip."""

    px_per_mm: float
    threshold: float
    contrast: float


@dataclass(frozen=True)
class Way:
    """How a crease runs through the strip."""

    block_mm: float
    """It is looked at in parts of this length."""
    steepest: float
    """Tangent of its greatest angle against the strip's side."""


LEVEL, UPRIGHT = Way(2.0, 0.06), Way(1.0, 0.36)
"""3 degrees along the line, 20 across it."""


def straight_crease(depth: Levels, hidden: Levels, scale: Scale, way: Way) -> Straight | None:
    """The clearest crease of a picture; None when it has none."""
    block = round(way.block_mm * scale.px_per_mm)
    parts = _parts(depth, hidden, block, DARKEST * scale.contrast)
    rows = np.asarray((np.arange(len(parts)) + 0.5) * block - 0.5, np.float64)
    line = _clearest(parts, rows, _tried(parts, rows, way.steepest, scale), scale)
    return None if line is None else _refined(parts, rows, line, scale)


def _parts(depth: Levels, hidden: Levels, block: int, darkest: float) -> Parts:
    """Mean depth of every part of every column, `block` rows each; NaN where print hides most of it.

    What is darker than a crease counts no more than the darkest one would.
    """
    count = len(depth) // block
    size, length = (depth.shape[1], count), count * block
    bare = np.asarray(1 - hidden[:length], np.uint8)
    capped = np.minimum(depth[:length], np.uint8(min(255.0, darkest))) * bare
    seen = cv2.resize(255 * bare, size, interpolation=cv2.INTER_AREA) / np.float32(255)
    mean = cv2.resize(capped, size, interpolation=cv2.INTER_AREA) / np.maximum(seen, np.float32(0.1))
    mean[seen < VISIBLE_SHARE] = np.nan
    return np.asarray(mean, np.float32)


def _tried(parts: Parts, rows: FloatArray, steepest: float, scale: Scale) -> FloatArray:
    """Lines through what is dark at two of both ends and the middle, as offset and slope, shape (n, 2)."""
    middle = (len(parts) - END_BLOCKS) // 2
    places = []
    for first in (0, middle, len(parts) - END_BLOCKS):
        band = parts[first : first + END_BLOCKS]
        profile = np.where(np.isnan(band), 0, band).sum(axis=0) / np.maximum((~np.isnan(band)).sum(axis=0), 1)
        places.append((float(rows[first : first + END_BLOCKS].mean()), _peaks(profile, scale)))
    lines = []
    for (row, here), (other, there) in (
        (places[0], places[2]),
        (places[0], places[1]),
        (places[1], places[2]),
    ):
        slope = (there[None, :] - here[:, None]) / (other - row)
        offset = here[:, None] - slope * row
        both = np.stack([offset.ravel(), slope.ravel()], axis=1)
        lines.append(both[np.abs(both[:, 1]) <= steepest])
    return np.concatenate(lines)


def _peaks(profile: FloatArray, scale: Scale) -> FloatArray:
    """Columns at which a profile is darkest within NEAR_MM, the darkest ones first."""
    size = 2 * round(NEAR_MM * scale.px_per_mm) + 1
    smooth = cv2.blur(profile.astype(np.float32)[None, :], (3, 1))
    top = (smooth >= cv2.dilate(smooth, np.ones((1, size), np.uint8)))[0] & (
        smooth[0] > FAINTEST * scale.threshold
    )
    columns = np.flatnonzero(top)
    return np.asarray(columns[np.argsort(-smooth[0][columns])][:PEAKS], np.float64)


def _clearest(parts: Parts, rows: FloatArray, lines: FloatArray, scale: Scale) -> Straight | None:
    """That of the lines which is darkest on most of its length, among those that may be creases."""
    if not len(lines):
        return None
    near = 2 * round(NEAR_MM * scale.px_per_mm) + 1
    hidden = np.isnan(parts)
    wide = np.array(cv2.dilate(np.where(hidden, -1, parts), np.ones((1, near), np.uint8)), np.float32)
    wide[hidden] = np.nan
    aside = round(BESIDE_MM * scale.px_per_mm)
    at = np.rint(lines[:, :1] + lines[:, 1:] * rows).astype(int)
    width, number = parts.shape[1], np.arange(len(parts))[None, :]

    def values(places: NDArray[np.intp], of: Parts) -> Parts:
        inside = (places >= 0) & (places < width)
        return np.where(inside, of[number, np.clip(places, 0, width - 1)], np.nan).astype(np.float32)

    here, sides = values(at, wide), np.fmin(values(at - aside, parts), values(at + aside, parts))
    seen = ~np.isnan(here)
    dark = (here > FAINTEST * scale.threshold).sum(axis=1)
    enough = (seen.sum(axis=1) >= 0.1 * len(rows)) & (dark >= SEEN_SHARE * seen.sum(axis=1))
    low, middle = quantile(here, 0.2), quantile(here, 0.5)
    clear = quantile(here - sides, 0.5)
    good = (
        enough
        & (clear > STANDS_OUT * scale.threshold)
        & (middle < DARKEST * scale.contrast)
        & (low > EVEN * middle)
    )
    if not good.any():
        return None
    best = int(np.argmax(np.where(good, low + clear, -1.0)))
    return float(lines[best, 0]), float(lines[best, 1])


def quantile(values: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Quantile of every row, NaN left out; 0 for a row without numbers."""
    ordered = np.sort(values, axis=1)
    count = (~np.isnan(ordered)).sum(axis=1)
    picked = ordered[np.arange(len(ordered)), np.maximum(0, np.floor(share * (count - 1)).astype(int))]
    return np.asarray(np.where(count > 0, picked, 0.0), np.float32)


def _refined(parts: NDArray[np.float32], rows: FloatArray, line: Straight, scale: Scale) -> Straight | None:
    """The line through the darkest places close to `line`; None when they are not on a straight one."""
    reach = round(2 * NEAR_MM * scale.px_per_mm)
    offset, slope = line
    for _ in range(2):
        at = np.rint(offset + slope * rows).astype(int)
        usable = (at >= reach) & (at < parts.shape[1] - reach)
        window = parts[np.flatnonzero(usable)[:, None], at[usable, None] + np.arange(-reach, reach + 1)]
        whole = ~np.isnan(window).any(axis=1)
        window, along, start = window[whole], rows[usable][whole], at[usable][whole] - reach
        if len(along) < 4:
            return line
        weight = np.clip(window - 0.6 * window.max(axis=1, keepdims=True), 0, None)
        across = start + (weight * np.arange(2 * reach + 1)).sum(axis=1) / np.maximum(
            weight.sum(axis=1), 1e-6
        )
        off = np.abs(across - offset - slope * along)
        kept = off <= max(float(np.quantile(off, STRAIGHT_SHARE)), 0.5)
        away = along[kept] - along[kept].mean()
        slope = float(away @ across[kept]) / max(float(away @ away), 1e-9)
        offset = float(across[kept].mean() - slope * along[kept].mean())
    off = np.abs(across - offset - slope * along)
    straight = float(np.mean(off <= STRAIGHT_MM * scale.px_per_mm)) >= STRAIGHT_SHARE
    return (offset, slope) if straight else None
