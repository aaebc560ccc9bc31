"""A slip shows its line and its mark where the truth says; found by simple means, not by the reader."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.synthesis.conditions import CONDITIONS
from calibration.synthesis.hands import adult
from calibration.synthesis.pens import GEL_BLACK
from calibration.synthesis.printers import Printer
from calibration.synthesis.scanners import ScanMode, Scanner
from calibration.synthesis.sheets import PlannedMark, PrintedSheet, Treatment, simulate
from calibration.synthesis.slips import Slip, make_slip
from calibration.truth import DrawnKind, Expected
from forms.definition import load_library
from forms.layout import AnswerLine, compute_layout
from tests.calibration.synthesis_sheets import plain_treatment, printed_sheets

__all__ = ["printed_sheets"]

LINE: AnswerLine = compute_layout(load_library()["ors"], "fi").answer_lines[2]
DOT = PlannedMark(DrawnKind.DOT, 70.0)
_PER_MM = 12
_ABOVE_MM = 8.0
_BESIDE_MM = 6.0


def slip_of(treatment: Treatment, planned: PlannedMark = DOT, seed: int = 3) -> Slip:
    return make_slip(LINE, planned, treatment, np.random.default_rng(seed))


def flat(slip: Slip) -> NDArray[np.float64]:
    """Darkness of the line's surroundings on paper, 12 pixels a mm, by the true way; the line lies level.

    Left of the line's left end are `_BESIDE_MM`, above its axis `_ABOVE_MM`.
    """
    line = slip.printer.line_on_paper(slip.answer.line)
    columns, rows = (round(side * _PER_MM) for side in (line.length_mm + 2 * _BESIDE_MM, 2 * _ABOVE_MM))
    x, y = np.meshgrid((np.arange(columns) + 0.5) / _PER_MM, (np.arange(rows) + 0.5) / _PER_MM)
    corner = np.array([line.start.x_mm - _BESIDE_MM, line.start.y_mm - _ABOVE_MM])
    places = slip.way.to_picture_px(np.stack([x.ravel(), y.ravel()], axis=1) + corner)
    pixels = slip.picture.pixels
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
    maps = places.astype(np.float32).reshape(rows, columns, 2)
    light = cv2.remap(grey, maps[..., 0].copy(), maps[..., 1].copy(), cv2.INTER_LINEAR).astype(float)
    return np.asarray(np.clip(np.quantile(light, 0.7, axis=0, keepdims=True) - light - 25, 0, None))


def ends_and_mark_mm(slip: Slip) -> tuple[float, float, float, float]:
    """Both ticks, the line's level and the dot, in mm from where the truth has them."""
    dark = flat(slip)
    length = slip.printer.line_on_paper(slip.answer.line).length_mm
    x = (np.arange(dark.shape[1]) + 0.5) / _PER_MM - _BESIDE_MM
    y = (np.arange(dark.shape[0]) + 0.5) / _PER_MM - _ABOVE_MM
    beside = dark[(np.abs(y) > 0.7) & (np.abs(y) < 2.0)].sum(axis=0)
    ticks = []
    for end in (0.0, length):
        near = np.abs(x - end) < 1.0
        ticks.append(float(beside[near] @ (x[near] - end) / beside[near].sum()))
    clear = dark[:, (x > 5) & (x < 50)][np.abs(y) < 1.0].sum(axis=1)
    level = float(clear @ y[np.abs(y) < 1.0] / clear.sum())
    # The dot is what stands out above and below the print.
    meant = (slip.truth.position_mm or 0.0) / 100 * length
    stands_out = dark[(np.abs(y) > 0.35) & (np.abs(y) < 1.2)].sum(axis=0)
    near = np.abs(x - meant) < 2.0
    mark = float(stands_out[near] @ (x[near] - meant) / stands_out[near].sum())
    return ticks[0], ticks[1], level, mark


def dotted(name: str, seed: int) -> Treatment:
    """A condition, with a steady hand and a good pen, so that the dot can be found by its mean."""
    rng = np.random.default_rng(seed)
    steady = replace(adult(rng), tremor_mm=0.0, pressure=1.1)
    return replace(CONDITIONS[name].treatment(rng), hand=steady, pen=replace(GEL_BLACK, width_mm=0.6))


