"""Marks of more than one arm that still say one place: X, plus, hook, arrow, tick."""

from __future__ import annotations

import numpy as np

from calibration.synthesis.marks import Mark, Strokes, Writer, stroke, upright_path
from calibration.synthesis.strokes import Floats, Stroke, all_moved, meeting_point, ring, smooth, straight
from calibration.truth import DrawnKind, Expected

_NEAR_THE_LINE_MM = 1.2
"""An X that meets within this distance of the line is on it beyond doubt."""
_SAME_PLACE_MM = 0.7
"""Two ways of reading a mark that differ by less lead to the same value for all purposes."""


def cross(writer: Writer, at_mm: float) -> Mark:
    """An X; its intersection lies at `at_mm` and within 1.9 mm of the line.

    Its arms may be bowed and uneven, or drawn without lifting the pen between them.
    """
    rng = writer.rng
    size = float(np.clip(rng.normal(0.75, 0.2) * writer.hand.reach_mm, 1.2, 4.5))
    if writer.happens(0.2):  # some people make it tiny
        size = rng.uniform(0.75, 1.4)
    first, second = _two_arms(writer, size)
    x_mm, y_mm = meeting_point(first, second)
    # Both arms must still reach the line.
    room = min(1.9, 0.55 * size)
    level = float(np.clip(rng.normal(0, 0.5), -room, room))
    strokes: Strokes = (first, second)
    joined = writer.happens(0.06)
    if joined:
        start, end = first.points_mm[-1], second.points_mm[0]
        outside = (start + end) / 2 + np.array([np.sign(start[0]) * 0.3 * size, 0.0])
        strokes = (first, writer.draw(smooth([start, outside, end])), second)
    clear = abs(level) <= _NEAR_THE_LINE_MM and not joined
    return Mark(
        DrawnKind.CROSS,
        all_moved(strokes, at_mm - x_mm, level - y_mm),
        writer.share(at_mm),
        Expected.ACCEPT if clear else Expected.EITHER,
    )


def _two_arms(writer: Writer, size_mm: float) -> tuple[Stroke, Stroke]:
    """The arms of an X about the origin."""
    rng = writer.rng
    arms = []
    for sign in (1, -1):
        above, below = size_mm * rng.uniform(0.8, 1.3, 2)
        arms.append(writer.draw(upright_path(writer, sign * rng.uniform(32, 55), above, below)))
    return arms[0], arms[1].moved(rng.normal(0, 0.08 * size_mm), rng.normal(0, 0.08 * size_mm))


def plus(writer: Writer, at_mm: float) -> Mark:
    """A stroke across the line at `at_mm`, and a bar of 2 to 8 mm along the line or close to it."""
    rng = writer.rng
    upright = stroke(writer, at_mm, writer.slant_deg(-12, 12))
    half = rng.uniform(1.0, 4.0)
    shift = rng.normal(0, 0.25) * half
    level = float(np.clip(rng.normal(0, 0.5), -1.3, 1.3))
    rise = np.tan(np.radians(rng.normal(0, 3.5)))
    left, right = shift - half, shift + half
    bar = writer.draw(
        straight((left, level - rise * left), (right, level - rise * right), rng.normal(0, 0.06))
    )
    reach = np.concatenate([line.points_mm[:, 1] for line in upright])
    clear = left < -0.7 and right > 0.7 and reach.min() < -1.3 and reach.max() > 1.3
    strokes = (*upright, bar.moved(at_mm))
    if writer.happens(0.2):
        strokes = (strokes[-1], *strokes[:-1])
    return Mark(DrawnKind.PLUS, strokes, writer.share(at_mm), Expected.ACCEPT if clear else Expected.EITHER)


