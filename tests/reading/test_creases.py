"""A fold is never a mark and hides none; a line that somebody drew with a ruler is no fold."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.synthesis.paper import Paper
from calibration.synthesis.pens import BALLPOINT_BLUE, PENCIL_SOFT, Pen
from calibration.synthesis.printers import Printer
from calibration.synthesis.scanners import Scanner, scan
from calibration.synthesis.sheets import PlannedMark, PrintedSheet, Treatment, filled_in_sheet
from calibration.truth import DrawnKind
from forms.geometry import Line
from forms.layout import AnswerLine
from scanner.model.decision import Decision, Reason, Verdict
from scanner.model.page import GreyPixels
from scanner.reading.creases import Crease, Lifted, crossings_mm, without_creases
from scanner.reading.strip import LineFound, Strip
from tests.reading.sheets import QUICK, practised, read_picture

K = DrawnKind
NEAR_MM = 0.3
"""How far off a mark on a fold may be read."""
PX_PER_MM = 10.0
THRESHOLD, CONTRAST = 20.0, 200.0
DARK, LIGHT, SOFT = (0.16, 0.08), (-0.4, 0.05), (0.0, 0.11)
"""Depth of the crease itself, and of the slope beside it; negative: ink has come off."""


def fold(paper: Paper, through_mm: tuple[float, float], turn_deg: float, depths: tuple[float, float]) -> None:
    """A crease through a place of the sheet, `turn_deg` against the upright, from edge to edge."""
    scale, (height, width) = paper.px_per_mm, paper.pixels.shape[:2]
    turn = np.deg2rad(turn_deg)
    if turn_deg > 45:
        middle, reach = through_mm[1], 8.0 + paper.size_mm[0] * abs(1 / np.tan(turn))
        rows, columns = (
            slice(round((middle - reach) * scale), round((middle + reach) * scale)),
            slice(0, width),
        )
    else:
        middle, reach = through_mm[0], 8.0 + paper.size_mm[1] * np.tan(turn)
        left, right = max(0, round((middle - reach) * scale)), round((middle + reach) * scale)
        rows, columns = slice(0, height), slice(left, right)
    part = paper.pixels[rows, columns]
    y = np.arange(part.shape[0], dtype=np.float32)[:, None] + np.float32(rows.start)
    x = np.arange(part.shape[1], dtype=np.float32)[None, :] + np.float32(columns.start)
    away = (x / scale - through_mm[0]) * np.float32(np.cos(turn))
    away = (away - (y / scale - through_mm[1]) * np.float32(np.sin(turn))).astype(np.float32)
    crease, slope = depths
    fine = np.exp(-((away / np.float32(0.13)) ** 2))
    seen = part * (1 - np.float32(slope) * np.exp(-np.abs(away) / np.float32(2.0)) * (away > 0))
    seen = seen * (1 - np.float32(crease) * fine) if crease > 0 else seen - crease * fine * (255 - seen)
    part[...] = np.clip(seen, 0, 255).astype(np.uint8)


def lines_of(sheet: PrintedSheet) -> tuple[Line, ...]:
    return tuple(answer.line for answer in sheet.layout.answer_lines)


def some_paper(
    sheet: PrintedSheet, kinds: tuple[DrawnKind, ...], places_mm: tuple[float, ...], pen: Pen
) -> tuple[Paper, np.random.Generator, Treatment]:
    rng = np.random.default_rng(round(sum(places_mm)) + 1)
    treatment = Treatment(hand=practised(), pen=pen, printer=Printer(), scanner=Scanner(dpi=300))
    paper, _ = filled_in_sheet(
        sheet,
        [PlannedMark(kind, at_mm) for kind, at_mm in zip(kinds, places_mm, strict=True)],
        treatment,
        rng,
    )
    return paper, rng, treatment


def read(sheet: PrintedSheet, made: tuple[Paper, np.random.Generator, Treatment]) -> tuple[Decision, ...]:
    paper, rng, treatment = made
    return read_picture(scan(paper, treatment.scanner, rng), sheet).decisions


def assert_accepted(decisions: tuple[Decision, ...], places_mm: tuple[float, ...]) -> None:
    for decision, at_mm in zip(decisions, places_mm, strict=True):
        assert decision.verdict is Verdict.ACCEPTED, (at_mm, decision.reasons)
        assert decision.reading.position_mm == pytest.approx(at_mm, abs=NEAR_MM)


BESIDE_MM = (0.0, 0.4, 1.5, 25.0)
"""From the mark on each line to the crease; the last is far away."""


@pytest.mark.parametrize("depths", [DARK, LIGHT, SOFT], ids=["dark", "light", "soft"])
@pytest.mark.parametrize("turn_deg", [2.0, 12.0], ids=["upright", "slanted"])
def test_a_fold_across_the_lines_hides_no_mark(
    sheet: PrintedSheet, turn_deg: float, depths: tuple[float, float]
) -> None:
    lines = lines_of(sheet)
    middle_y = (lines[0].start.y_mm + lines[-1].start.y_mm) / 2
    # Where the crease crosses each line, and the mark at its distance from there.
    crossed = [50.0 - np.tan(np.deg2rad(turn_deg)) * (middle_y - line.start.y_mm) for line in lines]
    places_mm = tuple(float(x - beside) for x, beside in zip(crossed, BESIDE_MM, strict=True))
    kinds = (K.STROKE, K.CROSS, K.CROSS, K.STROKE)
    made = some_paper(sheet, kinds, places_mm, BALLPOINT_BLUE)
    fold(made[0], (lines[0].start.x_mm + 50.0, middle_y), turn_deg, depths)
    assert_accepted(read(sheet, made), places_mm)


@pytest.mark.parametrize("depths", [DARK, LIGHT, SOFT], ids=["dark", "light", "soft"])
@pytest.mark.parametrize("pen", [BALLPOINT_BLUE, PENCIL_SOFT], ids=lambda pen: pen.name)
def test_a_fold_along_a_line_hides_no_mark(
    sheet: PrintedSheet, pen: Pen, depths: tuple[float, float]
) -> None:
    places_mm = (12.0, 35.0, 61.0, 93.0)
    made = some_paper(sheet, (K.STROKE,) * 4, places_mm, pen)
    above = ((0.0, 0.0), (0.5, 0.3), (-1.6, -0.5), (3.0, 1.5))
    for line, (off_mm, tilt_deg) in zip(lines_of(sheet), above, strict=True):
        fold(made[0], (line.start.x_mm + 50.0, line.start.y_mm - off_mm), 90.0 + tilt_deg, depths)
    assert_accepted(read(sheet, made), places_mm)


@pytest.mark.parametrize("turn_deg", [2.0, 90.3], ids=["across", "along"])
@pytest.mark.parametrize("depths", [DARK, LIGHT, SOFT], ids=["dark", "light", "soft"])
def test_a_fold_alone_is_no_mark(sheet: PrintedSheet, depths: tuple[float, float], turn_deg: float) -> None:
    made = some_paper(sheet, (K.BLANK,) * 4, (0.0,) * 4, BALLPOINT_BLUE)
    for line in lines_of(sheet) if turn_deg > 45 else lines_of(sheet)[:1]:
        fold(made[0], (line.start.x_mm + 40.0, line.start.y_mm + 0.3), turn_deg, depths)
    for decision in read(sheet, made):
        assert decision.verdict is Verdict.REVIEW
        assert Reason.BLANK in decision.reasons


@pytest.mark.parametrize("grey", [30, 110])
@pytest.mark.parametrize("kind", [K.BLANK, K.STROKE])
def test_a_line_drawn_with_a_ruler_is_no_fold(sheet: PrintedSheet, kind: DrawnKind, grey: int) -> None:
    made = some_paper(sheet, (kind,) * 4, (70.0,) * 4, BALLPOINT_BLUE)
    paper = made[0]
    for number, line in enumerate(lines_of(sheet)):
        x, lean = line.start.x_mm + 20.0 + 8.0 * number, 0.7 * number
        ends = [
            tuple(round(at * paper.px_per_mm) for at in (x + side * lean, line.start.y_mm - side * 12.0))
            for side in (-1, 1)
        ]
        cv2.line(paper.pixels, ends[0], ends[1], (grey,) * 3, 5, cv2.LINE_AA)
    for decision in read(sheet, made):
        assert decision.verdict is Verdict.REVIEW, decision.reading.candidates


def bare_strip() -> Strip:
    found = LineFound(80.0, 1080.0, 0.8, 0.8, 1.0, 0.0, 1.0)
    return Strip(np.full((220, 1160), 240, np.uint8), PX_PER_MM, 109.5, found, np.eye(3))


def lifted(depth: GreyPixels, answer: AnswerLine) -> Lifted:
    mask = (depth > THRESHOLD).view(np.uint8)
    return without_creases(bare_strip(), answer, depth, mask, THRESHOLD, CONTRAST)


def creased(crease: Crease) -> GreyPixels:
    """The depth of a crease, with the noise of paper."""
    row, column = np.mgrid[0:220, 0:1160].astype(np.float64)
    along, across = (row, column) if crease.upright else (column, row)
    away = (across - crease.across_px(along)) / PX_PER_MM
    noise = np.random.default_rng(3).normal(3.0, 1.5, away.shape)
    shade = crease.depth * np.exp(-((away / 0.2) ** 2)) + 12.0 * np.exp(-np.abs(away) / 2.0) * (away > 0)
    return np.asarray(np.rint(np.clip(shade + noise, 0, 255)), np.uint8)


UPRIGHT = st.builds(
    Crease, st.just(True), st.floats(200, 1000), st.floats(-0.3, 0.3), st.just(109.5), st.floats(25, 70)
)
LEVEL = st.builds(
    Crease, st.just(False), st.floats(60, 160), st.floats(-0.03, 0.03), st.just(579.5), st.floats(25, 70)
)


@settings(QUICK, max_examples=12)
@given(UPRIGHT | LEVEL)
def test_a_crease_is_found_where_it_is(sheet: PrintedSheet, true: Crease) -> None:
    result = lifted(creased(true), sheet.layout.answer_lines[0])
    (crease,) = result.creases
    assert crease.upright is true.upright
    ends = np.array([0.0, 219.0 if true.upright else 1159.0])
    assert np.abs(crease.across_px(ends) - true.across_px(ends)).max() < 0.2 * PX_PER_MM
    assert crease.depth == pytest.approx(true.depth, abs=15)
    assert np.count_nonzero(result.mask) < 0.3 * PX_PER_MM**2


def test_paper_without_a_crease_comes_back_as_it_is(sheet: PrintedSheet) -> None:
    depth = np.random.default_rng(1).integers(0, 10, (220, 1160), np.uint8)
    cv2.line(depth, (500, 60), (510, 160), (150,), 4)
    cv2.line(depth, (0, 30), (700, 34), (40,), 2)  # comes in from one side only
    result = lifted(depth, sheet.layout.answer_lines[0])
    assert result.depth is depth
    assert result.creases == ()


@pytest.mark.parametrize("depth", [120, 200])
def test_what_is_as_dark_as_print_is_no_crease(sheet: PrintedSheet, depth: int) -> None:
    ruled = np.zeros((220, 1160), np.uint8)
    cv2.line(ruled, (500, 0), (520, 219), (depth,), 5)
    cv2.line(ruled, (0, 60), (1159, 70), (depth,), 5)
    assert lifted(ruled, sheet.layout.answer_lines[0]).creases == ()


@pytest.mark.parametrize("at_mm", [20.0, 40.0])
def test_ink_no_darker_than_a_crease_may_be_it(sheet: PrintedSheet, at_mm: float) -> None:
    crease = Crease(True, 80.0 + 10.0 * at_mm, 0.0, 109.5, 50.0)
    for ink, said in ((45, True), (120, False), (0, True)):
        depth = creased(crease)
        cv2.line(depth, (round(crease.offset_px) + 8, 80), (round(crease.offset_px) + 8, 140), (ink,), 4)
        result = lifted(depth, sheet.layout.answer_lines[0])
        maybe, overlaid = crossings_mm(bare_strip(), result, result.mask)
        assert len(maybe) == said, ink
        assert (*maybe, *overlaid) == pytest.approx((at_mm,), abs=0.2)
