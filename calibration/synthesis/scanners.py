"""The scanner: what its optics, sensor and firmware make of a sheet of paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from statistics import NormalDist

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image

from calibration.synthesis.paper import MM_PER_INCH, Paper, Pixels
from calibration.synthesis.passage import Feed, Passage, turned_by, uneven_feed

_ADAPTIVE_MM = 8.0
"""Side of the surroundings that an adaptive threshold looks at."""
_ADAPTIVE_BELOW = 30
"""Grey levels below their mean from which a pixel is black."""


class ScanMode(StrEnum):
    """How a pixel is stored."""

    COLOUR = "colour"
    GREY = "grey"
    FIXED = "fixed"
    """Black or white, by one threshold for the page."""
    ADAPTIVE = "adaptive"
    """Black or white, by a threshold that follows the surroundings."""
    DITHERED = "dithered"
    """Black or white, by error diffusion (Floyd and Steinberg)."""

    @property
    def bilevel(self) -> bool:
        return self not in (ScanMode.COLOUR, ScanMode.GREY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """A line along the feed: dust on the glass, or a cell of the sensor that is out of tune."""

    at_mm: float
    """From the left edge of the sensor's frame."""
    width_mm: float
    strength: float
    """Share of the light that is lost; below 0 the share of the missing light that is added."""
    from_mm: float = 0.0
    to_mm: float = 1000.0
    """Where along the feed it begins and ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A dark band that fades towards the middle of the page: a lid that did not close."""

    edge: str
    """`left`, `right`, `top` or `bottom` of the sensor's frame."""
    width_mm: float
    depth: float
    """Share of the light that is lost at the very edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """One scanner with its settings, and how a sheet lies in it."""

    dpi: int = 300
    mode: ScanMode = ScanMode.GREY
    turn: int = 0
    """Degrees clockwise by which the paper lies turned in the picture: 0, 90, 180, 270."""
    device_turn: int = 0
    """The part of `turn` that the device makes of the finished picture."""
    skew_deg: float = 0.0
    """Further clockwise turn of the paper."""
    offset_mm: tuple[float, float] = (0.0, 0.0)
    across: float = 1.0
    """Length across the sensor in the picture against the length on paper."""
    feed: Feed = field(default_factory=Feed)
    blur_mm: float = 0.03
    """Standard deviation of the optics' blur."""
    noise: float = 2.0
    """Standard deviation of the sensor, in grey levels."""
    white: int = 248
    """Grey level of clean paper."""
    black: int = 18
    """Grey level where there is no light."""
    lid: int = 245
    """Brightness of what is behind the paper, against 255 for clean paper; 0 for a black lid."""
    threshold: int = 150
    """For `FIXED`: a pixel below it is black."""
    streaks: tuple[Streak, ...] = ()
    shadow: Shadow | None = None
    jpeg_quality: int | None = 85
    """Of the pages in a file that holds JPEG; None for files that lose nothing."""

    def passage(self, paper: Paper) -> Passage:
        """How `paper` goes through this scanner."""
        return Passage(
            dpi=self.dpi,
            paper_mm=paper.size_mm,
            turn=self.turn,
            device_turn=self.device_turn,
            skew_deg=self.skew_deg,
            offset_mm=self.offset_mm,
            across=self.across,
            feed=self.feed,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A page as the scanner hands it on."""

    pixels: Pixels
    """Shape (height, width) in grey, (height, width, 3) in red, green, blue; only 0 and 255 when bilevel."""
    dpi: int
    bilevel: bool


def office_scanner(rng: Generator) -> Scanner:
    """A scanner in tidy office conditions: grey and colour at 200 to 300 dpi, or bilevel at 300."""
    mode = ScanMode(rng.choice([m.value for m in ScanMode], p=[0.2, 0.5, 0.15, 0.15, 0.0]))
    upside_down = rng.random() < 0.12
    streaky = rng.random() < 0.12
    return Scanner(
        dpi=300 if mode.bilevel else int(rng.choice([200, 240, 300], p=[0.3, 0.1, 0.6])),
        mode=mode,
        turn=180 if upside_down else 0,
        skew_deg=float(np.clip(rng.normal(0, 0.6), -2, 2)),
        offset_mm=(rng.normal(0, 0.8), rng.normal(0, 0.8)),
        across=1 + rng.normal(0, 0.001),
        feed=uneven_feed(rng),
        blur_mm=rng.uniform(0.02, 0.05),
        noise=rng.uniform(1.0, 4.0),
        white=int(rng.integers(238, 256)),
        black=int(rng.integers(5, 40)),
        threshold=int(rng.integers(125, 190)),
        streaks=(some_streak(rng),) if streaky else (),
        jpeg_quality=None if mode.bilevel else int(rng.integers(65, 93)),
    )


def some_streak(rng: Generator) -> Streak:
    """A streak down the whole page somewhere across it; one in four is light."""
    strength = rng.uniform(0.25, 0.8) * (1 if rng.random() < 0.75 else -1)
    return Streak(at_mm=rng.uniform(20, 190), width_mm=rng.uniform(0.08, 0.4), strength=strength)


def scan(paper: Paper, scanner: Scanner, rng: Generator) -> Picture:
    """Scan one side of a sheet. Raises ValueError for a colour scan of a paper that is kept in grey."""
    if (scanner.mode is ScanMode.COLOUR) != paper.in_colour:
        raise ValueError("a colour scan needs a paper in colour, any other scan a paper in grey")
    pixels = scanner.passage(paper).picture(paper, scanner.lid)
    px_per_mm = scanner.dpi / MM_PER_INCH
    if scanner.blur_mm * px_per_mm > 0.15:
        cv2.GaussianBlur(pixels, (0, 0), scanner.blur_mm * px_per_mm, pixels)
    if scanner.shadow is not None:
        _cast(pixels, scanner.shadow, px_per_mm)
    for streak in scanner.streaks:
        _draw_streak(pixels, streak, px_per_mm, rng)
    levels = np.linspace(scanner.black, scanner.white, 256)
    pixels = np.asarray(cv2.LUT(pixels, np.rint(levels).astype(np.uint8)), np.uint8)
    if scanner.noise > 0:
        pixels = _noisy(pixels, scanner.noise, rng)
    if scanner.mode.bilevel:
        pixels = _bilevel(pixels, scanner)
    return Picture(turned_by(pixels, scanner.device_turn), scanner.dpi, scanner.mode.bilevel)


def _cast(pixels: Pixels, shadow: Shadow, px_per_mm: float) -> None:
    """Darken one edge, in place."""
    quarter = {"top": 0, "right": 1, "bottom": 2, "left": 3}[shadow.edge]
    from_edge = np.rot90(pixels, quarter)[: round(shadow.width_mm * px_per_mm)]
    rest = np.linspace(1.0, 0.0, len(from_edge)) ** 2
    light = (1 - shadow.depth * rest).reshape(-1, *[1] * (pixels.ndim - 1))
    from_edge[...] = np.rint(from_edge * light)


def _draw_streak(pixels: Pixels, streak: Streak, px_per_mm: float, rng: Generator) -> None:
    """Darken or lighten a few columns, in place; the edges are soft and the strength breathes a little."""
    height, width = pixels.shape[:2]
    centre, half = streak.at_mm * px_per_mm - 0.5, streak.width_mm * px_per_mm / 2
    first, last = max(0, int(centre - half - 1)), min(width, int(centre + half + 3))
    top, bottom = (int(np.clip(at * px_per_mm, 0, height)) for at in (streak.from_mm, streak.to_mm))
    if first >= last or top >= bottom:
        return
    cover = np.clip(half + 0.5 - np.abs(np.arange(first, last) - centre), 0, 1)
    knots = rng.normal(1.0, 0.12, 24)
    breath = np.clip(np.interp(np.linspace(0, 23, bottom - top), np.arange(24), knots), 0, 1.3)
    change = np.clip(abs(streak.strength) * np.outer(breath, cover), 0, 1)
    part = pixels[top:bottom, first:last]
    change = change.reshape(*change.shape, *[1] * (pixels.ndim - 2))
    target = 0.0 if streak.strength > 0 else 255.0
    part[...] = np.rint(part + (target - part) * change)


def _noisy(pixels: Pixels, spread: float, rng: Generator) -> Pixels:
    """Add the sensor's noise. Random bytes through a table of 256 quantiles are a tenth of the work of
    normal numbers; the tails end at 2.9 standard deviations."""
    normal = NormalDist()
    quantiles = np.array([normal.inv_cdf((i + 0.5) / 256) for i in range(256)])
    table = np.clip(np.rint(128 + spread * quantiles), 0, 255).astype(np.uint8)
    noise = cv2.LUT(np.frombuffer(rng.bytes(pixels.size), np.uint8).reshape(pixels.shape), table)
    return np.asarray(cv2.addWeighted(pixels, 1, noise, 1, -128), np.uint8)


def _bilevel(pixels: Pixels, scanner: Scanner) -> Pixels:
    if scanner.mode is ScanMode.DITHERED:
        return np.asarray(Image.fromarray(pixels).convert("1").convert("L"), np.uint8)
    if scanner.mode is ScanMode.FIXED:
        return np.asarray(cv2.threshold(pixels, scanner.threshold - 1, 255, cv2.THRESH_BINARY)[1], np.uint8)
    window = round(_ADAPTIVE_MM * scanner.dpi / MM_PER_INCH) | 1
    mean = cv2.ADAPTIVE_THRESH_MEAN_C
    black_or_white = cv2.adaptiveThreshold(pixels, 255, mean, cv2.THRESH_BINARY, window, _ADAPTIVE_BELOW)
    return np.asarray(black_or_white, np.uint8)