@pytest.mark.parametrize(
    "name",
    [
        "office", "office_bilevel_300", "office_600", "fit_to_page", "enlarged", "sharpened", "dpi_150",
        "bilevel_200", "jpeg_40", "skewed", "sideways", "upside_down", "worn_feed", "photocopied", "phone",
    ],
)  # fmt: skip
def test_line_and_mark_are_where_the_truth_says(name: str) -> None:
    for seed in (1, 2, 3):
        slip = slip_of(dotted(name, seed))
        left, right, level, mark = ends_and_mark_mm(slip)
        assert slip.conditions.name == name
        assert (slip.truth.position_mm, slip.truth.expected) == (70.0, Expected.ACCEPT)
        assert max(abs(left), abs(right)) < 0.12, (seed, left, right)
        assert abs(level) < 0.06, (seed, level)
        assert abs(mark) < 0.2, (seed, mark)


def test_the_comparison_would_see_a_line_that_is_elsewhere() -> None:
    slip = slip_of(plain_treatment())
    wrong = replace(slip, printer=replace(slip.printer, offset_mm=(0.4, 0.1)))
    left, right, level, mark = ends_and_mark_mm(wrong)
    assert left == pytest.approx(-0.4, abs=0.05)
    assert right == pytest.approx(-0.4, abs=0.05)
    assert level == pytest.approx(-0.1, abs=0.03)
    assert mark == pytest.approx(-0.4, abs=0.2)


def error_mm(slip: Slip) -> NDArray[np.float64]:
    """How far the given mapping is off at the ends of the line, shape (2, 2)."""
    ends = (slip.answer.line.start, slip.answer.line.end)
    form = np.array([[[at.x_mm, at.y_mm] for at in ends]])
    paper = np.array([(p.x_mm, p.y_mm) for p in map(slip.printer.on_paper, ends)])
    given = cv2.perspectiveTransform(form, slip.to_picture)[0]
    true = slip.way.to_picture_px(paper)
    return np.asarray((given - true) * 25.4 / slip.picture.dpi)


def test_the_given_mapping_is_as_wrong_as_corner_marks_make_it() -> None:
    even = np.array([error_mm(slip_of(plain_treatment(), seed=seed)) for seed in range(40)])
    assert 0.02 < np.sqrt((even**2).mean()) < 0.12
    assert np.abs(even).max() < 0.25
    assert np.abs(even.mean(axis=0)).max() < 0.05
    worn = [slip_of(CONDITIONS["worn_feed"].treatment(np.random.default_rng(s)), seed=s) for s in range(10)]
    assert np.sqrt((np.array([error_mm(slip) for slip in worn]) ** 2).mean()) > 0.12


def test_a_slip_looks_like_its_part_of_the_page(printed_sheets: tuple[PrintedSheet, ...]) -> None:
    """Same print, same ink, same scanner: the same grey levels within a few."""
    sheet = printed_sheets[0]
    scanner = Scanner(noise=0.0, jpeg_quality=None, skew_deg=0.4)
    treatment = replace(plain_treatment(), scanner=scanner, printer=Printer(scale=0.97, toner=0.9))
    answer = sheet.layout.answer_lines[2]
    slip = make_slip(answer, DOT, treatment, np.random.default_rng(1))
    blank = [PlannedMark(DrawnKind.BLANK, 50.0)] * len(sheet.layout.answer_lines)
    page = simulate(sheet, blank, treatment, np.random.default_rng(1))
    assert page.way.part is None
    assert slip.way.part is not None
    part = slip.way.part
    cut = page.picture.pixels[part.top_px :, part.left_px :][: part.height_px, : part.width_px].astype(int)
    along = slice(250, 900)
    print_of_both = [
        pixels[:, along].min(axis=0) for pixels in (cut[150:-150], slip.picture.pixels[150:-150])
    ]
    assert np.abs(np.median(print_of_both[0]) - np.median(print_of_both[1])) < 12
    sums = [(248 - pixels[150:-150, along].astype(float)).sum() for pixels in (cut, slip.picture.pixels)]
    assert sums[0] == pytest.approx(sums[1], rel=0.03)


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_makes_slips_that_follow_their_seed(name: str) -> None:
    def one(seed: int) -> Slip:
        rng = np.random.default_rng(seed)
        treatment = CONDITIONS[name].treatment(rng)
        return make_slip(LINE, PlannedMark(DrawnKind.STROKE, 40.0), treatment, rng)

    first, again, other = one(5), one(5), one(6)
    np.testing.assert_array_equal(first.picture.pixels, again.picture.pixels)
    np.testing.assert_array_equal(first.to_picture, again.to_picture)
    assert (
        first.picture.pixels.shape != other.picture.pixels.shape
        or (first.picture.pixels != other.picture.pixels).any()
    )
    assert first.picture.bilevel == ScanMode(first.conditions.mode).bilevel
    assert set(np.unique(first.picture.pixels)) <= {0, 255} or not first.picture.bilevel
