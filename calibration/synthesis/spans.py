"""Marks that hold a stretch of the line and no one place of it: ranges and scribbles."""

from __future__ import annotations

import numpy as np

from calibration.synthesis.corrected import zigzag
from calibration.synthesis.marks import Mark, Writer
from calibration.synthesis.strokes import Floats, all_moved, ring, smooth, straight
from calibration.truth import DrawnKind, Expected


def range_(writer: Writer, at_mm: float) -> Mark:
    """A stretch of the line 8 to 35 mm long, in any of the ways in which people mark one."""
    rng = writer.rng
    half = rng.uniform(4.0, 17.5) if writer.happens(0.6) else rng.uniform(4.0, 7.0)
    middle = float(np.clip(at_mm, half + 1, writer.line_mm - half - 1))
    manner = (_along, _posts, _long_ring, _round_brackets, _angles, _square_brackets, _arch, _arrows, _wave)[
        rng.integers(9)
    ]
    strokes = all_moved([writer.draw(path) for path in manner(writer, half)], middle)
    return Mark(DrawnKind.RANGE, strokes, None, Expected.REVIEW)


def _along(writer: Writer, half_mm: float) -> list[Floats]:
    """A stroke along the line."""
    rng = writer.rng
    level = rng.normal(0, 0.4)
    return [straight((-half_mm, level), (half_mm, level + rng.normal(0, 0.6)), rng.normal(0, 0.4))]


def _posts(writer: Writer, half_mm: float) -> list[Floats]:
    """A stroke at either end, joined along the line or not."""
    height = writer.hand.reach_mm * 0.8
    posts = [straight((x + writer.rng.normal(0, 0.3), -height), (x, height)) for x in (-half_mm, half_mm)]
    return [posts[0], *_along(writer, half_mm), posts[1]] if writer.happens(0.5) else posts


def _long_ring(writer: Writer, half_mm: float) -> list[Floats]:
    rng = writer.rng
    return [ring((half_mm, rng.uniform(2.0, 3.5)), rng.uniform(150, 210), rng.uniform(345, 385), 0.03)]


def _at_both_ends(half_mm: float, left: Floats) -> list[Floats]:
    """A sign, drawn about the origin, at the left end, and its mirror image at the right."""
    return [left - (half_mm, 0), left * (-1, 1) + (half_mm, 0)]


def _round_brackets(writer: Writer, half_mm: float) -> list[Floats]:
    height = writer.hand.reach_mm * writer.rng.uniform(0.6, 1.1)
    return _at_both_ends(
        half_mm, straight((0, -height), (0, height), -writer.rng.uniform(0.2, 0.35) * height)
    )


def _angles(writer: Writer, half_mm: float) -> list[Floats]:
    height = writer.hand.reach_mm * writer.rng.uniform(0.5, 0.9)
    depth = writer.rng.uniform(0.5, 1.0) * height
    return _at_both_ends(half_mm, np.array([(depth, -height), (0, 0), (depth, height)]))


def _square_brackets(writer: Writer, half_mm: float) -> list[Floats]:
    height = writer.hand.reach_mm * writer.rng.uniform(0.6, 1.0)
    arm = writer.rng.uniform(0.7, 1.6)
    return _at_both_ends(half_mm, np.array([(arm, -height), (0, -height), (0, height), (arm, height)]))


def _arch(writer: Writer, half_mm: float) -> list[Floats]:
    """Two strokes joined by an arch above the line."""
    rng, reach = writer.rng, writer.hand.reach_mm
    posts = [straight((x, -0.7 * reach), (x, 0.7 * reach)) for x in (-half_mm, half_mm)]
    rise = min(rng.uniform(0.15, 0.5) * half_mm, 8.5 - 0.7 * reach)
    top = -0.7 * reach
    return [*posts, straight((-half_mm, top), (half_mm, top), -rise if top - rise > top else rise)]


def _arrows(writer: Writer, half_mm: float) -> list[Floats]:
    """An arrow along the line, or one with two heads."""
    rng = writer.rng
    size, depth = rng.uniform(0.8, 1.6), rng.uniform(1.0, 2.2)
    shaft = _along(writer, half_mm)[0]
    heads = [
        np.array([(-side * depth, -size), (0, 0), (-side * depth, size)]) + shaft[0 if side < 0 else -1]
        for side in (1, -1)
    ]
    if writer.happens(0.5):
        heads = [heads[rng.integers(2)]]
    return [shaft, *heads]


def _wave(writer: Writer, half_mm: float) -> list[Floats]:
    """A wavy line along the line."""
    rng = writer.rng
    turns = max(5, round(2 * half_mm / rng.uniform(1.5, 3.0)))
    x = np.linspace(-half_mm, half_mm, turns) + rng.normal(0, 0.2, turns)
    y = rng.uniform(0.5, 1.3) * np.where(np.arange(turns) % 2, 1, -1) + rng.normal(0, 0.15, turns)
    return [smooth(np.stack([x, y], axis=1))]


def scribble(writer: Writer, at_mm: float) -> Mark:
    """A zigzag over 6 to 20 mm of the line, or loops going round and on."""
    rng = writer.rng
    if writer.happens(0.6):
        path = zigzag(writer, rng.uniform(6, 20), rng.uniform(3, 8), rng.uniform(0.5, 1.5))
    else:
        turns = rng.uniform(5, 11)
        angle = 2 * np.pi * np.linspace(0, turns, round(20 * turns))
        wide, tall = rng.uniform(1.0, 2.2), rng.uniform(1.5, 3.5)
        onward = rng.uniform(0.6, 1.3) * (angle / (2 * np.pi) - turns / 2)
        path = np.stack([wide * np.cos(angle) + onward, tall * np.sin(angle)], axis=1)
    return Mark(DrawnKind.SCRIBBLE, all_moved([writer.draw(path)], at_mm), None, Expected.REVIEW)
