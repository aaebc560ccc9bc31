"""Every kind of mark by its name, how often people make it, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from numpy.random import Generator

from calibration.synthesis.arms import arrow, cross, hook, plus, tick
from calibration.synthesis.awkward import blank, off_above, off_below, on_end, past_end
from calibration.synthesis.corrected import double, erased, struck_out
from calibration.synthesis.marks import Mark, Strokes, Writer, gone_over, slanted, stroke
from calibration.synthesis.spans import range_, scribble
from calibration.synthesis.spots import blob, circle, dot
from calibration.synthesis.written import number, signature, words
from calibration.truth import DrawnKind, Expected

USUAL = {
    DrawnKind.STROKE: 0.52,
    DrawnKind.SLANTED: 0.16,
    DrawnKind.CROSS: 0.14,
    DrawnKind.GONE_OVER: 0.08,
    DrawnKind.DOT: 0.07,
    DrawnKind.BLOB: 0.03,
}
"""How people mark a line when they mean one place, and how often."""
RARE = tuple(kind for kind in DrawnKind if kind not in USUAL)

_PLAIN: dict[DrawnKind, Callable[[Writer, float], Strokes]] = {
    DrawnKind.STROKE: stroke,
    DrawnKind.SLANTED: slanted,
    DrawnKind.DOT: dot,
    DrawnKind.BLOB: blob,
    DrawnKind.GONE_OVER: gone_over,
}
"""Kinds that a careful person takes without a second look, always."""
_JUDGED: dict[DrawnKind, Callable[[Writer, float], Mark]] = {
    DrawnKind.CROSS: cross,
    DrawnKind.PLUS: plus,
    DrawnKind.CIRCLE: circle,
    DrawnKind.TICK: tick,
    DrawnKind.HOOK: hook,
    DrawnKind.ARROW: arrow,
    DrawnKind.DOUBLE: double,
    DrawnKind.STRUCK_OUT: struck_out,
    DrawnKind.ERASED: erased,
    DrawnKind.OFF_ABOVE: off_above,
    DrawnKind.OFF_BELOW: off_below,
    DrawnKind.RANGE: range_,
    DrawnKind.SCRIBBLE: scribble,
    DrawnKind.WORDS: words,
    DrawnKind.NUMBER: number,
    DrawnKind.SIGNATURE: signature,
    DrawnKind.PAST_END: past_end,
    DrawnKind.ON_END: on_end,
    DrawnKind.BLANK: blank,
}
"""Kinds where it hangs on how this one came out."""


def some_kind(rng: Generator, rare_share: float = 0.0) -> DrawnKind:
    """What somebody does on a line; in `rare_share` of all cases something unusual, each kind as likely."""
    if rng.random() < rare_share:
        return RARE[rng.integers(len(RARE))]
    return tuple(USUAL)[rng.choice(len(USUAL), p=tuple(USUAL.values()))]


def make_mark(kind: DrawnKind, writer: Writer, position_mm: float) -> Mark:
    """Any kind of mark, by somebody who has `position_mm` in mind: 0 to 100 along the line."""
    at_mm = position_mm / 100 * writer.line_mm
    if kind in _PLAIN:
        mark = Mark(kind, _PLAIN[kind](writer, at_mm), position_mm, Expected.ACCEPT)
    else:
        mark = _JUDGED[kind](writer, at_mm)
    if mark.expected is Expected.ACCEPT and writer.pen.pale:
        return replace(mark, expected=Expected.EITHER)
    return mark
