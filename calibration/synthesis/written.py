"""Writing in the area of a line: words, letters and figures, and a signature that runs in from elsewhere."""

from __future__ import annotations

import numpy as np

from calibration.synthesis.glyphs import LETTERS, WORDS, written
from calibration.synthesis.marks import Mark, Strokes, Writer, stroke
from calibration.synthesis.strokes import Stroke, all_moved, smooth
from calibration.truth import DrawnKind, Expected

_OWN_SPACE_MM = 3.0
"""A foreign stroke that crosses the line nearer than this to a mark makes it doubtful."""
_FIGURES = "023457"
"""Alone across the line; a lone 1 is a stroke that begins with a flag, and would be taken for one."""


def words(writer: Writer, at_mm: float) -> Mark:
    """Some words across the line or close above it, or a lone letter across it, instead of a mark."""
    rng = writer.rng
    if writer.happens(0.25):
        strokes = _lone(writer, at_mm, str(rng.choice(list(LETTERS))))
        return Mark(DrawnKind.WORDS, strokes, None, Expected.REVIEW)
    size = rng.uniform(1.8, 3.2)
    text = written(str(rng.choice(WORDS)), size, writer.hand, rng)
    right = max(float(s.points_mm[:, 0].max()) for s in text)
    left_mm = float(np.clip(at_mm - right / 2, 0.0, max(0.0, writer.line_mm - right)))
    level_mm = rng.choice((rng.uniform(0.2, 0.9) * size, -rng.uniform(0.4, 1.0)))
    return Mark(DrawnKind.WORDS, all_moved(text, left_mm, float(level_mm)), None, Expected.REVIEW)


def number(writer: Writer, at_mm: float) -> Mark:
    """A number beside a mark, at the line's end, or alone across the line where a mark should be.

    What is said beside a mark may or may not be the same.
    """
    rng = writer.rng
    if writer.happens(0.3):
        strokes = _lone(writer, at_mm, str(rng.choice(list(_FIGURES))))
        return Mark(DrawnKind.NUMBER, strokes, None, Expected.REVIEW)
    said = f"{writer.share(at_mm) / 10:.1f}".replace(".", ",")
    value = said if writer.happens(0.5) else str(rng.integers(0, 11))
    digits = written(value, rng.uniform(1.3, 2.0), writer.hand, rng)
    if writer.happens(0.6):
        aside = rng.uniform(2.0, 4.0) if at_mm < 0.8 * writer.line_mm else -rng.uniform(8.0, 10.0)
        digits = all_moved(digits, at_mm + aside, -rng.uniform(0.3, 2.0))
    elif writer.happens(0.5):  # after the line
        digits = all_moved(digits, writer.line_mm + rng.uniform(0.8, 3.0), rng.uniform(0.0, 2.0))
    else:  # under the mark, or an initial there
        if writer.happens(0.4):
            digits = written(str(rng.choice(list(LETTERS))), rng.uniform(1.5, 2.2), writer.hand, rng)
        digits = all_moved(digits, at_mm + rng.uniform(-3.0, 2.0), rng.uniform(6.5, 9.0))
    return Mark(DrawnKind.NUMBER, (*stroke(writer, at_mm), *digits), None, Expected.REVIEW)


def _lone(writer: Writer, at_mm: float, sign: str) -> Strokes:
    """One letter or figure written across the line at `at_mm`, 3.6 to 7 mm high."""
    rng = writer.rng
    text = written(sign, rng.uniform(2.2, 3.6), writer.hand, rng)
    points = np.concatenate([line.points_mm for line in text])
    low, high = points.min(axis=0), points.max(axis=0)
    crossed_at = low[1] + rng.uniform(0.3, 0.7) * (high[1] - low[1])
    return all_moved(text, at_mm - float(low[0] + high[0]) / 2, -float(crossed_at))


def signature(writer: Writer, at_mm: float) -> Mark:
    """A clear mark at `at_mm`, and a signature above, below or right of it that swings into its area."""
    rng = writer.rng
    name = _signature(writer)
    points = name.points_mm
    if writer.happens(0.25):  # from the right, past the end of the line
        left_mm = writer.line_mm + rng.uniform(-8.0, 3.0)
        level_mm = rng.uniform(-4.0, 6.0)
    else:
        middle_mm = rng.uniform(10.0, max(11.0, writer.line_mm - 10.0))
        left_mm = middle_mm - float(np.ptp(points[:, 0])) / 2
        # The longest swings come as far as the line, or across it, or stop short of it.
        intrusion = rng.uniform(-4.0, 3.5)
        above = writer.happens(0.5)
        level_mm = intrusion - float(points[:, 1].max()) if above else -intrusion - float(points[:, 1].min())
    name = name.moved(left_mm - float(points[:, 0].min()), level_mm)
    mark = stroke(writer, at_mm)
    crossings = name.crossings_mm()
    near_line = name.points_mm[np.abs(name.points_mm[:, 1]) < 1.0, 0]
    places = np.concatenate((crossings, near_line))
    touched = bool(places.size) and float(np.abs(places - at_mm).min()) < _OWN_SPACE_MM
    expected = Expected.REVIEW if touched else Expected.EITHER
    return Mark(DrawnKind.SIGNATURE, (*mark, name), writer.share(at_mm), expected)


def _signature(writer: Writer) -> Stroke:
    """A name in one go, 25 to 45 mm long: a tall first letter, small arches, some long swings, a tail."""
    rng = writer.rng
    x, size = 0.0, rng.uniform(1.0, 1.8)
    controls = [(0.0, 0.0), (rng.uniform(1.5, 3.0), -rng.uniform(6, 9)), (rng.uniform(2.5, 4.0), 0.5)]
    x = controls[-1][0]
    for _ in range(int(rng.integers(7, 13))):
        step = rng.uniform(1.6, 2.8)
        chance = rng.random()
        if chance < 0.22:  # up to a loop and back
            rise = rng.uniform(4, 8)
            controls += [(x + 0.9 * step, -rise), (x + 0.35 * step, -rise * 0.95), (x + 0.6 * step, 0.0)]
        elif chance < 0.4:  # down to a loop and back
            drop = rng.uniform(4, 8)
            controls += [(x + 0.6 * step, drop), (x + 0.1 * step, drop * 0.9), (x + 0.8 * step, 0.0)]
        else:
            controls += [(x + 0.45 * step, -size * rng.uniform(0.7, 1.2)), (x + 0.8 * step, 0.0)]
        x += step
    tail = rng.uniform(3, 9) * writer.side()
    controls += [(x + 3.0, tail * 0.4), (x - rng.uniform(5, 15), tail), (x + rng.uniform(2, 6), tail * 0.9)]
    return writer.draw(smooth(controls))
