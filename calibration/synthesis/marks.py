"""One stroke across the line: what most people make, and what hands and pens do to it.

A mark's strokes are in mm on the printed paper: x from the left end of the printed line, y down
from its axis. The truth is set first and the strokes are moved until they say exactly that, by
the rule for their kind: a stroke's crossing, an X's intersection, a spot's centre, a tick's lowest point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from calibration.synthesis.hands import Hand, drawn
from calibration.synthesis.ink import ink_centre_mm
from calibration.synthesis.pens import Pen
from calibration.synthesis.strokes import Floats, Stroke, all_moved, ring, smooth, straight
from calibration.truth import DrawnKind, Expected

Strokes = tuple[Stroke, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """What one hand did on one line."""

    kind: DrawnKind
    strokes: Strokes
    position_mm: float | None
    """What was meant, 0 to 100, as if the line were 100 mm long."""
    expected: Expected


@dataclass(frozen=True, slots=True)
class Writer:
    """Who draws with what on a line of which length."""

    hand: Hand
    pen: Pen
    line_mm: float
    """Length of the line as it stands on this paper."""
    rng: Generator

    def reach_mm(self) -> float:
        """How far this mark goes from the line, on one side."""
        return float(np.clip(self.rng.normal(self.hand.reach_mm, 0.25 * self.hand.reach_mm), 1.3, 9.0))

    def slant_deg(self, low: float = -15.0, high: float = 15.0) -> float:
        return float(np.clip(self.rng.normal(self.hand.slant_deg, self.hand.slant_spread_deg), low, high))

    def draw(self, path: Floats, *, hooks: bool = False) -> Stroke:
        return drawn(path, self.hand, self.rng, hooks=hooks)

    def happens(self, share: float) -> bool:
        """By chance, in this share of all cases."""
        return bool(self.rng.random() < share)

    def side(self) -> int:
        """-1 or 1, as it falls."""
        return int(self.rng.choice((-1, 1)))

    def share(self, at_mm: float) -> float:
        """From mm on this paper to mm as if the line were 100 mm long."""
        return 100 * at_mm / self.line_mm

    def elsewhere(self, at_mm: float, apart_mm: float) -> float:
        """Another place on the line, at least `apart_mm` away."""
        room_left, room_right = max(0.0, at_mm - apart_mm), max(0.0, self.line_mm - at_mm - apart_mm)
        place = self.rng.uniform(0.0, room_left + room_right)
        return place if place < room_left else at_mm + apart_mm + (place - room_left)


def upright_path(writer: Writer, slant_deg: float, above_mm: float, below_mm: float) -> Floats:
    """From above to below the line (some people draw upwards), crossing it near x = 0."""
    lean = np.tan(np.radians(slant_deg))
    length = (above_mm + below_mm) * float(np.hypot(1, lean))
    bow = writer.hand.bow * length * writer.rng.normal()
    if writer.happens(0.05):
        bow = writer.side() * writer.rng.uniform(0.06, 0.11) * length
    path = straight((above_mm * lean, -above_mm), (-below_mm * lean, below_mm), bow)
    return path[::-1] if writer.happens(0.1) else path


def plain_stroke(writer: Writer, at_mm: float, slant_deg: float, above_mm: float, below_mm: float) -> Stroke:
    """A stroke of a given size, in one go; its axis crosses the line at `at_mm`."""
    return _put(at_mm, writer.draw(upright_path(writer, slant_deg, above_mm, below_mm), hooks=True))[0]


def stroke(writer: Writer, at_mm: float, slant_deg: float | None = None) -> Strokes:
    """A stroke across the line, as it comes: its axis crosses the line at `at_mm`.

    Now and then it is short, long, begun twice, ends in a flick, starts in a blot, or the pen fails.
    """
    lean = writer.slant_deg() if slant_deg is None else slant_deg
    path = upright_path(writer, lean, *_extents_mm(writer))
    if writer.happens(0.04):
        return _put(at_mm, *_restarted(writer, path))
    if writer.happens(0.04):
        return _put(at_mm, _flicked(writer, path))
    if writer.pen.skip > 0 and writer.happens(0.05):
        return _put(at_mm, _blotted(writer, path))
    line = writer.draw(path, hooks=True)
    return _put(at_mm, _failing(writer, line) if writer.happens(0.25 * writer.pen.skip) else line)


def _put(at_mm: float, *strokes: Stroke) -> Strokes:
    """Moved along the line until the middle of the crossings lies at `at_mm`."""
    crossings = np.concatenate([stroke.crossings_mm() for stroke in strokes])
    return all_moved(strokes, at_mm - float(crossings.mean()))


def _extents_mm(writer: Writer) -> tuple[float, float]:
    """How far one stroke goes above and below the line."""
    rng = writer.rng
    chance = rng.random()
    if chance < 0.05:
        above, below = rng.uniform(1.0, 1.5, 2)
    elif chance < 0.09:
        above, below = rng.uniform(5.5, 9.5, 2)
    elif chance < 0.16:  # it shoots over on one side
        above, below = rng.permutation([rng.uniform(1.1, 2.5), rng.uniform(5.0, 8.5)])
    else:
        above, below = writer.reach_mm(), writer.reach_mm()
    return float(above), float(below)


def _restarted(writer: Writer, path: Floats) -> Strokes:
    """The pen was lifted on the way and set down again a little before and beside it."""
    rng = writer.rng
    stop = int(len(path) * rng.uniform(0.35, 0.7))
    again = max(1, stop - round(rng.uniform(3, 18)))
    aside = np.array([writer.side() * rng.uniform(0.02, 0.25), 0.0])
    return writer.draw(path[: stop + 1]), writer.draw(path[again:] + aside)


def _flicked(writer: Writer, path: Floats) -> Stroke:
    """It runs out in a curved and fading tail."""
    rng = writer.rng
    along = (path[-1] - path[-8]) / np.hypot(*(path[-1] - path[-8]))
    aside = writer.side() * np.array([-along[1], along[0]])
    size = rng.uniform(1.5, 4.0)
    tail = smooth(
        [
            path[-1] + size * (share * along + share**2 * rng.uniform(0.1, 0.5) * aside)
            for share in (0, 0.5, 1)
        ]
    )
    line = writer.draw(np.concatenate((path, tail[1:])))
    fading = np.interp(np.arange(len(line.pressure))[::-1] / len(tail), (0, 1), (0.1, 1))
    return replace(line, pressure=line.pressure * fading)


def _blotted(writer: Writer, path: Floats) -> Stroke:
    """Ink gathers where the pen is set down, or where it stops."""
    radius = writer.rng.uniform(0.08, 0.28)
    spot = ring((radius, radius), writer.rng.uniform(0, 360), 720)
    parts = (spot + path[0], path) if writer.happens(0.5) else (path, spot + path[-1])
    return writer.draw(np.concatenate(parts))


def _failing(writer: Writer, line: Stroke) -> Stroke:
    """The ink stays away for 0.4 to 1.2 mm: somewhere on the way or just at the line."""
    rng = writer.rng
    y = line.points_mm[:, 1]
    middle = 0.0 if writer.happens(0.5) else rng.uniform(0.7 * float(y.min()), 0.7 * float(y.max()))
    gap = np.abs(y - middle) < rng.uniform(0.2, 0.6)
    return replace(line, pressure=np.where(gap, rng.choice((0.0, 0.1)), line.pressure))


def slanted(writer: Writer, at_mm: float) -> Strokes:
    """One stroke that leans 16 to 48 degrees, mostly like a slash."""
    lean = writer.rng.uniform(16, 48) * (1 if writer.happens(0.75) else -1)
    return stroke(writer, at_mm, lean)


def gone_over(writer: Writer, at_mm: float) -> Strokes:
    """A stroke drawn two to eight times, up and down or one by one, up to 4 mm wide."""
    rng = writer.rng
    passes = int(rng.integers(2, 9))
    # Few passes lie close together: with paper between them they would be several marks.
    widest = min(0.5 * passes * (0.12 + 0.5 * writer.pen.width_mm), 1.3, 1.75 - writer.pen.width_mm / 2)
    half_width = max(0.05, rng.uniform(0.1, 1.0) * widest)
    asides = rng.permutation(np.linspace(-half_width, half_width, passes + 1))
    lean = np.tan(np.radians(writer.slant_deg()))
    above, below = writer.reach_mm(), writer.reach_mm()
    least = 0.45 if writer.happens(0.4) else 0.8
    corners = []
    for turn, aside in enumerate(asides):
        height = (-above if turn % 2 == 0 else below) * rng.uniform(least, 1.1)
        corners.append((aside + rng.normal(0, 0.04) - height * lean, height))
    bow = 0.02 * (above + below)
    pieces = [straight(a, b, bow * rng.normal()) for a, b in pairwise(corners)]
    if writer.happens(0.3):  # lifted after every pass, and drawn downwards each time
        downwards = [piece if piece[0, 1] < piece[-1, 1] else piece[::-1] for piece in pieces]
        return centred(writer, tuple(writer.draw(piece) for piece in downwards), at_mm)
    return centred(writer, (writer.draw(np.concatenate(pieces)),), at_mm)


def centred(writer: Writer, strokes: Strokes, at_mm: float) -> Strokes:
    """Move a thick mark until the middle of its ink near the line lies at `at_mm`."""
    return all_moved(strokes, at_mm - ink_centre_mm(strokes, writer.pen, half_band_mm=1.5))
