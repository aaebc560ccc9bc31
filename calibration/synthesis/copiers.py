"""Photocopies: what a copier makes of a filled-in sheet, once or again and again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.backs import in_grey
from calibration.synthesis.paper import MM_PER_INCH, Paper
from calibration.synthesis.passage import Feed, Passage, uneven_feed
from calibration.synthesis.scanners import Shadow, cast, noisy
from calibration.synthesis.stains import specks
from calibration.synthesis.toner import fade


@dataclass(frozen=True, slots=True, kw_only=True)
class Copier:
    """One copying with its settings, and how the sheet lies on the glass."""

    dpi: int = 400
    scale: float = 1.0
    aspect: float = 1.0
    """Length along the feed against length across it."""
    skew_deg: float = 0.0
    offset_mm: tuple[float, float] = (0.0, 0.0)
    feed: Feed = field(default_factory=Feed)
    blur_mm: float = 0.06
    level: float = 150.0
    """Grey level between toner and none: higher lets strokes spread and lifts the dirt of the ground,
    lower erodes them and loses what is faint."""
    contrast: float = 4.0
    """Slope of the tone curve at `level`: 1 leaves greys alone, 10 leaves none."""
    noise: float = 8.0
    """Grey levels, before the tone curve: ragged edges."""
    toner: float = 0.92
    uneven: float = 0.1
    bands: float = 0.0
    specks: int = 30
    """Specks of the drum and the glass on the sheet."""
    shadow: Shadow | None = None

    def passage(self, paper: Paper) -> Passage:
        """How `paper` lies and moves, as a passage under a scanner's sensor."""
        feed = Feed(
            stretch=self.feed.stretch * self.scale * self.aspect, waves=self.feed.waves, sway=self.feed.sway
        )
        return Passage(
            dpi=self.dpi,
            paper_mm=paper.size_mm,
            skew_deg=self.skew_deg,
            offset_mm=self.offset_mm,
            across=self.scale,
            feed=feed,
        )


def photocopied(
    paper: Paper, copier: Copier, rng: Generator, part_mm: NDArray[np.float64] | None = None
) -> Paper:
    """A copy of `paper`, in grey, on a new sheet.

    With `part_mm`, places on the paper of shape (n, 2), only the part of the copy that shows them.
    """
    passage = copier.passage(paper)
    part = passage.part_round(part_mm) if part_mm is not None else None
    seen = passage.picture(paper, 250, part, soft=True)
    pixels = in_grey(replace(paper, pixels=seen))
    px_per_mm = copier.dpi / MM_PER_INCH
    cv2.GaussianBlur(pixels, (0, 0), copier.blur_mm * px_per_mm, pixels)
    where = part or passage.whole
    if copier.shadow is not None:
        cast(pixels, copier.shadow, where, passage.whole, px_per_mm)
    pixels = noisy(pixels, copier.noise, rng)
    steep = copier.contrast * 4 / 255 * (np.arange(256) - copier.level)
    tones = np.rint(255 / (1 + np.exp(-np.clip(steep, -40, 40)))).astype(np.uint8)
    pixels = np.asarray(cv2.LUT(pixels, tones), np.uint8)
    corner = (where.left_px, where.top_px) if part else (0, 0)
    copy = Paper(pixels, copier.dpi, corner, paper.size_mm if part else None)
    fade(copy, rng, toner=copier.toner, uneven=copier.uneven, bands=copier.bands)
    specks(copy, rng, copier.specks, 0.6)
    return copy


def some_copier(rng: Generator) -> Copier:
    """A copier as they stand in corridors; not too new."""
    shadow = None
    if rng.random() < 0.4:
        edge = str(rng.choice(["left", "right", "top", "bottom"]))
        shadow = Shadow(edge=edge, width_mm=rng.uniform(4, 25), depth=rng.uniform(0.4, 0.95))
    return Copier(
        scale=1 + float(np.clip(rng.normal(0, 0.006), -0.015, 0.015)),
        aspect=1 + rng.normal(0, 0.002),
        skew_deg=rng.normal(0, 0.4),
        offset_mm=(rng.normal(0, 1.0), rng.normal(0, 1.0)),
        feed=uneven_feed(rng),
        blur_mm=rng.uniform(0.04, 0.10),
        level=rng.uniform(105, 195),
        contrast=rng.uniform(1.5, 7.0),
        noise=rng.uniform(3, 14),
        toner=rng.uniform(0.75, 1.0),
        uneven=rng.uniform(0.0, 0.25),
        bands=rng.uniform(0.1, 0.4) if rng.random() < 0.25 else 0.0,
        specks=int(rng.integers(5, 150)),
        shadow=shadow,
    )


def some_copies(rng: Generator) -> tuple[Copier, ...]:
    """A copy, a copy of a copy, or the copy of that."""
    return tuple(some_copier(rng) for _ in range(1 + rng.choice(3, p=[0.5, 0.3, 0.2])))
