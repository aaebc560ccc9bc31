"""What happens to a sheet on desks and in bags, before it is scanned.

Everything changes the paper in place. Where it matters, it happens near one of the answer lines,
where it can do harm. None of it is ever a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import cv2
import numpy as np
from numpy.random import Generator

from calibration.synthesis.backs import blank_like, in_grey, printed_back, show_through
from calibration.synthesis.folds import fold
from calibration.synthesis.holes import punch_hole, punch_holes, staple
from calibration.synthesis.paper import Paper
from calibration.synthesis.stains import coffee_ring, speck, specks, stain
from calibration.synthesis.stamps import stamp
from forms.geometry import Line

__all__ = [
    "SPOIL",
    "Dirt",
    "blank_like",
    "coffee_ring",
    "fold",
    "in_grey",
    "punch_holes",
    "show_through",
    "specks",
]

Lines = Sequence[Line]


class Dirt(StrEnum):
    """What can happen to a sheet."""

    COFFEE = "coffee"
    """The ring of a cup."""
    COFFEE_ON_LINE = "coffee_on_line"
    """The same, with its rim across an answer line."""
    STAIN = "stain"
    """Drops of coffee, grease, juice or water on or beside a line."""
    FOLD = "fold"
    """Folded across and flattened again."""
    FOLD_ALONG = "fold_along"
    """Folded along an answer line, on it or within 2 mm."""
    FOLD_UPRIGHT = "fold_upright"
    """Folded from head to foot, across the answer lines."""
    PUNCHED = "punched"
    """Two holes for a ring binder."""
    PUNCHED_NEAR = "punched_near"
    """A hole on an answer line or beside it."""
    STAPLED = "stapled"
    """A staple at the corner, or the holes of one."""
    STAPLED_NEAR = "stapled_near"
    """The same near an answer line."""
    SPECKS = "specks"
    """Toner dust, crumbs, fly spots."""
    CRUMBS = "crumbs"
    """Specks up to 0.9 mm, many of them near a line."""
    STAMP = "stamp"
    """A rubber stamp, partly over an answer line or beside it."""
    FINGER = "finger"
    """A finger that holds the sheet at its edge."""
    SHOW_THROUGH = "show_through"
    """Print on the other side shines through."""


def finger(paper: Paper, rng: Generator, lines: Lines) -> None:
    """A finger 15 to 20 mm wide reaches 8 to 45 mm over the left or right edge, at the level of a line."""
    width, height = paper.size_mm
    level = _a_line(lines, rng).start.y_mm + rng.normal(0, 8) if lines else rng.uniform(0.2, 0.8) * height
    reach, half = rng.uniform(8, 45), rng.uniform(7.5, 10)
    left = rng.random() < 0.5
    tip = reach if left else width - reach
    skin = np.array((205, 160, 140)) * rng.uniform(0.45, 0.95)
    shadow, colour = (tuple(float(v) for v in shade) for shade in (np.full(3, 170.0), skin))
    if not paper.in_colour:
        colour = (float(skin @ (0.299, 0.587, 0.114)),) * 3
    for shade, more in ((shadow, 0.8), (colour, 0.0)):
        outer = (-30.0 if left else width + 30.0, level + rng.normal(0, 1))
        ends = [[round((at - 0.5) * 16) for at in paper.to_px(place)] for place in (outer, (tip, level))]
        thick = max(1, round(2 * (half + more) * paper.px_per_mm))
        cv2.line(paper.pixels, ends[0], ends[1], shade, thick, cv2.LINE_AA, 4)


def _a_line(lines: Lines, rng: Generator) -> Line:
    return lines[int(rng.integers(len(lines)))]


def _near(paper: Paper, lines: Lines, rng: Generator, aside_mm: float) -> tuple[float, float]:
    """A place on an answer line, or about `aside_mm` above or below it; anywhere without lines."""
    if not lines:
        return rng.uniform(0.2, 0.8) * paper.size_mm[0], rng.uniform(0.2, 0.8) * paper.size_mm[1]
    line = _a_line(lines, rng)
    along = rng.uniform(-0.05, 1.05)
    return (
        line.start.x_mm + along * (line.end.x_mm - line.start.x_mm),
        line.start.y_mm + float(rng.normal(0, aside_mm)),
    )


def _coffee_on_line(paper: Paper, rng: Generator, lines: Lines) -> None:
    x, y = _near(paper, lines, rng, 1.0)
    turn = rng.uniform(0, 2 * np.pi)
    coffee_ring(paper, rng, (x + 35 * np.cos(turn), y + 35 * np.sin(turn)))


def _fold_along(paper: Paper, rng: Generator, lines: Lines) -> None:
    fold(paper, rng, _a_line(lines, rng).start.y_mm + rng.normal(0, 0.8) if lines else None, tilt=0.004)


def _fold_upright(paper: Paper, rng: Generator, lines: Lines) -> None:
    fold(paper, rng, _near(paper, lines, rng, 0.0)[0], upright=True)


def _crumbs(paper: Paper, rng: Generator, lines: Lines) -> None:
    specks(paper, rng, int(rng.integers(20, 200)), 0.9)
    for _ in range(rng.integers(2, 10)):
        speck(paper, rng, _near(paper, lines, rng, 2.5), 0.9)


def _anywhere(spoil: Callable[[Paper, Generator], None]) -> Callable[[Paper, Generator, Lines], None]:
    """For what does not look where the lines are."""
    return lambda paper, rng, lines: spoil(paper, rng)


SPOIL: dict[Dirt, Callable[[Paper, Generator, Lines], None]] = {
    Dirt.COFFEE: _anywhere(coffee_ring),
    Dirt.COFFEE_ON_LINE: _coffee_on_line,
    Dirt.STAIN: lambda paper, rng, lines: stain(paper, rng, _near(paper, lines, rng, 5.0)),
    Dirt.FOLD: _anywhere(fold),
    Dirt.FOLD_ALONG: _fold_along,
    Dirt.FOLD_UPRIGHT: _fold_upright,
    Dirt.PUNCHED: _anywhere(punch_holes),
    Dirt.PUNCHED_NEAR: lambda paper, rng, lines: punch_hole(paper, _near(paper, lines, rng, 4.0)),
    Dirt.STAPLED: _anywhere(staple),
    Dirt.STAPLED_NEAR: lambda paper, rng, lines: staple(paper, rng, _near(paper, lines, rng, 5.0)),
    Dirt.SPECKS: _anywhere(specks),
    Dirt.CRUMBS: _crumbs,
    Dirt.STAMP: lambda paper, rng, lines: stamp(paper, rng, _near(paper, lines, rng, 7.0)),
    Dirt.FINGER: finger,
    Dirt.SHOW_THROUGH: _anywhere(printed_back),
}
"""What is done to a sheet whose answer lines, as they are printed, are the lines given."""
