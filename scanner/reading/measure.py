"""Measure every answer line of a registered page. Knows no threshold of acceptance."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np

from forms.layout import AnswerLine
from scanner.model.page import ScannedPage
from scanner.model.reading import Candidate, LineEvidence, LineReading
from scanner.reading.creases import MARK_MM
from scanner.reading.ink import InkMap, ink_of
from scanner.reading.mapping import MM_PER_INCH
from scanner.reading.marks import candidates_of
from scanner.reading.stages import RegisteredPage
from scanner.reading.streaks import Direction, Streaks, find_streaks
from scanner.reading.strip import Strip, cut_strip

BEYOND_MM = 14.0
"""A mark's continuation is looked for further than this above and below its line."""


def measure(registered: RegisteredPage) -> tuple[tuple[LineReading, Strip], ...]:
    """One reading for every answer line of the layout, in its order, with the strip it was taken from."""
    streaks = find_streaks(registered.page.pixels, registered.small)
    return tuple(_measure_line(registered, line, streaks) for line in registered.sheet.layout.answer_lines)


def measure_alone(registered: RegisteredPage) -> tuple[LineReading, Strip]:
    """The first line of a layout, when its page shows nothing else: no streak is looked for."""
    nothing = np.zeros((1, 1), dtype=bool)
    down, across = (Direction(nothing, 1, 1, upright=upright) for upright in (True, False))
    (line, *_) = registered.sheet.layout.answer_lines
    return _measure_line(registered, line, Streaks((), down, across))


def _measure_line(
    registered: RegisteredPage, answer: AnswerLine, streaks: Streaks
) -> tuple[LineReading, Strip]:
    strip = cut_strip(registered.page.pixels, registered.mapping, answer)
    ink = ink_of(strip, answer, streaks, bilevel=registered.page.bilevel)
    candidates, specks_mm2 = candidates_of(strip, ink)
    # Across the answer line is down the picture unless the page lies on its side.
    across_line = streaks.down if registered.turn % 180 == 0 else streaks.across
    candidates = tuple(
        # What goes on beyond a dark mark on a crease is the crease.
        candidate
        if any(abs(candidate.position_mm - at_mm) < MARK_MM for at_mm in ink.overlaid_mm)
        else _with_continuation(candidate, strip, across_line)
        for candidate in candidates
    )
    position = min(100.0, max(0.0, candidates[0].position_mm)) if candidates else None
    evidence = _evidence(registered, strip, ink, _overdrawn_mm(strip, ink, candidates), specks_mm2)
    return LineReading(answer.item, answer.number, position, candidates, evidence), strip


def _with_continuation(candidate: Candidate, strip: Strip, across_line: Direction) -> Candidate:
    """How much of the page beyond this line is dark in line with the mark, as it is with a streak."""
    x, y, w = (strip.to_page @ (strip.column(candidate.position_mm), strip.axis_row, 1.0)).tolist()
    (a, b), (c, d) = strip.to_page[:2, :2].tolist()
    scale = sqrt(abs(a * d - b * c))
    share = across_line.share_dark((x / w, y / w), BEYOND_MM * strip.px_per_mm * scale)
    return replace(candidate, streak=share)


def _overdrawn_mm(strip: Strip, ink: InkMap, candidates: tuple[Candidate, ...]) -> float:
    """Length on which the printed line is thicker than elsewhere, leaving out where a mark crosses it."""
    elsewhere = ink.overdrawn.copy()
    for mark in candidates:
        left, right = (strip.column(x) for x in (mark.near_left_mm - 2.0, mark.near_right_mm + 2.0))
        elsewhere[max(0, round(left)) : max(0, round(right))] = False
    return float(np.count_nonzero(elsewhere)) * strip.mm_per_column


def _evidence(
    registered: RegisteredPage, strip: Strip, ink: InkMap, overdrawn_mm: float, specks_mm2: float
) -> LineEvidence:
    found = strip.found
    scale = float(np.hypot(*strip.to_page[:2, 0]))
    length_px = (found.right_px - found.left_px) * scale
    return LineEvidence(
        length_ratio=found.length_ratio,
        left_tick=found.left_tick,
        right_tick=found.right_tick,
        line_share=found.line_share,
        shift_mm=found.shift_mm,
        printed_mm=_printed_mm(registered.page, length_px),
        overdrawn_mm=overdrawn_mm,
        contrast=ink.contrast,
        noise=ink.noise,
        dpi=registered.dpi,
        other_ink_mm2=specks_mm2,
        streak_positions_mm=ink.streak_positions_mm,
    )


def _printed_mm(page: ScannedPage, length_px: float) -> float | None:
    if page.stated_dpi is None:
        return None
    return length_px / page.stated_dpi * MM_PER_INCH
