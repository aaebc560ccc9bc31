"""The way of a sheet past the scanner's sensor: which spot of paper every pixel sees.

Three frames, all with x to the right and y down: the paper in mm; the sensor in mm, x across it and
y along the feed; the picture in pixels, where pixel (0, 0) has its centre at (0, 0).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.paper import MM_PER_INCH, Paper, Pixels

Floats = NDArray[np.float64]

_STRIP_ROWS = 256
"""Rows that are mapped at a time: their maps stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Wave:
    """One slow swing of the paper's way."""

    strength_mm: float
    length_mm: float
    phase_deg: float

    def at(self, y_mm: Floats) -> Floats:
        angle = 2 * np.pi * y_mm / self.length_mm + np.radians(self.phase_deg)
        return np.asarray(self.strength_mm * np.sin(angle))


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """How the rollers move the paper."""

    stretch: float = 1.0
    """Length along the feed in the picture against the length on paper."""
    waves: tuple[Wave, ...] = ()
    """How far the paper runs ahead of an even feed, as it goes."""
    sway: tuple[Wave, ...] = ()
    """How far it is pushed across the sensor, as it goes."""

    def paper_y(self, sensor_y: Floats) -> Floats:
        """Which level of the paper passes the sensor when the motor has gone `sensor_y` mm."""
        ahead = sum((wave.at(sensor_y) for wave in self.waves), np.zeros_like(sensor_y))
        return np.asarray(sensor_y / self.stretch + ahead)

    def aside(self, sensor_y: Floats) -> Floats:
        """How far right of its sensor cell the spot lies that the cell sees, in mm."""
        return sum((wave.at(sensor_y) for wave in self.sway), np.zeros_like(sensor_y))


def uneven_feed(rng: Generator, strength: float = 1.0) -> Feed:
    """A feed as office scanners have it: up to half a per cent of stretch, waves of 0.05 to 0.2 mm."""
    lengths = rng.uniform(40, 220, 2)
    waves = tuple(
        Wave(strength * rng.uniform(0.02, 0.12), float(length), rng.uniform(0, 360)) for length in lengths
    )
    sway = (Wave(strength * rng.uniform(0.0, 0.08), rng.uniform(80, 300), rng.uniform(0, 360)),)
    return Feed(stretch=1 + strength * rng.normal(0, 0.002), waves=waves, sway=sway)


