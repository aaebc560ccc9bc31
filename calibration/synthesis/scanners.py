"""The scanner: what its optics, sensor and firmware make of a sheet of paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import NormalDist

import cv2
import numpy as np
from numpy.random import Generator

from calibration.synthesis.firmware import (
    Halftone,
    ScanMode,
    by_adaptive_threshold,
    by_fixed_threshold,
    despeckled,
    dithered,
    sharpened,
    speckled,
    through_jpeg,
    with_gamma,
)
from calibration.synthesis.paper import MM_PER_INCH, Paper, Pixels
from calibration.synthesis.passage import Feed, Part, Passage, turned_by, uneven_feed
from calibration.synthesis.streaks import Streak, draw_streak, some_streak

_QUANTILES = np.array([NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)])

__all__ = ["Picture", "ScanMode", "Scanner", "Shadow", "Streak", "office_scanner", "scan", "some_streak"]


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
    gamma: float = 1.0
    """Above 1 middle tones get darker, below 1 lighter."""
    sharpen: float = 0.0
    """How much an unsharp mask makes edges stand out."""
    despeckle: bool = False
    """A median takes single dots away."""
    threshold: int = 150
    """For `FIXED`: a pixel below it is black."""
    adaptive_mm: float = 8.0
    """For `ADAPTIVE`: side of the surroundings that the threshold looks at."""
    adaptive_below: int = 30
    """For `ADAPTIVE`: grey levels below their mean from which a pixel is black."""
    halftone: Halftone = Halftone.DIFFUSED
    """For `DITHERED`."""
    speckle: float = 0.0
    """Of a million pixels of a bilevel picture, how many are turned round by chance."""
    streaks: tuple[Streak, ...] = ()
    shadow: Shadow | None = None
    jpeg_quality: int | None = 85
    """Of the pages in a file that holds JPEG; None for files that lose nothing."""
    first_jpeg_quality: int | None = None
    """Of an earlier JPEG file that the device made, before somebody's software wrote it again."""

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


def scan(paper: Paper, scanner: Scanner, rng: Generator, part: Part | None = None) -> Picture:
    """Scan one side of a sheet, or a part of the sensor's frame.

    The pixels are as they come out of the file: after JPEG, when the scanner writes it. Raises
    ValueError for a colour scan of a paper that is kept in grey.
    """
    if (scanner.mode is ScanMode.COLOUR) != paper.in_colour:
        raise ValueError("a colour scan needs a paper in colour, any other scan a paper in grey")
    passage = scanner.passage(paper)
    px_per_mm = scanner.dpi / MM_PER_INCH
    blur_px = scanner.blur_mm * px_per_mm
    pixels = passage.picture(paper, scanner.lid, part, soft=blur_px > 0.45)
    seen = part or passage.whole
    if blur_px > 0.15:
        cv2.GaussianBlur(pixels, (0, 0), blur_px, pixels)
    if scanner.shadow is not None:
        cast(pixels, scanner.shadow, seen, passage.whole, px_per_mm)
    for streak in scanner.streaks:
        draw_streak(pixels, streak, seen, px_per_mm, rng)
    levels = np.linspace(scanner.black, scanner.white, 256)
    pixels = np.asarray(cv2.LUT(pixels, np.rint(levels).astype(np.uint8)), np.uint8)
    if scanner.noise > 0:
        pixels = noisy(pixels, scanner.noise, rng)
    pixels = _processed(pixels, scanner, px_per_mm, rng)
    pixels = turned_by(pixels, scanner.device_turn)
    return Picture(_filed(pixels, scanner), scanner.dpi, scanner.mode.bilevel)


def _processed(pixels: Pixels, scanner: Scanner, px_per_mm: float, rng: Generator) -> Pixels:
    """What the firmware makes of what the sensor saw."""
    if scanner.gamma != 1:
        pixels = with_gamma(pixels, scanner.gamma)
    if scanner.sharpen > 0:
        pixels = sharpened(pixels, scanner.sharpen, px_per_mm)
    if scanner.mode is ScanMode.FIXED:
        pixels = by_fixed_threshold(pixels, scanner.threshold)
    elif scanner.mode is ScanMode.ADAPTIVE:
        pixels = by_adaptive_threshold(pixels, scanner.adaptive_mm * px_per_mm, scanner.adaptive_below)
    elif scanner.mode is ScanMode.DITHERED:
        pixels = dithered(pixels, scanner.halftone)
    if scanner.mode.bilevel and scanner.speckle > 0:
        pixels = speckled(pixels, scanner.speckle, rng)
    return despeckled(pixels) if scanner.despeckle else pixels


def _filed(pixels: Pixels, scanner: Scanner) -> Pixels:
    """The pixels as they come back out of the file."""
    if scanner.mode.bilevel:
        return pixels
    for quality in (scanner.first_jpeg_quality, scanner.jpeg_quality):
        if quality is not None:
            pixels = through_jpeg(pixels, quality)
    return pixels


def cast(pixels: Pixels, shadow: Shadow, part: Part, whole: Part, px_per_mm: float) -> None:
    """Darken one edge of the sensor's frame, in place."""
    down = shadow.edge in ("top", "bottom")
    first, count = (part.top_px, part.height_px) if down else (part.left_px, part.width_px)
    from_edge = first + np.arange(count)
    if shadow.edge in ("bottom", "right"):
        from_edge = (whole.height_px if down else whole.width_px) - 1 - from_edge
    deep = max(1, round(shadow.width_mm * px_per_mm) - 1)
    rest = np.clip(1 - from_edge / deep, 0, 1) ** 2
    dark = np.flatnonzero(rest)
    if not dark.size:
        return
    some = slice(int(dark[0]), int(dark[-1]) + 1)
    light = 1 - shadow.depth * rest[some]
    view = pixels[some] if down else pixels[:, some]
    view[...] = np.rint(
        view * light.reshape((-1, 1) if down else (1, -1))[(...,) + (None,) * (pixels.ndim - 2)]
    )


def noisy(pixels: Pixels, spread: float, rng: Generator) -> Pixels:
    """Add the sensor's noise, `spread` grey levels.

    Random bytes through a table of 256 quantiles are a tenth of the work of normal numbers; the tails
    end at 2.9 standard deviations.
    """
    table = np.clip(np.rint(128 + spread * _QUANTILES), 0, 255).astype(np.uint8)
    noise = cv2.LUT(np.frombuffer(rng.bytes(pixels.size), np.uint8).reshape(pixels.shape), table)
    return np.asarray(cv2.addWeighted(pixels, 1, noise, 1, -128), np.uint8)
