"""What paper a form is printed on: white, coloured, recycled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.ink import GREY_WEIGHTS
from calibration.synthesis.paper import Paper, Pixels
from calibration.synthesis.toner import even_noise, repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """A kind of paper."""

    name: str = "white"
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Share of red, green and blue light that it throws back."""
    mottle: float = 0.0
    """Standard deviation of its brightness over some tenths of a millimetre, as a share."""
    fibres: int = 0
    """Dark or coloured fibres on an A4 sheet."""

    @property
    def grey(self) -> float:
        """Share of the light that it throws back, as a grey scan counts it."""
        return float(np.array(self.colour) @ GREY_WEIGHTS)


WHITE = Stock()
STOCKS = (
    Stock(name="pink", colour=(0.98, 0.80, 0.82), mottle=0.008),
    Stock(name="yellow", colour=(0.98, 0.94, 0.62), mottle=0.008),
    Stock(name="green", colour=(0.76, 0.93, 0.76), mottle=0.008),
    Stock(name="blue", colour=(0.72, 0.84, 0.95), mottle=0.008),
    Stock(name="grey", colour=(0.78, 0.78, 0.77), mottle=0.012),
    Stock(name="recycled", colour=(0.86, 0.84, 0.79), mottle=0.025, fibres=700),
    Stock(name="old_recycled", colour=(0.72, 0.69, 0.62), mottle=0.035, fibres=1600),
)


def tint(paper: Paper, stock: Stock, rng: Generator) -> None:
    """Make white paper what it really is, in place, with all that is on it."""
    if stock.mottle > 0:
        # The tile holds 0 to 255 evenly; about white nothing can be brighter, so the mean is below.
        spread = stock.mottle * np.sqrt(12)
        table = np.rint(255 * (1 - spread * (1 - np.arange(256) / 255))).astype(np.uint8)
        light = cv2.LUT(repeated(_mottle_tile(paper.dpi), paper, rng), table)
        if paper.in_colour:
            light = cv2.cvtColor(light, cv2.COLOR_GRAY2RGB)
        cv2.multiply(paper.pixels, light, paper.pixels, scale=1 / 255)
    places = rng.uniform((0, 0), paper.size_mm, (stock.fibres, 2)) * paper.px_per_mm - paper.corner_px
    reach = 2.5 * paper.px_per_mm
    seen = np.all((places > -reach) & (places < np.array(paper.pixels.shape[1::-1]) + reach), axis=1)
    for place in places[seen]:
        _fibre(paper, place, rng)
    shares = np.array(stock.colour) if paper.in_colour else np.array([stock.grey])
    if np.any(shares < 1):
        table = np.rint(np.arange(256)[:, None] * shares).astype(np.uint8)
        cv2.LUT(paper.pixels, table[None] if paper.in_colour else table, paper.pixels)


def _fibre(paper: Paper, start_px: NDArray[np.float64], rng: Generator) -> None:
    """A curled fibre 0.3 to 2 mm long."""
    turn = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.5, 4))
    step = rng.uniform(0.08, 0.5)
    shade = rng.uniform(120, 225, 3) if rng.random() < 0.4 else np.full(3, rng.uniform(110, 225))
    bends = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], axis=1), axis=0) * step * paper.px_per_mm
    points = np.rint((start_px + np.vstack([[0, 0], bends])) * 16).astype(np.int32)
    thick = max(1, round(0.05 * paper.px_per_mm))
    colour = tuple(float(v) for v in (shade if paper.in_colour else np.full(3, shade @ GREY_WEIGHTS)))
    cv2.polylines(paper.pixels, [points], False, colour, thick, cv2.LINE_AA, 4)


@lru_cache(maxsize=4)
def _mottle_tile(dpi: float) -> Pixels:
    return even_noise(23, ((0.13, 1.0), (0.4, 0.6), (3.0, 0.25)), dpi)
