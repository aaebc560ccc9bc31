"""The other side of a sheet, and what of it shines through."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from calibration.synthesis.paper import Paper, Pixels

_SPREAD_MM = 0.35
"""How far paper spreads the light on its way through."""


def show_through(paper: Paper, other_side: Pixels, strength: float) -> None:
    """Let the print of the other side shine through; `strength` is the share of light that full black takes.

    `other_side` is that side's picture as one looks at it, in grey, shape (height, width).
    """
    height, width = paper.pixels.shape[:2]
    if other_side.shape != (height, width):
        other_side = np.asarray(
            cv2.resize(other_side, (width, height), interpolation=cv2.INTER_AREA), np.uint8
        )
    spread = cv2.blur(cv2.flip(other_side, 1), (max(1, round(_SPREAD_MM * paper.px_per_mm)),) * 2)
    light = cv2.LUT(spread, np.rint(255 - strength * (255 - np.arange(256))).astype(np.uint8))
    if paper.in_colour:
        light = cv2.cvtColor(light, cv2.COLOR_GRAY2RGB)
    cv2.multiply(paper.pixels, light, paper.pixels, scale=1 / 255)


def printed_back(paper: Paper, rng: Generator) -> None:
    """The other side bears a sheet like this one, head to foot, and shines through."""
    show_through(paper, np.ascontiguousarray(np.rot90(in_grey(paper), 2)), rng.uniform(0.03, 0.09))


def blank_like(paper: Paper) -> Paper:
    """A clean sheet of the same size, seen at the same resolution: a back."""
    return Paper(np.full_like(paper.pixels, 255), paper.dpi, paper.corner_px, paper.sheet_mm)


def in_grey(paper: Paper) -> Pixels:
    """The paper's pixels in grey."""
    if not paper.in_colour:
        return paper.pixels
    return np.asarray(cv2.cvtColor(paper.pixels, cv2.COLOR_RGB2GRAY), np.uint8)
