"""A sheet photographed with a phone: seen at an angle, curled, badly lit, not quite sharp.

A pinhole camera looks at the middle of the sheet. The paper's frame is that of `passage`: mm, y down;
in the picture pixel (0, 0) has its centre at (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.firmware import sharpened, through_jpeg, with_gamma
from calibration.synthesis.optics import Light, blurred, lit, some_light
from calibration.synthesis.paper import MM_PER_INCH, Paper, Pixels
from calibration.synthesis.passage import Part, averaged
from calibration.synthesis.scanners import Picture, noisy
from calibration.synthesis.toner import even_noise

Floats = NDArray[np.float64]

_GRID_PX = 32
"""Distance of the places where the way from picture to paper is worked out; straight in between."""
_ROUNDS = 4
"""Of the search for the spot of curled paper that a pixel sees; each takes most of the error away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One photograph."""

    dpi: int = 220
    """Pixels per inch of paper in the middle of the sheet."""
    colour: bool = True
    """Whether the file is kept in colour; otherwise it is turned grey."""
    turn: int = 0
    """Degrees clockwise by which the sheet lies turned: 0, 90, 180, 270."""
    roll_deg: float = 0.0
    """Further clockwise turn."""
    tilt_deg: tuple[float, float] = (0.0, 0.0)
    """How far the camera is tipped about the sheet's x and y directions."""
    distance_mm: float = 380.0
    bow_mm: tuple[float, float] = (0.0, 0.0)
    """How far the middle of the sheet rises above its left and right edges, and above head and foot."""
    wave_mm: float = 0.0
    """Height of waves 140 mm long that run across the sheet."""
    margin: float = 0.04
    """Table that is seen on each side, as a share of the picture of the sheet."""
    table: tuple[float, float, float] = (120.0, 90.0, 65.0)
    """Red, green and blue of what lies under the sheet."""
    light: Light = field(default_factory=Light)
    blur_mm: float = 0.06
    """Standard deviation of defocus, on paper."""
    motion_mm: tuple[float, float] = (0.0, 0.0)
    """How far the picture moved right and down while it was taken, on paper."""
    gamma: float = 1.0
    noise: float = 3.0
    sharpen: float = 0.4
    jpeg_quality: int = 80


@dataclass(frozen=True, slots=True)
class View:
    """Where a phone sees the places of a sheet."""

    phone: Phone
    paper_mm: tuple[float, float]

    def _projected(self, points_mm: Floats, *, flat: bool = False) -> Floats:
        """Pixels from the middle of the sheet's picture, shape (n, 2)."""
        phone = self.phone
        x, y = (np.asarray(points_mm) - np.array(self.paper_mm) / 2).T
        across, down = 2 * x / self.paper_mm[0], 2 * y / self.paper_mm[1]
        height = np.zeros_like(x)
        if not flat:
            height += phone.bow_mm[0] * (1 - across**2) + phone.bow_mm[1] * (1 - down**2)
            height += phone.wave_mm * np.sin(2 * np.pi * (x + 0.3 * y) / 140)
        a, b = np.radians(phone.tilt_deg)
        tip = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
        lean = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
        seen = tip @ lean @ np.stack([x, y, -height])
        scale = phone.dpi / MM_PER_INCH * phone.distance_mm / (phone.distance_mm + seen[2])
        r = np.radians(phone.turn + phone.roll_deg)
        rolled = np.array([[np.cos(r), -np.sin(r)], [np.sin(r), np.cos(r)]]) @ seen[:2]
        return np.asarray((rolled * scale).T)

    def _frame(self) -> tuple[Floats, tuple[int, int]]:
        """Where the picture begins, from the middle of the sheet's picture, and its width and height."""
        edge = np.linspace(0, 1, 9)
        rim = [(t, s) for t in edge for s in (0.0, 1.0)] + [(s, t) for t in edge for s in (0.0, 1.0)]
        places = self._projected(np.array(rim) * self.paper_mm)
        low, high = places.min(axis=0), places.max(axis=0)
        room = self.phone.margin * (high - low)
        width, height = np.ceil(high - low + 2 * room).astype(int)
        return np.floor(low - room), (int(width), int(height))

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return self._frame()[1]

    def to_picture_px(self, paper_points_mm: Floats, part: Part | None = None) -> Floats:
        """From places on the paper, shape (n, 2) in mm, to pixel centres of the picture, or of its `part`."""
        corner = (part.left_px, part.top_px) if part else (0, 0)
        return np.asarray(self._projected(paper_points_mm) - self._frame()[0] - corner)

    def part_round(self, points_mm: Floats, margin_px: int = 0) -> Part:
        """The part of the picture that holds these places on the paper."""
        pixels = self.to_picture_px(points_mm)
        first = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - margin_px, 0)
        last = np.minimum(np.ceil(pixels.max(axis=0)).astype(int) + 1 + margin_px, self.size_px)
        width, height = np.maximum(last - first, 1)
        return Part(int(first[0]), int(first[1]), int(width), int(height))

    def paper_of(self, picture_px: Floats) -> Floats:
        """Which spot of the paper's plane each place of the picture sees, both of shape (n, 2)."""
        places = picture_px + self._frame()[0]
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * self.paper_mm
        flat = self._projected(corners, flat=True).astype(np.float32)
        back = np.asarray(cv2.getPerspectiveTransform(flat, corners.astype(np.float32)), np.float64)
        target = _through(back, places)
        found = target
        for _ in range(_ROUNDS):
            found = found + target - _through(back, self._projected(found))
        return found


