"""Punched holes and staples. In place, in mm of the sheet."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from calibration.synthesis.paper import Paper

Place = tuple[float, float]


def punch_holes(paper: Paper, rng: Generator) -> None:
    """Two holes 6 mm across and 80 mm apart, 12 mm from the left edge (ISO 838)."""
    middle = paper.size_mm[1] / 2 + rng.normal(0, 1.5)
    aside = 12.0 + rng.normal(0, 0.7)
    for level in (middle - 40, middle + 40):
        punch_hole(paper, (aside, level))


def punch_hole(paper: Paper, centre_mm: Place) -> None:
    """One hole 6 mm across, through which one sees what is behind the paper."""
    centre = _fine(paper, centre_mm)
    radius = round(3.0 * paper.px_per_mm * 16)
    # The rim throws a shadow on what is behind the paper.
    cv2.circle(paper.pixels, centre, radius, (150, 150, 150), -1, cv2.LINE_AA, 4)
    inner = (centre[0] + 5, centre[1] + 5)
    cv2.circle(paper.pixels, inner, round(0.93 * radius), (238, 238, 238), -1, cv2.LINE_AA, 4)


def staple(paper: Paper, rng: Generator, centre_mm: Place | None = None) -> None:
    """A staple 11 to 13 mm long, at the top left unless a place is given, or the two holes it left."""
    at = np.array(centre_mm or (rng.uniform(6, 16), rng.uniform(5, 14)))
    turn = np.radians(rng.choice((0.0, 90.0, -45.0)) + rng.normal(0, 8))
    half = rng.uniform(5.5, 6.5) * np.array([np.cos(turn), np.sin(turn)])
    gone = rng.random() < 0.4
    for end in (at - half, at + half):
        _hole(paper, rng, (float(end[0]), float(end[1])))
    if not gone:
        shadow = rng.normal((0.25, 0.35), 0.25)
        _wire(paper, at - half + shadow, at + half + shadow, 0.75, 150)
        _wire(paper, at - half, at + half, 0.6, int(rng.integers(70, 120)))
        # The round wire throws the lamp back along its middle.
        _wire(paper, at - half, at + half, 0.2, int(rng.integers(170, 240)))


def _hole(paper: Paper, rng: Generator, centre_mm: Place) -> None:
    """What one leg of a staple leaves: a torn hole with a dent about it."""
    dent = round(rng.uniform(0.6, 1.1) * paper.px_per_mm * 16)
    centre = _fine(paper, centre_mm)
    cv2.circle(
        paper.pixels, centre, dent, (215, 215, 215), max(1, round(0.3 * paper.px_per_mm)), cv2.LINE_AA, 4
    )
    size = (round(rng.uniform(0.25, 0.45) * paper.px_per_mm * 16), round(0.3 * paper.px_per_mm * 16))
    grey = float(rng.uniform(40, 110))
    turn = int(rng.integers(0, 180))
    cv2.ellipse(paper.pixels, centre, size, turn, 0, 360, (grey, grey, grey), -1, cv2.LINE_AA, 4)


def _wire(
    paper: Paper, first: NDArray[np.float64], last: NDArray[np.float64], width_mm: float, grey: int
) -> None:
    ends = [_fine(paper, (float(end[0]), float(end[1]))) for end in (first, last)]
    thick = max(1, round(width_mm * paper.px_per_mm))
    cv2.line(paper.pixels, ends[0], ends[1], (grey, grey, grey), thick, cv2.LINE_AA, 4)


def _fine(paper: Paper, place_mm: Place) -> tuple[int, int]:
    """A place on the sheet in sixteenths of the paper's pixels, as drawing with a shift of 4 wants it."""
    x, y = paper.to_px(place_mm)
    return round((x - 0.5) * 16), round((y - 0.5) * 16)
