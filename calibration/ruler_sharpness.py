"""Sharpness from slanted edges, by the method of ISO 12233 (slanted-edge spatial frequency response).

An edge that stands five degrees askew is seen by every row of pixels at another phase: put together,
the rows are one edge sampled several times finer than the pixels. How wide it rises from a tenth to
nine tenths is its width; the spectrum of its derivative is the contrast that is left of finer and
finer line pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import atan2, cos, degrees, radians, sin

import numpy as np

from calibration.ruler_scan import LocatedRuler
from forms.ruler_layout import SQUARE_MM, Square
from scanner.reading.mapping import FloatArray

EDGE_MM = 9.0
"""Length of each edge that is looked at, clear of the corners."""
REACH_MM = 1.4
"""To both sides of the edge."""
FINER = 4
"""Samples to a pixel, as in the standard."""
MIN_SLANT_DEG = 1.2
"""An edge that lies straighter in the pixels shows too few phases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpness:
    """Of edges that are crossed in one direction."""

    rise_mm: float
    """From a tenth to nine tenths of the contrast."""
    mtf50_lp_mm: float
    """Line pairs a millimetre at which half of the contrast is left."""


@dataclass(frozen=True)
class _Edge:
    """One side of a square on the paper."""

    middle_mm: FloatArray
    along: FloatArray
    """Unit vector."""
    outward: FloatArray
    """Unit vector from black to white."""


def measure_sharpness(located: LocatedRuler, *, down: bool) -> Sharpness | None:
    """Across the page, or down it: the median over all edges that are crossed that way; None if none can
    be followed, and in a black and white scan, whose threshold makes every edge look sharp."""
    if located.page.bilevel:
        return None
    edges = [e for square in located.layout.squares for e in _edges(square)]
    found = [
        sharp
        for edge in edges
        if bool(abs(edge.outward[1]) > abs(edge.outward[0])) is down
        and (sharp := _measure_edge(located, edge)) is not None
    ]
    if not found:
        return None
    return Sharpness(
        rise_mm=float(np.median([s.rise_mm for s in found])),
        mtf50_lp_mm=float(np.median([s.mtf50_lp_mm for s in found])),
    )


def _edges(square: Square) -> Iterator[_Edge]:
    centre = np.array([square.centre.x_mm, square.centre.y_mm])
    for quarter in range(4):
        angle = radians(square.turned_deg + 90.0 * quarter)
        outward = np.array([cos(angle), sin(angle)])
        yield _Edge(centre + SQUARE_MM / 2 * outward, np.array([-outward[1], outward[0]]), outward)


def _measure_edge(located: LocatedRuler, edge: _Edge) -> Sharpness | None:
    mapping = located.mapping
    way = mapping.to_pixels(np.stack([edge.middle_mm, edge.middle_mm + edge.along]))
    angle = degrees(atan2(*(way[1] - way[0])))
    if abs((angle + 45.0) % 90.0 - 45.0) < MIN_SLANT_DEG:
        return None
    px_per_mm = mapping.px_per_mm(*edge.middle_mm)
    along, aside, grey = _pixels_round(located, edge)
    if not len(grey):
        return None
    aside = _straightened(along, aside, grey, px_per_mm)
    curve = _curve(aside * px_per_mm, grey, REACH_MM * 0.85 * px_per_mm)
    rise = _rise_px(curve)
    if rise is None:
        return None
    return Sharpness(rise_mm=rise / px_per_mm, mtf50_lp_mm=_mtf50(curve) * px_per_mm)


