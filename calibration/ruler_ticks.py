"""Every tick of the rulers to a few hundredths of a pixel, and the straightness of their axes.

A tick is found in one direction only, along its ruler: the darkness beside the axis is averaged along
the tick, which is a dozen pixels or more, and the centroid is taken. Neighbours lie two millimetres
apart and the feed of a scanner moves slowly, so that each tick is looked for where the last ones
promise it. The axis is found in the other direction, between every two ticks.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.ruler_scan import LocatedRuler
from forms.ruler_layout import STEP_MM, TICK_LENGTH_MM, TICK_MM, Ruler
from scanner.reading.mapping import FloatArray, PaperToPixel

SAMPLE_MM = 0.05
"""Between samples along a profile: about half a pixel at 300 dpi."""
ASIDE_MM = (0.8, TICK_LENGTH_MM - 0.4)
"""The part of every tick that is looked at, from the axis: clear of it, and within the shortest tick."""
REACH_MM = 0.8
"""A tick's ink is searched so far to both sides of where it should be: less than half a step."""
BETWEEN_MM = 0.5
"""Half the length of the axis that is averaged between two ticks."""
INK_SHARE = (0.35, 2.5)
"""A tick with less or more ink than these shares of the usual is faint or stained: left out."""

NEIGHBOURS = 4
"""On each side, that a tick is compared with."""
STAIN_MM = 0.25
"""A tick that differs from these by more was not a tick."""


@dataclass(frozen=True)
class MeasuredRuler:
    """One ruler as it was found; millimetres are the form's, as the corner marks map them."""

    ruler: Ruler
    places_mm: FloatArray
    """Shape (n,): nominal place of every tick along the ruler."""
    along_mm: FloatArray
    """How far along from its nominal place each tick was found; nan where it was not."""
    between_mm: FloatArray
    """Shape (n - 1,): places half way between the ticks."""
    aside_mm: FloatArray
    """How far the axis was found beside its nominal place there, on the side of the ticks; or nan."""

    @property
    def found_share(self) -> float:
        """Of all ticks."""
        return float(np.isfinite(self.along_mm).mean())


def measure_ruler(located: LocatedRuler, ruler: Ruler) -> MeasuredRuler:
    """All ticks and the axis of one ruler."""
    ticks = np.array(ruler.ticks_mm)
    between = (ticks[1:] + ticks[:-1]) / 2
    return MeasuredRuler(
        ruler, ticks, _find_ticks(located, ruler, ticks), between, _axis(located, ruler, between)
    )


def places(ruler: Ruler, along_mm: FloatArray, aside_mm: FloatArray | float) -> FloatArray:
    """Places on the paper, shape (n, 2), by how far along and beside the ruler they are."""
    along, aside = np.broadcast_arrays(along_mm, np.asarray(aside_mm) * ruler.inward)
    across, down = (aside, along) if ruler.upright else (along, aside)
    return np.stack([ruler.start.x_mm + across, ruler.start.y_mm + down], axis=-1).astype(np.float64)


def sample(pixels: NDArray[np.uint8], mapping: PaperToPixel, places_mm: FloatArray) -> FloatArray:
    """Grey levels at places of shape (rows, columns, 2)."""
    at = mapping.to_pixels(places_mm.reshape(-1, 2)).reshape(places_mm.shape).astype(np.float32)
    values = cv2.remap(
        pixels,
        np.ascontiguousarray(at[..., 0]),
        np.ascontiguousarray(at[..., 1]),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(values, dtype=np.float64)


def _find_ticks(located: LocatedRuler, ruler: Ruler, ticks: FloatArray) -> FloatArray:
    margin = 2 * REACH_MM
    along = np.arange(-margin, ruler.length_mm + margin, SAMPLE_MM)
    aside = np.linspace(*ASIDE_MM, 16)
    grid = places(ruler, *np.meshgrid(along, aside))
    profile = _ink(sample(located.page.pixels, located.mapping, grid).mean(axis=0))
    found, ink = np.full(len(ticks), np.nan), np.zeros(len(ticks))
    shift, recent = 0.0, [0.0]
    for number, tick in enumerate(ticks):
        offset, ink[number] = _centroid(along, profile, float(tick) + shift)
        offset += shift
        if ink[number] > INK_SHARE[0] * TICK_MM / 2:
            found[number] = offset
            recent = [*recent[-2:], found[number]]
            shift = float(np.median(recent))
    usual = float(np.median(ink))
    found[(ink < INK_SHARE[0] * usual) | (ink > INK_SHARE[1] * usual)] = np.nan
    return _without_stains(found)


def _axis(located: LocatedRuler, ruler: Ruler, between: FloatArray) -> FloatArray:
    aside = np.arange(-2 * REACH_MM, 2 * REACH_MM, SAMPLE_MM)
    stretch = np.linspace(-BETWEEN_MM, BETWEEN_MM, 12)
    along = (between[:, None] + stretch).ravel()
    grey = sample(
        located.page.pixels, located.mapping, places(ruler, *np.meshgrid(along, aside, indexing="ij"))
    )
    profiles = _ink(grey.reshape(len(between), len(stretch), len(aside)).mean(axis=1))
    offsets, ink = np.full(len(between), np.nan), np.zeros(len(between))
    for number, profile in enumerate(profiles):
        offsets[number], ink[number] = _centroid(aside, profile, 0.0)
    usual = float(np.median(ink))
    offsets[(ink < INK_SHARE[0] * usual) | (ink > INK_SHARE[1] * usual)] = np.nan
    return _without_stains(offsets)


def _without_stains(found: FloatArray) -> FloatArray:
    """Leave out what stands far from its neighbours on both sides: a feed moves slowly, a stain does not."""
    padded = np.pad(found, NEIGHBOURS, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1)
    usual = np.array([np.median(w[np.isfinite(w)]) if np.isfinite(w).any() else np.nan for w in windows])
    return np.where(np.abs(found - usual) <= STAIN_MM, found, np.nan)


def _ink(grey: FloatArray) -> FloatArray:
    """0 for paper to 1 for the darkest there is, by the usual and the darkest grey of each profile, which is
    a row of the last axis."""
    paper = np.median(grey, axis=-1, keepdims=True)
    dark = np.percentile(grey, 2, axis=-1, keepdims=True)
    return np.asarray((paper - grey) / np.maximum(paper - dark, 8.0), dtype=np.float64)


def _centroid(at_mm: FloatArray, ink: FloatArray, expected_mm: float) -> tuple[float, float]:
    """How far from its expected place the ink lies, and how much of it there is (mm of full darkness).

    The window follows the ink, so that it cuts off as much on one side as on the other.
    """
    first, last = np.searchsorted(at_mm, [expected_mm - STEP_MM, expected_mm + STEP_MM])
    at_mm, ink = at_mm[first:last], np.clip(ink[first:last], 0.0, None)
    centre, amount = expected_mm, 0.0
    for reach in (REACH_MM, 0.75 * REACH_MM, 0.75 * REACH_MM, 0.75 * REACH_MM):
        # Soft ends: a sample that enters or leaves the window as it moves must not make a jump.
        weight = np.clip((reach - np.abs(at_mm - centre)) / (2 * SAMPLE_MM) + 0.5, 0.0, 1.0)
        inked = weight * ink
        total = float(inked.sum())
        if total <= 0.0:
            return 0.0, 0.0
        moved = float(inked @ at_mm) / total
        amount = total * SAMPLE_MM
        if abs(moved - expected_mm) > STEP_MM / 2:
            return 0.0, 0.0
        centre = moved
    return centre - expected_mm, amount
