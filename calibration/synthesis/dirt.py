"""What happens to a sheet on desks and in bags, before it is scanned.

Everything changes the paper in place. Places are mm on the paper; where none is asked for, chance
chooses one. None of it is ever a mark.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.ink import GREY_WEIGHTS
from calibration.synthesis.paper import Paper, Pixels, Window, window_round

Field = NDArray[np.float32]

_COFFEE = np.array([0.72, 0.58, 0.40])
"""Share of red, green and blue light that a strong coffee edge lets through."""


class Dirt(StrEnum):
    """What can happen to a sheet."""

    COFFEE = "coffee"
    """The ring of a cup."""
    FOLD = "fold"
    """Folded across and flattened again."""
    PUNCHED = "punched"
    """Two holes for a ring binder."""
    SPECKS = "specks"
    """Toner dust, crumbs, fly spots."""
    SHOW_THROUGH = "show_through"
    """Print on the other side shines through."""


def coffee_ring(paper: Paper, rng: Generator, centre_mm: tuple[float, float] | None = None) -> None:
    """Set a wet cup on the sheet: a ring 60 to 80 mm across, dark at its rim and broken in places."""
    width, height = paper.size_mm
    x, y = centre_mm or (rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height)
    radius = rng.uniform(30, 40)
    reach = np.array([radius + 6, radius + 6])
    window = window_round(paper, np.array([x, y]) - reach, np.array([x, y]) + reach, paper.dpi)
    if window is None:
        return
    # Coffee has no sharp edges: six pixels a millimetre hold all of it.
    coarse = 6
    first = np.array([window.left_px, window.top_px]) / paper.px_per_mm
    shape = [max(2, round(side / paper.px_per_mm * coarse)) for side in (window.height_px, window.width_px)]
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float64) / coarse
    across, down = columns + first[0] - x, rows + first[1] - y
    angle = np.arctan2(down, across)
    wobble = _round_noise(angle, rng)
    from_rim = np.hypot(across, down) - radius - 0.6 * wobble
    wet = np.clip(0.65 + 0.55 * _round_noise(angle, rng), 0.0, 1.0)
    # Drying coffee gathers at its edges: a fine dark line outside, a weaker one where the cup stood.
    rim = np.exp(-((from_rim / 0.45) ** 2)) + 0.4 * np.exp(-(((from_rim + 2.4) / 0.6) ** 2))
    rim = wet * (rim + 0.25 * np.exp(-(((from_rim + 1.2) / 1.2) ** 2)))
    inside = 0.10 * np.clip(wet - 0.2, 0, 1) * np.exp(np.minimum(from_rim, 0) / 6) * (from_rim < 0)
    amount = np.clip(rim + inside, 0.0, 1.2).astype(np.float32)
    _stain(paper, window, amount)


def fold(paper: Paper, rng: Generator, level_mm: float | None = None) -> None:
    """Fold the sheet across and flatten it: a fine dark crease, its slope shaded, toner cracked off."""
    width, height = paper.size_mm
    level = level_mm if level_mm is not None else rng.uniform(0.3, 0.7) * height
    tilt = rng.normal(0, 0.01)
    window = window_round(paper, np.array([0.0, level - 8]), np.array([width, level + 8]), paper.dpi)
    if window is None:
        return
    rows, columns = np.mgrid[: window.height_px, : window.width_px].astype(np.float32) / paper.px_per_mm
    from_crease = rows + window.top_px / paper.px_per_mm - level - tilt * (columns - width / 2)
    shade = 1 - 0.05 * np.exp(-np.abs(from_crease) / 2.5) * (from_crease > 0)
    shade -= rng.uniform(0.06, 0.18) * np.exp(-((from_crease / 0.12) ** 2))
    part = window.of(paper.pixels)
    cracked = np.abs(from_crease) < 0.15 * rng.random(from_crease.shape, np.float32) + 0.02
    if paper.in_colour:
        shade, cracked = shade[..., None], np.repeat(cracked[..., None], 3, axis=2)
    part[...] = np.rint(np.where(cracked, np.maximum(part, 190), part) * shade)


def punch_holes(paper: Paper, rng: Generator) -> None:
    """Two holes 6 mm across and 80 mm apart, 12 mm from the left edge (ISO 838)."""
    middle = paper.size_mm[1] / 2 + rng.normal(0, 1.5)
    aside = 12.0 + rng.normal(0, 0.7)
    for level in (middle - 40, middle + 40):
        centre = tuple(round(at * paper.px_per_mm * 16) for at in (aside, level))
        radius = round(3.0 * paper.px_per_mm * 16)
        # The rim throws a shadow on what is behind the paper.
        cv2.circle(paper.pixels, centre, radius, (150, 150, 150), -1, cv2.LINE_AA, 4)
        inner = (centre[0] + 5, centre[1] + 5)
        cv2.circle(paper.pixels, inner, round(0.93 * radius), (238, 238, 238), -1, cv2.LINE_AA, 4)


def specks(paper: Paper, rng: Generator, count: int | None = None) -> None:
    """Scatter dark specks 0.05 to 0.4 mm across; most are small."""
    width, height = paper.size_mm
    for _ in range(count if count is not None else int(rng.integers(20, 120))):
        centre = (rng.uniform(0, width), rng.uniform(0, height))
        radius_px = (0.025 + 0.18 * rng.random() ** 3) * paper.px_per_mm
        pixel = tuple(round((at * paper.px_per_mm - 0.5) * 16) for at in centre)
        size = (max(4, round(radius_px * 16)), max(4, round(0.7 * radius_px * 16)))
        grey = float(rng.uniform(30, 150))
        box = (pixel, size, int(rng.integers(0, 180)), 0, 360, (grey, grey, grey))
        cv2.ellipse(paper.pixels, *box, -1, cv2.LINE_AA, 4)


def show_through(paper: Paper, other_side: Pixels, strength: float) -> None:
    """Let the print of the other side shine through; `strength` is the share of light that full black takes.

    `other_side` is that side's picture as one looks at it, in grey, shape (height, width).
    """
    height, width = paper.pixels.shape[:2]
    mirrored = cv2.flip(cv2.resize(other_side, (width, height), interpolation=cv2.INTER_AREA), 1)
    spread = cv2.blur(mirrored, (max(1, round(0.35 * paper.px_per_mm)),) * 2)
    light = cv2.LUT(spread, np.rint(255 - strength * (255 - np.arange(256))).astype(np.uint8))
    if paper.in_colour:
        light = cv2.cvtColor(light, cv2.COLOR_GRAY2RGB)
    cv2.multiply(paper.pixels, light, paper.pixels, scale=1 / 255)


def printed_back(paper: Paper, rng: Generator) -> None:
    """The other side bears a sheet like this one, head to foot, and shines through."""
    show_through(paper, np.ascontiguousarray(np.rot90(in_grey(paper), 2)), rng.uniform(0.03, 0.09))


def blank_like(paper: Paper) -> Paper:
    """A clean sheet of the same size, seen at the same resolution: a back."""
    return Paper(np.full_like(paper.pixels, 255), paper.dpi)


def in_grey(paper: Paper) -> Pixels:
    """The paper's pixels in grey."""
    if not paper.in_colour:
        return paper.pixels
    return np.asarray(cv2.cvtColor(paper.pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _stain(paper: Paper, window: Window, amount: Field) -> None:
    """Take away light by `amount`, which covers `window` at any resolution."""
    part = window.of(paper.pixels)
    fine = cv2.resize(amount, (window.width_px, window.height_px), interpolation=cv2.INTER_CUBIC)
    through = _COFFEE if paper.in_colour else [float(_COFFEE @ GREY_WEIGHTS)]
    light = np.stack([cv2.exp(fine * float(np.log(share))) for share in through], axis=2)
    part[...] = np.rint(np.minimum(255, part * (light if paper.in_colour else light[..., 0])))


def _round_noise(angle: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    """Smooth noise of about unit size over directions, without a seam."""
    waves = np.arange(1, 8)
    strength = rng.normal(size=waves.size) / np.sqrt(waves)
    phase = rng.uniform(0, 2 * np.pi, waves.size)
    table = np.linspace(-np.pi, np.pi, 721)
    values = (strength[:, None] * np.sin(waves[:, None] * table + phase[:, None])).sum(axis=0)
    return np.asarray(np.interp(angle, table, values), np.float64)


SPOIL: dict[Dirt, Callable[[Paper, Generator], None]] = {
    Dirt.COFFEE: coffee_ring,
    Dirt.FOLD: fold,
    Dirt.PUNCHED: punch_holes,
    Dirt.SPECKS: specks,
    Dirt.SHOW_THROUGH: printed_back,
}
"""What needs nothing but the sheet itself."""
