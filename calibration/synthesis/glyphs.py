"""Handwritten letters and digits as single strokes, for words on a sheet.

A plain school hand of our own. Heights are in x-heights above the baseline, so that `b` reaches 2 and
`j` reaches -1; a letter starts at x = 0 and its advance is its width and a gap.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from calibration.synthesis.hands import Hand, drawn
from calibration.synthesis.strokes import Stroke, smooth

_Path = tuple[tuple[float, float], ...]

_A: _Path = (
    (0.7, 0.85),
    (0.4, 1.0),
    (0.05, 0.6),
    (0.15, 0.1),
    (0.5, 0.1),
    (0.72, 0.9),
    (0.72, 0.2),
    (0.9, 0.05),
)
_O: _Path = ((0.45, 1.0), (0.08, 0.75), (0.1, 0.2), (0.45, 0.0), (0.8, 0.3), (0.75, 0.8), (0.4, 1.0))

GLYPHS: dict[str, tuple[_Path, ...]] = {
    "a": (_A,),
    "ä": (_A, ((0.25, 1.5), (0.3, 1.42)), ((0.6, 1.5), (0.65, 1.42))),
    "b": (((0.05, 2.0), (0.05, 0.1), (0.45, 0.0), (0.75, 0.4), (0.5, 0.95), (0.1, 0.7)),),
    "d": (((0.7, 0.8), (0.35, 1.0), (0.05, 0.5), (0.3, 0.0), (0.68, 0.3), (0.75, 2.0), (0.75, 0.1)),),
    "e": (((0.05, 0.5), (0.6, 0.6), (0.5, 0.95), (0.2, 0.95), (0.05, 0.45), (0.3, 0.0), (0.75, 0.2)),),
    "h": (((0.05, 2.0), (0.05, 0.0), (0.12, 0.6), (0.45, 1.0), (0.62, 0.7), (0.62, 0.0)),),
    "i": (((0.1, 1.0), (0.1, 0.15), (0.3, 0.0)), ((0.12, 1.5), (0.15, 1.4))),
    "j": (((0.3, 1.0), (0.3, -0.6), (0.05, -0.95)), ((0.32, 1.5), (0.34, 1.4))),
    "k": (((0.05, 2.0), (0.05, 0.0)), ((0.6, 1.0), (0.1, 0.45), (0.3, 0.4), (0.7, 0.0))),
    "l": (((0.1, 2.0), (0.1, 0.2), (0.35, 0.0)),),
    "n": (((0.05, 1.0), (0.05, 0.0), (0.12, 0.7), (0.45, 1.0), (0.62, 0.7), (0.65, 0.1), (0.8, 0.0)),),
    "o": (_O,),
    "r": (((0.05, 1.0), (0.08, 0.0), (0.12, 0.7), (0.35, 1.0), (0.55, 0.9)),),
    "s": (((0.6, 0.9), (0.3, 1.0), (0.15, 0.75), (0.55, 0.35), (0.4, 0.0), (0.05, 0.1)),),
    "t": (((0.25, 1.7), (0.22, 0.2), (0.45, 0.0), (0.6, 0.15)), ((0.0, 1.1), (0.55, 1.15))),
    "v": (((0.0, 1.0), (0.3, 0.0), (0.65, 1.0)),),
    "y": (((0.05, 1.0), (0.15, 0.25), (0.55, 0.3), (0.65, 1.0), (0.6, -0.6), (0.2, -0.9)),),
    "0": (((0.45, 2.0), (0.08, 1.4), (0.12, 0.4), (0.45, 0.0), (0.85, 0.5), (0.8, 1.5), (0.4, 2.0)),),
    "1": (((0.1, 1.5), (0.45, 2.0), (0.42, 0.0)),),
    "2": (((0.1, 1.6), (0.5, 2.0), (0.8, 1.5), (0.3, 0.5), (0.05, 0.02), (0.85, 0.05)),),
    "3": (((0.1, 1.8), (0.6, 1.9), (0.6, 1.3), (0.3, 1.05), (0.75, 0.8), (0.6, 0.1), (0.05, 0.15)),),
    "4": (((0.55, 2.0), (0.05, 0.7), (0.9, 0.75)), ((0.65, 1.3), (0.6, 0.0))),
    "5": (
        ((0.15, 2.0), (0.12, 1.2), (0.6, 1.2), (0.75, 0.5), (0.4, 0.0), (0.05, 0.15)),
        ((0.15, 2.0), (0.75, 1.95)),
    ),
    "6": (((0.65, 1.9), (0.2, 1.2), (0.1, 0.4), (0.45, 0.0), (0.8, 0.4), (0.5, 0.9), (0.12, 0.5)),),
    "7": (((0.05, 1.9), (0.8, 1.95), (0.4, 0.9), (0.3, 0.0)), ((0.2, 1.0), (0.7, 1.05))),
    "8": (
        ((0.7, 1.7), (0.3, 1.95), (0.2, 1.4), (0.7, 0.8), (0.6, 0.05), (0.15, 0.2), (0.25, 0.9), (0.75, 1.6)),
    ),
    "9": (((0.75, 1.6), (0.4, 2.0), (0.1, 1.5), (0.4, 1.1), (0.75, 1.6), (0.7, 0.5), (0.5, 0.0)),),
    ",": (((0.15, 0.1), (0.05, -0.35)),),
    "?": (((0.05, 1.6), (0.4, 2.0), (0.75, 1.5), (0.35, 0.9), (0.35, 0.5)), ((0.36, 0.05), (0.4, 0.0))),
}
"""Paths of every letter that can be written."""

WORDS = ("en tiedä", "vaihtelee", "hyvin", "ei", "vet ej", "bra", "det beror", "ok", "hard", "?")
"""What people write on the line instead of a mark."""


def written(text: str, x_height_mm: float, hand: Hand, rng: Generator) -> tuple[Stroke, ...]:
    """`text` in handwriting from x = 0 on the level y = 0, in mm. Raises KeyError for an unknown letter."""
    strokes = []
    x_mm = 0.0
    lean = np.tan(np.radians(np.clip(hand.slant_deg + 4, -10, 25)))
    for letter in text:
        if letter == " ":
            x_mm += 0.8 * x_height_mm
            continue
        size = x_height_mm * rng.normal(1.0, 0.06)
        level = rng.normal(0.0, 0.06) * x_height_mm
        for path in GLYPHS[letter]:
            controls = np.array(path)
            jitter = rng.normal(0.0, 0.03, controls.shape)
            across = controls[:, 0] + jitter[:, 0] + lean * controls[:, 1]
            points = np.stack([x_mm + size * across, level - size * (controls[:, 1] + jitter[:, 1])], axis=1)
            strokes.append(drawn(smooth(points), hand, rng))
        widest = max(x for path in GLYPHS[letter] for x, _ in path)
        x_mm += size * (widest + rng.uniform(0.18, 0.4))
    return tuple(strokes)
