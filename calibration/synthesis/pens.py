"""The pens that lie about in an office."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

GREY_WEIGHTS = np.array([0.299, 0.587, 0.114])
"""What red, green and blue count for in a grey scan (ITU-R BT.601)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """What one pen does."""

    name: str
    width_mm: float
    """Of the line that it draws at ordinary pressure."""
    colour: tuple[float, float, float]
    """Share of red, green and blue light that one layer at ordinary pressure lets through."""
    give: float
    """How much of the width depends on pressure: 0 a technical pen, 0.5 a felt tip."""
    grain: float
    """How much of the ink the tooth of the paper keeps away, 0 to 1: high for pencil."""
    skip: float
    """How readily the ink breaks off for a moment, 0 to 1."""
    flow: float
    """Relative spread of the amount of ink along a stroke."""
    soft_mm: float
    """How far the edge of the stroke is spread: ink that runs, graphite that thins out."""

    @property
    def pale(self) -> bool:
        """Whether a grey scan shows so little of it that a careful person may want to look twice."""
        return float(np.array(self.colour) @ GREY_WEIGHTS) > 0.56


BALLPOINT_BLUE = Pen(
    name="ballpoint_blue",
    width_mm=0.36,
    colour=(0.16, 0.20, 0.52),
    give=0.25,
    grain=0.34,
    skip=0.12,
    flow=0.16,
    soft_mm=0.022,
)
BALLPOINT_BLACK = replace(BALLPOINT_BLUE, name="ballpoint_black", colour=(0.14, 0.14, 0.16))
BALLPOINT_RED = replace(BALLPOINT_BLUE, name="ballpoint_red", colour=(0.78, 0.17, 0.20))
GEL_BLACK = Pen(
    name="gel_black",
    width_mm=0.46,
    colour=(0.06, 0.06, 0.07),
    give=0.12,
    grain=0.06,
    skip=0.02,
    flow=0.07,
    soft_mm=0.025,
)
GEL_BLUE = replace(GEL_BLACK, name="gel_blue", colour=(0.08, 0.12, 0.46))
PENCIL_HARD = Pen(
    name="pencil_hard",
    width_mm=0.40,
    colour=(0.50, 0.50, 0.52),
    give=0.30,
    grain=0.62,
    skip=0.0,
    flow=0.15,
    soft_mm=0.06,
)
PENCIL_SOFT = replace(
    PENCIL_HARD, name="pencil_soft", width_mm=0.62, colour=(0.32, 0.32, 0.34), grain=0.55, soft_mm=0.08
)
FELT_BLACK = Pen(
    name="felt_black",
    width_mm=1.1,
    colour=(0.07, 0.07, 0.08),
    give=0.30,
    grain=0.10,
    skip=0.0,
    flow=0.06,
    soft_mm=0.04,
)
FELT_BLUE = replace(FELT_BLACK, name="felt_blue", width_mm=1.6, colour=(0.10, 0.22, 0.62))

FELT_BROAD = replace(FELT_BLACK, name="felt_broad", width_mm=1.85, soft_mm=0.06)
FELT_FINE_GREEN = replace(FELT_BLACK, name="felt_fine_green", width_mm=0.6, colour=(0.12, 0.46, 0.24))
BALLPOINT_DRY = replace(BALLPOINT_BLUE, name="ballpoint_dry", colour=(0.34, 0.37, 0.62), skip=0.32, flow=0.3)
GEL_LIGHT_BLUE = replace(GEL_BLACK, name="gel_light_blue", colour=(0.36, 0.66, 0.90))
GEL_ORANGE = replace(GEL_BLACK, name="gel_orange", colour=(0.96, 0.50, 0.16))
PENCIL_FAINT = replace(PENCIL_HARD, name="pencil_faint", width_mm=0.34, colour=(0.66, 0.66, 0.67))
HIGHLIGHTER = Pen(
    name="highlighter",
    width_mm=2.6,
    colour=(0.96, 0.93, 0.30),
    give=0.1,
    grain=0.05,
    skip=0.0,
    flow=0.05,
    soft_mm=0.05,
)

PENS_AND_SHARES = (
    (BALLPOINT_BLUE, 0.36),
    (BALLPOINT_BLACK, 0.23),
    (BALLPOINT_RED, 0.03),
    (BALLPOINT_DRY, 0.02),
    (GEL_BLACK, 0.07),
    (GEL_BLUE, 0.06),
    (GEL_LIGHT_BLUE, 0.006),
    (GEL_ORANGE, 0.004),
    (PENCIL_HARD, 0.04),
    (PENCIL_SOFT, 0.09),
    (PENCIL_FAINT, 0.007),
    (FELT_BLACK, 0.035),
    (FELT_BLUE, 0.025),
    (FELT_BROAD, 0.01),
    (FELT_FINE_GREEN, 0.01),
    (HIGHLIGHTER, 0.003),
)
PENS = tuple(pen for pen, _ in PENS_AND_SHARES)
_HOW_OFTEN = np.array([share for _, share in PENS_AND_SHARES])


def some_pen(rng: Generator) -> Pen:
    """A pen as it lies about in an office: mostly a ballpoint; no two write quite alike."""
    pen = PENS[rng.choice(len(PENS), p=_HOW_OFTEN)]
    strength = rng.uniform(0.75, 1.25)
    return replace(
        pen,
        width_mm=pen.width_mm * rng.uniform(0.85, 1.2),
        colour=(pen.colour[0] ** strength, pen.colour[1] ** strength, pen.colour[2] ** strength),
        grain=min(0.9, pen.grain * rng.uniform(0.7, 1.4)),
        skip=pen.skip * rng.uniform(0.0, 2.0),
    )
