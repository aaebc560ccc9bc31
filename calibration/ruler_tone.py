"""How dark black is, how bright and how noisy paper is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.ruler_scan import LocatedRuler
from forms import measures as m
from forms.geometry import Rect
from scanner.model.page import GreyPixels
from scanner.reading.streaks import find_streaks

INNER = 0.7
"""The part of a patch that is looked at, clear of its edges."""
CLIPPED_SHARE = 0.95
"""Of the pixels of paper (or black) at the end of the scale: whatever was there is gone."""
MARGIN_MM = 9.0
"""Nothing is printed so close to the edges of the page: what runs on into there is no print."""

EDGE_MM = 4.0
"""The edge of the paper itself is no streak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """Grey levels count from 0, black, to 255, white."""

    bilevel: bool
    paper: float
    black: float
    greys: tuple[float, ...]
    """Of the patches, from paper to black."""
    noise: float
    """Standard deviation of clean paper within a place of some millimetres."""
    unevenness: float
    """Brightest place of the clean paper minus the darkest."""
    paper_clipped: bool
    black_clipped: bool
    streaks: int
    """Lines that run through the whole page: dirt on the scanner's glass."""
    streaks_down: bool | None
    """Whether they run down the page (else across it), which is the way the paper was fed."""

    @property
    def contrast(self) -> float:
        return self.paper - self.black

    @property
    def faint(self) -> float:
        """Levels between paper and the patch of 25 %."""
        return self.paper - self.greys[1]


def measure_tone(located: LocatedRuler) -> Tone:
    """Look at the patches and at clean paper all over the page."""
    layout = located.layout
    patches = [_inside(located, patch.area, INNER) for patch in layout.patches]
    bare = [_inside(located, area, 1.0) for area in layout.bare]
    levels = [float(np.median(part)) for part in bare]
    mean = [float(np.mean(part)) for part in bare]
    paper = np.concatenate([part.ravel() for part in bare])
    streaks_down = _streaks(located)
    bilevel = located.page.bilevel
    return Tone(
        bilevel=bilevel,
        paper=float(np.median(levels)),
        black=float(np.mean(patches[-1])),
        greys=tuple(float(np.mean(part)) for part in patches),
        noise=float(np.median([_noise(part) for part in bare])),
        unevenness=max(mean) - min(mean),
        paper_clipped=not bilevel and float(np.mean(paper == 255)) > CLIPPED_SHARE,
        black_clipped=not bilevel and float(np.mean(patches[-1] == 0)) > CLIPPED_SHARE,
        streaks=len(streaks_down),
        streaks_down=None if not streaks_down else sum(streaks_down) * 2 > len(streaks_down),
    )


def _inside(located: LocatedRuler, area: Rect, share: float) -> GreyPixels:
    """The pixels of the largest upright rectangle of the picture within an area of the paper."""
    inner = area.grown(-(1 - share) / 2 * min(area.width_mm, area.height_mm))
    corners = located.mapping.to_pixels(np.array([[p.x_mm, p.y_mm] for p in inner.corners]))
    xs, ys = np.sort(corners[:, 0]), np.sort(corners[:, 1])
    left, right = int(np.ceil(xs[1])), max(int(xs[2]), int(np.ceil(xs[1])) + 1)
    top, bottom = int(np.ceil(ys[1])), max(int(ys[2]), int(np.ceil(ys[1])) + 1)
    return located.page.pixels[top:bottom, left:right]


def _noise(part: GreyPixels) -> float:
    """Without the plane through it, so that shade that changes over the page does not count."""
    grey = part.astype(np.float64)
    rows, columns = np.mgrid[: grey.shape[0], : grey.shape[1]]
    system = np.stack([rows.ravel(), columns.ravel(), np.ones(grey.size)], axis=1)
    plane = system @ np.linalg.lstsq(system, grey.ravel(), rcond=None)[0]
    return float((grey.ravel() - plane).std())


def _streaks(located: LocatedRuler) -> list[bool]:
    """For every streak that is no ruler, rule or row of words: whether it runs down the page as printed."""
    down = []
    for streak in find_streaks(located.page.pixels).found:
        ends = located.mapping.to_paper(np.array([streak.start_px, streak.end_px], dtype=np.float64))
        upright = bool(abs(ends[1, 1] - ends[0, 1]) > abs(ends[1, 0] - ends[0, 0]))
        sides = (m.PAGE_WIDTH_MM, m.PAGE_HEIGHT_MM) if upright else (m.PAGE_HEIGHT_MM, m.PAGE_WIDTH_MM)
        place, (low, high) = ends[:, 0 if upright else 1].mean(), sorted(ends[:, 1 if upright else 0])
        on_paper = EDGE_MM < place < sides[0] - EDGE_MM
        if on_paper and (low < MARGIN_MM or high > sides[1] - MARGIN_MM):
            down.append(upright)
    return down