def _pixels_round(located: LocatedRuler, edge: _Edge) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Every pixel of the neighbourhood: how far along and outside the edge it lies in mm, and its grey."""
    pixels = located.page.pixels
    corners = np.array(
        [
            edge.middle_mm + a * EDGE_MM / 2 * edge.along + b * REACH_MM * edge.outward
            for a in (-1, 1)
            for b in (-1, 1)
        ]
    )
    at = located.mapping.to_pixels(corners)
    left, top = np.maximum(np.floor(at.min(axis=0)).astype(int), 0)
    right, bottom = np.ceil(at.max(axis=0)).astype(int) + 1
    part = pixels[top:bottom, left:right]
    rows, columns = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]]
    paper = located.mapping.to_paper(np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64))
    along, aside = (paper - edge.middle_mm) @ edge.along, (paper - edge.middle_mm) @ edge.outward
    inside = (np.abs(along) <= EDGE_MM / 2) & (np.abs(aside) <= REACH_MM)
    return along[inside], aside[inside], part.ravel()[inside].astype(np.float64)


def _straightened(along: FloatArray, aside: FloatArray, grey: FloatArray, px_per_mm: float) -> FloatArray:
    """Distance from the edge as it was found: the feed moved it, and bent it a little.

    In each piece of the edge its place is the one of an ideal step that holds the same light.
    """
    dark, bright = np.percentile(grey, [10, 90])
    pieces = 12
    piece = np.clip(((along / EDGE_MM + 0.5) * pieces).astype(int), 0, pieces - 1)
    lit = np.clip((grey - dark) / max(bright - dark, 1.0), -0.2, 1.2)
    at, place = [], []
    for number in range(pieces):
        here = piece == number
        if np.count_nonzero(here) < px_per_mm:
            continue
        at.append(float(along[here].mean()))
        # Mean light over [-reach, reach] of a step at e is (reach - e) / (2 reach).
        place.append(REACH_MM - 2 * REACH_MM * float(lit[here].mean()))
    if len(at) < pieces // 2:
        return aside
    return np.asarray(aside - np.polyval(np.polyfit(at, place, 1), along), dtype=np.float64)


def _curve(aside_px: FloatArray, grey: FloatArray, reach_px: float) -> FloatArray:
    """The edge from 0 to 1, `FINER` samples to a pixel."""
    count = int(2 * reach_px * FINER)
    bins = np.floor((aside_px + reach_px) * FINER).astype(int)
    inside = (bins >= 0) & (bins < count)
    total = np.bincount(bins[inside], grey[inside], count)
    number = np.bincount(bins[inside], minlength=count)
    filled = number > 0
    mean = np.interp(np.arange(count), np.flatnonzero(filled), total[filled] / number[filled])
    plateau = max(2, count // 8)
    dark, bright = float(np.median(mean[:plateau])), float(np.median(mean[-plateau:]))
    return np.asarray((mean - dark) / max(bright - dark, 1.0), dtype=np.float64)


def _rise_px(curve: FloatArray) -> float | None:
    """Width from a tenth to nine tenths, looking outwards from the middle."""
    middle = int(np.argmin(np.abs(curve - 0.5)))
    below, above = np.flatnonzero(curve[: middle + 1] <= 0.1), np.flatnonzero(curve[middle:] >= 0.9)
    if not len(below) or not len(above):
        return None
    first, last = int(below[-1]), middle + int(above[0])
    # The curve passes 0.1 right after `first` and 0.9 right before `last`, so that it rises there.
    start = first + (0.1 - curve[first]) / (curve[first + 1] - curve[first])
    end = last - 1 + (0.9 - curve[last - 1]) / (curve[last] - curve[last - 1])
    return float(end - start) / FINER


def _mtf50(curve: FloatArray) -> float:
    """Cycles a pixel at which the response falls to a half."""
    spread = np.diff(curve)
    # Windowed round its own middle, as the standard does, so that noise far from the edge does not count.
    at = np.arange(len(spread))
    middle = float(at @ np.clip(spread, 0, None) / np.clip(spread, 0, None).sum())
    width = max(middle, len(spread) - 1 - middle) * 2
    spread = spread * (0.54 + 0.46 * np.cos(2 * np.pi * (at - middle) / width))
    length = 16 * len(spread)
    response = np.abs(np.fft.rfft(spread, length))
    cycles = np.arange(len(response)) / length * FINER
    # The difference of neighbours is itself a blur, whose response is a sinc.
    response = response / response[0] / np.maximum(np.sinc(cycles / FINER), 0.3)
    below = np.flatnonzero(response < 0.5)
    if not len(below):
        return float(cycles[-1])
    last = int(below[0])
    step = (response[last - 1] - 0.5) / (response[last - 1] - response[last])
    return float(cycles[last - 1] + step * (cycles[1] - cycles[0]))