def hook(writer: Writer, at_mm: float) -> Mark:
    """A stroke across the line at `at_mm` whose foot, or head, turns away like a J or an L."""
    rng = writer.rng
    side, lean = writer.side(), np.tan(np.radians(writer.slant_deg(-12, 12)))
    above, below = rng.uniform(1.5, 6.0), rng.uniform(0.9, 4.0)
    foot = rng.uniform(0.9, 3.2)
    corner = np.array([-lean * below, below])
    shaft = straight((lean * above, -above), corner, 0.02 * above * rng.normal())
    if writer.happens(0.5):  # an L: it stops, and goes off to the side
        drop = rng.uniform(-0.15, 0.35) * min(foot, below)
        turned = straight(corner, corner + np.array([side * foot, drop]))[1:]
    else:  # a J: it goes round, and stays clear of the line
        radius = min(foot / 2, 0.6 * (below - 0.1))
        sweep = rng.uniform(90, 150)
        bend = ring((radius, radius), 180 if side > 0 else 0, -side * sweep)
        shaft = shaft[shaft[:, 1] <= below - radius]
        turned = bend + shaft[-1] - bend[0]
    path = np.concatenate((shaft, turned))
    if writer.happens(0.3):  # the same at the head
        path = -path[::-1]
    line = writer.draw(path)
    moved = line.moved(at_mm - float(line.crossings_mm().mean()))
    return Mark(DrawnKind.HOOK, (moved,), writer.share(at_mm), Expected.EITHER)


def arrow(writer: Writer, at_mm: float) -> Mark:
    """A shaft of 4 to 9 mm towards the line, mostly from above, its head's tip on the line at `at_mm`."""
    rng = writer.rng
    length, arm = rng.uniform(4.0, 9.0), rng.uniform(1.1, 2.8)
    lean = rng.uniform(-35, 35) if writer.happens(0.4) else writer.slant_deg(-10, 10)
    away = np.array([np.sin(np.radians(lean)), -np.cos(np.radians(lean))])
    if writer.happens(0.3):
        away[1] *= -1
    ends = [_turned(away, sign * rng.uniform(24, 46)) * arm * rng.uniform(0.8, 1.2) for sign in (-1, 1)]
    shaft = writer.draw(straight(away * length, rng.normal(0, 0.1, 2), 0.03 * length * rng.normal()))
    head = writer.draw(np.concatenate((straight(ends[0], (0, 0)), straight((0, 0), ends[1])[1:])))
    # The foremost point of the head's path is its tip.
    x_mm, y_mm = head.points_mm[int(np.argmin(head.points_mm @ away))]
    level = float(np.clip(rng.normal(0, 0.25), -0.6, 0.6))
    strokes = all_moved((shaft, head), at_mm - float(x_mm), level - float(y_mm))
    return Mark(DrawnKind.ARROW, strokes, writer.share(at_mm), Expected.EITHER)


def _turned(direction: Floats, degrees: float) -> Floats:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cos, -sin], [sin, cos]]) @ direction


def tick(writer: Writer, at_mm: float) -> Mark:
    """A check mark of any proportion; its lowest point lies at `at_mm`.

    Mostly that point is on the line or a little below it. Where it lies deeper, and the long arm alone
    crosses the line somewhere else, nobody can say which of the two places is meant.
    """
    rng = writer.rng
    size = writer.hand.reach_mm * rng.uniform(0.8, 1.3)
    deep = writer.happens(0.2)
    short = (0.3 if deep else 1.0) * rng.uniform(0.3, 0.8) * size
    if deep:  # an even shorter arm is what many a pen leaves at the end of a stroke
        short = max(0.9, short)
    controls = np.array(
        [
            (-rng.uniform(0.3, 0.9) * short, -short),
            (-0.12 * size, -0.16 * short),
            (0.0, 0.0),
            (0.14 * size, -0.2 * size),
            (rng.uniform(0.4, 1.3) * size, -rng.uniform(1.0, 1.8) * size),
        ]
    )
    if writer.happens(0.08):
        controls[:, 0] *= -1
    line = writer.draw(smooth(controls))
    lowest = int(np.argmax(line.points_mm[:, 1]))
    x_mm, y_mm = line.points_mm[lowest]
    level = short + rng.uniform(0.3, 1.2) if deep else rng.uniform(-0.1, 1.4)
    moved = line.moved(at_mm - float(x_mm), level - float(y_mm))
    crossings = moved.crossings_mm()
    doubtful = len(crossings) == 1 and abs(float(crossings[0]) - at_mm) > _SAME_PLACE_MM
    return Mark(
        DrawnKind.TICK, (moved,), writer.share(at_mm), Expected.REVIEW if doubtful else Expected.EITHER
    )
