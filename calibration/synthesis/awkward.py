"""What people also do on an answer line: marks that a careful person would ask about.

The same places and rules as in `marks`. Only marks at the ends of the line are taken as they are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calibration.synthesis.glyphs import WORDS, written
from calibration.synthesis.marks import Mark, Writer, cross, one_place, slanted, stroke
from calibration.synthesis.strokes import Floats, all_moved, ring, smooth, straight
from calibration.truth import DrawnKind, Expected

OFF_LINE_TAKEN_MM = 1.5
"""A mark that ends less than this short of the line may be taken."""
PAST_END_TAKEN_MM = 2.0
"""A mark up to this far past an end means that end."""
_HALF_PRINT_MM = 0.25
"""More than half the thickness of any printed answer line."""


def blank(writer: Writer, at_mm: float) -> Mark:
    """Nothing at all."""
    return Mark(DrawnKind.BLANK, (), None, Expected.REVIEW)


def double(writer: Writer, at_mm: float) -> Mark:
    """Two marks at least 4 mm apart, neither of them withdrawn."""
    how = (stroke, stroke, slanted, cross)[writer.rng.integers(4)]
    strokes = (*how(writer, at_mm), *how(writer, _elsewhere(writer, at_mm, 4.0)))
    return Mark(DrawnKind.DOUBLE, strokes, None, Expected.REVIEW)


def struck_out(writer: Writer, at_mm: float) -> Mark:
    """A mark that was struck out, and another one at `at_mm`: the one that is meant."""
    rng = writer.rng
    wrong_mm = _elsewhere(writer, at_mm, 8.0)
    reach = writer.hand.reach_mm
    strikes: list[Floats] = []
    manner = rng.integers(3)
    if manner == 0:  # a few strokes along the line, through the mark
        for level in rng.uniform(-0.5, 0.5, rng.integers(1, 4)) * reach:
            half = rng.uniform(1.8, 3.2)
            strikes.append(straight((-half, level + rng.normal(0, 0.3)), (half, level + rng.normal(0, 0.4))))
    elif manner == 1:  # an X over it
        size = rng.uniform(0.6, 0.9) * reach
        strikes += [straight((-size, -size), (size, size)), straight((size, -size), (-size, size))]
    else:  # scribbled over
        strikes.append(_zigzag(writer, rng.uniform(3.0, 5.0), rng.uniform(2.5, 5.0), rng.uniform(0.5, 0.8)))
    over = all_moved([writer.draw(path) for path in strikes], wrong_mm)
    strokes = (*stroke(writer, wrong_mm), *over, *stroke(writer, at_mm))
    return Mark(DrawnKind.STRUCK_OUT, strokes, _share(writer, at_mm), Expected.REVIEW)


def off_above(writer: Writer, at_mm: float) -> Mark:
    """A stroke that ends 0.35 to 4 mm above the line; its foot is at `at_mm`."""
    return _off_line(writer, at_mm, DrawnKind.OFF_ABOVE)


def off_below(writer: Writer, at_mm: float) -> Mark:
    """A stroke that stays 0.35 to 4 mm below the line; its foot is at `at_mm`."""
    return _off_line(writer, at_mm, DrawnKind.OFF_BELOW)


def _off_line(writer: Writer, at_mm: float, kind: DrawnKind) -> Mark:
    gap_mm = writer.rng.uniform(0.35, 4.0)
    side = -1 if kind is DrawnKind.OFF_ABOVE else 1
    lean = np.tan(np.radians(writer.slant_deg(-10, 10)))
    length = writer.rng.uniform(2.0, 5.0)
    line = writer.draw(straight((0, 0), (-side * lean * length, side * length)))
    nearest = int(np.argmin(side * line.points_mm[:, 1]))
    foot_mm, level_mm = line.points_mm[nearest]
    # The ink, not the middle of the tip, stays clear of the print.
    clear_mm = gap_mm + _HALF_PRINT_MM + 0.65 * writer.pen.width_mm
    moved = line.moved(at_mm - float(foot_mm), side * clear_mm - float(level_mm))
    taken = Expected.EITHER if gap_mm < OFF_LINE_TAKEN_MM else Expected.REVIEW
    return Mark(kind, (moved,), _share(writer, at_mm), taken)


def range_(writer: Writer, at_mm: float) -> Mark:
    """A stretch of the line 8 to 35 mm long, as brackets, a thick stroke along it, or a long ring."""
    rng = writer.rng
    half = rng.uniform(4.0, 17.5)
    middle = float(np.clip(at_mm, half + 1, writer.line_mm - half - 1))
    level = rng.normal(0, 0.4)
    along = straight((-half, level), (half, level + rng.normal(0, 0.6)), rng.normal(0, 0.4))
    manner = rng.integers(3)
    if manner == 0:
        paths = [along]
    elif manner == 1:
        height = writer.hand.reach_mm * 0.8
        posts = [straight((x + rng.normal(0, 0.3), -height), (x, height)) for x in (-half, half)]
        paths = [posts[0], along, posts[1]] if rng.random() < 0.6 else posts
    else:
        paths = [ring((half, rng.uniform(2.0, 3.5)), rng.uniform(150, 210), rng.uniform(345, 385), 0.03)]
    strokes = all_moved([writer.draw(path) for path in paths], middle)
    return Mark(DrawnKind.RANGE, strokes, None, Expected.REVIEW)


def scribble(writer: Writer, at_mm: float) -> Mark:
    """A zigzag over 6 to 20 mm of the line."""
    path = _zigzag(writer, writer.rng.uniform(6, 20), writer.rng.uniform(3, 8), writer.rng.uniform(0.5, 1.5))
    return Mark(DrawnKind.SCRIBBLE, all_moved([writer.draw(path)], at_mm), None, Expected.REVIEW)


def words(writer: Writer, at_mm: float) -> Mark:
    """Some words across the line or close above it, instead of a mark."""
    rng = writer.rng
    size = rng.uniform(1.8, 3.2)
    text = written(str(rng.choice(WORDS)), size, writer.hand, rng)
    right = max(float(s.points_mm[:, 0].max()) for s in text)
    left_mm = float(np.clip(at_mm - right / 2, 0.0, max(0.0, writer.line_mm - right)))
    level_mm = rng.choice((rng.uniform(0.2, 0.9) * size, -rng.uniform(0.4, 1.0)))
    return Mark(DrawnKind.WORDS, all_moved(text, left_mm, float(level_mm)), None, Expected.REVIEW)


def number(writer: Writer, at_mm: float) -> Mark:
    """A mark with a number beside it, which may or may not say the same."""
    rng = writer.rng
    said = f"{_share(writer, at_mm) / 10:.1f}".replace(".", ",")
    value = said if rng.random() < 0.5 else str(rng.integers(0, 11))
    digits = written(value, rng.uniform(1.3, 2.0), writer.hand, rng)
    aside = rng.uniform(2.0, 4.0) if at_mm < 0.8 * writer.line_mm else -rng.uniform(8.0, 10.0)
    strokes = (*stroke(writer, at_mm), *all_moved(digits, at_mm + aside, -rng.uniform(0.3, 2.0)))
    return Mark(DrawnKind.NUMBER, strokes, None, Expected.REVIEW)


def past_end(writer: Writer, at_mm: float) -> Mark:
    """A stroke 0.5 to 1.7 mm past the nearer end, which means that end, or 2.6 to 6 mm past it."""
    rng = writer.rng
    near = rng.random() < 0.7
    beyond = rng.uniform(0.5, 1.7) if near else rng.uniform(2.6, 6.0)
    at_left = at_mm < writer.line_mm / 2
    strokes = stroke(writer, -beyond if at_left else writer.line_mm + beyond, writer.slant_deg(-12, 12))
    taken = Expected.ACCEPT if near else Expected.REVIEW
    return Mark(DrawnKind.PAST_END, strokes, 0.0 if at_left else 100.0, taken)


def on_end(writer: Writer, at_mm: float) -> Mark:
    """A stroke on the nearer end tick: along it or leaning across it."""
    at_left = at_mm < writer.line_mm / 2
    end_mm = (0.0 if at_left else writer.line_mm) + writer.rng.uniform(-0.3, 0.3)
    strokes = stroke(writer, end_mm, writer.slant_deg(-25, 25))
    return Mark(DrawnKind.ON_END, strokes, float(np.clip(_share(writer, end_mm), 0, 100)), Expected.EITHER)


def _share(writer: Writer, at_mm: float) -> float:
    """From mm on this paper to mm as if the line were 100 mm long."""
    return 100 * at_mm / writer.line_mm


def _elsewhere(writer: Writer, at_mm: float, apart_mm: float) -> float:
    """Another place on the line, at least `apart_mm` away."""
    room_left, room_right = max(0.0, at_mm - apart_mm), max(0.0, writer.line_mm - at_mm - apart_mm)
    place = writer.rng.uniform(0.0, room_left + room_right)
    return place if place < room_left else at_mm + apart_mm + (place - room_left)


def _zigzag(writer: Writer, width_mm: float, height_mm: float, step_mm: float) -> Floats:
    """To and fro over a patch about the origin."""
    rng = writer.rng
    turns = max(4, round(width_mm / step_mm))
    across = np.linspace(-width_mm / 2, width_mm / 2, turns) + rng.normal(0, 0.15 * step_mm, turns)
    sign = np.where(np.arange(turns) % 2 == 0, -1.0, 1.0)
    return smooth(np.stack([across, sign * height_mm / 2 * rng.uniform(0.6, 1.0, turns)], axis=1))


AWKWARD: dict[DrawnKind, Callable[[Writer, float], Mark]] = {
    DrawnKind.DOUBLE: double,
    DrawnKind.STRUCK_OUT: struck_out,
    DrawnKind.OFF_ABOVE: off_above,
    DrawnKind.OFF_BELOW: off_below,
    DrawnKind.RANGE: range_,
    DrawnKind.SCRIBBLE: scribble,
    DrawnKind.WORDS: words,
    DrawnKind.NUMBER: number,
    DrawnKind.PAST_END: past_end,
    DrawnKind.ON_END: on_end,
    DrawnKind.BLANK: blank,
}
"""How every other kind is drawn when the person has `at_mm` in mind."""


def make_mark(kind: DrawnKind, writer: Writer, position_mm: float) -> Mark:
    """Any kind of mark, by somebody who has `position_mm` in mind (0 to 100)."""
    if kind in AWKWARD:
        return AWKWARD[kind](writer, position_mm / 100 * writer.line_mm)
    return one_place(kind, writer, position_mm)
