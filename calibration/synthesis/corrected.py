"""More than one mark on a line: two that both stand, one struck out, one rubbed out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.synthesis.arms import cross
from calibration.synthesis.marks import Mark, Strokes, Writer, plain_stroke, slanted, stroke
from calibration.synthesis.pens import PENCIL_HARD, PENCIL_SOFT, Pen
from calibration.synthesis.spots import dot
from calibration.synthesis.strokes import Floats, Stroke, all_moved, ring, smooth, straight
from calibration.truth import DrawnKind, Expected

_RUBBED = Pen(
    name="rubbed graphite",
    width_mm=2.6,
    colour=(0.93, 0.93, 0.935),
    give=0.3,
    grain=0.35,
    skip=0.0,
    flow=0.4,
    soft_mm=0.4,
)
"""What an eraser leaves where it rubbed."""
_PLAIN_GHOST = 0.35
"""A ghost that keeps more of its graphite than this may be taken for a mark."""


def double(writer: Writer, at_mm: float) -> Mark:
    """Two marks, neither of them withdrawn: far apart or close, alike or one of them weak, or at an end."""
    rng = writer.rng
    manner = rng.choice(5, p=(0.35, 0.25, 0.15, 0.1, 0.15))
    if manner == 0:
        how = (stroke, slanted, _crossed, dot)[rng.choice(4, p=(0.5, 0.15, 0.2, 0.15))]
        strokes = (*how(writer, at_mm), *how(writer, writer.elsewhere(at_mm, 4.0)))
    elif manner == 1:
        strokes = _side_by_side(writer, at_mm)
    elif manner == 2:  # one of them was hardly pressed
        other = stroke(writer, writer.elsewhere(at_mm, 3.0))
        share = rng.uniform(0.25, 0.6)
        strokes = (*stroke(writer, at_mm), *(replace(line, ink=share) for line in other))
    elif manner == 3:  # one of them is short
        above, below = rng.uniform(0.6, 1.2, 2)
        other_mm = writer.elsewhere(at_mm, 3.0)
        strokes = (*stroke(writer, at_mm), plain_stroke(writer, other_mm, writer.slant_deg(), above, below))
    else:  # one of them is on an end tick or past it
        past_mm = rng.uniform(-0.3, 0.3) if writer.happens(0.5) else rng.uniform(0.6, 5.0)
        end_mm = -past_mm if at_mm > writer.line_mm / 2 else writer.line_mm + past_mm
        strokes = (*stroke(writer, at_mm), *stroke(writer, end_mm))
    return Mark(DrawnKind.DOUBLE, strokes, None, Expected.REVIEW)


def _crossed(writer: Writer, at_mm: float) -> Strokes:
    return cross(writer, at_mm).strokes


def _side_by_side(writer: Writer, at_mm: float) -> Strokes:
    """Two strokes of the same lean; 1 to 3.5 mm of paper stay free between them."""
    lean, rng = writer.slant_deg(), writer.rng
    apart = writer.side() * (writer.pen.width_mm + rng.uniform(1.0, 3.5))
    return tuple(
        plain_stroke(writer, place, lean + rng.normal(0, 1.0), *rng.uniform(1.5, 3.5, 2))
        for place in (at_mm, at_mm + apart)
    )


def struck_out(writer: Writer, at_mm: float) -> Mark:
    """A mark that was struck out, and another one at `at_mm`: the one that is meant."""
    rng = writer.rng
    wrong_mm = writer.elsewhere(at_mm, 8.0 if writer.happens(0.7) else 5.0)
    manner = (_bars, _saltire, _scribbled_over, _slash, _wave, _ringed)[rng.integers(6)]
    over = all_moved([writer.draw(path) for path in manner(writer)], wrong_mm)
    wrong = _crossed(writer, wrong_mm) if writer.happens(0.15) else stroke(writer, wrong_mm)
    right = _crossed(writer, at_mm) if writer.happens(0.15) else stroke(writer, at_mm)
    return Mark(DrawnKind.STRUCK_OUT, (*wrong, *over, *right), writer.share(at_mm), Expected.REVIEW)


def _bars(writer: Writer) -> list[Floats]:
    """One to three strokes along the line, through the mark."""
    rng = writer.rng
    bars = []
    for level in rng.uniform(-0.5, 0.5, rng.integers(1, 4)) * writer.hand.reach_mm:
        half = rng.uniform(1.8, 3.2)
        bars.append(straight((-half, level + rng.normal(0, 0.3)), (half, level + rng.normal(0, 0.4))))
    return bars


def _saltire(writer: Writer) -> list[Floats]:
    """An X over the mark."""
    size = writer.rng.uniform(0.6, 0.9) * writer.hand.reach_mm
    return [straight((-size, -size), (size, size)), straight((size, -size), (-size, size))]


def _scribbled_over(writer: Writer) -> list[Floats]:
    rng = writer.rng
    return [zigzag(writer, rng.uniform(3.0, 5.0), rng.uniform(2.5, 5.0), rng.uniform(0.5, 0.8))]


def _slash(writer: Writer) -> list[Floats]:
    """One or two long strokes aslant over the mark."""
    rng, reach = writer.rng, writer.hand.reach_mm
    half, sign = rng.uniform(1.8, 4.0), writer.side()
    rise = sign * rng.uniform(0.3, 0.8) * reach
    return [
        straight((-half, rise + shift), (half, shift - rise)) for shift in (0.0, 1.0)[: rng.integers(1, 3)]
    ]


def _wave(writer: Writer) -> list[Floats]:
    """A wavy line along the line, through the mark."""
    rng = writer.rng
    x = np.linspace(-rng.uniform(2.0, 3.5), rng.uniform(2.0, 3.5), 7)
    y = rng.uniform(0.5, 1.1) * np.where(np.arange(7) % 2, 1, -1) + rng.normal(0, 0.15, 7)
    return [smooth(np.stack([x, y], axis=1))]


def _ringed(writer: Writer) -> list[Floats]:
    """A ring round the mark and a stroke through it."""
    rng, reach = writer.rng, writer.hand.reach_mm
    wide, tall = rng.uniform(1.6, 2.8), reach * rng.uniform(0.8, 1.2)
    loop = ring((wide, tall), rng.uniform(-140, -40), -rng.uniform(345, 390), 0.04)
    return [loop, straight((-wide * 1.2, 0.5 * tall), (wide * 1.2, -0.5 * tall))]


def zigzag(writer: Writer, width_mm: float, height_mm: float, step_mm: float) -> Floats:
    """To and fro over a patch about the origin."""
    rng = writer.rng
    turns = max(4, round(width_mm / step_mm))
    across = np.linspace(-width_mm / 2, width_mm / 2, turns) + rng.normal(0, 0.15 * step_mm, turns)
    sign = np.where(np.arange(turns) % 2 == 0, -1.0, 1.0)
    return smooth(np.stack([across, sign * height_mm / 2 * rng.uniform(0.6, 1.0, turns)], axis=1))


def erased(writer: Writer, at_mm: float) -> Mark:
    """A pencil mark rubbed out, of which a ghost and a smear are left, and a clear one at `at_mm`.

    A ghost that is nearly as dark as light pencil leaves open which of the two is meant.
    """
    rng = writer.rng
    pencil = (
        writer.pen if writer.pen.grain >= PENCIL_SOFT.grain else (PENCIL_HARD, PENCIL_SOFT)[rng.integers(2)]
    )
    holder = replace(writer, pen=pencil)
    dark = writer.happens(0.2)
    left_over = rng.uniform(0.5, 0.75) if dark else rng.uniform(0.08, _PLAIN_GHOST)
    apart = rng.uniform(0.8, 3.0) if writer.happens(0.3) and not dark else 4.0
    old_mm = holder.elsewhere(at_mm, apart) if apart >= 4.0 else at_mm + writer.side() * apart
    old = _crossed(holder, old_mm) if writer.happens(0.2) else stroke(holder, old_mm)
    ghost = [replace(line, ink=left_over, pen=replace(pencil, soft_mm=0.11)) for line in old]
    smear = replace(_rubbing(holder, old_mm, ghost), pen=_RUBBED, ink=rng.uniform(0.4, 1.2))
    new = [replace(line, pen=pencil) for line in stroke(holder, at_mm)]
    expected = Expected.REVIEW if dark else Expected.EITHER
    return Mark(DrawnKind.ERASED, (*ghost, smear, *new), writer.share(at_mm), expected)


def _rubbing(writer: Writer, at_mm: float, ghost: list[Stroke]) -> Stroke:
    """The way of the eraser over what it rubs out."""
    rng = writer.rng
    height = float(np.ptp(np.concatenate([line.points_mm[:, 1] for line in ghost])))
    half = rng.uniform(0.6, 2.5)
    turns = int(rng.integers(3, 6))
    levels = np.linspace(-0.45, 0.45, turns) * height
    sides = half * np.where(np.arange(turns) % 2, 1, -1) + rng.normal(0, 0.3, turns)
    line = writer.draw(smooth(np.stack([sides, levels], axis=1)))
    return line.moved(at_mm)