@dataclass(frozen=True, slots=True)
class Part:
    """An upright part of the sensor's frame, in its pixels."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How one sheet lies and moves under the sensor."""

    dpi: int
    paper_mm: tuple[float, float] = (210.0, 297.0)
    """Width and height of the sheet."""
    turn: int = 0
    """Degrees clockwise by which the paper lies turned in the picture: 0, 90, 180, 270."""
    device_turn: int = 0
    """The part of `turn` that the device makes of the finished picture. Big machines take A4 sideways
    and turn the picture upright, so that the feed runs along the answer lines."""
    skew_deg: float = 0.0
    """Further clockwise turn of the paper on its way."""
    offset_mm: tuple[float, float] = (0.0, 0.0)
    """How far right and down the paper lies in the sensor's frame."""
    across: float = 1.0
    """Length across the sensor in the picture against the length on paper."""
    feed: Feed = field(default_factory=Feed)

    @property
    def _sensor_mm(self) -> tuple[float, float]:
        width, height = self.paper_mm
        return (height, width) if (self.turn - self.device_turn) % 180 else (width, height)

    @property
    def _sensor_px(self) -> tuple[int, int]:
        width, height = self._sensor_mm
        return round(width * self.dpi / MM_PER_INCH), round(height * self.dpi / MM_PER_INCH)

    @property
    def whole(self) -> Part:
        """All of the sensor's frame."""
        return Part(0, 0, *self._sensor_px)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the picture."""
        width, height = self._sensor_px
        return (height, width) if self.device_turn % 180 else (width, height)

    def _lay(self) -> tuple[Floats, Floats]:
        """From paper to the evenly fed sensor frame, both in mm: a matrix and what is added."""
        angle = np.radians(self.turn - self.device_turn + self.skew_deg)
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        middle = np.array(self._sensor_mm) / 2 + np.array(self.offset_mm)
        return rotation, middle - rotation @ (np.array(self.paper_mm) / 2)

    def to_picture_px(self, paper_points_mm: Floats, part: Part | None = None) -> Floats:
        """From places on the paper, shape (n, 2) in mm, to pixel centres of the picture, or of its `part`."""
        pixels = self._to_sensor_px(paper_points_mm)
        if part is None:
            return _turned_by_device(pixels, self.device_turn, self._sensor_px)
        pixels = pixels - (part.left_px, part.top_px)
        return _turned_by_device(pixels, self.device_turn, (part.width_px, part.height_px))

    def to_sensor_mm(self, paper_points_mm: Floats) -> Floats:
        """From places on the paper, shape (n, 2), to places in the sensor's frame, both in mm."""
        return (self._to_sensor_px(paper_points_mm) + 0.5) * MM_PER_INCH / self.dpi

    def part_round(self, points_mm: Floats, margin_px: int = 0) -> Part:
        """The part of the sensor's frame that holds these places on the paper."""
        pixels = self._to_sensor_px(points_mm)
        first = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - margin_px, 0)
        last = np.minimum(np.ceil(pixels.max(axis=0)).astype(int) + 1 + margin_px, self._sensor_px)
        width, height = np.maximum(last - first, 1)
        return Part(int(first[0]), int(first[1]), int(width), int(height))

    def _to_sensor_px(self, paper_points_mm: Floats) -> Floats:
        rotation, added = self._lay()
        even = np.asarray(paper_points_mm, np.float64) @ rotation.T + added
        # The feed is known from the sensor to the paper; a dense table turns it round.
        table = np.arange(-30.0, self._sensor_mm[1] + 30.0, 0.25)
        sensor_y = np.interp(even[:, 1], self.feed.paper_y(table), table)
        middle = self._sensor_mm[0] / 2
        sensor_x = middle + (even[:, 0] - self.feed.aside(sensor_y) - middle) * self.across
        return np.stack([sensor_x, sensor_y], axis=1) * self.dpi / MM_PER_INCH - 0.5

    def picture(self, paper: Paper, lid: int, part: Part | None = None, *, soft: bool = False) -> Pixels:
        """What the sensor sees of `paper` as it lies, before the device turns the picture.

        Shape (height, width) or (height, width, 3). `lid` is the brightness beyond the paper's edges.
        With a `part` only that is seen, and the paper goes on at its edges as it is there. When it is going
        to be blurred by half a pixel or more, `soft` saves the time of a sharp interpolation.
        """
        source, shift = averaged(paper, self.dpi)
        left, first, width, height = astuple(part or self.whole)
        border = cv2.BORDER_REPLICATE if part else cv2.BORDER_CONSTANT
        seen = np.empty((height, width, *paper.pixels.shape[2:]), np.uint8)
        rotation, added = self._lay()
        mm = MM_PER_INCH / self.dpi
        middle = self._sensor_mm[0] / 2
        across = middle + ((left + np.arange(width) + 0.5) * mm - middle) / self.across
        soft = soft or paper.dpi >= 1.3 * self.dpi
        for top in range(0, height, _STRIP_ROWS):
            rows: Floats = (first + np.arange(top, min(top + _STRIP_ROWS, height), dtype=float) + 0.5) * mm
            aside, level = self.feed.aside(rows), self.feed.paper_y(rows)
            maps = []
            for (toward_x, toward_y), corner in zip(rotation.T, paper.corner_px, strict=True):
                by_column = toward_x * (across - added[0])
                by_row = toward_x * aside + toward_y * (level - added[1])
                by_row = paper.px_per_mm * by_row - 0.5 + shift - corner
                maps.append(_outer(paper.px_per_mm * by_column, by_row))
            seen[top : top + len(rows)] = cv2.remap(
                source,
                maps[0],
                maps[1],
                cv2.INTER_LINEAR if soft else cv2.INTER_CUBIC,
                borderMode=border,
                borderValue=(lid, lid, lid),
            )
        return seen


def _outer(along_row: Floats, along_column: Floats) -> NDArray[np.float32]:
    return np.add.outer(along_column.astype(np.float32), along_row.astype(np.float32))


def _turned_by_device(pixels: Floats, turn: int, size_px: tuple[int, int]) -> Floats:
    """Places of a picture of `size_px`, width and height, after the picture was turned."""
    width, height = size_px
    x, y = pixels[:, 0], pixels[:, 1]
    turned = {
        0: (x, y),
        90: (height - 1 - y, x),
        180: (width - 1 - x, height - 1 - y),
        270: (y, width - 1 - x),
    }[turn % 360]
    return np.stack(turned, axis=1)


def averaged(paper: Paper, dpi: int) -> tuple[Pixels, float]:
    """The paper averaged over a sensor cell, and how far, in its pixels, the average lies shifted."""
    cell = round(paper.dpi / dpi)
    if cell <= 1:
        return paper.pixels, 0.0
    # An even box lies half a pixel to the left of and above the pixel that it is stored in.
    return np.asarray(cv2.blur(paper.pixels, (cell, cell)), np.uint8), 0.5 if cell % 2 == 0 else 0.0


def turned_by(pixels: Pixels, degrees: int) -> Pixels:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(pixels, -(degrees // 90) % 4))