def _through(matrix: NDArray[np.float64], points: Floats) -> Floats:
    return np.asarray(cv2.perspectiveTransform(points[None].astype(np.float64), matrix)[0], np.float64)


def photographed(paper: Paper, phone: Phone, rng: Generator, part: Part | None = None) -> Picture:
    """Photograph a sheet, which must be kept in colour, or a part of the picture. As it is in the file."""
    if not paper.in_colour:
        raise ValueError("a photograph needs a paper in colour")
    view = View(phone, paper.size_mm)
    size = view.size_px
    seen = part or Part(0, 0, *size)
    pixels = _seen(paper, view, seen, whole=part is None)
    px_per_mm = phone.dpi / MM_PER_INCH
    pixels = blurred(pixels, phone.blur_mm * px_per_mm, np.array(phone.motion_mm) * px_per_mm)
    pixels = lit(pixels, phone.light, seen, size)
    if phone.gamma != 1:
        pixels = with_gamma(pixels, phone.gamma)
    pixels = noisy(pixels, phone.noise, rng)
    if phone.sharpen > 0:
        pixels = sharpened(pixels, phone.sharpen, px_per_mm)
    if not phone.colour:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    return Picture(through_jpeg(pixels, phone.jpeg_quality), phone.dpi, bilevel=False)


def _seen(paper: Paper, view: View, part: Part, *, whole: bool) -> Pixels:
    """The sheet, and round a whole one the table, before light and lens."""
    rows, columns = (side // _GRID_PX + 2 for side in (part.height_px, part.width_px))
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2) * _GRID_PX
    spots = view.paper_of(np.asarray(grid + np.array([part.left_px, part.top_px]), np.float64))
    source, shift = averaged(paper, view.phone.dpi)
    places = (spots * paper.px_per_mm - paper.corner_px - 0.5 + shift).reshape(rows, columns, 2)
    # Exactly in between: the step is the fraction that warpAffine works with.
    wider = np.array([[1 / _GRID_PX, 0, 0], [0, 1 / _GRID_PX, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (part.width_px, part.height_px)
    maps = [cv2.warpAffine(places[..., i].astype(np.float32), wider, size, flags=flags) for i in (0, 1)]
    if not whole:
        seen = cv2.remap(source, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(seen, np.uint8)
    table = _table(view.phone, part)
    cv2.remap(source, maps[0], maps[1], cv2.INTER_LINEAR, table, borderMode=cv2.BORDER_TRANSPARENT)
    return table


def _table(phone: Phone, part: Part) -> Pixels:
    """A wooden table: grain along one direction."""
    lines = cv2.resize(_grain()[:256], (part.width_px, part.height_px), interpolation=cv2.INTER_LINEAR)
    share = (0.75 + 0.5 * lines.astype(np.float32) / 255)[..., None]
    return np.clip(share * np.array(phone.table, np.float32), 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _grain() -> Pixels:
    return even_noise(24, ((0.25, 0.6), (1.2, 1.0), (9.0, 1.0)), 220)


def some_phone(rng: Generator) -> Phone:
    """A photograph as people take them in a hurry."""
    angle, towards = rng.uniform(2, 12), rng.uniform(0, 2 * np.pi)
    tables = ((120, 90, 65), (70, 62, 58), (165, 140, 110), (205, 205, 200), (45, 50, 60))
    shaken, direction = rng.uniform(0, 0.35) * (rng.random() < 0.5), rng.uniform(0, np.pi)
    return Phone(
        dpi=int(rng.integers(150, 301)),
        colour=bool(rng.random() < 0.6),
        roll_deg=rng.normal(0, 2.0),
        tilt_deg=(angle * np.cos(towards), angle * np.sin(towards)),
        distance_mm=rng.uniform(330, 520),
        bow_mm=(rng.uniform(-1.0, 3.0), rng.uniform(-1.5, 4.0)),
        wave_mm=rng.uniform(0, 0.5),
        margin=rng.uniform(0.02, 0.10),
        table=tables[rng.integers(len(tables))],
        light=some_light(rng),
        blur_mm=rng.uniform(0.03, 0.12),
        motion_mm=(shaken * np.cos(direction), shaken * np.sin(direction)),
        gamma=rng.uniform(0.85, 1.25),
        noise=rng.uniform(1.5, 7.0),
        sharpen=rng.uniform(0.0, 0.8),
        jpeg_quality=int(rng.integers(55, 93)),
    )
