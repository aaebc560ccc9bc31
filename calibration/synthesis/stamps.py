"""Rubber stamps: that a sheet has come in, and when."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from calibration.synthesis.ink import GREY_WEIGHTS
from calibration.synthesis.paper import MM_PER_INCH, Paper, Pixels, window_round
from calibration.synthesis.toner import even_noise
from forms.typography import Face

_WORDS = ("SAAPUNUT", "INKOMMEN", "RECEIVED", "ARKISTO", "KOPIO")
_COLOURS = ((0.25, 0.25, 0.72), (0.20, 0.22, 0.55), (0.80, 0.20, 0.24), (0.45, 0.20, 0.50))
"""Share of red, green and blue that a full layer of stamp ink lets through: blue, dark blue, red, violet."""
_PER_MM = 12
"""Pixels a millimetre at which a stamp is cut."""


def stamp(paper: Paper, rng: Generator, centre_mm: tuple[float, float]) -> None:
    """Stamp a word, mostly with a date and a frame, 28 to 48 mm wide and tilted, with uneven ink."""
    date = (
        f"{rng.integers(1, 29)}.{rng.integers(1, 13)}.20{rng.integers(24, 28)}" if rng.random() < 0.75 else ""
    )
    cut = _cut(str(rng.choice(_WORDS)), date, bool(rng.random() < 0.7))
    size = rng.uniform(28, 48) / (cut.shape[1] / _PER_MM)
    turn = np.radians(rng.normal(0, 7))
    tile = _tile()
    top, left = (int(rng.integers(side - most)) for side, most in zip(tile.shape, cut.shape, strict=True))
    pressed = rng.uniform(0.35, 0.9)
    texture = tile[top : top + cut.shape[0], left : left + cut.shape[1]]
    # Little ink, and the stamp is held askew: one side is paler and the hills of the paper stay white.
    lean = np.linspace(rng.uniform(0.3, 1), rng.uniform(0.3, 1), cut.shape[1])
    inked = cut / 255.0 * np.clip((texture / 255.0 + pressed * lean - 0.35) * 2.2, 0, 1) * pressed
    reach = size * float(np.hypot(*cut.shape)) / _PER_MM / 2
    centre = np.array(centre_mm)
    window = window_round(paper, centre - reach, centre + reach, paper.dpi)
    if window is None:
        return
    # From pixels of the window to pixels of the stamp.
    step = _PER_MM / size / paper.px_per_mm
    turned = step * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    x, y = paper.to_px(centre_mm)
    middle = np.array([x - 0.5 - window.left_px, y - 0.5 - window.top_px])
    matrix = np.hstack([turned, (np.array(cut.shape[::-1]) / 2 - 0.5 - turned @ middle)[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    amount = cv2.warpAffine(
        inked.astype(np.float32), matrix, (window.width_px, window.height_px), flags=flags
    )
    colour = np.array(_COLOURS[rng.integers(len(_COLOURS))])
    through = np.log(colour) if paper.in_colour else np.log(float(colour @ GREY_WEIGHTS))
    part = window.of(paper.pixels)
    part[...] = np.rint(part * np.exp(amount[..., None] * through if paper.in_colour else amount * through))


@lru_cache(maxsize=1)
def _tile() -> Pixels:
    return even_noise(22, ((0.1, 0.8), (0.33, 0.8), (3.3, 1.0)), _PER_MM * MM_PER_INCH)


@lru_cache(maxsize=64)
def _cut(word: str, date: str, framed: bool) -> Pixels:
    """The stamp's rubber: 255 where it prints."""
    with as_file(files("forms") / "fonts" / f"{Face.STRONG}.ttf") as file:
        font, small = (ImageFont.truetype(str(file), tall * _PER_MM) for tall in (7, 5))
    wide = int(max(font.getlength(word), small.getlength(date))) + 4 * _PER_MM
    tall = (18 if date else 11) * _PER_MM
    image = Image.new("L", (wide, tall), 0)
    pen = ImageDraw.Draw(image)
    pen.text((wide / 2, 5.5 * _PER_MM), word, 255, font, anchor="mm")
    if date:
        pen.text((wide / 2, 13 * _PER_MM), date, 255, small, anchor="mm")
    if framed:
        pen.rectangle((4, 4, wide - 5, tall - 5), outline=255, width=int(0.7 * _PER_MM))
    return np.asarray(image, np.uint8)
